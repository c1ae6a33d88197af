"""Flow `syndicate`: regions with languages and fields of their own, kits whole or not at all, living portals left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.mapping import to_canonical
from dambridge.model.identity import AssetKey, Copy, FlowName, Link, RemoteId, link_id_for
from dambridge.model.publications import Publication, Stage
from dambridge.model.records import NativeRecord
from dambridge.model.values import FieldName
from dambridge.planning.adoption import taken_over
from dambridge.planning.outlets import said_outside
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.ports.pace import Lane
from support.pictures import picture
from support.publishing import AGENCY, ARCHIVE, POLICY, PRESS, Portal, anew, ends, portal

GERMAN = {"germany": "DE", "austria": "AT", "switzerland": "CH", "usa": "US"}


def region(name: str, territory: str, **more: object) -> Outlet:
    given = replace(PRESS, name=name, region=name, gallery=f"Regions/{name}", territory=territory)
    return replace(given, **more)  # type: ignore[arg-type]


SYNDICATE: PublishPolicy = replace(
    POLICY,
    flow=FlowName.SYNDICATE,
    outlets={name: region(name, territory) for name, territory in GERMAN.items()},
    selection=Selection(folders=("Press",), outlets=FieldName("supp_categories")),
    kit=FieldName("custom:kit"),
)


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def regions(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.policy = SYNDICATE
    for name in GERMAN:
        it.gallery(f"Regions/{name}")
    it.agree()
    return it


def standing(it: Portal) -> dict[str, list[str]]:
    return {name: [one["file_name"] for one in it.in_gallery(f"Regions/{name}")] for name in GERMAN}


LANGUAGES = {"en": "Caption", "de": "Beschreibung", "fr": "Légende"}
SPOKEN = {
    "germany": ("de-DE", "de", "en"),
    "austria": ("de-AT", "de", "en"),
    "switzerland": ("de-CH", "de", "en"),
    "bern": ("de", "en"),
    "romandy": ("fr-CH", "fr", "en"),
    "ticino": ("it", "en"),
}
LANDS = {"germany": "DE", "austria": "AT"}


def test_a_german_caption_changes_the_german_copies_alone_in_one_run_and_moves_no_bytes(regions: Portal) -> None:
    """Bern's caption is its own; Romandy reads French; Ticino's own language is nowhere, so that it reads English."""
    own = frozenset({FieldName("description")})
    outlets = {
        name: region(name, LANDS.get(name, "CH"), languages=tags, **({"own_fields": own} if name == "bern" else {}))
        for name, tags in SPOKEN.items()
    }
    regions.policy = replace(SYNDICATE, outlets=outlets, selection=Selection(folders=("Press",)))
    maps = regions.pair.overrides["maps"]
    spoken = {**maps["archive"], "description": {"languages": LANGUAGES}}
    regions.pair = replace(regions.pair, overrides={**regions.pair.overrides, "maps": {**maps, "archive": spoken}})
    for name in SPOKEN:
        regions.gallery(f"Regions/{name}")
    regions.agree()
    texts = {"Beschreibung": "Ein Boot", "Légende": "Un bateau"}
    one = regions.master(1, **texts)
    regions.master(2, **texts)
    assert ends(regions.run(), "syndicate") == {"seen": 2, "done": 2}, regions.reasons()
    german, french, english = (["Ein Boot"] * 2, ["Un bateau"] * 2, ["A boat in the harbour"] * 2)
    before = {
        "germany": german,
        "austria": german,
        "switzerland": german,
        "bern": german,
        "romandy": french,
        "ticino": english,
    }
    assert captions(regions, SPOKEN) == before
    regions.pair.advance(3600)
    after = regions.pair.seq("photoshelter")
    regions.say(one, Beschreibung="Ein Kahn")
    regions.run()
    new = ["Ein Kahn", "Ein Boot"]
    assert captions(regions, SPOKEN) == {**before, "germany": new, "austria": new, "switzerland": new}
    writes = [it for it in regions.pair.changes("photoshelter", after) if "/media" in it["path"]]
    assert {it["method"] for it in writes} == {"PATCH"}
    assert len({it["path"] for it in writes}) == 3
    regions.pair.advance(3600)
    after = regions.pair.seq("photoshelter")
    regions.run(full=True)
    assert not [it for it in regions.pair.changes("photoshelter", after) if "/media" in it["path"]]


def captions(it: Portal, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: [one["metadata"]["caption"] for one in it.in_gallery(f"Regions/{name}")] for name in names}


def test_an_outlet_that_is_not_configured_any_more_makes_every_run_red_while_it_shows_something(
    regions: Portal,
) -> None:
    regions.master(1, Outlets=["germany"])
    assert regions.run().exit_code == 0, regions.reasons()
    regions.policy = replace(SYNDICATE, outlets={"austria": SYNDICATE.outlets["austria"]})
    ran = regions.run(full=True)
    assert ran.exit_code == 3
    assert ran.summary["flows"]["syndicate"]["needs_attention"] == {"outlet_gone": 1}


@pytest.mark.timeout(300)
def test_a_kit_goes_out_whole_or_not_at_all_by_region(regions: Portal) -> None:
    size = 4
    ids = [
        regions.master(number, Kit="harbour", Outlets=["germany", "usa"], Territories=["DACH", "US"])
        for number in range(size)
    ]
    regions.say(ids[1], Territories=["DACH"])
    regions.run()
    assert {name: len(files) for name, files in standing(regions).items()} == {
        "germany": size,
        "austria": 0,
        "switzerland": 0,
        "usa": 0,
    }, regions.reasons()
    assert any("kit_incomplete" in it for it in regions.reasons()), regions.reasons()
    assert len(regions.visible()) == size
    regions.pair.advance(3600)
    regions.say(ids[1], Territories=["DACH", "US"])
    regions.run()
    assert len(standing(regions)["usa"]) == size, regions.reasons()
    regions.pair.advance(3600)
    regions.say(ids[2], Territories=["DACH"])
    regions.run()
    assert (len(standing(regions)["usa"]), len(standing(regions)["germany"])) == (0, size), regions.reasons()


def test_a_living_portal_is_left_alone_until_a_person_takes_it_over(regions: Portal) -> None:
    regions.policy = replace(SYNDICATE, outlets={"germany": SYNDICATE.outlets["germany"]})
    master = regions.master(1, Licence_Kind=None, Outlets=["germany"])
    theirs = regions.pair.submit(picture(1), file_name="old.jpg", containers=["Regions/germany"])

    async def write(stage: Stage) -> None:
        async with regions.bridge() as (bridge, flow):
            ledger = bridge.common.ledger
            key = AssetKey(ARCHIVE, RemoteId(master))
            link = link_id_for(FlowName.SYNDICATE, key)
            known = (await ledger.publications([link])).get(link, {})
            seen = (await bridge.sites[AGENCY].archive.read([RemoteId(theirs)], lane=Lane.NORMAL))[RemoteId(theirs)]
            assert isinstance(seen, NativeRecord)
            outlet = flow.parts.policy.outlets["germany"]
            if stage is Stage.VISIBLE:
                found = to_canonical(seen, bridge.sites[AGENCY].map)
                ours = said_outside(flow.parts.policy)
                await ledger.put_publications(
                    [
                        taken_over(it, found=found, outlet=outlet, ours=ours, master="", at=regions.now)
                        for it in known.values()
                    ]
                )
                return
            await ledger.put_links(
                [Link(link, FlowName.SYNDICATE, (Copy(flow.parts.policy.source_copy, key.remote_id),))], {}
            )
            await ledger.put_publications(
                [
                    Publication(
                        flow=FlowName.SYNDICATE,
                        link=link,
                        copy=outlet.copy,
                        stage=stage,
                        gallery=seen.containers[0].id,
                        remote_id=RemoteId(theirs),
                        file_name="old.jpg",
                        at=regions.now,
                    )
                ]
            )

    asyncio.run(write(Stage.ADOPTED))
    after = regions.pair.seq("photoshelter")
    regions.run(full=True)
    assert regions.pair.changes("photoshelter", after) == []
    assert regions.visible() == [theirs]
    asyncio.run(write(Stage.VISIBLE))
    regions.pair.advance(60)
    regions.run(full=True)
    assert regions.visible() == [], regions.reasons()
    assert [it["id"] for it in regions.files()] == [theirs], "it stands where only staff see it"
