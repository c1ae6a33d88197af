"""Real processes, really killed, in bad weather: the end state equals the undisturbed one, one copy of each asset.

`dambridge run --once` on DBOS and SQLite dies by SIGKILL at seeded moments while both simulators lose requests and replies,
answer 429, 500 and 503 and cut bodies both ways. Then the weather clears and runs go on until one has nothing to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support import library500
from support.commands import dambridge
from support.library500 import Library500, Truth
from support.pictures import approved, picture
from support.simulated import options
from support.storms import Storm, rough_netx, rough_photoshelter
from support.truth import differences, end_state
from support.world import World, lines, settled

ENGINE: dict[str, Any] = {"engine": {"runtime": "dbos", "concurrency": 6}}


@dataclass(frozen=True, slots=True)
class Size:
    """How big the library is, how often a run is killed while it brings in assets and while it brings in edits, and how
    slow both systems are, so that a run lasts long enough to be hit."""

    assets: int
    kills: tuple[int, int]
    latency_ms: float
    floors: dict[str, int]


QUICK = Size(60, (13, 7), 10, {"of those unanswered": 4, "drop_reply": 10, "status": 8, "truncate": 4})
LONG = Size(500, (26, 14), 8, {"of those unanswered": 40, "drop_reply": 60, "status": 60, "truncate": 30})


@contextmanager
def seeded(library: Library500, folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        photoshelter = stack.enter_context(serve(make_vendor("photoshelter"), options(seed=str(library.folder))))
        netx = stack.enter_context(serve(make_vendor("netx"), options()))
        yield World(photoshelter, netx, folder, ENGINE)


def people_edit(pair: World, library: Library500) -> list[Truth]:
    """Captions are bettered, files replaced, drafts approved; returns the truths of all that must then be in NetX."""
    ids = {it["file_name"]: it["id"] for it in lines(pair.photoshelter.url, "/__sim__/state")}
    truths = {it.file_name: it for it in library.approved}
    images = [it for it in library.approved if it.media_type == "image"]
    drafts = [it for it in library.truths if it.status == "draft"]
    pair.advance(3600)
    for truth in images[: len(images) // 3]:
        caption = f"Better words for {truth.name}"
        pair.edit(ids[truth.file_name], iptc={"caption": caption})
        truths[truth.file_name] = replace(truth, attributes={**truth.attributes, "Caption": caption})
    for number, truth in enumerate(it for it in images[len(images) // 3 :][:12] if it.file_name.endswith("jpg")):
        data = picture(number, side=400)
        pair.edit(ids[truth.file_name], data)
        truths[truth.file_name] = replace(truth, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    for truth in drafts[: len(drafts) // 2]:
        pair.edit(ids[truth.file_name], iptc={"edit_status": "approved"})
        truths[truth.file_name] = truth
    return list(truths.values())


def undisturbed(library: Library500, folder: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What stands in NetX after the assets were brought in, and after the edits, when nothing goes wrong."""
    with seeded(library, folder) as seen:
        pair = replace(seen, overrides={"engine": {"runtime": "local"}})
        settled(pair.run())
        before = end_state(pair.archived())
        people_edit(pair, library)
        settled(pair.run())
        return before, end_state(pair.archived())


def rage(storm: Storm, kills: int, size: Size) -> None:
    """Kill so many runs that were at work."""
    wanted = storm.kills + kills
    storm.pair.faults("netx", *rough_netx(), seed=storm.kills + 1)
    storm.pair.faults("photoshelter", *rough_photoshelter(), seed=storm.kills + 1)
    storm.pair.traffic("netx", latency_ms=size.latency_ms)
    for attempt in range(4 * kills):
        if storm.kills == wanted:
            return
        storm.kill_once(within=3.0 if attempt % 5 == 4 else 0.7, from_work_on=attempt % 4 != 0)
        storm.pair.advance(storm.random.choice((0, 60, 1200)))
    raise AssertionError(f"only {storm.kills} of {wanted} kills met a running process: there was too little to do")


