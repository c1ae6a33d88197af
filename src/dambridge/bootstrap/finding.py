"""What `dambridge check` looks at beyond the file: tools, store, accounts, attributes. Every finding comes with a remedy."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from dambridge.bootstrap.bridging import Bridge
from dambridge.bootstrap.capability_file import remarks
from dambridge.bootstrap.map_lint import lint_settings, look_live
from dambridge.bootstrap.mirrors import rights_owner
from dambridge.bootstrap.publish_finding import told_of_outlets
from dambridge.bootstrap.routes import Contradiction, known_accounts, taken
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import open_bridge, open_store
from dambridge.engine.delivery.describing import definitions_of
from dambridge.engine.sites import Site
from dambridge.files import find_exiftool
from dambridge.mapping import discover
from dambridge.mapping.faults import Fault, LintFinding
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.publications import AgreedAudience
from dambridge.model.reasons import Code, Reason
from dambridge.model.submissions import Disposal
from dambridge.planning.routes import Taken
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import NextMove
from dambridge.telemetry import lint_words, next_move, words


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is bad, what was found, what to do. A good one with a remedy is worth a look."""

    what: str
    bad: bool
    told: str
    remedy: str = ""


async def find_problems(settings: Settings, *, file: Path, offline: bool) -> list[Finding]:
    """Look at everything, one thing failing not hiding the others."""
    store = await _store(settings)
    found = [
        _file(file, settings),
        _exiftool(settings),
        _disk(settings),
        *_journal(settings),
        store,
        *await _proofs(settings, offline=offline),
        *_routes(settings),
        *_owners(settings),
        *await _outlets(settings),
    ]
    if not offline and not store.bad:
        found += await _live(settings)
    return found


def _file(file: Path, settings: Settings) -> Finding:
    literal = settings.secrets_written_in(file.read_text(encoding="utf-8"))
    if literal and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        remedy = f"Give secrets as env:NAME or file:PATH, or: chmod 600 {file}"
        return Finding("configuration", False, f"{file} is sound, but others can read the secrets in it", remedy)
    return Finding("configuration", False, f"{file} is sound")


def _exiftool(settings: Settings) -> Finding:
    try:
        tool = find_exiftool(settings.exiftool)
    except NextMove as error:
        return Finding("ExifTool", True, str(error), "Install it, or name it under `exiftool`.")
    version = ".".join(f"{it:02}" if at else str(it) for at, it in enumerate(tool.version))
    return Finding("ExifTool", False, f"{version} at {tool.program}")


def _disk(settings: Settings) -> Finding:
    folder = settings.store.path
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "disk", True, f"{folder}: {error.strerror}", "Name a folder that you may write, `store: {path: …}`."
        )
    told = f"{free / 1e9:.1f} GB free at {folder}"
    if free < settings.store.keep_free:
        remedy = f"Free some room: the spool leaves {settings.store.keep_free / 1e9:.1f} GB free (`store.keep_free`)."
        return Finding("disk", True, told, remedy)
    if folder.stat().st_mode & 0o077:
        return Finding("disk", False, f"{told}; others of this machine can look into it", f"chmod 700 {folder}")
    return Finding("disk", False, told)


def _journal(settings: Settings) -> list[Finding]:
    """Nothing is said of a journal that can be written: it is made when there is something to write."""
    found: list[Finding] = []
    dangers = {
        "tombstones": "what is taken down could come back after a loss of the store",
        "publications": "what is shown outside would be nobody's after a loss of the store",
    }
    for name, danger in dangers.items():
        file: Path = getattr(settings.store, name)
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            remedy = f"Name a file that you may write: `store: {{{name}: …}}`."
            found.append(Finding(name, True, f"{file} cannot be written: {danger}", remedy))
    return found


async def _store(settings: Settings) -> Finding:
    try:
        async with open_store(settings) as (ledger, _):
            size = await ledger.size_bytes()
    except NextMove as error:
        return Finding("store", True, str(error), "Correct `store`.")
    except OSError as error:
        return Finding("store", True, f"{settings.store.path}: {error.strerror}", "Name a folder that you may write.")
    return Finding("store", False, f"opens; {size / 1e6:.1f} MB")


