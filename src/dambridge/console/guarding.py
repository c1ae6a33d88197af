"""Who is asking, whether they may, and whether it is really them who posted this form."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request

from dambridge.console.desk import Desk, desk_of
from dambridge.engine import people
from dambridge.model.identity import FlowName
from dambridge.model.people import Person, Session
from dambridge.policy.duties import DUTIES, Duty, answers_for_all, may, of_a_part

OF_ALL = "This is of all assets of a flow at once, and you answer for some regions or selections."
WHOLE = {
    Duty.TERMS: "What a word means is decided for every asset that uses it, and you answer for some regions or selections.",
    Duty.APPROVE: "A plan is approved as a whole, and you answer for some regions or selections.",
    Duty.AUDIT: "The audit is one chain about everything, and you answer for some regions or selections.",
}
"""What is said to people who answer for a part, of what cannot be parted."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedIn(Exception):
    """Nobody is signed in; `back` is where they wanted to go."""

    def __init__(self, back: str) -> None:
        super().__init__("Sign in first.")
        self.back = back


class Stop(Exception):
    """This request goes no further: an HTTP status and a sentence for a person."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status
        self.says = says


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody who is signed in. `csrf` is what each of their forms carries."""

    person: Person
    session: Session
    csrf: str

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def of_a_part(self) -> bool:
        """Whether they answer for some regions or selections alone."""
        return of_a_part(self.person.searcher)

    def may(self, duty: Duty, flow: FlowName | None = None, *, partly: bool = False) -> bool:
        return may(self.person.searcher, duty, flow, partly=partly)

    def needs(self, duty: Duty, flow: FlowName | None = None, *, partly: bool = False) -> None:
        """Raises `Stop` where this person may not."""
        if self.may(duty, flow, partly=partly):
            return
        if self.of_a_part and not partly and self.person.roles & DUTIES[duty]:
            raise Stop(403, WHOLE.get(duty, OF_ALL))
        about = f" in {flow}" if flow is not None else ""
        raise Stop(403, f"Your roles do not let you do this{about}. An administrator can change that.")


def cookie_of(desk: Desk) -> str:
    """Its name; over a certificate it is bound to this very host."""
    return "__Host-dambridge" if desk.options.is_secure else "dambridge"


def csrf_of(secret: str) -> str:
    """What the forms of a session carry: it follows from the session's secret, and does not lead back to it."""
    return hmac.new(secret.encode(), b"form", "sha256").hexdigest()


async def signed(request: Request) -> Signed:
    """Whoever is signed in. Raises `NotSignedIn`; for a form, `Stop` where it does not come from our own page."""
    desk = desk_of(request)
    secret = request.cookies.get(cookie_of(desk), "")
    found = await people.signed_in(desk.people, secret) if secret else None
    if found is None:
        raise NotSignedIn(wanted_of(request))
    session, person = found
    it = Signed(person=person, session=session, csrf=csrf_of(secret))
    if request.method not in SAFE:
        await from_our_own_page(request, it.csrf)
    request.state.signed = it
    return it


async def from_our_own_page(request: Request, csrf: str) -> None:
    """Raises `Stop` for a form that another site had posted."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Stop(403, "This form came from another site, so nothing was done.")
    given = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf") or "")
    if not hmac.compare_digest(given.encode(), csrf.encode()):
        raise Stop(403, "This page was too old to act on. Go back, load it again, and repeat what you did.")


def wanted_of(request: Request) -> str:
    """Where to go after signing in: only ever a page of ours."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}" if request.method in SAFE else "/"


def sign_in_address(back: str) -> str:
    return f"/sign-in?back={quote(back, safe='')}" if back not in {"", "/"} else "/sign-in"


def inner(address: str) -> str:
    """The address if it is a path on this site, else the first page."""
    parts = urlsplit(address)
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if plain and address.isprintable() else "/"


def needing(duty: Duty, *, partly: bool = False) -> Callable[[Signed], Coroutine[Any, Any, Signed]]:
    """A dependency: somebody signed in who may do that in some flow; `partly` for a part of it at least."""

    async def check(it: Annotated[Signed, Depends(signed)]) -> Signed:
        it.needs(duty, partly=partly)
        return it

    return check


async def whole(request: Request, it: Annotated[Signed, Depends(needing(Duty.SEE_ASSETS))]) -> Signed:
    """A dependency: somebody who answers for every flow, for lists that cannot be parted by flow."""
    if not answers_for_all(it.person.searcher, desk_of(request).flows):
        raise Stop(403, "This list is of all flows, and yours are some of them.")
    return it


Seer = Annotated[Signed, Depends(needing(Duty.SEE_ASSETS))]
PartSeer = Annotated[Signed, Depends(needing(Duty.SEE_ASSETS, partly=True))]
"""Somebody who sees assets: all of their flows, or those of their part. What they are shown goes through a `lens`."""
Looker = Annotated[Signed, Depends(needing(Duty.LOOK))]


async def whole_looker(it: Annotated[Signed, Depends(needing(Duty.LOOK))]) -> Signed:
    """A dependency: somebody who may know how much there is."""
    if it.of_a_part:
        raise Stop(403, OF_ALL)
    return it


WholeLooker = Annotated[Signed, Depends(whole_looker)]
Whole = Annotated[Signed, Depends(whole)]
