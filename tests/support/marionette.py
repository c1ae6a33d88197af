"""Firefox as it is installed, without a window, spoken to by Marionette, which every Firefox has: geckodriver itself speaks it.

Messages are `length:[kind, number, command, parameters]`. Unlike WebDriver BiDi it reaches an extension's own pages, and what
stands around pages: buttons, strips, and the browser's questions.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""By this key WebDriver names an element in its messages (W3C WebDriver, 12.1)."""
LONGEST = 1 << 26
"""Bytes of a message: pictures come in one."""
AWAITED = """
const [done, args] = [arguments[arguments.length - 1], [...arguments].slice(0, -1)];
(async () => {{ {} }})().then((it) => done([it ?? null, null]), (bad) => done([null, `${{bad}} ${{bad.stack}}`]));
"""


class Refusal(Exception):
    """Firefox did not do what it was told."""


class Marionette:
    """One session. Commands are awaited one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._count = 0

    async def begin(self) -> None:
        await self._said()  # who it is
        await self.do("WebDriver:NewSession", capabilities={})

    async def _said(self) -> Any:
        length = int((await self._reader.readuntil(b":"))[:-1])
        return json.loads(await self._reader.readexactly(length))

    async def do(self, command: str, **parameters: Any) -> Any:
        """What the command gives. Raises `Refusal`."""
        self._count += 1
        text = json.dumps([0, self._count, command, parameters]).encode()
        self._writer.write(b"%d:%b" % (len(text), text))
        await self._writer.drain()
        _, _, bad, given = await self._said()
        if bad:
            raise Refusal(f"{command}: {bad['error']}: {bad['message']}")
        return given["value"] if isinstance(given, dict) and set(given) == {"value"} else given

    @asynccontextmanager
    async def around(self) -> AsyncIterator[None]:
        """In the browser's own window, not in a page."""
        await self.do("Marionette:SetContext", value="chrome")
        try:
            yield
        finally:
            await self.do("Marionette:SetContext", value="content")

    async def script(self, body: str, *args: Any) -> Any:
        """What the body of an async function returns, in which `args` are these."""
        given, bad = await self.do("WebDriver:ExecuteAsyncScript", script=AWAITED.format(body), args=list(args))
        if bad:
            raise Refusal(bad)
        return given

    async def picture(self) -> bytes:
        return base64.b64decode(await self.do("WebDriver:TakeScreenshot", full=False))


@asynccontextmanager
async def firefox(
    program: str, profile: Path, prefs: Mapping[str, Any], *, across: int, down: int
) -> AsyncIterator[Marionette]:
    """Firefox with a profile of its own, in a window of this size; it is gone afterwards."""
    profile.mkdir(parents=True)
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(it)});" for name, it in {"marionette.port": 0, **prefs}.items()
    ]
    (profile / "user.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(profile))
    size = {"MOZ_HEADLESS_WIDTH": str(across), "MOZ_HEADLESS_HEIGHT": str(down), "HOME": str(profile)}
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, *flags, stdout=quiet, stderr=quiet, env={**os.environ, **size}
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", await _port(profile), limit=LONGEST)
        it = Marionette(reader, writer)
        with contextlib.closing(writer):
            await it.begin()
            yield it
            with contextlib.suppress(asyncio.IncompleteReadError):
                await it.do("Marionette:Quit", flags=["eForceQuit"])
        await asyncio.wait_for(process.wait(), 20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _port(profile: Path) -> int:
    """Firefox writes down where it listens, once it does."""
    file = profile / "MarionetteActivePort"
    async with asyncio.timeout(60):
        while not file.is_file() or not file.read_text(encoding="ascii"):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    return int(file.read_text(encoding="ascii"))
