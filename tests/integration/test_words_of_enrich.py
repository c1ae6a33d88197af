"""Words that flow enrich meets and NetX does not know: one queue with intake's, one decision for all, nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.fitting import Approval
from dambridge.engine.running import RunResult
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.terms import TermKey
from support.pictures import approved, picture
from support.words import (
    BOATS,
    KNOWN,
    LEFT_OUT,
    MADE,
    MAPPED,
    PLACE,
    Club,
    Word,
    administrator_adds,
    club_house,
    decide,
    entries,
    ordered,
    shown,
    sources,
    states,
    submit,
)
from support.world import World, control

ENRICH = {"from": "agency", "to": "archive", "guards": {"max_changes": 5000}}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    flows = {"intake": {"guards": {"max_changes": 5000}}, "enrich": ENRICH}
    few = {"runtime": "local", "concurrency": 4, "relook": 5}  # so that decisions are what brings assets back
    with club_house(tmp_path, flows=flows, engine=few) as it:
        yield it


async def enrich(pair: World, *, full: bool = False) -> RunResult:
    """One run of the flow in a process of its own, as far as the ledger can tell."""
    pair.advance(60)
    async with pair.bridge() as bridge:
        return await bridge.flows[FlowName.ENRICH].run(command=None, full=full)


async def arrived(pair: World, **iptc: Any) -> str:
    """An asset that intake has brought with these fields."""
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(**iptc))
    await pair.run()
    return asset


async def order(pair: World, kind: CommandKind, word: str, **scope: Any) -> Any:
    async with pair.bridge() as bridge:
        return await ordered(bridge, kind, TermKey(AccountId("archive"), BOATS, word), **scope)


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("assets", "words"),
    [
        pytest.param(60, 12, id="60 assets, 12 words"),
        pytest.param(1000, 40, id="1,000 assets, 40 words", marks=[pytest.mark.long, pytest.mark.timeout(1500)]),
    ],
)
async def test_as_many_decisions_as_words_repair_every_asset_and_write_nothing_else(
    pair: World, assets: int, words: int
) -> None:
    """The assets are in NetX, with headlines and words that it knows; then contributors say other words, and all of them get
    another headline."""
    club = Club(assets, words)
    submit(pair, club, {"keywords": ["Eight"], "genre": "Weir Pool", "headline": "Then"})
    await pair.run()
    await enrich(pair)
    assert shown(pair) == {it: {BOATS: ["Eight"], PLACE: ["Weir Pool"]} for it in club.ids.values()}
    for asset, here in club.ids.items():
        pair.edit(here, iptc={**club.says(asset), "headline": "Now"})
    before = sources(pair)

    waiting = {asset for asset in range(assets) if club.unknown(asset)}
    at = {asset: {it.attribute for it in club.unknown(asset)} for asset in range(assets)}
    first = await enrich(pair)
    assert first.summary["flows"]["enrich"]["needs_attention"] == {"unknown_term": len(waiting)}
    old = {BOATS: ["Eight"], PLACE: ["Weir Pool"]}
    held = {
        club.ids[it]: {name: old[name] if name in at[it] else value for name, value in club.wanted(it).items()}
        for it in range(assets)
    }
    assert shown(pair) == held, "a value that waits leaves the old one, and every other field goes on"
    assert {tuple(it["attributes"]["Headline"]) for it in pair.archived()} == {("Now",)}

    queue = await entries(pair)
    assert {(it.attribute, it.text): len(club.users(it)) for it in club.vocabulary} == {
        key: it.waiting for key, it in queue.items()
    }
    assert len(queue) == words
    for word in club.vocabulary:
        spelt = Counter(word.spelt(asset) for asset in club.users(word))
        assert dict(queue[word.attribute, word.text].spellings) == spelt

    pair.advance(7200)
    await enrich(pair)
    pair.advance(7200)  # so that no poll reaches back to the edits
    await decide(pair, *club.vocabulary)
    there = states(pair)
    start = {system: pair.seq(system) for system in ("netx", "photoshelter")}
    await enrich(pair)
    assert {it.key.word for it in (await entries(pair)).values()} == {
        it.text for it in club.vocabulary if it.verdict == MADE
    }
    for word in club.vocabulary:
        if word.verdict == MADE:
            administrator_adds(pair, word.attribute, word.term)
    await enrich(pair)
    assert shown(pair) == {club.ids[it]: club.wanted(it) for it in range(assets)}
    assert await entries(pair) == {}

    copies = {it["id"]: source for source, (it,) in pair.by_source().items()}
    written = pair.changes("netx", start["netx"])
    assert all(it["rpc"] == "updateAsset" and len(it["ids"]) == 1 for it in written)
    touched = Counter(copies[it["ids"][0]] for it in written)
    assert set(touched) == {club.ids[it] for it in waiting if club.wanted(it) != held[club.ids[it]]}
    assert max(touched.values()) <= 2, "once for what was decided, once for what was made"
    now = states(pair)
    assert _besides(now) == _besides(there)
    assert pair.changes("photoshelter", start["photoshelter"]) == []
    assert sources(pair) == before
    last = pair.seq("netx")
    await enrich(pair, full=True)
    await pair.run(full=True)
    assert pair.changes("netx", last) == []


def _besides(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the assets hold besides the words, and besides what a write of any field moves."""
    return {
        it: {name: values for name, values in one["attributes"].items() if name not in {BOATS, PLACE}}
        | {"sha256": one["sha256"], "versions": one["versions"], "containers": one["containers"]}
        for it, one in found.items()
    }


