"""Records of withdrawals: what was taken back, why, how, and that it was looked for and gone; signed as proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from dambridge.bootstrap import build_signer
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Signed, Stop
from dambridge.console.lens import Lens, Page, lens_for, page_of
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page
from dambridge.model.publications import Withdrawal
from dambridge.policy.duties import Duty
from dambridge.telemetry.withdrawal_record import record_document
from dambridge.telemetry.withdrawal_words import record_text

router = APIRouter(include_in_schema=False)
PAGE = 50


@router.get("/withdrawals")
async def withdrawals(request: Request, who: PartSeer, unproven: bool = False, after: str = "") -> Response:
    desk = desk_of(request)
    lens = lens_for(desk, who.person.searcher)
    found = await withdrawals_seen(lens, unproven=unproven, after=after, limit=PAGE)
    now = await desk.clock.now()
    return page(
        request,
        "withdrawals.html",
        now=now,
        records=[(it, state_of(it, now)) for it in found.rows],
        next=found.next,
        lens=lens,
        unproven=unproven,
        notice=await notice_of(request, who),
    )


async def withdrawals_seen(lens: Lens, *, unproven: bool, after: str, limit: int) -> Page[Withdrawal]:
    """A page of the records as one person sees them."""

    async def fetch(after: str, limit: int) -> Sequence[Withdrawal]:
        return await lens.desk.ledger.withdrawals(unproven=unproven, after=after or None, limit=limit)

    async def choose(some: Sequence[Withdrawal]) -> list[Withdrawal]:
        return await lens.by_link([it for it in some if it.flow in lens.flows], lambda it: it.link)

    return await page_of(lens, fetch, choose, name=lambda it: it.id, after=after, limit=limit)


def state_of(it: Withdrawal, now: datetime) -> tuple[str, str]:
    """A tone and a word."""
    if it.verified_at is not None:
        return "good", "proven gone"
    late = it.deadline is not None and it.deadline <= now
    return ("bad", "overdue") if late else ("warn", "under way")


async def known(desk: Desk, who: Signed, record: str) -> Withdrawal:
    lens, found = lens_for(desk, who.person.searcher), await desk.ledger.withdrawal(record)
    if found is None or not await lens.by_link([found], lambda it: it.link):
        raise Stop(404, f"There is no record {record}.")
    who.needs(Duty.SEE_ASSETS, found.flow, partly=True)
    return found


@router.get("/withdrawals/{record}")
async def one(request: Request, record: str, who: PartSeer) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    found = await known(desk, who, record)
    return page(
        request, "withdrawal.html", now=now, it=found, state=state_of(found, now), notice=await notice_of(request, who)
    )


@router.get("/withdrawals/{record}/signed.{kind}")
async def signed_record(request: Request, record: str, kind: str, who: PartSeer) -> Response:
    """The record as a signed document, or as text for people."""
    desk = desk_of(request)
    ring = build_signer(desk.settings)
    document = ring.sign(record_document(await known(desk, who, record)), at=await desk.clock.now())
    head = {"Content-Disposition": f'attachment; filename="{record}.{kind}"'}
    if kind == "json":
        text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        return Response(text, media_type="application/json", headers=head)
    if kind == "txt":
        return PlainTextResponse(record_text(document, ring.verify(document).says), headers=head)
    raise Stop(404, "A record is given out as .json or .txt.")
