"""Quarantine, and everything else that waits: each asset with its reason, whom it waits for, and the next move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Signed
from dambridge.console.lens import Lens, Page, lens_for, page_of
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page, table_file
from dambridge.console.runs import key_of
from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.outcomes import Outcome
from dambridge.policy.duties import Duty, flows_of
from dambridge.ports.ledger import Observation

router = APIRouter(include_in_schema=False)
MOST = 2000
"""Assets looked through for one page; the oldest first."""
PAGE = 100
BROKEN = (Outcome.QUARANTINED, Outcome.FAILED)
KINDS = {"broken": BROKEN, "waiting": (Outcome.WAITING,), "all": (*BROKEN, Outcome.WAITING)}


@router.get("/quarantine")
async def quarantine(
    request: Request,
    who: PartSeer,
    outcome: str = "broken",
    flow: FlowName | None = None,
    code: str = "",
    first: int = 0,
    after: str = "",
) -> Response:
    desk = desk_of(request)
    kind = outcome if outcome in KINDS else "broken"
    lens = lens_for(desk, who.person.searcher)
    if lens.part:
        return await _part(request, who, lens, kind, flow, code=code, after=after)
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
        lens=lens,
        next=None,
        notice=await notice_of(request, who),
    )


async def _part(
    request: Request, who: Signed, lens: Lens, kind: str, flow: FlowName | None, *, code: str, after: str
) -> Response:
    """The same for somebody's part of it, which nobody has counted."""
    who.needs(Duty.SEE_ASSETS, flow, partly=True)
    found = await lingering_seen(lens, KINDS[kind], flow, code=code, after=after, limit=PAGE)
    return page(
        request,
        "quarantine.html",
        now=await lens.desk.clock.now(),
        items=found.rows,
        total=0,
        first=0,
        per_page=PAGE,
        reasons=[],
        kind=kind,
        flow=flow,
        flows=flows_of(who.person.searcher, lens.desk.flows),
        code=code,
        most=None,
        lens=lens,
        next=found.next,
        notice=await notice_of(request, who),
    )


async def lingering_seen(
    lens: Lens, outcomes: Sequence[Outcome], flow: FlowName | None, *, code: str, after: str, limit: int
) -> Page[Observation]:
    """A page of what waits, flow by flow, as one person sees it."""
    mine = [it for it in lens.desk.flows if it in lens.flows and flow in {None, it}]

    async def fetch(after: str, limit: int) -> Sequence[Observation]:
        begun, place = _place(after)
        found: list[Observation] = []
        for it in mine[mine.index(begun) if begun in mine else 0 :]:
            here = place if it is begun else None
            found += await lens.desk.ledger.lingering(it, outcomes=outcomes, after=here, limit=limit - len(found))
            if len(found) >= limit:
                break
        return found

    async def choose(some: Sequence[Observation]) -> list[Observation]:
        return await lens.by_key([it for it in some if not code or it.reason.code == code], lambda it: it.key)

    return await page_of(lens, fetch, choose, name=_name, after=after, limit=limit)


def _name(it: Observation) -> str:
    return f"{it.flow} {it.at.isoformat()} {it.key}"


def _place(after: str) -> tuple[FlowName | None, tuple[datetime, AssetKey] | None]:
    if not after:
        return None, None
    flow, at, key = after.split(" ", 2)
    return FlowName(flow), (datetime.fromisoformat(at), key_of(key))


async def _found(desk: Desk, who: Signed, kind: str, flow: FlowName | None) -> Sequence[Observation]:
    who.needs(Duty.SEE_ASSETS, flow)
    flows = [flow] if flow is not None else flows_of(who.person.searcher, desk.flows)
    return [one for it in flows for one in await desk.ledger.lingering(it, outcomes=KINDS[kind], limit=MOST)]


@router.get("/quarantine.csv")
async def quarantine_file(
    request: Request, who: PartSeer, outcome: str = "broken", flow: FlowName | None = None, code: str = ""
) -> Response:
    kind, lens = outcome if outcome in KINDS else "broken", lens_for(desk_of(request), who.person.searcher)
    who.needs(Duty.SEE_ASSETS, flow, partly=True)
    if lens.part:
        found: Sequence[Observation] = (
            await lingering_seen(lens, KINDS[kind], flow, code=code, after="", limit=MOST)
        ).rows
    else:
        found = await _found(lens.desk, who, kind, flow)
    rows = (
        (
            it.flow,
            it.key,
            it.file_name,
            it.outcome,
            it.reason.code,
            lens.words(it.reason),
            lens.next_move(it.reason),
            it.waits_for,
        )
        for it in found
        if not code or it.reason.code == code
    )
    return table_file("waiting", ("flow", "asset", "file", "outcome", "code", "why", "next move", "waits for"), rows)
