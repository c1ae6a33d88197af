"""What the extension promises to people who work in PhotoShelter, done in whichever browser a seat is in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from support.beside import BEACON, HARBOUR, SHUT_BEACON, Beside, server_of
from support.seats import OUR_VIEWS, STRIP, Seat

EMBARGOED = "Not to be shown before 1 March 2031"
CLEARED = "May be shown in DE through portal."
KEPT = """
const all = await indexedDB.databases();
return JSON.stringify([await chrome.storage.local.get(), await chrome.storage.session.get(), all.map((it) => it.name)]);
"""
"""What the extension keeps, but for the token itself."""
PERMITTED = "return (await chrome.permissions.getAll()).origins"
SAID = """
const [text, elsewhere = false] = args;
const here = `looking-${(await chrome.windows.getCurrent()).id}`;
for (let n = 0; n < 300; n++) {
    const all = Object.entries(await chrome.storage.session.get());
    const it = all.find(([key, it]) => it.text === text && (key !== here) === elsewhere);
    if (it) return it[1];
    await new Promise((go) => setTimeout(go, 50));
}
return null;
"""
"""What the extension was told that somebody looks for in this window, or elsewhere, once it is these words."""
HEARS = """
window.heard = [];
const here = `looking-${(await chrome.windows.getCurrent()).id}`;
chrome.storage.onChanged.addListener((it) => it[here] && window.heard.push(it[here].newValue.text));
"""
STRIP_SHOWS = f"""
let text;
for (let n = 0; n < 300; n++) {{
    {STRIP}
    const box = strip?.document.querySelector("dambridge-panel")?.shadowRoot;
    text = [strip?.document.body?.innerText, ...[...box?.querySelectorAll("li") ?? []].map((it) => it.innerText)].join(" ");
    if (strip?.innerWidth && args.every((it) => text.includes(it))) return [strip.innerWidth, text];
    await new Promise((go) => setTimeout(go, 50));
}}
return [0, text];
"""
"""How wide the strip at the side is once it shows these words, and what it shows."""
STRIP_GONE = f"""
for (let n = 0; n < 300; n++) {{
    {STRIP}
    if (!strip) return true;
    await new Promise((go) => setTimeout(go, 50));
}}
return false;
"""


@asynccontextmanager
async def customers(it: Beside) -> AsyncIterator[Beside]:
    """The customer's server runs."""
    it.page.asked, it.page.answers, it.page.wish = 0, [], {}
    server = server_of(it.page)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn says it so
        await asyncio.sleep(0.01)
    try:
        yield it
    finally:
        server.should_exit = True
        await task


