"""The audit chain under attack, and what may be erased from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dambridge.storage import SqlLedger, audit, open_ledger
from dambridge.storage.opening import open_database
from dambridge.testing.ledger_samples import entry


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def ledger(store: str) -> AsyncIterator[SqlLedger]:
    ledger = open_ledger(store)
    await ledger.audit([entry(f"e{n}") for n in range(1, 8)])
    yield ledger
    await ledger.close()


def tamper(store: str, *statements: str, **values: Any) -> None:
    database = open_database(store)
    with database.writing.connect() as conn, conn.begin():
        for statement in statements:
            conn.execute(text(statement), values)
    database.close()


@pytest.mark.hazard("P50")
@pytest.mark.parametrize(
    ("what", "statements", "first"),
    [
        ("a detail was changed", ["""UPDATE audit_log SET detail = '{"said":"x"}' WHERE seq = 3"""], 3),
        ("an actor was changed", ["UPDATE audit_log SET actor = 'nobody' WHERE seq = 4"], 4),
        ("an instant was changed", ["UPDATE audit_log SET at = at + 1 WHERE seq = 5"], 5),
        ("an entry was removed", ["DELETE FROM audit_log WHERE seq = 3"], 3),
        ("the first was removed", ["DELETE FROM audit_log WHERE seq = 1"], 1),
        ("the last was cut off", ["DELETE FROM audit_log WHERE seq = 7"], 7),
        ("the last two were cut off", ["DELETE FROM audit_log WHERE seq > 5"], 6),
        (
            "the last was cut off and the head moved back by its number alone",
            ["DELETE FROM audit_log WHERE seq = 7", "UPDATE audit_head SET seq = 6"],
            7,
        ),
        (
            "an entry was put in at the end",
            [("INSERT INTO audit_log SELECT 8, at, actor, event, subject, salt, detail, detail_digest, previous, hash "
             "FROM audit_log WHERE seq = 7")],
            8,
        ),
        (
            "an entry was put in before the first",
            [("INSERT INTO audit_log SELECT 0, at, actor, event, subject, salt, detail, detail_digest, previous, hash "
             "FROM audit_log WHERE seq = 7")],
            0,
        ),
        (
            "two entries changed places",
            ["UPDATE audit_log SET seq = -1 WHERE seq = 2", "UPDATE audit_log SET seq = 2 WHERE seq = 3",
             "UPDATE audit_log SET seq = 3 WHERE seq = -1"],
            2,
        ),
        ("a detail was emptied without erasing it", ["UPDATE audit_log SET detail = NULL WHERE seq = 6"], 6),
        ("the salt alone was dropped", ["UPDATE audit_log SET salt = NULL WHERE seq = 6"], 6),
    ],
)  # fmt: skip
async def test_the_first_place_of_any_tampering_is_named(
    ledger: SqlLedger, store: str, what: str, statements: list[str], first: int
) -> None:
    assert await ledger.verify_audit() is None
    tamper(store, *statements)
    assert await ledger.verify_audit() == first, what


@pytest.mark.hazard("P50")
async def test_a_forged_entry_cannot_be_mended_by_the_next_ones_pointer_alone(ledger: SqlLedger, store: str) -> None:
    """Whoever knows the recipe writes a sound entry of their own and points the next one to it: the next one tells."""
    trail = await ledger.audit_trail(subject=None, after=0, limit=9)
    forged = audit._row(3, trail[1].hash, replace(trail[2].entry, actor="nobody"))
    tamper(
        store,
        "UPDATE audit_log SET actor = 'nobody', salt = :salt, detail_digest = :digest, hash = :hash WHERE seq = 3",
        "UPDATE audit_log SET previous = :hash WHERE seq = 4",
        salt=forged["salt"],
        digest=forged["detail_digest"],
        hash=forged["hash"],
    )
    assert await ledger.verify_audit() == 4


async def test_details_are_erased_for_good_and_the_chain_still_holds(ledger: SqlLedger, store: str) -> None:
    assert await ledger.erase_audit_details([2, 5]) == 2
    assert await ledger.erase_audit_details([2]) == 0
    assert await ledger.verify_audit() is None
    trail = await ledger.audit_trail(subject=None, after=0, limit=9)
    assert [it.entry.detail for it in trail if it.seq in {2, 5}] == [{}, {}]
    assert trail[0].entry.detail["said"] == "e1"
    await ledger.audit([entry("after")])
    assert await ledger.verify_audit() is None
    tamper(store, "UPDATE audit_log SET subject = 'x' WHERE seq = 5")
    assert await ledger.verify_audit() == 5


async def test_equal_details_have_unequal_digests_so_that_none_can_be_guessed(ledger: SqlLedger, store: str) -> None:
    await ledger.audit([entry("same"), entry("same")])
    database = open_database(store)
    with database.reading.connect() as conn:
        digests = conn.execute(text("SELECT detail_digest FROM audit_log WHERE seq > 7")).scalars().all()
    database.close()
    assert len(set(digests)) == 2
