"""Every pair of status changes, on every pair of copies, one after the other, at once and crossing each other: the real engine
over libraries in memory, held against an oracle that knows nothing of it; with each carrier alone, and with several.

A sample of 28 by carriers and way. All of them that people can bring about are in test_lifecycle_long_*.py, by carriers.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from dambridge.engine.mirroring import writing
from dambridge.model.conflicts import ConflictState, Ruling
from dambridge.model.identity import FlowName, Link
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Status
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.records import Agreed
from dambridge.model.values import FieldName
from dambridge.planning import merging, spreading, transitions
from dambridge.planning.contending import Undecided
from dambridge.policy import carriers
from dambridge.policy.lifecycle import BACK, ON
from dambridge.ports.ledger import Observation
from support.crashing import CrashPlan
from support.lifecycle import GROUP, ROLES, SETS, LifecycleWorld, lifecycle_world
from support.transition_oracle import STATUSES, TABLE, TransitionOracle
from support.two_way_systems import SELECTED, START

SAMPLE, PARTS = 28, 3
RELOOK = 200
"""Of what waits, so much is looked at again by each of the further runs, those first that were not for longest: as usual."""
COPIES = range(3)
SEED = int(os.environ.get("LIFECYCLE_SEED", "7"))


@dataclass(frozen=True, slots=True)
class Case:
    """Two changes from one status: of which copy, to what."""

    base: str
    first: tuple[int, str]
    second: tuple[int, str]
    way: str


def cases(way: str) -> list[Case]:
    """All of them, in a fixed order."""
    found = []
    for base, one, other, s, t in product(STATUSES, COPIES, COPIES, STATUSES, STATUSES):
        in_turn = way == "in turn"
        real = s != base and (t != s if one == other else in_turn or t != base)
        if real and (in_turn or one != other) and (way != "at once" or one < other):
            found.append(Case(base, (one, s), (other, t), way))
    return found


ALL = {way: cases(way) for way in ("in turn", "at once", "crossing")}


def chosen(way: str, world: LifecycleWorld, *, part: int | None = None, count: int = SAMPLE) -> list[Case]:
    """Of those that people can bring about with these carriers a sample, or one of three parts of all."""
    probe = world.world.add_link(0, title=("Probe",))
    found = [it for it in ALL[way] if all(world.sayable(probe.copies[n], to) for n, to in (it.first, it.second))]
    for copy in probe.copies:
        del world.world.libraries[copy.id.account].assets[copy.remote_id]
    del world.world.links[probe.id]
    world.world.ledger.memory.links.clear()
    if part is not None:
        return found[part::PARTS]
    return Random(f"{SEED}{way}").sample(found, min(count, len(found)))


@pytest.fixture(params=sorted(SETS))
def world(request: pytest.FixtureRequest) -> Iterator[LifecycleWorld]:
    made = lifecycle_world(SETS[request.param])
    yield made
    made.world.close()


def oracle_of(link: Link, base: str) -> TransitionOracle:
    roles = {str(it.id): frozenset(map(str, ROLES[it.id.account])) for it in link.copies}
    return TransitionOracle(roles, base)


def name(link: Link, number: int) -> str:
    return str(link.copies[number].id)


def holds(world: LifecycleWorld, link: Link, oracle: TransitionOracle, case: Case) -> None:
    """The link stands as the oracle says."""
    for copy in link.copies:
        status = oracle.shown[str(copy.id)]
        wanted = status if world.sayable(copy, status) else ""
        assert world.shown(copy) == wanted, f"{case}: {copy.id}"
        if not oracle.waits:
            assert world.everything(copy) == ({wanted} - {""}), f"{case}: a carrier of {copy.id} says something else"
    accord = world.world.accords()[link.id][GROUP]
    assert accord.fields.get(LIFECYCLE_STATUS) == oracle.agreed, case
    assert (link.id in world.waiting()) == oracle.waits, case


def told(world: LifecycleWorld, link: Link, oracle: TransitionOracle, case: Case) -> None:
    """What waits stands in the inbox with every status that somebody gave, and where (hazard P46)."""
    if oracle.waits:
        entry = next(it for it in world.world.conflicts() if it.link == link.id)
        sides = {(str(it.copy), it.fields.get(LIFECYCLE_STATUS)) for it in entry.sides}
        given = {(copy, status) for copy, status in oracle.shown.items() if status != oracle.agreed}
        assert given <= sides, case


async def _nothing(*_: Any, **__: Any) -> None: ...


def silent(world: LifecycleWorld, runs: int) -> None:
    before = world.world.writes()
    world.run(runs)
    assert world.world.writes() == before


@pytest.mark.hazard("P15")
@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.parametrize("way", ["in turn", "at once"])
def test_two_changes_end_as_the_table_says_and_then_nothing_is_written(world: LifecycleWorld, way: str) -> None:
    walked(world, chosen(way, world), way)


def walked(world: LifecycleWorld, todo: list[Case], way: str) -> None:
    ends = walk(world, todo, way)
    assert min(ends[True], ends[False]) > len(todo) // 10  # neither everything nor nothing is left to people


def walk(world: LifecycleWorld, todo: list[Case], way: str, *, runs: int = 100) -> Counter[bool]:
    """Bring these about and hold them against the oracle; says of how many a person has to decide."""
    links = [world.add(number, it.base) for number, it in enumerate(todo)]
    world.run(2)
    assert not world.waiting()
    oracles = [oracle_of(link, it.base) for link, it in zip(links, todo, strict=True)]
    for number in (0, 1):
        for link, oracle, it in zip(links, oracles, todo, strict=True):
            copy, status = (it.first, it.second)[number]
            world.give(link.copies[copy], status)
            oracle.edit(name(link, copy), status)
            if way == "in turn" or number:
                oracle.seen()
        if way == "in turn" or number:
            world.run(2)
            for link, oracle, it in zip(links, oracles, todo, strict=True):
                holds(world, link, oracle, it)
                told(world, link, oracle, it)
    world.world.settings = replace(world.world.settings, relook=RELOOK)
    silent(world, runs)
    for link, oracle, it in zip(links, oracles, todo, strict=True):
        holds(world, link, oracle, it)
    return Counter(it.waits for it in oracles)


PLANTED: dict[str, tuple[Any, str, Any]] = {
    "no edit is unlawful": (merging, "unlawful", lambda *_: False),
    "all is left to people": (merging, "settle", lambda *_: Undecided("never")),
    "the first in the alphabet": (transitions, "latest", lambda _, claims: min(it.status for it in claims)),
    "the weakest wins": (carriers, "STRONGEST", tuple(reversed(carriers.STRONGEST))),
    "no move is made": (writing, "move", _nothing),
    "others are not repaired": (spreading, "_is_at_odds", lambda *_: False),
}


def few() -> None:
    """Enough to tell each of the planted faults."""
    world = lifecycle_world(SETS["several"])
    try:
        later = Case("in_review", (0, "approved"), (1, "archived"), "at once")
        clash = Case("approved", (0, "rejected"), (1, "archived"), "at once")
        assert walk(world, [later, clash], "at once", runs=3) == {False: 1, True: 1}
        link = world.add(9, "in_review")
        agency = world.world.libraries[link.copies[0].id.account]
        agency.move(link.copies[0].remote_id, SELECTED, "Desk/In review", "Desk/Approved")
        press = world.add(10, "in_review")
        world.run(2)
        world.give(press.copies[2], "approved")
        world.give(link.copies[0], "draft", only=1)
        world.run(2)
        assert [world.everything(it) for it in link.copies] == [{"approved"}] * 3
        assert [world.shown(it) for it in press.copies] == ["in_review", "in_review", "approved"]
    finally:
        world.world.close()


def test_a_few_pairs_and_a_carrier_that_says_something_else() -> None:
    few()


@pytest.mark.parametrize("fault", sorted(PLANTED))
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*PLANTED[fault])
    with pytest.raises(AssertionError):
        few()


@pytest.mark.hazard("P45")
@pytest.mark.parametrize("carriers_", sorted(SETS))
def test_a_change_made_without_knowing_of_another_is_as_good_as_one_at_once(carriers_: str) -> None:
    """The second is made after the first was agreed on, and before it had got there."""
    crossed(carriers_)


def all_pairs(carriers_: str, way: str, part: int) -> None:
    """One of three parts of everything that people can bring about with these carriers in this way."""
    if way == "crossing":
        crossed(carriers_, part=part)
        return
    made = lifecycle_world(SETS[carriers_])
    todo = chosen(way, made, part=part)
    assert len(todo) > len(ALL[way]) // 60, "a rating cannot say everything, and enough"
    try:
        walked(made, todo, way)
    finally:
        made.world.close()


def crossed(carriers_: str, *, part: int | None = None) -> None:
    first = lifecycle_world(SETS[carriers_])
    todo = chosen("crossing", first, part=part, count=SAMPLE // 2)
    first.world.close()
    ends: Counter[bool] = Counter()
    for it in todo:
        world = lifecycle_world(SETS[carriers_])
        link = world.add(1, it.base)
        world.run(2)
        oracle = oracle_of(link, it.base)
        oracle.crossed((name(link, it.first[0]), it.first[1]), (name(link, it.second[0]), it.second[1]))
        world.give(link.copies[it.first[0]], it.first[1])
        late = link.copies[it.second[0]]
        hooks = world.world.libraries[late.id.account].before_read
        hooks += [lambda: None, lambda world=world, late=late, it=it: world.give(late, it.second[1])]  # type: ignore[misc]
        world.run(3)
        holds(world, link, oracle, it)
        told(world, link, oracle, it)
        silent(world, 3)
        ends[oracle.waits] += 1
        world.world.close()
    assert min(ends[True], ends[False]) > len(todo) // 20


def test_the_oracle_has_read_the_same_table_by_itself() -> None:
    table = {(str(it.start), str(it.end)): ("on", who) for it, who in ON.items()}
    table |= {(str(it.start), str(it.end)): ("back", who) for it, who in BACK.items()}
    assert {it: (way, {*who, "coordinator"}) for it, (way, who) in TABLE.items()} == {
        it: (way, {*map(str, who)}) for it, (way, who) in table.items()
    }
    assert set(STATUSES) == {str(it) for it in Status}


def test_there_are_as_many_pairs_as_there_should_be() -> None:
    assert {way: len(it) for way, it in ALL.items()} == {"in turn": 3864, "at once": 1176, "crossing": 2352}


@pytest.mark.hazard("P12")
def test_what_is_approved_a_day_after_it_was_first_seen_is_seen(world: LifecycleWorld) -> None:
    link = (
        world.add(1, "draft")
        if world.sayable(world.add(2, "in_review").copies[0], "draft")
        else world.add(1, "in_review")
    )
    world.run(2)
    world.world.times.advance(timedelta(days=1))
    world.give(link.copies[0], "approved")
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"approved"}


def test_a_status_taken_away_is_told_again(world: LifecycleWorld) -> None:
    link = world.add(1, "in_review")
    world.run(2)
    library = world.world.libraries[link.copies[1].id.account]
    library.edit(link.copies[1].remote_id, edit_status=())
    library.move(link.copies[1].remote_id, SELECTED)
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"in_review"}
    silent(world, 3)


def test_what_a_coordinator_rules_stands_everywhere(world: LifecycleWorld) -> None:
    link = world.add(1, "in_review")
    world.run(2)
    world.give(link.copies[2], "approved")  # the press may not
    world.run(2)
    (entry,) = world.world.conflicts()
    ruling = Ruling(by="anna", at=world.world.now(), fields={LIFECYCLE_STATUS: "approved"}, side=link.copies[2].id)
    world.world.wait(world.world.ledger.put_conflicts([replace(entry, state=ConflictState.RULED, ruling=ruling)]))
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"approved"}
    assert not world.waiting()
    silent(world, 3)


# dates ------------------------------------------------------------------------------------------------------------------


def licensed(world: LifecycleWorld, status: str, *, days: int) -> Link:
    """An asset whose licence ends at the end of the day so many days after the world's first (in UTC), as its archive says."""
    link = world.add(1, status)
    end = (START + timedelta(days=days)).date().isoformat()
    world.world.libraries[link.copies[1].id.account].edit(link.copies[1].remote_id, licence_end=(end,))
    world.run(2)
    return link


