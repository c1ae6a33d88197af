"""What people ordered is on record beside the store: whichever of the two was lost or is older learns it from the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.model.outlet_orders import OutletOrder
from dambridge.ports.errors import CannotGoOn
from dambridge.storage import FileOrderJournal, SqlLedger, merge_orders, open_ledger
from dambridge.testing.publishing_contract import AT, FLOW, SECOND, outlet_order


@pytest.fixture
def journal(tmp_path: Path) -> FileOrderJournal:
    return FileOrderJournal(tmp_path / "orders.jsonl")


async def opened(folder: Path, journal: FileOrderJournal | None = None) -> SqlLedger:
    return open_ledger(folder, orders=journal)


async def every(ledger: SqlLedger) -> Sequence[OutletOrder]:
    return await ledger.outlet_orders_in(FLOW, ended=True, after=None, limit=99)


GIVEN, OTHER = outlet_order(1), outlet_order(2)
OVER = replace(GIVEN, ended_at=AT + SECOND, ended_by="Ben", said_at=AT + SECOND)


async def test_what_is_said_is_in_the_journal_when_the_store_has_it(tmp_path: Path, journal: FileOrderJournal) -> None:
    ledger = await opened(tmp_path / "store", journal)
    await ledger.put_outlet_orders([GIVEN, OTHER])
    await ledger.put_outlet_orders([OVER])
    await ledger.put_outlet_orders([GIVEN])
    await ledger.close()
    assert list(FileOrderJournal(journal.path).read()) == [GIVEN, OTHER, OVER], "what was said before is not said again"


async def test_a_store_that_was_lost_knows_it_again_and_one_that_is_whole_learns_nothing(
    tmp_path: Path, journal: FileOrderJournal
) -> None:
    journal.append([GIVEN, OTHER, OVER])
    lost = await opened(tmp_path / "lost")
    assert await merge_orders(lost, journal) == (2, 0)
    assert await every(lost) == [OVER, OTHER]
    assert await merge_orders(lost, journal) == (0, 0)
    await lost.close()


async def test_an_older_store_is_told_the_last_word_and_a_newer_one_keeps_its_own(
    tmp_path: Path, journal: FileOrderJournal
) -> None:
    older = await opened(tmp_path / "older")
    await older.put_outlet_orders([GIVEN])
    journal.append([GIVEN, OVER])
    assert await merge_orders(older, journal) == (1, 0)
    assert await every(older) == [OVER]
    anew = replace(GIVEN, by="Cid", at=AT + 2 * SECOND, said_at=AT + 2 * SECOND)
    await older.put_outlet_orders([anew])
    assert await merge_orders(older, journal) == (0, 1)
    assert await every(older) == [anew]
    assert list(FileOrderJournal(journal.path).read())[-1] == anew
    await older.close()


async def test_a_line_that_was_cut_is_passed_over_and_one_that_was_altered_is_not(
    tmp_path: Path, journal: FileOrderJournal
) -> None:
    journal.append([GIVEN, OTHER])
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-9])
    assert list(FileOrderJournal(journal.path).read()) == [GIVEN]
    journal.path.write_bytes(whole.replace(b"Ann", b"Eve", 1))
    ledger = await opened(tmp_path / "store")
    with pytest.raises(CannotGoOn, match=r"order journal .* is damaged at line 1"):
        await merge_orders(ledger, FileOrderJournal(journal.path))
    assert await every(ledger) == []
    await ledger.close()
