"""Rows of withdrawals and of agreed audiences. A record that is verified is never changed again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from dambridge.model.identity import AccountId, FlowName, LinkId, RemoteId
from dambridge.model.publications import AgreedAudience, Withdrawal
from dambridge.ports.errors import MovedOn
from dambridge.storage.keys import behind
from dambridge.storage.tables.outward import agreed_audiences, withdrawals
from dambridge.storage.upserting import put
from dambridge.storage.writer import Tx

_TABLE = withdrawals.c


def put_withdrawals(tx: Tx, wanted: Sequence[Withdrawal]) -> None:
    """Raises `MovedOn` where a record that is verified would become another one."""
    for it in wanted:
        known = read_withdrawal(tx.conn, it.id)
        if known is not None and known.verified_at is not None and known != it:
            raise MovedOn(
                f"The record of withdrawal {it.id} is complete since {known.verified_at} and is never changed."
            )
        row = {
            "id": it.id,
            "flow": str(it.flow),
            "link": it.link,
            "decided_at": it.decided_at,
            "verified_at": it.verified_at,
            "body": it.to_json(),
        }
        put(tx.conn, withdrawals, [row])


def read_withdrawal(conn: Connection, withdrawal: str) -> Withdrawal | None:
    body = conn.execute(select(_TABLE.body).where(_TABLE.id == withdrawal)).scalar_one_or_none()
    return Withdrawal.from_json(body) if body is not None else None


def page_of_withdrawals(
    conn: Connection,
    *,
    flow: FlowName | None,
    link: LinkId | None,
    unproven: bool,
    after: str | None,
    limit: int,
) -> list[Withdrawal]:
    query = select(_TABLE.body)
    if flow is not None:
        query = query.where(_TABLE.flow == str(flow))
    if link is not None:
        query = query.where(_TABLE.link == link)
    if unproven:
        query = query.where(_TABLE.verified_at.is_(None))
    if after is not None:
        last = conn.execute(select(_TABLE.decided_at).where(_TABLE.id == after)).scalar_one_or_none()
        if last is None:
            raise LookupError(f"there is no withdrawal {after}")
        query = query.where(behind([(_TABLE.decided_at, last), (_TABLE.id, after)]))
    bodies = conn.execute(query.order_by(_TABLE.decided_at, _TABLE.id).limit(limit)).scalars()
    return [Withdrawal.from_json(it) for it in bodies]


def put_agreed_audience(conn: Connection, it: AgreedAudience) -> None:
    row = {
        "outlet": it.outlet,
        "account": it.account,
        "gallery": it.gallery,
        "own": it.own,
        "effective": it.effective,
        "grants": list(it.grants),
        "by": it.by,
        "at": it.at,
    }
    put(conn, agreed_audiences, [row])


def read_agreed_audiences(conn: Connection) -> dict[str, AgreedAudience]:
    rows = conn.execute(select(agreed_audiences).order_by(agreed_audiences.c.outlet))
    return {
        it.outlet: AgreedAudience(
            outlet=it.outlet,
            account=AccountId(it.account),
            gallery=RemoteId(it.gallery),
            own=it.own,
            effective=it.effective,
            grants=tuple(it.grants),
            by=it.by,
            at=it.at,
        )
        for it in rows
    }
