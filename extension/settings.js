// What the person has set, and the permissions that follow from it.
//
// The token stands in a database of the extension's own pages, never synced. `storage.local` would open to content scripts, which run in
// the processes of other people's pages: Chromium can shut that, Firefox cannot. What stands there is no secret.

const USUAL = { address: "", pages: ["https://*.photoshelter.com/*"] };
const SCRIPT = "looking";

export async function settings() {
  const [kept, token] = await Promise.all([chrome.storage.local.get(Object.keys(USUAL)), vault("readonly", (it) => it.get("token"))]);
  return { ...USUAL, ...kept, token: token ?? "" };
}

export async function keep({ token, ...values }) {
  await vault("readwrite", (it) => it.put(token, "token"));
  await chrome.storage.local.set({ ...values, kept: Date.now() }); // a change in any case: open panels wait for one
}

/** Does one thing with what is kept, and gives its result. */
function vault(mode, use) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open("dambridge", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const all = database.transaction("kept", mode);
      const asked = use(all.objectStore("kept"));
      all.oncomplete = () => done(asked.result);
      all.onerror = all.onabort = () => fail(all.error);
      database.close(); // once this is over
    };
  });
}

/** A token as it was copied. Raises `TypeError` with a sentence where that can be none. */
export function tokenOf(typed) {
  const token = typed.trim();
  if (!/^dmb_[\w-]+$/.test(token)) throw new TypeError("This is no token of yours: one begins with dmb_, and has no spaces. Copy it once more from the page under your name in dambridge.");
  return token;
}

/** `https://name` of what was typed. Raises `TypeError` with a sentence where that is none, or a line that others read. */
export function addressOf(typed) {
  const text = typed.trim();
  const usual = /^(localhost|127\.0\.0\.1)(?![\w.-])/.test(text) ? "http://" : "https://";
  let url;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : usual + text);
  } catch {
    throw new TypeError("Write the address of dambridge as https://name.");
  }
  const own = ["127.0.0.1", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && own)) {
    throw new TypeError("dambridge has to be reached over https://, else your token could be read on its way.");
  }
  return url.origin;
}

/** Patterns of pages, one a line: `https://*.photoshelter.com/*`, or the address of a portal under a name of its own. */
export function pagesOf(typed) {
  const lines = typed.split("\n").map((it) => it.trim()).filter(Boolean);
  for (const it of lines) {
    if (!/^(https:\/\/(\*\.)?[^/*\s]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)(\/.*)?$/.test(it)) throw new TypeError(`“${it}” is no address of pages: write it as https://name.`);
  }
  return [...new Set(lines.map((it) => it.replace(/(:\/\/[^/]+)\/?$/, "$1/*")))];
}

/** As permissions are asked for: a whole origin, and without its port, which Firefox has no patterns for. */
function whole(pattern) {
  return pattern.replace(/^(https?:\/\/[^/:]+)(:\d+)?\/.*$/, "$1/*");
}

export function origins({ address, pages }) {
  return [...new Set([`${address}/*`, ...pages].map(whole))];
}

/** Give back what was permitted for earlier settings. */
export async function release(values) {
  const needed = [...origins(values), ...(chrome.runtime.getManifest().host_permissions ?? [])];
  const { origins: held = [] } = await chrome.permissions.getAll();
  const more = held.filter((it) => !needed.includes(it));
  if (more.length) await chrome.permissions.remove({ origins: more });
}

/** Where it stands what somebody looks for in the pages of a window: each has a panel of its own. */
export function lookingIn(window) {
  return `looking-${window}`;
}

/** From now on, read what is looked for in the pages that are permitted, and in no other. */
export function watch() {
  return navigator.locks.request("watch", watched); // several call at once
}

async function watched() {
  const { pages } = { ...USUAL, ...(await chrome.storage.local.get("pages")) };
  const permitted = [];
  for (const it of new Set(pages.map(whole))) if (await chrome.permissions.contains({ origins: [it] })) permitted.push(it);
  const there = await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  if (there.length) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT] });
  if (permitted.length) {
    await chrome.scripting.registerContentScripts([{ id: SCRIPT, js: ["looking.js"], matches: permitted, runAt: "document_idle", persistAcrossSessions: true }]);
    await began(permitted);
  }
}

/** Pages that stand open already are read too, without being loaded again. */
async function began(permitted) {
  for (const tab of await chrome.tabs.query({ url: permitted, discarded: false })) {
    await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: [`${SCRIPT}.js`] }).catch(() => {}); // gone meanwhile, or an error page
  }
}