@pytest.mark.hazard("P31")
async def test_a_decision_met_by_one_flow_is_for_the_other_too(pair: World) -> None:
    """A word that waits at intake is decided; the same word comes to enrich on an asset that has arrived, and the other way."""
    here = await arrived(pair, keywords=["Eight"])
    waits = pair.submit(
        picture(2), file_name="b.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Whiff", "Gig"])
    )
    await pair.run()
    pair.edit(here, iptc={"keywords": ["Whiff", "Gig"]})
    await enrich(pair)
    queue = {it.key.word: (it.waiting, it.assets, len(it.samples)) for it in (await entries(pair)).values()}
    assert queue == {"whiff": (2, 2, 0), "gig": (2, 2, 0)}
    assert (await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Single Scull"))["assets"] == 2
    assert (await order(pair, CommandKind.DECIDE_TERM, "gig", verdict=LEFT_OUT, why="no boat"))["exit_code"] == 0
    await pair.run()
    await enrich(pair)
    assert shown(pair) == {it: {BOATS: ["Single Scull"], PLACE: []} for it in (here, waits)}
    assert await entries(pair) == {}
    assert {it.key.word: it.assets for it in (await entries(pair, waiting_only=False)).values()} == {
        "whiff": 2,
        "gig": 2,
    }


@pytest.mark.hazard("P31")
async def test_a_decision_taken_back_and_made_anew_repairs_what_the_first_one_wrote(pair: World) -> None:
    here = await arrived(pair, keywords=["Eight"])
    pair.edit(here, iptc={"keywords": ["Whiff", "Eight"]})
    await enrich(pair)
    assert (await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Ergometer"))["exit_code"] == 0
    await enrich(pair)
    assert shown(pair)[here][BOATS] == ["Eight", "Ergometer"]
    assert (await order(pair, CommandKind.UNDO_TERM, "whiff"))["exit_code"] == 0
    start = pair.seq("netx")
    again = await enrich(pair)
    assert again.summary["flows"]["enrich"]["needs_attention"] == {"unknown_term": 1}
    assert pair.changes("netx", start) == []
    assert [(it.waiting, it.assets) for it in (await entries(pair)).values()] == [(1, 1)]
    assert (await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Single Scull", by="Bo"))[
        "exit_code"
    ] == 0
    await enrich(pair)
    assert shown(pair)[here][BOATS] == ["Eight", "Single Scull"]


@pytest.mark.hazard("P45")
async def test_a_decision_leaves_what_librarians_set_and_then_nobody_waits_for_it(pair: World) -> None:
    here = await arrived(pair, keywords=["Eight"], genre="Clubroom")
    await enrich(pair)
    pair.edit(here, iptc={"keywords": ["Whiff"]})
    await enrich(pair)
    assert {it.key.word: it.waiting for it in (await entries(pair)).values()} == {"whiff": 1}
    ((copy,),) = pair.by_source().values()
    pair.edit_netx(str(copy["id"]), attributes={BOATS: ["Coxed Four"]})
    await enrich(pair)
    assert await entries(pair, waiting_only=False) == {}
    pair.edit(here, iptc={"genre": "Weir Poool"})
    await enrich(pair)
    assert {it.key.word: it.waiting for it in (await entries(pair)).values()} == {"weir poool": 1}
    assert shown(pair)[here] == {BOATS: ["Coxed Four"], PLACE: ["Clubroom"]}


@pytest.mark.hazard("P31")
async def test_a_value_that_a_rule_makes_waits_for_its_term_like_any_other(pair: World) -> None:
    """Two rules and a constant, of which none says a word of the source's."""
    here = await arrived(pair, keywords=["Eight"], headline="Regatta")
    rules = {"genre_legacy": {"to": PLACE, "expression": 'headline == "Regatta" ? "Finish line" : ""'}}
    pair.overrides = {**pair.overrides, "maps": {"archive": {**pair.overrides["maps"]["archive"], **rules}}}
    await enrich(pair, full=True)
    queue = await entries(pair)
    assert {(key, it.waiting) for key, it in queue.items()} == {((PLACE, "finish line"), 1)}
    await decide(pair, Word(0, PLACE, MAPPED, KNOWN[PLACE][1]), text="finish line")
    await enrich(pair)
    assert shown(pair)[here] == {BOATS: ["Eight"], PLACE: [KNOWN[PLACE][1]]}


async def test_what_is_gone_at_its_source_leaves_the_queue(pair: World) -> None:
    here = await arrived(pair, keywords=["Eight"])
    pair.edit(here, iptc={"keywords": ["Whiff"]})
    await enrich(pair)
    assert len(await entries(pair)) == 1
    control(pair.photoshelter.url, "DELETE", f"/__sim__/assets/{here}")
    await enrich(pair, full=True)
    assert await entries(pair, waiting_only=False) == {}


async def test_a_plan_names_the_word_and_its_apply_leaves_it_in_the_queue(pair: World) -> None:
    here = await arrived(pair, keywords=["Eight"], headline="Then")
    pair.edit(here, iptc={"keywords": ["Whiff"], "headline": "Now"})
    pair.advance(60)
    async with pair.bridge() as bridge:
        plan = await bridge.flows[FlowName.ENRICH].preview(full=True)
        assert await bridge.common.ledger.unknown_terms() == []
        assert [str(it.leave.reason.code) for it in plan.left] == ["unknown_term"]
        assert [it.word for action in plan.actions for use in action.words or () for it in [use.key]] == ["whiff"]
        await bridge.flows[FlowName.ENRICH].apply(plan, Approval(by="Ida Moor"))
    assert {it.key.word: it.waiting for it in (await entries(pair)).values()} == {"whiff": 1}
