"""Flow `intake` over every position of what nobody knows about a real site: the end is right in each of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.outcomes import Outcome
from support.pictures import approved, picture
from support.world import World, world

GALLERY = ["Intake/Harbour"]
LOST = {"match": {"method": "POST", "path": "/api/import/*"}, "action": "drop_reply", "times": 2}
UNSENT = {"match": {"method": "POST", "path": "/api/import/*", "nth": 3}, "action": "drop_request"}


@dataclass(frozen=True, slots=True)
class Site:
    """One position of all the switches."""

    checksums: bool
    duplicates: bool
    lag: int
    lagging_listings: bool
    moves: bool

    @property
    def on(self) -> int:
        return sum((self.checksums, self.duplicates, self.lag > 0, self.lagging_listings, self.moves))

    def __str__(self) -> str:
        words = {
            "checksums": self.checksums,
            "duplicates": self.duplicates,
            f"lag {self.lag}": self.lag > 0,
            "listings lag": self.lagging_listings,
            "edits move": self.moves,
        }
        return ", ".join(it for it, on in words.items() if on) or "none"


BOTH = (True, False)
SITES = [Site(*it) for it in product(BOTH, BOTH, (0, 5), BOTH, BOTH) if it[2] or not it[3]]
"""All positions; listings lag only where the index does."""
IN_TURN = [pytest.param(it, id=str(it), marks=pytest.mark.long if it.on % 2 else ()) for it in SITES]
"""In the quick profile those with an even number of things switched on: each switch in both positions."""


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), accounts={"archive": {"settle_seconds": 60}}) as it:
        yield it


def at(systems: World, folder: Path, site: Site) -> World:
    pair = systems.anew(folder)
    pair.switch(
        "netx",
        **{"metadata.checksumEnabled": site.checksums},
        duplicate_detection=site.duplicates,
        index_lag_s=site.lag,
        folder_listing_lag=site.lagging_listings,
        modified_moves_on_attributes=site.moves,
    )
    pair.switch("photoshelter", iptc_moves_modified=site.moves)
    return pair


async def until_rest(pair: World) -> Counter[str]:
    """Runs, half an hour of the simulators' clock apart, until one changes nothing in NetX; how the last run's items ended."""
    for _ in range(6):
        before = pair.seq("netx")
        result = await pair.run()
        pair.advance(1800)
        if pair.changes("netx", before) == []:
            flow = result.summary["flows"]["intake"]
            return Counter({str(it): flow[str(it)] for it in Outcome if flow[str(it)]})
    raise AssertionError("six runs and still it writes")


@pytest.mark.hazard("P13")
@pytest.mark.hazard("P20")
@pytest.mark.hazard("P22")
@pytest.mark.parametrize("site", IN_TURN)
async def test_lost_replies_edits_and_new_bytes_end_alike_at_every_site(
    systems: World, tmp_path: Path, site: Site
) -> None:
    pair = at(systems, tmp_path, site)
    made = {
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=GALLERY, iptc=approved(title=f"T{it}")): picture(it)
        for it in range(5)
    }
    edited, renewed = list(made)[:2]
    pair.faults("netx", LOST, UNSENT)
    await until_rest(pair)
    pair.edit(edited, iptc={"caption": "Better"})
    pair.edit(renewed, picture(77, side=80))
    made[renewed] = picture(77, side=80)
    pair.advance(86_400)
    await until_rest(pair)

    copies = pair.by_source()
    assert sorted(copies) == sorted(made)
    assert {len(it) for it in copies.values()} == {1}
    assert len(pair.archived()) == len(made), "nothing stands in NetX that carries no source"
    for source, (copy,) in copies.items():
        assert copy["sha256"] == hashlib.sha256(made[source]).hexdigest()
        assert copy["versions"] == (2 if source == renewed else 1)
        assert copy["attributes"]["Caption"] == ["Better" if source == edited else "A boat"]
        assert all(it.startswith("PhotoShelter/") for it in copy["containers"]), "nothing is left in a berth"
    fetched = [it for it in pair.journal("photoshelter") if it["path"].endswith("/download")]
    assert len([it for it in fetched if edited in it["path"]]) == 1, "a caption edit moves no bytes"


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("lost", [False, True], ids=["answered", "reply lost"])
async def test_bytes_that_netx_has_already_are_linked_and_nothing_is_overwritten(
    systems: World, tmp_path: Path, lost: bool
) -> None:
    pair = at(systems, tmp_path, Site(True, True, 0, False, True))
    first = pair.submit(
        picture(1), file_name="a.jpg", containers=GALLERY, iptc=approved(title="The first", caption="One")
    )
    await pair.run()
    (before,) = pair.archived()
    second = pair.submit(picture(1), file_name="b.jpg", containers=GALLERY, iptc=approved(title="Other", caption="Two"))
    if lost:
        pair.faults("netx", LOST)
    ends: Counter[str] = Counter()
    for _ in range(3):
        pair.advance(1800)
        flow = (await pair.run()).summary["flows"]["intake"]
        ends.update(flow["needs_attention"])
    (after,) = pair.archived()
    assert {it: after[it] for it in before if it not in {"modified", "history"}} == {
        it: before[it] for it in before if it not in {"modified", "history"}
    }
    assert after["attributes"]["Source Id"] == [first]
    assert after["attributes"]["Title"] == ["The first"]
    assert ends["same_bytes_exist"] >= 1, "somebody is told"
    async with pair.bridge() as bridge:
        ledger, source = bridge.parts.ledger, bridge.parts.policy.source
        links = await ledger.links_of([AssetKey(source, RemoteId(it)) for it in (first, second)])
        known = await ledger.links(list(links.values()))
    assert len(links) == 2
    assert sorted(it.observe_only for it in known.values()) == [False, True]


async def test_two_sources_with_the_same_bytes_are_two_assets_where_netx_keeps_both(
    systems: World, tmp_path: Path
) -> None:
    pair = at(systems, tmp_path, Site(True, False, 0, False, True))
    for name in ("a", "b"):
        pair.submit(picture(1), file_name=f"{name}.jpg", containers=GALLERY, iptc=approved(title=name))
    await until_rest(pair)
    assert sorted(it["attributes"]["Title"] for it in pair.archived()) == [["a"], ["b"]]


@pytest.mark.hazard("P22")
@pytest.mark.parametrize("moves", BOTH, ids=["edits move", "edits move nothing"])
async def test_a_field_that_goes_to_and_fro_is_followed_every_time(systems: World, tmp_path: Path, moves: bool) -> None:
    pair = at(systems, tmp_path, Site(True, True, 0, False, moves))
    source = pair.submit(picture(1), file_name="a.jpg", containers=GALLERY, iptc=approved(caption="One"))
    await pair.run()
    for caption in ("Two", "One", "Two", "One"):
        pair.advance(86_400)
        pair.edit(source, iptc={"caption": caption})
        await pair.run(full=True)
        (copy,) = pair.archived()
        assert copy["attributes"]["Caption"] == [caption]
