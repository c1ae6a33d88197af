"""The file that NetX's Data Source Sync pulls attribute values from (NX 13.4): written whole or not at all, merged, kept small.

That the site can pull an XML file into attributes is CONFIRMED; what the file looks like is the administrator's choice, so this
shape is ours (docs/howto/data-source-sync.md). A row stands in it until its values have been read back from the site.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from dambridge.ports.errors import CannotGoOn, Refused

Values = Mapping[str, tuple[str, ...]]
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<syncedMetadata source="dambridge" version="1">\n'


@dataclass(frozen=True, slots=True)
class Row:
    """What one asset is to have: `key` is how the site finds it, an attribute without values is to be emptied."""

    key: str
    values: Values


Rows = dict[str, Row]
Change = Callable[[Rows], bool]
"""Changes the rows, by asset id; False where there is nothing to change."""


class DataSyncFile:
    """One site's file. Changes that arrive while it is being written share the next writing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._turn = asyncio.Lock()
        self._pending: dict[str, Row] | None = None

    async def want(self, remote_id: str, key: str, values: Values) -> None:
        """Ask for these values, beside whatever the asset's row asks for already. Raises `Refused` for text that no XML
        file can hold, `CannotGoOn` where the file cannot be written."""
        _check(key, values)

        def change(rows: Rows) -> bool:
            before = rows.get(remote_id)
            after = Row(key, {**(before.values if before else {}), **values})
            rows[remote_id] = after
            return after != before

        await self._change(change)

    async def seen(self, found: Mapping[str, Values]) -> None:
        """Take out what has been pulled: `found` are assets as they were read, empty attributes left out."""
        if self._pending is not None and not set(found) & set(self._pending):
            return

        def change(rows: Rows) -> bool:
            done = [it for it in found if it in rows and _has(found[it], rows[it].values)]
            for it in done:
                del rows[it]
            return bool(done)

        await self._change(change)

    async def forget(self, remote_id: str) -> None:
        """Take the asset's row out, whether it was pulled or not."""
        await self._change(lambda rows: rows.pop(remote_id, None) is not None)

    async def pending(self, remote_id: str) -> Row | None:
        """The asset's row, if it has one."""
        await self._change(lambda _rows: False)
        return (self._pending or {}).get(remote_id)

    async def _change(self, change: Change) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        async with self._turn:
            if not done.done():
                await self._write()
        await done

    async def _write(self) -> None:
        """Carry out every change that waits. What goes wrong goes wrong for each of them."""
        waiting, self._waiting = self._waiting, []
        try:
            self._pending = await asyncio.to_thread(self._rewritten, [it for it, _ in waiting])
        except asyncio.CancelledError:
            self._waiting = waiting + self._waiting  # the others see to it; a change made twice is made once
            raise
        except BaseException as error:
            for _, done in waiting:
                if not done.done():
                    done.set_exception(error)
                    done.exception()
            raise
        for _, done in waiting:
            if not done.done():
                done.set_result(None)

    def _rewritten(self, changes: Sequence[Change]) -> Rows:
        try:
            with self._locked():
                rows = _read(self._path)
                changed = [change(rows) for change in changes]
                if any(changed):
                    _replace(self._path, _text(rows))
        except OSError as error:
            raise CannotGoOn(
                f"The data sync file {self._path} cannot be written: {error.strerror}. Give this user a folder for it."
            ) from None
        return rows

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer among all processes of this machine."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f".{self._path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _has(found: Values, wanted: Values) -> bool:
    """Whether the values were pulled; a site may keep the values of a list in an order of its own."""
    return all(sorted(found.get(name, ())) == sorted(values) for name, values in wanted.items())


def _check(key: str, values: Values) -> None:
    for name, texts in (("the key", (key,)), *values.items()):
        if any(_NOT_XML.search(it) for it in (name, *texts)):
            raise Refused(
                f"{name} has a control character, which a data sync file cannot hold. Take it out at its source."
            )


def _text(rows: Rows) -> str:
    parts = [_HEAD]
    for remote_id, row in sorted(rows.items(), key=lambda it: (len(it[0]), it[0])):
        parts.append(f"  <asset id={quoteattr(remote_id)} key={_attribute(row.key)}>\n")
        for name, values in sorted(row.values.items()):
            parts.append(f"    <attribute name={_attribute(name)}>")
            parts += [f"<value>{_content(it)}</value>" for it in values]
            parts.append("</attribute>\n")
        parts.append("  </asset>\n")
    return "".join([*parts, "</syncedMetadata>\n"])


def _attribute(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _content(text: str) -> str:
    """A carriage return would be read as a line feed if it stood there bare."""
    return escape(text, {"\r": "&#13;"})


def _read(path: Path) -> Rows:
    """What stands in the file; nothing where there is none. Raises `CannotGoOn` for a file that is not ours."""
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own file, in a folder of ours
    except FileNotFoundError:
        return {}
    except ET.ParseError:
        root = None
    if root is None or root.tag != "syncedMetadata" or root.get("source") != "dambridge":
        raise CannotGoOn(f"{path} is no data sync file of dambridge. Move it away, or name another `data_sync_file`.")
    return {
        asset.get("id", ""): Row(
            asset.get("key", ""),
            {it.get("name", ""): tuple(value.text or "" for value in it) for it in asset},
        )
        for asset in root
    }


def _replace(path: Path, text: str) -> None:
    """The site sees the file before or after, never between."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
