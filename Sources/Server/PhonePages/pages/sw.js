// Caches the page's own files for use without a connection, and shows notifications. It never answers for the server.

// Changes with every file: `python3 Tests/PageTests/test_files.py` writes it.
const VERSION = "b0832d13d865";

const SHELL = [
  "./", "style.css", "icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest", "add-phone.js", "api.js",
  "applications-list.js", "bytes.js", "card.js", "clock.js", "codes-view.js", "devices-view.js", "dom.js",
  "enroll-view.js", "guard.js", "history-view.js", "keeping.js",
  "keys.js", "live.js", "main.js", "notice.js", "notifications.js",
  "phone.js", "questions-view.js", "request.js", "requests-view.js", "shell.js", "store.js", "texts.js",
  "texts-de.js", "texts-en.js", "texts-es.js", "totp.js",
];

const CACHE = `shell-${VERSION}`;
const KEPT = new Set(SHELL.map((name) => new URL(name, self.registration.scope).href));

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((name) => new Request(name, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  const dropOld = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(dropOld());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const bare = `${url.origin}${url.pathname}`;
  if (event.request.method !== "GET" || url.search !== "" || !KEPT.has(bare)) return;
  const answer = async () => (await (await caches.open(CACHE)).match(bare)) ?? fetch(event.request);
  event.respondWith(answer());
});

/** The text of a push message that cannot be read; a worker of this kind imports nothing. */
const SOMEBODY = {
  en: "Somebody logs in with your account. Open to see.",
  de: "Jemand meldet sich mit Ihrem Konto an. Öffnen Sie die Seite, um es zu sehen.",
  es: "Alguien inicia sesión con su cuenta. Abra la página para verlo.",
};
const preferred = (navigator.languages ?? []).map((tag) => tag.toLowerCase().split("-")[0]);
const LANGUAGE = preferred.find((one) => Object.hasOwn(SOMEBODY, one)) ?? "en";

/** Parses a push message. A malformed one must show something too, or the browser withdraws the permission to push. */
function read(event) {
  try {
    const { id, title, body } = event.data.json();
    if (typeof id === "string" && typeof title === "string" && typeof body === "string") return { id, title, body };
  } catch {
    // Falls through to the default.
  }
  return { id: "countersign", title: "Countersign", body: SOMEBODY[LANGUAGE] };
}

self.addEventListener("push", (event) => {
  const { id, title, body } = read(event);
  const icons = { icon: "icon-192.png", badge: "icon-192.png" };
  const options = { body, tag: id, requireInteraction: true, renotify: true, ...icons, lang: LANGUAGE };
  const tell = async () => {
    await self.registration.showNotification(title, options);
    for (const page of await pages()) page.postMessage("refresh");
  };
  event.waitUntil(tell());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const open = async () => {
    const [page] = await pages();
    if (!page) return self.clients.openWindow("./#requests");
    page.postMessage("show requests");
    return page.focus();
  };
  event.waitUntil(open());
});

async function pages() {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter((page) => page.url.startsWith(self.registration.scope));
}
