"""Panels: tokens of some minutes that let pages of a customer's own ask and show, in the name of whoever's token made them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from dambridge.engine.people import PeopleDesk, digest
from dambridge.model.access import EVERYTHING_IN_SCOPE, ORDERS, Role, Scope
from dambridge.model.origins import origin_of
from dambridge.model.people import PanelToken, Person, narrowed, scope_to_json
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry

PREFIX: Final = "dmp_"
"""What a panel's token begins with: it is never taken for a script's."""
LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a panel shall be let do. `audience` and `channels` are those of whoever reads the page; None is no limit."""

    origins: tuple[str, ...]
    orders: bool = False
    lasts: timedelta = timedelta(minutes=15)
    scope: Scope = EVERYTHING_IN_SCOPE
    audience: str = ""
    channels: frozenset[str] | None = None


async def make_panel_token(
    desk: PeopleDesk, person: Person, wish: Wish, *, parent: str, known: Collection[str]
) -> tuple[str, PanelToken]:
    """A token for pages of these origins, shown this once. `person` is whoever the script's token lets in, `parent` the id of
    that token, `known` the origins that the configuration names. Raises `Refused` for more than either of them allows."""
    origins = _allowed(wish.origins, known)
    if wish.orders and not person.roles & ORDERS:
        raise Refused("A viewer's token makes panels that show; it makes none that order.", code="no_role")
    secret, now = f"{PREFIX}{secrets.token_urlsafe(32)}", await desk.clock.now()
    token = PanelToken(
        id=digest(secret),
        key=secret[4:12],
        parent=parent,
        person=person.name,
        origins=origins,
        orders=wish.orders,
        scope=narrowed(person.scope, wish.scope),
        audience=wish.audience,
        channels=wish.channels,
        made_at=now,
        ends_at=now + min(wish.lasts, LONGEST),
    )
    detail = {"panel": token.key, "origins": list(origins), "orders": token.orders, "scope": scope_to_json(token.scope)}
    entry = AuditEntry(
        at=now, actor=person.name, event="panel.token_made", subject=f"person:{person.name}", detail=detail
    )
    await desk.store.add_panel_token(token, [entry])
    return secret, token


def _allowed(wanted: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    try:
        origins = tuple(dict.fromkeys(map(origin_of, wanted)))
    except ValueError as error:
        raise Refused(f"{error}.", code="origin") from None
    if not known:
        raise Refused("No page may show a panel yet: name its origin in `console: panel_origins`.", code="origin")
    if strange := [it for it in origins if it not in known]:
        raise Refused(
            f"No panel is let onto {', '.join(strange)}: `console: panel_origins` does not name it.", code="origin"
        )
    return origins


async def let_in_by_panel(desk: PeopleDesk, secret: str) -> tuple[PanelToken, Person] | None:
    """The panel, and its maker with what the panel may do: see what is cleared for use and no more, order only where all three of
    them may. None where the token, or the one that made it, does not hold any more."""
    found = await desk.store.panel_token(digest(secret), now=await desk.clock.now())
    if found is None:
        return None
    panel, parent, person = found
    roles = person.roles & parent.roles
    if not roles:
        return None
    role = Role.SEARCHER if panel.orders and roles & ORDERS else Role.VIEWER
    scope = narrowed(narrowed(person.scope, parent.scope), panel.scope)
    return panel, replace(person, roles=frozenset({role}), scope=scope)
