"""Search as people and scripts reach it, over HTTP and in everybody's name: what is found is what brute force finds for that
person, and nothing that any reply holds speaks of what is not theirs, however one asks for it."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dambridge.console.pictures import NOTHING
from dambridge.engine import people
from support.console import Browser, Stand, console
from support.search_truth import PERSONS, Copy, Person, Question, Truth, anywhere, plain_words, questions
from support.search_world import SearchWorld, search_world, searcher

QUICK, LONG = 2, 60
SOME = {"viewer", "librarian of spring"}
NAMED = [pytest.param(it, marks=() if it in SOME else pytest.mark.long) for it in PERSONS]
EVERYTHING = Question("", lambda t, it, who: True)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("reveals"), count=18) as made:
        asyncio.run(made.fill())
        yield made


@pytest.fixture
async def stand(tmp_path: Path, known: SearchWorld) -> AsyncIterator[Stand]:
    async with known.desk() as desk, console(tmp_path, search=desk, pictures=desk.thumbnails) as it:
        await it.person("ada", "administrator")
        yield it


async def doors(stand: Stand, who: str) -> tuple[Browser, httpx2.AsyncClient]:
    """A browser and an API client in this person's name."""
    name, known = re.sub(r"\W", "", who).lower(), searcher(who, PERSONS[who])
    await stand.person(name, *known.roles, scope=known.scope)
    person = await stand.desk.people.store.person(name)
    assert person is not None
    lasts = timedelta(days=1)
    secret = await people.make_token(
        stand.desk.people, person, name="t", roles=known.roles, scope=known.scope, lasts=lasts
    )
    return await stand.signed_in(name), stand.browser(headers={"authorization": f"Bearer {secret}"})


def hidden(truth: Truth, person: Person) -> list[str]:
    """What only copies say that this person may not see: their ids, and names of files that no other copy has."""
    seen = [it for it in truth.copies if truth.sees(it, person)]
    names = {it.name for it in seen}
    away = [it for it in truth.copies if it not in seen]
    return [*(it.key for it in away), *(it.name for it in away if it.name not in names)]


def speaks_of(text: str, words: list[str]) -> list[str]:
    return [it for it in words if re.search(rf"(?<![\w:]){re.escape(it)}(?!\w)", text)]


def held_against(truth: Truth, question: Question, person: Person, document: Mapping[str, Any]) -> int:
    wanted = truth.finds(question.test, person)
    assert sorted(it["entry"] for it in document["hits"]) == sorted(wanted), question.text
    assert document["total"] == len(wanted)
    seen = sorted(it.key for it in truth.copies if truth.entry(it) in wanted and truth.sees(it, person))
    assert sorted(one["asset"] for it in document["hits"] for one in it["copies"]) == seen, question.text
    counts = {
        name: {it["value"]: it["assets"] for it in values} for name, values in document["facets"].items() if values
    }
    assert counts == truth.facets(wanted, person), question.text
    return len(wanted)


async def asked(stand: Stand, known: SearchWorld, who: str, count: int) -> tuple[int, int]:
    """Ask by page and API, as last observed and live; gives how many assets were found, and how much was hidden."""
    person, found = PERSONS[who], 0
    browser, client = await doors(stand, who)
    away = hidden(known.truth, person)
    for number, question in enumerate([EVERYTHING, *questions(31, count)]):
        for live in (False, True) if number < 3 else (False,):
            wish = {"q": question.text, "limit": "200", "facets": "true", **({"live": "true"} if live else {})}
            answer = await client.get("/api/v1/search", params=wish)
            assert answer.status_code == 200, answer.text
            found += held_against(known.truth, question, person, answer.json())
            wish = {"q": question.text, "whole": "1", **({"live": "1"} if live else {})}
            page = html.unescape((await browser.get("/search", params=wish)).text)
            shown = sorted(re.findall(r'<span class="home" title="([^"]+)"', page))
            assert shown == sorted(one["asset"] for it in answer.json()["hits"] for one in it["copies"])
            assert speaks_of(page.replace(question.text, ""), away) == speaks_of(answer.text, away) == []
    await client.aclose()
    return found, len(away)


