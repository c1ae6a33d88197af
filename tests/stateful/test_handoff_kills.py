"""A shoot passes the whole way while both systems lose and refuse calls and the process is killed again and again.

Each approved file is archived exactly once with the bytes that were approved, no source is touched before its proof, every
rejection is delivered or waits for the coordinator by name. Thirty files; three hundred in the long run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dambridge.model.identity import FlowName
from support.commands import dambridge
from support.handing_off import SHOOT, hand_in, handing_in, in_archive, reviewed, sha, sources, submissions
from support.letters import post
from support.pictures import picture
from support.storms import Storm, rough_netx, rough_photoshelter
from support.world import World


def fates(ids: list[str]) -> dict[str, list[str]]:
    """What becomes of the files of the shoot: most are approved, some rejected, some wait."""
    found: dict[str, list[str]] = {"approved": [], "known": [], "stranger": [], "waits": []}
    for number, it in enumerate(ids):
        kind = {7: "known", 8: "stranger", 9: "waits"}.get(number % 10, "approved")
        found[kind].append(it)
    return found


@pytest.mark.hazard("P18")
@pytest.mark.hazard("P19")
@pytest.mark.hazard("P20")
@pytest.mark.timeout(590)
@pytest.mark.parametrize(("files", "kills"), [(30, 5), pytest.param(300, 12, marks=pytest.mark.long)])
def test_a_shoot_passes_the_whole_way_under_faults_and_kills(tmp_path: Path, files: int, kills: int) -> None:
    with (
        post() as box,
        handing_in(tmp_path, disposition={"kind": "trash"}, contributors={"Jonas Blum": {"urls": [box.url]}}) as pair,
    ):
        pair.overrides = {**pair.overrides, "engine": {"runtime": "dbos", "concurrency": 4}}
        ids = [
            hand_in(pair, number, author="Jonas Blum" if number % 10 == 7 else "Somebody Else")
            for number in range(files)
        ]
        assert dambridge(pair.config, "run", "--once").code == 3
        assert len(submissions(pair)) == files
        kinds = fates(ids)
        pair.advance(3600)
        for it in kinds["approved"]:
            pair.edit(it, iptc={"edit_status": "approved"})
        for it in [*kinds["known"], *kinds["stranger"]]:
            assert "error" not in reviewed(pair, "reject", it, note="not this time")
        pair.advance(3600)
        storm = Storm(pair, pair.config, Random(11))
        pair.faults("netx", *rough_netx(), seed=11)
        pair.faults("photoshelter", *rough_photoshelter(), seed=11)
        pair.traffic("netx", latency_ms=12)
        for attempt in range(4 * kills):
            if storm.kills == kills:
                break
            storm.kill_once(within=1.0 if attempt % 3 else 3.0, from_work_on=attempt % 2 == 1)
            pair.advance(storm.random.choice((60, 1200)))
        assert storm.kills == kills, "too few kills met a running process: there was too little to do"
        in_peace(pair)
        every_file_ended_as_it_had_to(pair, ids, kinds)
        nothing_was_touched_before_its_proof(pair, kinds["approved"])
        heard = [it["title"] for it in box.letters]
        for it in kinds["known"]:
            assert any(f"{ids.index(it):03}.jpg" in one for one in heard), "every rejection is delivered"
        storm.told()


def in_peace(pair: World) -> None:
    """Faults off, and runs until one changes nothing anywhere."""
    for system in ("netx", "photoshelter"):
        pair.faults(system)
        pair.traffic(system)
    for _ in range(8):
        pair.advance(3600)
        last = pair.seq("netx"), pair.seq("photoshelter")
        answer = dambridge(pair.config, "run", "--once")
        assert answer.code in {0, 3}, answer.err
        if not pair.changes("netx", last[0]) and not pair.changes("photoshelter", last[1]):
            return
    raise AssertionError("eight runs in fair weather and still something to do")


def every_file_ended_as_it_had_to(pair: World, ids: list[str], kinds: dict[str, list[str]]) -> None:
    number_of = {it: number for number, it in enumerate(ids)}
    copies = sorted(it["sha256"] for it in in_archive(pair))
    assert copies == sorted(sha(picture(number_of[it])) for it in kinds["approved"]), "each exactly once, as approved"
    found, there = submissions(pair), sources(pair)
    for it in kinds["approved"]:
        assert (str(found[it].status), str(found[it].disposed_as), there[it]["trash"]) == ("archived", "trash", True)
    for it in kinds["known"]:
        assert (str(found[it].status), found[it].told_to) == ("rejected", "Jonas Blum")
    for it in kinds["stranger"]:
        assert (str(found[it].status), found[it].told_at) == ("rejected", None)
    for it in [*kinds["known"], *kinds["stranger"], *kinds["waits"]]:
        assert (there[it]["trash"], there[it]["containers"]) == (False, [SHOOT]), "nothing else is touched"
    for it in [*kinds["known"], *kinds["stranger"]]:
        assert there[it]["metadata"]["edit_status"] == "rejected", "and what was decided is to be seen there"
    for it in kinds["waits"]:
        assert not there[it]["metadata"].get("edit_status")
    waiting = asyncio.run(waits(pair))
    assert {waiting[it] for it in kinds["stranger"]} == {"Ida Roth"}
    assert {waiting[it] for it in kinds["waits"]} == {"Mara Lind"}


async def waits(pair: World) -> dict[str, str]:
    """For whom each file waits, by name."""
    async with pair.bridge() as bridge:
        ledger = bridge.common.ledger
        found = await ledger.submissions_in(FlowName.HANDOFF, limit=1000)
        seen = await ledger.observations(FlowName.HANDOFF, [it.key for it in found])
    return {it.remote_id: one.waits_for for it, one in seen.items()}


def nothing_was_touched_before_its_proof(pair: World, approved: list[str]) -> None:
    """By what both systems wrote down, and by our own trail, in its order."""
    copies = pair.by_source()
    filed: dict[str, str] = {}
    for call in pair.journal("netx"):
        if call["changed"] and call["rpc"] == "addAssetToFolder":
            filed |= {str(it): call["real"] for it in call["ids"]}
    touched: dict[str, str] = {}
    for call in pair.journal("photoshelter"):
        if call["changed"] and call["method"] == "DELETE":
            touched.setdefault(call["path"].rsplit("/", 1)[-1], call["real"])
    trail = asyncio.run(story(pair))
    for it in approved:
        (copy,) = [one for one in copies[it] if not all(path.startswith("dambridge/") for path in one["containers"])]
        assert filed[str(copy["id"])] <= touched[it], f"{it} went before its copy stood in its folder"
        events = [event for event, subject in trail if subject == f"agency:{it}"]
        assert events.index("submission.archived") < events.index("source.disposed")
        assert events.count("submission.archived") == 1


async def story(pair: World) -> list[tuple[str, str]]:
    found: list[Any] = []
    async with pair.bridge() as bridge:
        while page := await bridge.common.ledger.audit_trail(
            subject=None, after=found[-1].seq if found else 0, limit=1000
        ):
            found += page
    return [(it.entry.event, it.entry.subject) for it in found]
