"""Flow `enrich` over real HTTP between the two simulators: derived values arrive, and what librarians set stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.model.identity import FlowName
from support.enriching import CAMPAIGN, changed, ends, enrich, enriching, flow_run, held, linked
from support.world import World, lines, merged

TWO_YEARS = 'keywords.exists(it, it == "harbour") ? "SPRING-27" : ""'


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with enriching(tmp_path) as it:
        yield it


def test_values_derived_from_the_source_arrive_and_a_second_run_writes_nothing(pair: World) -> None:
    ids = linked(pair, {"keywords": ["harbour"]}, {"keywords": ["snow"], "state": "Kent"}, {"keywords": ["cat"]})
    first = enrich(pair)
    assert first.summary["flows"]["enrich"]["failed"] == 0, first.summary
    pair.edit(ids[2][0], iptc={"keywords": ["cat", "harbour"], "headline": "A cat"})
    pair.advance(3600)
    second = enrich(pair)
    assert ends(second)["done"] == 1, second.summary
    there = held(pair)
    assert [there[it]["Campaign Code"] for _, it in ids] == [["HARBOUR-26"], ["WINTER-26"], ["HARBOUR-26"]]
    assert [there[it]["State"] for _, it in ids] == [["unknown"], ["Kent"], ["unknown"]]
    assert there[ids[2][1]]["Headline"] == ["A cat"]
    assert {tuple(it["Source"]) for it in there.values()} == {("Riverbend Pictures",)}
    pair.advance(3600)
    seqs = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    again = enrich(pair, full=True)
    assert ends(again) == {"seen": 3, "unchanged": 3}, again.summary
    assert [pair.changes(name, seq) for name, seq in seqs.items()] == [[], []]


def test_intake_leaves_the_fields_to_this_flow_once_an_asset_has_arrived(pair: World) -> None:
    ((here, there),) = linked(pair, {"headline": "One"})
    enrich(pair)
    pair.edit(here, iptc={"headline": "Two"})
    pair.advance(60)
    asyncio.run(pair.run())
    assert held(pair)[there]["Headline"] == ["One"]
    enrich(pair)
    assert held(pair)[there]["Headline"] == ["Two"]


@pytest.mark.hazard("P45")
def test_what_librarians_set_change_or_empty_stays_through_five_later_runs_and_a_changed_rule(pair: World) -> None:
    ids = linked(pair, *[{"keywords": ["harbour"], "headline": "Old", "city": "Rye"}] * 3)
    enrich(pair)
    (_, changed_one), (_, emptied), (_, added) = ids
    pair.edit_netx(changed_one, attributes={"Campaign Code": ["PRESS"], "Headline": ["Mine"]})
    pair.edit_netx(emptied, attributes={"Campaign Code": [], "City": []})
    pair.edit_netx(added, attributes={"Product Category": ["Events"]})
    for number in range(5):
        pair.advance(3600)
        if number == 2:
            changed(pair, rules={"custom:campaign": {"to": "Campaign Code", "expression": TWO_YEARS}})
        enrich(pair, full=number % 2 == 0)
    there = held(pair)
    assert (there[changed_one]["Campaign Code"], there[changed_one]["Headline"]) == (["PRESS"], ["Mine"])
    assert (there[emptied].get("Campaign Code", []), there[emptied].get("City", [])) == ([], [])
    assert (there[added]["Product Category"], there[added]["Campaign Code"]) == (["Events"], ["SPRING-27"])


@pytest.mark.hazard("P46")
def test_a_value_changed_on_both_sides_is_asked_about_and_kept_until_then(pair: World) -> None:
    ((here, there),) = linked(pair, {"headline": "Old"})
    enrich(pair)
    pair.edit_netx(there, attributes={"Headline": ["Mine"]})
    pair.advance(60)
    enrich(pair)
    pair.edit(here, iptc={"headline": "New"})
    pair.advance(60)
    asked = enrich(pair)
    assert (asked.summary["flows"]["enrich"]["inbox"]["open"], asked.exit_code) == (1, 3), asked.summary
    assert held(pair)[there]["Headline"] == ["Mine"]


def test_the_policy_may_keep_netx_without_asking(pair: World) -> None:
    changed(pair, both_changed="keep_target")
    ((here, there),) = linked(pair, {"headline": "Old"})
    enrich(pair)
    pair.edit_netx(there, attributes={"Headline": ["Mine"]})
    pair.edit(here, iptc={"headline": "New"})
    for _ in range(3):
        pair.advance(60)
        ran = enrich(pair)
        assert ran.summary["flows"]["enrich"]["inbox"]["open"] == 0
    assert held(pair)[there]["Headline"] == ["Mine"]


def test_the_work_list_names_what_lacks_a_facet_and_leaves_words_of_people_alone(pair: World) -> None:
    ids = linked(pair, {"keywords": ["harbour"], "city": "Rye"}, {"city": "Rye"})
    enrich(pair)
    (_, one), (_, two) = ids
    there = held(pair)
    assert (there[one]["Work List"], there[two]["Work List"]) == (["facets missing"], ["facets missing"])
    pair.edit_netx(one, attributes={"Product Category": ["Events"], "Work List": ["facets missing", "for Jane"]})
    pair.edit_netx(two, attributes={"Product Category": ["Events"]})
    pair.advance(60)
    enrich(pair)
    there = held(pair)
    assert there[one]["Work List"] == ["for Jane"]
    assert there[two]["Work List"] == ["facets missing"]
    pair.edit_netx(one, attributes={"City": []})
    pair.advance(60)
    enrich(pair)
    assert sorted(held(pair)[one]["Work List"]) == ["facets missing", "for Jane"]


def test_an_unknown_term_waits_alone_and_the_other_fields_are_written(pair: World) -> None:
    ((here, there),) = linked(pair, {"headline": "Old"})
    enrich(pair)
    changed(pair, rules={"custom:campaign": {"to": "Campaign Code", "expression": '"SUMMER-99"'}})
    pair.edit(here, iptc={"headline": "New"})
    pair.advance(60)
    ran = enrich(pair, full=True)
    assert ran.summary["flows"]["enrich"]["needs_attention"] == {"unknown_term": 1}, ran.summary
    assert (held(pair)[there]["Headline"], held(pair)[there].get("Campaign Code", [])) == (["New"], [])
    changed(pair, rules={"custom:campaign": {"to": "Campaign Code", "expression": CAMPAIGN}})
    pair.advance(60)
    assert enrich(pair).summary["flows"]["enrich"]["needs_attention"] == {}


@pytest.mark.hazard("P45")
def test_a_two_way_flow_that_comes_later_knows_what_was_agreed_on_though_this_flow_was_there_first(pair: World) -> None:
    ((here, there),) = linked(pair, {"headline": "Old"})
    enrich(pair)
    pair.edit_netx(there, attributes={"Credit": ["Somebody"]})
    rights = {"between": ["agency", "archive"], "groups": {"credit": {"fields": ["credit"], "authority": "ask"}}}
    proven = {"agency": {"proven": ["write_iptc", "write_media"]}}
    pair.overrides = merged(pair.overrides, {"flows": {"rights": rights}, "accounts": proven})
    pair.advance(60)
    ran = flow_run(pair, FlowName.RIGHTS)
    assert ran.summary["flows"]["rights"]["inbox"]["open"] == 0, ran.summary
    source = next(it for it in lines(pair.photoshelter.url, "/__sim__/state") if str(it["id"]) == here)
    assert source["metadata"]["credit"] == "Somebody"
    pair.advance(60)
    assert ends(enrich(pair, full=True)) == {"seen": 1, "unchanged": 1}
