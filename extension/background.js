// Opens the panel beside the page, and passes on what the page's reader looks for.

import { lookingIn, watch } from "./settings.js";

chrome.runtime.onInstalled.addListener(async ({ reason }) => {
  await watch();
  if (reason === "install") await chrome.runtime.openOptionsPage();
});
chrome.runtime.onStartup.addListener(watch);
chrome.permissions.onAdded.addListener(watch);
chrome.permissions.onRemoved.addListener(watch);

chrome.runtime.onMessage.addListener((message, sender) => {
  if (sender.id !== chrome.runtime.id || !sender.tab || message?.kind !== "looking") return;
  const { text, from } = message;
  if (typeof text === "string" && typeof from === "string") chrome.storage.session.set({ [lookingIn(sender.tab.windowId)]: { text, from } });
});

chrome.windows.onRemoved.addListener((id) => chrome.storage.session.remove(lookingIn(id)));

if (chrome.sidePanel) chrome.sidePanel.setPanelBehavior({ openPanelOnActionClick: true });
else chrome.action.onClicked.addListener(() => chrome.sidebarAction.toggle());