async def _proofs(settings: Settings, *, offline: bool) -> list[Finding]:
    """What is known of the accounts by asking them; of its age only where the clock answers."""
    now: datetime | None = None
    if not offline:
        with contextlib.suppress(NextMove, OSError):
            async with open_store(settings) as (_, clock):
                now = await clock.now()
    return [Finding(f"proof {it.account}".strip(), it.bad, it.told, it.remedy) for it in remarks(settings, now=now)]


def _routes(settings: Settings) -> list[Finding]:
    """Which way everything goes on each account that has a choice, why, and where the file's word and proof disagree."""
    try:
        known = known_accounts(settings)
    except NextMove:
        return []  # that the capability file is damaged is said already
    found: list[Finding] = []
    for it in known.values():
        found += [_route(it.name, one) for one in taken(it)]
        found += [_contradiction(it.name, one) for one in it.contradictions]
    return found


def _owners(settings: Settings) -> list[Finding]:
    """Who may permit more than is agreed, where rights are kept in step."""
    it = settings.flows.rights
    if it is None:
        return []
    owner = rights_owner(settings, it)
    if owner is None:
        told, remedy = "anybody may permit more than is agreed", "Name an account: `flows: {rights: {owner: …}}`."
        return [Finding("owner of rights", False, told, remedy)]
    why = "" if it.owner else ": the first account of NetX in `between`"
    return [Finding("owner of rights", False, f"{owner}{why}; only its people may permit more than is agreed")]


async def _outlets(settings: Settings) -> list[Finding]:
    """For each outlet whether withdrawal is proven, who agreed on its audience, and what waits."""
    if not settings.flows.outward:
        return []
    try:
        known = known_accounts(settings)
        agreed = await _agreed(settings)
    except (NextMove, OSError):
        return []  # what is wrong with the store, or with the file of proofs, is said already
    return [Finding(*it) for it in told_of_outlets(settings, known, agreed)]


def _handoff(bridge: Bridge, settings: Settings) -> list[Finding]:
    """Who reviews what is handed in, and whether the account is known to do what is to become of sources."""
    it = settings.flows.handoff
    if it is None:
        return []
    can, wanted = bridge.sites[AccountId(it.source)].archive.capabilities, it.disposition
    takes: Mapping[Disposal, tuple[Proof, ...]] = {
        Disposal.KEEP: (),
        Disposal.TAG: (can.may_call(wanted.field),),
        Disposal.MOVE: (can.folders, can.take_out),
        Disposal.TRASH: (can.discard, can.discard_recoverable),
    }
    told = f"{it.queue.owner} reviews; {len(it.contributors)} contributors can be told; sources: {wanted.kind}"
    if all(one.usable for one in takes[wanted.kind]):
        return [Finding("handoff", False, told)]
    remedy = "Run `dambridge probe --write`. Until it is proven, sources are kept, and said to be."
    return [Finding("handoff", False, f"{told}, which is not proven", remedy)]


async def _agreed(settings: Settings) -> Mapping[str, AgreedAudience]:
    async with open_store(settings) as (ledger, _):
        return await ledger.agreed_audiences()


def _route(name: str, it: Taken) -> Finding:
    remedy = "" if it.way else "What has no way waits. `dambridge probe --write` tries every way; or leave it out."
    return Finding(f"route {name}", False, it.told, remedy)


def _contradiction(name: str, it: Contradiction) -> Finding:
    followed = "the file's word is set aside" if it.aside else "the file's word is followed"
    told = f"`{it.option}: {it.given}` stands in the file; probe found: {it.found}; {followed}"
    remedy = f"Take `{it.option}` out of the file, or set it right and probe again."
    return Finding(f"contradiction {name}", it.aside, told, remedy)


async def _live(settings: Settings) -> list[Finding]:
    try:
        async with open_bridge(settings, work=False) as bridge:
            return await _accounts(bridge, settings)
    except NextMove as error:
        return [Finding("accounts", True, str(error))]


