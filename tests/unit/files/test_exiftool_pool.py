"""ExifTool dies, hangs and talks nonsense; every file gets its own answer all the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dambridge.files.config import ExifToolOptions
from dambridge.files.finding import find_exiftool
from dambridge.files.pool import ExifToolPool, UnreadableError
from dambridge.ports.errors import CannotGoOn

Fake = Callable[..., Path]


def files(folder: Path, *contents: str) -> list[Path]:
    paths = [folder / f"{number:03d}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content, encoding="utf-8")
    return paths


def outcomes(pool: ExifToolPool, paths: list[Path]) -> list[object]:
    futures = [pool.submit(path, path.stat().st_size) for path in paths]
    done, waiting = wait(futures, timeout=60)
    assert not waiting
    assert len(done) == len(set(futures))
    return [it.exception() or it.result().get("XMP-dc:Title") for it in futures]


def threads() -> int:
    """How many threads of pools there are; each has a process of its own."""
    return sum(it.name.startswith("exiftool-") for it in threading.enumerate())


def options(program: Path, *, workers: int = 1, batch: int = 20, seconds: float = 10) -> ExifToolOptions:
    return ExifToolOptions(program=program, workers=workers, batch=batch, patience=timedelta(seconds=seconds))


def test_every_file_gets_its_own_answer(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool(), workers=2), ("-j",))
    paths = files(tmp_path, *("sound",) * 50)
    try:
        assert outcomes(pool, paths) == [it.name for it in paths]
    finally:
        pool.close()
    calls = [json.loads(line) for line in (tmp_path / "asked.log").read_text().splitlines()]
    assert sorted(path for call in calls for path in call) == [str(it) for it in paths]
    assert max(len(call) for call in calls) <= 20


def test_another_process_starts_for_a_file_that_would_wait_and_for_no_other(
    tmp_path: Path, fake_exiftool: Fake
) -> None:
    pool = ExifToolPool(options(fake_exiftool(), workers=3, seconds=2), ("-j",))
    one, other, slow = files(tmp_path, "sound", "sound", "HANG")
    before = threads()
    try:
        assert outcomes(pool, [one]) == outcomes(pool, [one]) == ["000"]
        assert threads() - before == 1
        hanging = pool.submit(slow, 1)
        assert outcomes(pool, [other]) == ["001"], "whoever comes later does not wait for the slow one"
        assert not hanging.done()
        assert threads() - before == 2
    finally:
        pool.close()


def test_a_file_that_kills_exiftool_is_alone_in_being_unreadable(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool()), ("-j",))
    try:
        told = outcomes(pool, files(tmp_path, "sound", "sound", "DIE-ALWAYS", "sound"))
    finally:
        pool.close()
    assert isinstance(told[2], UnreadableError)
    assert "Can't locate object method" in str(told[2])
    assert [told[0], told[1], told[3]] == ["000", "001", "003"]


def test_a_file_on_which_exiftool_died_once_is_read_at_the_second_try(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool()), ("-j",))
    try:
        assert outcomes(pool, files(tmp_path, "DIE-ONCE")) == ["000"]
    finally:
        pool.close()


def test_a_file_on_which_exiftool_hangs_is_given_up_within_the_limit(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool(), seconds=0.5), ("-j",))
    try:
        told = outcomes(pool, files(tmp_path, "HANG", "sound"))
    finally:
        pool.close()
    assert isinstance(told[0], UnreadableError)
    assert "time limit" in str(told[0])
    assert told[1] == "001"


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="the bound of memory is prlimit's")
def test_a_file_on_which_exiftool_wants_more_memory_than_its_bound_is_alone_in_being_unreadable(
    tmp_path: Path, fake_exiftool: Fake
) -> None:
    bounded = replace(options(fake_exiftool(), seconds=60), memory_bytes=1 << 29)
    pool = ExifToolPool(bounded, ("-j",))
    try:
        told = outcomes(pool, files(tmp_path, "sound", "EATS-MEMORY", "sound"))
        assert pool._threads[0].is_alive()
    finally:
        pool.close()
    assert isinstance(told[1], UnreadableError)
    assert "MemoryError" in str(told[1])
    assert [told[0], told[2]] == ["000", "002"]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_exiftool_that_is_killed_between_two_files_is_back_for_the_next(tmp_path: Path, workers: int) -> None:
    program = find_exiftool(None).program
    pool = ExifToolPool(options(program, workers=workers, seconds=60), ("-j", "-G1", "-File:FileType"))
    paths = files(tmp_path, *["<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"] * 6)
    killed: set[int] = set()
    try:
        for _ in range(3):
            futures = [pool.submit(it, 1) for it in paths]
            wait(futures, timeout=120)
            assert [it.result()["File:FileType"] for it in futures] == ["XMP"] * 6
            for pid in set(started()) - killed:
                os.killpg(pid, signal.SIGKILL)
                killed.add(pid)
        assert len(killed) >= 3, "there was an ExifTool to be killed each time"
    finally:
        pool.close()


def started() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    mine = [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]
    return [it for it in mine if b"-stay_open" in Path(f"/proc/{it}/cmdline").read_bytes()]


def test_an_answer_that_is_no_json_counts_as_a_loss(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool()), ("-j",))
    try:
        told = outcomes(pool, files(tmp_path, "NONSENSE", "sound"))
    finally:
        pool.close()
    assert isinstance(told[0], UnreadableError)
    assert told[1] == "001"


def test_no_file_waits_in_vain_for_a_batch_to_fill(tmp_path: Path, fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool(), batch=100), ("-j",))
    try:
        assert outcomes(pool, files(tmp_path, "sound")) == ["000"]
    finally:
        pool.close()


def test_a_missing_exiftool_stops_the_run_with_a_sentence(tmp_path: Path) -> None:
    pool = ExifToolPool(options(tmp_path / "nowhere"), ("-j",))
    try:
        told = outcomes(pool, files(tmp_path, "sound"))
    finally:
        pool.close()
    assert isinstance(told[0], CannotGoOn)
    assert "nowhere" in str(told[0])


def test_a_name_that_would_be_an_option_is_never_handed_over(tmp_path: Path, fake_exiftool: Fake) -> None:
    trap = tmp_path / "a\n-execute9\n"
    trap.write_text("sound", encoding="utf-8")
    pool = ExifToolPool(options(fake_exiftool()), ("-j",))
    try:
        future = pool.submit(trap, 5)
        assert isinstance(future.exception(timeout=30), ValueError)
    finally:
        pool.close()
    assert not (tmp_path / "asked.log").read_text()


def test_after_closing_nothing_is_taken(fake_exiftool: Fake) -> None:
    pool = ExifToolPool(options(fake_exiftool()), ("-j",))
    pool.close()
    pool.close()
    with pytest.raises(RuntimeError):
        pool.submit(Path("/x"), 1)
