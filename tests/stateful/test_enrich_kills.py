"""Real processes, really killed, while flow enrich derives, asks about words and hangs papers in bad weather.

What the map makes of the source stands in NetX, what librarians set stays, every paper hangs once, and the queue of words has
every asset that waits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId
from dambridge.model.terms import TermKey
from support.commands import dambridge
from support.enriching import takes_views, views
from support.pictures import approved, picture
from support.storms import Storm, rough_netx, rough_photoshelter
from support.words import BOATS, club_house, entries, ordered
from support.world import World

ASSETS, KILLS, JOBS = 24, 6, 3
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
FLOWS: dict[str, Any] = {
    "intake": {"select": {"media_types": {"document": "skip"}}},
    "enrich": {
        "from": "agency",
        "to": "archive",
        "papers": {"galleries": ["Intake/Papers"], "pattern": "J-*", "restricted": True},
    },
}


def arrive(pair: World) -> dict[str, str]:
    """Pictures of three jobs are brought in and enriched in peace; returns PhotoShelter's ids with NetX's."""
    for number in range(ASSETS):
        pair.submit(
            picture(number),
            file_name=f"{number:02}.jpg",
            containers=["Intake/Club"],
            iptc=approved(headline=f"Headline {number}", keywords=["Eight"], trans_ref=f"J-{number % JOBS}"),
        )
    asyncio.run(pair.run())
    assert dambridge(pair.config, "run", "--once", "--flow", "enrich").code == 0
    pair.advance(3600)
    return {source: str(copies[0]["id"]) for source, copies in pair.by_source().items()}


async def decide(pair: World) -> None:
    async with pair.bridge() as bridge:
        key = TermKey(AccountId("archive"), BOATS, "whiff")
        done = await ordered(bridge, CommandKind.DECIDE_TERM, key, verdict="map", term="Single Scull")
        assert done["exit_code"] == 0, done


@pytest.mark.hazard("P19")
@pytest.mark.hazard("P20")
@pytest.mark.hazard("P31")
@pytest.mark.timeout(500)
def test_kills_in_bad_weather_leave_every_value_every_word_and_every_paper_once(tmp_path: Path) -> None:
    with club_house(tmp_path, flows=FLOWS, engine={"runtime": "dbos", "concurrency": 4}) as pair:
        takes_views(pair)
        ids = arrive(pair)
        for number, (here, there) in enumerate(sorted(ids.items())):
            words = ["Whiff" if number % 2 else "Coxed Four"]
            pair.edit(here, iptc={"headline": f"Better {number}", "keywords": words})
            if number % 5 == 0:
                pair.edit_netx(there, attributes={"Caption": ["A librarian's"]})
        for job in range(JOBS):
            pair.submit(PDF, file_name=f"J-{job} release.pdf", containers=["Intake/Papers"], iptc={})
        pair.advance(90_000)  # a day later, so that papers are looked for
        storm = Storm(pair, pair.config, Random(7))
        pair.faults("netx", *rough_netx(), seed=7)
        pair.faults("photoshelter", *rough_photoshelter(), seed=7)
        pair.traffic("netx", latency_ms=12)
        for attempt in range(4 * KILLS):
            if storm.kills == KILLS:
                break
            storm.kill_once(within=1.0 if attempt % 3 else 3.0, from_work_on=attempt % 4 == 1)
            pair.advance(storm.random.choice((0, 60, 1200)))
        assert storm.kills == KILLS, "too few kills met a running process: there was too little to do"
        storm.settle(between=90_000)

        waiting = [here for number, here in enumerate(sorted(ids)) if number % 2]
        assert [(it.key.word, it.waiting) for it in asyncio.run(entries(pair)).values()] == [("whiff", len(waiting))]
        asyncio.run(decide(pair))
        assert dambridge(pair.config, "run", "--once", "--flow", "enrich").code == 0
        assert asyncio.run(entries(pair)) == {}
        copies = {str(it["id"]): it for it in pair.archived()}
        assert len(copies) == ASSETS
        hung = views(pair)
        for number, (_, there) in enumerate(sorted(ids.items())):
            held = copies[there]["attributes"]
            assert held["Headline"] == [f"Better {number}"]
            assert held[BOATS] == ["Single Scull" if number % 2 else "Coxed Four"]
            if number % 5 == 0:
                assert held["Caption"] == ["A librarian's"]
            job = copies[there]["attributes"]["Job ID"][0]
            assert [it.endswith(f" {job} release.pdf") for it in hung[there]] == [True]
        last = pair.seq("netx")
        assert dambridge(pair.config, "run", "--once", "--flow", "enrich").code == 0
        assert pair.changes("netx", last) == []
        storm.told()
