"""What people see of flow `enrich`: previews of changed rules, where each value came from, and the coverage report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.calling import Call, calling
from support.enriching import FACETS, changed, enrich, enriching, held, linked
from support.pictures import approved, picture
from support.world import World, lines

ALL_PRESS = {"custom:campaign": {"to": "Campaign Code", "expression": '"PRESS"'}}
HOMES = {"custom:campaign": "Campaign Code", "custom:product": "Product Category", "city": "City"}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with enriching(tmp_path) as it:
        yield it


@pytest.fixture
def call(pair: World, capsys: pytest.CaptureFixture[str]) -> Call:
    return calling(lambda: pair.config, capsys)


@pytest.mark.hazard("P47")
def test_a_changed_rule_is_previewed_and_the_plan_does_exactly_that(pair: World, call: Call) -> None:
    ids = linked(pair, {"keywords": ["harbour"]}, {"keywords": ["snow"]}, {"keywords": ["harbour"]}, {})
    enrich(pair)
    pair.edit_netx(ids[2][1], attributes={"Campaign Code": ["EVERGREEN"]})
    pair.advance(3600)
    enrich(pair)
    changed(pair, rules=ALL_PRESS)
    before, seq = held(pair), pair.seq("netx")
    plan = call("plan", "--flow", "enrich", "--full", "--json")
    assert plan.code == 0, plan.out
    assert pair.changes("netx", seq) == [], "a preview writes nothing"
    assert held(pair) == before
    (change,) = plan.json["changes"]
    assert (change["field"], change["rule"], change["assets"]) == ("custom:campaign", '"PRESS"', 3)
    samples = {it["asset"]: (it["before"], it["after"]) for it in change["samples"]}
    assert samples == {
        f"archive:{ids[0][1]}": ("HARBOUR-26", "PRESS"),
        f"archive:{ids[1][1]}": ("WINTER-26", "PRESS"),
        f"archive:{ids[3][1]}": ("", "PRESS"),
    }
    seen = call("plan", "--flow", "enrich", "--full").out
    assert "3 assets" in seen
    assert "WINTER-26" in seen
    applied = call("apply", plan.json["plan"], "--by", "jane", "--json")
    assert applied.code == 0, applied.out
    after = held(pair)
    for _, there in ids:
        expected = ["EVERGREEN"] if there == ids[2][1] else ["PRESS"]
        assert after[there]["Campaign Code"] == expected
        assert {it: one for it, one in after[there].items() if it != "Campaign Code"} == {
            it: one for it, one in before[there].items() if it != "Campaign Code"
        }


@pytest.mark.hazard("P47")
def test_a_plan_is_refused_whole_once_a_librarian_has_touched_one_of_its_assets(pair: World, call: Call) -> None:
    ids = linked(pair, {"keywords": ["harbour"]}, {"keywords": ["snow"]})
    enrich(pair)
    changed(pair, rules=ALL_PRESS)
    pair.advance(3600)
    plan = call("plan", "--flow", "enrich", "--full", "--json").json
    pair.edit_netx(ids[0][1], attributes={"Campaign Code": ["EVERGREEN"]})
    seq = pair.seq("netx")
    assert call("apply", plan["plan"], "--by", "jane").code in {1, 3}
    assert pair.changes("netx", seq) == []


def test_each_value_tells_its_rule_and_its_source_and_whose_it_is(pair: World, call: Call) -> None:
    ((here, there),) = linked(pair, {"keywords": ["harbour"], "headline": "Old", "city": "Rye"})
    enrich(pair)
    pair.edit_netx(there, attributes={"City": ["Winchelsea"]})
    pair.edit(here, iptc={"headline": "New"})
    pair.advance(60)
    enrich(pair)
    story = call("show", f"archive:{there}", "--json").json
    told = {it["field"]: it for it in story["enriched"]}
    campaign = told["custom:campaign"]
    assert (campaign["value"], campaign["by"], campaign["written"]) == ("HARBOUR-26", "rule", True)
    assert campaign["sources"] == {"keywords": ["harbour"]}
    assert campaign["rule"].startswith("keywords.exists")
    assert (told["headline"]["value"], told["headline"]["sources"]) == ("New", {"headline": "New"})
    assert (told["city"]["value"], told["city"]["by"], told["city"]["derived"]) == ("Winchelsea", "people", "Rye")
    assert (told["source"]["rule"], told["source"]["sources"]) == ("constant Riverbend Pictures", {})
    written = [it for it in story["story"] if it["event"] == "asset.update_fields"]
    assert any(why["params"]["field"] == "headline" for it in written for why in it["detail"]["why"]), written
    people = call("show", f"archive:{there}").out
    assert "Winchelsea" in people
    assert "people; the" in people


def test_coverage_equals_an_independent_count_before_and_after(pair: World, call: Call) -> None:
    galleries = ["Intake/Harbour", "Intake/Snow", "Intake/Rest"]
    for number in range(12):
        iptc: dict[str, Any] = {"keywords": [["harbour"], ["snow"], ["cat"]][number % 3]}
        iptc |= {"city": "Rye"} if number % 2 else {}
        iptc |= {"author": ["Ann", "Ben"][number % 2]} if number % 4 else {}
        pair.submit(
            picture(number), file_name=f"{number}.jpg", containers=[galleries[number % 3]], iptc=approved(**iptc)
        )
    call("run", "--flow", "intake", "--json")
    changed(pair, rules={"custom:campaign": ""}, facets=["custom:product", "city"])
    enrich(pair)
    before = counted(pair)
    changed(pair, facets=FACETS)
    first = enrich(pair, full=True)
    for it in pair.archived():
        if int(it["id"]) % 2:
            pair.edit_netx(str(it["id"]), attributes={"Product Category": ["Events"]})
    pair.advance(3600)
    last = enrich(pair)
    told = call("coverage", "--json").json
    assert told["run"] == last.run
    now = counted(pair)
    assert told["assets"] == 12
    for part, name in [
        ("", ""),
        *(("galleries", it) for it in galleries),
        *(("contributors", it) for it in ("Ann", "Ben")),
    ]:
        found = told[part][name] if part else told
        for facet in FACETS:
            assert found["filled"][facet]["now"] == now[part, name, facet], (part, name, facet)
        for facet in FACETS[1:]:
            assert found["filled"][facet]["before"] == before[part, name, facet], (part, name, facet)
        assert found["assets"] == now[part, name, "assets"]
        assert found["filled"]["complete"]["now"] == now[part, name, "complete"]
    assert 0 < now["", "", "custom:product"] < 12
    assert 0 < now["", "", "complete"] < 12
    since = call("coverage", "--since", str(first.run), "--json").json
    assert since["filled"]["custom:product"]["before"] == 0
    assert since["filled"]["custom:product"]["now"] == now["", "", "custom:product"]
    people = call("coverage").out
    assert "Intake/Snow" in people
    assert "Ann" in people


def counted(pair: World) -> Counter[tuple[str, str, str]]:
    """The same from what both simulators hold, by another way."""
    sources = {str(it["id"]): it for it in lines(pair.photoshelter.url, "/__sim__/state")}
    found: Counter[tuple[str, str, str]] = Counter()
    for source, copies in pair.by_source().items():
        for copy in copies:
            attributes = copy["attributes"]
            filled = [it for it, home in HOMES.items() if any(attributes.get(home) or [])]
            filled += ["complete"] if len(filled) == len(HOMES) else []
            who = sources[source]["metadata"].get("author") or "(nobody named)"
            galleries = [it["path"] if isinstance(it, dict) else it for it in sources[source]["containers"]]
            for part in [("", ""), ("contributors", who), *(("galleries", it) for it in galleries)]:
                found.update((*part, it) for it in (*filled, "assets"))
    return found


@pytest.mark.hazard("P46")
@pytest.mark.parametrize(("side", "stands"), [("agency", "New"), ("agreed", "Mine")])
def test_a_persons_ruling_is_carried_out_and_may_be_taken_back(pair: World, call: Call, side: str, stands: str) -> None:
    ((here, there),) = linked(pair, {"headline": "Old"})
    enrich(pair)
    pair.edit_netx(there, attributes={"Headline": ["Mine"]})
    pair.advance(60)
    enrich(pair)
    pair.edit(here, iptc={"headline": "New"})
    pair.advance(60)
    enrich(pair)
    (entry,) = call("conflicts", "--flow", "enrich", "--json").json["conflicts"]
    assert entry["group"] == "enrich:headline"
    assert call("conflicts", "settle", entry["id"], "--side", side, "--by", "jane", "--json").code == 0
    seq = pair.seq("photoshelter")
    for _ in range(2):
        pair.advance(60)
        ran = enrich(pair)
        assert ran.summary["flows"]["enrich"]["inbox"]["settled"] == 1, ran.summary
    assert held(pair)[there]["Headline"] == [stands]
    assert pair.changes("photoshelter", seq) == [], "the source is never written"
    undone = call("conflicts", "undo", entry["id"], "--by", "jane", "--json")
    assert undone.code == 0, undone.out
    for _ in range(2):
        pair.advance(60)
        again = enrich(pair)
    assert held(pair)[there]["Headline"] == ["Mine"]
    assert again.summary["flows"]["enrich"]["inbox"]["open"] == 1, again.summary
    assert pair.changes("photoshelter", seq) == []


def test_a_plan_that_was_applied_counts_as_well(pair: World, call: Call) -> None:
    linked(pair, {"keywords": ["cat"], "city": "Rye"}, {"keywords": ["cat"]})
    enrich(pair)
    changed(pair, rules=ALL_PRESS)
    pair.advance(3600)
    plan = call("plan", "--flow", "enrich", "--full", "--json").json["plan"]
    before = call("coverage", "--json").json
    assert call("apply", plan, "--by", "jane", "--json").code == 0
    told = call("coverage", "--json").json
    assert before["filled"]["custom:campaign"] == {"before": 0, "now": 0}
    assert told["filled"]["custom:campaign"] == {"before": 0, "now": 2}
    assert told["filled"]["city"] == {"before": 1, "now": 1}
