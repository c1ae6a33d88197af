"""Assets whose words NetX's vocabularies do not know: each word is one entry, one decision repairs all, nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.orders.term_orders import decide_term
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.terms import TermKey, Verdict
from support.pictures import approved, picture
from support.words import (
    BOATS,
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
from support.world import World


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with club_house(tmp_path) as it:
        yield it


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("assets", "words"),
    [
        pytest.param(90, 12, id="90 assets, 12 words"),
        pytest.param(1000, 40, id="1,000 assets, 40 words", marks=pytest.mark.long),
    ],
)
async def test_as_many_decisions_as_words_repair_every_asset_and_write_nothing_else(
    pair: World, assets: int, words: int
) -> None:
    club = Club(assets, words)
    submit(pair, club)
    before = sources(pair)
    waiting = {asset for asset in range(assets) if club.unknown(asset)}
    assert assets * 0.7 < len(waiting) < assets
    assert {it.verdict for it in club.vocabulary} == {MAPPED, MADE, LEFT_OUT}

    first = await pair.run()
    assert first.summary["flows"]["intake"]["waiting"] == len(waiting)
    assert shown(pair) == {club.ids[it]: club.wanted(it) for it in range(assets) if it not in waiting}

    queue = await entries(pair)
    assert {(it.attribute, it.text): len(club.users(it)) for it in club.vocabulary} == {
        key: it.waiting for key, it in queue.items()
    }
    assert len(queue) == words
    for word in club.vocabulary:
        spelt = Counter(word.spelt(asset) for asset in club.users(word))
        assert dict(queue[word.attribute, word.text].spellings) == spelt

    await decide(pair, *club.vocabulary)
    there = states(pair)
    start = {system: pair.seq(system) for system in ("netx", "photoshelter")}
    await pair.run()
    made = {it for it in waiting if any(word.verdict == MADE for word in club.unknown(it))}
    assert 0 < len(made) < len(waiting)
    assert shown(pair) == {club.ids[it]: club.wanted(it) for it in range(assets) if it not in made}
    assert {it.key.word for it in (await entries(pair)).values()} == {
        it.text for it in club.vocabulary if it.verdict == MADE
    }

    for word in club.vocabulary:
        if word.verdict == MADE:
            administrator_adds(pair, word.attribute, word.term)
    await pair.run()
    assert shown(pair) == {club.ids[it]: club.wanted(it) for it in range(assets)}
    assert await entries(pair) == {}

    written = [set(it["ids"]) for it in pair.changes("netx", start["netx"]) if it["rpc"] != "createFolderFromPath"]
    copies = pair.by_source()
    repaired = {copies[club.ids[it]][0]["id"] for it in waiting}
    assert len(written) >= len(repaired) == len(waiting)
    assert all(len(ids & repaired) == 1 for ids in written)
    assert {it: state for it, state in states(pair).items() if it in there} == there
    assert pair.changes("photoshelter", start["photoshelter"]) == []
    assert sources(pair) == before
    last = pair.seq("netx")
    await pair.run(full=True)
    assert pair.changes("netx", last) == []


@pytest.mark.hazard("P31")
async def test_an_asset_that_is_there_keeps_its_value_until_its_new_word_is_decided(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Eight"]))
    other = pair.submit(picture(2), file_name="b.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Eight"]))
    await pair.run()
    pair.advance(3600)
    pair.edit(asset, iptc={"keywords": ["Eight", "Whiff"], "caption": "Two boats"})
    await pair.run()
    assert shown(pair)[asset][BOATS] == ["Eight"]
    word = Word(0, BOATS, MAPPED, "Single Scull")
    assert [(it.key.word, it.waiting) for it in (await entries(pair)).values()] == [("whiff", 1)]
    async with pair.bridge() as bridge:
        key = TermKey(AccountId("archive"), BOATS, "whiff")
        assert (await ordered(bridge, CommandKind.DECIDE_TERM, key, verdict=MAPPED, term="single scull"))[
            "exit_code"
        ] == 0
    start = pair.seq("netx")
    await pair.run()
    assert shown(pair) == {
        asset: {BOATS: ["Eight", word.term], PLACE: []},
        other: {BOATS: ["Eight"], PLACE: []},
    }
    assert len(pair.changes("netx", start)) == 1
    (copy,) = pair.by_source()[asset]
    assert copy["attributes"]["Caption"] == ["Two boats"]


@pytest.mark.hazard("P31")
async def test_a_decision_taken_back_and_made_anew_repairs_what_the_first_one_wrote(pair: World) -> None:
    ids = [
        pair.submit(
            picture(it), file_name=f"{it}.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Whiff", "Eight"])
        )
        for it in range(4)
    ]
    await pair.run()
    key = TermKey(AccountId("archive"), BOATS, "whiff")

    async def order(kind: CommandKind, **scope: Any) -> Mapping[str, Any]:
        async with pair.bridge() as bridge:
            return await ordered(bridge, kind, key, **scope)

    assert (await order(CommandKind.DECIDE_TERM, verdict=MAPPED, term="Ergometer"))["exit_code"] == 0
    await pair.run()
    assert [shown(pair)[it][BOATS] for it in ids] == [["Eight", "Ergometer"]] * 4
    taken = await order(CommandKind.DECIDE_TERM, verdict=MAPPED, term="Single Scull", by="Bo")
    assert "Ida Moor decided" in taken["error"]

    assert (await order(CommandKind.UNDO_TERM))["exit_code"] == 0
    pair.advance(3600)
    start = pair.seq("netx")
    again = await pair.run()
    assert again.summary["flows"]["intake"]["waiting"] == 4
    assert pair.changes("netx", start) == []
    assert [(it.waiting, it.assets) for it in (await entries(pair)).values()] == [(4, 4)]

    assert (await order(CommandKind.DECIDE_TERM, verdict=MAPPED, term="Single Scull"))["exit_code"] == 0
    await pair.run()
    assert [shown(pair)[it][BOATS] for it in ids] == [["Eight", "Single Scull"]] * 4
    assert len(pair.changes("netx", start)) == 4
    start = pair.seq("photoshelter")
    pair.advance(3600)
    await pair.run()
    assert [it for it in pair.journal("photoshelter", start) if it["path"].endswith(tuple(ids))] == []


async def test_an_order_carried_out_twice_decides_once(pair: World) -> None:
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Whiff"]))
    await pair.run()
    key = TermKey(AccountId("archive"), BOATS, "whiff")
    async with pair.bridge() as bridge:
        ledger = bridge.common.ledger
        first = await ordered(bridge, CommandKind.DECIDE_TERM, key, verdict=LEFT_OUT, why="no boat")
        done = await ledger.command(CommandId(f"co-decide_term-{key.id}-2-Ida Moor-"))
        assert done is not None
        assert await decide_term(ledger, done) == first
        trail = await ledger.audit_trail(subject=key.id, after=0, limit=9)
        assert [(it.entry.event, it.entry.actor, it.entry.detail["why"]) for it in trail] == [
            ("term.decided", "Ida Moor", "no boat")
        ]


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ({"verdict": "map", "term": "Whif"}, "no term 'Whif'"),
        ({"verdict": "map", "term": ""}, "no term ''"),
        ({"verdict": "drop", "why": "  "}, "for a reason"),
        ({"verdict": "map", "term": "Eight", "by": " "}, "name"),
    ],
)
async def test_what_cannot_be_decided_is_refused_in_words_and_nothing_is_written(
    pair: World, scope: dict[str, Any], says: str
) -> None:
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Whiff"]))
    await pair.run()
    key = TermKey(AccountId("archive"), BOATS, "whiff")
    async with pair.bridge() as bridge:
        result = await ordered(bridge, CommandKind.DECIDE_TERM, key, **scope)
        assert says in result["error"]
        assert result["exit_code"] == 3
        assert await bridge.common.ledger.term_decisions(AccountId("archive")) == []
        assert Verdict(scope["verdict"]) in Verdict


async def test_what_is_no_longer_selected_leaves_the_queue(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Club"], iptc=approved(keywords=["Whiff"]))
    await pair.run()
    assert len(await entries(pair)) == 1
    pair.edit(asset, iptc={"edit_status": "rejected"})
    pair.advance(3600)
    await pair.run()
    assert await entries(pair, waiting_only=False) == {}
