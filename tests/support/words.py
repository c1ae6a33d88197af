"""A club whose contributors use words that NetX does not know, and its librarian, who decides about them.

The library is told in `Club`: which asset says what, and what must come of it, without any code of the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dambridge.bootstrap import Bridge
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.terms import TermKey, UnknownTerm
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support.pictures import approved, picture
from support.simulated import options
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


@contextmanager
def club_house(folder: Path, **overrides: Any) -> Iterator[World]:
    """Both simulators, NetX with the club's vocabularies, and an installation between them."""
    seed = folder / "site"
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
        serve(make_vendor("photoshelter"), options()) as ps,
        serve(make_vendor("netx"), options(seed=str(seed))) as nx,
    ):
        yield World(ps, nx, folder, {"maps": MAPS, **overrides})


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


async def decide(pair: World, *words: Word, text: str = "") -> None:
    """What the librarian makes of these words; `text` is the word itself where it is none of the club's."""
    async with pair.bridge() as bridge:
        for word in words:
            key = TermKey(AccountId("archive"), word.attribute, text or word.text)
            scope = {"verdict": word.verdict, "term": word.term, "why": "not for the archive"}
            result = await ordered(bridge, CommandKind.DECIDE_TERM, key, **scope)
            assert result["exit_code"] == 0, result


def submit(pair: World, club: Club, said: Mapping[str, Any] | None = None) -> None:
    """The club's pictures, each with what the club says of it or all with what is `said`."""
    for asset in range(club.assets):
        club.ids[asset] = pair.submit(
            picture(asset),
            file_name=f"{asset:04d}.jpg",
            containers=["Intake/Club"],
            iptc=approved(**(said or club.says(asset))),
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
