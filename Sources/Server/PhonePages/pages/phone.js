// Detects the kind of phone, for a default name and for what its browser needs.

import * as texts from "./texts.js";

const words = texts.enroll;

const agent = () => navigator.userAgent;

/** iPads report a Mac, but Macs have no touch screen. */
export const isApple = () =>
  /iPhone|iPad|iPod/.test(agent()) || (/Macintosh/.test(agent()) && navigator.maxTouchPoints > 1);

/** Whether the page was opened from the home screen. */
export const isStandalone = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

export function osType() {
  if (isApple()) return "ios";
  if (/Android/.test(agent())) return "android";
  return /Windows|Macintosh|Linux|CrOS/.test(agent()) ? "desktop" : "other";
}

function browser() {
  const known = [
    ["Firefox", /Firefox|FxiOS/],
    ["Edge", /Edg/],
    ["Opera", /OPR/],
    ["Samsung Internet", /SamsungBrowser/],
    ["Chrome", /Chrom|CriOS/],
  ];
  return known.find(([, pattern]) => pattern.test(agent()))?.[0] ?? (/Safari/.test(agent()) ? "Safari" : "Browser");
}

function system() {
  const known = [["Windows", /Windows/], ["Mac", /Macintosh/], ["Chromebook", /CrOS/], ["Linux", /Linux/]];
  return known.find(([, pattern]) => pattern.test(agent()))?.[0] ?? words.computer;
}

/** A name that the owner recognizes, such as "Pixel 9", "iPhone" or "Firefox on Linux". */
export async function suggestedName() {
  if (isApple()) return /iPhone|iPod/.test(agent()) ? "iPhone" : "iPad";
  if (osType() !== "android") return words.browserOn({ browser: browser(), system: system() });
  const hints = await navigator.userAgentData?.getHighEntropyValues(["model"]).catch(() => null);
  const inAgent = /Android[^;)]*; ([^;)]+?)(?: Build|\))/.exec(agent())?.[1];
  // Browsers that hide the model report K.
  const model = hints?.model || (inAgent !== "K" && inAgent) || words.android;
  return model.slice(0, 40);
}
