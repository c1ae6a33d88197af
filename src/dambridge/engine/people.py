"""Who may do what: adding people, changing their rights, letting them in. Each change is in the audit under a person's name."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from dambridge.engine.passwords import SHORTEST, Passwords, made_up
from dambridge.model.access import EVERYTHING_IN_SCOPE, Role, Scope
from dambridge.model.people import ApiToken, Person, Session, narrowed, scope_to_json
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.people import PeopleStore

LONGEST_NAME: Final = 120
TOUCH_AFTER: Final = timedelta(minutes=1)
"""How old a session's last sight gets before it is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleDesk:
    """What is needed to answer for people. `clock` is real time: sessions and tokens end by it, whatever day the domain has.

    A session ends when nothing was heard of it for `idle`, and after `longest` in any case."""

    store: PeopleStore
    clock: Clock
    passwords: Passwords = field(default_factory=Passwords)
    idle: timedelta = timedelta(hours=12)
    longest: timedelta = timedelta(days=7)


# people ---------------------------------------------------------------------------------------------------------------


def name_of(given: str) -> str:
    """A name as it is kept. Raises `Refused` for what cannot be one."""
    name = unicodedata.normalize("NFKC", given).strip().casefold()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or " " in name or name == "schedule":
        raise Refused("A name to sign in with is one word: letters, figures, `.`, `-`, `_`, or an e-mail address.")
    return name


def roles_of(given: Iterable[str]) -> frozenset[Role]:
    """Raises `Refused` for a role that there is not, or for none at all."""
    wanted = [it.strip().casefold().replace(" ", "_").replace("-", "_") for it in given if it.strip()]
    if strange := sorted(set(wanted) - set(Role)):
        raise Refused(f"There is no role {', '.join(strange)}. The roles are {', '.join(Role)}.")
    if not wanted:
        raise Refused(f"Say which roles: {', '.join(Role)}.")
    return frozenset(map(Role, wanted))


async def add(
    desk: PeopleDesk,
    given: str,
    *,
    roles: frozenset[Role],
    by: str,
    display: str = "",
    scope: Scope = EVERYTHING_IN_SCOPE,
    subject: str = "",
) -> str:
    """Add somebody and give the password that lets them in; empty where `subject` says that they sign in elsewhere.

    Raises `Refused` where the name is taken."""
    name, now = name_of(given), await desk.clock.now()
    password = "" if subject else made_up()
    hashed = await asyncio.to_thread(desk.passwords.hash, password) if password else None
    person = Person(
        name=name,
        display=display.strip() or given.strip(),
        roles=roles,
        scope=scope,
        password=hashed,
        subject=subject,
        added_at=now,
    )
    entry = _entry(now, by, "person.added", name, {**person.rights_to_json(), "elsewhere": bool(subject)})
    if not await desk.store.add_person(person, [entry]):
        raise Refused(f"There is a {name} already. See everybody: `dambridge users list`.")
    return password


async def set_rights(desk: PeopleDesk, given: str, *, roles: frozenset[Role], scope: Scope, by: str) -> Person:
    """Raises `Refused` where nobody would be left to give roles."""
    person, now = await known(desk, given), await desk.clock.now()
    changed = replace(person, roles=roles, scope=scope)
    await _keep_an_administrator(desk, changed)
    detail = {"from": person.rights_to_json(), "to": changed.rights_to_json()}
    await desk.store.put_person(changed, [_entry(now, by, "person.roles", person.name, detail)], sign_out=False)
    return changed


async def reset(desk: PeopleDesk, given: str, *, by: str) -> str:
    """A new password; every session of theirs ends. Raises `Refused` for somebody who signs in elsewhere."""
    person = await known(desk, given)
    if person.subject:
        raise Refused(f"{person.name} signs in elsewhere and has no password here.")
    password = made_up()
    await _change(desk, person, password, by=by)
    return password


async def choose_password(desk: PeopleDesk, person: Person, *, old: str, new: str) -> None:
    """Somebody's own new password. Raises `Refused` where the old one is wrong, or the new one too short."""
    if not await asyncio.to_thread(desk.passwords.holds, person.password, old):
        raise Refused("The present password is another one.")
    if len(new) < SHORTEST:
        raise Refused(f"Choose one of at least {SHORTEST} characters.")
    await _change(desk, person, new, by=person.name)


async def _change(desk: PeopleDesk, person: Person, password: str, *, by: str) -> None:
    now = await desk.clock.now()
    hashed = await asyncio.to_thread(desk.passwords.hash, password)
    entry = _entry(now, by, "person.reset", person.name, {})
    await desk.store.put_person(replace(person, password=hashed), [entry], sign_out=True)


