"""Words that PhotoShelter's people edit into a two-way flow and NetX does not know: one queue, one decision for all that use
the word, PhotoShelter's own wording left alone, and rest afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.fitting import Approval
from dambridge.engine.running import RunResult
from dambridge.model.actions import ActionKind
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.terms import TermKey
from support.commands import dambridge
from support.pictures import approved, picture
from support.words import (
    BOATS,
    KNOWN,
    LEFT_OUT,
    MADE,
    MAPPED,
    PLACE,
    Club,
    administrator_adds,
    club_house,
    decide,
    entries,
    ordered,
    shown,
    sources,
    submit,
)
from support.world import World

GROUPS: dict[str, Any] = {
    "boats": {"fields": ["keywords"], "authority": "newest"},
    "place": {"fields": ["genre_legacy"], "authority": "ask"},
    "headline": {"fields": ["headline"], "authority": "ask"},
}
FLOWS = {
    "intake": {"guards": {"max_changes": 5000}},
    "rights": {"between": ["agency", "archive"], "groups": GROUPS, "guards": {"max_changes": 5000}},
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    proven = {"agency": {"proven": ["write_iptc", "write_media"]}}
    few = {"runtime": "local", "concurrency": 4, "relook": 3}  # so that decisions are what brings assets back
    with club_house(tmp_path, flows=FLOWS, engine=few, accounts=proven) as it:
        yield it


async def rights(pair: World, *, full: bool = False) -> RunResult:
    """One run of the flow in a process of its own, as far as the ledger can tell."""
    pair.advance(60)
    async with pair.bridge() as bridge:
        return await bridge.flows[FlowName.RIGHTS].run(command=None, full=full)


async def arrived(pair: World, **iptc: Any) -> tuple[str, str]:
    """An asset that intake has brought and rights has looked at: its ids in both."""
    here = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(**iptc))
    await pair.run()
    await rights(pair, full=True)
    pair.advance(7200)
    return here, str(pair.by_source()[here][0]["id"])


async def order(pair: World, kind: CommandKind, word: str, attribute: str = BOATS, **scope: Any) -> Any:
    async with pair.bridge() as bridge:
        return await ordered(bridge, kind, TermKey(AccountId("archive"), attribute, word), **scope)


async def at_rest(pair: World) -> bool:
    """Whether further looks at everything, by every flow, write nothing anywhere."""
    before = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    pair.advance(7200)
    await rights(pair, full=True)
    await pair.run(full=True)
    await rights(pair, full=True)
    return [pair.changes(name, seq) for name, seq in before.items()] == [[], []]


def keywords(pair: World, asset: str) -> list[str]:
    return list(sources(pair)[asset]["metadata"]["keywords"])


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the assets of NetX hold besides the words."""
    return {
        it: {name: value for name, value in one["attributes"].items() if name not in {BOATS, PLACE}}
        for it, one in found.items()
    }


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("assets", "words"),
    [
        pytest.param(9, 5, id="9 assets, 5 words"),
        pytest.param(1000, 40, id="1,000 assets, 40 words", marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
async def test_one_decision_repairs_every_asset_that_uses_the_word_and_nothing_else_is_written(
    pair: World, assets: int, words: int
) -> None:
    club = Club(assets, words)
    submit(pair, club, {"keywords": ["Eight"], "genre": "Weir Pool", "headline": "Then"})
    await pair.run()
    await rights(pair, full=True)
    pair.advance(3600)
    for asset, here in club.ids.items():
        pair.edit(here, iptc={**club.says(asset), "headline": "Now"})
    said = sources(pair)

    waiting = {asset for asset in range(assets) if club.unknown(asset)}
    first = await rights(pair)
    assert first.summary["flows"]["rights"]["needs_attention"] == {"unknown_term": len(waiting)}
    old = {BOATS: ["Eight"], PLACE: ["Weir Pool"]}
    at = {asset: {it.attribute for it in club.unknown(asset)} for asset in range(assets)}
    assert shown(pair) == {
        club.ids[it]: {name: old[name] if name in at[it] else value for name, value in club.wanted(it).items()}
        for it in range(assets)
    }, "a group that waits leaves the old value, and every other group goes on"
    assert {tuple(it["attributes"]["Headline"]) for it in pair.archived()} == {("Now",)}
    queue = await entries(pair)
    assert {key: it.waiting for key, it in queue.items()} == {
        (it.attribute, it.text): len(club.users(it)) for it in club.vocabulary if club.users(it)
    }
    for word in club.vocabulary:
        spelt = Counter(word.spelt(asset) for asset in club.users(word))
        assert dict(queue[word.attribute, word.text].spellings) == spelt

    pair.advance(7200)
    await rights(pair)
    start = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    there = _kept({it["id"]: it for it in pair.archived()})
    pair.advance(7200)  # so that no poll reaches back to the edits
    await decide(pair, *club.vocabulary)
    await rights(pair)
    for word in club.vocabulary:
        if word.verdict == MADE:
            administrator_adds(pair, word.attribute, word.term)
    await rights(pair)
    assert shown(pair) == {club.ids[it]: club.wanted(it) for it in range(assets)}
    assert await entries(pair) == {}
    assert sources(pair) == said, "PhotoShelter's people keep their words"
    assert pair.changes("photoshelter", start["photoshelter"]) == []
    copies = {it["id"]: source for source, (it,) in pair.by_source().items()}
    touched = Counter(copies[id_] for it in pair.changes("netx", start["netx"]) for id_ in it["ids"])
    assert touched.keys() <= {club.ids[it] for it in waiting}
    assert max(touched.values()) <= 2, "once for what was decided, once for what was made"
    assert _kept({it["id"]: it for it in pair.archived()}) == there
    assert await at_rest(pair)


@pytest.mark.hazard("P31")
async def test_what_a_librarian_edits_in_terms_leaves_the_words_that_were_not_touched(pair: World) -> None:
    """One word has a meaning, one is left out on the way: both stay as PhotoShelter's people wrote them."""
    here, there = await arrived(pair, keywords=["Eight"])
    pair.edit(here, iptc={"keywords": ["Whiff", "Eight", "lens cap"]})
    await rights(pair)
    await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Single Scull")
    await order(pair, CommandKind.DECIDE_TERM, "lens cap", verdict=LEFT_OUT, why="no boat")
    await rights(pair)
    assert shown(pair)[here][BOATS] == ["Eight", "Single Scull"]
    story = dambridge(pair.config, "show", here).json
    (boats,) = [it for it in story["in_step"] if it["field"] == "keywords"]
    assert boats["value"] == ["Whiff", "Eight", "lens cap"]
    assert boats["shown"] == {"archive/record/-/original": ["Single Scull", "Eight"]}
    pair.advance(7200)
    pair.edit_netx(there, attributes={BOATS: ["Single Scull", "Coxed Four"]})
    await rights(pair)
    assert sorted(keywords(pair, here)) == ["Coxed Four", "Whiff", "lens cap"]
    assert shown(pair)[here][BOATS] == ["Coxed Four", "Single Scull"]
    pair.advance(7200)
    pair.edit_netx(there, attributes={BOATS: ["Coxed Four"]})
    await rights(pair)
    assert sorted(keywords(pair, here)) == ["Coxed Four", "lens cap"]
    assert await at_rest(pair)


@pytest.mark.hazard("P31")
async def test_a_decision_taken_back_and_made_anew_repairs_what_the_first_one_wrote(pair: World) -> None:
    here, _ = await arrived(pair, keywords=["Eight"])
    pair.edit(here, iptc={"keywords": ["Whiff", "Eight"]})
    await rights(pair)
    await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Ergometer")
    await rights(pair)
    assert shown(pair)[here][BOATS] == ["Eight", "Ergometer"]
    await order(pair, CommandKind.UNDO_TERM, "whiff")
    start = pair.seq("netx")
    again = await rights(pair)
    assert again.summary["flows"]["rights"]["needs_attention"] == {"unknown_term": 1}
    assert pair.changes("netx", start) == []
    assert [(it.waiting, it.assets) for it in (await entries(pair)).values()] == [(1, 1)]
    await order(pair, CommandKind.DECIDE_TERM, "whiff", verdict=MAPPED, term="Single Scull", by="Bo")
    await rights(pair)
    assert shown(pair)[here][BOATS] == ["Eight", "Single Scull"]
    assert keywords(pair, here) == ["Whiff", "Eight"]
    assert await at_rest(pair)


@pytest.mark.hazard("P31")
async def test_words_that_intake_has_carried_already_are_no_edit_and_follow_their_decision(pair: World) -> None:
    """Intake waits for a word, brings the asset with its term, and only then two-way looks at it: the place asks a person
    where both sides edit, and a word is no edit."""
    here = pair.submit(
        picture(1),
        file_name="a.jpg",
        containers=["Intake/Club"],
        iptc=approved(keywords=["Eight"], genre="Weir Poool"),
    )
    await pair.run()
    await order(pair, CommandKind.DECIDE_TERM, "weir poool", PLACE, verdict=MAPPED, term="Weir Pool")
    await pair.run()
    there = str(pair.by_source()[here][0]["id"])
    pair.edit_netx(there, attributes={PLACE: ["Clubroom"]})
    pair.advance(3600)
    first = await rights(pair, full=True)
    assert first.summary["flows"]["rights"]["inbox"]["open"] == 0
    assert sources(pair)[here]["metadata"]["genre"] == "Clubroom"
    assert await at_rest(pair)
    assert KNOWN[PLACE][3] == "Clubroom"


async def test_a_plan_shows_the_term_that_is_written_and_leaves_the_word_in_the_queue(pair: World) -> None:
    here, _ = await arrived(pair, keywords=["Eight"], genre="Weir Pool", headline="Then")
    pair.edit(here, iptc={"keywords": ["Ergo"], "genre": "Clubroom", "headline": "Now"})
    pair.advance(60)
    async with pair.bridge() as bridge:
        flow = bridge.flows[FlowName.RIGHTS]
        plan = await flow.preview(full=True)
        assert await bridge.common.ledger.unknown_terms() == []
        assert [str(it.leave.reason.code) for it in plan.left] == ["unknown_term"]
        (action,) = [it for it in plan.actions if it.kind is ActionKind.UPDATE_FIELDS]
        assert action.fields == {"genre_legacy": "Clubroom", "headline": "Now"}
        await flow.apply(plan, Approval(by="Ida Moor"))
    assert {it.key.word: it.waiting for it in (await entries(pair)).values()} == {"ergo": 1}
    assert shown(pair)[here] == {BOATS: ["Eight"], PLACE: ["Clubroom"]}
    await order(pair, CommandKind.DECIDE_TERM, "ergo", verdict=MAPPED, term="Ergometer")
    pair.advance(60)
    async with pair.bridge() as bridge:
        plan = await bridge.flows[FlowName.RIGHTS].preview(full=False)
        (action,) = [it for it in plan.actions if it.kind is ActionKind.UPDATE_FIELDS]
        assert action.fields == {"keywords": ("Ergometer",)}
        await bridge.flows[FlowName.RIGHTS].apply(plan, Approval(by="Ida Moor"))
    assert shown(pair)[here][BOATS] == ["Ergometer"]
    assert await entries(pair) == {}
