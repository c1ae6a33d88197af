"""A store of a very large library: the scene of `console_scene`, each of its rows again and again under other ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
INSERT INTO {table} SELECT {row} FROM n, (SELECT * FROM {table} WHERE {model} LIMIT 1) t
"""
SPREAD = 86_400_000_000
"""Microseconds in a day: instants are spread over days, as they are in life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """One table filled: `model` picks the row that is multiplied, `share` of the assets have one, `columns` are what differs."""

    table: str
    model: str
    share: float
    columns: Mapping[str, str]


_LINK = "printf('lnmany%016d', i)"
_ASSET = "printf('I%012d', i)"
MANY = (
    Many(table="links", model="flow = 'intake'", share=1, columns={"id": _LINK}),
    Many(table="copies", model="account = 'agency'", share=1, columns={"link": _LINK, "remote_id": _ASSET}),
    Many(
        table="copies",
        model="account = 'archive'",
        share=1,
        columns={"link": _LINK, "remote_id": "printf('%d', 1000000 + i)"},
    ),
    Many(table="agreed", model="1", share=1, columns={"link": _LINK}),
    Many(table="items", model="outcome = 'done'", share=1, columns={"remote_id": _ASSET, "link": _LINK}),
    Many(table="observations", model="outcome = 'done'", share=0.9, columns={"remote_id": _ASSET}),
    Many(
        table="observations",
        model="outcome = 'quarantined'",
        share=0.05,
        columns={"remote_id": "printf('Q%012d', i)", "at": "at - i * 1000"},
    ),
    Many(
        table="observations",
        model="outcome = 'waiting'",
        share=0.05,
        columns={"remote_id": "printf('W%012d', i)", "at": "at - i * 1000"},
    ),
    Many(
        table="publications",
        model="stage = 'visible'",
        share=1,
        columns={
            "link": _LINK,
            "copy": "'agency/published/partners/web'",
            "outlet": "'partners'",
            "remote_id": "printf('P%012d', i)",
            "until": f"until + (i % 900) * {SPREAD}",
            "body": f"replace(replace(replace(body, link, {_LINK}), 'france', 'partners'), remote_id, printf('P%012d', i))",
        },
    ),
    Many(
        table="withdrawals",
        model="1",
        share=0.1,
        columns={
            "id": "printf('wdmany%08d', i)",
            "link": _LINK,
            "decided_at": "decided_at - i * 1000000",
            "body": f"replace(replace(body, link, {_LINK}), id, printf('wdmany%08d', i))",
        },
    ),
    Many(
        table="conflicts",
        model="state = 'open'",
        share=0.05,
        columns={
            "id": "printf('cfmany%010d', i)",
            "link": _LINK,
            "opened_at": "opened_at - i * 1000000",
            "body": f"replace(replace(body, link, {_LINK}), id, printf('cfmany%010d', i))",
        },
    ),
    Many(
        table="term_uses",
        model="1",
        share=0.1,
        columns={
            "remote_id": _ASSET,
            "word": "printf('word %d', i % 2000)",
            "spellings": "printf('[\"Word %d\"]', i % 2000)",
        },
    ),
    Many(
        table="submissions",
        model="status = 'in_review'",
        share=0.05,
        columns={
            "remote_id": "printf('H%012d', i)",
            "shoot": "printf('Handed in/Shoot %d', i % 400)",
            "body": "replace(replace(body, remote_id, printf('H%012d', i)), shoot, printf('Handed in/Shoot %d', i % 400))",
        },
    ),
    Many(
        table="audit_log",
        model="1",
        share=1,
        columns={"seq": "1000 + i", "subject": _LINK},
    ),
    Many(
        table="runs",
        model="1",
        share=0.005,
        columns={"seq": "10 + i", "id": "printf('run-9%06d', i)", "started_at": "started_at - i * 60000000"},
    ),
)


def multiply(file: Path, assets: int) -> None:
    """Fill the store behind the pages' backs; nobody else may have it open for writing."""
    with sqlite3.connect(file) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        for it in MANY:
            names = [row[1] for row in conn.execute(f"PRAGMA table_info({it.table})")]
            row = ", ".join(it.columns.get(name, name) for name in names)
            filled = _FILL.format(table=it.table, row=row, model=it.model)
            conn.execute(filled, {"count": max(1, int(assets * it.share))})
        conn.execute("UPDATE audit_head SET seq = (SELECT max(seq) FROM audit_log)")
        conn.execute("ANALYZE")
    conn.close()
