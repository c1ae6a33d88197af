"""Ten thousand histories of a library that changes while it is listed, polled and swept: nothing is lost or doubled.

The product's listings, windows and observe step run as they are over a service in memory (`support/drifting.py`) whose
idea of the truth is its own. Beside that stand planted faults: with each of them a history is found that fails."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dambridge.connectors.kit import Http
from support.drifting import KINDS, SECOND, Op, Rules
from support.polling import History, Round, list_through, live_through

OPS = st.builds(Op, st.sampled_from(KINDS), st.integers(0, 25), st.integers(0, 11))
RULES = st.builds(
    Rules,
    precision=st.sampled_from([SECOND, 1000, 1]),
    lag=st.sampled_from([0, 0, SECOND // 10, 20 * SECOND, 300 * SECOND]),
    overlap=st.sampled_from([0, SECOND, 600 * SECOND, 600 * SECOND]),
    cap=st.sampled_from([1, 2, 3, 4, 5, 7, 50]),
    per_page=st.sampled_from([2, 3, 5, 20]),
    names_total=st.booleans(),
    shuffled=st.sampled_from([False, False, True]),
    galleries=st.booleans(),
)
ROUNDS = st.builds(
    Round,
    pause=st.sampled_from([SECOND // 5, 2 * SECOND, 120 * SECOND, 700 * SECOND]),
    before=st.lists(OPS, max_size=4).map(tuple),
    between=st.lists(st.one_of(st.none(), OPS), max_size=10).map(tuple),
    dies=st.one_of(st.none(), st.none(), st.integers(0, 6)),
    hints=st.one_of(st.just(-1), st.integers(0, 1000)),
)
HISTORIES = st.builds(
    History, rules=RULES, count=st.integers(0, 14), rounds=st.lists(ROUNDS, min_size=1, max_size=4).map(tuple)
)
PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def live(number: int, *, plain: bool = False) -> Counter[str]:
    """So many histories, each lived through in both systems; what they met, added up. `plain` looks for one that fails
    and is content with the first."""
    met: Counter[str] = Counter()
    phases = [Phase.generate] if plain else [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]

    with asyncio.Runner() as runner:
        http = Http()

        @settings(
            max_examples=number,
            deadline=None,
            suppress_health_check=PATIENT,
            phases=phases,
            database=None,
            derandomize=plain,
            report_multiple_bugs=False,
        )
        @given(history=HISTORIES)
        def each(history: History) -> None:
            met["histories"] += 1
            met.update(runner.run(live_through(history, http)))
            met.update(runner.run(list_through(history, http)))

        each()
    return met


FLOORS = {
    "changes between calls": 3,
    "late commits": 1,
    "further pages": 5,
    "passes begun again": 0.5,
    "failed pages": 0.1,
    "half pages": 0.05,
    "failed reads": 0.1,
    "unproven listings": 0.1,
    "hints lost": 0.5,
    "hints doubled": 0.5,
    "hints late": 0.5,
    "runs that died": 0.1,
    "approved later": 0.05,
    "NetX listings proven": 1,
    "NetX listings unproven": 0.05,
}
"""How often each must have been met, per history."""


def demand(met: Counter[str], number: int) -> None:
    print(dict(sorted(met.items())))
    assert met["histories"] >= number
    few = {it: met[it] for it, share in FLOORS.items() if met[it] < share * number}
    assert not few, f"hardly tried: {few} in {number} histories"


def test_what_is_put_into_a_gallery_is_found_though_a_run_dies_in_the_midst_of_it() -> None:
    """Twelve assets of old are put into a selected gallery, which moves no modified time; the run that meets them dies."""
    rules = Rules(cap=3, per_page=3, galleries=True)
    old = tuple(Op("add", it, 2) for it in range(36))
    into = tuple(Op("into", it, 0) for it in range(0, 36, 3))
    rounds = (Round(0, before=old), Round(700 * SECOND), Round(700 * SECOND), Round(700 * SECOND, before=into, dies=3))
    asyncio.run(_lived(History(rules, 0, rounds)))


async def _lived(history: History) -> None:
    await live_through(history, Http())


@pytest.mark.hazard("P08")
@pytest.mark.hazard("P09")
@pytest.mark.hazard("P10")
@pytest.mark.hazard("P12")
@pytest.mark.hazard("P16")
@pytest.mark.hazard("P17")
def test_nothing_is_lost_or_doubled_while_a_library_drifts() -> None:
    demand(live(500), 500)