@pytest.mark.parametrize("who", PERSONS)
async def test_page_and_api_equal_brute_force_and_speak_of_nothing_else(
    stand: Stand, known: SearchWorld, who: str
) -> None:
    found, away = await asked(stand, known, who, QUICK)
    assert found >= 3
    assert (away == 0) == (who == "administrator")


@pytest.mark.long
@pytest.mark.parametrize("who", PERSONS)
async def test_page_and_api_equal_brute_force_at_length(stand: Stand, known: SearchWorld, who: str) -> None:
    found, _ = await asked(stand, known, who, LONG)
    assert found >= LONG // 2


def words_seen(truth: Truth, person: Person, prefix: str) -> dict[str, int]:
    found: dict[str, set[str]] = {}
    for it in truth.copies:
        if truth.sees(it, person):
            for word in (one for text in anywhere(it) for one in plain_words(text) if one.startswith(prefix)):
                found.setdefault(word, set()).add(truth.entry(it))
    return {word: len(entries) for word, entries in found.items()}


@pytest.mark.parametrize("who", NAMED)
async def test_completion_knows_the_words_of_what_is_theirs_alone(stand: Stand, known: SearchWorld, who: str) -> None:
    person = PERSONS[who]
    browser, client = await doors(stand, who)
    every = words_seen(known.truth, PERSONS["administrator"], "")
    told = 0
    for prefix in sorted({word[:2] for word in every}):
        wanted = words_seen(known.truth, person, prefix)
        given = (await client.get("/api/v1/search/suggestions", params={"q": prefix})).json()["words"]
        counts = {plain_words(it["word"])[0]: it["assets"] for it in given}
        assert counts.items() <= wanted.items(), prefix
        assert len(counts) == min(10, len(wanted)), prefix
        page = html.unescape((await browser.get("/search/suggestions", params={"q": prefix})).text)
        offered = {plain_words(it)[0] for it in re.findall(r'value="([^":]+)"', page)}
        assert offered == set(counts), prefix
        told += len(counts)
    assert told >= 5
    await client.aclose()


@pytest.mark.parametrize("who", NAMED)
async def test_a_picture_that_is_not_theirs_looks_like_one_that_is_not_there(
    stand: Stand, known: SearchWorld, who: str
) -> None:
    browser, _ = await doors(stand, who)
    nothing = {home: await browser.get(f"/pictures/300/{home}:999999") for home in ("agency", "archive")}
    assert nothing["agency"].content == nothing["archive"].content == NOTHING
    shown: list[Copy] = []
    for it in known.truth.copies:
        answer = await browser.get(f"/pictures/300/{it.key}")
        if known.truth.sees(it, PERSONS[who]):
            assert answer.headers["content-type"] == "image/jpeg", it
            shown.append(it)
        else:
            guessed = nothing[it.home]
            assert (answer.status_code, answer.content) == (guessed.status_code, guessed.content), it
            assert dict(answer.headers) == dict(guessed.headers), it
    assert len(shown) >= 2


@pytest.mark.parametrize("who", NAMED[1:])
async def test_no_order_and_no_page_of_one_asset_tells_whether_it_is_there(
    stand: Stand, known: SearchWorld, who: str
) -> None:
    browser, _ = await doors(stand, who)
    away = [it for it in known.truth.copies if not known.truth.sees(it, PERSONS[who])]
    assert len(away) >= 3
    for it in away:
        fakes = [replace(it, id="999999").key, it.key]
        orders = [await browser.post("/search/order", asset=key, outlet="", back="/search") for key in fakes]
        pages = [await browser.get(f"/assets/{key}") for key in fakes]
        for told in (orders, pages):
            assert told[0].status_code == told[1].status_code >= 400, it
            assert told[0].text.replace(fakes[0], "X") == told[1].text.replace(fakes[1], "X"), it
