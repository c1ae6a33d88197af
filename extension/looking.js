// Runs in PhotoShelter's pages: says what the person looks for there, in words, and nothing else of the page.
//
// PhotoShelter publishes nothing about its own pages, so what is read of them is INFERRED, and each way has one after it:
//   1. the address: `terms`, by which its search is asked (photoshelter-api.md, E17, CONFIRMED for the API), and usual names;
//   2. a search box of the page;
//   3. the name of what is shown: the title of the page up to its first divider, which a site's name follows.

(() => {
  if (globalThis.dambridgeLooks?.()) return; // here already: the page was open when it was permitted
  globalThis.dambridgeLooks = () => Boolean(chrome.runtime?.id);

  const NAMES = ["terms", "term", "q", "query", "search", "keywords", "I_DSC"]; // INFERRED, but the first
  const BOXES = 'input[type="search"], [role="search"] input, input[name="terms"], input[name="q"], input[name="I_DSC"]';
  const DIVIDERS = / [|·–—-] /;
  const OF_THE_SITE = /^(photoshelter.*|library|portal|home|search|dashboard|sign in|log in)$/i;
  const LONGEST = 200;

  /** Words alone: signs would mean something in the query language. */
  function plain(text) {
    const file = text.trim().replace(/\.[a-z0-9]{2,4}$/i, "");
    return file.replace(/[^\p{L}\p{M}\p{N}'_.]+/gu, " ").replace(/(^|\s)['_.]+|['_.]+(?=\s|$)/g, " ").trim().slice(0, LONGEST);
  }

  function found() {
    const query = new URLSearchParams(location.search);
    const typed = NAMES.map((it) => query.get(it) ?? "").find((it) => plain(it));
    if (typed) return { text: plain(typed), from: "address" };
    const box = [...document.querySelectorAll(BOXES)].find((it) => it.type !== "password" && plain(it.value));
    if (box) return { text: plain(box.value), from: "box" };
    const [title] = document.title.split(DIVIDERS);
    return OF_THE_SITE.test(title.trim()) ? { text: "", from: "title" } : { text: plain(title), from: "title" };
  }

  let last = null;
  function say() {
    if (document.visibilityState !== "visible" || !chrome.runtime?.id) return; // another page is looked at; or we were updated
    const it = found();
    if (JSON.stringify(it) === last) return;
    last = JSON.stringify(it);
    chrome.runtime.sendMessage({ kind: "looking", ...it }).catch(() => {});
  }

  // Pages that change without being loaded: their title moves, or somebody presses Enter in a box
  new MutationObserver(say).observe(document.head ?? document.documentElement, { childList: true, subtree: true, characterData: true });
  document.addEventListener("change", (event) => event.target.matches?.(BOXES) && say());
  document.addEventListener("visibilitychange", () => {
    last = null; // who comes back to this page sees what belongs to it
    say();
  });
  addEventListener("popstate", say);
  say();
})();
