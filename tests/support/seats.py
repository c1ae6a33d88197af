"""What a person does at the extension, whichever the browser: in Chromium by Playwright, in Firefox by Marionette.

Two tabs stand open: one with the extension's own pages, one with PhotoShelter's. What is looked for is named as people know it:
fields by their labels, buttons and finds by their names, the rest by its words. Everything waits for what it asks.
"""

from __future__ import annotations

from typing import Any, Protocol

PATIENCE = 20.0
"""Seconds: the machine may have other things to do."""
OUR_VIEWS = "return chrome.extension.getViews().map((it) => it.location.pathname).sort()"
FIELD = "input, textarea"
STRIP = (
    "const strip = chrome.extension.getViews().find((it) => it !== window && it.location.pathname === '/panel.html');"
)
"""The panel at the side, as the extension's page in a tab sees it."""


class Seat(Protocol):
    """`asks`: the browser's own question for permission is put, and can be answered here."""

    name: str
    asks: bool

    async def here(self, path: str = "") -> None:
        """To the extension's tab, and to this page of it where one is named."""

    async def theirs(self, address: str = "") -> None:
        """To PhotoShelter's tab, and to this page where one is named."""

    async def typed(self, label: str, text: str) -> None:
        """`text` stands in the field of this label instead of what stood there."""

    async def keys(self, *names: str) -> None:
        """Enter, Tab, ArrowDown: pressed one after another."""

    async def pressed(self, name: str) -> None: ...

    async def ticked(self, label: str) -> None: ...

    async def said(self, text: str, *, find: str = "") -> None:
        """The words stand there for the eye, within the find of this name where one is named."""

    async def found(self, *names: str) -> None:
        """The finds are these, and no others."""

    async def no_button(self, find: str) -> None: ...

    async def drawn(self, count: int) -> None:
        """So many pictures are there, and each is a picture."""

    async def script(self, body: str, *args: Any) -> Any:
        """What the body of an async function returns in the present page."""

    async def answered(self, *, allow: bool) -> str:
        """Answer the browser's question for permission; gives what it asked."""

    async def beside(self, *, by_key: bool = False) -> None:
        """Open or shut the strip at the side by the extension's own button; or by Alt+Shift+D, where keys reach the browser."""

    async def serious(self) -> list[str]: ...

    async def picture(self, name: str) -> None: ...

    async def window(self, name: str) -> None:
        """A picture of the whole window, with what stands around the page, where the browser can take one."""


PICTURES = """
const drawn = [...document.querySelector("dambridge-panel").shadowRoot.querySelectorAll("canvas")];
return drawn.length === args[0] && drawn.every((it) => it.width > 20);
"""
