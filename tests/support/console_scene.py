"""What a library looks like in the middle of a week, written straight into the store: for pages that only have to show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dambridge.bootstrap import Settings, load_settings
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.searching import build_search
from dambridge.mapping.vocabularies import Term
from dambridge.model.accords import GroupName
from dambridge.model.actions import Leave
from dambridge.model.conflicts import Conflict, Side
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    RemoteId,
    RunId,
    link_id_for,
)
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.plans import Forecast, LeftItem, Plan, PlanHeader
from dambridge.model.publications import Publication, Stage, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetVersion, Container, Digest, MediaType, NativeRecord, NativeValue
from dambridge.model.submissions import Submission
from dambridge.model.terms import KEPT, StoredVocabulary, TermKey, TermUse
from dambridge.model.values import FieldName, Fields, LangAlt
from dambridge.ports.ledger import AuditEntry, Observation
from dambridge.ports.searching import SearchIndex
from dambridge.search.documents import document_of
from dambridge.storage import SqlLedger
from dambridge.testing.ledger_samples import action
from support.console import START, configured

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
SOURCE, RECORD = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
BOATS = "Boat types"
FILES = (
    "nagasaki-boats.jpg",
    "ferry-tomorrow.jpg",
    "Ankerplätze – Übersicht.jpg",
    "harbour-film.mp4",
    "harbour-guide.pdf",
    "میناء عند الفجر.jpg",
    "Photographer at work with a tripod on the lawn beside the river, seen from the left, second take (2).jpg",
    "broken-upload.jpg",
    "no-credit.jpg",
    "harbour-horn.m4a",
    "DSC_0412.jpg",
    "rocket-night.jpg",
)
ENDS: Sequence[tuple[Outcome, Reason, str]] = (
    *[(Outcome.DONE, Reason.of(Code.CREATED, folder="PhotoShelter/2026/Harbour 2026"), "")] * 6,
    (Outcome.WAITING, Reason.of(Code.UNKNOWN_TERM, field="boat_types", term="Skiff"), "librarian"),
    (Outcome.QUARANTINED, Reason.of(Code.BROKEN_FILE, why="the JPEG ends in the middle of its picture."), "librarian"),
    (Outcome.WAITING, Reason.of(Code.REQUIRED_FIELD_MISSING, fields=("credit",)), "contributor"),
    (Outcome.UNCHANGED, Reason.of(Code.IN_STEP), ""),
    (Outcome.UNCHANGED, Reason.of(Code.IN_STEP), ""),
    (Outcome.SKIPPED, Reason.of(Code.NOT_APPROVED, status="draft"), ""),
)


def key(number: int) -> AssetKey:
    return AssetKey(AGENCY, RemoteId(f"I0000boat{number:04d}"))


def link(number: int) -> Link:
    copies = (Copy(SOURCE, key(number).remote_id), Copy(RECORD, RemoteId(str(4100 + number))))
    return Link(link_id_for(FlowName.INTAKE, key(number)), FlowName.INTAKE, copies)


async def set_scene(ledger: SqlLedger) -> None:
    """A run with every outcome, conflicts, words, files handed in, what stands outside, a plan."""
    run = await _run(ledger)
    await ledger.put_links(
        [link(it) for it in range(12)],
        {link(it).id: _agreed(it) for it in range(12)},
        [_entry(it, run) for it in range(6)],
    )
    await ledger.put_conflicts([_conflict(it) for it in range(3)])
    await _words(ledger, run)
    await ledger.put_submissions([_handed_in(it) for it in range(4)])
    await ledger.put_publications([_publication(it) for it in range(4)], withdrawals=[_withdrawal()])
    await ledger.put_outlet_orders([_order(it) for it in range(3)])
    await _plan(ledger)


async def set_index(index: SearchIndex, settings: Settings) -> None:
    """Three of its assets as search holds them: read from the agency by the map in force."""
    site, policy = build_maps(settings)[AGENCY], build_search(settings)
    await index.put([document_of(_native(it), site, policy, at=START) for it in (0, 1, 6)])
    master = replace(
        _native(1),
        key=AssetKey(ARCHIVE, RemoteId("4101")),
        fields={"Title": "Boats, cleared", "Credit Line": "Riverbend"},
        containers=(Container(RemoteId("9"), "Cleared/Harbour"),),
        groups=frozenset({"base", "attributes", "containers"}),
    )
    await index.put([document_of(master, build_maps(settings)[ARCHIVE], policy, at=START - timedelta(days=1))])


def _native(number: int) -> NativeRecord:
    fields: dict[str, NativeValue] = {
        "title": f"Boats at rest {number}",
        "caption": "Wooden boats lie at rest in the river.",
        "keywords": ("harbour", "boats", "press"),
        "credit": "Riverbend Picture Desk",
        "headline": "Boats",
        "date_created": "2026-05-04",
        "edit_status": "approved" if number else "draft",
        "custom.Campaign": "HB-2601",
    }
    return NativeRecord(
        key=key(number),
        media_type=MediaType.IMAGE,
        file_name=FILES[number],
        name=FILES[number],
        size=412_345,
        modified="1",
        modified_at=START,
        content_stamp="1",
        checksum=None,
        fields=fields,
        containers=(Container(RemoteId("G1"), "Intake/Harbour 2026"),),
        groups=frozenset({"base", "iptc", "custom", "containers"}),
        created_at=START,
    )


async def _run(ledger: SqlLedger) -> RunId:
    run = await ledger.open_run(FlowName.INTAKE, at=START - timedelta(minutes=7), command=None, plan=None)
    items = [
        ItemOutcome(
            key=key(number),
            link=link(number).id,
            outcome=outcome,
            reason=reason,
            waits_for=waits,
            bytes_moved=400_000 if outcome is Outcome.DONE else 0,
            lag=14.2 if outcome is Outcome.DONE else None,
        )
        for number, (outcome, reason, waits) in enumerate(ENDS)
    ]
    await ledger.record_items(run, items, [_seen(it, run, items[it]) for it in range(len(items))])
    told: dict[str, Any] = {
        **Counts.of(it.outcome for it in items).to_json(),
        "run_id": run,
        "bytes": 2_400_000,
        "calls": {"agency": 41, "archive": 63},
        "seconds": 21.5,
        "lag_seconds": {"p50": 14.2, "p99": 31.0, "max": 31.0},
        "needs_attention": dict(await ledger.attention(FlowName.INTAKE)),
        "stopped": [],
    }
    summary = {"run_id": run, "flows": {"intake": told}}
    await ledger.close_run(run, at=START - timedelta(minutes=6), state="ended", summary=summary)
    return run


async def set_history(ledger: SqlLedger, *, runs: int = 30) -> None:
    """A month of publishing, a run a day; every fourth had nothing to do."""
    for day in range(runs, 0, -1):
        run = await ledger.open_run(FlowName.PUBLISH, at=START - timedelta(days=day), command=None, plan=None)
        seen = 0 if day % 4 == 0 else 10 + day * 7 % 23
        told = {"seen": seen, "done": seen, "lag_seconds": {"p50": 20.0 + day * 13 % 90 if seen else None}}
        at = START - timedelta(days=day) + timedelta(minutes=4)
        await ledger.close_run(run, at=at, state="ended", summary={"flows": {"publish": told}})


def _seen(number: int, run: RunId, item: ItemOutcome) -> Observation:
    words = [TermUse(key=_term("skiff"), spellings=("Skiff",), waiting=True)] if number in {6, 1, 2} else []
    words += [TermUse(key=_term("zodiac"), spellings=("Zodiac",), waiting=True)] if number == 6 else []
    return Observation(
        flow=FlowName.INTAKE,
        key=item.key,
        version=AssetVersion(modified="1", fields="f", content="c"),
        file_name=FILES[number],
        outcome=item.outcome,
        reason=item.reason,
        waits_for=item.waits_for,
        run=run,
        at=START - timedelta(minutes=6),
        words=tuple(words),
    )


def _term(word: str) -> TermKey:
    return TermKey(ARCHIVE, BOATS, word)


async def _words(ledger: SqlLedger, run: RunId) -> None:
    del run
    labels = ("Rowing skiff", "Single scull", "Ferry", "Fishing boat", "Inflatable boat")
    terms = tuple(Term(id=it, label=it).to_json() for it in labels)
    kept = StoredVocabulary(account=ARCHIVE, attribute=BOATS, origin=KEPT, terms=terms, by="ada", at=START)
    await ledger.put_vocabularies([kept])


def _agreed(number: int) -> Agreed:
    fields: Fields = {
        FieldName("title"): f"Boats at rest {number}",
        FieldName("description"): LangAlt.of({"x-default": "Wooden boats lie at rest in the river."}),
        FieldName("keywords"): ("harbour", "boats", "Nagasaki"),
        FieldName("credit"): "Riverbend Picture Desk",
        FieldName("usage_terms"): "Editorial and museum use. No advertising.",
    }
    version = AssetVersion(modified="1", fields="f", content="c")
    content = Digest(size=412_345, sha256=f"{number:064x}", md5=f"{number:032x}")
    return Agreed(fields=fields, filled={}, versions={str(SOURCE): version}, content=content, evidence={})


def _entry(number: int, run: RunId) -> AuditEntry:
    reason = Reason.of(Code.CREATED, folder="PhotoShelter/2026/Harbour 2026").to_json()
    detail = {"outcome": "done", "reason": reason, "run": run}
    return AuditEntry(
        at=START - timedelta(minutes=6),
        actor=f"flow:{run}",
        event="asset.create",
        subject=link(number).id,
        detail=detail,
    )


def _conflict(number: int) -> Conflict:
    name = FieldName(("title", "description", "city")[number])
    before = ("Boats at rest", "Wooden boats lie at rest in the river below the hills.", "Nagasaki")[number]
    one = ("Boats at rest, Nagasaki", "Wooden boats lie at rest in the river below the green hills.", "Nagasaki")[
        number
    ]
    other = ("Fishing boats at rest", "Fishing boats lie at rest in the river below the hills.", "Kyoto")[number]
    version = AssetVersion(modified="1", fields="f", content="c")
    at = START - timedelta(hours=3)
    return Conflict(
        link=link(number).id,
        group=GroupName(str(name)),
        flow=FlowName.INTAKE,
        base={name: before},
        sides=(
            Side(copy=SOURCE, fields={name: one}, version=version, who="Jonas Blum", after=at, until=at),
            Side(copy=RECORD, fields={name: other}, version=version, who="", after=at, until=at + timedelta(hours=1)),
        ),
        reason=Reason.of(Code.CONFLICT, groups=(str(name),), rule="ask", text="both sides changed it."),
        opened_at=START - timedelta(hours=2),
    )


def _handed_in(number: int) -> Submission:
    return Submission(
        flow=FlowName.HANDOFF,
        key=AssetKey(AGENCY, RemoteId(f"I0000hand{number:04d}")),
        shoot="Handed in/Regatta" if number < 3 else "Handed in/Market",
        file_name=f"regatta-{number:03d}.jpg",
        contributor="Jonas Blum",
        status=Status.IN_REVIEW if number < 3 else Status.APPROVED,
        digest=Digest(size=2_345_678, sha256=f"{number + 7:064x}", md5=f"{number:032x}"),
        version=AssetVersion(modified="1", fields="f", content="c"),
        submitted_at=START - timedelta(days=1),
        seen_at=START,
        due_at=START + timedelta(days=1 if number else -1),
    )


def _order(number: int) -> OutletOrder:
    """One for good, one for a time, one that was taken back."""
    master = AssetKey(ARCHIVE, RemoteId(str(4100 + number)))
    given = OutletOrder(flow=FlowName.PUBLISH, outlet="partners", source=master, by="ada", at=START, said_at=START)
    if number == 2:
        return replace(given, ended_at=START, ended_by="bea")
    return replace(given, until=START + timedelta(days=30) if number else None)


def _publication(number: int) -> Publication:
    return Publication(
        flow=FlowName.PUBLISH,
        link=link(number).id,
        copy=CopyId(AGENCY, CopyRole.PUBLISHED, "partners" if number else "france", "web"),
        stage=Stage.WITHDRAWN if number == 3 else Stage.VISIBLE,
        gallery=RemoteId("G0000partners"),
        remote_id=RemoteId(f"I0000out{number:04d}"),
        fields={FieldName("title"): f"Boats at rest {number}", FieldName("credit"): "Riverbend"},
        shown={FieldName("title"): f"Boats at rest {number}", FieldName("credit"): "Riverbend"},
        master="m1",
        sha256="ab",
        file_name=FILES[number],
        until=START + timedelta(days=20 * (number + 1)),
        at=START - timedelta(days=9),
        checked_at=START,
    )


def _withdrawal() -> Withdrawal:
    it = _publication(3)
    assert it.key is not None
    return Withdrawal(
        id="wdboats0001",
        flow=it.flow,
        link=it.link,
        copy=it.copy,
        key=it.key,
        file_name=it.file_name,
        sha256=it.sha256,
        causes=(Reason.of(Code.ENDS_SOON, outlet="partners", until=START.isoformat()),),
        deadline=START,
        visible_since=START - timedelta(days=30),
        decided_at=START - timedelta(hours=2),
        begun_at=START - timedelta(hours=2),
        verified_at=START - timedelta(hours=1),
        how=("taken out of Partners/Harbour",),
    )


@cache
def _configuration() -> str:
    """The digest of what the console of tests usually goes by."""
    with TemporaryDirectory() as folder:
        return configuration_digest(load_settings(configured(Path(folder))))


async def _plan(ledger: SqlLedger) -> None:
    header = PlanHeader(
        flow=FlowName.INTAKE,
        made_at=START - timedelta(minutes=30),
        expires_at=START + timedelta(days=2),
        policy="p",
        configuration=_configuration(),
        capabilities="k",
        counts={"create": 3, "waiting": 1},
        forecast=Forecast(calls={"agency": 9, "archive": 15}, bytes=41_000_000, seconds=380, store_bytes=20_000),
    )
    actions = tuple(replace(action(it), file_name=FILES[it]) for it in range(3))
    left = Leave(outcome=Outcome.WAITING, reason=ENDS[8][1], waits_for="contributor")
    plan = Plan(
        header=header, actions=actions, left=(LeftItem(key=key(8), leave=left, expects=None, file_name=FILES[8]),)
    )
    await ledger.save_plan(plan.id, header.flow, at=header.made_at, lines=list(plan.lines()))
