"""Row `search` of `make bench`: answers from the index at design size, beside SQLite's FTS5 alone over the same words.

A question is asked as people ask it: in the name of somebody who may see what the rights gate permits now, with the page of
assets put together. FTS5 alone is asked for the fifty best of the same words, and knows no rights, no assets and no pages.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pysqlite3.dbapi2

from dambridge.bootstrap.lasting import settle
from dambridge.mapping import default_map
from dambridge.model.access import Role, Searcher
from dambridge.model.identity import AccountId, AssetKey, Link, LinkId, RemoteId, System
from dambridge.model.queries import AllOf, Facet, Is, Not, Query, Time, Words
from dambridge.model.records import MediaType, NativeRecord
from dambridge.model.rights import Bounds, LicenceKind, Rights
from dambridge.model.searching import Document, Profile
from dambridge.model.values import FieldName
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.searching import SearchHome, SearchPolicy, Way
from dambridge.ports.pace import Lane
from dambridge.ports.searching import LiveFound, Wanted
from dambridge.search.asking import IndexSearch
from dambridge.search.live import AT_ONCE, LiveHome, LiveSearch
from dambridge.storage import SqlSearchIndex, open_search_index
from dambridge.storage.search_words import Fts5

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
TOGETHER = 5000
QUESTIONS = 300
PROFILES = 3000
WORDS = 30_000
ARCHIVE = AccountId("archive")
MUST_REACH_MS = 50.0
FINDS = 50
"""Finds of each system that a live answer reads."""


class Fixed:
    """A clock that stands."""

    async def now(self) -> datetime:
        return AT


@dataclass(frozen=True, slots=True)
class Made:
    """A library computed from numbers: words as frequent as words are, rights shared by many assets."""

    words: Sequence[str]
    weights: Sequence[float]
    profiles: Sequence[Profile]

    @classmethod
    def of(cls, draw: Random) -> Made:
        words = [f"{draw.choice('abcdefghijklmnoprstuvw')}{draw.choice('aeiou')}{number:x}" for number in range(WORDS)]
        weights = list(accumulate(1 / (number + 5) for number in range(WORDS)))
        return cls(words, weights, [_profile(draw) for _ in range(PROFILES)])

    def word(self, draw: Random) -> str:
        return draw.choices(self.words, cum_weights=self.weights)[0]

    def copies(self, count: int, draw: Random) -> Iterator[Document]:
        for number in range(count):
            yield self._copy(number, draw)

    def _copy(self, number: int, draw: Random) -> Document:
        words = draw.choices(self.words, cum_weights=self.weights, k=30)
        profile = draw.choice(self.profiles)
        key = AssetKey(ARCHIVE, RemoteId(str(number)))
        return Document(
            key=key,
            entry=str(key),
            main=True,
            profile=profile,
            rights=profile.rights,
            status=profile.status,
            media_type=MediaType.IMAGE,
            file_name=f"img_{number}.jpg",
            title=" ".join(words[:5]),
            campaigns=(f"Campaign {number % 40}",),
            photographers=(f"Photographer {number % 300}",),
            days={Time.DATE: f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"},
            paths=(f"Folder/{number % 500}",),
            texts={
                "title": (tuple(words[:5]),),
                "description": (tuple(words[5:24]),),
                "keywords": tuple((it,) for it in words[24:]),
                "file_name": (("img", str(number), "jpg"),),
            },
            free=frozenset({"title", "description", "keywords", "file_name"}),
            fields={FieldName("headline"): " ".join(words[:5])},
            size=1_000_000,
            modified="m",
            groups=frozenset({"base"}),
            seen_at=AT,
        )


def _profile(draw: Random) -> Profile:
    rights = Rights(
        holder="x",
        kind=LicenceKind.RIGHTS_MANAGED,
        not_after=AT + timedelta(days=draw.randint(-200, 900)),
        territories=Bounds(permitted=frozenset(draw.sample(("DE", "FR", "AT", "GB", "*"), 3))),
        channels=Bounds(permitted=frozenset({"web"})),
    )
    return Profile(rights=rights, status=draw.choices(("approved", "draft"), (4, 1))[0])


def questions(made: Made, draw: Random) -> Iterator[Query]:
    """A mix as a search box sees it: mostly one or two words, some phrases, prefixes, exclusions and filters."""
    for _ in range(QUESTIONS):
        one, other = Words((made.word(draw),)), Words((made.word(draw),))
        mix: tuple[Query, ...] = (
            one,
            AllOf((one, other)),
            Words((one.words[0], other.words[0])),
            AllOf((one, Is(Facet.STATUS, "approved"))),
            AllOf((one, Not(other))),
            Words((one.words[0][:3],), prefix=True),
            AllOf((one, Is(Facet.CAMPAIGN, f"Campaign {draw.randint(0, 39)}"))),
        )
        yield draw.choices(mix, (8, 5, 2, 2, 2, 1, 2))[0]


def row_search(assets: int, store: str = "") -> dict[str, Any]:
    """Fill an index of so many assets, ask, and ask FTS5 alone. `store` is a folder or the URL of a PostgreSQL in which the
    index stands or is to stand afterwards; else it is made in a folder of its own and taken away."""
    if store:
        return asyncio.run(_row(store, assets))
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        row = asyncio.run(_row(folder, assets))
        return {**row, "index_mb": round(sum(it.stat().st_size for it in Path(folder).iterdir()) / 1e6)}


async def _fill(index: SqlSearchIndex, made: Made, assets: int, draw: Random) -> float | None:
    """Seconds of own CPU; None where it was filled before."""
    if await index.count() == assets:
        return None
    begun = time.process_time()
    some: list[Document] = []
    for it in made.copies(assets, draw):
        some.append(it)
        if len(some) == TOGETHER:
            await index.put(some)
            some = []
    await index.put(some)
    return round(time.process_time() - begun, 1)


async def _row(store: str, assets: int) -> dict[str, Any]:
    draw = Random(2026)  # noqa: S311 - the same library every time
    made = Made.of(draw)
    index = open_search_index(store)
    filled = await _fill(index, made, assets, draw)
    search = IndexSearch(index, _policy(), Fixed())
    viewer = Searcher(name="bench", roles=frozenset({Role.VIEWER}))
    asked = list(questions(made, Random(7)))  # noqa: S311 - the same questions every time
    await search.ask(asked[0], viewer, facets=True)
    settle()  # as `dambridge serve` does
    ours = [await _timed(search, it, viewer, facets=False) for it in asked]
    counted = [await _timed(search, it, viewer, facets=True) for it in asked]
    live = await _live(search, made)
    await index.close()
    on_postgres = store.startswith("postgresql:")
    alone = [] if on_postgres else _fts5_alone(Path(store) / "ledger-search.db", asked)
    return {
        "assets": assets,
        "database": "PostgreSQL" if on_postgres else "SQLite",
        "load_of_the_machine": [round(it, 1) for it in os.getloadavg()],
        "questions": len(asked),
        "dambridge": _told([it[0] for it in ours]),
        "dambridge_own_cpu": _told([it[1] for it in ours]),
        "dambridge_with_facets": _told([it[0] for it in counted]),
        "dambridge_with_facets_own_cpu": _told([it[1] for it in counted]),
        **(
            {"fts5_alone": _told([it[0] for it in alone]), "fts5_alone_own_cpu": _told([it[1] for it in alone])}
            if alone
            else {}
        ),
        "found_something": sum(it[2] > 0 for it in ours),
        "must_reach_p95_ms": MUST_REACH_MS,
        "live_beyond_the_slower_system": live,
        "live_must_reach_ms": 20.0,
        "fill_cpu_seconds": filled,
    }


def _policy() -> SearchPolicy:
    return SearchPolicy(
        homes={ARCHIVE: SearchHome(account=ARCHIVE, system=System.NETX, flows=frozenset(), record=True)},
        gate=GateRules(channels={"web": Channel(name="web")}),
        zone=ZoneInfo("Europe/Berlin"),
        status=FieldName("edit_status"),
        campaign=FieldName("job_id"),
        photographer=FieldName("creator"),
        ways=(Way(channel="web", territory="DE"),),
    )


class _Slow:
    """A system of which each call takes as long as it takes, finder and archive in one. It finds what it is told to."""

    def __init__(self, account: AccountId, seconds: float, words: Sequence[str]) -> None:
        self.account = account
        self.calls = [seconds, *[seconds / 4] * (FINDS // AT_ONCE)]
        self._natives = {it.key.remote_id: it for it in _natives(account, words)}
        self.replied = 0.0

    async def look_for(self, wanted: Wanted, *, limit: int, lane: Lane) -> LiveFound:
        await asyncio.sleep(self.calls[0])
        return LiveFound(tuple(self._natives)[:limit], len(self._natives))

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord]:
        await asyncio.sleep(self.calls[1])
        self.replied = time.process_time()
        return {it: self._natives[it] for it in ids}

    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]:
        return {}

    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        return {}


def _natives(account: AccountId, words: Sequence[str]) -> Iterator[NativeRecord]:
    for number in range(FINDS):
        said = {
            "Title": (words[number],),
            "Caption": (" ".join(words[number : number + 20]),),
            "Keywords": tuple(words[:6]),
        }
        yield NativeRecord(
            key=AssetKey(account, RemoteId(str(number))),
            media_type=MediaType.IMAGE,
            file_name=f"img_{number}.jpg",
            name=f"img_{number}",
            size=1_000_000,
            modified="1",
            modified_at=AT,
            content_stamp="",
            checksum=None,
            fields=said,
            containers=(),
            groups=frozenset({"base", "file", "attributes", "containers"}),
        )


async def _live(search: IndexSearch, made: Made) -> dict[str, Any]:
    """How much longer than the slower system a live answer takes: two systems, fifty finds of each read. `own_cpu` is all that
    an answer costs, most of it while the systems are waited for; `own_cpu_after_the_last_reply` is what nobody else waits for."""
    systems: Any = [_Slow(ARCHIVE, 0.2, made.words), _Slow(AccountId("agency"), 0.1, made.words)]
    homes = [LiveHome(account=it.account, finder=it, archive=it, map=default_map(System.NETX)) for it in systems]
    policy = replace(
        search.policy,
        homes={it.account: replace(search.policy.homes[ARCHIVE], account=it.account) for it in systems},
    )
    live = LiveSearch(homes, links=systems[0], index=search.index, policy=policy, clock=Fixed())
    who = Searcher(name="bench", roles=frozenset({Role.LIBRARIAN}))
    over, cost, after = [], [], []
    for _ in range(20):
        begun, cpu = time.perf_counter(), time.process_time()
        answer = await live.ask(Words((made.words[0],)), who)
        over.append(time.perf_counter() - begun - sum(systems[0].calls))
        cost.append(time.process_time() - cpu)
        after.append(time.process_time() - systems[0].replied)
        if len(answer.hits) != 2 * FINDS:
            raise AssertionError(f"{len(answer.hits)} finds instead of {2 * FINDS}")
    return {**_told(over), "own_cpu": _told(cost), "own_cpu_after_the_last_reply": _told(after)}


async def _timed(search: IndexSearch, query: Query, who: Searcher, *, facets: bool) -> tuple[float, float, int]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = await search.ask(query, who, facets=facets)
    return time.perf_counter() - wall, time.process_time() - cpu, answer.total


def _fts5_alone(file: Path, asked: Sequence[Query]) -> list[tuple[float, float]]:
    connection = pysqlite3.dbapi2.connect(str(file))
    found = []
    for it in asked:
        wall, cpu = time.perf_counter(), time.process_time()
        best = "SELECT rowid FROM search_words WHERE search_words MATCH ? ORDER BY rank LIMIT 50"
        connection.execute(best, (Fts5().words(it),)).fetchall()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    connection.close()
    return found


def _told(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"p{it}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * it // 100)] * 1000, 1) for it in (50, 95, 99)
    }
