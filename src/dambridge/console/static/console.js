// What makes the console quick. Without it every page still reads and every single decision still works.
(() => {
  "use strict";
  const entries = () => [...document.querySelectorAll("[data-entry]")];
  const typing = (it) => it.matches("input:not([type=checkbox], [type=radio]), textarea, select") || it.isContentEditable;

  function go(step) {
    const all = entries();
    if (!all.length) return;
    const at = all.findIndex((it) => it.classList.contains("at"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((it) => it.classList.toggle("at", it === next));
    next.scrollIntoView({ block: "nearest" });
    next.setAttribute("tabindex", "-1");
    next.focus({ preventScroll: true });
  }

  // A key presses the button that carries it: of the entry one is at, else of the page.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") { event.preventDefault(); go(key === "j" ? 1 : -1); return; }
    const at = document.querySelector("[data-entry].at") || (entries().length === 1 ? entries()[0] : null);
    const found = [at, document].filter(Boolean).map((it) => it.querySelector(`[data-key="${CSS.escape(key)}"]`)).find(Boolean);
    if (!found || (!at && found.closest("[data-entry]"))) return;
    event.preventDefault();
    if (found.tagName === "INPUT") found.focus();
    else if (found.tagName === "DETAILS") { found.open = true; found.querySelector("input, textarea, select")?.focus(); }
    else found.click();
  });

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-all]");
    if (all) document.querySelectorAll(`input[name="${CSS.escape(all.dataset.all)}"]`).forEach((it) => { it.checked = all.checked; });
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // One press is one order.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });

  // A menu that was opened closes again by Escape, or when one looks elsewhere.
  document.addEventListener("keyup", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((it) => { it.open = false; });
  });

  // What is live asks again when the server says that there is news; where it cannot say so, every few seconds.
  const lively = () => document.querySelector("[data-live]");
  const ask = () => document.querySelectorAll("[data-live]").forEach((it) => it.dispatchEvent(new CustomEvent("live")));
  let source = null, asking = 0;
  function deaf() { source?.close(); source = null; }
  function poll() { deaf(); asking ||= setInterval(() => { if (lively() && !document.hidden) ask(); }, 5000); }
  function hear() {
    if (source || asking || document.hidden || !lively()) return;
    if (!window.EventSource) { poll(); return; }
    source = new EventSource(`/live?about=${encodeURIComponent(lively().dataset.live)}`);
    source.onopen = () => setTimeout(ask, 1500); // what changed between the page and the line
    source.onmessage = () => { if (lively()) ask(); else deaf(); };
    source.addEventListener("over", () => { poll(); ask(); });
    source.onerror = () => { if (source?.readyState === EventSource.CLOSED) poll(); };
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) deaf(); else if (lively()) { ask(); hear(); } });
  addEventListener("pagehide", deaf);
  addEventListener("pageshow", hear);
  setInterval(() => { if (!document.hidden) ask(); }, 60000); // so that "a minute ago" stays true

  for (const it of document.querySelectorAll("[data-copies]")) {
    it.hidden = false;
    it.addEventListener("click", () => navigator.clipboard?.writeText(it.dataset.copies).then(() => { it.textContent = "Copied"; }));
  }
})();
