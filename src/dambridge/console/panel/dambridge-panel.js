// <dambridge-panel>: one search box over the libraries behind dambridge, for pages of a customer's own and for the extension's panel.
//
//   <script type="module" src="https://dambridge.example/panel/dambridge-panel.js"></script>
//   <dambridge-panel token-from="/dambridge-token"></dambridge-panel>
//
// Attributes
//   address     where dambridge stands; left out: where this file came from
//   token-from  an address of your own server that answers {"token": …, "expires_at": …}; or set the property `getToken`
//   beside      photoshelter or netx: show what stands in other systems, and what is brought goes there
//   homes       accounts to look in, parted by commas; left out: all
//   scheme      light or dark; left out: as the reader's system has it
//   choices     lets the reader see what may not be used now, too, as far as the token does
// Events: `dambridge-ordered`, with {asset, outlet, order}. Themed by the custom properties and parts named in docs/howto/panel.md.
//
// Nothing here is a secret, and none goes into an address: the token travels in a header, pictures are fetched with it and drawn.

const HERE = new URL(import.meta.url).origin;
const PAGE = 24;
const SOON = 30_000; // a token with less left than this is asked for anew
const LONGEST = 30_000; // that an answer is waited for; dambridge's own deadlines are far below
const GLYPHS = { usable: "✓", later: "◷", ended: "✕", shut: "✕", unknown: "?" };
const KINDS = { image: "Picture", video: "Film", audio: "Sound", document: "Document" };

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host {
  --_ink: var(--dambridge-ink, light-dark(#1c1d1f, #eceded)); --_soft: var(--dambridge-soft, light-dark(#575c62, #a7adb3));
  --_page: var(--dambridge-page, light-dark(#ffffff, #1c1f21)); --_sunk: var(--dambridge-sunk, light-dark(#f1f1ee, #26292c));
  --_line: var(--dambridge-line, light-dark(#dadad5, #3a3f43)); --_strong: var(--dambridge-strong, light-dark(#7f8489, #7d848b));
  --_accent: var(--dambridge-accent, light-dark(#1f55a5, #8fb8f6)); --_on-accent: var(--dambridge-on-accent, light-dark(#ffffff, #10151c));
  --_good: var(--dambridge-good, light-dark(#17653a, #7ccf9f)); --_warn: var(--dambridge-warn, light-dark(#7a4b00, #eebb63));
  --_bad: var(--dambridge-bad, light-dark(#a1241c, #f59b92));
  --_radius: var(--dambridge-radius, 6px); --_tile: var(--dambridge-tile, 200px);
  display: block; box-sizing: border-box; padding: 16px; background: var(--_page); color: var(--_ink); color-scheme: light dark;
  font: var(--dambridge-font, 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  font-variant-numeric: tabular-nums; container-type: inline-size;
}
:host([hidden]) { display: none; }
:host([scheme="light"]) { color-scheme: light; }
:host([scheme="dark"]) { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
section { display: grid; gap: 12px; grid-template-columns: minmax(0, 1fr); }
form { display: flex; gap: 8px; align-items: end; }
form > label { flex: 1; min-width: 0; display: grid; gap: 4px; font-weight: 600; }
input[type="search"] {
  font: inherit; font-weight: 400; color: inherit; background: var(--_page); border: 1px solid var(--_strong);
  border-radius: var(--_radius); padding: 8px 12px; min-height: 40px; width: 100%; min-width: 0;
}
button {
  font: inherit; font-weight: 600; cursor: pointer; min-height: 40px; padding: 4px 12px; border-radius: var(--_radius);
  border: 1px solid var(--_strong); background: var(--_page); color: var(--_ink);
}
button { overflow-wrap: anywhere; }
button:hover { background: var(--_sunk); }
button.first { background: var(--_accent); border-color: var(--_accent); color: var(--_on-accent); }
button.first:hover { filter: brightness(1.08); }
section > button { justify-self: start; }
button[aria-disabled="true"] { opacity: .6; cursor: default; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.tick { display: flex; gap: 8px; align-items: center; min-height: 32px; }
.tick input { width: 18px; height: 18px; margin: 0; accent-color: var(--_accent); flex: none; }
p { margin: 0; overflow-wrap: anywhere; }
.quiet { color: var(--_soft); font-size: 13px; }
.notice { border-left: 4px solid var(--_warn); background: var(--_sunk); padding: 8px 12px; border-radius: var(--_radius); display: grid; gap: 8px; justify-items: start; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(var(--_tile), 100%), 1fr)); }
li { display: grid; grid-template-rows: auto 1fr; border: 1px solid var(--_line); border-radius: var(--_radius); overflow: hidden; background: var(--_page); }
.frame { position: relative; aspect-ratio: 4 / 3; background: var(--_sunk); display: grid; place-items: center; color: var(--_soft); font-size: 13px; overflow: hidden; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.words { padding: 10px 12px 12px; display: grid; gap: 6px; align-content: start; }
.title { font-weight: 600; }
.homes { display: flex; flex-wrap: wrap; gap: 4px; }
.home { font-size: 12px; border: 1px solid var(--_line); border-radius: 99px; padding: 0 8px; color: var(--_soft); }
.rights { display: grid; grid-template-columns: auto 1fr; gap: 6px; font-size: 14px; }
.usable { color: var(--_good); } .later, .unknown { color: var(--_warn); } .ended, .shut { color: var(--_bad); }
.ways { display: grid; gap: 6px; }
.told { font-size: 14px; }
.told.refused { color: var(--_bad); } .told.there { color: var(--_good); }
.busy ul { opacity: .55; }
@container (max-width: 420px) {
  ul { grid-template-columns: minmax(0, 1fr); }
  li { grid-template-columns: 112px minmax(0, 1fr); grid-template-rows: auto; }
  .frame { aspect-ratio: 1; align-self: start; margin: 12px 0 12px 12px; border-radius: var(--_radius); }
}
@container (max-width: 300px) {
  form { flex-wrap: wrap; }
  form > label { flex-basis: 100%; }
  li { grid-template-columns: minmax(0, 1fr); }
  .frame { aspect-ratio: 3 / 2; margin: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) { ul { transition: opacity .12s; } }
`);

/** An element with properties, attributes (whose names carry a hyphen, or `role`, `part`, `for`) and children; `false` is left out. */
function make(name, properties = {}, ...children) {
  const it = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key.includes("-") || key === "role" || key === "part" || key === "list") it.setAttribute(key, value);
    else it[key] = value;
  }
  it.append(...children.filter((child) => child !== false && child !== undefined));
  return it;
}

/** What was said of a question that was not answered; `status` 0 where nobody answered at all. */
export class Unanswered extends Error {
  constructor(status, says) {
    super(says);
    this.status = status;
  }
}

/** Asks dambridge, with a token that is asked for anew when it ends. `getToken` gives {token, expires_at}. */
export class Bridge {
  #address;
  #getToken;
  #held = null;
  #coming = null;

  constructor(address, getToken) {
    this.#address = address.replace(/\/+$/, "");
    this.#getToken = getToken;
  }

  /** One for all who ask meanwhile. */
  async #token() {
    const ends = this.#held?.expires_at ? Date.parse(this.#held.expires_at) : Infinity;
    if (this.#held !== null && ends - Date.now() >= SOON) return this.#held.token;
    this.#held = null;
    this.#coming ??= this.#fresh().finally(() => (this.#coming = null));
    return this.#coming;
  }

  async #fresh() {
    let given;
    try {
      given = await this.#getToken();
    } catch (error) {
      throw new Unanswered(0, `This page could not get a token for its panel: ${error.message}`);
    }
    if (!given?.token) throw new Unanswered(0, "This page was given no token for its panel. Whoever keeps the page can say why.");
    this.#held = given;
    return given.token;
  }

  /** The answer to a path below /api/v1. Raises `Unanswered` with a sentence for people. */
  async ask(path, { body, signal, cache = "no-store" } = {}) {
    for (let once = true; ; once = false) {
      const token = await this.#token();
      const answer = await this.#sent(path, { body, signal, cache }, token);
      if (answer.ok) return answer;
      if (answer.status === 401 && this.#held?.token === token) this.#held = null; // ended meanwhile, or revoked
      if (answer.status === 401 && once) continue;
      const problem = await answer.json().catch(() => ({}));
      throw new Unanswered(answer.status, problem.detail || this.#strange(answer.status));
    }
  }

  /** The answer, read. Raises `Unanswered`, also where somebody else than dambridge has answered. */
  async read(path, options) {
    const answer = await this.ask(path, options);
    const given = await answer.json().catch((error) => error);
    if (given?.name === "AbortError") throw given;
    if (given instanceof Error) throw new Unanswered(answer.status, this.#strange(answer.status));
    return given;
  }

  #strange(status) {
    return `What answers at ${this.#address}, with ${status}, does not speak as dambridge does. Check the address; where it is right, try again in a while.`;
  }

  /** Pages of the web are let in or not; an extension is always let in. */
  #silent(error) {
    if (error.name === "TimeoutError") return `${this.#address} takes too long to answer. Try again in a while.`;
    if (location.protocol.startsWith("http")) return `dambridge does not answer this page. It may be down, or not let pages of ${location.origin} ask.`;
    return `Nobody answers at ${this.#address}. Open this address in a tab: where it does not open there either, dambridge is down, or the address is wrong.`;
  }

  async #sent(path, { body, signal, cache }, token) {
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const more = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const late = AbortSignal.timeout(LONGEST);
    try {
      return await fetch(`${this.#address}/api/v1${path}`, { ...more, headers, signal: signal ? AbortSignal.any([signal, late]) : late, credentials: "omit", cache, referrerPolicy: "no-referrer" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unanswered(0, this.#silent(error));
    }
  }
}

class DambridgePanel extends HTMLElement {
  /** Gives {token, expires_at}; set it where `token-from` does not do. */
  getToken = null;
  /** What is said where no token holds any more. */
  ended = "The token of this panel has ended, and no other one was given. Load the page again.";
  #bridge = null;
  #homes = null;
  #asking = null; // what can be broken off: the question that is under way
  #pause = 0; // until what is typed is proposed to go on
  #shown = { text: "", cursor: null };
  #parts = {};
  #begun = false;

  connectedCallback() {
    if (!this.#begun) this.#build();
    this.#begun = true;
  }

  disconnectedCallback() {
    this.#asking?.abort();
  }

  /** What stands in the box. */
  get text() {
    return this.#parts.field?.value ?? "";
  }

  /** Look for something; gives how many were found, null where that could not be said. With `any`, one of the words is enough. */
  async search(text, { any = false } = {}) {
    if (!this.#begun) return null;
    this.#parts.field.value = text;
    return this.#look(any ? words(text).join(" OR ") : text, { text });
  }

  /** Begin anew with other connection details. */
  reconnect() {
    this.#bridge = this.#homes = null;
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    const field = make("input", { type: "search", name: "q", part: "field", maxLength: 2000, autocomplete: "off", spellcheck: false, list: "words" });
    const p = (this.#parts = {
      field,
      known: make("datalist", { id: "words" }),
      form: make("form", { role: "search", part: "form" }, make("label", {}, "Search the library", field), make("button", { className: "first", part: "button search" }, "Search")),
      whole: make("input", { type: "checkbox", checked: true }),
      notice: make("div", { className: "notice", role: "alert", part: "notice", hidden: true }),
      status: make("p", { className: "quiet", role: "status", part: "status" }),
      finds: make("ul", { part: "finds", "aria-label": "Finds" }),
      more: make("button", { type: "button", part: "button more", hidden: true }, "Show more"),
    });
    const tick = make("label", { className: "tick", hidden: !this.hasAttribute("choices") }, p.whole, "Only what may be used now");
    p.section = make("section", { part: "panel", "aria-label": "Search the library" }, p.form, p.known, tick, p.notice, p.status, p.finds, p.more);
    root.append(p.section);
    p.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#look(field.value.trim());
    });
    p.whole.addEventListener("change", () => this.#look(field.value.trim()));
    p.more.addEventListener("click", () => this.#look(this.#shown.text, { cursor: this.#shown.cursor }));
    p.section.addEventListener("keydown", (event) => this.#moved(event));
    field.addEventListener("input", () => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => this.#suggest(field.value), 250);
    });
  }

  /** Up and down go from the box through the finds; Tab goes through what can be pressed. */
  #moved(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...this.#parts.finds.children];
    const on = this.shadowRoot.activeElement;
    const at = all.findIndex((it) => it.contains(on));
    if (!step || !all.length || (at < 0 && (on !== this.#parts.field || step < 0 || this.#parts.known.childElementCount))) return;
    event.preventDefault();
    (all[at + step] ?? (at + step < 0 ? this.#parts.field : all.at(-1))).focus();
  }

  #connected() {
    const from = this.getAttribute("token-from");
    const fetched = async () => {
      const answer = await fetch(from, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`its server answered with ${answer.status}.`);
      return answer.json();
    };
    const none = async () => ({});
    return (this.#bridge ??= new Bridge(this.getAttribute("address") || HERE, this.getToken ?? (from ? fetched : none)));
  }

  /** Accounts to look in; empty for all. */
  async #where(signal) {
    const named = this.getAttribute("homes");
    if (named) return named.split(",").map((it) => it.trim()).filter(Boolean);
    const beside = this.getAttribute("beside");
    if (!beside) return [];
    this.#homes ??= (await this.#connected().read("/search/homes", { signal })).homes;
    const others = this.#homes.filter((it) => it.system !== beside).map((it) => it.account);
    if (!others.length) throw new Unanswered(403, "This token sees no account of another system.");
    return others;
  }

  async #look(question, { cursor = null, text = question } = {}) {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const p = this.#parts;
    clearTimeout(this.#pause);
    p.known.replaceChildren(); // from here on, the arrow down goes to the finds
    this.#say("");
    p.section.classList.add("busy");
    p.status.textContent = "Looking …";
    try {
      const query = new URLSearchParams({ q: question, limit: PAGE, ...(cursor ? { cursor } : {}) });
      for (const home of await this.#where(signal)) query.append("filter", `home=${home}`);
      if (p.whole.checked) query.append("filter", "rights=usable");
      const found = await this.#connected().read(`/search?${query}`, { signal });
      this.#show(found, question, text, cursor !== null);
      return found.total;
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (!(error instanceof Unanswered)) throw error;
      p.status.textContent = "";
      p.more.hidden = true;
      p.finds.replaceChildren(); // what was found before answers another question
      this.#say(this.#told(error));
      return null;
    } finally {
      if (this.#asking.signal === signal) p.section.classList.remove("busy");
    }
  }

  #show(found, question, text, further) {
    const p = this.#parts;
    const items = found.hits.map((it) => this.#find(it));
    if (further) p.finds.append(...items);
    else p.finds.replaceChildren(...items);
    this.#shown = { text: question, cursor: found.cursor };
    p.more.hidden = !found.cursor;
    const many = `${found.exact ? "" : "At least "}${found.total.toLocaleString()} ${found.total === 1 ? "asset" : "assets"}`;
    p.status.textContent = found.total ? many : `Nothing was found${text ? ` for “${text}”` : ""}.`;
    const gaps = found.gaps.map((it) => `${it.account}: ${it.told}`);
    if (gaps.length) this.#say(gaps.join(" "));
    else if (!found.total) this.#offer(question, text);
    if (further) items[0]?.focus(); // else who pressed "Show more" is left at its end
  }

  /** What can be done where nothing was found: fewer words, or what may not be used now. */
  #offer(question, text) {
    const { whole } = this.#parts;
    const many = question === text && words(text).length > 1;
    const more = [];
    if (many) more.push(this.#way("Look for any of these words", () => this.search(text, { any: true })));
    if (whole.checked && this.hasAttribute("choices")) {
      more.push(this.#way("Look for what may not be used now, too", () => {
        whole.checked = false;
        this.#look(question, { text });
      }));
    }
    if (more.length) this.#say(many ? "No asset has all of these words." : "Only what may be used now was looked for.", ...more);
  }

  #way(called, go) {
    const button = make("button", { type: "button", part: "button" }, called);
    button.addEventListener("click", () => {
      this.#parts.field.focus(); // the button goes away, and the keyboard with it
      go();
    });
    return button;
  }

  #told(error) {
    return error.status === 401 ? this.ended : error.message;
  }

  #say(text, ...more) {
    this.#parts.notice.replaceChildren(...(text ? [make("p", {}, text), ...more] : []));
    this.#parts.notice.hidden = !text;
  }

  #find(hit) {
    const beside = this.getAttribute("beside");
    const first = hit.copies.find((it) => it.main) ?? hit.copies[0];
    const title = first.title || first.file_name;
    const frame = make("div", { className: "frame" }, KINDS[first.type] ?? "File");
    const told = make("p", { className: "told", role: "status", part: "told" });
    const ways = hit.ways.filter((it) => !beside || it.system === beside);
    const buttons = ways.map((way) => {
      if (way.there) return make("p", { className: "told there", part: "told" }, `It is in ${way.outlet} already.`);
      const called = !beside ? way.called : ways.length > 1 ? `Bring it to ${way.outlet || way.system}` : "Bring it here";
      const button = make("button", { type: "button", part: "button bring", "aria-label": `${called}: ${title}` }, called);
      button.addEventListener("click", () => this.#bring(way, button, told));
      return button;
    });
    const rights = make("p", { className: `rights ${hit.usable}`, part: `rights ${hit.usable}` }, make("span", { "aria-hidden": "true" }, GLYPHS[hit.usable] ?? "?"), make("span", {}, hit.words));
    const homes = make("div", { className: "homes", part: "homes" }, ...[...new Set(hit.copies.map((it) => it.account))].map((it) => make("span", { className: "home" }, it)));
    const text = make("div", { className: "words" }, make("p", { className: "title", part: "title" }, title));
    if (first.title && first.title !== first.file_name) text.append(make("p", { className: "quiet" }, first.file_name));
    text.append(homes, rights);
    const twins = [...new Set(ways.filter((it) => it.twin && !it.there).map((it) => it.twin))];
    for (const twin of twins) text.append(make("p", { className: "quiet", part: "twin" }, `The same asset is there already as ${twin}; this makes a copy of it for the outlet.`));
    if (buttons.length) text.append(make("div", { className: "ways" }, ...buttons));
    text.append(told);
    const item = make("li", { tabIndex: -1, part: "find", "aria-label": title }, frame, text);
    SEEN.observe(item, () => this.#picture(first.asset, frame, title));
    return item;
  }

  /** The picture, drawn: no address of it stands in the page. Where there is none, the word for its kind stays. */
  async #picture(asset, frame, title) {
    try {
      const answer = await this.#connected().ask(`/search/thumbnails/${encodeURIComponent(asset)}?side=600`, { cache: "default" });
      const picture = await createImageBitmap(await answer.blob());
      const canvas = make("canvas", { width: picture.width, height: picture.height, role: "img", "aria-label": `Picture of ${title}` });
      canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      frame.replaceChildren(canvas);
    } catch {
      frame.dataset.none = ""; // a picture that does not come hides nothing
    }
  }

  async #bring(way, button, told) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    told.className = "told";
    told.textContent = "Asking …";
    try {
      const wish = { asset: way.asset, outlet: way.outlet };
      let order = await this.#connected().read("/search/orders", { body: wish });
      this.dispatchEvent(new CustomEvent("dambridge-ordered", { bubbles: true, composed: true, detail: { ...wish, order: order.order } }));
      for (let waits = 500; ["queued", "running"].includes(order.state) && this.isConnected; waits = Math.min(waits * 1.3, 5000)) {
        told.textContent = order.words;
        await new Promise((done) => setTimeout(done, waits));
        order = await this.#connected().read(`/search/orders/${encodeURIComponent(order.order)}`);
      }
      told.textContent = order.words;
      told.classList.add(order.state === "done" && ["done", "unchanged"].includes(order.outcome) ? "there" : "refused");
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      told.textContent = this.#told(error);
      told.classList.add("refused");
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  async #suggest(typed) {
    if (typed.trim().length < 2) return;
    const before = this.#asking;
    try {
      const { words: found } = await this.#connected().read(`/search/suggestions?${new URLSearchParams({ q: typed })}`);
      if (this.#asking !== before) return; // asked meanwhile
      const begun = typed.slice(0, typed.search(/[^\s("-]*$/));
      this.#parts.known.replaceChildren(...found.map((it) => make("option", { value: begun + it.word })));
    } catch {
      this.#parts.known.replaceChildren(); // what is typed can be asked all the same
    }
  }
}

/** Calls back once for each element that comes near the eye, so that a page of finds costs no more pictures than are looked at. */
const SEEN = new (class {
  #waiting = new WeakMap();
  #watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      this.#watch.unobserve(target);
      this.#waiting.get(target)?.();
    }
  }, { rootMargin: "200px" });

  observe(element, seen) {
    this.#waiting.set(element, seen);
    this.#watch.observe(element);
  }
})();

function words(text) {
  return text.split(/\s+/).filter(Boolean);
}

if (!customElements.get("dambridge-panel")) customElements.define("dambridge-panel", DambridgePanel);
