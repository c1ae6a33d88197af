"""The store: the index of search filled anew, a lost store made anew, and what is held since, looked through and let go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, needing
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page
from dambridge.console.runs import key_of
from dambridge.engine.parts import Parts
from dambridge.engine.rebuilding.releasing import Watched, held_sources, watched_links
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.policy.duties import Duty, answers_for_all
from dambridge.ports.ledger import Observation

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Signed, Depends(needing(Duty.MACHINE))]
SHOWN = 100
WORDS = {"rebuild": "rebuild", "everything": "let go"}
"""What somebody has to write before it is done."""


@router.get("/store")
async def store(request: Request, who: Keeper) -> Response:
    desk = desk_of(request)
    held, watched = await _waiting(desk) if who.may(Duty.SETTLE, FlowName.INTAKE) else ([], [])
    return page(
        request,
        "store.html",
        now=await desk.clock.now(),
        size=await desk.ledger.size_bytes(),
        indexed=await desk.search.index.index.count() if desk.search is not None and not who.of_a_part else None,
        held=held[:SHOWN],
        watched=watched[:SHOWN],
        counts=(len(held), len(watched)),
        may_rebuild=may_rebuild(desk, who),
        words=WORDS,
        notice=await notice_of(request, who),
    )


def may_rebuild(desk: Desk, who: Signed) -> bool:
    return who.may(Duty.CONFIGURE) and answers_for_all(who.person.searcher, desk.flows)


async def _waiting(desk: Desk) -> tuple[list[Observation], list[Watched]]:
    """What a rebuild left to people; of a store whose flows are not open nothing is known."""
    flow = desk.bridge.flows.get(FlowName.INTAKE) if desk.bridge is not None else None
    if flow is None or not isinstance(flow.parts, Parts):
        return [], []
    return await held_sources(flow.parts), [it async for it in watched_links(flow.parts)]


def meant(given: object, what: str) -> None:
    """Raises `Stop` unless the word was written that says that this is meant."""
    if str(given or "").strip().casefold() != WORDS[what]:
        raise Stop(422, f"Nothing was done. Write the words “{WORDS[what]}” if you mean it.")


@router.post("/store/rebuild")
async def rebuild(request: Request, who: Annotated[Signed, Depends(needing(Duty.CONFIGURE))]) -> Response:
    """Make a lost store anew from what the systems show."""
    if not may_rebuild(desk_of(request), who):
        raise Stop(403, "Only administrators of the whole installation make the store anew.")
    meant((await request.form()).get("word"), "rebuild")
    return await order(request, who, CommandKind.REBUILD, {}, back="/store")


@router.post("/store/release")
async def release(request: Request, who: Annotated[Signed, Depends(needing(Duty.SETTLE))]) -> Response:
    """Let go of what is ticked, or of everything by the word."""
    who.needs(Duty.SETTLE, FlowName.INTAKE)
    form = await request.form()
    assets = [key_of(str(it)) for it in form.getlist("asset")]
    if not assets:
        meant(form.get("word"), "everything")
    pairs = [[it.account, it.remote_id] for it in assets]
    scope = {"assets": pairs, "all": not assets, "flow": str(FlowName.INTAKE)}
    return await order(request, who, CommandKind.RELEASE, scope, back="/store")


@router.post("/store/index")
async def refill(request: Request, who: Annotated[Signed, Depends(needing(Duty.RUN))]) -> Response:
    """Fill the index of search anew: every account is read once, at the pace of a backfill."""
    if who.of_a_part or not answers_for_all(who.person.searcher, desk_of(request).flows):
        raise Stop(403, "The index is of all flows and all that is in them, and yours is a part of it.")
    return await order(request, who, CommandKind.REFILL, {}, back="/store")