async def _accounts(bridge: Bridge, settings: Settings) -> list[Finding]:
    """Each account, and what hangs on it alone: a wrong key of one hides nothing of the other."""
    found = {name: await _account(site) for name, site in bridge.sites.items()}
    used = sorted({it for flow in bridge.flows.values() for it in flow.accounts})
    archives = [it for it in used if bridge.sites[it].system is System.NETX]
    hanging: list[Finding] = []
    for name in archives:
        if not found[name].bad:
            hanging += await _told(f"map of {name}", partial(_map, bridge.sites[name]))
    if not any(found[it].bad for it in used):
        hanging += await _told("linter", lambda: _linted(bridge, settings, held=archives))
    if FlowName.INTAKE in bridge.flows and not found[bridge.parts.policy.source].bad:
        hanging += await _told("selection", lambda: _galleries(bridge))
    return [*found.values(), *hanging, *_handoff(bridge, settings)]


async def _told(what: str, look: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await look()
    except NextMove as error:
        return [Finding(what, True, str(error))]


async def _account(site: Site) -> Finding:
    try:
        who = await site.reader.whoami()
    except NextMove as error:
        remedy = "Compare address, keys and the user's rights with what the vendor gave you."
        return Finding(f"account {site.account}", True, str(error), remedy)
    level = f", level {who.level}" if who.level else ""
    return Finding(f"account {site.account}", False, f"signed in as {who.person} of {who.organisation}{level}")


async def _map(site: Site) -> list[Finding]:
    name = f"map of {site.account}"
    definitions = await definitions_of(site)
    if definitions is None:
        return [
            Finding(
                name, False, "this account does not show its attributes, so the map is held against each write alone"
            )
        ]
    problems = discover(site.map, definitions)
    if not problems:
        return [Finding(name, False, "every mapped field has its attribute")]
    return [Finding(name, True, words(it), _mend(it, site.account)) for it in problems]


async def _linted(bridge: Bridge, settings: Settings, *, held: Collection[AccountId]) -> list[Finding]:
    """What the linter of maps finds, with samples; what `_map` says of the attributes of the accounts `held` against their
    maps is not said twice."""
    live = await look_live(bridge)
    faults = lint_settings(settings, now=await bridge.common.clock.now(), live=live)
    said = {Fault.ATTRIBUTE_MISSING, Fault.TYPE_DOES_NOT_FIT}
    rest = [it for it in faults if it.account not in held or it.fault not in said]
    if not rest:
        return [
            Finding(
                "linter", False, f"no fault in the maps, and none in what {_so_many(len(live.records))} would bring"
            )
        ]
    return [_of_lint(it) for it in rest]


def _so_many(assets: int) -> str:
    return "1 asset" if assets == 1 else f"{assets} assets"


def _of_lint(it: LintFinding) -> Finding:
    told, remedy = lint_words(it.fault, it.field, it.params)
    shown = "; ".join(f"{one.asset}: {one.value}" if one.value else one.asset for one in it.samples)
    return Finding(
        f"map of {it.account}" if it.account else "map",
        it.bad,
        f"{told} For instance {shown}." if shown else told,
        remedy,
    )


def _mend(problem: Reason, account: str) -> str:
    """What to do; where an attribute looks like the one that is missing, the very line for the configuration."""
    given = dict(problem.params)
    if problem.code is Code.ATTRIBUTE_MISSING and given.get("closest"):
        return f"Did you mean `{given['closest']}`? Then: maps: {{{account}: {{{given['field']}: {given['closest']}}}}}"
    return next_move(problem)


async def _galleries(bridge: Bridge) -> list[Finding]:
    parts = bridge.parts
    if not parts.policy.galleries:
        return [Finding("selection", False, "the whole library")]
    paths = [it.path async for it in parts.reader.containers(lane=parts.lane)]
    selected = [it for it in paths if parts.policy.selects_container(it)]
    if selected:
        return [Finding("selection", False, f"{len(selected)} of {len(paths)} galleries, for instance {selected[0]}")]
    for_instance = (
        f" There are {len(paths)}, for instance {', '.join(paths[:3])}." if paths else " There is none at all."
    )
    remedy = "Compare `select.galleries` with the gallery paths."
    return [Finding("selection", True, f"No gallery fits the patterns.{for_instance}", remedy)]
