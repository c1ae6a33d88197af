"""Whether the files of map and rules have changed since they were read, and whether what they say now can be put into force."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from dambridge.bootstrap.document import ConfigurationWrong, read_document
from dambridge.bootstrap.editing import beyond_rules, digest_of, map_path, tables_of
from dambridge.bootstrap.loading import configuration_digest, load_settings
from dambridge.bootstrap.map_lint import lint_settings
from dambridge.bootstrap.settings import Settings
from dambridge.telemetry import lint_words

AGAIN = 10
"""After so many looks files that could not be used are read again though nothing shows that they changed: what they name may be
there by now."""
MOST = 3
"""Mistakes that are told; `dambridge check` tells all."""

log = structlog.get_logger()
Stamps = tuple[tuple[Path, tuple[int, int, int] | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the files come to. `ready` are settings that can be put into force; else `says` is why not, empty where they say
    what is in force already. `broken` where they cannot be used, by a start neither."""

    ready: Settings | None = None
    says: str = ""
    broken: bool = False


class Watch:
    """Looks at the files of the settings in force. Whoever writes one may do it in several steps: they are read when two looks
    in a row found them the same."""

    def __init__(self, settings: Settings) -> None:
        self.found = Weighed()
        self._settings = settings
        self._weighed = self._seen = stamps_of(settings)
        self._looks = 0
        if settings.file is not None and not _as_read(settings):
            self._weighed = ()  # somebody was quicker than the start

    async def look(self, now: datetime) -> bool:
        """Look once; whether there is something else to say than before."""
        if self._settings.file is None:
            return False
        stamps, self._looks = await asyncio.to_thread(stamps_of, self._settings), self._looks + 1
        quiet, self._seen = stamps == self._seen, stamps
        due = stamps != self._weighed or (bool(self.found.says) and self._looks % AGAIN == 0)
        if not quiet or not due:
            return False
        before, self.found = self.found, await asyncio.to_thread(_weighed, self._settings, now)
        self._weighed = stamps
        return before != self.found

    def taken(self, settings: Settings) -> None:
        """These are in force now."""
        self._settings, self.found = settings, Weighed()
        self._weighed = () if not _as_read(settings) else stamps_of(settings)

    def refused(self, why: str) -> None:
        """What was ready could not be put into force after all."""
        self.found = Weighed(says=why, broken=True)


def _weighed(in_force: Settings, now: datetime) -> Weighed:
    try:
        return weigh(in_force, now=now)
    except Exception as error:
        log.exception("configuration.broken", why=type(error).__name__)
        return _broken([f"They could not be read: {type(error).__name__}."])


def weigh(in_force: Settings, *, now: datetime) -> Weighed:
    """Hold the files against all that `dambridge check --offline` holds them against, and against what is in force."""
    assert in_force.file is not None  # noqa: S101 - the caller asked
    try:
        made = load_settings(in_force.file)
        before = read_document(in_force.file, typed=in_force.file_text)
        beyond = beyond_rules(before, read_document(in_force.file, typed=made.file_text))
    except ConfigurationWrong as error:
        return _broken([it.sentence(error.file.name) for it in error.mistakes])
    if beyond:
        named = ", ".join(f"`{it}`" for it in beyond[:MOST])
        return Weighed(
            says=f"{in_force.file.name} says otherwise about {named}. That is no rule: it holds, and with it all that was "
            "changed since, from the next start of `dambridge serve` on."
        )
    wrong = [" ".join(lint_words(it.fault, it.field, it.params)) for it in lint_settings(made, now=now) if it.bad]
    if wrong:
        return _broken(wrong)
    return Weighed() if _print_of(made) == _print_of(in_force) else Weighed(ready=made)


def _broken(wrong: list[str]) -> Weighed:
    more = f" And {len(wrong) - MOST} more: `dambridge check` tells all." if len(wrong) > MOST else ""
    told = " ".join(wrong[:MOST])
    says = f"The files of map and rules cannot be used, so what was in force before stays in force. {told}{more}"
    return Weighed(says=says, broken=True)


def _print_of(settings: Settings) -> tuple[str, str, str]:
    site = settings.site_map
    return settings.file_digest, site.document.text if site is not None else "", configuration_digest(settings)


def stamps_of(settings: Settings) -> Stamps:
    """What tells a file that was written anew: when, how long, which."""
    return tuple((path, _stamp(path)) for path in _files(settings))


def _files(settings: Settings) -> Iterator[Path]:
    if settings.file is not None:
        yield settings.file
    path = map_path(settings)
    if path is not None:
        yield path
        site = settings.site_map
        yield from sorted(path.parent / it for it in tables_of(site.document)) if site is not None else ()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        it = path.stat()
    except OSError:
        return None
    return it.st_mtime_ns, it.st_size, it.st_ino


def _as_read(settings: Settings) -> bool:
    """Whether the two files still are what these settings were read from."""
    path, site = map_path(settings), settings.site_map
    read = [(settings.file, settings.file_digest)]
    read += [(path, digest_of(site.document.text))] if path is not None and site is not None else []
    try:
        return all(it is None or digest_of(it.read_text(encoding="utf-8")) == digest for it, digest in read)
    except (OSError, UnicodeDecodeError):
        return False
