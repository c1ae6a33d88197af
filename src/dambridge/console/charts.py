"""Throughput and lag of each flow, and what ends when: numbers as JSON for the charts, and the same as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Seer, Signed, WholeLooker
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page
from dambridge.engine.overview import Point, points_of
from dambridge.model.identity import FlowName
from dambridge.policy.duties import flows_of

router = APIRouter(include_in_schema=False)
RUNS = 60
"""Runs of a flow that its charts and its table show."""


@router.get("/charts")
async def charts(request: Request, who: WholeLooker) -> Response:
    return page(
        request,
        "charts.html",
        now=await desk_of(request).clock.now(),
        flows=await _points(desk_of(request), who),
        notice=await notice_of(request, who),
    )


@router.get("/charts/flows.json")
async def of_flows(request: Request, who: WholeLooker) -> JSONResponse:
    """By flow, the oldest run first: when it ended, assets done, the middle lag in seconds."""
    found = await _points(desk_of(request), who)
    return JSONResponse({str(flow): _columns(points) for flow, points in found.items()})


async def _points(desk: Desk, who: Signed) -> dict[FlowName, Sequence[Point]]:
    return {it: await points_of(desk.ledger, it, limit=RUNS) for it in flows_of(who.person.searcher, desk.flows)}


def _columns(points: Sequence[Point]) -> dict[str, list[Any]]:
    return {
        "at": [it.at.timestamp() for it in points],
        "done": [it.done for it in points],
        "lag": [it.lag for it in points],
    }


@router.get("/charts/ends.json")
async def of_ends(request: Request, who: Seer, days: Annotated[int, Query(ge=1, le=3700)] = 90) -> JSONResponse:
    """By day, the next ones, each day once: how many copies in sight end on it. Days of the calendar in UTC."""
    desk, now = desk_of(request), await desk_of(request).clock.now()
    counts: Counter[str] = Counter()
    for flow in flows_of(who.person.searcher, (FlowName.PUBLISH, FlowName.SYNDICATE)):
        for instants in (await desk.ledger.ends(flow, before=now + timedelta(days=days))).values():
            for at, count in instants:
                counts[max(at, now).astimezone(UTC).date().isoformat()] += count
    every = [(now.astimezone(UTC) + timedelta(days=it)).date() for it in range(days + 1)]
    begins = [datetime(it.year, it.month, it.day, tzinfo=UTC).timestamp() for it in every]
    return JSONResponse({"at": begins, "ends": [counts[it.isoformat()] for it in every]})