@pytest.mark.hazard("P38")
def test_a_licence_that_ends_makes_expired_everywhere_though_nothing_moved(world: LifecycleWorld) -> None:
    link = licensed(world, "approved", days=1)
    midnight = START.replace(hour=0) + timedelta(days=2)
    due = [it for it, _, _ in world.world.ledger.memory.due.values()]
    assert {(it.kind, it.at) for it in due} == {("ends:lifecycle", midnight), ("gate:lifecycle", midnight)}
    world.world.times.now_at = midnight - timedelta(seconds=1)
    silent(world, 1)
    world.world.times.now_at = midnight
    world.run(1)
    for copy in link.copies:
        assert world.shown(copy) == ("expired" if world.sayable(copy, "expired") else "")
    accord = world.world.accords()[link.id][GROUP]
    assert (accord.by, accord.fields[LIFECYCLE_STATUS]) == ("rights", "expired")
    silent(world, 100)


def test_what_was_not_renewed_expires_again_and_what_was_stays(world: LifecycleWorld) -> None:
    link = licensed(world, "approved", days=1)
    world.world.times.advance(timedelta(days=3))
    world.run(1)
    archive = link.copies[1]
    world.give(archive, "approved")
    world.run(2)
    assert world.shown(archive) == "expired"
    world.world.libraries[archive.id.account].edit(archive.remote_id, licence_end=("2030-01-01",))
    world.give(archive, "approved")
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"approved"}
    silent(world, 5)


