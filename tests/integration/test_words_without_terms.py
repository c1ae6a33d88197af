"""Assets whose words NetX's vocabularies do not know: each word is one entry, one decision repairs all, nothing is lost.

The library is told in `Club`: which asset says what, and what must come of it, without any code of the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import Bridge
from dambridge.engine.term_orders import decide_term
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.terms import TermKey, UnknownTerm, Verdict
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from dambridge_sim.kit.simulator import Options
from support.pictures import approved, picture
from support.world import World, lines

BOATS, PLACE = "Boats", "Genre"
"""A tag and a pulldown: where PhotoShelter's keywords and its `genre` go."""
MAPS = {"archive": {"keywords": {"to": BOATS, "new_terms": "wait"}, "genre_legacy": PLACE}}
KNOWN = {
    BOATS: ["Single Scull", "Coxed Four", "Eight", "Ergometer", "Slipway", "Regatta Day"],
    PLACE: ["Boathouse", "Upper Reach", "Weir Pool", "Clubroom"],
}
MAPPED, MADE, LEFT_OUT = "map", "add", "drop"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that contributors use and NetX does not know, and what the librarian makes of it."""

    number: int
    attribute: str
    verdict: str
    term: str

    @property
    def text(self) -> str:
        return f"kayle {self.number:02d}"

    def spelt(self, asset: int) -> str:
        """As one contributor or another types it."""
        return (self.text, self.text.upper(), f"Kayle-{self.number:02d}")[asset % 3 if asset % 5 else 0]


@dataclass
class Club:
    """`assets` assets that use `words` unknown words between them, some beside known ones, some several at once."""

    assets: int
    words: int
    ids: dict[int, str] = field(default_factory=dict)
    vocabulary: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(self.words):
            attribute = PLACE if number % 4 == 3 else BOATS
            verdict = (MAPPED, MAPPED, MADE, MAPPED, LEFT_OUT)[number % 5]
            term = {MAPPED: KNOWN[attribute][number % len(KNOWN[attribute])], MADE: f"New {number:02d}"}.get(
                verdict, ""
            )
            self.vocabulary.append(Word(number, attribute, verdict, term))

    def unknown(self, asset: int) -> list[Word]:
        """The unknown words of an asset: every seventh has none, others one to three of them."""
        if asset % 7 == 6:
            return []
        numbers = {asset % self.words, *([(asset * 7 + 3) % self.words] if asset % 2 else [])}
        numbers |= {(asset * 5 + 1) % self.words} if asset % 9 == 0 else set()
        found: list[Word] = []
        for number in sorted(numbers):
            word = self.vocabulary[number]
            if word.attribute == BOATS or not any(it.attribute == PLACE for it in found):
                found.append(word)
        return found

    def says(self, asset: int) -> dict[str, Any]:
        words = self.unknown(asset)
        boats = [it.spelt(asset) for it in words if it.attribute == BOATS]
        if asset % 3 == 0:
            boats.append(KNOWN[BOATS][asset % len(KNOWN[BOATS])])
        place = next((it.spelt(asset) for it in words if it.attribute == PLACE), KNOWN[PLACE][0])
        return {"keywords": boats, "genre": place}

    def wanted(self, asset: int) -> dict[str, list[str]]:
        """What NetX must show in the end."""
        meant = {it.spelt(asset): it.term for it in self.unknown(asset)}
        says = self.says(asset)
        tags = [meant.get(it, it) for it in says["keywords"]]
        place = meant.get(says["genre"], says["genre"])
        return {BOATS: sorted({it for it in tags if it}), PLACE: [place] if place else []}

    def users(self, word: Word) -> list[int]:
        return [asset for asset in range(self.assets) if word in self.unknown(asset)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    seed = tmp_path / "site"
    seed.mkdir()
    described = {
        "attributes": [
            {"name": BOATS, "type": "tag", "vocabulary": BOATS},
            {"name": PLACE, "type": "pulldown", "vocabulary": PLACE},
        ],
        "vocabularies": KNOWN,
    }
    (seed / "library.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    with (
        serve(make_vendor("photoshelter"), Options()) as ps,
        serve(make_vendor("netx"), Options(seed=str(seed))) as nx,
    ):
        yield World(ps, nx, tmp_path, {"maps": MAPS})


def administrator_adds(pair: World, attribute: str, *terms: str) -> None:
    library: Any = pair.netx.simulator.vendor
    site = library.library.site
    library.library.gain_terms(site.attributes[attribute], terms)


async def ordered(
    bridge: Bridge, kind: CommandKind, key: TermKey, *, by: str = "Ida Moor", **scope: Any
) -> Mapping[str, Any]:
    """What became of an order about a word."""
    name = f"co-{kind}-{key.id}-{len(scope)}-{by}-{scope.get('term', '')}"
    about = {"account": key.account, "attribute": key.attribute, "word": key.word}
    command = Command(
        id=CommandId(name),
        kind=kind,
        actor=by,
        via="cli",
        scope={**scope, **about},
        idempotency_key=name,
        state=CommandState.QUEUED,
        created_at=await bridge.common.clock.now(),
    )
    await bridge.common.ledger.enqueue(command)
    done = await bridge.worker(serving=False).execute(CommandId(name))
    assert done.result is not None
    return done.result


async def entries(pair: World, *, waiting_only: bool = True) -> dict[tuple[str, str], UnknownTerm]:
    async with pair.bridge() as bridge:
        found = await bridge.common.ledger.unknown_terms(waiting_only=waiting_only)
        return {(it.key.attribute, it.key.word): it for it in found}


async def decide(pair: World, *words: Word, verdict: str = "", term: str = "") -> None:
    async with pair.bridge() as bridge:
        for word in words:
            key = TermKey(AccountId("archive"), word.attribute, word.text)
            scope = {"verdict": verdict or word.verdict, "term": term or word.term, "why": "not for the archive"}
            result = await ordered(bridge, CommandKind.DECIDE_TERM, key, **scope)
            assert result["exit_code"] == 0, result


def submit(pair: World, club: Club) -> None:
    for asset in range(club.assets):
        said = club.says(asset)
        club.ids[asset] = pair.submit(
            picture(asset), file_name=f"{asset:04d}.jpg", containers=["Intake/Club"], iptc=approved(**said)
        )


def shown(pair: World) -> dict[str, dict[str, list[str]]]:
    """What NetX shows, by PhotoShelter id; each asset stands there once."""
    by_source = pair.by_source()
    assert all(len(copies) == 1 for copies in by_source.values())
    return {
        source: {name: sorted(copies[0]["attributes"].get(name) or []) for name in (BOATS, PLACE)}
        for source, copies in by_source.items()
    }


def states(pair: World) -> dict[str, dict[str, Any]]:
    """All that NetX holds of each of its assets."""
    return {it["id"]: it for it in pair.archived()}


def sources(pair: World) -> dict[str, Any]:
    return {it["id"]: it for it in lines(pair.photoshelter.url, "/__sim__/state")}


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
