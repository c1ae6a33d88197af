"""Conflicts: what several people said of one thing; whose word stands is one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.comparing import Piece, marked
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Signed, Stop, needing
from dambridge.console.lens import Lens, Page, lens_for, page_of
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import address, page, plain, table_file
from dambridge.model.commands import CommandKind
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState, Side
from dambridge.model.identity import FlowName
from dambridge.planning.ruling import is_about_absence, names_of
from dambridge.policy.duties import Duty
from dambridge.policy.mirror import WhenAbsent

router = APIRouter(include_in_schema=False)
PAGE = 20
PAGE_OF_PART = 1000
"""Entries of somebody's part that a file holds at most."""
STATES = (ConflictState.OPEN, ConflictState.RULED, ConflictState.SETTLED, ConflictState.MOOT)
Settler = Annotated[Signed, Depends(needing(Duty.SETTLE, partly=True))]


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
    who: PartSeer,
    state: ConflictState = ConflictState.OPEN,
    flow: FlowName | None = None,
    after: str = "",
) -> Response:
    desk = desk_of(request)
    lens = lens_for(desk, who.person.searcher)
    who.needs(Duty.SEE_ASSETS, flow, partly=True)
    found = await conflicts_seen(lens, state, flow, after, PAGE)
    counts = {} if lens.part else await desk.ledger.count_conflicts(flow=flow)
    return page(
        request,
        "conflicts.html",
        now=await desk.clock.now(),
        entries=[await _entry(desk, it) for it in found.rows],
        next=found.next,
        state=state,
        states=[(it, None if lens.part else counts.get(it, 0)) for it in STATES],
        lens=lens,
        flow=flow,
        notice=await notice_of(request, who),
    )


async def conflicts_seen(
    lens: Lens, state: ConflictState, flow: FlowName | None, after: str, limit: int
) -> Page[Conflict]:
    """A page of the inbox as one person sees it."""

    async def fetch(after: str, limit: int) -> Sequence[Conflict]:
        place = ConflictId(after) if after else None
        try:
            return await lens.desk.ledger.conflicts(flow=flow, states=[state], after=place, limit=limit)
        except LookupError:
            raise Stop(404, "The list has changed since; begin it again.") from None

    async def choose(some: Sequence[Conflict]) -> list[Conflict]:
        return await lens.by_link([it for it in some if it.flow in lens.flows], lambda it: it.link)

    return await page_of(lens, fetch, choose, name=lambda it: str(it.id), after=after, limit=limit)


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
async def inbox_file(request: Request, who: PartSeer, state: ConflictState = ConflictState.OPEN) -> Response:
    lens = lens_for(desk_of(request), who.person.searcher)
    found = await conflicts_seen(lens, state, None, "", PAGE_OF_PART if lens.part else 100_000)
    rows = (
        (it.id, it.flow, it.link, it.group, it.opened_at.isoformat(), lens.words(it.reason), *_both(it))
        for it in found.rows
    )
    return table_file(
        f"conflicts-{state}", ("conflict", "flow", "link", "about", "since", "why", "base", "sides"), rows
    )


def _both(it: Conflict) -> tuple[str, str]:
    sides = (f"{name}: {plain(side.fields)}" for name, side in zip(names_of(it), it.sides, strict=True))
    return str(plain(it.base)), " | ".join(sides)


@router.get("/conflicts/{conflict}")
async def one(request: Request, conflict: str, who: PartSeer) -> Response:
    desk = desk_of(request)
    lens = lens_for(desk, who.person.searcher)
    it = await known_conflict(lens, conflict)
    who.needs(Duty.SEE_ASSETS, it.flow, partly=True)
    entry, notice, now = await _entry(desk, it), await notice_of(request, who), await desk.clock.now()
    return page(request, "conflict.html", now=now, entry=entry, lens=lens, notice=notice)


async def known_conflict(lens: Lens, conflict: str) -> Conflict:
    """The conflict as far as this person sees it. Raises `Stop` where there is none for them."""
    it = await lens.desk.ledger.conflict(ConflictId(conflict))
    if it is None or not await lens.by_link([it], lambda one: one.link):
        raise Stop(404, f"There is no conflict {conflict}.")
    return it


@router.post("/conflicts/{conflict}/settle")
async def settle(request: Request, conflict: str, who: Settler) -> Response:
    """By a side, or by a value of one's own; for all like it where that is ticked."""
    it = await known_conflict(lens_for(desk_of(request), who.person.searcher), conflict)
    who.needs(Duty.SETTLE, it.flow, partly=True)
    form = await request.form()
    if who.of_a_part and form.get("all_like") == "1":
        raise Stop(403, "Others like it may lie outside of what you answer for: settle one after the other.")
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
    it = await known_conflict(lens_for(desk_of(request), who.person.searcher), conflict)
    who.needs(Duty.SETTLE, it.flow, partly=True)
    scope = {"conflict": it.id, "revision": it.revision, "flow": str(it.flow)}
    return await order(request, who, CommandKind.UNDO, scope, back=f"/conflicts/{it.id}")
