// All texts of the page: short, calm, and with what to do next.

export const product = "Countersign";

export const views = { requests: "Requests", codes: "Codes", history: "History", devices: "Phones" };

export const connection = {
  offline: "No connection. Codes still work.",
  refused: "The server cannot be used at the moment. Trying again.",
  clockOff: "This phone's clock is wrong. Codes are corrected, but please set it to automatic.",
};

export const enroll = {
  title: "Enroll this phone",
  intro: "It will be asked when you log in.",
  company: (count) => (count === 1 ? "Asked by" : "Asked by these"),
  person: "Phone number of the account",
  privateWindow: "Use a normal browser window. A private window forgets this phone as soon as it is closed.",
  name: "Name of this phone",
  start: "Enroll",
  again: "Try again",
  copyLink: "Copy the link",
  copied: "Copied",
  replaces: "This browser is enrolled already. The new enrollment takes its place here.",
  keep: "Keep it as it is",
  appleFirst: "On an iPhone or iPad, do this first",
  appleSteps: [
    "Copy the link with the button below.",
    "Tap Share, then Add to Home Screen.",
    "Open Countersign there and paste the link.",
  ],
  appleWhy: "From the home screen it can notify you, and its key is kept. In the browser the key may get lost.",
  appleAnyway: "Enroll here all the same",
  noLinkTitle: "This phone is not enrolled",
  noLink: "Open the link that your login, your administrator or a message gave you.",
  paste: "Paste the link here",
  use: "Use this link",
  notALink: "That is not an enrollment link.",
  removedTitle: "This phone was removed",
  removed: "It can no longer approve logins, and its keys are gone. To use it again, ask for a new enrollment link.",
  noKeysTitle: "This address cannot be used",
  noKeys: "The browser makes keys only on pages that start with https://. Open the link as it was given to you.",
  noStoreTitle: "Nothing can be kept here",
  noStore: "The browser does not let this page keep a key. Leave private browsing and open the link again.",
  confirmTitle: "Enter this code",
  confirmIntro: "Type it on the phone that showed you the link, or where else you got it, or tell it to your administrator.",
  confirmWaiting: "Waiting for the code",
  confirmCodeLabel: (code) => `Confirmation code ${code.split("").join(" ")}`,
  done: "This phone is enrolled.",
};

const enrollProblems = {
  __proto__: null,
  link_unknown: "This link is not valid. Ask for a new one.",
  link_used: "This link was used already. Ask for a new one.",
  link_expired: "This link has expired. Ask for a new one.",
  invalid: "Something went wrong. Ask for a new link.",
  too_many: "Too many tries. Wait a minute and try again.",
  offline: "The server does not answer. Check your connection and try again.",
};
export const enrollProblem = (code) => enrollProblems[code] ?? enrollProblems.invalid;
/** Problems that a retry may solve. */
export const mayTryAgain = (code) => code === "offline" || code === "too_many";

export const requests = {
  looking: "Looking for requests",
  unknown: "Requests cannot be shown",
  unknownMore: "The server does not answer. To log in, use a code.",
  empty: "Nothing to approve",
  emptyMore: "When somebody logs in with your account, it shows here.",
  approve: "Approve",
  deny: "Deny",
  sending: "Sending",
  which: "Which number does your login show?",
  noneOfThese: "None of these",
  askYou: "Did you try to log in yourself?",
  itWasMe: "Yes, it was me",
  report: "No, report it",
  reported: "Reported. If somebody has your password, change it now.",
  reportFailed: "The report was not sent. Try again.",
  wasMe: "Denied. Log in again when you are ready.",
  close: "Close",
  notSent: "Your answer was not sent. Check your connection and try again.",
  tooMany: "Too many answers in a short time. Wait a moment and try again.",
  wentWrong: "Something went wrong. Try again, or use a code.",
  unreadable: "A request came that this page cannot show. Close the page and open it again.",
  announced: (request) => `New request. ${request.message}. ${request.application}`,
  title: (count) => (count === 0 ? product : `(${count}) ${product}`),
  tabLabel: (count) => (count === 0 ? views.requests : `${views.requests}, ${count} waiting`),
};

const problems = {
  __proto__: null,
  wrong_code: "That is not the code. Read it from the new phone again.",
  offline: "Not sent. Check your connection and try again.",
};

export const questions = {
  addPhone: "Add a new phone to your account?",
  addPhoneMore: "Only if you are setting it up right now. It could then approve your logins.",
  phoneName: "Name",
  phoneAddress: "Address",
  phoneCode: "Code that the new phone shows",
  add: "Add it",
  notMine: "Not mine",
  wantsToAsk: "wants to ask you to confirm logins",
  wantsToAskMore: "Allow it if you log in there. It then knows which phones you have. If you do not know it, refuse: it cannot ask again.",
  allow: "Allow",
  refuse: "Refuse",
  problem: (code) => problems[code] ?? "Something went wrong. Try again.",
  ends: {
    added: "The new phone was added.",
    removed: "The new phone was removed. If it was not yours, tell your administrator: somebody has your enrollment link.",
    gone: "This is no longer asked.",
    allowed: "Allowed. You can stop it under Phones.",
    refused: "Refused. You can allow it later under Phones.",
  },
};

