"""A file that changes between its approval and its archiving, at every call between which the change can fall: it is not
archived, and is back in review. Whatever falls later finds the approved file archived, and touches no source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dambridge.connectors.kit.caller import HttpCaller
from support.handing_off import hand_in, hand_off, in_archive, reviewed, settings, sha, sources, submissions
from support.pictures import picture
from support.world import World, world

BEFORE, AFTER = picture(1), picture(1, side=64)
ONE_AT_A_TIME: dict[str, Any] = {"engine": {"runtime": "local", "concurrency": 1, "attempts": 2}}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), **settings(carriers=[], disposition={"kind": "trash"})) as it:
        it.overrides = {**it.overrides, **ONE_AT_A_TIME}
        yield it


def approved_file(systems: World, folder: Path) -> tuple[World, str]:
    pair = systems.anew(folder)
    asset = hand_in(pair, 1, data=BEFORE)
    hand_off(pair)
    reviewed(pair, "approve", asset)
    pair.advance(3600)
    return pair, asset


def run_with(pair: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> int:
    """One run; `act` is called before each call to a system, with its number. Returns how many there were."""
    real = HttpCaller._leave
    count = 0

    async def leave(self: Any, request: Any, *rest: Any) -> Any:
        nonlocal count
        if not request.path.startswith("/__sim__/"):  # how often the clock is read is a matter of real time
            count += 1
            await asyncio.to_thread(act, count)
        return await real(self, request, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(HttpCaller, "_leave", leave)
        hand_off(pair)
    return count


def points(calls: int, placed: int, gone: int, *, whole: bool) -> list[int]:
    """The calls before which the file changes: all of them in the long run, else those around its filing and a share."""
    if whole:
        return list(range(1, calls + 1))
    return sorted({*range(2, calls + 1, 8), *range(placed - 3, placed + 1), *range(gone - 4, gone)})


@pytest.mark.hazard("P12")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["a sample", "all"])
def test_a_change_at_any_call_is_not_archived_or_comes_after(
    systems: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    calm, _ = approved_file(systems, tmp_path / "calm")
    placed: list[int] = []
    gone: list[int] = []

    def watch(number: int) -> None:
        if not placed and in_archive(calm):
            placed.append(number)
        if not gone and any(it["trash"] for it in sources(calm).values()):
            gone.append(number)

    calls = run_with(calm, monkeypatch, watch)
    assert calls >= 12
    assert placed, "the file was archived before the last call"
    assert gone
    assert placed[0] < gone[0], "and then its source went"
    voided = late = 0
    for at in points(calls, placed[0], gone[0], whole=whole):
        pair, asset = approved_file(systems, tmp_path / str(at))

        def change(number: int, at: int = at, pair: World = pair, asset: str = asset) -> None:
            if number == at:
                pair.advance(60)
                pair.edit(asset, AFTER)

        run_with(pair, monkeypatch, change)
        pair.advance(3600)
        hand_off(pair)
        it, copies = submissions(pair)[asset], in_archive(pair)
        if copies:
            late += 1
            assert [one["sha256"] for one in copies] == [sha(BEFORE)], f"call {at}: the archive has what was approved"
            assert str(it.status) == "archived"
            if at < placed[0] - 1:
                raise AssertionError(f"the change at call {at} came before the file was filed (call {placed[0]})")
        else:
            voided += 1
            assert (str(it.status), it.digest.sha256) == ("in_review", sha(AFTER)), f"call {at}: it is back in review"
            assert it.why is not None
            assert str(it.why.code) == "bytes_changed"
            reviewed(pair, "approve", asset)
            hand_off(pair)
            assert [one["sha256"] for one in in_archive(pair)] == [sha(AFTER)], "approved anew it is archived"
        if at >= gone[0] - 1 or not sources(pair)[asset]["trash"]:
            continue  # no system can be asked to delete only what it was, and what lies in the trash people may edit there
        archived = {one["sha256"] for one in in_archive(pair)}
        assert sources(pair)[asset]["sha256"] in archived, f"call {at}: what was put into the trash is in the archive"
    assert voided >= 6
    assert late >= 3