@pytest.mark.parametrize("status", STATUSES)
def test_what_another_asset_took_the_place_of_leaves_circulation(status: str) -> None:
    """Whatever was approved, wherever its successor is named; nobody is asked, and it stays out."""
    world = lifecycle_world(SETS["folder"])
    world.world.policy = replace(world.world.policy, superseded_by=FieldName("title"))
    link = world.add(1, status)
    for copy in link.copies:
        world.world.libraries[copy.id.account].edit(copy.remote_id, title=())
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {status}
    world.world.libraries[link.copies[1].id.account].edit(link.copies[1].remote_id, title=("Asset 7",))
    world.run(2)
    out = status in {"approved", "archived", "expired", "withdrawn"}
    assert {world.shown(it) for it in link.copies} == {"withdrawn" if out else status}
    if out and status != "withdrawn":
        accord = world.world.accords()[link.id][GROUP]
        assert accord.by == "dambridge"
    assert not world.waiting()
    silent(world, 10)
    world.world.close()


@pytest.mark.parametrize("status", STATUSES)
def test_dates_move_what_they_may_and_nothing_else(status: str) -> None:
    world = lifecycle_world(SETS["folder"])
    link = licensed(world, status, days=1)
    world.world.times.advance(timedelta(days=3))
    world.run(2)
    wanted = status if status in {"rejected", "withdrawn"} else "expired"
    assert {world.shown(it) for it in link.copies} == {wanted}
    assert not world.waiting()
    world.world.close()


