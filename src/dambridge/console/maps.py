"""The map and the rules of flows: what they say, what the linter says of it, what a real asset becomes by it; and changing them.

The text travels in the form, so that nothing typed is ever lost; what a look at it finds comes back beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from dambridge.bootstrap import ConfigurationWrong, lint
from dambridge.bootstrap.editing import Looked, Part, cut_flow, digest_of, look, part_of, words_of
from dambridge.bootstrap.map_table import Cell
from dambridge.bootstrap.saving import EditedMeanwhile, difference, held, previous_path, replace_text
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import OF_ALL, Signed, Stop, needing
from dambridge.console.in_force import force_of
from dambridge.console.map_sights import Draft, Sight, closed_for, sight_of
from dambridge.console.notices import notice_of
from dambridge.console.rendering import address, page
from dambridge.mapping.rules import Direction
from dambridge.policy.duties import Duty
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.ledger import AuditEntry

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Signed, Depends(needing(Duty.MACHINE))]
Changer = Annotated[Signed, Depends(needing(Duty.CONFIGURE))]
LONGEST = 500_000
"""Characters of a text that is looked at."""


@router.get("/map")
async def moved(who: Keeper) -> Response:
    del who
    return RedirectResponse("/maps", status_code=308)


@router.get("/maps")
async def maps(
    request: Request,
    who: Keeper,
    part: str = "map",
    view: str = "table",
    account: str = "",
    asset: str = "",
    live: bool = False,
) -> Response:
    """As it stands; `live` holds the map in force against the accounts and some of their assets."""
    desk = desk_of(request)
    draft = Draft(part=part, view=view, account=account, asset=asset, cells={})
    sight, says = await sight_of(desk, who, draft), ""
    if live and who.of_a_part:
        raise Stop(403, OF_ALL)  # samples of anybody's assets are looked at
    if live:
        sight, says = await _live(desk, sight)
    return await _whole(request, who, replace(sight, says=says or sight.says), live=live)


@router.get("/maps/force")
async def force(request: Request, who: Keeper, part: str = "map", saved: bool = False) -> Response:
    """The part of the page that says from when it holds."""
    desk = desk_of(request)
    sight = await sight_of(desk, who, Draft(part=part, cells={}))
    told = await force_of(desk, sight, saved=saved)
    return page(request, "_map_force.html", it=sight, saved=saved, force=told, now=await desk.clock.now())


async def _live(desk: Desk, sight: Sight) -> tuple[Sight, str]:
    """The words of the map in force, with samples of real assets."""
    try:
        found = await lint(desk.settings, offline=False)
    except NextMove as error:
        return sight, f"The accounts could not be asked: {error}"
    return replace(sight, looked=Looked(settings=desk.settings, words=words_of(sight.part, desk.settings, found))), ""


async def _whole(request: Request, who: Signed, sight: Sight, *, live: bool = False, status: int = 200) -> Response:
    desk = desk_of(request)
    flows, saved = [str(it) for it in desk.flows], bool(request.query_params.get("saved"))
    return page(
        request,
        "maps.html",
        http_status=status,
        it=sight,
        parts=["map", *flows],
        accounts=list(desk.settings.accounts),
        held_against=live,
        now=await desk.clock.now(),
        saved=saved,
        force=await force_of(desk, sight, saved=saved),
        why_closed=sight.closed or closed_for(desk, who, sight.part),
        notice=await notice_of(request, who),
    )


# changing -------------------------------------------------------------------------------------------------------------


def draft_in(form: FormData) -> Draft:
    """What a form holds. Raises `Stop` for what no page of ours sends."""
    text = str(form.get("text") or "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise Stop(413, "That is more than a map holds.")
    cells: dict[str, Cell] = {}
    for name, value in form.multi_items():
        kind, _, field = name.partition("~")
        if kind == "to" and field:
            cells[field] = Cell(str(value).strip(), _direction(form.get(f"way~{field}")))
    added = str(form.get("new") or "").strip()
    if added:
        cells[added] = Cell(str(form.get("new_to") or "").strip(), Direction.BOTH)
    return Draft(
        part=str(form.get("part") or "map"),
        view="text" if form.get("view") == "text" else "table",
        account=str(form.get("account") or ""),
        text=text,
        cells=cells,
        digest=str(form.get("digest") or ""),
        asset=str(form.get("asset") or ""),
        q=str(form.get("q") or "").strip()[:500],
    )


def _direction(given: object) -> Direction:
    try:
        return Direction(str(given or Direction.BOTH))
    except ValueError:
        raise Stop(422, "A field is read, written, or both.") from None


@router.post("/maps/check")
async def check(request: Request, who: Keeper) -> Response:
    """Look at what was typed. As a part of a page: what stands beside the text; else the whole page, the text as it was typed."""
    form = await request.form()
    draft, turn = draft_in(form), str(form.get("turn") or "")
    sight = await sight_of(desk_of(request), who, draft)
    if turn and sight.part is not None:
        sight = await sight_of(desk_of(request), who, _turned(sight, turn))
    if request.headers.get("hx-request"):
        return page(request, "_map_seen.html", it=sight, oob=True)
    return await _whole(request, who, sight)


def _turned(sight: Sight, turn: str) -> Draft:
    """The same text seen otherwise: as `table`, as `text`, or as the table of `account:NAME`."""
    draft = replace(sight.draft, text=sight.wanted or sight.draft.text, cells={})
    kind, _, account = turn.partition(":")
    return replace(draft, view="table", account=account) if kind == "account" else replace(draft, view=kind)


@router.post("/maps/save")
async def save(request: Request, who: Changer) -> Response:
    """Put it in the place of what stands there: only over what was looked at, and only where nothing is wrong with it."""
    desk, draft = desk_of(request), draft_in(await request.form())
    sight = await sight_of(desk, who, draft)
    part = sight.part
    if part is None or not sight.may_save:
        raise Stop(403, "This cannot be changed from here: " + (sight.closed or closed_for(desk, who, part)))
    if sight.looked is None or not sight.looked.good:
        says = "Nothing was saved: mend what is marked first. What you typed is still here."
        return await _whole(request, who, replace(sight, says=says), status=422)
    if not sight.changed:
        return await _whole(request, who, replace(sight, says="Nothing is different, so nothing was saved."))
    try:
        await _put(desk, who, part, draft.digest, sight.wanted)
    except EditedMeanwhile as error:
        theirs = part_of(desk.settings, draft.part)
        lines = difference(sight.wanted, theirs.text) if theirs is not None else []
        says = f"{error} What you typed is still here; what the file says otherwise stands below."
        digest = theirs.digest if theirs is not None else ""
        kept = replace(sight, says=says, theirs=tuple(lines), draft=replace(sight.draft, digest=digest))
        return await _whole(request, who, kept, status=409)
    except Refused as error:
        return await _whole(request, who, replace(sight, says=str(error)), status=409)
    back = address(
        "/maps", part=draft.part, view=sight.draft.view, account=sight.draft.account, asset=sight.draft.asset
    )
    return RedirectResponse(f"{back}&saved=1", status_code=303)


async def _put(
    desk: Desk, who: Signed, part: Part, digest: str, wanted: str, *, event: str = "configuration.changed"
) -> None:
    """Write it. The entry comes before the file: what is there without a word about it would be worse than a word too many."""
    text = part.with_text(wanted)
    with held(part.path, expected=digest) as now:
        lines = sum(it.startswith(("+", "-")) for it in difference(now, text))
        detail = {
            "part": part.name,
            "file": part.path.name,
            "lines": lines,
            "from": digest_of(now),
            "to": digest_of(text),
        }
        await _told(desk, who, event, part, detail)
        try:
            replace_text(part.path, now=now, text=text)
        except OSError as error:
            why = error.strerror or "it cannot be written"
            await _told(desk, who, "configuration.unsaved", part, {"file": part.path.name, "why": why})
            raise Refused(f"{part.path.name} could not be written: {why}. It stands as it was.") from None


async def _told(desk: Desk, who: Signed, event: str, part: Part, detail: Mapping[str, object]) -> None:
    at = await desk.clock.now()
    await desk.ledger.audit([AuditEntry(at=at, actor=who.name, event=event, subject=part.name, detail=detail)])


@router.post("/maps/undo")
async def undo(request: Request, who: Changer) -> Response:
    """Put the previous version back; what stands there becomes the previous one, so that this can be undone too."""
    desk, form = desk_of(request), await request.form()
    name = str(form.get("part") or "map")
    part = part_of(desk.settings, name)
    if part is None or (why := part.closed or closed_for(desk, who, part)):
        raise Stop(403, "This cannot be changed from here: " + (why if part is not None else "there is no such part."))
    try:
        before = previous_path(part.path).read_text(encoding="utf-8")
    except OSError:
        raise Stop(409, "No version before this one is kept.") from None
    earlier = replace(part, whole=before, text=before) if part.flow is None else _as_before(desk, part, before)
    looked = await asyncio.to_thread(look, desk.settings, part, earlier.text, now=await desk.clock.now())
    if not looked.good:
        raise Stop(
            409, "The version before cannot be used any more: " + "; ".join(it.told for it in looked.words if it.bad)
        )
    await _put(desk, who, part, str(form.get("digest") or ""), earlier.text, event="configuration.restored")
    return RedirectResponse(address("/maps", part=name, saved=1), status_code=303)


def _as_before(desk: Desk, part: Part, before: str) -> Part:
    """The same part of the version before."""
    assert part.flow is not None  # noqa: S101 - the caller asked
    try:
        found = cut_flow(desk.settings, part.flow, before)
    except ConfigurationWrong as error:
        raise Stop(409, f"The version before cannot be used any more: {error}") from None
    if found.closed:
        raise Stop(409, "The version before has this part written in another way; put it back on the machine.")
    return found