def brave_the_storm(size: Size, folder: Path) -> Storm:
    """The whole story: assets under fire, fair weather, edits under fire, fair weather."""
    library = library500.build(library500.CACHE.with_name(f"library{size.assets}"), count=size.assets)
    after_assets, after_edits = undisturbed(library, folder / "calm")
    with seeded(library, folder / "torn") as pair:
        storm = Storm(pair, pair.config, Random(size.assets))
        rage(storm, size.kills[0], size)
        storm.settle()
        assert differences(pair.archived(), library.approved) == []
        assert end_state(pair.archived()) == after_assets
        people_edit(pair, library)
        rage(storm, size.kills[1], size)
        storm.settle()
        assert end_state(pair.archived()) == after_edits
        check_the_record(storm, size, sends=len(after_edits) + sum(it[3] - 1 for it in after_edits))
        return storm


def check_the_record(storm: Storm, size: Size, *, sends: int) -> None:
    weather = storm.told()
    assert storm.kills == sum(size.kills)
    assert weather["imports that took effect"] == sends, (
        "each file was taken in once: what was unanswered was found again"
    )
    for kind, floor in size.floors.items():
        assert sum(number for name, number in weather.items() if kind in name) >= floor, kind
    verified = dambridge(storm.config, "verify", "--links", "2000")
    assert verified.code == 0, verified.out
    assert verified.json["links"]["checked"] >= len(storm.pair.archived())
    last = storm.settled_in[-1].intake
    assert last["seen"] == last["unchanged"] + last["skipped"]
    runs = dambridge(storm.config, "runs", "--limit", "500").json
    assert {it["state"] for it in runs} <= {"ended", "resumed", "failed"}, "no run is left open"
    for it in runs:
        flow = it["summary"]["flows"]["intake"]
        assert flow["seen"] == sum(flow[end] for end in ENDS), it["run"]


ENDS: Sequence[str] = ("done", "unchanged", "skipped", "waiting", "quarantined", "failed")


@pytest.mark.hazard("P19")
@pytest.mark.hazard("P20")
@pytest.mark.timeout(400)
def test_twenty_kills_in_bad_weather_leave_one_copy_of_each_asset(tmp_path: Path) -> None:
    storm = brave_the_storm(QUICK, tmp_path)
    assert storm.kills == 20


@pytest.mark.long
@pytest.mark.hazard("P19")
@pytest.mark.hazard("P20")
@pytest.mark.timeout(590)
def test_forty_kills_of_five_hundred_assets_leave_one_copy_of_each(tmp_path: Path) -> None:
    storm = brave_the_storm(LONG, tmp_path)
    assert storm.kills == 40


@pytest.mark.hazard("P19")
def test_where_listings_lag_nothing_is_sent_again_before_they_have_settled(tmp_path: Path) -> None:
    """NetX shows new assets in no listing for 20 seconds of its clock; an unanswered import waits 60 before it is believed
    to have failed. Between the runs the clock goes on."""
    overrides: dict[str, Any] = {**ENGINE, "accounts": {"archive": {"settle_seconds": 60}}}
    with ExitStack() as stack:
        photoshelter = stack.enter_context(serve(make_vendor("photoshelter"), options()))
        netx = stack.enter_context(serve(make_vendor("netx"), options()))
        pair = World(photoshelter, netx, tmp_path, overrides)
        pair.switch("netx", index_lag_s=20, folder_listing_lag=True)
        for number in range(24):
            pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Lag"], iptc=approved())
        storm = Storm(pair, pair.config, Random(3))
        pair.faults("netx", *rough_netx(), seed=3)
        pair.traffic("netx", latency_ms=25)
        for longest in (0.4, 0.4, 0.4, 5.0, 5.0):
            storm.kill_once(within=longest, from_work_on=True)
            pair.advance(storm.random.choice((0, 5, 30, 90)))
        storm.settle(between=1200)
        weather = storm.told()
        copies = pair.by_source()
        assert len(copies) == 24
        assert {len(it) for it in copies.values()} == {1}
        assert len(pair.archived()) == weather["imports that took effect"] == 24
        assert weather["of those unanswered"] >= 3
        assert storm.kills >= 3
