// The page's own files, cached by the service worker so that codes work without a connection.

/** Registers the worker. Without workers, codes do not work offline, but everything else does. */
export async function keepShell(isBusy) {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(scriptURL("sw.js"), { scope: "./" });
    document.addEventListener("visibilitychange", () => renew(registration, isBusy));
  } catch {
    // Storage may be full or forbidden.
  }
}

/** The worker is the only script whose URL is set at run time (trusted-types CSP). */
function scriptURL(name) {
  const policy = globalThis.trustedTypes?.createPolicy("countersign", { createScriptURL: () => name });
  return policy ? policy.createScriptURL("") : name;
}

/** A new version takes over only while the page is hidden, so that it interrupts nothing. */
function renew(registration, isBusy) {
  if (!document.hidden) {
    registration.update().catch(() => {});
  } else if (registration.waiting && !isBusy()) {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration.waiting.postMessage("take over");
  }
}
