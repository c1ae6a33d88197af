"""A live answer where a system is slow, failing or down: the other's finds in time, and a word about the one that is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from dambridge.model.access import everything
from dambridge.model.searching import Answered, Missed
from dambridge.search.query import read_query
from support.commands import dambridge
from support.search_world import SearchWorld, search_world

PATIENCE = timedelta(seconds=1.5)
LONG = timedelta(seconds=20)
"""Where nobody is in trouble: how long a busy machine takes is not the point."""
MARGIN = 3.0
"""Seconds beyond the deadline that a busy machine may take to put an answer together."""
TROUBLES: dict[str, Mapping[str, Any]] = {
    "slow": {"match": {}, "action": "hang"},
    "failing": {"match": {}, "action": "status", "status": 500},
    "down": {"match": {}, "action": "drop_request"},
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("missing"), count=9) as made:
        asyncio.run(made.fill())
        yield made


def _ask(known: SearchWorld, text: str, deadline: timedelta) -> tuple[Answered, float]:
    async def work() -> tuple[Answered, float]:
        async with known.desk() as desk:
            start = time.monotonic()
            answer = await desk.live.ask(read_query(text), everything("ann"), facets=True, deadline=deadline)
            return answer, time.monotonic() - start

    return asyncio.run(work())


@pytest.mark.hazard("P50")
@pytest.mark.parametrize("missing", ["netx", "photoshelter"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_others_answer_comes_in_time_with_a_word_about_the_missing(
    known: SearchWorld, missing: str, trouble: str
) -> None:
    gone, there = ("archive", "agency") if missing == "netx" else ("agency", "archive")
    known.pair.faults(missing, {**TROUBLES[trouble], "times": 10_000})
    try:
        answer, seconds = _ask(known, "type:image", PATIENCE)
    finally:
        known.pair.faults(missing)
    assert seconds < PATIENCE.total_seconds() + MARGIN
    expected = sorted(it.key for it in known.truth.copies if it.home == there)
    assert sorted(str(it.key) for hit in answer.hits for it in hit.copies if it.live) == expected
    assert len(expected) >= 3
    gaps = [it for it in answer.gaps if it.account == gone]
    assert gaps[0].missed in {Missed.LATE, Missed.BROKEN}
    assert gone in gaps[0].told
    assert answer.partial
    assert not answer.exact


def test_nothing_is_missing_where_both_answer(known: SearchWorld) -> None:
    answer, _ = _ask(known, "type:image", LONG)
    assert not answer.partial
    assert sorted(str(it.key) for hit in answer.hits for it in hit.copies) == sorted(
        it.key for it in known.truth.copies
    )
    assert {len(hit.copies) for hit in answer.hits} == {1, 2}


def test_the_command_says_who_is_missing_and_why(known: SearchWorld) -> None:
    known.pair.faults("netx", {**TROUBLES["failing"], "times": 10_000})
    known.pair.overrides = {**known.pair.overrides, "search": {**known.pair.overrides["search"], "deadline": "2s"}}
    try:
        answer = dambridge(known.pair.config, "search", "type:image", "--live")
    finally:
        known.pair.faults("netx")
    assert answer.code == 3
    missing = [it for it in answer.json["gaps"] if it["missed"] in {"late", "broken"}]
    assert [it["account"] for it in missing] == ["archive"]
    assert "archive" in missing[0]["told"]
    assert "HTTP status 500" in missing[0]["told"], "failing is not called late"
    assert answer.json["partial"] is True
    assert len(answer.json["hits"]) >= 3
    for secret in (*known.pair.netx.credentials.values(), *known.pair.photoshelter.credentials.values()):
        if len(str(secret)) > 8 and "@" not in str(secret) and "//" not in str(secret):
            assert str(secret) not in answer.out + answer.err
