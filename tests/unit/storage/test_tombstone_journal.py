"""What was taken down stays down, whichever of store and journal is lost, older or cut short."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dambridge.model.identity import AccountId, AssetKey, LinkId, RemoteId
from dambridge.model.publications import Outside
from dambridge.ports.errors import CannotGoOn
from dambridge.storage import (
    FileOutsideJournal,
    FileTombstoneJournal,
    SqlLedger,
    merge_tombstones,
    open_ledger,
    tombstone_merging,
)
from dambridge.testing.agreeing_contract import asset, gone
from dambridge.testing.ledger_samples import FLOW, HOUR, PLAN, T0, action, settled
from support.outlets import published


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tombstones.jsonl"


@pytest.fixture
def journal(path: Path) -> FileTombstoneJournal:
    return FileTombstoneJournal(path)


async def opened(store: Path, path: Path) -> SqlLedger:
    """A ledger as a worker opens it."""
    journal = FileTombstoneJournal(path)
    ledger = open_ledger(store, journal=journal)
    await merge_tombstones(ledger, journal)
    return ledger


async def take_down(ledger: SqlLedger, number: int) -> None:
    """Let a copy go, as the engine does."""
    run = await ledger.open_run(FLOW, at=T0, command=None, plan=None)
    it = action(number)
    await ledger.put_actions(run, PLAN, f"b{number}", [it])
    await settled(ledger, run, it, link=None, agreed=None, tombstones=(gone(number, kin=[asset(number)]),))


@pytest.mark.hazard("P04")
async def test_what_was_taken_down_stays_down_when_the_store_is_lost(tmp_path: Path, path: Path) -> None:
    ledger = await opened(tmp_path / "store", path)
    await take_down(ledger, 1)
    await ledger.close()
    shutil.rmtree(tmp_path / "store")
    ledger = await opened(tmp_path / "store", path)
    assert await ledger.tombstones([gone(1).key]) == {gone(1).key: gone(1, kin=[asset(1)])}
    assert set(await ledger.tombstones_by_kin([asset(1)])) == {asset(1)}
    await ledger.close()


@pytest.mark.hazard("P04")
async def test_what_was_taken_down_stays_down_when_an_older_backup_is_restored(tmp_path: Path, path: Path) -> None:
    store, backup = tmp_path / "store", tmp_path / "backup"
    ledger = await opened(store, path)
    await take_down(ledger, 1)
    await ledger.close()
    shutil.copytree(store, backup)
    ledger = await opened(store, path)
    await take_down(ledger, 2)
    await ledger.close()
    shutil.rmtree(store)
    shutil.copytree(backup, store)
    ledger = await opened(store, path)
    assert {it.key for it in await ledger.all_tombstones(after=None, limit=9)} == {gone(1).key, gone(2).key}
    await ledger.close()


@pytest.mark.hazard("P04")
async def test_a_journal_that_is_lost_or_older_is_made_up_from_the_store(tmp_path: Path, path: Path) -> None:
    ledger = await opened(tmp_path / "store", path)
    await take_down(ledger, 1)
    older = path.read_bytes()
    await take_down(ledger, 2)
    await ledger.close()
    for left in (older, older[:-9], None):
        path.unlink() if left is None else path.write_bytes(left)
        ledger = await opened(tmp_path / "store", path)
        await ledger.close()
        assert {it.key for it in FileTombstoneJournal(path).read()} == {gone(1).key, gone(2).key}


async def test_merging_goes_page_by_page_and_ends_with_nothing_to_do(
    tmp_path: Path, journal: FileTombstoneJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tombstone_merging, "PAGE", 7)
    ledger = open_ledger(tmp_path / "store")
    journal.append([gone(n) for n in range(20)])
    await ledger.put_tombstones([gone(n) for n in range(15, 40)])
    assert await merge_tombstones(ledger, journal) == (15, 20)
    assert len(await ledger.all_tombstones(after=None, limit=99)) == 40 == len(list(journal.read()))
    assert await merge_tombstones(ledger, journal) == (0, 0)
    await ledger.close()


async def test_a_tombstone_that_is_no_news_is_written_once(tmp_path: Path, journal: FileTombstoneJournal) -> None:
    ledger = open_ledger(tmp_path / "store", journal=journal)
    assert [await ledger.put_tombstones([gone(1)]) for _ in range(2)] == [1, 0]
    later = gone(1, at=HOUR)
    assert await ledger.put_tombstones([later]) == 1
    assert list(journal.read()) == [gone(1), later]
    await ledger.close()


def test_no_journal_is_made_before_there_is_something_to_write(journal: FileTombstoneJournal, path: Path) -> None:
    assert list(journal.read()) == []
    journal.append([])
    assert not path.exists()
    journal.append([gone(1)])
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.hazard("P04")
def test_a_line_that_was_cut_at_any_place_costs_that_line_alone_and_is_said(
    journal: FileTombstoneJournal, path: Path
) -> None:
    journal.append([gone(1), gone(2)])
    whole = path.read_bytes()
    journal.append([gone(3)])
    length = path.stat().st_size - len(whole)
    third = path.read_bytes()[len(whole) :]
    for cut in (*range(1, length, 29), length - 1):
        path.write_bytes(whole + third[:cut])
        with capture_logs() as said:
            assert list(FileTombstoneJournal(path).read()) == [gone(1), gone(2)]
        assert [it["event"] for it in said] == ["tombstones.cut"]
        FileTombstoneJournal(path).append([gone(4)])
        with capture_logs() as said:
            assert list(FileTombstoneJournal(path).read()) == [gone(1), gone(2), gone(4)]
        assert said == []
    path.write_bytes(whole + b"\0" * 4096)
    assert list(FileTombstoneJournal(path).read()) == [gone(1), gone(2)]


def other_reason(line: str) -> str:
    return line.replace("let_go", "retired")


def other_hash(line: str) -> str:
    return json.dumps({**json.loads(line), "hash": "0" * 64})


@pytest.mark.hazard("P04")
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("change", [other_reason, other_hash, lambda _: "{}", lambda _: "nonsense", lambda _: None])
def test_damage_in_the_middle_is_an_error_that_says_what_to_do(
    journal: FileTombstoneJournal, path: Path, place: int, change: Callable[[str], str | None]
) -> None:
    journal.append([gone(n) for n in range(5)])
    lines: list[str | None] = [*path.read_text().splitlines()]
    lines[place] = change(str(lines[place]))
    path.write_text("".join(f"{it}\n" for it in lines if it is not None))
    with pytest.raises(CannotGoOn, match=rf"damaged at line {place + 1}.*Restore the file.*move the file away"):
        list(FileTombstoneJournal(path).read())
    before = path.read_bytes()
    with pytest.raises(CannotGoOn, match="damaged at line"):
        FileTombstoneJournal(path).append([gone(9)])
    assert path.read_bytes() == before


def test_two_processes_write_one_chain(path: Path) -> None:
    one, two = FileTombstoneJournal(path), FileTombstoneJournal(path)
    for n in range(6):
        (one, two)[n % 2].append([gone(10 * n), gone(10 * n + 1)])
    assert [it.key for it in FileTombstoneJournal(path).read()] == [
        gone(10 * n + i).key for n in range(6) for i in (0, 1)
    ]
    path.unlink()
    one.append([gone(7)])
    assert list(two.read()) == [gone(7)]


@pytest.mark.hazard("P04")
def test_nothing_counts_as_written_before_it_is_on_the_disk(
    journal: FileTombstoneJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def refuse(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CannotGoOn, match=r"cannot be written: Input/output error.*store\.tombstones"):
        journal.append([gone(1)])
    assert synced == [path.stat().st_size]


APPENDING = """
import sys
from pathlib import Path
from dambridge.storage import FileTombstoneJournal
from dambridge.testing.agreeing_contract import gone
journal = FileTombstoneJournal(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10_000):
    journal.append([gone(number)])
    print(number, flush=True)
