"""What every search index has to hold to."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import (
    EVERYTHING,
    AllOf,
    Among,
    AnyOf,
    During,
    Facet,
    Is,
    Not,
    Query,
    Time,
    Words,
    words_of,
)
from dambridge.model.records import MediaType
from dambridge.model.rights import Rights
from dambridge.model.searching import Document, Order, Profile
from dambridge.model.values import FieldName, LangAlt
from dambridge.ports.searching import Ask, Grouping, SearchIndex

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
ONE, OTHER = AccountId("agency"), AccountId("archive")
VOCABULARY = [
    "harbour",
    "night",
    "old",
    "port",
    "Zürich",
    "fog",
    "tram",
    "東京",
    "wide-angle",
    "ÉCLAIR",
    "2026",
    "it's",
]
OPEN = Profile(rights=Rights(holder="x"), status="approved")
SHUT = Profile(rights=Rights(editorial_only=True), status="draft")


def copy_of(
    number: int,
    *values: str,
    account: AccountId = ONE,
    entry: str = "",
    profile: Profile = OPEN,
    keywords: Sequence[str] = (),
    **other: Any,
) -> Document:
    """A copy whose title is the first of `values`, its caption the second."""
    key = AssetKey(account, RemoteId(str(number)))
    texts = {"title": values[:1], "description": values[1:2], "keywords": tuple(keywords), "own.Shoot": values[2:3]}
    plain = Document(
        key=key,
        entry=entry or str(key),
        main=True,
        profile=profile,
        rights=profile.rights,
        status=profile.status,
        media_type=MediaType.IMAGE,
        file_name=f"{number}.jpg",
        title=values[0] if values else "",
        campaigns=(),
        photographers=(),
        days={},
        paths=("Intake",),
        texts={name: tuple(words_of(it) for it in several) for name, several in texts.items() if any(several)},
        free=frozenset({"title", "description", "keywords"}),
        fields={FieldName("title"): LangAlt.plain(values[0])} if values and values[0] else {},
        size=number,
        modified="m1",
        groups=frozenset({"base"}),
        seen_at=AT,
    )
    return replace(plain, **other)


async def everything(index: SearchIndex, ask: Ask | Query, *, page: int = 7, counted: int = 0) -> list[str]:
    """All entries, page by page."""
    asked = ask if isinstance(ask, Ask) else Ask(query=ask)
    found: list[str] = []
    after: str | None = None
    while True:
        part = await index.find(asked, after=after, limit=page, counted=counted)
        found += part.entries
        if part.after is None:
            return found
        after = part.after


async def _profiles(index: SearchIndex) -> dict[str, int]:
    return {it.digest: number for number, it in (await index.numbers(profiles=0, places=0)).profiles}


def holds(it: Document, query: Query, numbers: dict[str, int]) -> bool:
    """The same by hand, over the words as they are."""
    match query:
        case AllOf(items):
            return all(holds(it, one, numbers) for one in items)
        case AnyOf(items):
            return any(holds(it, one, numbers) for one in items)
        case Not(item):
            return not holds(it, item, numbers)
        case Words(words, field, prefix):
            names = [field] if field else sorted(it.free)
            lines = [f" {' '.join(value)} " for name in names for value in it.texts.get(name, ())]
            sought = f" {' '.join(words)}" + ("" if prefix else " ")
            return any(sought in line for line in lines)
        case Is(Facet.STATUS, value):
            return it.status == value
        case Is(Facet.CAMPAIGN, value):
            return words_of(value) in {words_of(one) for one in it.campaigns}
        case Is(Facet.HOME, value):
            return it.key.account == value
        case During(time, first, last):
            day = it.days.get(time, "")
            return bool(day) and (first or "") <= day <= (last or "9999")
        case Among(profiles):
            return numbers[it.profile.digest] in profiles
    raise AssertionError(query)


class SearchIndexContract(ABC):
    """Subclass it, give it an index, and every promise of `ports.searching.SearchIndex` is held to."""

    @abstractmethod
    @pytest.fixture
    def index(self) -> SearchIndex:
        """An empty index."""

    async def test_words_are_found_whole_and_in_any_spelling(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "Zürich, the Old Port"), copy_of(2, "old airport"), copy_of(3, "東京の港")])
        assert await everything(index, Words(("zurich",))) == ["agency:1"]
        assert await everything(index, Words(("port",))) == ["agency:1"]
        assert await everything(index, Words(("port",), prefix=True)) == ["agency:1"]
        assert await everything(index, Words(("air",), prefix=True)) == ["agency:2"]
        assert await everything(index, Words(("old", "port"))) == ["agency:1"]
        assert await everything(index, Words(words_of("東京"))) == ["agency:3"]
        assert await everything(index, Words(words_of("京東"))) == []
        assert await everything(index, AllOf((Words(("port",)), Not(Words(("port",)))))) == []

    async def test_a_phrase_never_goes_from_one_value_into_the_next(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "old", "port", keywords=["red", "tram"]), copy_of(2, "a red tram")])
        assert await everything(index, Words(("old", "port"))) == []
        assert await everything(index, Words(("red", "tram"))) == ["agency:2"]
        assert await everything(index, Words(("red", "tram"), "keywords")) == []

    async def test_a_field_is_asked_by_itself(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "fog", "tram", "north"), copy_of(2, "tram", "fog", "south")])
        assert await everything(index, Words(("fog",), "title")) == ["agency:1"]
        assert await everything(index, Words(("north",))) == []
        assert await everything(index, Words(("north",), "own.Shoot")) == ["agency:1"]
        assert await everything(index, Words(("north",), "own.shoot")) == ["agency:1"]

    async def test_signs_are_never_syntax(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "near or not"), copy_of(2, "and 'quoted' \\ : * ^ (x)")])
        assert await everything(index, Words(("or",))) == ["agency:1"]
        assert await everything(index, Words(("near",))) == ["agency:1"]
        assert await everything(index, Words(("quoted",))) == ["agency:2"]

    async def test_a_facets_value_is_met_exactly(self, index: SearchIndex) -> None:
        await index.put(
            [
                copy_of(1, "a", campaigns=("Spring 26",), photographers=("Ann Muster", "Bo")),
                copy_of(2, "a", campaigns=("Spring 26 B",), photographers=("Ann",)),
            ]
        )
        assert await everything(index, Is(Facet.CAMPAIGN, "spring 26")) == ["agency:1"]
        assert await everything(index, Is(Facet.PHOTOGRAPHER, "Ann")) == ["agency:2"]
        found = await index.find(Ask(query=EVERYTHING), after=None, limit=1, counted=10)
        assert found.whole
        assert found.columns is not None
        assert set(found.columns.photographers) == {("Ann Muster", "Bo"), ("Ann",)}

    async def test_copies_of_one_asset_are_one_answer_on_whatever_page(self, index: SearchIndex) -> None:
        copies = [copy_of(it, "fog", entry=f"ln{it % 10}") for it in range(40)]
        await index.put(copies)
        for query in (Words(("fog",)), EVERYTHING):
            for page in (1, 3, 10, 50):
                found = await everything(index, query, page=page)
                assert sorted(found) == sorted({it.entry for it in copies}), (query, page)
        assert (await index.find(Ask(query=EVERYTHING), after=None, limit=3)).total == 10
        await index.put([copy_of(39, "fog", "", "39", entry="ln9")])
        alone = Words(("39",), "own.Shoot")
        for one in (alone, AnyOf((alone, During(Time.DATE, "2026", None)))):
            met = await index.find(Ask(query=one), after=None, limit=3)
            assert (met.entries, {str(it) for it in met.copies}) == (("ln9",), {"agency:39"})
            assert met.members == await index.members(met.entries)
        members = await index.members(["ln3", "ln99"])
        assert [it.key.remote_id for it in members["ln3"]] == ["13", "23", "3", "33"]
        assert "ln99" not in members

    async def test_more_than_is_ranked_comes_newest_first_each_once(
        self, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dambridge.storage.search_finding.RANKED", 20)
        await index.put([copy_of(it, "fog", entry=f"ln{it % 30}") for it in range(1, 91)])
        first = await index.find(Ask(query=Words(("fog",))), after=None, limit=7)
        assert (first.order, first.exact) == (Order.NEWEST, False)
        assert first.entries == tuple(f"ln{it % 30}" for it in range(90, 83, -1))
        for page in (1, 7, 29, 30, 31):
            found = await everything(index, Words(("fog",)), page=page)
            assert found == [f"ln{it % 30}" for it in range(90, 60, -1)], page
            for counted in (30, 90):
                known = await everything(index, Words(("fog",)), page=page, counted=counted)
                assert known == found, "whether all that match are gathered for their counts or not"
        for counted in (0, 30, 90):
            part = await index.find(Ask(query=Words(("fog",))), after="n:75", limit=5, counted=counted)
            assert part.entries == tuple(f"ln{it % 30}" for it in range(74, 69, -1))
            assert {it.remote_id for it in part.copies} == {
                str(it - away) for it in range(74, 69, -1) for away in (0, 30, 60)
            }

    async def test_what_fits_best_comes_first_whatever_else_is_asked(
        self, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Filters and words that most copies have choose, and say nothing about which copy fits best."""
        long = "a tram and a quay and many words about neither " * 4
        titles = {1: "fog", 2: f"{long} fog", 3: "fog fog fog fog", 4: f"{long} {long} fog", 5: "quay"}
        await index.put([copy_of(number, f"harbour {it}", campaigns=("Spring",)) for number, it in titles.items()])
        fog, campaign = Words(("fog",)), Is(Facet.CAMPAIGN, "Spring")
        alone = await index.find(Ask(query=fog), after=None, limit=9)
        assert (alone.entries[0], len(alone.entries), alone.order) == ("agency:3", 4, Order.BEST)
        for common in (20_000, 4, 0):
            monkeypatch.setattr("dambridge.storage.search_fts5.COMMON", common)
            for query in (AllOf((fog, campaign)), AllOf((fog, Not(Words(("quiet",))))), AllOf((campaign, fog))):
                assert await index.find(Ask(query=query), after=None, limit=9) == alone, (common, query)
            both = await index.find(Ask(query=AllOf((Words(("harbour",)), fog))), after=None, limit=9)
            assert (both.entries[0], {*both.entries}) == ("agency:3", {*alone.entries}), common

    async def test_bounds_hold_for_everything_that_is_said(self, index: SearchIndex) -> None:
        await index.put(
            [
                copy_of(1, "fog"),
                copy_of(2, "fog", account=OTHER, profile=SHUT),
                copy_of(3, "fog", account=OTHER, paths=("Secret",)),
            ]
        )
        numbers = await _profiles(index)
        assert len(numbers) == 2
        assert (await index.numbers(profiles=max(numbers.values()), places=0)).profiles == []
        given = (await index.numbers(profiles=0, places=0)).places
        places = {tuple(several): number for number, several in given}
        assert (await index.numbers(profiles=0, places=max(places.values()))).places == []
        intake = frozenset(number for several, number in places.items() if several[0][1] == "Intake")
        fog = Words(("fog",))
        for ask, entries in (
            (Ask(query=fog, accounts=frozenset({ONE})), ["agency:1"]),
            (Ask(query=fog, accounts=frozenset()), []),
            (Ask(query=fog, profiles=frozenset({numbers[OPEN.digest]})), ["agency:1", "archive:3"]),
            (Ask(query=fog, places=intake), ["agency:1", "archive:2"]),
            (Ask(query=Not(Words(("tram",))), places=frozenset()), []),
            (Ask(query=Among(frozenset({numbers[SHUT.digest]}))), ["archive:2"]),
        ):
            assert sorted(await everything(index, ask)) == entries
            counted = (await index.find(ask, after=None, limit=1, counted=10)).columns
            assert counted is not None
            assert sorted(set(counted.entries)) == entries
            assert sorted(str(it.key) for it in await index.newest(ask, limit=10)) == entries
            assert sorted(map(str, (await index.find(ask, after=None, limit=10)).copies)) == entries

    async def test_what_is_written_again_takes_the_place_of_what_was_there(self, index: SearchIndex) -> None:
        assert await index.put([copy_of(1, "fog"), copy_of(2, "tram")]) == 2
        assert await index.put([copy_of(1, "fog"), copy_of(2, "harbour")]) == 1
        assert await everything(index, Words(("tram",))) == []
        assert await everything(index, Words(("harbour",))) == ["agency:2"]
        assert await index.count() == 2
        stored = await index.stored([AssetKey(ONE, RemoteId("2")), AssetKey(ONE, RemoteId("9"))])
        assert [it.title for it in stored.values()] == ["harbour"]
        assert stored[AssetKey(ONE, RemoteId("2"))].fields == {FieldName("title"): LangAlt.plain("harbour")}

    async def test_the_last_that_came_may_change_beside_what_is_new(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "fog"), copy_of(2, "tram")])
        assert await index.put([copy_of(3, "quay"), copy_of(2, "harbour"), copy_of(4, "mole")]) == 3
        found = [await everything(index, Words((it,))) for it in ("fog", "harbour", "quay", "mole", "tram")]
        assert found == [["agency:1"], ["agency:2"], ["agency:3"], ["agency:4"], []]

    async def test_what_is_forgotten_is_found_no_more(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "fog"), copy_of(2, "fog"), copy_of(3, "fog")])
        assert await index.forget([AssetKey(ONE, RemoteId("1")), AssetKey(ONE, RemoteId("7"))]) == 1
        await index.erase([AssetKey(ONE, RemoteId("2"))])
        assert await everything(index, Words(("fog",))) == ["agency:3"]
        assert await everything(index, EVERYTHING) == ["agency:3"]
        await index.clear()
        assert await everything(index, EVERYTHING) == []
        await index.put([copy_of(1, "fog")])
        assert await everything(index, Words(("fog",))) == ["agency:1"]

    async def test_copies_are_put_together_anew(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "fog"), copy_of(2, "fog")])
        one, two, none = (AssetKey(ONE, RemoteId(it)) for it in ("1", "2", "3"))
        await index.regroup([Grouping(it, "ln1", it == two, SHUT) for it in (one, two, none)])
        assert await everything(index, Words(("fog",))) == ["ln1"]
        members = (await index.members(["ln1"]))["ln1"]
        assert [(it.main, it.profile) for it in members] == [(False, SHUT), (True, SHUT)]
        assert await index.count() == 2
        assert await index.put([copy_of(1, "fog")]) == 1, "what was put together otherwise is written whole"

    async def test_a_place_in_another_answer_is_refused(self, index: SearchIndex) -> None:
        await index.put([copy_of(1, "fog")])
        for wrong in ("x", "b:1", "n:x", "b:x:1", "q:1"):
            with pytest.raises(ValueError, match=r".+"):
                await index.find(Ask(query=EVERYTHING), after=wrong, limit=1)

    async def test_any_question_is_answered_as_by_hand(self, index: SearchIndex) -> None:
        draw = random.Random(20261128)  # noqa: S311 - the same questions every time
        copies = [_drawn(draw, number) for number in range(80)]
        await index.put(copies)
        numbers = await _profiles(index)
        met = 0
        for _ in range(150):
            query = _asked(draw, 3, numbers)
            wanted = {it.entry for it in copies if holds(it, query, numbers)}
            found = await everything(index, query, page=25)
            assert sorted(found) == sorted(wanted), query
            met += bool(wanted) and len(wanted) < len(copies)
        assert met >= 90


