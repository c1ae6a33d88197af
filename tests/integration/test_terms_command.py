"""`dambridge terms`: the queue, decisions by name, vocabularies in and out of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.mapping.vocabulary_files import read_vocabulary
from support.calling import Call, calling
from support.pictures import approved, picture
from support.world import World, world

CATEGORIES = "Product Category"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    maps = {"archive": {"keywords": {"to": CATEGORIES, "new_terms": "wait"}}}
    with world(tmp_path, maps=maps) as it:
        yield it


@pytest.fixture
def call(pair: World, capsysbinary: pytest.CaptureFixture[bytes]) -> Call:
    return calling(lambda: pair.config, capsysbinary)


def submit(pair: World, *words: str) -> None:
    for number, word in enumerate(words):
        iptc = approved(keywords=word.split("+"))
        pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Club"], iptc=iptc)


def shown(pair: World) -> list[list[str]]:
    return sorted(sorted(it["attributes"].get(CATEGORIES) or []) for it in pair.archived())


@pytest.mark.hazard("P31")
def test_from_the_queue_to_the_repaired_assets(pair: World, call: Call) -> None:
    submit(pair, "potrait", "Potrait", "potrait+wherry", "Events", "blurred")
    assert call("run", "--json").code == 3
    queue = call("terms", "--json").json
    assert [(it["spelling"], it["waiting"], it["attribute"]) for it in queue["terms"]] == [
        ("potrait", 3, CATEGORIES),
        ("blurred", 1, CATEGORIES),
        ("wherry", 1, CATEGORIES),
    ]
    first = queue["terms"][0]
    assert first["proposals"][0]["term"] == "Portrait"
    assert first["spellings"] == {"potrait": 2, "Potrait": 1}
    table = call("terms", "list").out
    assert first["id"] in table
    assert "Portrait?" in table
    known = call("terms", "show", first["id"]).out
    assert "3 of 3 assets wait" in known
    assert f"dambridge terms map {first['id']}" in known
    assert len(call("terms", "show", "potrait", "--json").json["samples"]) == 3

    done = call("terms", "map", "potrait", "portrait", "--by", "Ida Moor")
    assert (done.code, done.err) == (0, "")
    assert "means Portrait (Ida Moor)" in done.out
    assert "repairs 3 assets" in done.out
    assert "for a reason" in call("terms", "drop", "blurred", "--by", "Ida Moor").err
    assert call("terms", "drop", "blurred", "--by", "Ida Moor", "--why", "not a category").code == 0
    assert "until it is seen" in call("terms", "add", "wherry", "Wherry", "--by", "Ida Moor").out
    call("run", "--json")
    assert shown(pair) == [[], ["Events"], ["Portrait"], ["Portrait"]]
    left = call("terms", "list", "--json").json["terms"]
    assert [(it["spelling"], it["decision"]["verdict"]) for it in left] == [("wherry", "add")]
    everything = call("terms", "list", "--all", "--json").json
    assert everything["count"] == 3
    trail = call("audit", "--subject", first["id"], "--json").json
    assert [(it["event"], it["actor"]) for it in trail] == [("term.decided", "Ida Moor")]

    assert "Ida Moor decided" in call("terms", "map", "potrait", "Product").err
    assert call("terms", "undo", "potrait", "--by", "Bo").code == 0
    assert "nothing to take back" in call("terms", "undo", "potrait").err


def test_vocabularies_travel_through_files(pair: World, call: Call, tmp_path: Path) -> None:
    submit(pair, "headshots", "scenery", "gig")
    call("run", "--json")
    file = tmp_path / "categories.csv"
    file.write_text(
        "id,label,synonyms,label_fr\n1,Portrait,headshots|faces,Portraits\n2,Landscape,scenery,Paysage\n3,Yacht,,\n"
    )
    said = call("terms", "import", str(file), "--attribute", CATEGORIES, "--by", "Ida Moor", "--json")
    assert said.json == {"account": "archive", "attribute": CATEGORIES, "terms": 3, "usable": 2}
    call("run", "--json")
    assert shown(pair) == [["Landscape"], ["Portrait"]]
    assert [it["spelling"] for it in call("terms", "--json").json["terms"]] == ["gig"]
    found = call("terms", "propose", "Paysages", "--attribute", CATEGORIES, "--json").json
    assert found["is"] == "Landscape"
    assert found["proposals"][0]["term"] == "Landscape"
    call("terms", "map", "gig", "Product", "--by", "Ida Moor")
    for form in ("csv", "turtle", "rdfxml", "jsonld"):
        out = tmp_path / f"out.{form}"
        assert call("terms", "export", "-a", CATEGORIES, "--format", form, "--out", str(out)).code == 0
        terms = {it.label: it for it in read_vocabulary(out.read_bytes(), form, language="en")}
        assert set(terms) == {"Editorial", "Corporate", "Events", "Portrait", "Landscape", "Product"}
        assert terms["Portrait"].synonyms == ("headshots", "faces")
        assert terms["Product"].synonyms == ("gig",)
    assert call("terms", "export", "-a", CATEGORIES).out.startswith("id,label,broader,synonyms,label_fr\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "nothing"), "No asset uses the word"),
        (("map", "nothing", "Portrait"), "No asset uses the word"),
        (("export", "--attribute", "Product Categorie"), "'Product Category'"),
        (("export", "--attribute", CATEGORIES, "--format", "docx"), "one of csv"),
        (("propose", "x", "--attribute", CATEGORIES, "--account", "agency"), "no NetX account"),
        (("import", __file__, "--attribute", CATEGORIES), "--format"),
        (("import", __file__, "--attribute", CATEGORIES, "--format", "csv"), "cannot be used"),
    ],
)
def test_what_there_is_not_is_said_with_what_there_is(
    pair: World, call: Call, arguments: tuple[str, ...], says: str
) -> None:
    submit(pair, "Events")
    call("run", "--json")
    said = call("terms", *arguments)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
