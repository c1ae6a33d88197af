"""Conflicts: what several people said of one thing; whose word stands is one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.assets import Seer
from dambridge.console.comparing import Piece, marked
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, needing
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import address, page, plain, table_file
from dambridge.model.commands import CommandKind
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState, Side
from dambridge.model.identity import FlowName
from dambridge.planning.ruling import is_about_absence, names_of
from dambridge.policy.duties import Duty, flows_of
from dambridge.policy.mirror import WhenAbsent
from dambridge.telemetry.wording import words

router = APIRouter(include_in_schema=False)
PAGE = 20
STATES = (ConflictState.OPEN, ConflictState.RULED, ConflictState.SETTLED, ConflictState.MOOT)
Settler = Annotated[Signed, Depends(needing(Duty.SETTLE))]


@dataclass(frozen=True, slots=True)
class Shown:
    """One side: its name, its fields with what differs from the base marked, who and when."""

    name: str
    fields: tuple[tuple[str, tuple[Piece, ...]], ...]
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One conflict as the page shows it. `alike` says how many others its answer could go to."""

    it: Conflict
    file_name: str
    copies: Sequence[str]
    base: Mapping[str, str]
    sides: tuple[Shown, ...]
    absence: bool
    fields: tuple[tuple[str, str], ...]


@router.get("/conflicts")
async def inbox(
    request: Request,
    who: Seer,
    state: ConflictState = ConflictState.OPEN,
    flow: FlowName | None = None,
    after: str = "",
) -> Response:
    desk = desk_of(request)
    who.needs(Duty.SEE_ASSETS, flow)
    found = await _page(desk, who, state, flow, after, PAGE + 1)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    counts = await desk.ledger.count_conflicts(flow=flow)
    return page(
        request,
        "conflicts.html",
        now=await desk.clock.now(),
        entries=[await _entry(desk, it) for it in found[:PAGE] if it.flow in mine],
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        state=state,
        states=[(it, counts.get(it, 0)) for it in STATES],
        flow=flow,
        notice=await notice_of(request, who),
    )


async def _page(
    desk: Desk, who: Signed, state: ConflictState, flow: FlowName | None, after: str, limit: int
) -> Sequence[Conflict]:
    del who
    try:
        return await desk.ledger.conflicts(
            flow=flow, states=[state], after=ConflictId(after) if after else None, limit=limit
        )
    except LookupError:
        raise Stop(404, "The list has changed since; begin it again.") from None


async def _entry(desk: Desk, it: Conflict) -> Entry:
    link = (await desk.ledger.links([it.link])).get(it.link)
    keys = [one.key for one in link.copies] if link else []
    seen = await desk.ledger.observations(it.flow, keys)
    base = plain(it.base)
    names = sorted({*base, *(str(name) for side in it.sides for name in side.fields)})
    sides = tuple(
        Shown(
            name,
            tuple((field, marked(base.get(field, ""), plain(side.fields).get(field, ""))) for field in names),
            side,
        )
        for name, side in zip(names_of(it), it.sides, strict=True)
    )
    first = plain(it.sides[0].fields) if it.sides else {}
    return Entry(
        it=it,
        file_name=next((one.file_name for one in seen.values()), ""),
        copies=[str(one) for one in keys],
        base={field: base.get(field, "") for field in names},
        sides=sides,
        absence=is_about_absence(it),
        fields=tuple((field, first.get(field, "")) for field in names),
    )


@router.get("/conflicts.csv")
async def inbox_file(request: Request, who: Seer, state: ConflictState = ConflictState.OPEN) -> Response:
    found = await _page(desk_of(request), who, state, None, "", 100_000)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    rows = (
        (it.id, it.flow, it.link, it.group, it.opened_at.isoformat(), words(it.reason), *_both(it))
        for it in found
        if it.flow in mine
    )
    return table_file(
        f"conflicts-{state}", ("conflict", "flow", "link", "about", "since", "why", "base", "sides"), rows
    )


def _both(it: Conflict) -> tuple[str, str]:
    sides = (f"{name}: {plain(side.fields)}" for name, side in zip(names_of(it), it.sides, strict=True))
    return str(plain(it.base)), " | ".join(sides)


@router.get("/conflicts/{conflict}")
async def one(request: Request, conflict: str, who: Seer) -> Response:
    desk = desk_of(request)
    it = await _known(desk, conflict)
    who.needs(Duty.SEE_ASSETS, it.flow)
    entry = await _entry(desk, it)
    return page(request, "conflict.html", now=await desk.clock.now(), entry=entry, notice=await notice_of(request, who))


async def _known(desk: Desk, conflict: str) -> Conflict:
    it = await desk.ledger.conflict(ConflictId(conflict))
    if it is None:
        raise Stop(404, f"There is no conflict {conflict}.")
    return it


@router.post("/conflicts/{conflict}/settle")
async def settle(request: Request, conflict: str, who: Settler) -> Response:
    """By a side, or by a value of one's own; for all like it where that is ticked."""
    it = await _known(desk_of(request), conflict)
    who.needs(Duty.SETTLE, it.flow)
    form = await request.form()
    side = str(form.get("side") or "")
    texts = (
        {}
        if side
        else {name.removeprefix("value:"): str(text) for name, text in form.items() if name.startswith("value:")}
    )
    scope: dict[str, Any] = {"side": side, "values": {}, "texts": texts, "all_like": form.get("all_like") == "1"}
    if given := str(form.get("follow") or ""):
        scope["texts"] = {str(next(iter(it.base), "presence")): str(WhenAbsent(given))}
    scope |= {"conflict": it.id, "revision": int(str(form.get("revision") or it.revision)), "flow": str(it.flow)}
    return await order(request, who, CommandKind.SETTLE, scope, back=str(form.get("back") or address("/conflicts")))


@router.post("/conflicts/{conflict}/undo")
async def undo(request: Request, conflict: str, who: Settler) -> Response:
    it = await _known(desk_of(request), conflict)
    who.needs(Duty.SETTLE, it.flow)
    scope = {"conflict": it.id, "revision": it.revision, "flow": str(it.flow)}
    return await order(request, who, CommandKind.UNDO, scope, back=f"/conflicts/{it.id}")
