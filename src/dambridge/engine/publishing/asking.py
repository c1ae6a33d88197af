"""Asking again: whether something may be shown now, with everything that speaks against it read after it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.publishing.casing import Known, audience_of, case_of
from dambridge.engine.publishing.kits import Kits, judge_kits
from dambridge.engine.publishing.leading import ahead_of
from dambridge.engine.publishing.selecting import orders_of
from dambridge.engine.publishing.tasks import Task
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Present
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case, agreed_statuses, ask_gate
from dambridge.planning.publishing import forbids


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answer to whether something may be shown now: `refused` says why not and for whom that waits."""

    record: AssetRecord | None
    until: datetime | None
    refused: tuple[Reason, str] | None
    kit: KitVerdict | None = None


async def asked_now(task: Task, *, kit: bool = False, shows: bool = True) -> Asked:
    """Ask everything again that speaks against showing it, with master and audience read now, and with all of its kit where
    that is asked for. Where nothing is to be shown yet, an audience that was just seen is believed."""
    parts, key = task.parts, task.source
    agreed = (await parts.ledger.agreed_audiences()).get(task.outlet.name)
    masters = await read_copies(parts, [key])
    audience = await audience_of(parts, agreed, recent=not shows)
    now = await task.now()
    known = Known(
        links={key: task.action.link},
        masters=masters,
        publications={task.action.link: {task.action.target: task.publication}} if task.publication else {},
        copies={},
        places={},
        agreed={task.outlet.name: agreed} if agreed is not None else {},
        audiences={task.outlet.name: audience},
        ahead=await ahead_of(parts, now),
        statuses=agreed_statuses(await parts.ledger.accords([task.action.link]), parts.policy.status),
        now=now,
        orders=await orders_of(parts.ledger, parts.policy, [key]),
    )
    kits = await judge_kits(parts, known, [task.outlet]) if kit else Kits()
    case = case_of(parts, kits.known or known, key, task.outlet, kits.of(key, task.outlet.name))
    record = case.master.record if isinstance(case.master, Present) else None
    refused = forbids(case)
    if refused is not None or record is None:
        reason, waits_for = (refused.reason, refused.waits_for) if refused is not None else (task.action.reasons[0], "")
        return Asked(record=record, until=None, refused=(reason, waits_for or "next run"))
    moved = _moved(task, record, case)
    ends = (ask_gate(case, record, now).until, case.selected_until)
    until = min((it for it in ends if it is not None), default=None)
    return Asked(record=record, until=until, refused=(moved, "next run") if moved is not None else None, kit=case.kit)


def _moved(task: Task, record: AssetRecord, case: Case) -> Reason | None:
    """That something is not as it was when this was planned, which then has to be planned again."""
    expected = task.action.expects.get(str(task.parts.policy.source_copy))
    if expected is not None and record.version != expected:
        return Reason.of(Code.MOVED_ON, text=f"{record.key} was edited after it was planned; it is planned again.")
    if case.gallery != task.outward.gallery:
        return Reason.of(Code.MOVED_ON, text=f"{task.outlet.name} has another gallery by now.")
    return None