@contextmanager
def nobodys() -> Iterator[str]:
    """An address at which nobody answers, nor will meanwhile."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{it.getsockname()[1]}"


async def saved(seat: Seat, address: str = "", token: str = "", pages: str = "") -> None:
    """Press "Save and try", with what is named instead of what stands there."""
    labels = {"Address of dambridge": address, "Your token": token, "PhotoShelter's pages": pages}
    for label, text in labels.items():
        if text:
            await seat.typed(label, text)
    await seat.pressed("Save and try")


async def set_up(seat: Seat, it: Beside) -> None:
    """From the first look to a panel that works."""
    await seat.here("panel.html")
    await seat.said("Say where your organisation's dambridge is")
    await seat.here("options.html")
    await saved(seat, it.address, "dmb_no", it.portal.pair.photoshelter.url)
    if seat.asks:
        assert "127.0.0.1" in await seat.answered(allow=False)
        await seat.said("Nothing was saved: without the permission")
        assert it.address not in await seat.script(KEPT)
        await saved(seat)
        await seat.answered(allow=True)
    await seat.said("This token does not hold. Make another one under your name in dambridge")
    assert it.address not in await seat.script(KEPT)
    await saved(seat, token=it.token)
    await seat.said("Saved. The panel shows what is in archive, and brings it over.")
    kept = await seat.script(KEPT)
    assert it.address in kept
    assert it.token not in kept, "the token is out of reach of content scripts"
    assert await seat.serious() == []
    await seat.picture("options")


async def brings_over_what_is_cleared_and_says_why_not(seat: Seat, it: Beside) -> None:
    """From a picture in PhotoShelter to its like that is brought over, and to another one that is refused."""
    assert it.brought() == []
    theirs = it.portal.pair.photoshelter.url
    await seat.theirs(f"{theirs}/?asset={it.looked_at}")
    await seat.here("panel.html")
    await seat.said("This page shows “Beacon”.")
    await seat.found(BEACON)
    await seat.said(CLEARED, find=BEACON)
    await seat.drawn(1)
    assert await seat.serious() == []
    await seat.picture("panel")

    await seat.pressed(f"Bring it here: {BEACON}")
    await seat.said("It is there.", find=BEACON)
    assert it.brought() == ["boat4.jpg"]

    await seat.ticked("Only what may be used now")
    await seat.found(BEACON, SHUT_BEACON)
    await seat.said(EMBARGOED, find=SHUT_BEACON)
    await seat.said("It is in press already.", find=BEACON)
    await seat.no_button(BEACON)
    await seat.pressed(f"Bring it here: {SHUT_BEACON}")
    await seat.said("Held back from press: Not to be shown before 1 March 2031, 00:00.", find=SHUT_BEACON)
    assert await seat.serious() == []
    await seat.picture("refused")
    assert it.brought() == ["boat4.jpg"]


async def orders_what_no_selection_names(seat: Seat, it: Beside) -> None:
    """It is brought, kept under the name of who ordered it, and goes again when it is taken back."""
    before = it.brought()
    await seat.typed("Search the library", "harbour")
    await seat.keys("Enter")
    await seat.said(CLEARED, find=HARBOUR)
    await seat.pressed(f"Bring it here: {HARBOUR}")
    await seat.said("It is there.", find=HARBOUR)
    assert it.brought() == [*before, "boat8.jpg"]
    (kept,) = [one for one in it.ordered() if one["asset"] == f"archive:{it.unnamed}"]
    assert (kept["by"], kept["outlet"], kept["until"]) == ("ada", "press", None)
    it.take_back(it.unnamed)
    assert it.brought() == before


async def follows_the_page_but_not_over_what_was_typed(seat: Seat, it: Beside) -> None:
    theirs = it.portal.pair.photoshelter.url
    await seat.theirs(f"{theirs}/?terms=ferry+fog")
    await seat.here()
    await seat.found("Ferry in the fog")
    await seat.typed("Search the library", "noon")
    await seat.keys("Enter")
    await seat.found(BEACON)
    await seat.theirs(f"{theirs}/?terms=beacon")
    await seat.here()
    await seat.pressed("Look for it")
    await seat.found(BEACON, SHUT_BEACON)


async def stands_at_the_side(seat: Seat, it: Beside) -> None:
    """The strip itself, opened by its own button beside PhotoShelter's page; seen from the settings."""
    await seat.here("options.html")
    assert "/panel.html" not in await seat.script(OUR_VIEWS)
    await seat.theirs(f"{it.portal.pair.photoshelter.url}/?asset={it.looked_at}")
    await seat.beside()
    await seat.here()
    across, shown = await seat.script(STRIP_SHOWS, "This page shows “Beacon”.", BEACON)
    assert 200 <= across <= 600, f"{across} pixels wide: {shown}"
    await seat.window("side")
    await seat.beside(by_key=True)
    assert await seat.script(STRIP_GONE), "once more, and it goes away"


async def names_the_next_move_when_something_is_wrong(seat: Seat, it: Beside, others: str) -> None:
    """`others` is the address of somebody else's server, under another name where the browser asks. The
    extension is set up before, and works afterwards."""
    await seat.here("options.html")
    await saved(seat, "ftp://dambridge.example")
    await seat.said("dambridge has to be reached over https://")
    await saved(seat, it.address, "two words")
    await seat.said("This is no token of yours: one begins with dmb_")
    await saved(seat, it.address, it.token, "everywhere")
    await seat.said("“everywhere” is no address of pages")
    with nobodys() as nobody:
        await saved(seat, nobody, it.token, it.portal.pair.photoshelter.url)
        await seat.said(f"Nothing was saved. Nobody answers at http://{nobody}. Open this address in a tab")
    await saved(seat, others)
    if seat.asks:
        assert "localhost" in await seat.answered(allow=True)
    await seat.said(
        f"Nothing was saved. What answers at {others}, with 404, does not speak as dambridge does. Check the address"
    )
    assert it.address in await seat.script(KEPT), "what was set before holds"
    await saved(seat, it.address)
    await seat.said("Saved. The panel shows what is in archive")
    assert await seat.script(PERMITTED) == ["http://127.0.0.1/*"], "and no more is permitted than that needs"
    await seat.here("panel.html")
    await seat.typed("Search the library", "Nothing of the kind")
    await seat.keys("Enter")
    await seat.said("No asset has all of these words.")
    await seat.typed("Search the library", "storm")
    await seat.keys("Enter")
    await seat.said("Only what may be used now was looked for.")
    await seat.keys("Tab", "Tab", "Tab", "Enter")  # Search, the tick, and what is offered
    await seat.found(SHUT_BEACON)
    await seat.picture("offered")
    await seat.keys("ArrowDown", "Tab")
    focused = "return document.activeElement.shadowRoot.activeElement.getAttribute('aria-label')"
    assert await seat.script(focused) == f"Bring it here: {SHUT_BEACON}", "the keyboard is where it was"
    await seat.typed("Search the library", "panorama")
    await seat.keys("Enter")
    await seat.said("north_pier")
    await seat.drawn(1)
    assert await seat.script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert await seat.serious() == []
    await seat.picture("long")