def test_its_owner_is_told_before_a_licence_ends_and_nobody_of_what_is_not_in_use() -> None:
    for status, told_ in (("approved", True), ("archived", True), ("in_review", False), ("rejected", False)):
        world = lifecycle_world(SETS["edit_status"])
        world.world.policy = replace(world.world.policy, warn_before=timedelta(days=5))
        licensed(world, status, days=20)
        assert [it.reason.code for it in waits(world)] == []
        world.world.times.now_at = START.replace(hour=0) + timedelta(days=16)
        silent(world, 1)
        assert [(it.reason.code, it.waits_for) for it in waits(world)] == [(Code.LICENCE_ENDS, "owner")] * told_
        world.world.times.advance(timedelta(days=6))
        world.run(2)
        assert waits(world) == []
        world.world.close()


def waits(world: LifecycleWorld) -> list[Observation]:
    ledger = world.world.ledger
    return list(world.world.wait(ledger.lingering(FlowName.LIFECYCLE, outcomes=[Outcome.WAITING], limit=10)))


# writes that are cut off -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carriers_", ["several", "gallery", "folder"])
@pytest.mark.parametrize("fates", [*product((None, False, True), repeat=2), (True, True, True), (False, False, False)])
def test_lost_requests_and_replies_end_as_if_nothing_had_been_lost(
    carriers_: str, fates: tuple[bool | None, ...]
) -> None:
    world = lifecycle_world(SETS[carriers_])
    link = world.add(1, "in_review")
    world.run(2)
    world.give(link.copies[0], "approved")
    world.give(link.copies[1], "archived")
    for copy in link.copies:
        world.world.libraries[copy.id.account].lose.extend(fates)
    world.run(6)
    assert [world.everything(it) for it in link.copies] == [{"archived"}] * 3
    assert not world.waiting()
    silent(world, 5)
    world.world.close()


@pytest.mark.parametrize("carriers_", ["several", "gallery"])
def test_a_process_that_dies_anywhere_leaves_no_other_end(carriers_: str) -> None:
    died = 0
    for at in range(60):
        world = lifecycle_world(SETS[carriers_])
        link = world.add(1, "in_review")
        world.run(2)
        world.give(link.copies[0], "approved")
        world.give(link.copies[1], "archived")
        died += world.world.run(crash=CrashPlan(at=at, after=bool(at % 2))) is None
        world.world.times.advance(timedelta(minutes=20))
        world.run(3)
        assert [world.everything(it) for it in link.copies] == [{"archived"}] * 3, at
        assert not world.waiting(), at
        silent(world, 2)
        world.world.close()
    assert died > 10


# what a file brought ----------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P12")
@pytest.mark.parametrize("carriers_", ["edit_status", "custom", "rating", "gallery", "several"])
def test_a_status_out_of_the_uploaded_file_never_approves_and_a_persons_does(carriers_: str) -> None:
    world = lifecycle_world(SETS[carriers_])
    link = world.world.add_link(3, title=("Title",))
    agency = link.copies[0]
    world.give(agency, "approved", only=1 if carriers_ == "several" else 0)
    brought = json.dumps(["approved", "5"])
    world.world.wait(world.world.ledger.put_links([link], {link.id: Agreed(evidence={"brought": brought})}, []))
    world.run(2)
    by_people = carriers_ == "gallery"  # no file puts itself into a gallery
    assert {world.shown(it) for it in link.copies[1:]} == ({"approved"} if by_people else {""})
    silent(world, 3)
    world.give(agency, "in_review")
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"in_review"}
    world.give(agency, "approved")
    world.run(2)
    assert {world.shown(it) for it in link.copies} == {"approved"}
    silent(world, 3)
    world.world.close()
