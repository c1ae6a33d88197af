// The panel beside the page: the same search as everywhere, set to what the page's reader looks for.

import "./dambridge-panel.js";
import { lookingIn, origins, settings } from "./settings.js";

const HERE = lookingIn((await chrome.windows.getCurrent()).id);
const FROM = { address: "You look for", box: "You look for", title: "This page shows" };
const panel = document.querySelector("dambridge-panel");
const line = document.querySelector("#page");
let looked = "";

for (const it of document.querySelectorAll("#settings, #begin")) it.addEventListener("click", () => chrome.runtime.openOptionsPage());
line.querySelector("button").addEventListener("click", (event) => look(event.target.value));
panel.getToken = async () => ({ token: (await settings()).token });
panel.ended = "Your token has ended or was revoked. Make another one under your name in dambridge, and enter it in the settings.";

async function look(text) {
  looked = text;
  line.querySelector("button").hidden = true;
  await panel.search(text);
}

/** What the page says goes into the box, unless the person has typed something else there: then it is offered. */
async function follow(looking) {
  line.hidden = !looking?.text || panel.hidden;
  if (line.hidden) return;
  line.querySelector("span").textContent = `${FROM[looking.from] ?? "You look for"} “${looking.text}”.`;
  const button = line.querySelector("button");
  button.value = looking.text;
  const own = panel.text.trim() !== looked;
  button.hidden = !own || panel.text.trim() === looking.text;
  if (!own && looking.text !== looked) await look(looking.text);
}

/** What keeps the panel from asking, in a sentence; empty where nothing does. */
async function missing({ address, token }) {
  if (!address || !token) return "Say where your organisation's dambridge is, and enter a token of yours. Then this panel shows what the other library holds for whatever you look for here.";
  if (await chrome.permissions.contains({ origins: origins({ address, pages: [] }) })) return "";
  return `This browser does not let the panel reach ${address} any more. Open the settings, press “Save and try”, and allow it.`;
}

async function begin() {
  const { address, token } = await settings();
  const why = await missing({ address, token });
  panel.hidden = Boolean(why);
  document.querySelector("#first").hidden = !why;
  document.querySelector("#why").textContent = why;
  line.hidden ||= Boolean(why);
  if (why) return;
  panel.setAttribute("address", address);
  panel.reconnect();
  looked = panel.text.trim();
  if (looked) await panel.search(looked); // what stands there is answered as things are set now
  await follow((await chrome.storage.session.get(HERE))[HERE]);
}

chrome.storage.onChanged.addListener((changes, area) => {
  if (area === "local") begin();
  if (area === "session" && changes[HERE]) follow(changes[HERE].newValue);
});
chrome.permissions.onAdded.addListener(begin);
chrome.permissions.onRemoved.addListener(begin);
await begin();
