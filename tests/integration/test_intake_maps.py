"""A map in a file of its own over real HTTP: tables, classification, names, displays, the uploader's word, and the linter."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from support.commands import dambridge
from support.pictures import approved, picture
from support.world import World, lines, world

MAP: dict[str, Any] = {
    "owner": "Mara Lind",
    "review_by": "2090-01-01",
    "lookups": {
        "campaigns": {
            "file": "campaigns.csv",
            "key": "code",
            "reads": "job_id",
            "pattern": "HB-####",
            "unknown": "wait",
            "fields": {"source": "owner"},
        }
    },
    "classify": [{"name": "press", "when": '"press" in keywords', "set": {"usage_terms": "Editorial use only"}}],
    "places": [{"when": 'job_id != ""', "folder": "Campaigns/{job_id}", "name": "{job_id}_{counter:3}"}],
    "accounts": {
        "agency": {"uploader": {"galleries": ["Intake/Crew *"]}},
        "archive": {"fields": {"headline": {"expression": '"bomb" in keywords ? creator[9] : headline'}}},
    },
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(MAP, sort_keys=False), encoding="utf-8")
    (tmp_path / "campaigns.csv").write_text("code,owner\nHB-0001,Harbour Board\n", encoding="utf-8")
    with world(tmp_path, map_file="map.yaml") as it:
        yield it


def described(seed: int, *keywords: str) -> bytes:
    """A picture with these keywords inside."""
    items = "".join(f"<rdf:li>{it}</rdf:li>" for it in keywords)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    out = BytesIO()
    Image.open(BytesIO(picture(seed))).save(out, "JPEG", quality=85, xmp=xmp.encode())
    return out.getvalue()


async def test_tables_classes_folders_and_numbered_names(pair: World) -> None:
    made = approved(trans_ref="HB-0001", keywords=["press", "boat"])
    assets = [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=made) for it in range(9)
    ]
    plain = pair.submit(
        picture(20), file_name="plain.jpg", containers=["Intake/Harbour"], iptc=approved(keywords=["x"])
    )
    assert (await pair.run()).exit_code == 0
    copies = {asset: copy for asset, (copy,) in pair.by_source().items()}
    assert sorted(copies[it]["file_name"] for it in assets) == [f"HB-0001_{it:03}.jpg" for it in range(1, 10)]
    for it in assets:
        assert copies[it]["containers"] == ["Campaigns/HB-0001"]
        assert copies[it]["attributes"]["Source"] == ["Harbour Board"]
        assert copies[it]["attributes"]["Usage Terms"] == ["Editorial use only"]
    assert copies[plain]["file_name"] == "plain.jpg"
    assert "Usage Terms" not in {name for name, values in copies[plain]["attributes"].items() if values}
    before = pair.seq("netx")
    assert (await pair.run(full=True)).summary["flows"]["intake"]["done"] == 0
    assert pair.changes("netx", before) == [], "what rules made is not made again"


async def test_a_key_without_a_row_and_a_rule_that_fails_hold_back_their_asset_alone(pair: World) -> None:
    good = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/A"], iptc=approved(keywords=["x"]))
    other = pair.submit(
        picture(2), file_name="b.jpg", containers=["Intake/A"], iptc=approved(trans_ref="HB-9999", keywords=["x"])
    )
    bomb = pair.submit(picture(3), file_name="c.jpg", containers=["Intake/A"], iptc=approved(keywords=["bomb"]))
    result = await pair.run()
    flow = result.summary["flows"]["intake"]
    assert (flow["done"], flow["waiting"], flow["quarantined"], flow["failed"]) == (1, 1, 1, 0)
    assert flow["needs_attention"] == {"lookup_failed": 1, "expression_error": 1}
    assert list(pair.by_source()) == [good]
    mended = {**MAP, "accounts": {"agency": MAP["accounts"]["agency"]}}
    (pair.folder / "map.yaml").write_text(yaml.safe_dump(mended, sort_keys=False), encoding="utf-8")
    (pair.folder / "campaigns.csv").write_text("code,owner\nHB-9999,Board\n", encoding="utf-8")
    later = World(pair.photoshelter, pair.netx, pair.folder, {**pair.overrides, "engine": {"concurrency": 3}})
    assert (await later.run(full=True)).exit_code == 0, "once rule and table are mended, they travel"
    assert set(pair.by_source()) == {good, other, bomb}


@pytest.mark.hazard("P34")
@pytest.mark.parametrize("own", [(), ("quay",)], ids=["the word alone", "a keyword beside it"])
async def test_the_uploaders_word_does_not_come_back_out_of_the_file(pair: World, own: tuple[str, ...]) -> None:
    word = "Harbour day, pier 4"
    asset = pair.submit(
        described(1, *own, word),
        file_name="a.jpg",
        containers=["Intake/Crew"],
        contributor=word,
        iptc=approved(title="Boat", **({"keywords": [*own, word]} if own else {})),
    )
    assert (await pair.run()).exit_code == 0
    (copy,) = pair.by_source()[asset]
    assert (copy["attributes"].get("Keywords") or []) == list(own)
    assert copy["containers"] != []
    assert (await pair.run(full=True)).summary["flows"]["intake"]["done"] == 0


NOTE = "[dambridge] Please fill in: credit. It travels once that is there."


def instructions(pair: World, asset: str) -> str:
    state = next(it for it in lines(pair.photoshelter.url, "/__sim__/state") if it["id"] == asset)
    return str(state["metadata"].get("instructions", ""))


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[World]:
    made = {"owner": "Mara Lind", "review_by": "2090-01-01", "accounts": {"agency": {"send_back": "instructions"}}}
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    with world(tmp_path, map_file="map.yaml", accounts={"agency": {"proven": ["write_iptc"]}}) as it:
        yield it


async def test_what_is_missing_is_said_at_the_source_once_and_taken_away_when_it_travels(telling: World) -> None:
    lacking = {"edit_status": "approved", "caption": "A boat"}
    asset = telling.submit(picture(1), file_name="a.jpg", containers=["Intake/A"], iptc=lacking)
    theirs = telling.submit(
        picture(2), file_name="b.jpg", containers=["Intake/A"], iptc={**lacking, "instructions": "Call me"}
    )
    await telling.run()
    assert instructions(telling, asset) == NOTE
    assert instructions(telling, theirs) == "Call me"
    before = telling.seq("photoshelter")
    for _ in range(2):
        telling.advance(3600)
        await telling.run(full=True)
    assert telling.changes("photoshelter", before) == []
    for it in (asset, theirs):
        telling.edit(it, iptc={"credit": "Riverbend"})
    telling.advance(3600)
    await telling.run()
    copies = telling.by_source()
    assert set(copies) == {asset, theirs}
    assert instructions(telling, asset) == ""
    assert instructions(telling, theirs) == "Call me"
    assert not copies[asset][0]["attributes"].get("Instructions")
    assert copies[theirs][0]["attributes"]["Instructions"] == ["Call me"]
    telling.advance(3600)
    assert (await telling.run(full=True)).summary["flows"]["intake"]["done"] == 0


async def test_a_note_whose_reply_was_lost_is_looked_for_and_not_written_again(telling: World) -> None:
    asset = telling.submit(
        picture(1), file_name="a.jpg", containers=["Intake/A"], iptc={"edit_status": "approved", "caption": "A boat"}
    )
    telling.faults("photoshelter", {"match": {"method": "PATCH", "path": "*/iptc"}, "action": "drop_reply", "times": 1})
    await telling.run()
    assert instructions(telling, asset) == NOTE
    assert [it["fault"] for it in telling.journal("photoshelter") if it["fault"]], "the reply was really lost"
    telling.faults("photoshelter")
    before = telling.seq("photoshelter")
    telling.advance(3600)
    await telling.run(full=True)
    assert telling.changes("photoshelter", before) == []


async def test_without_a_proven_route_the_waiting_list_alone_says_it(telling: World) -> None:
    silent = World(
        telling.photoshelter,
        telling.netx,
        telling.folder,
        {**telling.overrides, "accounts": {"agency": {"proven": []}}},
    )
    asset = silent.submit(
        picture(1), file_name="a.jpg", containers=["Intake/A"], iptc={"edit_status": "approved", "caption": "A boat"}
    )
    result = await silent.run()
    assert result.summary["flows"]["intake"]["needs_attention"] == {"required_field_missing": 1}
    assert instructions(silent, asset) == ""


def said(config: Path, *arguments: str) -> tuple[int, Any]:
    done = dambridge(config, *arguments)
    return done.code, done.json


def test_the_linter_shows_real_assets_and_check_says_the_same(pair: World) -> None:
    pair.submit(
        picture(1), file_name="a.jpg", containers=["Intake/A"], iptc=approved(trans_ref="HB-9999", keywords=["x"])
    )
    code, told = said(pair.config, "maps", "lint")
    assert code == 2
    (finding,) = [it for it in told["findings"] if it["fault"] == "table_fails"]
    assert finding["assets"] == 1
    assert finding["samples"][0]["asset"].startswith("agency:")
    assert "HB-9999" in finding["told"]
    _, checked = said(pair.config, "check")
    assert any("HB-9999" in it["told"] for it in checked["findings"])
    assert said(pair.config, "maps", "lint", "--offline") == (0, {"ok": True, "findings": []})


EMBARGO = {
    "owner": "Mara Lind",
    "review_by": "2090-01-01",
    "accounts": {
        "agency": {
            "fields": {"embargo_until": "custom.Embargo"},
            "displays": [{"field": "instructions", "text": "EMBARGO until {embargo_until}"}],
        },
        "archive": {"fields": {"embargo_until": "Embargo Date"}},
    },
}


async def test_an_embargo_is_shown_in_the_instructions_at_the_source_and_taken_away_with_it(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(EMBARGO), encoding="utf-8")
    with world(tmp_path, map_file="map.yaml", accounts={"agency": {"proven": ["write_iptc"]}}) as pair:
        held = pair.submit(
            picture(1),
            file_name="a.jpg",
            containers=["Intake/A"],
            iptc=approved(instructions="Call first"),
            custom={"Embargo": "2026-12-24"},
        )
        free = pair.submit(picture(2), file_name="b.jpg", containers=["Intake/A"], iptc=approved(title="B"))
        await pair.run()
        assert instructions(pair, held) == "EMBARGO until 2026-12-24 // Call first"
        assert instructions(pair, free) == ""
        (copy,) = pair.by_source()[held]
        assert copy["attributes"]["Instructions"] == ["Call first"], (
            "what is shown is never taken for what people wrote"
        )
        assert copy["attributes"]["Embargo Date"] == ["2026-12-24"]
        seq = {name: pair.seq(name) for name in ("photoshelter", "netx")}
        for _ in range(2):
            pair.advance(3600)
            assert (await pair.run(full=True)).summary["flows"]["intake"]["done"] == 0
        assert [pair.changes(name, it) for name, it in seq.items()] == [[], []]

        # an edit of a custom field moves no modified time there, so that a sweep is what finds it
        pair.edit(held, custom={"Embargo": "2027-01-06"})
        pair.edit(free, custom={"Embargo": "2027-02-01"})
        pair.advance(3600)
        await pair.run(full=True)
        assert instructions(pair, held) == "EMBARGO until 2027-01-06 // Call first"
        assert instructions(pair, free) == "EMBARGO until 2027-02-01"
        pair.edit(held, custom={"Embargo": ""})
        pair.advance(3600)
        await pair.run(full=True)
        assert instructions(pair, held) == "Call first"