def _drawn(draw: random.Random, number: int) -> Document:
    def line(most: int) -> str:
        return " ".join(draw.choices(VOCABULARY, k=draw.randint(0, most)))

    return copy_of(
        number,
        line(4),
        line(6),
        line(2),
        account=draw.choice((ONE, OTHER)),
        entry=f"ln{number // 2}" if draw.random() < 0.3 else "",
        profile=draw.choice((OPEN, SHUT)),
        keywords=draw.sample(VOCABULARY, k=draw.randint(0, 3)),
        campaigns=tuple(draw.sample(("Spring 26", "Summer", "Old Port"), k=draw.randint(0, 2))),
        days={Time.DATE: f"2026-{draw.randint(1, 12):02}-01"} if draw.random() < 0.7 else {},
    )


def _asked(draw: random.Random, depth: int, numbers: dict[str, int]) -> Query:
    kind = draw.randint(0, 9) if depth else draw.randint(3, 9)
    match kind:
        case 0:
            return Not(_asked(draw, depth - 1, numbers))
        case 1 | 2:
            parts = tuple(_asked(draw, depth - 1, numbers) for _ in range(draw.randint(1, 3)))
            return AllOf(parts) if kind == 1 else AnyOf(parts)
        case 3:
            return Is(Facet.STATUS, draw.choice(("approved", "draft", "gone")))
        case 4:
            return draw.choice((Is(Facet.CAMPAIGN, draw.choice(("spring 26", "summer"))), Is(Facet.HOME, str(ONE))))
        case 5:
            return During(Time.DATE, draw.choice((None, "2026-04-01")), draw.choice((None, "2026-08-31")))
        case 6:
            return Among(frozenset(draw.sample(sorted(numbers.values()), k=1)))
    field = draw.choice(("", "", "title", "keywords", "own.Shoot"))
    prefix = draw.random() < 0.3
    words = words_of(" ".join(draw.sample(VOCABULARY, k=draw.choice((1, 1, 2)))))
    return Words((*words[:-1], words[-1][:2]) if prefix else words, field, prefix)
