"""Overview: is everything all right, and what waits for me?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Looker, Signed, needing
from dambridge.console.lens import lens_for
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page
from dambridge.engine.in_force import in_force, trouble
from dambridge.engine.overview import FlowStanding, Health, flow_standing, live_workers
from dambridge.model.commands import CommandKind
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import FlowName
from dambridge.model.lifecycle import Status
from dambridge.policy.duties import Duty, answers_for_all, flows_of
from dambridge.ports.ledger import AuditEntry
from dambridge.telemetry.flow_words import FLOW_WORDS

router = APIRouter(include_in_schema=False)
STRIP_DAYS = 90


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person: how many (None: nobody has counted), of what (one and several, parted by a bar), where
    it is decided, by whom."""

    count: int | None
    kind: str
    path: str
    whom: str

    @property
    def what(self) -> str:
        one, _, several = self.kind.partition("|")
        return one if self.count == 1 or not several else several


@dataclass(frozen=True, slots=True)
class Mark:
    """So many licences that end on a day, `x` hundredths along the strip."""

    x: float
    count: int
    at: datetime


@router.get("/")
async def overview(request: Request, who: Looker) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    flows = [await flow_standing(desk.ledger, it) for it in flows_of(who.person.searcher, desk.flows)]
    workers, files = await live_workers(desk.ledger), trouble(await in_force(desk.ledger))
    return page(
        request,
        "overview.html",
        now=now,
        flows=flows,
        serving=any(serving for _, serving in workers),
        waiting=await _waiting(desk, who, flows),
        strip=await _strip(desk, who, now) if who.may(Duty.SEE_ASSETS) else None,
        verdict=_verdict(flows, files),
        about=FLOW_WORDS,
        lens=lens_for(desk, who.person.searcher),
        files=files,
        Health=Health,
        notice=await notice_of(request, who),
    )


def _verdict(flows: Sequence[FlowStanding], files: tuple[str, str] | None) -> tuple[str, str]:
    """The first glance: a tone and a sentence. `files` is what is wrong with the map and the rules."""
    health = [it.health for it in flows]
    if Health.FAILED in health:
        return "bad", "Something failed. Look at its last run."
    if files is not None and files[0] == "bad":
        return "bad", "The map or the rules cannot be used. What was in force before stays."
    if Health.NEEDS_YOU in health:
        return "warn", "Running. Some assets wait for a person."
    if Health.HELD in health:
        return "warn", "A flow is held by a person."
    if all(it is Health.NEW for it in health):
        return "info", "Nothing has run yet."
    return "good", "All is well. Nothing waits for a person."


async def _waiting(desk: Desk, who: Signed, flows: Sequence[FlowStanding]) -> list[Waiting]:
    """What this person's roles let them decide, with counts that open the list they count."""
    found = await _decisions(desk, who, flows)
    if who.may(Duty.SEE_ASSETS):
        broken = sum(int(it.told.get(name) or 0) for it in flows for name in ("quarantined", "failed"))
        found.append(Waiting(broken, "asset in quarantine|assets in quarantine", "/quarantine", "librarians"))
        waits = sum(int(it.told.get("waiting") or 0) for it in flows)
        kind = "asset that waits, with its reason|assets that wait, each with its reason"
        found.append(Waiting(waits, kind, "/quarantine?outcome=waiting", "people of each asset"))
        unproven = len(await desk.ledger.withdrawals(unproven=True, limit=1000))
        kind = "withdrawal not proven yet|withdrawals not proven yet"
        found.append(Waiting(unproven, kind, "/withdrawals?unproven=1", "rights managers"))
    return [it for it in found if it.count] + _of_a_part(desk, who)


def _of_a_part(desk: Desk, who: Signed) -> list[Waiting]:
    """The lists of somebody who answers for a part: nobody has counted what of them is theirs."""
    if not who.of_a_part:
        return []
    found = [Waiting(None, "Conflicts between copies", "/conflicts", "whose word stands")]
    found.append(Waiting(None, "What waits, and in quarantine", "/quarantine?outcome=all", "each with its reason"))
    found.append(Waiting(None, "What ends", "/rights", "by its licence"))
    found = found if who.may(Duty.SEE_ASSETS, partly=True) else []
    if who.may(Duty.REVIEW, FlowName.HANDOFF, partly=True) and FlowName.HANDOFF in desk.flows:
        found.append(Waiting(None, "Files to review", "/review", "approve, or ask for changes"))
    return found


async def _decisions(desk: Desk, who: Signed, flows: Sequence[FlowStanding]) -> list[Waiting]:
    found: list[Waiting] = []
    if who.may(Duty.SETTLE):
        opened = [(await desk.ledger.count_conflicts(flow=it.flow)).get(ConflictState.OPEN, 0) for it in flows]
        kind = "conflict between copies|conflicts between copies"
        found.append(Waiting(sum(opened), kind, "/conflicts", "librarians"))
    if who.may(Duty.TERMS) and answers_for_all(who.person.searcher, desk.flows):
        terms = await desk.ledger.count_unknown_terms()
        found.append(Waiting(terms, "word without a term|words without a term", "/terms", "librarians"))
    if who.may(Duty.REVIEW, FlowName.HANDOFF) and FlowName.HANDOFF in desk.flows:
        counts = await desk.ledger.count_submissions(FlowName.HANDOFF)
        files = sum(count for (_, status), count in counts.items() if status is Status.IN_REVIEW)
        found.append(Waiting(files, "file to review|files to review", "/review", "reviewers"))
    return found


async def _strip(desk: Desk, who: Signed, now: datetime) -> list[Mark]:
    """What ends in sight within the next days."""
    until = now + timedelta(days=STRIP_DAYS)
    ends: dict[datetime, int] = {}
    for flow in flows_of(who.person.searcher, (FlowName.PUBLISH, FlowName.SYNDICATE)):
        for instants in (await desk.ledger.ends(flow, before=until)).values():
            for at, count in instants:
                ends[at] = ends.get(at, 0) + count
    span = timedelta(days=STRIP_DAYS)
    return [Mark(max(0.0, (at - now) / span * 100), count, at) for at, count in sorted(ends.items())]


@router.post("/flows/{flow}/{what}")
async def run(
    request: Request, flow: FlowName, what: str, who: Annotated[Signed, Depends(needing(Duty.RUN))]
) -> Response:
    """Run now, plan, hold, resume."""
    who.needs(Duty.RUN, flow)
    desk = desk_of(request)
    match what:
        case "run":
            return await order(request, who, CommandKind.RUN, {"flow": str(flow)}, back="/")
        case "plan":
            return await order(request, who, CommandKind.PLAN, {"flow": str(flow)}, back="/plans")
        case "hold" | "resume":
            held = what == "hold"
            event = "flow.paused" if held else "flow.resumed"
            await desk.ledger.set_control(f"paused:{flow}", who.name if held else None)
            entry = AuditEntry(at=await desk.clock.now(), actor=who.name, event=event, subject=flow, detail={})
            await desk.ledger.audit([entry])
    return RedirectResponse("/", status_code=303)
