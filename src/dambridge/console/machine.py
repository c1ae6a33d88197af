"""What the accounts can do, and how this installation is set up: to read, for those who keep it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.bootstrap import known_capabilities, remarks, shown_settings
from dambridge.console.desk import desk_of
from dambridge.console.guarding import Signed, needing
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page
from dambridge.policy.duties import Duty
from dambridge.ports.errors import CannotGoOn

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Signed, Depends(needing(Duty.MACHINE))]


@router.get("/capabilities")
async def capabilities(request: Request, who: Keeper) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    known: dict[str, Any] = {}
    says = ""
    try:
        known = dict(known_capabilities(desk.settings).accounts)
    except CannotGoOn as error:
        says = str(error)
    cells = {
        name: sorted({(cell, str(proof)) for it in found.findings.values() for cell, proof in it.cells.items()})
        for name, found in known.items()
    }
    return page(
        request,
        "capabilities.html",
        now=now,
        accounts=list(desk.settings.accounts),
        known=known,
        cells=cells,
        remarks={it.account: it for it in remarks(desk.settings, now=now)},
        says=says,
        notice=await notice_of(request, who),
    )


@router.get("/settings")
async def settings(request: Request, who: Keeper) -> Response:
    """The configuration as it is in force, without its secrets."""
    desk = desk_of(request)
    return page(
        request,
        "settings.html",
        text=shown_settings(desk.settings),
        store=await desk.ledger.size_bytes(),
        workers=await desk.ledger.live_workers(since=0),
        notice=await notice_of(request, who),
    )
