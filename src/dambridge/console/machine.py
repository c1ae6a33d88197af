"""What the accounts can do, what the map would lose, and how this installation is set up: to read, for those who keep it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.bootstrap import known_capabilities, lint, lint_settings, remarks, shown_settings
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, needing
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page
from dambridge.mapping.faults import LintFinding
from dambridge.policy.duties import Duty
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.telemetry import lint_words

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


@router.get("/map")
async def the_map(request: Request, who: Keeper, live: bool = False) -> Response:
    """The map's fields, and the linter's words in place; `live` holds it against the accounts and some of their assets."""
    desk = desk_of(request)
    says = ""
    try:
        found = await _linted(desk, live=live)
    except NextMove as error:
        found, says = await _linted(desk, live=False), f"The accounts could not be asked: {error}"
    return page(
        request,
        "map.html",
        maps=_fields(desk),
        findings=[(it, *lint_words(it.fault, it.field, it.params)) for it in found],
        live_words=live,
        says=says,
        notice=await notice_of(request, who),
    )


async def _linted(desk: Desk, *, live: bool) -> list[LintFinding]:
    if live:
        return await lint(desk.settings, offline=False)
    return lint_settings(desk.settings, now=await desk.clock.now())


def _fields(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """Per account: canonical field and the system's field, where the configuration says so itself."""
    given = desk.settings.maps
    return {
        account: sorted((field, to if isinstance(to, str) else str(to.get("to", to))) for field, to in fields.items())
        for account, fields in given.items()
    }


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
