"""Real processes, really killed, while they carry people's edits both ways in bad weather: every edit stands everywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.commands import dambridge
from support.pictures import approved, picture
from support.storms import Storm, rough_netx, rough_photoshelter
from support.world import World, lines, world

ASSETS, KILLS = 30, 8
OVERRIDES: dict[str, Any] = {
    "accounts": {"agency": {"proven": ["write_iptc", "write_media"]}},
    "engine": {"runtime": "dbos", "concurrency": 4},
    "flows": {
        "rights": {
            "between": ["agency", "archive"],
            "groups": {"headline": {"fields": ["headline"]}, "credit": {"fields": ["credit"]}},
        }
    },
}


def said(pair: World) -> dict[str, tuple[Any, ...]]:
    """Headline and credit of every asset as each system shows them, by PhotoShelter's id."""
    here = {str(it["id"]): it["metadata"] for it in lines(pair.photoshelter.url, "/__sim__/state")}
    there = {source: copies[0]["attributes"] for source, copies in pair.by_source().items()}
    return {
        it: (here[it]["headline"], here[it]["credit"], *there[it]["Headline"], *there[it]["Credit"])
        for it in sorted(here)
    }


@pytest.mark.hazard("P19")
@pytest.mark.hazard("P45")
@pytest.mark.timeout(400)
def test_kills_in_bad_weather_lose_no_edit_of_either_side(tmp_path: Path) -> None:
    with world(tmp_path, **OVERRIDES) as pair:
        for number in range(ASSETS):
            pair.submit(
                picture(number),
                file_name=f"{number:02}.jpg",
                containers=["Intake/Harbour"],
                iptc=approved(headline=f"Headline {number}"),
            )
        asyncio.run(pair.run())
        assert dambridge(pair.config, "run", "--once", "--flow", "rights").code == 0
        pair.advance(3600)
        ids = {source: str(copies[0]["id"]) for source, copies in pair.by_source().items()}
        for number, (here, there) in enumerate(sorted(ids.items())):
            pair.edit(here, iptc={"headline": f"Better {number}"})
            pair.edit_netx(there, attributes={"Credit": [f"Agency {number}"]})
        storm = Storm(pair, pair.config, Random(11))
        pair.faults("netx", *rough_netx(), seed=11)
        pair.faults("photoshelter", *rough_photoshelter(), seed=11)
        pair.traffic("netx", latency_ms=12)
        for attempt in range(4 * KILLS):
            if storm.kills == KILLS:
                break
            storm.kill_once(within=1.5 if attempt % 3 else 4.0, from_work_on=attempt % 4 == 1)
            pair.advance(storm.random.choice((0, 60, 1200)))
        assert storm.kills == KILLS, "too few kills met a running process: there was too little to do"
        storm.settle()
        ran = dambridge(pair.config, "run", "--once", "--flow", "rights").json["flows"]["rights"]
        assert ran["inbox"]["open"] == 0, "our own writes were taken for edits of somebody else"
        assert said(pair) == {
            here: (f"Better {number}", f"Agency {number}", f"Better {number}", f"Agency {number}")
            for number, here in enumerate(sorted(ids))
        }
        assert len(pair.archived()) == ASSETS
        storm.told()
