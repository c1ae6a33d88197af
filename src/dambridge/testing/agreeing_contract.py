"""What every ledger must do for copies that are kept in step: accords, the inbox, tombstones, sweeps.

Subclass `AgreeingContract` and give it the fixtures `ledger` and `beside`: a second handle on the same store, as another
process would have it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dambridge.model.accords import Accord, GroupName, Standing
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState, Ruling, Side
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    RunId,
)
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed
from dambridge.model.tombstones import Tombstone
from dambridge.model.values import FieldName, Fields
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import MovedOn
from dambridge.testing.ledger_samples import (
    AWKWARD,
    HOUR,
    PLAN,
    SOURCE,
    T0,
    TARGET,
    action,
    entry,
    link_of,
    seen,
    settled,
    version,
)

RIGHTS = FlowName.RIGHTS
HERE, THERE = CopyId(SOURCE, CopyRole.SOURCE), CopyId(TARGET, CopyRole.RECORD)
TITLE = GroupName("title")


def titled(text: str) -> Fields:
    return {FieldName("title"): text}


def accord(link: str = "ln1", group: str = "title", text: str = AWKWARD, *copies: CopyId) -> Accord:
    """An accord in which the copies stand for what was agreed."""
    standing = Standing(
        fields=titled(text),
        shown=titled(text[:3]),
        version=version("v2"),
        at=T0,
        overruled=(titled("lost"), version("v1")),
        past=(version("v1"), version("v0")),
    )
    return Accord(
        link=LinkId(link),
        group=GroupName(group),
        fields=titled(text),
        origin=HERE,
        since=T0,
        copies=dict.fromkeys(copies or (HERE, THERE), standing),
    )


def conflict(link: str = "ln1", group: str = "title", *, age: int = 0, **more: Any) -> Conflict:
    """An entry of the inbox that is `age` hours younger than the oldest."""
    sides = (
        Side(copy=HERE, fields=titled(AWKWARD), version=version("v1"), who="ana", after=T0, until=T0 + HOUR),
        Side(copy=THERE, fields=titled("there"), version=version("t1"), until=T0 + HOUR),
    )
    values: dict[str, Any] = {
        "link": LinkId(link),
        "group": GroupName(group),
        "flow": RIGHTS,
        "base": titled("base"),
        "sides": sides,
        "reason": Reason.of(Code.CONFLICT, rule="ask", group=group),
        "opened_at": T0 + age * HOUR,
    }
    return Conflict(**{**values, **more})


def gone(
    number: int = 1, *, kin: Sequence[AssetKey] = (), at: timedelta = timedelta(0), name: str = AWKWARD
) -> Tombstone:
    return Tombstone(
        key=AssetKey(TARGET, RemoteId(f"N{number:04d}")),
        copy=THERE,
        link=LinkId(f"ln{number}"),
        reason=Reason.of(Code.LET_GO),
        at=T0 + at,
        kin=tuple(kin),
        file_name=name,
        sha256="a" * 64,
    )


def asset(number: int) -> AssetKey:
    return AssetKey(SOURCE, RemoteId(f"A{number:04d}"))


async def make_links(ledger: AgreeingLedger, run: RunId, links: Sequence[Link]) -> None:
    """Settle one action for each, so that the links stand in the store."""
    for number, link in enumerate(links):
        it = replace(action(number), link=link.id)
        await ledger.put_actions(run, PLAN, "links", [it])
        await settled(ledger, run, it, link=link)


class AgreeingContract(ABC):
    """Subclass it, give it a ledger, and every promise of `ports.agreeing` is held to."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> AgreeingLedger:
        """An empty ledger."""

    @abstractmethod
    @pytest.fixture
    def beside(self, ledger: AgreeingLedger) -> AgreeingLedger:
        """Another handle on the same store."""

    @pytest.fixture
    async def run(self, ledger: AgreeingLedger) -> RunId:
        return await ledger.open_run(RIGHTS, at=T0, command=None, plan=None)

    # accords -----------------------------------------------------------------------------------------------------
    async def test_accords_come_back_as_they_were_written(self, ledger: AgreeingLedger, beside: AgreeingLedger) -> None:
        wanted = [accord("ln1", "title"), accord("ln1", "rights"), accord("ln2", "title")]
        written = await ledger.put_accords(wanted, [entry()])
        assert [it.revision for it in written] == [1, 1, 1]
        found = await beside.accords([LinkId(it) for it in ("ln1", "ln2", "ln3")])
        assert found == {
            "ln1": {"title": wanted[0], "rights": wanted[1]},
            "ln2": {"title": wanted[2]},
        }
        assert {it.revision for groups in found.values() for it in groups.values()} == {1}
        assert [it.entry for it in await beside.audit_trail(subject=None, after=0, limit=9)] == [entry()]
        assert await ledger.accords([]) == {}

    async def test_an_accord_that_rests_on_an_older_one_is_refused_and_nothing_of_the_call_is_written(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        (first,) = await ledger.put_accords([accord()])
        (second,) = await beside.put_accords([replace(first, fields=titled("second"))])
        assert second.revision == 2
        for late in (replace(first, fields=titled("late")), accord(text="as if new"), replace(first, revision=7)):
            with pytest.raises(MovedOn, match="somebody else"):
                await ledger.put_accords([accord("ln9"), late], [entry()])
        found = await ledger.accords([LinkId("ln1"), LinkId("ln9")])
        assert found == {"ln1": {"title": second}}
        assert await ledger.audit_trail(subject=None, after=0, limit=9) == []

    async def test_of_many_writers_of_one_accord_each_round_has_one_winner(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        (known,) = await ledger.put_accords([accord()])
        for text in ("a", "b", "c"):
            tries = [
                (ledger, beside)[n % 2].put_accords([replace(known, fields=titled(f"{text}{n}"))]) for n in range(8)
            ]
            ends = await asyncio.gather(*tries, return_exceptions=True)
            won = [it for it in ends if not isinstance(it, BaseException)]
            assert len(won) == 1
            assert all(isinstance(it, MovedOn) for it in ends if isinstance(it, BaseException))
            ((known,),) = won
            assert (await beside.accords([known.link]))[known.link][TITLE] == known

    async def test_a_write_is_asked_for_durably_before_it_begins(
        self, ledger: AgreeingLedger, beside: AgreeingLedger, run: RunId
    ) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        (known,) = await ledger.put_accords([accord()])
        asking = known.asking(THERE, titled("new")).asking(THERE, titled("new"))
        step, (written,) = await ledger.begin_write(it.id, "update", intent={"a": 1}, at=T0, accords=[asking])
        assert (step.step, step.attempt, step.intent) == ("update", 1, {"a": 1})
        found = (await beside.accords([known.link]))[known.link][TITLE]
        assert found == written == asking
        assert found.copies[THERE].asked == (titled("new"),)
        assert found.copies[HERE].asked == ()
        assert [it.step for it in await beside.steps(it.id)] == ["update"]
        with pytest.raises(MovedOn):
            await beside.begin_write(it.id, "update", intent={"a": 2}, at=T0, accords=[asking])
        assert [it.attempt for it in await ledger.steps(it.id)] == [1]

    async def test_a_settlement_writes_what_is_kept_in_step_all_of_it_or_nothing(
        self, ledger: AgreeingLedger, beside: AgreeingLedger, run: RunId
    ) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        (known,) = await ledger.put_accords([accord(it.link)])
        entry_of, stone = conflict(it.link, "rights"), gone(1)
        more: dict[str, Any] = {"conflicts": (entry_of,), "tombstones": (stone,)}
        with pytest.raises(MovedOn):
            await settled(ledger, run, it, accords=(accord(it.link),), **more)
        assert await beside.unsettled(run, [it.id]) == {it.id}
        assert (await beside.links([it.link]), await beside.conflicts(limit=9)) == ({}, [])
        assert await beside.tombstones([stone.key]) == {}
        later = replace(known, fields=titled("later"))
        await settled(ledger, run, it, accords=(later,), **more)
        assert await beside.unsettled(run, [it.id]) == frozenset()
        assert await beside.accords([it.link]) == {it.link: {"title": later}}
        assert await beside.conflicts(limit=9) == [entry_of]
        assert await beside.tombstones([stone.key]) == {stone.key: stone}

    async def test_a_copy_that_is_dropped_leaves_the_link_and_every_accord_of_it(
        self, ledger: AgreeingLedger, beside: AgreeingLedger, run: RunId
    ) -> None:
        it, another = action(1), action(2)
        await ledger.put_actions(run, PLAN, "b1", [it, another])
        for each in (it, another):
            await settled(ledger, run, each)
            await ledger.put_accords([accord(each.link, "title"), accord(each.link, "rights", "x", THERE)])
        before = await beside.accords([another.link])
        await settled(ledger, run, it, link=None, agreed=None, drop_copies=(HERE,), tombstones=(gone(1),))
        assert [one.id for one in (await beside.links([it.link]))[it.link].copies] == [THERE]
        assert await beside.links_of([it.source, another.source]) == {another.source: another.link}
        found = (await beside.accords([it.link]))[it.link]
        assert {name: set(one.copies) for name, one in found.items()} == {"title": {THERE}, "rights": {THERE}}
        assert {one.origin for one in found.values()} == {None}
        assert await beside.accords([another.link]) == before
        assert await beside.links([another.link]) == {another.link: link_of(another)}

    # conflicts ---------------------------------------------------------------------------------------------------
    async def test_an_entry_of_the_inbox_comes_back_by_its_id_and_by_its_link(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        one, other = conflict("ln1", "title"), conflict("ln1", "rights")
        await ledger.put_conflicts([one, other], [entry()])
        assert await beside.conflict(one.id) == one
        assert await beside.conflict(ConflictId("none")) is None
        assert await beside.conflicts_of([LinkId("ln1"), LinkId("ln2")]) == {"ln1": {"title": one, "rights": other}}
        assert len(await beside.audit_trail(subject=None, after=0, limit=9)) == 1

    async def test_the_inbox_is_paged_oldest_first_and_filtered(self, ledger: AgreeingLedger) -> None:
        entries = [conflict(f"ln{n:02d}", "title" if n % 3 else "rights", age=n // 4) for n in range(20)]
        await ledger.put_conflicts(entries)
        await ledger.put_conflicts(
            [conflict("ln50", flow=FlowName.LIFECYCLE), conflict("ln51", state=ConflictState.MOOT)]
        )
        met: list[Conflict] = []
        while page := await ledger.conflicts(flow=RIGHTS, after=met[-1].id if met else None, limit=7):
            met += page
        assert met == sorted(entries, key=lambda it: (it.opened_at, it.id))
        assert len(await ledger.conflicts(limit=99)) == 21
        assert {it.group for it in await ledger.conflicts(group=GroupName("rights"), limit=99)} == {"rights"}
        assert [it.link for it in await ledger.conflicts(states=[ConflictState.MOOT], limit=9)] == ["ln51"]
        assert len(await ledger.conflicts(states=list(ConflictState), limit=99)) == 22
        assert await ledger.count_conflicts() == {ConflictState.OPEN: 21, ConflictState.MOOT: 1}
        assert await ledger.count_conflicts(flow=FlowName.LIFECYCLE) == {ConflictState.OPEN: 1}
        with pytest.raises(LookupError):
            await ledger.conflicts(after=ConflictId("none"), limit=1)

    async def test_of_two_persons_who_rule_at_once_one_wins_and_the_other_is_told(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        (known,) = await ledger.put_conflicts([conflict()])
        ruled = [
            replace(known, state=ConflictState.RULED, ruling=Ruling(by=by, at=T0, fields=titled(by)))
            for by in ("ana", "ben", "cyd", "dan")
        ]
        tries = [(ledger, beside)[n % 2].put_conflicts([it], [entry(str(n))]) for n, it in enumerate(ruled)]
        ends = await asyncio.gather(*tries, return_exceptions=True)
        (won,) = [n for n, it in enumerate(ends) if not isinstance(it, BaseException)]
        assert all(isinstance(it, MovedOn) for n, it in enumerate(ends) if n != won)
        assert await beside.conflict(known.id) == ruled[won]
        told = [it.entry.detail["said"] for it in await beside.audit_trail(subject=None, after=0, limit=9)]
        assert told == [str(won)]

    @pytest.mark.hazard("P46")
    async def test_what_a_person_ruled_is_not_lost_under_what_was_seen_meanwhile(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        (known,) = await ledger.put_conflicts([conflict()])
        ruling = Ruling(by="ana", at=T0, fields={}, restore={HERE: titled("a"), THERE: titled("b")})
        await beside.put_conflicts([replace(known, state=ConflictState.RULED, ruling=ruling)])
        with pytest.raises(MovedOn):
            await ledger.put_conflicts([replace(known, sides=known.sides[:1], kept=known.sides[1:])])
        found = await ledger.conflict(known.id)
        assert found is not None
        assert (found.ruling, found.sides, found.revision) == (ruling, known.sides, 2)

    async def test_one_entry_at_most_stands_for_each_link_and_group(self, ledger: AgreeingLedger) -> None:
        (first,) = await ledger.put_conflicts([conflict()])
        second = conflict(serial=2)
        with pytest.raises(MovedOn):
            await ledger.put_conflicts([second])
        ended = replace(first, state=ConflictState.SETTLED, kept=first.sides)
        await ledger.put_conflicts([second, ended])
        assert (await ledger.conflicts_of([first.link]))[first.link] == {"title": second}
        found = await ledger.conflict(first.id)
        assert found == ended
        assert found is not None
        with pytest.raises(MovedOn):
            await ledger.put_conflicts([replace(found, state=ConflictState.RULED)])

    async def test_open_entries_need_a_person_and_others_do_not(self, ledger: AgreeingLedger, run: RunId) -> None:
        entries = [conflict(f"ln{n}") for n in range(3)]
        gone_copy = conflict("ln8", "presence", reason=Reason.of(Code.COPY_GONE, copy="x"))
        written = await ledger.put_conflicts([*entries, gone_copy, conflict("ln9", flow=FlowName.LIFECYCLE)])
        waits = replace(
            seen(1, Outcome.WAITING, run=run, waits_for="person"), flow=RIGHTS, reason=Reason.of(Code.CONFLICT)
        )
        other = replace(seen(2, Outcome.QUARANTINED, run=run), flow=RIGHTS)
        await ledger.record_items(run, [], [waits, other])
        assert await ledger.attention(RIGHTS) == {"broken_file": 1, "conflict": 3, "copy_gone": 1}
        await ledger.put_conflicts([replace(it, state=ConflictState.MOOT) for it in written[1:]])
        assert await ledger.attention(RIGHTS) == {"broken_file": 1, "conflict": 1}

    # tombstones --------------------------------------------------------------------------------------------------
    @pytest.mark.hazard("P04")
    async def test_tombstones_are_found_by_what_went_and_by_what_stood_beside_it(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        first, second = gone(1, kin=[asset(1), asset(2)]), gone(2, kin=[asset(2)], at=HOUR)
        assert await ledger.put_tombstones([first, second]) == 2
        assert await beside.tombstones([first.key, gone(3).key]) == {first.key: first}
        assert await beside.tombstones_by_kin([asset(1), asset(2), asset(3), first.key]) == {
            asset(1): [first],
            asset(2): [first, second],
        }
        assert await beside.tombstones([]) == {}

    async def test_of_two_tombstones_for_one_asset_the_later_counts(self, ledger: AgreeingLedger) -> None:
        old, new = gone(1, kin=[asset(1)]), gone(1, kin=[asset(2)], at=HOUR, name="new")
        assert await ledger.put_tombstones([new, old]) == 1
        assert await ledger.put_tombstones([old]) == 0
        assert await ledger.put_tombstones([new]) == 0
        assert await ledger.tombstones([new.key]) == {new.key: new}
        newest = gone(1, kin=[asset(3)], at=2 * HOUR)
        assert await ledger.put_tombstones([newest]) == 1
        assert await ledger.tombstones_by_kin([asset(1), asset(2), asset(3)]) == {asset(3): [newest]}

    async def test_all_tombstones_are_met_page_by_page(self, ledger: AgreeingLedger) -> None:
        stones = [gone(n) for n in range(25)] + [replace(gone(99), key=asset(5))]
        await ledger.put_tombstones(stones)
        met: list[Tombstone] = []
        while page := await ledger.all_tombstones(after=met[-1].key if met else None, limit=10):
            met += page
        assert met == sorted(stones, key=lambda it: it.key)

    # sweeps ------------------------------------------------------------------------------------------------------
    async def test_links_are_met_once_each_in_a_stable_order(self, ledger: AgreeingLedger, run: RunId) -> None:
        elsewhere = AccountId("elsewhere")
        copies = {
            "ln01": [(HERE, "A1"), (THERE, "N1")],
            "ln02": [(THERE, "N2")],
            "ln03": [(CopyId(elsewhere, CopyRole.RECORD), "E3")],
            "ln04": [(HERE, "A4"), (CopyId(SOURCE, CopyRole.PUBLISHED), "A4b")],
            "ln05": [(HERE, "A5")],
        }
        links = [
            Link(LinkId(name), RIGHTS, tuple(Copy(at, RemoteId(remote)) for at, remote in having))
            for name, having in copies.items()
        ]
        await make_links(ledger, run, links)
        met: list[Link] = []
        while page := await ledger.links_in([SOURCE, TARGET], after=met[-1].id if met else None, limit=2):
            met += page
        assert met == [it for it in links if it.id != "ln03"]
        assert [it.id for it in await ledger.links_in([elsewhere], after=None, limit=9)] == ["ln03"]
        assert await ledger.links_in([], after=None, limit=9) == []

    async def test_links_that_were_found_again_are_there_with_what_their_copies_have_in_common(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        having = (Copy(HERE, asset(1).remote_id), Copy(THERE, RemoteId("N1")))
        one = Link(LinkId("ln1"), RIGHTS, having)
        other = Link(LinkId("ln2"), RIGHTS, (Copy(HERE, asset(2).remote_id), *having[1:]), observe_only=True)
        state = Agreed(fields=titled(AWKWARD), versions={str(HERE): version("v1")}, evidence={"rebuilt": "proven"})
        await ledger.put_links([one, other], {one.id: state}, [entry("found", subject=one.id)])
        assert await beside.links([one.id, other.id]) == {one.id: one, other.id: other}
        assert await beside.agreed([one.id, other.id]) == {one.id: state}
        (told,) = await beside.audit_trail(subject=one.id, after=0, limit=9)
        assert told.entry.detail["said"] == "found"
        changed = replace(other, observe_only=False, copies=other.copies[:1])
        await ledger.put_links([changed], {})
        assert await beside.links([one.id, other.id]) == {one.id: one, other.id: changed}
        await ledger.put_links([], {})

    async def test_the_turn_comes_to_published_copies_first_and_to_those_longest_not_looked_at(
        self, ledger: AgreeingLedger, run: RunId
    ) -> None:
        out = CopyId(SOURCE, CopyRole.PUBLISHED)
        having = {
            "ln1": [(HERE, "A1"), (THERE, "N1")],
            "ln2": [(HERE, "A2"), (THERE, "N2")],
            "ln3": [(HERE, "A3"), (out, "P3")],
            "ln4": [(HERE, "A4")],
            "ln5": [(HERE, "A5"), (out, "P5")],
        }
        links = [
            Link(LinkId(name), RIGHTS, tuple(Copy(at, RemoteId(one)) for at, one in copies))
            for name, copies in having.items()
        ]
        await ledger.put_links(links, {})
        looked = {"A1": 3, "N1": 9, "A2": 2, "N2": 8, "A3": 5, "P3": 5, "A5": 4, "P5": 6}
        await ledger.record_items(
            run,
            [],
            [
                seen(
                    run=run,
                    key=AssetKey(TARGET if it[0] == "N" else SOURCE, RemoteId(it)),
                    flow=RIGHTS,
                    at=T0 + HOUR * at,
                )
                for it, at in looked.items()
            ],
        )
        turn = await ledger.longest_unseen(RIGHTS, [SOURCE, TARGET], limit=99)
        assert [it[1].remote_id for it in turn] == ["A5", "P5", "A3", "P3", "A4", "A2", "N2", "A1", "N1"]
        assert [it[0] for it in turn[:2]] == ["ln5", "ln5"]
        assert await ledger.longest_unseen(RIGHTS, [SOURCE, TARGET], limit=3) == turn[:3]
        assert [it[1].remote_id for it in await ledger.longest_unseen(RIGHTS, [TARGET], limit=9)] == ["N2", "N1"]
        assert [await ledger.count_links(it) for it in ([SOURCE], [TARGET], [SOURCE, TARGET], [])] == [5, 2, 5, 0]

    async def test_a_sweep_is_held_against_the_known_copies(
        self, ledger: AgreeingLedger, beside: AgreeingLedger, run: RunId
    ) -> None:
        links = [Link(LinkId(f"ln{n:02d}"), RIGHTS, (Copy(HERE, asset(n).remote_id),)) for n in range(12)]
        await make_links(ledger, run, links)
        met = [asset(n).remote_id for n in (0, 1, 3, 5, 7, 20, 21)]
        await ledger.sight(run, SOURCE, met[:4])
        await beside.sight(run, SOURCE, [*met[2:], met[0], met[0]])
        await ledger.sight(run, SOURCE, [])
        await ledger.sight(run, TARGET, [asset(2).remote_id])
        await ledger.sight(RunId("run-999999"), SOURCE, [asset(4).remote_id])
        assert await ledger.count_sights(run, SOURCE) == 7
        unmet: list[RemoteId] = []
        while page := await beside.unsighted(run, SOURCE, after=unmet[-1] if unmet else None, limit=3):
            unmet += page
        assert unmet == [asset(n).remote_id for n in (2, 4, 6, 8, 9, 10, 11)]
        assert await beside.unlinked(run, SOURCE, after=None, limit=1) == [asset(20).remote_id]
        assert await beside.unlinked(run, SOURCE, after=asset(20).remote_id, limit=9) == [asset(21).remote_id]
        await ledger.forget_sights(run)
        assert [await beside.count_sights(it, SOURCE) for it in (run, RunId("run-999999"))] == [0, 1]
        assert len(await beside.unsighted(run, SOURCE, after=None, limit=99)) == 12