async def set_disabled(desk: PeopleDesk, given: str, *, disabled: bool, by: str) -> Person:
    """Raises `Refused` where nobody would be left to give roles."""
    person, now = await known(desk, given), await desk.clock.now()
    changed = replace(person, disabled=disabled)
    await _keep_an_administrator(desk, changed)
    event = "person.disabled" if disabled else "person.enabled"
    await desk.store.put_person(changed, [_entry(now, by, event, person.name, {})], sign_out=disabled)
    return changed


async def known(desk: PeopleDesk, given: str) -> Person:
    person = await desk.store.person(name_of(given))
    if person is None:
        raise Refused(f"There is nobody called {given}. See everybody: `dambridge users list`.")
    return person


async def _keep_an_administrator(desk: PeopleDesk, changed: Person) -> None:
    others = [it for it in await desk.store.people() if it.name != changed.name]
    had_one = any(_administers(it) for it in await desk.store.people())
    if had_one and not any(map(_administers, [*others, changed])):
        raise Refused("Nobody would be left to give roles: make somebody else an administrator first.")


def _administers(it: Person) -> bool:
    return Role.ADMINISTRATOR in it.roles and not it.disabled


# sessions -------------------------------------------------------------------------------------------------------------


async def check_password(desk: PeopleDesk, given: str, password: str) -> Person | None:
    """Whoever this lets in; None for a wrong name or password alike."""
    try:
        person = await desk.store.person(name_of(given))
    except Refused:
        person = None
    hashed = person.password if person is not None else None
    holds = await asyncio.to_thread(desk.passwords.holds, hashed, password)
    return person if holds and person is not None and not person.disabled else None


async def begin(desk: PeopleDesk, person: Person, *, instead_of: str | None, via: str) -> str:
    """Sign somebody in: the secret that their browser keeps. What it kept before opens nothing any more."""
    secret, now = secrets.token_urlsafe(32), await desk.clock.now()
    session = Session(id=digest(secret), person=person.name, begun_at=now, seen_at=now, ends_at=now + desk.idle)
    await desk.store.open_session(session, instead_of=digest(instead_of) if instead_of else None)
    await note(desk, "person.signed_in", person.name, {"via": via}, by=person.name)
    return secret


async def signed_in(desk: PeopleDesk, secret: str) -> tuple[Session, Person] | None:
    """Who stands behind this secret, and still does."""
    now = await desk.clock.now()
    found = await desk.store.session(digest(secret), now=now)
    if found is None or found[0].begun_at + desk.longest <= now:
        return None
    if now - found[0].seen_at >= TOUCH_AFTER:
        await desk.store.touch_session(found[0].id, seen_at=now, ends_at=now + desk.idle)
    return found


async def leave(desk: PeopleDesk, session: Session) -> None:
    await desk.store.end_session(session.id)
    await note(desk, "person.signed_out", session.person, {}, by=session.person)


# tokens ---------------------------------------------------------------------------------------------------------------


async def make_token(
    desk: PeopleDesk, person: Person, *, name: str, roles: frozenset[Role], scope: Scope, lasts: timedelta
) -> str:
    """A token for a script, shown this once. Raises `Refused` for rights that its maker does not have."""
    if not roles or roles - person.roles:
        raise Refused("A token has some of its maker's roles, and no other.")
    secret, now = f"dmb_{secrets.token_urlsafe(32)}", await desk.clock.now()
    token = ApiToken(
        id=digest(secret),
        key=secret[4:12],
        name=name.strip() or "unnamed",
        person=person.name,
        roles=roles,
        scope=narrowed(person.scope, scope),
        made_at=now,
        ends_at=now + lasts,
    )
    detail = {"token": token.key, "name": token.name, "roles": sorted(roles), "scope": scope_to_json(token.scope)}
    await desk.store.add_token(token, [_entry(now, person.name, "token.made", person.name, detail)])
    return secret


async def let_in_by_token(desk: PeopleDesk, secret: str) -> Person | None:
    """Its maker, with no more than both of them may do now."""
    found = await desk.store.token(digest(secret), now=await desk.clock.now())
    if found is None:
        return None
    token, person = found
    return replace(person, roles=person.roles & token.roles, scope=narrowed(person.scope, token.scope))


async def revoke(desk: PeopleDesk, key: str, *, by: str) -> None:
    now = await desk.clock.now()
    if not await desk.store.revoke_token(key, [_entry(now, by, "token.revoked", by, {"token": key})]):
        raise Refused(f"No token {key} holds.")


def digest(secret: str) -> str:
    """What is kept of a secret that was drawn by lot; it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def note(desk: PeopleDesk, event: str, subject: str, detail: Mapping[str, Any], *, by: str) -> None:
    """Put into the audit what changes nobody's rights."""
    await desk.store.note([_entry(await desk.clock.now(), by, event, subject, detail)])


def _entry(at: datetime, by: str, event: str, subject: str, detail: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(at=at, actor=by, event=event, subject=f"person:{subject}", detail=detail)
