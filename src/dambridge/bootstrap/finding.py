"""What `dambridge check` looks at beyond the file: tools, store, accounts, attributes. Every finding comes with a remedy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import Bridge, open_bridge, open_store
from dambridge.engine.describing import definitions_of
from dambridge.files import find_exiftool
from dambridge.mapping import discover
from dambridge.ports.errors import NextMove
from dambridge.telemetry import next_move, words


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is bad, what was found, what to do."""

    what: str
    bad: bool
    told: str
    remedy: str = ""


async def find_problems(settings: Settings, *, file: Path, offline: bool) -> list[Finding]:
    """Look at everything, one thing failing not hiding the others."""
    found = [Finding("configuration", False, f"{file} is sound")]
    found.append(_exiftool(settings))
    found.append(_disk(settings))
    found.append(await _store(settings))
    if not offline and not any(it.bad for it in found):
        found += await _live(settings)
    return found


def _exiftool(settings: Settings) -> Finding:
    try:
        tool = find_exiftool(settings.exiftool)
    except NextMove as error:
        return Finding("ExifTool", True, str(error), "Install it, or name it under `exiftool`.")
    return Finding("ExifTool", False, str(tool))


def _disk(settings: Settings) -> Finding:
    settings.store.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(settings.store.path).free
    told = f"{free / 1e9:.1f} GB free at {settings.store.path}"
    if free < settings.store.keep_free:
        return Finding(
            "disk", True, told, f"Free some room: the spool leaves {settings.store.keep_free / 1e9:.1f} GB free."
        )
    return Finding("disk", False, told)


async def _store(settings: Settings) -> Finding:
    try:
        async with open_store(settings) as (ledger, _):
            size = await ledger.size_bytes()
    except NextMove as error:
        return Finding("store", True, str(error))
    return Finding("store", False, f"opens; {size / 1e6:.1f} MB")


async def _live(settings: Settings) -> list[Finding]:
    try:
        async with open_bridge(settings, work=False) as bridge:
            return await _accounts(bridge)
    except NextMove as error:
        return [Finding("accounts", True, str(error))]


async def _accounts(bridge: Bridge) -> list[Finding]:
    parts = bridge.parts
    found: list[Finding] = []
    for system in (parts.reader, parts.archive):
        try:
            who = await system.whoami()
        except NextMove as error:
            found.append(
                Finding(f"account {system.account}", True, str(error), "Check address, keys and rights of the user.")
            )
            continue
        level = f", level {who.level}" if who.level else ""
        found.append(
            Finding(f"account {system.account}", False, f"signed in as {who.person} of {who.organisation}{level}")
        )
    if any(it.bad for it in found):
        return found
    problems = discover(parts.maps[parts.policy.target], await definitions_of(parts))
    found += [Finding(f"map of {parts.policy.target}", True, words(it), next_move(it)) for it in problems]
    if not problems:
        found.append(Finding(f"map of {parts.policy.target}", False, "every mapped field has its attribute"))
    return [*found, await _galleries(bridge)]


async def _galleries(bridge: Bridge) -> Finding:
    parts = bridge.parts
    if not parts.policy.galleries:
        return Finding("selection", False, "the whole library")
    selected = [
        it.path async for it in parts.reader.containers(lane=parts.lane) if parts.policy.selects_container(it.path)
    ]
    if not selected:
        return Finding(
            "selection", True, "no gallery fits the patterns", "Compare `select.galleries` with the gallery paths."
        )
    return Finding("selection", False, f"{len(selected)} galleries, for instance {selected[0]}")
