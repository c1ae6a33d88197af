// Settings: where dambridge is, the person's token, and which pages are PhotoShelter's. Permissions are asked for these alone.

import { Bridge, Unanswered } from "./dambridge-panel.js";
import { addressOf, keep, origins, pagesOf, release, settings, tokenOf, watch } from "./settings.js";

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
  const { homes, orders } = await bridge.read("/search/homes");
  const others = homes.filter((it) => it.system !== "photoshelter").map((it) => it.account);
  if (!others.length) return "Saved. But this token sees no library beside PhotoShelter: ask whoever keeps dambridge to let you see one.";
  return `Saved. The panel shows what is in ${others.join(", ")}${orders ? ", and brings it over" : "; this token may bring nothing over"}.`;
}

function why(error) {
  if (error.status === 401) return "This token does not hold. Make another one under your name in dambridge, and copy it here.";
  return error.message;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  let wanted;
  try {
    const { address, token, pages } = form.elements;
    wanted = { address: addressOf(address.value), token: tokenOf(token.value), pages: pagesOf(pages.value) };
  } catch (error) {
    return tell(error.message, "bad");
  }
  // Asked before anything is waited for: a browser takes it as the person's wish only then
  if (!(await chrome.permissions.request({ origins: origins(wanted) }))) {
    return tell("Nothing was saved: without the permission this cannot ask dambridge, nor read what you look for. Press “Save and try” again, and allow it.", "bad");
  }
  tell("Trying …");
  try {
    const told = await tried(wanted);
    await keep(wanted);
    await release(wanted);
    await watch();
    form.elements.address.value = wanted.address;
    tell(told, "good");
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    tell(`Nothing was saved. ${why(error)}`, "bad");
  }
});
form.elements.address.addEventListener("input", point);

const now = await settings();
form.elements.address.value = now.address;
form.elements.token.value = now.token;
form.elements.pages.value = now.pages.join("\n");
point();
