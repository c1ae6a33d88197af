"""What the suites of the ledger write: actions, ends, observations, links and orders, numbered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dambridge.model.actions import Action, ActionKind
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    CommandId,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    PlanId,
    RemoteId,
    RunId,
    link_id_for,
)
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetVersion, Digest
from dambridge.model.values import DateValue, FieldName, LangAlt
from dambridge.ports.ledger import AuditEntry, Ledger, Observation, Settlement, WorkStage

T0 = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLOW = FlowName.INTAKE
SOURCE, TARGET = AccountId("agency"), AccountId("archive")
PLAN = PlanId("pl0")
AWKWARD = 'Grüße 東京 🦊 "quoted" \\ \x00 end'
"""Letters of several scripts, quotes and a NUL, which one of the databases cannot keep as plain text."""


def key(number: int) -> AssetKey:
    return AssetKey(SOURCE, RemoteId(f"A{number:06d}"))


def version(text: str = "v1") -> AssetVersion:
    return AssetVersion(modified=text, fields=f"f-{text}", content=f"c-{text}")


def action(number: int = 1, *, kind: ActionKind = ActionKind.CREATE, seen: str = "v1") -> Action:
    source = CopyId(SOURCE, CopyRole.SOURCE)
    return Action(
        kind=kind,
        link=link_id_for(FLOW, key(number)),
        source=key(number),
        target=CopyId(TARGET, CopyRole.RECORD),
        target_id=None,
        fields={
            FieldName("title"): AWKWARD,
            FieldName("keywords"): ("a", "b"),
            FieldName("created"): DateValue("2026"),
        },
        cleared=(FieldName("headline"),),
        expects={str(source): version(seen)},
        reasons=(Reason.of(Code.CREATED, folder="x"),),
        folder="In/2026",
        file_name=AWKWARD,
        name=AWKWARD,
        media_type="image",
        size=12_345,
        calls={"archive": 3},
        modified_at=T0,
    )


def end(number: int = 1, outcome: Outcome = Outcome.DONE, **more: Any) -> ItemOutcome:
    code = {Outcome.DONE: Code.CREATED, Outcome.UNCHANGED: Code.IN_STEP}.get(outcome, Code.TRY_LATER)
    return ItemOutcome(key=key(number), link=None, outcome=outcome, reason=Reason.of(code, text=AWKWARD), **more)


def seen(number: int = 1, outcome: Outcome = Outcome.DONE, *, run: RunId, **more: Any) -> Observation:
    values: dict[str, Any] = {
        "flow": FLOW,
        "key": key(number),
        "version": version(),
        "file_name": AWKWARD,
        "outcome": outcome,
        "reason": Reason.of(Code.TRY_LATER if outcome is Outcome.WAITING else Code.BROKEN_FILE, why="x"),
        "waits_for": "",
        "run": run,
        "at": T0,
    }
    return Observation(**{**values, **more})


def link_of(it: Action, remote: str = "9001") -> Link:
    copies = (Copy(CopyId(SOURCE, CopyRole.SOURCE), it.source.remote_id), Copy(it.target, RemoteId(remote)))
    return Link(it.link, FLOW, copies)


def agreed_of(it: Action) -> Agreed:
    return Agreed(
        fields={**it.fields, FieldName("caption"): LangAlt.of({"x-default": AWKWARD, "de": "Bild"})},
        filled={FieldName("city"): "Zürich"},
        versions={**it.expects, str(it.target): version("t1")},
        content=Digest(size=12_345, sha256="a" * 64, md5="b" * 32),
        evidence={str(it.target): "md5"},
    )


def entry(text: str = "one", *, subject: str = "ln1", at: datetime = T0) -> AuditEntry:
    return AuditEntry(
        at=at, actor="flow:x", event="asset.create", subject=subject, detail={"said": text, "n": [1, None]}
    )


def order(name: str, *, idempotency_key: str | None = None, at: datetime = T0) -> Command:
    return Command(
        id=CommandId(name),
        kind=CommandKind.RUN,
        actor="ana",
        via="cli",
        scope={"flow": "intake"},
        idempotency_key=name if idempotency_key is None else idempotency_key,
        state=CommandState.QUEUED,
        created_at=at,
    )


async def settled(ledger: Ledger, run: RunId, it: Action, **more: Any) -> Settlement:
    """Settle `it` in the usual way and return what was written."""
    values: dict[str, Any] = {
        "action": it.id,
        "stage": WorkStage.DONE,
        "item": replace(end(), key=it.source, link=it.link, bytes_moved=it.size, lag=1.5),
        "run": run,
        "link": link_of(it),
        "agreed": agreed_of(it),
        "observation": replace(seen(run=run), key=it.source),
        "audit": (entry(subject=it.link),),
    }
    settlement = Settlement(**{**values, **more})
    await ledger.settle(settlement)
    return settlement
