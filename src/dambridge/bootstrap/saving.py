"""Saving a part that was edited: only over what was looked at, whole or not at all, with what stood there before kept beside."""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dambridge.bootstrap.editing import digest_of
from dambridge.ports.errors import Refused

PREVIOUS = ".previous"


class EditedMeanwhile(Refused):
    """Somebody else changed the file since it was looked at; `difference` is from what was looked at to what is there."""

    def __init__(self, path: Path, there: str) -> None:
        super().__init__(f"{path.name} was changed by somebody else meanwhile. Nothing was saved.")
        self.there = there


def previous_path(path: Path) -> Path:
    return path.with_name(path.name + PREVIOUS)


def writable(path: Path) -> bool:
    """Whether this file and its folder can be written, as far as can be told beforehand."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


@contextlib.contextmanager
def held(path: Path, *, expected: str) -> Iterator[str]:
    """The file while nobody else saves it, as it is now. Raises `EditedMeanwhile` where that is not what has this digest, and
    `Refused` where somebody saves just now: nobody waits, for whoever asks may be the one who would have to go on."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("Somebody else is saving a file there just now. Try once more.") from None
        now = path.read_text(encoding="utf-8")
        if digest_of(now) != expected:
            raise EditedMeanwhile(path, now)
        yield now
    finally:
        os.close(folder)


def replace_text(path: Path, *, now: str, text: str) -> None:
    """Put `text` in the place of `now`, which is kept as the previous version. To be called within `held`. Raises `OSError`:
    then the file is as it was."""
    _put(previous_path(path), now, like=path)
    _put(path, text, like=path)


def _put(path: Path, text: str, *, like: Path) -> None:
    """Write the file whole: readers see the old text or the new one, also after a loss of power."""
    mode = like.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def difference(before: str, now: str) -> list[str]:
    """The lines that differ, as programmers write them: `-` gone, `+` new, with two lines around."""
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), lineterm="", n=2)
    return [it for it in lines if not it.startswith(("---", "+++"))]