const ends = {
  __proto__: null,
  approved: "Approved",
  denied: "Denied",
  wrong_number: "Denied: your login shows another number",
  expired: "Expired. If you are still logging in, start again or type a code.",
  cancelled: "Cancelled: the login has ended",
  elsewhere: "No longer waiting: answered on another phone, or the login has ended",
};
export const ended = (status) => ends[status] ?? ends.elsewhere;

export const codes = {
  empty: "No codes yet",
  emptyMore: "They appear here once this phone is confirmed.",
  copy: "Copy",
  copyLabel: (application) => `Copy the code for ${application}`,
  copied: "Copied",
  copyFailed: "The browser did not let it be copied.",
  next: "Next",
  left: (seconds) => `${seconds} s left`,
  failed: (application) => `The code for ${application} could not be fetched. It is tried again by itself.`,
};

export const history = {
  empty: "Nothing has happened yet",
  more: "Load more",
  loading: "Loading",
  failed: "The history could not be loaded.",
  again: "Try again",
  reported: "Reported",
  kinds: {
    __proto__: null,
    request: "Login request",
    softtoken: "Login with a code of this page",
    onecode: "Login with a code that was sent",
    device_added: "Phone added",
    device_removed: "Phone removed",
    link_made: "Link for another phone made",
    phone_changed: "Phone number changed",
    consented: "Allowed to ask",
    refused: "Refused",
    password_reset: "Password reset",
    banned: "Account blocked",
    unbanned: "Account unblocked",
    cookie_login: "Login remembered by the browser",
  },
  statuses: { __proto__: null, approved: "Approved", denied: "Denied", expired: "Expired", cancelled: "Cancelled" },
  by: (device) => `on ${device}`,
};

export const devices = {
  thisOne: "This phone",
  others: "Your phones",
  unconfirmed: "Not confirmed",
  lastSeen: (when) => `Last seen ${when}`,
  added: (when) => `Added ${when}`,
  rename: "Rename",
  renameLabel: (name) => `Rename ${name}`,
  remove: "Remove",
  removeLabel: (name) => `Remove ${name}`,
  newName: "New name",
  save: "Save",
  cancel: "Cancel",
  askRemove: (name) => `Remove ${name}? It can then approve nothing and shows no codes.`,
  askRemoveThis: "Remove this phone? Its keys are deleted at once, and you need a new link to come back.",
  doRemove: "Remove it",
  renamed: "Renamed",
  removed: "Removed",
  failed: "That did not work. Try again.",
  notLoaded: "The list could not be loaded.",
  account: (phone) => `Account with phone number ${phone}`,
};

export const addPhone = {
  start: "Add another phone",
  making: "Making a link",
  scan: "Scan this with the other phone",
  open: "Open this link on the other phone",
  code: "QR code of the link below",
  good: (left) => `Good for one phone, ${left}`,
  steps: [
    "Point the other phone's camera at the code and open the link.",
    "Tap Enroll there. It then shows a code.",
    "Type that code here. This page asks for it by itself.",
  ],
  onlyYours: "Only for a phone of your own: it can then approve your logins.",
  noCamera: "Without a camera, open this link there:",
  copy: "Copy the link",
  copied: "Copied",
  copyFailed: "The browser did not let it be copied.",
  close: "Close",
  expired: "This link has expired.",
  expiredMore: "If the other phone is not added yet, make a new link and scan it again.",
  again: "Make a new link",
  problem: (code) =>
    code === "offline" ? "The server does not answer. Check your connection and try again." : "No link could be made. Try again.",
};

export const applications = {
  title: "Who may ask you",
  decisions: { __proto__: null, allowed: "May ask you to confirm logins", refused: "Refused", open: "Has not been allowed yet" },
  allow: "Allow",
  allowLabel: (name) => `Allow ${name}`,
  stop: "Stop it",
  stopLabel: (name) => `Stop ${name}`,
  failed: "That did not work. Try again.",
  notLoaded: "The list could not be loaded.",
};

export const notifications = {
  title: "Notifications",
  why: "Hear of a login at once, also while this page is closed.",
  turnOn: "Turn on notifications",
  turningOn: "Turning on",
  turnOff: "Turn off",
  on: "Notifications are on.",
  off: "Notifications are off.",
  refused: "Notifications are blocked for this page. Allow them in the browser's settings for this site, then come back.",
  dismissed: "The browser was not allowed to notify you.",
  timeout: "The browser's notification service does not answer. Check your connection and try again later.",
  failed: "Notifications could not be turned on. Requests still show here while the page is open.",
  notAllowed: "This server does not use your browser's notification service.",
  missing: "This browser cannot notify you. Requests show here while the page is open.",
  apple: "To be notified on an iPhone or iPad, put this page on the home screen first: tap Share, then Add to Home Screen.",
};

export const keeping = {
  title: "Keep this phone enrolled",
  why: "Your browser may delete this page's key when it needs space.",
  ask: "Ask the browser to keep it",
  asking: "Your browser may ask you now. Allow it to store data.",
  kept: "The browser keeps this phone's key.",
  refused: "The browser did not promise to keep it. Adding this page to your home screen helps. If the key is lost, ask for a new link.",
};

export function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ago`;
  return `${Math.floor(whole / 86_400)} d ago`;
}

export function timeLeft(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s left`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s left`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min left`;
}

/** Groups digits for reading: 123 456, 123 4567, 1234 5678. */
export function groups(code) {
  const half = Math.floor(code.length / 2);
  return [code.slice(0, half), code.slice(half)];
}
