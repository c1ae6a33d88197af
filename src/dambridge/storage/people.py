"""People, sessions and tokens in the database of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from dambridge.model.access import Role
from dambridge.model.people import ApiToken, PanelToken, Person, Session, scope_from_json, scope_to_json
from dambridge.ports.ledger import AuditEntry
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.tables.asking import api_tokens, panel_tokens, people, sessions
from dambridge.storage.upserting import add_if_new, put
from dambridge.storage.writer import Tx


class SqlPeopleStore:
    """Implements `ports.people.PeopleStore` through the ledger's own writer and readers."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    async def people(self) -> Sequence[Person]:
        return await self._ledger.read(lambda c: [_person(it) for it in c.execute(select(people).order_by(_P.name))])

    async def person(self, name: str) -> Person | None:
        return await self._ledger.read(lambda c: _one(c, _P.name == name))

    async def person_by_subject(self, subject: str) -> Person | None:
        return await self._ledger.read(lambda c: _one(c, _P.subject == subject))

    async def add_person(self, person: Person, audit: Sequence[AuditEntry]) -> bool:
        def add(tx: Tx) -> bool:
            if person.subject and _one(tx.conn, _P.subject == person.subject) is not None:
                return False
            added = add_if_new(tx.conn, people, _person_row(person))
            tx.audit.extend(audit if added else ())
            return added

        return await self._ledger.write(add)

    async def put_person(self, person: Person, audit: Sequence[AuditEntry], *, sign_out: bool) -> None:
        def write(tx: Tx) -> None:
            put(tx.conn, people, [_person_row(person)])
            if sign_out:
                tx.conn.execute(delete(sessions).where(_S.person == person.name))
            tx.audit.extend(audit)

        await self._ledger.write(write)

    async def note(self, audit: Sequence[AuditEntry]) -> None:
        await self._ledger.audit(audit)

    async def open_session(self, session: Session, *, instead_of: str | None = None) -> None:
        row = {name: getattr(session, name) for name in ("id", "person", "begun_at", "seen_at", "ends_at")}

        def write(tx: Tx) -> None:
            tx.conn.execute(delete(sessions).where((_S.id == instead_of) | (_S.ends_at <= session.begun_at)))
            tx.conn.execute(insert(sessions), row)

        await self._ledger.write(write)

    async def session(self, digest: str, *, now: datetime) -> tuple[Session, Person] | None:
        return await self._ledger.read(lambda c: _living(c, digest, now))

    async def touch_session(self, digest: str, *, seen_at: datetime, ends_at: datetime) -> None:
        change = update(sessions).where(_S.id == digest).values(seen_at=seen_at, ends_at=ends_at)
        await self._ledger.write(lambda tx: tx.conn.execute(change) and None)

    async def end_session(self, digest: str) -> None:
        await self._ledger.write(lambda tx: tx.conn.execute(delete(sessions).where(_S.id == digest)) and None)

    async def tokens(self, person: str | None = None) -> Sequence[ApiToken]:
        query = select(api_tokens).order_by(_T.key)
        query = query if person is None else query.where(_T.person == person)
        return await self._ledger.read(lambda c: [_token(it) for it in c.execute(query)])

    async def add_token(self, token: ApiToken, audit: Sequence[AuditEntry]) -> None:
        def write(tx: Tx) -> None:
            tx.conn.execute(insert(api_tokens), _token_row(token))
            tx.audit.extend(audit)

        await self._ledger.write(write)

    async def token(self, digest: str, *, now: datetime) -> tuple[ApiToken, Person] | None:
        return await self._ledger.read(lambda c: _holding(c, digest, now))

    async def revoke_token(self, key: str, audit: Sequence[AuditEntry]) -> bool:
        change = update(api_tokens).where(_T.key == key, _T.revoked.is_(False)).values(revoked=True)

        def write(tx: Tx) -> bool:
            revoked = tx.conn.execute(change).rowcount == 1
            tx.audit.extend(audit if revoked else ())
            return revoked

        return await self._ledger.write(write)

    async def add_panel_token(self, token: PanelToken, audit: Sequence[AuditEntry]) -> None:
        def write(tx: Tx) -> None:
            tx.conn.execute(delete(panel_tokens).where(panel_tokens.c.ends_at <= token.made_at))
            tx.conn.execute(insert(panel_tokens), _panel_row(token))
            tx.audit.extend(audit)

        await self._ledger.write(write)

    async def panel_token(self, digest: str, *, now: datetime) -> tuple[PanelToken, ApiToken, Person] | None:
        def read(conn: Connection) -> tuple[PanelToken, ApiToken, Person] | None:
            query = select(panel_tokens).where(panel_tokens.c.id == digest, panel_tokens.c.ends_at > now)
            row = conn.execute(query).one_or_none()
            parent = _holding(conn, row.parent, now) if row else None
            return None if row is None or parent is None else (_panel(row), *parent)

        return await self._ledger.read(read)


