"""Numbers of what many copies share: profiles of rights, and the containers in which they stand together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from dambridge.model.identity import AccountId
from dambridge.model.searching import Profile
from dambridge.ports.searching import Numbers
from dambridge.storage.keys import pieces
from dambridge.storage.upserting import insert_new

_NUMBERS = text(
    "SELECT 1 AS of_rights, id, body FROM search_profiles WHERE id > :profiles"
    " UNION ALL SELECT 0, id, body FROM search_places WHERE id > :places ORDER BY of_rights, id"
)


def numbers_above(conn: Connection, profiles: int, places: int) -> Numbers:
    rows = conn.execute(_NUMBERS, {"profiles": profiles, "places": places}).all()
    found = [(of_rights, number, json.loads(body)) for of_rights, number, body in rows]
    return Numbers(
        [(number, Profile.from_json(body)) for of_rights, number, body in found if of_rights],
        [(number, [(AccountId(of), path) for of, path in body]) for of_rights, number, body in found if not of_rights],
    )


def interned(conn: Connection, table: Table, wanted: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of these bodies by digest; what is new gets the next ones."""
    found = _known(conn, table, wanted)
    fresh = [it for it in wanted if it not in found]
    if not fresh:
        return found
    number = conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    statement = insert_new(conn.dialect.name, table)
    for at, digest in enumerate(fresh, start=1):
        conn.execute(statement, {"id": number + at, "digest": digest, "body": wanted[digest]})
    found |= _known(conn, table, fresh)
    return found if len(found) == len(wanted) else interned(conn, table, wanted)


def _known(conn: Connection, table: Table, digests: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in pieces(digests):
        query = select(table.c.digest, table.c.id).where(table.c.digest.in_(piece))
        found |= {row[0]: row[1] for row in conn.execute(query)}
    return found
