"""Signing in and out, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, cookie_of, inner, signed
from dambridge.console.rendering import page
from dambridge.console.streams import pulse_of
from dambridge.engine import people
from dambridge.model.people import Person
from dambridge.ports.errors import Refused
from dambridge.telemetry.figures import duration

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def form(request: Request, back: str = "/") -> Response:
    return await _form(request, back)


async def _form(request: Request, back: str, *, says: str = "", status: int = 200, name: str = "") -> Response:
    desk = desk_of(request)
    nobody = not await desk.people.store.people()
    oidc = desk.options.oidc
    return page(
        request, "sign_in.html", http_status=status, back=inner(back), says=says, name=name, nobody=nobody, oidc=oidc
    )


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """No CSRF token yet: the form must come from our own page, which browsers say."""
    _same_site(request)
    desk, given = desk_of(request), await request.form()
    name, back = str(given.get("name") or ""), str(given.get("back") or "/")
    place = request.client.host if request.client else ""
    tried = name.strip().casefold()[:200]
    if wait := desk.brake.attempt(tried, place, await desk.people.clock.now()):
        says = f"Too many attempts. Try again in {duration(wait.total_seconds())}."
        answer = await _form(request, back, says=says, status=429, name=name)
        answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        return answer
    person = await people.check_password(desk.people, name, str(given.get("password") or ""))
    if person is None:
        if await _is_known(desk, name):
            await people.note(desk.people, "person.sign_in_refused", people.name_of(name), {}, by=people.name_of(name))
        return await _form(request, back, says="That name and password do not go together.", status=401, name=name)
    desk.brake.succeeded(tried, place)
    return await let_in(request, person, back=back, via="password")


async def _is_known(desk: Desk, name: str) -> bool:
    try:
        return await desk.people.store.person(people.name_of(name)) is not None
    except Refused:
        return False


def _same_site(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "")
    strange = origin and origin.partition("://")[2] != request.headers.get("host")
    if site not in {"same-origin", "none"} or strange:
        raise Stop(403, "This form came from another site, so nothing was done.")


async def let_in(request: Request, person: Person, *, back: str, via: str) -> Response:
    """A new session, whatever the browser held before."""
    desk = desk_of(request)
    before = request.cookies.get(cookie_of(desk))
    secret = await people.begin(desk.people, person, instead_of=before, via=via)
    answer = RedirectResponse(inner(back), status_code=303)
    answer.set_cookie(
        cookie_of(desk),
        secret,
        httponly=True,
        samesite="lax",
        secure=desk.options.is_secure,
        path="/",
        max_age=int(desk.people.longest.total_seconds()),
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, who: Annotated[Signed, Depends(signed)]) -> Response:
    desk = desk_of(request)
    await people.leave(desk.people, who.session)
    pulse_of(request).end(who.session.id)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_of(desk), path="/")
    return answer


@router.get("/me")
async def me(request: Request, who: Annotated[Signed, Depends(signed)]) -> Response:
    return page(request, "me.html", says="", tokens=await desk_of(request).people.store.tokens(who.name), fresh="")


@router.post("/me/password")
async def password(request: Request, who: Annotated[Signed, Depends(signed)]) -> Response:
    desk, given = desk_of(request), await request.form()
    if wait := desk.brake.attempt(who.name, "", await desk.people.clock.now()):
        raise Stop(429, f"Too many attempts. Try again in {duration(wait.total_seconds())}.")
    try:
        await people.choose_password(
            desk.people, who.person, old=str(given.get("old") or ""), new=str(given.get("new") or "")
        )
    except Refused as error:
        tokens = await desk.people.store.tokens(who.name)
        return page(request, "me.html", http_status=409, says=str(error), tokens=tokens, fresh="")
    desk.brake.succeeded(who.name, "")
    return await let_in(request, who.person, back="/", via="password")
