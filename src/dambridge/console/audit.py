"""The audit: who or what changed which field from what to what; and whether the chain holds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Signed, Whole
from dambridge.console.notices import Notice, notice_of
from dambridge.console.rendering import page, spoken, table_file
from dambridge.policy.duties import Duty
from dambridge.telemetry.telling import sentence, teller

router = APIRouter(include_in_schema=False)
PAGE = 50


async def auditor(it: Whole) -> Signed:
    it.needs(Duty.AUDIT)
    return it


Auditor = Annotated[Signed, Depends(auditor)]


@router.get("/audit")
async def audit(request: Request, signed: Auditor, subject: str = "", after: int | None = None) -> Response:
    """The newest first; with a subject, all about that from its beginning."""
    desk, now = desk_of(request), await desk_of(request).clock.now()
    first = after if after is not None else await _newest_page(request, subject)
    trail = await desk.ledger.audit_trail(subject=subject or None, after=first, limit=PAGE)
    return page(
        request,
        "audit.html",
        now=now,
        told=[
            (it, spoken(sentence(it.entry.event, it.entry.detail)), teller(it.entry.actor)) for it in reversed(trail)
        ],
        older=max(0, first - PAGE) if first and not subject else None,
        newer=trail[-1].seq if len(trail) == PAGE else None,
        subject=subject,
        notice=await notice_of(request, signed),
    )


async def _newest_page(request: Request, subject: str) -> int:
    if subject:
        return 0
    return max(0, await desk_of(request).ledger.last_audit() - PAGE)


@router.post("/audit/verify")
async def verify(request: Request, signed: Auditor) -> Response:
    """Walk the whole chain now."""
    desk = desk_of(request)
    broken = await desk.ledger.verify_audit()
    entries = await desk.ledger.last_audit()
    says = f"The chain of {entries} entries holds: nothing in it was altered, removed or put in."
    notice = Notice(tone="good", says=says)
    if broken is not None:
        notice = Notice(tone="bad", says=f"The chain is broken at entry {broken}. Somebody altered the store.")
    return page(request, "verified.html", notice=notice, signed=signed)


@router.get("/audit.csv")
async def audit_file(request: Request, signed: Auditor, subject: str = "") -> Response:
    del signed
    trail = await desk_of(request).ledger.audit_trail(subject=subject or None, after=0, limit=1_000_000)
    columns = ("number", "at", "who", "event", "about", "what", "hash")
    rows = (
        (
            it.seq,
            it.entry.at.isoformat(),
            it.entry.actor,
            it.entry.event,
            it.entry.subject,
            sentence(it.entry.event, it.entry.detail),
            it.hash,
        )
        for it in trail
    )
    return table_file("audit", columns, rows)
