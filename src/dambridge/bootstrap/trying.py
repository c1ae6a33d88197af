"""What settings that are not in force would make of an asset on record: its fields, where it goes, whether the flow takes it, and
who decides about its fields. Everything in memory; no system is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dambridge.bootstrap.policies import build_maps, build_policy, build_programs
from dambridge.bootstrap.publishing import build_publish, build_selection_program
from dambridge.bootstrap.settings import Settings
from dambridge.engine.publishing.selecting import why_not
from dambridge.mapping import AccountMap
from dambridge.mapping.previewing import Maps, Preview, preview, rewound
from dambridge.model.actions import Leave
from dambridge.model.identity import AccountId, FlowName, RemoteId
from dambridge.model.queries import Time
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetRecord, AssetVersion, Container
from dambridge.model.searching import Document
from dambridge.policy.intake import assess
from dambridge.policy.naming import settled_name
from dambridge.policy.places import place_for
from dambridge.policy.placing import settled_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What one flow would do with it: `takes` or not, `why` where a reason says so, `words` where it is plain."""

    flow: FlowName
    takes: bool
    about: str = ""
    why: Reason | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An asset under these settings. `folder` and `name` are where intake would file it."""

    preview: Preview
    target: AccountId | None
    folder: str = ""
    name: str = ""
    nowhere: Reason | None = None
    ruled: tuple[Ruled, ...] = ()


def record_of(document: Document) -> AssetRecord:
    """The copy as it was last observed, in canonical terms; of its instants the days are kept."""
    added = document.days.get(Time.ADDED)
    return AssetRecord(
        key=document.key,
        media_type=document.media_type,
        file_name=document.file_name,
        name=document.title or document.file_name,
        size=document.size,
        fields=document.fields,
        containers=tuple(Container(RemoteId(it), it) for it in document.paths or ()),
        version=AssetVersion(modified=document.modified, fields="", content=""),
        created_at=datetime.fromisoformat(added).replace(tzinfo=UTC) if added else None,
    )


def try_out(now_in_force: Settings, wanted: Settings, document: Document, *, now: datetime) -> Tried:
    """What `wanted` would make of this copy, which was read under `now_in_force`."""
    key, record = document.key, record_of(document)
    read_by, maps = build_maps(now_in_force)[key.account], build_maps(wanted)
    native = rewound(record, read_by, groups=document.groups)
    target = _target(wanted, key.account)
    known = frozenset(place for it in read_by.rules if it.read for place in it.places)
    writes = maps[target] if target is not None else None
    made = preview(native, Maps(reads=maps[key.account], writes=writes, known=known), now)
    folder, name, nowhere = _place(wanted, made.everything, now)
    return Tried(
        preview=made,
        target=target,
        folder=folder,
        name=name,
        nowhere=nowhere,
        ruled=(
            *_taken(wanted, made.record, now),
            *_outward(wanted, maps, made.record, now),
            *_authority(wanted, made.record),
        ),
    )


def _target(settings: Settings, account: AccountId) -> AccountId | None:
    """Where assets of this account are written to: by intake, else by what keeps them in step, else the first other one."""
    flows = settings.flows
    for it in (flows.intake, flows.handoff, flows.enrich):
        if it is not None and it.source == account:
            return AccountId(it.target)
    both_ways = [it.between for it in flows.mirrors.values() if account in it.between]
    others = [name for it in both_ways for name in it if name != account] or [
        it for it in settings.accounts if it != account
    ]
    return AccountId(others[0]) if others else None


def _place(settings: Settings, record: AssetRecord, now: datetime) -> tuple[str, str, Reason | None]:
    intake = settings.flows.intake
    if intake is None or record.key.account != intake.source:
        return "", "", None
    policy = build_policy(settings)
    place = place_for(record, policy.places, policy.folder, selects=policy.selects_container, now=now)
    if isinstance(place, Reason):
        return "", "", place
    return settled_folder(place.folder, record.fields), settled_name(place.file_name, record.fields), None


def _taken(settings: Settings, record: AssetRecord, now: datetime) -> list[Ruled]:
    intake = settings.flows.intake
    if intake is None or record.key.account != intake.source:
        return []
    found = assess(record, build_policy(settings), build_programs(settings), now)
    left = isinstance(found, Leave)
    return [Ruled(flow=FlowName.INTAKE, takes=not left, why=found.reason if isinstance(found, Leave) else None)]


def _outward(
    settings: Settings, maps: Mapping[AccountId, AccountMap], record: AssetRecord, now: datetime
) -> list[Ruled]:
    found: list[Ruled] = []
    for flow, options in settings.flows.outward.items():
        if options.source != record.key.account:
            continue
        policy, program = build_publish(settings, flow, maps), build_selection_program(options)
        for outlet in policy.outlets.values():
            why = why_not(record, policy, outlet, program, now)
            found.append(
                Ruled(flow=flow, takes=not why, about=outlet.name, words=why or "The rights gate has the last word.")
            )
    return found


def _authority(settings: Settings, record: AssetRecord) -> Sequence[Ruled]:
    """Who decides about the fields of this asset where two copies were edited differently."""
    found: list[Ruled] = []
    for flow, options in settings.flows.mirrors.items():
        if record.key.account not in options.between:
            continue
        for name, group in options.groups.items():
            mine = sorted(str(it) for it in record.fields if it in group.fields)
            rule = group.authority if isinstance(group.authority, str) else f"what {group.authority.account} says"
            words = f"{rule.replace('_', ' ')}, for {', '.join(it.replace('_', ' ') for it in mine)}"
            found += [Ruled(flow=flow, takes=True, about=name, words=words)] if mine else []
    return found
