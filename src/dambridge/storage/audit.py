"""The audit trail: entries that only grow, each chained to the one before by a SHA-256.

The chain covers a salted digest of an entry's detail, not the detail itself: so personal values in it can be erased
later, salt and all, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dambridge.ports.ledger import AuditEntry, ChainedEntry
from dambridge.storage.columns import canonical_json, to_microseconds
from dambridge.storage.keys import pieces
from dambridge.storage.tables.trail import audit_head, audit_log

GENESIS = "0" * 64
_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)
_LOCK_HEAD = _HEAD.with_for_update()
_ADD = insert(audit_log)
_PAGE = 5000


def append(conn: Connection, entries: Sequence[AuditEntry]) -> None:
    """Chain the entries. The head's row lock makes the chain one line, however many workers write it."""
    if not entries:
        return
    head = conn.execute(_LOCK_HEAD).one()
    seq, previous = head.seq, head.hash
    rows = []
    for entry in entries:
        seq += 1
        row = _row(seq, previous, entry)
        previous = row["hash"]
        rows.append(row)
    conn.execute(_ADD, rows)
    conn.execute(update(audit_head).where(audit_head.c.id == 1).values(seq=seq, hash=previous))


def trail(conn: Connection, subject: str | None, after: int, limit: int) -> list[ChainedEntry]:
    query = select(audit_log).where(audit_log.c.seq > after).order_by(audit_log.c.seq).limit(limit)
    if subject is not None:
        query = query.where(audit_log.c.subject == subject)
    return [_chained(row) for row in conn.execute(query)]


def last(conn: Connection) -> int:
    return max(0, int(conn.execute(_HEAD).one().seq))


def verify(conn: Connection) -> int | None:
    """The number at which the chain first fails (altered, removed, put in or cut off), or None when it holds."""
    expected, previous = 1, GENESIS
    while rows := conn.execute(
        select(audit_log).where(audit_log.c.seq >= expected).order_by(audit_log.c.seq).limit(_PAGE)
    ).all():
        for row in rows:
            if row.seq != expected or row.previous != previous or not _holds(row):
                return expected
            expected, previous = expected + 1, row.hash
    head = conn.execute(_HEAD).one()
    if (head.seq, head.hash) != (expected - 1, previous):
        return min(head.seq + 1, expected) if head.seq >= 0 else expected
    before = conn.execute(select(audit_log.c.seq).where(audit_log.c.seq < 1).limit(1)).one_or_none()
    return None if before is None else int(before.seq)


def erase_details(conn: Connection, numbers: Sequence[int]) -> int:
    """Forget the details of these entries for good; who, what and when stay, and so does the chain."""
    erased = 0
    for piece in pieces(numbers):
        change = update(audit_log).where(audit_log.c.seq.in_(piece), audit_log.c.detail.is_not(None))
        erased += conn.execute(change.values(detail=None, salt=None)).rowcount
    return erased


def _row(seq: int, previous: str, entry: AuditEntry) -> dict[str, Any]:
    salt = secrets.token_hex(16)
    digest = _detail_digest(salt, entry.detail)
    row = {
        "seq": seq,
        "at": entry.at,
        "actor": entry.actor,
        "event": entry.event,
        "subject": entry.subject,
        "salt": salt,
        "detail": dict(entry.detail),
        "detail_digest": digest,
        "previous": previous,
    }
    return {**row, "hash": _hash(seq, previous, entry, digest)}


def _detail_digest(salt: str, detail: Mapping[str, Any]) -> str:
    return hashlib.sha256((salt + canonical_json(detail)).encode()).hexdigest()


def _hash(seq: int, previous: str, entry: AuditEntry, detail_digest: str) -> str:
    said = {
        "seq": seq,
        "at": to_microseconds(entry.at),
        "actor": entry.actor,
        "event": entry.event,
        "subject": entry.subject,
        "detail": detail_digest,
    }
    return hashlib.sha256((previous + canonical_json(said)).encode()).hexdigest()


def _holds(row: Row[Any]) -> bool:
    if row.salt is not None and (row.detail is None or _detail_digest(row.salt, row.detail) != row.detail_digest):
        return False
    if row.salt is None and row.detail is not None:
        return False
    return bool(_hash(row.seq, row.previous, _entry(row), row.detail_digest) == row.hash)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(at=row.at, actor=row.actor, event=row.event, subject=row.subject, detail=row.detail or {})


def _chained(row: Row[Any]) -> ChainedEntry:
    return ChainedEntry(seq=row.seq, entry=_entry(row), previous=row.previous, hash=row.hash)
