"""What the accounts can do, and how this installation is set up: to read, for those who keep it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.bootstrap import known_capabilities, open_benches, remarks, shown_settings
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, needing
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page
from dambridge.model.commands import CommandKind
from dambridge.policy.duties import Duty
from dambridge.ports.errors import CannotGoOn

router = APIRouter(include_in_schema=False)
WORD = "write"
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


@router.post("/capabilities/{account}/ask")
async def ask(request: Request, account: str, who: Annotated[Signed, Depends(needing(Duty.RUN))]) -> Response:
    """Find out anew what an account can do: by reading; with the word `write` by what only writing shows, too."""
    desk, form = desk_of(request), await request.form()
    _known(desk, account)
    write = form.get("write") == "1"
    if write:
        who.needs(Duty.CONFIGURE)
        if str(form.get("word") or "").strip().casefold() != WORD:
            raise Stop(422, f"Nothing was asked. Write the word “{WORD}” if these changes are meant.")
    return await order(request, who, CommandKind.PROBE, {"account": account, "write": write}, back="/capabilities")


@router.get("/capabilities/{account}/write")
async def before_writing(
    request: Request, account: str, who: Annotated[Signed, Depends(needing(Duty.CONFIGURE))]
) -> Response:
    """Every change that asking by writing makes, named before anything is done."""
    desk = desk_of(request)
    _known(desk, account)
    opened = open_benches(desk.settings, names=[account], actor=who.name, mask=str, leaves=lambda _: None)
    async with opened as benches:
        changes = [(it.host, it.mutations) for it in benches]
    notice = await notice_of(request, who)
    return page(request, "probe.html", account=account, changes=changes, word=WORD, notice=notice)


def _known(desk: Desk, account: str) -> None:
    if account not in desk.settings.accounts:
        raise Stop(404, f"There is no account {account}.")


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
