"""The page and the API of search, asked live while a system is slow, failing, out of reach or refuses our sign-in: what the other
holds comes within the deadline, with a word about who is missing, and that word tells nobody what is not theirs."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine import people
from dambridge.model.access import Role, Scope
from support.console import Browser, Stand, console
from support.search_truth import PERSONS, Person
from support.search_world import SearchWorld, search_world

PATIENCE = 2
LONG = 20
"""Seconds where nobody is in trouble: how long a busy machine takes is not the point."""
MARGIN = 3.0
"""Seconds beyond the deadline that a busy machine may take to put an answer together."""
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "slow": {"match": {}, "action": "hang", "times": 10_000},
    "failing": {"match": {}, "action": "status", "status": 500, "times": 10_000},
    "cut off": {"match": {}, "action": "drop_request", "times": 10_000},
}
WRONG: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "out of reach": {it: {"base_url": "http://127.0.0.1:9"} for it in ("agency", "archive")},
    "refusing": {"agency": {"password": "not-the-one"}, "archive": {"token": "not-the-one"}},
}
WHY = {
    "slow": "did not answer within 2 seconds",
    "failing": "HTTP status 500",
    "cut off": "could not be searched",
    "out of reach": "could not be searched",
    "refusing": "could not be searched",
}
"""What is said of it to somebody from whom nothing is kept."""
SYSTEMS = {"agency": "photoshelter", "archive": "netx"}
POSITIONS = [("archive",), ("agency",), ("archive", "agency")]
TROUBLES = [*FAULTS, *WRONG]
SAMPLE = {
    ("slow", ("archive",)),
    ("failing", ("agency",)),
    ("out of reach", ("archive",)),
    ("refusing", ("agency",)),
    ("refusing", ("archive",)),
    ("cut off", ("archive", "agency")),
}
EVERY = [
    pytest.param(*it, id=f"{it[0]}-{'+'.join(it[1])}", marks=() if it in SAMPLE else pytest.mark.long)
    for it in product(TROUBLES, POSITIONS)
]
VIEWER = PERSONS["viewer"]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("in_time"), count=9) as made:
        asyncio.run(made.fill())
        yield made


def waiting(known: SearchWorld, seconds: int) -> dict[str, Any]:
    """The settings, with this deadline."""
    return {**known.pair.overrides, "search": {**known.pair.overrides["search"], "deadline": f"{seconds}s"}}


@contextmanager
def trouble(known: SearchWorld, kind: str, accounts: tuple[str, ...]) -> Iterator[None]:
    """These systems in trouble of that kind."""
    pair, before = known.pair, known.pair.overrides
    wrong = {it: WRONG[kind][it] for it in accounts} if kind in WRONG else {}
    pair.overrides = {**waiting(known, PATIENCE), "accounts": wrong}
    for it in accounts:
        pair.faults(SYSTEMS[it], *([FAULTS[kind]] if kind in FAULTS else []))
    try:
        yield
    finally:
        pair.overrides = before
        for it in accounts:
            pair.faults(SYSTEMS[it])


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await it.person("ada", "administrator")
        await it.person("vic", "viewer")
        yield it


async def asked(stand: Stand, browser: Browser, name: str) -> tuple[str, dict[str, Any], float]:
    """The page, the API's answer in the same name, and the seconds that the longer of both took."""
    person = await stand.desk.people.store.person(name)
    assert person is not None
    roles, lasts = frozenset({Role(it) for it in person.roles}), timedelta(days=1)
    secret = await people.make_token(stand.desk.people, person, name="t", roles=roles, scope=Scope(), lasts=lasts)
    start = time.monotonic()
    async with stand.browser(headers={"authorization": f"Bearer {secret}"}) as client:
        page, answer = await asyncio.gather(
            browser.get("/search?whole=1&live=1&q=type:image"),
            client.get("/api/v1/search?q=type:image&live=true&facets=true&limit=200"),
        )
    seconds = time.monotonic() - start
    assert (page.status_code, answer.status_code) == (200, 200)
    return html.unescape(page.text), answer.json(), seconds


