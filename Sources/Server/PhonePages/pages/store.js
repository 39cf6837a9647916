// What the browser stores. IndexedDB is the only place for a key that scripts cannot read.
//
// Store "kept": "device" {id, key, name, confirmed}, "enrolment" {token, pair} during an enrollment, "clock" (see
// clock.js).
//
// Store "tokens": {id, added, application, key, digits, period}.

const NAME = "countersign";
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("kept");
      request.result.createObjectStore("tokens", { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Runs one transaction, and resolves after its writes are on disk. */
async function transact(stores, mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, mode, { durability: "strict" });
    const request = act(transaction);
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const get = (name) => transact("kept", "readonly", (in_) => in_.objectStore("kept").get(name));
export const put = (name, value) => transact("kept", "readwrite", (in_) => in_.objectStore("kept").put(value, name));
export const drop = (name) => transact("kept", "readwrite", (in_) => in_.objectStore("kept").delete(name));

export const tokens = () => transact("tokens", "readonly", (in_) => in_.objectStore("tokens").getAll());
export const putToken = (token) => transact("tokens", "readwrite", (in_) => in_.objectStore("tokens").put(token));
export const dropToken = (id) => transact("tokens", "readwrite", (in_) => in_.objectStore("tokens").delete(id));

/** Replaces everything with a new device in one transaction, as it has another key and other tokens. */
export function startOver(device) {
  return transact(["kept", "tokens"], "readwrite", (in_) => {
    const kept = in_.objectStore("kept");
    in_.objectStore("tokens").clear();
    kept.delete("enrolment");
    if (device) kept.put(device, "device");
    else kept.delete("device");
  });
}

export const wipe = () => startOver(null);