PUT = """
const [address, token] = args;
await new Promise((go) => {
    const it = indexedDB.open("dambridge", 1);
    it.onsuccess = () => {
        const all = it.result.transaction("kept", "readwrite");
        all.objectStore("kept").put(token, "token");
        all.oncomplete = go;
        it.result.close();
    };
});
await chrome.storage.local.set({ address, kept: Math.random() });
"""
"""As if these had been saved: what was true once is so no more."""


async def says_so_when_it_works_no_more(seat: Seat, it: Beside) -> None:
    """A token that was revoked, dambridge that is down, a permission that was taken back: each while the panel stands open."""
    await seat.here("panel.html")
    await seat.typed("Search the library", "noon")
    await seat.keys("Enter")
    await seat.found(BEACON)
    await seat.script(PUT, it.address, "dmb_gone")
    await seat.said("Your token has ended or was revoked. Make another one under your name in dambridge")
    await seat.found()
    assert await seat.serious() == []
    with nobodys() as nobody:
        await seat.script(PUT, f"http://{nobody}", it.token)
        await seat.said(f"Nobody answers at http://{nobody}. Open this address in a tab")
        await seat.found()
    await seat.script(PUT, it.address, it.token)
    await seat.found(BEACON)
    await seat.script("await chrome.permissions.remove({ origins: ['http://127.0.0.1/*'] })")
    await seat.said(f"This browser does not let the panel reach {it.address} any more. Open the settings")
    await seat.picture("taken-back")
    if not seat.asks:
        return  # it is asked anew, which nobody can answer here
    await seat.here("options.html")
    await saved(seat)
    await seat.answered(allow=True)
    await seat.said("Saved. The panel shows what is in archive")
    await seat.here("panel.html")
    await seat.typed("Search the library", "noon")
    await seat.keys("Enter")
    await seat.found(BEACON)


async def reads_words_of_a_page_and_no_more(seat: Seat, it: Beside) -> None:
    """Whatever PhotoShelter's pages look like: what is passed on is what somebody looks for. The customer's server runs; the
    extension is not set up yet."""
    theirs = it.portal.pair.photoshelter.url
    await seat.theirs(f"{theirs}/?terms=open+already")
    await set_up(seat, it)
    await seat.theirs()
    await seat.here()
    assert await seat.script(SAID, "open already"), "a page that was open before"
    pages = {
        "/?terms=harbour+fog": "harbour fog",
        "/?q=harbour%3A%28fog%29+-%22x%22": "harbour fog x",
        "/?I_DSC=IMG_0042.jpg": "IMG_0042",
        f"/?asset={it.looked_at}": "Beacon",
        "/": "",
    }
    await seat.here("options.html")
    await seat.script(HEARS)
    for path, words in pages.items():
        await seat.theirs(theirs + path)
        await seat.here()
        found = await seat.script(SAID, words)
        assert found is not None, path
        assert set(found) == {"text", "from"}
    await seat.theirs(f"http://127.0.0.1:{it.page.port}/with-a-box")
    await seat.typed("Find", "old port")
    await seat.keys("Enter")
    await seat.here()
    assert await seat.script(SAID, "old port"), "a box of the page's own"
    await seat.theirs()
    await seat.script("document.querySelector('input').value = ''; document.title = 'Ferry at noon | Riverbend'")
    await seat.here()
    assert await seat.script(SAID, "Ferry at noon"), "a page that changes without being loaded"
    await seat.theirs(f"{it.page.origin}/with-a-box?terms=salary")  # the same page under a name that nobody permitted
    await seat.theirs(f"{theirs}/?terms=harbour")
    await seat.here()
    assert await seat.script(SAID, "harbour")
    await seat.script("await chrome.windows.create({ url: args[0] })", f"{theirs}/?terms=elsewhere")
    assert await seat.script(SAID, "elsewhere", True), "each window has a panel of its own"
    heard = await seat.script("return window.heard")
    assert {"old port", "harbour"} <= set(heard)
    assert "salary" not in heard, "of another page nothing is read"
    assert "elsewhere" not in heard