def shown(page: str) -> list[str]:
    """The copies that stand on the page."""
    return sorted(re.findall(r'<span class="home" title="([^"]+)"', page))


def words_of_gaps(page: str) -> dict[str, str]:
    return dict(re.findall(r'<span class="strong">(\w+)</span>: ([^<]+)</span></div>', page))


def plain(told: str) -> str:
    """Without how often it was tried, which is each asking's own."""
    return re.sub(r" \(\d+ attempts\)", "", told).strip()


def held_against(known: SearchWorld, who: Person, there: list[str], page: str, answer: Mapping[str, Any]) -> None:
    """Exactly what stands in the systems that answered, with the twins that are known of it, and as this person sees it."""
    found = known.truth.finds(lambda t, it, p: it.home in there, who)
    twins = sorted(it.key for it in known.truth.copies if known.truth.entry(it) in found and known.truth.sees(it, who))
    assert sorted(it["entry"] for it in answer["hits"]) == sorted(found)
    assert sorted(one["asset"] for it in answer["hits"] for one in it["copies"]) == twins
    assert shown(page) == twins


@pytest.mark.hazard("P50")
@pytest.mark.parametrize(("kind", "missing"), EVERY)
async def test_what_is_there_comes_in_time_with_a_word_about_what_is_not(
    known: SearchWorld, stand: Stand, kind: str, missing: tuple[str, ...]
) -> None:
    there = [it for it in SYSTEMS if it not in missing]
    with trouble(known, kind, missing):
        async with known.desk() as desk:
            stand.app.state.desk = replace(stand.desk, search=desk)
            ada, vic = await stand.signed_in("ada"), await stand.signed_in("vic")
            mine, his = await asyncio.gather(asked(stand, ada, "ada"), asked(stand, vic, "vic"))
    (page, answer, seconds), (theirs, told, more) = mine, his
    assert max(seconds, more) < PATIENCE + MARGIN
    held_against(known, PERSONS["administrator"], there, page, answer)
    held_against(known, VIEWER, there, theirs, told)
    assert len(shown(page)) >= 3 * len(there)
    for text, document in ((page, answer), (theirs, told)):
        gaps = {it["account"]: it for it in document["gaps"] if it["missed"] in {"late", "broken"}}
        assert sorted(gaps) == sorted(missing)
        for it in missing:
            assert plain(words_of_gaps(text)[it]) == plain(gaps[it]["told"])
            assert it in gaps[it]["told"]
        assert document["partial"] is True
        assert document["exact"] is False
        assert "without those of a system that is missing" in text
        assert_nothing_secret(known, text + str(document))
    assert "//127.0.0.1" not in theirs + str(told), "addresses are for those who see everything"
    assert {it["missed"] for it in answer["gaps"] if it["account"] in missing} == {
        "late" if kind == "slow" else "broken"
    }
    assert all(WHY[kind] in it["told"] for it in answer["gaps"] if it["account"] in missing)


def assert_nothing_secret(known: SearchWorld, text: str) -> None:
    for secret in (*known.pair.netx.credentials.values(), *known.pair.photoshelter.credentials.values(), "not-the-one"):
        if len(str(secret)) > 8 and "@" not in str(secret) and "//" not in str(secret):
            assert str(secret) not in text


async def test_nothing_is_said_to_be_missing_where_both_answer(known: SearchWorld, stand: Stand) -> None:
    known.pair.overrides = waiting(known, LONG)
    async with known.desk() as desk:
        stand.app.state.desk = replace(stand.desk, search=desk)
        page, answer, _ = await asked(stand, await stand.signed_in("ada"), "ada")
    held_against(known, PERSONS["administrator"], list(SYSTEMS), page, answer)
    assert answer["partial"] is False
    assert "missing" not in page
