"""Search equals brute force over what is known to stand in both systems: for every role, from the index and live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from dambridge.model.searching import Answered
from dambridge.search.desk import SearchDesk
from support.search_truth import PERSONS, Question, Truth, chosen
from support.search_world import SearchWorld, search_world, searcher

QUICK, ALL = 30, 200
LIVE_QUICK = 3


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("proof")) as made:
        asyncio.run(made.fill())
        yield made


async def whole(desk: SearchDesk, question: Question, who: str) -> Answered:
    """Every page of the answer as one."""
    person = searcher(who, PERSONS[who])
    first = await desk.ask(question.text, person, filters=question.filters, facets=True, limit=7)
    hits, cursor = list(first.hits), first.cursor
    while cursor:
        page = await desk.ask(question.text, person, filters=question.filters, cursor=cursor, limit=7)
        hits, cursor = [*hits, *page.hits], page.cursor
    assert first.total == len(hits), question.text
    return Answered(**{**{it: getattr(first, it) for it in Answered.__slots__}, "hits": tuple(hits)})


def held_against(truth: Truth, question: Question, who: str, answer: Answered) -> bool:
    """Whether the answer equals brute force; returns whether anything was found."""
    person = PERSONS[who]
    wanted = truth.finds(question.test, person)
    told = (question.text, question.filters, who)
    assert sorted(it.entry for it in answer.hits) == sorted(wanted), told
    for hit in answer.hits:
        matched = sorted(it.key for it in wanted[hit.entry])
        assert sorted(str(it.key) for it in hit.copies if it.matched) == matched, told
        same = [it for it in truth.copies if truth.entry(it) == hit.entry and truth.sees(it, person)]
        assert sorted(str(it.key) for it in hit.copies) == sorted(it.key for it in same), told
        assert str(hit.usable) == truth.best(same[0], person), told
        titles = {it.title for it in same}
        assert (len(titles) > 1) == any(it.name == "title" for it in hit.differences), told
    counts = {str(facet): dict(values) for facet, values in (answer.facets or {}).items() if values}
    assert counts == truth.facets(wanted, person), told
    return bool(wanted)


async def _from_the_index(known: SearchWorld, who: str, count: int) -> int:
    found = 0
    async with known.desk() as desk:
        for question in chosen(26, count, known.truth, PERSONS[who]):
            found += held_against(known.truth, question, who, await whole(desk, question, who))
    return found


async def _live(known: SearchWorld, who: str, count: int, seed: int) -> int:
    found = 0
    async with known.desk() as desk:
        for question in chosen(seed, count, known.truth, PERSONS[who]):
            person = searcher(who, PERSONS[who])
            answer = await desk.ask(question.text, person, filters=question.filters, facets=True, live=True)
            assert not answer.partial, (question.text, [it.told for it in answer.gaps])
            found += held_against(known.truth, question, who, answer)
    return found


@pytest.mark.parametrize("who", PERSONS)
def test_the_index_equals_brute_force_for_every_role(known: SearchWorld, who: str) -> None:
    assert asyncio.run(_from_the_index(known, who, QUICK)) >= QUICK // 4


@pytest.mark.parametrize(("number", "who"), list(enumerate(PERSONS)))
def test_a_live_answer_equals_brute_force_for_every_role(known: SearchWorld, number: int, who: str) -> None:
    assert asyncio.run(_live(known, who, LIVE_QUICK, 100 + number)) >= 1


@pytest.mark.long
@pytest.mark.parametrize("who", PERSONS)
def test_two_hundred_questions_in_both_ways(known: SearchWorld, who: str) -> None:
    assert asyncio.run(_from_the_index(known, who, ALL)) >= ALL // 3
    assert asyncio.run(_live(known, who, ALL, 26)) >= ALL // 3
