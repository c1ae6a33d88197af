"""The linter of maps over a whole configuration: the files alone, or with the accounts as they are and some of their assets."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from dambridge.bootstrap.bridging import Bridge
from dambridge.bootstrap.document import ConfigurationWrong
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.settings import PhotoShelterAccount, Settings
from dambridge.bootstrap.wiring import open_bridge
from dambridge.connectors.kit import SystemClock
from dambridge.engine.delivery.describing import definitions_of
from dambridge.engine.sites import Site
from dambridge.engine.terms import read_aliases
from dambridge.expressions import Program
from dambridge.mapping import (
    NO_ALIASES,
    AccountMap,
    Aliases,
    Definition,
    Vocabularies,
    discover_reads,
    to_canonical,
)
from dambridge.mapping.faults import Fault, LintFinding, found
from dambridge.mapping.fields import FIELDS
from dambridge.mapping.linting import Around, MetadataMap, lint_account, lint_common
from dambridge.mapping.sampling import lint_samples, with_samples
from dambridge.model.identity import AccountId, System
from dambridge.model.records import AssetRecord, NativeRecord
from dambridge.model.values import FieldName
from dambridge.policy.placing import VARIABLE
from dambridge.ports.errors import NextMove

MOST_ASSETS = 25
"""Assets of each library that are read for samples: enough to show what is common, few enough to cost little."""
GROUPS = frozenset({"base", "iptc", "custom", "containers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What was seen of the accounts: definitions of the archives and what persons said that words mean there, some assets
    of the libraries, and all names under which each library's assets showed anything."""

    definitions: Mapping[AccountId, Mapping[str, Definition]] = field(default_factory=dict)
    aliases: Mapping[AccountId, Aliases] = field(default_factory=dict)
    records: Sequence[AssetRecord] = ()
    natives: Mapping[AccountId, frozenset[str]] = field(default_factory=dict)


async def lint(settings: Settings, *, offline: bool) -> list[LintFinding]:
    """The maps of these settings, held against the accounts where they can be reached. Raises what opening them raises."""
    if offline:
        return lint_settings(settings, now=await SystemClock().now())
    async with open_bridge(settings, work=False) as bridge:
        return lint_settings(settings, now=await bridge.common.clock.now(), live=await look_live(bridge))


async def look_live(bridge: Bridge) -> Live:
    """Read definitions and a few assets. What cannot be read is left out: the linter then says less."""
    used = {it for flow in bridge.flows.values() for it in flow.accounts}
    definitions: dict[AccountId, Mapping[str, Definition]] = {}
    aliases: dict[AccountId, Aliases] = {}
    records: list[AssetRecord] = []
    natives: dict[AccountId, frozenset[str]] = {}
    for account in sorted(used):
        site = bridge.sites[account]
        if site.system is System.NETX:
            aliases[account] = await read_aliases(bridge.common.ledger, site)
            with contextlib.suppress(NextMove):
                if (shown := await definitions_of(site)) is not None:
                    definitions[account] = shown
            continue
        some = await _some_assets(site)
        natives[account] = frozenset(name for it in some for name in it.fields)
        records += [to_canonical(it, site.map) for it in some]
    return Live(definitions=definitions, aliases=aliases, records=records, natives=natives)


async def _some_assets(site: Site) -> list[NativeRecord]:
    """A few assets of this library, as many as could be read."""
    some: list[NativeRecord] = []
    with contextlib.suppress(NextMove):
        async for page in site.reader.everything(lane=site.lane):
            for it in page.sightings[: MOST_ASSETS - len(some)]:
                native = await site.reader.read(it.remote_id, groups=GROUPS, lane=site.lane)
                if isinstance(native, NativeRecord):
                    some.append(native)
            if len(some) >= MOST_ASSETS:
                break
    return some


def lint_settings(settings: Settings, *, now: datetime, live: Live | None = None) -> list[LintFinding]:
    """Every fault of the maps; `now` is the day for reviews and the instant for rules."""
    maps = build_maps(settings)
    seen = live or Live()
    faults = [*_reviewed(settings, now.date()), *_shared(settings, maps)]
    for account, it in maps.items():
        mine = lint_account(it, _around(settings, account, maps, seen))
        sources = _sources(settings, account)
        assets = [one for one in seen.records if one.key.account in sources]
        if assets:
            terms = Vocabularies(seen.definitions.get(account), seen.aliases.get(account, NO_ALIASES))
            mine = _merged(mine, lint_samples(it, assets, terms=terms, now=now))
        own = [one for one in seen.records if one.key.account == account]
        mine = [with_samples(one, assets or own) for one in [*mine, *_misspelt(settings, account, it, seen)]]
        faults += [replace(one, account=account) for one in mine]
    return faults


