"""Pairing: two libraries that exist already; whether two assets are one is said by a person where it is not certain."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.bootstrap import open_matching
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, needing
from dambridge.console.notices import Notice, notice_of, order
from dambridge.console.rendering import page
from dambridge.console.runs import key_of
from dambridge.engine.pairing import matching
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.model.pairing import Verdict
from dambridge.policy.duties import Duty
from dambridge.ports.errors import Refused
from dambridge.ports.pairing import StoredPairing
from dambridge.telemetry.pairing import doubts_in_words, evidence_in_words

router = APIRouter(include_in_schema=False)
PAGE = 30


async def pairer(it: Annotated[Signed, Depends(needing(Duty.PAIR))]) -> Signed:
    it.needs(Duty.PAIR, FlowName.INTAKE)
    return it


Pairer = Annotated[Signed, Depends(pairer)]


@router.get("/pairing")
async def pairing(request: Request, who: Pairer, first: int = 0) -> Response:
    desk = desk_of(request)
    made, says = await _compared(desk)
    waiting = made.pairing.review if made is not None else ()
    shown = [(it, evidence_in_words(it), doubts_in_words(it)) for it in waiting[first : first + PAGE]]
    return page(
        request,
        "pairing.html",
        now=await desk.clock.now(),
        made=made,
        pairs=shown,
        first=first,
        per_page=PAGE,
        says=says,
        notice=await notice_of(request, who),
    )


async def _compared(desk: Desk) -> tuple[StoredPairing | None, str]:
    """The latest comparison, or a sentence about why there is none."""
    try:
        async with open_matching(desk.settings, source="", target="", alone=False) as it:
            return await matching.compared(it), ""
    except Refused as error:
        return None, str(error)


@router.post("/pairing")
async def decide(request: Request, who: Pairer) -> Response:
    """A person's word on one pair."""
    desk, form = desk_of(request), await request.form()
    one, other = key_of(str(form.get("one") or "")), key_of(str(form.get("other") or ""))
    try:
        verdict = Verdict(str(form.get("verdict")))
    except ValueError:
        raise Stop(422, "Say whether the two are one asset.") from None
    async with open_matching(desk.settings, source="", target="") as it:
        await matching.decide(it, one, other, verdict, by=who.name)
    return RedirectResponse("/pairing", status_code=303)


@router.post("/pairing/compare")
async def compare(request: Request, who: Pairer) -> Response:
    """Compare both libraries anew: every asset is read, beside the flows; neither library is changed."""
    return await order(request, who, CommandKind.COMPARE, {}, back="/pairing")


@router.post("/pairing/plan")
async def plan(request: Request, who: Pairer) -> Response:
    """Make the plan that lets what is watched go to work."""
    desk = desk_of(request)
    async with open_matching(desk.settings, source="", target="") as it:
        made = await matching.plan_activation(it, folders=[])
    if made is None:
        notice = Notice(tone="info", says="There is nothing to activate.")
        return page(request, "verified.html", notice=notice, signed=who)
    return RedirectResponse(f"/plans/{made.id}", status_code=303)
