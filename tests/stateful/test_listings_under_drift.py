"""Ten thousand histories of a library that changes while it is listed, polled and swept: nothing is lost or doubled.

The product's listings, windows and observe step run as they are over a service in memory (`support/drifting.py`) whose
idea of the truth is its own. Beside that stand planted faults: with each of them a history is found that fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dambridge.connectors.kit import Http
from dambridge.connectors.kit.paging import Page, PageScan
from dambridge.connectors.netx.listing import Scan
from dambridge.connectors.photoshelter import protocol as ps
from dambridge.connectors.photoshelter import reading as photoshelter
from dambridge.connectors.photoshelter import records
from dambridge.engine.config import EngineSettings
from dambridge.engine.taking_in import observing
from dambridge.model.records import Absence, Missing, Unread
from dambridge.ports.systems import Window
from support import polling
from support.drifting import KINDS, SECOND, Lost, Op, Rules
from support.polling import Bridge, History, Round, list_through, live_through

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


def live(number: int, *, same: bool = False, plain: bool = False) -> Counter[str]:
    """So many histories, each lived through in both systems; what they met, added up. `same` makes them those of every
    run, `plain` is content with the first that fails."""
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
            derandomize=same,
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
    "passes begun again": 0.3,
    "failed pages": 0.1,
    "half pages": 0.05,
    "failed reads": 0.1,
    "unproven listings": 0.1,
    "hints lost": 0.5,
    "hints doubled": 0.2,
    "hints late": 0.2,
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


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.hazard("P08")
@pytest.mark.hazard("P09")
@pytest.mark.hazard("P10")
@pytest.mark.hazard("P12")
@pytest.mark.hazard("P16")
@pytest.mark.hazard("P17")
def test_nothing_is_lost_or_doubled_in_ten_thousand_histories() -> None:
    demand(live(10_000, same=True), 10_000)


@pytest.mark.hazard("P11")
def test_ten_thousand_newcomers_between_two_polls_are_drained_by_one() -> None:
    rules = Rules(cap=500, per_page=500, galleries=True)
    burst = tuple(Op("burst", 0, it % 3) for it in range(3334))
    history = History(rules, 3, (Round(0), Round(120 * SECOND, before=burst)))
    met = asyncio.run(live_through(history, Http()))
    assert met["assets"] == 10_005


# planted faults -------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]


def no_overlap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(polling, "EngineSettings", lambda **said: EngineSettings(**{**said, "overlap": timedelta(0)}))


def exclusive_lower_bound(patch: pytest.MonkeyPatch) -> None:
    real = ps.changed_query

    def after(org_id: str, window: Window) -> dict[str, str]:
        return real(org_id, replace(window, start=window.start.replace(microsecond=0) + timedelta(seconds=1)))

    patch.setattr(ps, "changed_query", after)


def exclusive_upper_bound(patch: pytest.MonkeyPatch) -> None:
    real = ps.changed_query

    def before(org_id: str, window: Window) -> dict[str, str]:
        return real(org_id, replace(window, end=window.end - timedelta(seconds=2)))

    patch.setattr(ps, "changed_query", before)


def no_count_check(patch: pytest.MonkeyPatch) -> None:
    real = records.sightings
    patch.setattr(records, "sightings", lambda page: replace(real(page), total=None))


def first_page_alone(patch: pytest.MonkeyPatch) -> None:
    async def one(fetch: Any, *, size: int, **_: Any) -> AsyncIterator[Page[Any]]:
        page = await fetch(1, size)
        yield Page(page.items, None)

    patch.setattr(photoshelter, "whole_listing", one)


def position_before_work(patch: pytest.MonkeyPatch) -> None:
    real = observing.look_around

    async def hasty(parts: Any, *, full: bool) -> observing.Listing:
        listing = await real(parts, full=full)
        await observing.remember_position(parts, listing)
        return listing

    patch.setattr(observing, "look_around", hasty)


def hints_believed(patch: pytest.MonkeyPatch) -> None:
    real = Bridge.take_hints

    def believe(self: Bridge, manner: int) -> list[str]:
        said = dict(reversed(self.library.hints))
        came = real(self, manner)
        for name in came:
            self.note(name, said[name])
        return []

    patch.setattr(Bridge, "take_hints", believe)


def torn_passes_accepted(patch: pytest.MonkeyPatch) -> None:
    real = PageScan.take

    def blind(self: PageScan, ids: Any, total: int | None) -> None:
        real(self, ids, total)
        self.torn, self.ended = False, self._done

    patch.setattr(PageScan, "take", blind)


def waiting_ones_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def nothing(parts: Any, listing: Any) -> None: ...

    patch.setattr(observing, "_lingering", nothing)


def no_sweep(patch: pytest.MonkeyPatch) -> None:
    async def never(parts: Any, now: Any) -> bool:
        return False

    patch.setattr(observing, "_sweep_due", never)


def unproven_listings_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observing.Listing, "proven", property(lambda self: True))


def silence_taken_for_absence(patch: pytest.MonkeyPatch) -> None:
    real = observing.read_one

    async def deaf(parts: Any, remote_id: Any) -> observing.Sight:
        sight = await real(parts, remote_id)
        gone = Missing(Absence.DELETED, "no answer")
        return replace(sight, seen=gone) if isinstance(sight.seen, Unread) else sight

    patch.setattr(observing, "read_one", deaf)


def met_twice(patch: pytest.MonkeyPatch) -> None:
    def again(self: observing.Listing, remote_id: Any) -> bool:
        self.ids.append(remote_id)
        return True

    patch.setattr(observing.Listing, "meet", again)


def netx_pages_side_by_side(patch: pytest.MonkeyPatch) -> None:
    real = Scan.take

    def apart(self: Scan, ids: Any, total: int, stamps: Any = ()) -> None:
        torn = self.torn
        real(self, ids, total, stamps)
        self.start, self.overlap, self.torn, self.unguarded = self.start + self.overlap, 0, torn, False

    patch.setattr(Scan, "take", apart)


def netx_count_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Scan, "proven", property(lambda self: self.ended))


PLANTED: Mapping[str, Plant] = {
    "polls do not overlap": no_overlap,
    "the lower bound is exclusive": exclusive_lower_bound,
    "the upper bound is rounded down": exclusive_upper_bound,
    "no count is checked": no_count_check,
    "the first page alone is read": first_page_alone,
    "the position moves before the work is done": position_before_work,
    "what a hint says is believed": hints_believed,
    "a torn pass is accepted": torn_passes_accepted,
    "what waits is not looked at again": waiting_ones_forgotten,
    "nothing is swept": no_sweep,
    "an unproven listing is believed": unproven_listings_believed,
    "no answer is taken for absence": silence_taken_for_absence,
    "an asset is met twice": met_twice,
    "NetX pages lie side by side": netx_pages_side_by_side,
    "NetX's count is not checked": netx_count_unchecked,
}


@pytest.mark.parametrize("plant", [pytest.param(it, id=name) for name, it in PLANTED.items()])
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(Lost):
        live(2000, same=True, plain=True)