_P, _S, _T = people.c, sessions.c, api_tokens.c


def _one(conn: Connection, where: Any) -> Person | None:
    row = conn.execute(select(people).where(where)).one_or_none()
    return _person(row) if row else None


def _living(conn: Connection, digest: str, now: datetime) -> tuple[Session, Person] | None:
    row = conn.execute(select(sessions).where(_S.id == digest, _S.ends_at > now)).one_or_none()
    person = _one(conn, _P.name == row.person) if row else None
    if row is None or person is None or person.disabled:
        return None
    found = Session(id=row.id, person=row.person, begun_at=row.begun_at, seen_at=row.seen_at, ends_at=row.ends_at)
    return found, person


def _holding(conn: Connection, digest: str, now: datetime) -> tuple[ApiToken, Person] | None:
    query = select(api_tokens).where(_T.id == digest, _T.ends_at > now, _T.revoked.is_(False))
    row = conn.execute(query).one_or_none()
    person = _one(conn, _P.name == row.person) if row else None
    return None if row is None or person is None or person.disabled else (_token(row), person)


def _person_row(it: Person) -> dict[str, Any]:
    return {
        "name": it.name,
        "display": it.display,
        "roles": sorted(it.roles),
        "scope": scope_to_json(it.scope),
        "password": it.password,
        "subject": it.subject,
        "disabled": it.disabled,
        "added_at": it.added_at,
    }


def _person(row: Row[Any]) -> Person:
    return Person(
        name=row.name,
        display=row.display,
        roles=frozenset(map(Role, row.roles)),
        scope=scope_from_json(row.scope),
        password=row.password,
        subject=row.subject,
        disabled=bool(row.disabled),
        added_at=row.added_at,
    )


def _token_row(it: ApiToken) -> dict[str, Any]:
    plain = {name: getattr(it, name) for name in ("id", "key", "name", "person", "made_at", "ends_at", "revoked")}
    return {**plain, "roles": sorted(it.roles), "scope": scope_to_json(it.scope)}


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        key=row.key,
        name=row.name,
        person=row.person,
        roles=frozenset(map(Role, row.roles)),
        scope=scope_from_json(row.scope),
        made_at=row.made_at,
        ends_at=row.ends_at,
        revoked=bool(row.revoked),
    )


def _panel_row(it: PanelToken) -> dict[str, Any]:
    plain = {name: getattr(it, name) for name in ("id", "key", "parent", "person", "made_at", "ends_at")}
    body = {
        "origins": list(it.origins),
        "orders": it.orders,
        "scope": scope_to_json(it.scope),
        "audience": it.audience,
        "channels": None if it.channels is None else sorted(it.channels),
    }
    return {**plain, "body": body}


def _panel(row: Row[Any]) -> PanelToken:
    body = row.body
    return PanelToken(
        id=row.id,
        key=row.key,
        parent=row.parent,
        person=row.person,
        origins=tuple(body["origins"]),
        orders=body["orders"],
        scope=scope_from_json(body["scope"]),
        audience=body["audience"],
        channels=None if body["channels"] is None else frozenset(body["channels"]),
        made_at=row.made_at,
        ends_at=row.ends_at,
    )