"""


@pytest.mark.hazard("P04")
def test_a_process_that_is_killed_loses_nothing_that_it_called_written(path: Path) -> None:
    begun = 0
    for lines in (1, 7, 30):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(path), str(begun)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                begun = int(writer.stdout.readline()) + 1
            writer.kill()
            told = writer.stdout.read().split()
        begun = max([begun, *(int(it) + 1 for it in told)])
        kept = [it.key for it in FileTombstoneJournal(path).read()]
        assert kept[:begun] == [gone(n).key for n in range(begun)]
        begun = len(kept)
    assert begun >= 38


async def test_a_place_that_cannot_be_written_is_said_and_made_up_for(tmp_path: Path) -> None:
    journal = FileTombstoneJournal(tmp_path / "missing" / "x.jsonl")
    ledger = open_ledger(tmp_path / "store", journal=journal)
    with pytest.raises(CannotGoOn, match="cannot be written"):
        await ledger.put_tombstones([replace(gone(1), link=LinkId("ln1"))])
    await ledger.close()
    (tmp_path / "missing").mkdir()
    ledger = await opened(tmp_path / "store", journal.path)
    assert list(journal.read()) == [gone(1)]
    await ledger.close()


def test_what_was_shown_outlives_the_store_in_a_journal_of_its_own(tmp_path: Path) -> None:
    """The same file with other words: chained, and cut only at its end."""
    journal = FileOutsideJournal(tmp_path / "publications.jsonl")
    entries = [
        Outside(source=AssetKey(AccountId("archive"), RemoteId(str(it))), publication=published()) for it in (1, 2)
    ]
    journal.append(entries)
    assert list(FileOutsideJournal(journal.path).read()) == entries
    text = journal.path.read_text().replace('"archive:1"', '"archive:9"')
    journal.path.write_text(text)
    with pytest.raises(CannotGoOn, match="which files outside are ours"):
        list(FileOutsideJournal(journal.path).read())
