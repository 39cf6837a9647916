// The page's own files, kept by the service worker so that codes show without a connection.

/** Registers the worker. A browser without one shows no codes offline, and everything else works. */
export async function keepShell(isBusy) {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(scriptURL("sw.js"), { scope: "./" });
    document.addEventListener("visibilitychange", () => renew(registration, isBusy));
  } catch {
    // Storage may be full or forbidden.
  }
}

/** The one script that is named at run time. */
function scriptURL(name) {
  const policy = globalThis.trustedTypes?.createPolicy("countersign", { createScriptURL: () => name });
  return policy ? policy.createScriptURL("") : name;
}

/** A new version takes over while nobody looks, and never in the middle of something. */
function renew(registration, isBusy) {
  if (!document.hidden) {
    registration.update().catch(() => {});
  } else if (registration.waiting && !isBusy()) {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration.waiting.postMessage("take over");
  }
}
