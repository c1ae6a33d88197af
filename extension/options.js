// Settings: where dambridge is, the person's token, and which pages are PhotoShelter's. Permissions are asked for these alone.

import { Bridge, Unanswered } from "./dambridge-panel.js";
import { addressOf, keep, origins, pagesOf, settings, watch } from "./settings.js";

const form = document.querySelector("form");
const says = document.querySelector("#says");
const me = document.querySelector("#me");

function tell(text, tone = "") {
  says.textContent = text;
  says.className = tone;
}

function point() {
  try {
    me.href = `${addressOf(form.elements.address.value)}/me`;
    me.hidden = false;
  } catch {
    me.hidden = true;
  }
}

/** What the token reaches, in a sentence. Raises `Unanswered`. */
async function tried({ address, token }) {
  const bridge = new Bridge(address, async () => ({ token }));
  const { homes, orders } = await (await bridge.ask("/search/homes")).json();
  const others = homes.filter((it) => it.system !== "photoshelter").map((it) => it.account);
  if (!others.length) return "Saved. But this token sees no library beside PhotoShelter.";
  return `Saved. The panel shows what is in ${others.join(", ")}${orders ? ", and brings it over" : "; this token may bring nothing over"}.`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  let wanted;
  try {
    const { address, token, pages } = form.elements;
    wanted = { address: addressOf(address.value), token: token.value.trim(), pages: pagesOf(pages.value) };
  } catch (error) {
    return tell(error.message, "bad");
  }
  // Asked before anything is waited for: a browser takes it as the person's wish only then
  if (!(await chrome.permissions.request({ origins: origins(wanted) }))) {
    return tell("Nothing was saved: without the permission this cannot ask dambridge, nor read what you look for.", "bad");
  }
  tell("Trying …");
  try {
    const told = await tried(wanted);
    await keep(wanted);
    await watch();
    tell(told, "good");
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    tell(error.status === 401 ? "Nothing was saved: this token does not hold. Make another one under your name in dambridge." : `Nothing was saved. ${error.message}`, "bad");
  }
});
form.elements.address.addEventListener("input", point);

const now = await settings();
form.elements.address.value = now.address;
form.elements.token.value = now.token;
form.elements.pages.value = now.pages.join("\n");
point();
