"""People: who may sign in, what each may do, and tokens for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Signed, Stop, needing, signed
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.identity import FlowName
from dambridge.policy.duties import Duty

router = APIRouter(include_in_schema=False)
Administrator = Annotated[Signed, Depends(needing(Duty.PEOPLE))]


@router.get("/people")
async def everybody(request: Request, who: Administrator) -> Response:
    return await _page(request, who)


async def _page(request: Request, who: Signed, *, fresh: str = "", of: str = "") -> Response:
    """`fresh` is a password that is shown this once."""
    desk = desk_of(request)
    return page(
        request,
        "people.html",
        now=await desk.people.clock.now(),
        people=await desk.people.store.people(),
        roles=list(Role),
        flows=list(FlowName),
        fresh=fresh,
        of=of,
        notice=await notice_of(request, who),
    )


@router.post("/people")
async def add(request: Request, who: Administrator) -> Response:
    form, desk = await request.form(), desk_of(request)
    name = str(form.get("name") or "")
    made = await people.add(
        desk.people,
        name,
        roles=people.roles_of(_texts(form, "role")),
        display=str(form.get("display") or ""),
        scope=scope_in(form),
        by=who.name,
    )
    return await _page(request, who, fresh=made, of=people.name_of(name))


@router.post("/people/{name}/rights")
async def rights(request: Request, name: str, who: Administrator) -> Response:
    form = await request.form()
    roles = people.roles_of(_texts(form, "role"))
    await people.set_rights(desk_of(request).people, name, roles=roles, scope=scope_in(form), by=who.name)
    return RedirectResponse("/people", status_code=303)


@router.post("/people/{name}/reset")
async def reset(request: Request, name: str, who: Administrator) -> Response:
    made = await people.reset(desk_of(request).people, name, by=who.name)
    return await _page(request, who, fresh=made, of=name)


@router.post("/people/{name}/disabled")
async def disabled(request: Request, name: str, who: Administrator) -> Response:
    form = await request.form()
    await people.set_disabled(desk_of(request).people, name, disabled=form.get("disabled") == "1", by=who.name)
    return RedirectResponse("/people", status_code=303)


def _texts(form: FormData, name: str) -> Sequence[str]:
    return [str(it) for it in form.getlist(name)]


def scope_in(form: FormData) -> Scope:
    """Limits as a form gives them; nothing of a kind is no limit of that kind."""
    flows = _texts(form, "flow")
    if strange := set(flows) - set(FlowName):
        raise Stop(422, f"There is no flow {', '.join(sorted(strange))}.")
    regions, selections = (_listed(str(form.get(it) or "")) for it in ("regions", "selections"))
    return Scope(
        flows=frozenset(map(FlowName, flows)) if flows else None,
        regions=frozenset(regions) if regions else None,
        selections=frozenset(selections) if selections else None,
    )


def _listed(text: str) -> list[str]:
    return [it.strip() for it in text.split(",") if it.strip()]


# tokens ---------------------------------------------------------------------------------------------------------------


@router.post("/me/tokens")
async def make_token(request: Request, who: Annotated[Signed, Depends(signed)]) -> Response:
    form, desk = await request.form(), desk_of(request)
    days = str(form.get("days") or "90")
    lasts = timedelta(days=min(int(days), 366) if days.isdecimal() and int(days) else 90)
    roles = people.roles_of(_texts(form, "role"))
    name = str(form.get("name") or "")
    fresh = await people.make_token(desk.people, who.person, name=name, roles=roles, scope=scope_in(form), lasts=lasts)
    return page(request, "me.html", says="", tokens=await desk.people.store.tokens(who.name), fresh=fresh)


@router.post("/me/tokens/{key}/revoke")
async def revoke_token(request: Request, key: str, who: Annotated[Signed, Depends(signed)]) -> Response:
    desk = desk_of(request)
    if not any(it.key == key for it in await desk.people.store.tokens(who.name)):
        raise Stop(404, "There is no such token of yours.")
    await people.revoke(desk.people, key, by=who.name)
    return RedirectResponse("/me", status_code=303)