def _sources(settings: Settings, target: AccountId) -> set[str]:
    """The accounts whose assets are written to this one by its map."""
    flows = [it for it in (settings.flows.intake, settings.flows.enrich) if it is not None]
    both_ways = [it.between for it in settings.flows.mirrors.values() if target in it.between]
    return {it.source for it in flows if it.target == target} | {
        name for it in both_ways for name in it if name != target
    }


def faults_of(error: ConfigurationWrong) -> list[LintFinding]:
    """Mistakes for which the files cannot be used at all, as findings."""
    return [
        found(Fault(it.code or Fault.CANNOT_BE_USED), it.where, text=it.sentence(str(error.file)), remedy=it.remedy)
        for it in error.mistakes
    ]


def _reviewed(settings: Settings, today: date) -> list[LintFinding]:
    site = settings.site_map
    if site is None or site.options.review_by >= today:
        return []
    return [found(Fault.REVIEW_OVERDUE, date=site.options.review_by.isoformat(), owner=site.options.owner)]


def _shared(settings: Settings, maps: Mapping[AccountId, AccountMap]) -> list[LintFinding]:
    site, intake = settings.site_map, settings.flows.intake
    if site is None:
        return []
    used = set(_spoken_of(it.when for it in site.derivations.classes))
    used |= set(_spoken_of(it.when for it in site.places if it.when is not None))
    used |= set(_spoken_of(rule.expression for it in maps.values() for rule in it.rules if rule.expression is not None))
    used |= {FieldName(it.reads) for it in site.derivations.lookups}
    used |= {name for it in maps.values() for shown in it.displays for name in shown.speaks_of}
    templates = [it.folder + it.name for it in site.places] + ([intake.place.folder] if intake is not None else [])
    used |= {FieldName(name) for it in templates for name in VARIABLE.findall(it)}
    always = next((at for at, it in enumerate(site.places) if it.when is None), -1)
    written = [maps[AccountId(name)] for name in settings.accounts]
    targets = [maps[AccountId(intake.target)]] if intake is not None else written
    return lint_common(targets, used=used, always_placed_at=always, places=len(site.places))


def _spoken_of(programs: Iterable[Program]) -> Iterable[FieldName]:
    return [FieldName(name) for it in programs for name in it.variables]


def _around(settings: Settings, account: AccountId, maps: Mapping[AccountId, AccountMap], live: Live) -> Around:
    site = settings.site_map
    options = site.options.accounts.get(account) if site is not None else None
    given = {name for other, it in maps.items() if other != account for name in it.reads}
    given |= {name for name, it in FIELDS.items() if it.xmp or it.iim}
    given |= {name for record in live.records for name in record.fields}
    given |= {it.uploader.to for it in maps.values() if it.uploader is not None and it.uploader.to is not None}
    return Around(
        definitions=live.definitions.get(account),
        aliases=live.aliases.get(account, NO_ALIASES),
        metadata_maps=[
            MetadataMap(xmp=it.xmp, attribute=it.attribute, imports=it.imports, exports=it.exports)
            for it in (options.metadata_maps if options is not None else ())
        ],
        given=given,
    )


def _misspelt(settings: Settings, account: AccountId, it: AccountMap, live: Live) -> list[LintFinding]:
    """Fields read from PhotoShelter by a name that it does not have: its API's own, those of the options, and those that
    its assets showed."""
    options = settings.accounts[account]
    if it.system is not System.PHOTOSHELTER or not isinstance(options, PhotoShelterAccount):
        return []
    known = {one.photoshelter for one in FIELDS.values() if one.photoshelter} | live.natives.get(account, frozenset())
    known |= {f"custom.{name}" for name in options.custom_fields}
    if not any(name.startswith("custom.") for name in known):
        known |= {rule.native for rule in it.rules if rule.native.startswith("custom.")}  # nothing to tell them by
    return [
        found(Fault.ATTRIBUTE_MISSING, str(one["field"]), place=str(one["attribute"]), closest=str(one["closest"]))
        for one in discover_reads(it, known)
    ] + _note_field(settings, account, known)


def _note_field(settings: Settings, account: AccountId, known: Collection[str]) -> list[LintFinding]:
    """A field for notes that the account does not have."""
    options = settings.site_map.options.accounts.get(account) if settings.site_map is not None else None
    name = options.send_back if options is not None else None
    if not name or name in known or (name.startswith("custom.") and not any(it.startswith("custom.") for it in known)):
        return []
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return [found(Fault.ATTRIBUTE_MISSING, "send_back", place=name, closest=near[0] if near else "")]


def _merged(by_rule: Sequence[LintFinding], by_assets: Sequence[LintFinding]) -> list[LintFinding]:
    """A fault that the map shows by itself and assets show too is one fault, with their samples."""
    shown = {(it.fault, it.field): it for it in by_assets}
    merged = []
    for it in by_rule:
        seen = shown.pop((it.fault, it.field), None)
        merged.append(it if seen is None else replace(it, samples=seen.samples, assets=seen.assets))
    return [*merged, *shown.values()]
