"""Words that a vocabulary does not know: what each means is decided once, for every picture that uses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import WHOLE, Signed, Stop, Whole, needing, signed
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page, table_file
from dambridge.engine.orders.term_orders import vocabulary_of
from dambridge.mapping.vocabularies import Proposal
from dambridge.model.commands import CommandKind
from dambridge.model.terms import UnknownTerm, Verdict
from dambridge.policy.duties import Duty

router = APIRouter(include_in_schema=False)
PAGE = 50
SAMPLES = 12


async def _every(who: Annotated[Signed, Depends(signed)]) -> None:
    """Raises `Stop` for somebody of a part, with why."""
    if who.of_a_part:
        raise Stop(403, WHOLE[Duty.TERMS])


Decider = Annotated[Signed, Depends(needing(Duty.TERMS))]


@router.get("/terms", dependencies=[Depends(_every)])
async def terms(request: Request, who: Whole, everything: bool = False, first: int = 0) -> Response:
    desk = desk_of(request)
    found = await desk.ledger.unknown_terms(waiting_only=not everything)
    shown = found[first : first + PAGE]
    return page(
        request,
        "terms.html",
        entries=[(it, await _near(desk, it)) for it in shown],
        total=len(found),
        first=first,
        per_page=PAGE,
        everything=everything,
        notice=await notice_of(request, who),
    )


async def _near(desk: Desk, it: UnknownTerm) -> Sequence[Proposal]:
    return (await vocabulary_of(desk.ledger, it.key.account, it.key.attribute)).propose(it.spelling)


@router.get("/terms.csv", dependencies=[Depends(_every)])
async def terms_file(request: Request, who: Whole, everything: bool = False) -> Response:
    del who
    found = await desk_of(request).ledger.unknown_terms(waiting_only=not everything)
    rows = (
        (it.key.account, it.key.attribute, it.spelling, it.assets, it.waiting, it.decision.term if it.decision else "")
        for it in found
    )
    return table_file("terms", ("account", "attribute", "word", "assets", "waiting", "means"), rows)


async def known(desk: Desk, term: str) -> UnknownTerm:
    found = next((it for it in await desk.ledger.unknown_terms(waiting_only=False) if it.key.id == term), None)
    if found is None:
        raise Stop(404, "No asset uses this word any more, and nobody has decided about it.")
    return await desk.ledger.unknown_term(found.key, samples=SAMPLES) or found


@router.get("/terms/{term}", dependencies=[Depends(_every)])
async def one(request: Request, term: str, who: Whole) -> Response:
    desk = desk_of(request)
    entry = await known(desk, term)
    vocabulary = await vocabulary_of(desk.ledger, entry.key.account, entry.key.attribute)
    near = vocabulary.propose(entry.spelling)
    names = {}
    for flow, key in entry.samples:
        seen = (await desk.ledger.observations(flow, [key])).get(key)
        names[key] = seen.file_name if seen else ""
    return page(
        request,
        "term.html",
        now=await desk.clock.now(),
        entry=entry,
        near=[(it, " › ".join(one.label for one in vocabulary.path(it.term))) for it in near],
        labels=sorted({it.label for it in vocabulary.terms})[:2000],
        names=names,
        notice=await notice_of(request, who),
    )


@router.post("/terms/{term}/decide")
async def decide(request: Request, term: str, who: Decider, _: Whole) -> Response:
    entry, form = await known(desk_of(request), term), await request.form()
    about = {"account": entry.key.account, "attribute": entry.key.attribute, "word": entry.key.word}
    verdict = str(form.get("verdict") or "")
    if verdict not in set(Verdict):
        raise Stop(422, "Say what it means, that it is to be made, or that it is left out.")
    scope = {**about, "verdict": verdict, "term": str(form.get("term") or ""), "why": str(form.get("why") or "")}
    return await order(request, who, CommandKind.DECIDE_TERM, scope, back=str(form.get("back") or "/terms"))


@router.post("/terms/{term}/undo")
async def undo(request: Request, term: str, who: Decider, _: Whole) -> Response:
    key = (await known(desk_of(request), term)).key
    scope = {"account": key.account, "attribute": key.attribute, "word": key.word}
    return await order(request, who, CommandKind.UNDO_TERM, scope, back=f"/terms/{term}")
