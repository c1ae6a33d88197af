// What the person has set, and the permissions that follow from it. The token is kept where pages cannot reach it, and never synced.

const USUAL = { address: "", token: "", pages: ["https://*.photoshelter.com/*"] };
const SCRIPT = "looking";

export async function settings() {
  return { ...USUAL, ...(await chrome.storage.local.get(Object.keys(USUAL))) };
}

export async function keep(values) {
  // Content scripts run in other people's pages: in Chromium they are kept from the store (Firefox has no such call)
  await chrome.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
  await chrome.storage.local.set(values);
}

/** `https://name` of what was typed. Raises `TypeError` with a sentence where that is none, or a line that others read. */
export function addressOf(typed) {
  let url;
  try {
    url = new URL(typed.trim());
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

/** From now on, read what is looked for in the pages that are permitted, and in no other. */
export async function watch() {
  const { pages } = await settings();
  const permitted = [];
  for (const it of new Set(pages.map(whole))) if (await chrome.permissions.contains({ origins: [it] })) permitted.push(it);
  const there = await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  if (there.length) await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT] });
  if (permitted.length) {
    await chrome.scripting.registerContentScripts([{ id: SCRIPT, js: ["looking.js"], matches: permitted, runAt: "document_idle", persistAcrossSessions: true }]);
  }
}
