"""`dambridge search` as people and scripts use it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from support.commands import Answer, dambridge
from support.search_truth import PERSONS, Question, has
from support.search_world import SearchWorld, search_world


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("command"), count=9) as made:
        asyncio.run(made.fill())
        yield made


def ask(known: SearchWorld, *arguments: str) -> Answer:
    return dambridge(known.pair.config, "search", *arguments)


def test_finds_come_with_copies_counts_and_pages(known: SearchWorld) -> None:
    everybody = PERSONS["administrator"]
    wanted = known.truth.finds(Question("", lambda t, it, who: True).test, everybody)
    first = ask(known, "type:image", "--facets", "--limit", "5").json
    assert (first["total"], first["exact"], len(first["hits"])) == (len(wanted), True, 5)
    second = ask(known, "type:image", "--limit", "5", "--cursor", first["cursor"]).json
    assert sorted(it["entry"] for it in [*first["hits"], *second["hits"]]) == sorted(wanted)
    homes = {it["value"]: it["assets"] for it in first["facets"]["home"]}
    assert homes == known.truth.facets(wanted, everybody)["home"]
    narrowed = ask(known, "type:image", "--filter", "home=agency", "--filter", "status=approved").json
    approved = [it for it in known.truth.copies if it.home == "agency" and it.status == "approved"]
    assert narrowed["total"] == len(approved) > 0


def test_a_question_that_cannot_be_read_is_told_with_its_place(known: SearchWorld) -> None:
    wrong = ask(known, "fog capton:old")
    assert wrong.code == 2
    assert "`caption:`" in wrong.out + wrong.err
    assert "    ^" in (wrong.out + wrong.err).replace("\\n", "\n")
    for arguments in (["x", "--filter", "colour=red"], ["x", "--live", "--cursor", "y"], ["x", "--cursor", "nonsense"]):
        assert ask(known, *arguments).code == 2, arguments
    assert ask(known, "--bring", "nonsense").code == 2


def test_a_question_is_kept_listed_and_dropped(known: SearchWorld) -> None:
    kept = ask(known, "fog", "--save", "Fog", "--alert", "--by", "ann").json
    assert [it["name"] for it in ask(known, "--saved", "--by", "ann").json] == ["Fog"]
    assert ask(known, "--saved", "--by", "bo").json == []
    assert ask(known, "--drop", kept["id"], "--by", "bo").code == 2
    assert ask(known, "--drop", kept["id"], "--by", "ann").json == {"dropped": kept["id"]}


def test_an_order_and_a_new_filling(known: SearchWorld) -> None:
    asset = next(it for it in known.truth.copies if it.home == "agency")
    assert ask(known, "--bring", asset.key, "--by", "ann").json["flow"] == "intake"
    gone = ask(known, "--bring", "agency:nothing")
    assert gone.code != 0
    refilled = ask(known, "--rebuild").json
    assert refilled == {"read": len(known.truth.copies), "taken_out": 0, "unproven": {}}
    word = next(it.title.split()[0] for it in known.truth.copies)
    found = ask(known, f"title:{word}").json
    assert found["total"] == len(known.truth.finds(lambda t, it, who: has([it.title], word), PERSONS["administrator"]))


def test_what_is_ordered_by_command_is_listed_shown_and_taken_back(known: SearchWorld) -> None:
    germany = {"account": "agency", "channel": "web", "audience": "dealers", "gallery": "Markets/DE", "territory": "DE"}
    publish = {"from": "archive", "select": {"folders": ["Nowhere"]}, "status": "edit_status"}
    before = known.pair.overrides
    outlets = {"germany": {**germany, "orders": True}}
    known.pair.overrides = {**before, "flows": {"publish": {**publish, "outlets": outlets}}}
    here = [it for it in known.truth.copies if it.home == "archive"]
    good = next(it for it in here if known.truth.standing(it, "web", "DE") == "usable")
    try:
        way = ("--publish", good.key, "--to", "germany", "--by", "ann")
        assert ask(known, *way, "--until", "never").code != 0
        assert ask(known, "--bring", good.key, "--until", "2099-01-01").code == 2
        assert ask(known, *way, "--until", "2099-03-31").json["flow"] == "publish"
        (kept,) = ask(known, "--ordered").json
        assert (kept["source"], kept["outlet"], kept["by"]) == (good.key, "germany", "ann")
        assert ask(known, "--take-back", good.key, "--to", "germany", "--by", "bo").json["asset"] == good.key
        assert ask(known, "--ordered").json == []
    finally:
        known.pair.overrides = before
