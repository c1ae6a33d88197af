"""Quarantine, and everything else that waits: each asset with its reason, whom it waits for, and the next move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dambridge.console.assets import Seer
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page, table_file
from dambridge.model.identity import FlowName
from dambridge.model.outcomes import Outcome
from dambridge.policy.duties import Duty, flows_of
from dambridge.ports.ledger import Observation
from dambridge.telemetry.wording import next_move, words

router = APIRouter(include_in_schema=False)
MOST = 2000
"""Assets looked through for one page; the oldest first."""
PAGE = 100
BROKEN = (Outcome.QUARANTINED, Outcome.FAILED)
KINDS = {"broken": BROKEN, "waiting": (Outcome.WAITING,), "all": (*BROKEN, Outcome.WAITING)}


@router.get("/quarantine")
async def quarantine(
    request: Request,
    who: Seer,
    outcome: str = "broken",
    flow: FlowName | None = None,
    code: str = "",
    first: int = 0,
) -> Response:
    desk = desk_of(request)
    kind = outcome if outcome in KINDS else "broken"
    found = await _found(desk, who, kind, flow)
    reasons = Counter(str(it.reason.code) for it in found)
    chosen = [it for it in found if not code or it.reason.code == code]
    return page(
        request,
        "quarantine.html",
        now=await desk.clock.now(),
        items=chosen[first : first + PAGE],
        total=len(chosen),
        first=first,
        per_page=PAGE,
        reasons=reasons.most_common(),
        kind=kind,
        flow=flow,
        flows=flows_of(who.person.searcher, desk.flows),
        code=code,
        most=MOST if len(found) >= MOST else None,
        notice=await notice_of(request, who),
    )


async def _found(desk: Desk, who: Signed, kind: str, flow: FlowName | None) -> Sequence[Observation]:
    who.needs(Duty.SEE_ASSETS, flow)
    flows = [flow] if flow is not None else flows_of(who.person.searcher, desk.flows)
    return [one for it in flows for one in await desk.ledger.lingering(it, outcomes=KINDS[kind], limit=MOST)]


@router.get("/quarantine.csv")
async def quarantine_file(
    request: Request, who: Seer, outcome: str = "broken", flow: FlowName | None = None, code: str = ""
) -> Response:
    found = await _found(desk_of(request), who, outcome if outcome in KINDS else "broken", flow)
    rows = (
        (
            it.flow,
            it.key,
            it.file_name,
            it.outcome,
            it.reason.code,
            words(it.reason),
            next_move(it.reason),
            it.waits_for,
        )
        for it in found
        if not code or it.reason.code == code
    )
    return table_file("waiting", ("flow", "asset", "file", "outcome", "code", "why", "next move", "waits for"), rows)
