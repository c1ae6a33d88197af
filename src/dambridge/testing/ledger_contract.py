"""What every ledger must do: one suite for SQLite, PostgreSQL and whatever comes after them.

Subclass `LedgerContract` and give it the fixtures `ledger` and `beside`: a second handle on the same store, as another
process would have it.
"""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dambridge.model.commands import CommandState
from dambridge.model.identity import (
    AccountId,
    ActionId,
    AssetKey,
    CommandId,
    FlowName,
    Link,
    LinkId,
    PlanId,
    RemoteId,
    RunId,
    link_id_for,
)
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.ports.ledger import Due, Ledger, WorkStage
from dambridge.testing.ledger_samples import (
    AWKWARD,
    FLOW,
    HOUR,
    PLAN,
    SOURCE,
    T0,
    TARGET,
    action,
    agreed_of,
    end,
    entry,
    key,
    link_of,
    order,
    seen,
    settled,
    version,
)


class LedgerContract(ABC):
    """Subclass it, give it a ledger, and every promise of `ports.ledger` is held to."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""

    @abstractmethod
    @pytest.fixture
    def beside(self, ledger: Ledger) -> Ledger:
        """Another handle on the same store."""

    @pytest.fixture
    async def run(self, ledger: Ledger) -> RunId:
        return await ledger.open_run(FLOW, at=T0, command=None, plan=None)

    # runs --------------------------------------------------------------------------------------------------------
    async def test_runs_count_up_and_are_found_again(self, ledger: Ledger, beside: Ledger) -> None:
        first = await ledger.open_run(FLOW, at=T0, command=CommandId("co1"), plan=PLAN, configuration="c0ffee")
        second = await beside.open_run(FlowName.RIGHTS, at=T0 + HOUR, command=None, plan=None)
        assert (first, second) == ("run-000001", "run-000002")
        row = await beside.run(first)
        assert row is not None
        assert (row.flow, row.command, row.plan, row.started_at, row.ended_at) == (FLOW, "co1", PLAN, T0, None)
        assert [it.configuration for it in await ledger.runs(flow=None, limit=9)] == ["", "c0ffee"]
        assert [it.id for it in await ledger.runs(flow=None, limit=9)] == [second, first]
        assert [it.id for it in await ledger.runs(flow=FLOW, limit=9)] == [first]
        assert [it.id for it in await ledger.runs(flow=None, before=second, limit=9)] == [first]
        assert await ledger.runs(flow=None, before=first, limit=9) == []
        assert await ledger.run(RunId("run-999999")) is None

    async def test_items_come_in_pages_that_lose_nothing(self, ledger: Ledger, run: RunId) -> None:
        ends = [end(it, Outcome.DONE if it % 3 else Outcome.WAITING) for it in range(1, 12)]
        await ledger.record_items(run, ends, [])
        for outcome in (None, Outcome.DONE):
            whole = await ledger.items(run, outcome=outcome)
            pages: list[ItemOutcome] = []
            while page := await ledger.items(run, outcome=outcome, after=pages[-1].key if pages else None, limit=4):
                assert len(page) <= 4
                pages += page
            assert pages == whole
            assert len(whole) == (11 if outcome is None else 8)

    async def test_a_run_is_unfinished_until_it_is_closed(self, ledger: Ledger, run: RunId) -> None:
        assert [it.id for it in await ledger.unfinished_runs(FLOW)] == [run]
        assert await ledger.unfinished_runs(FlowName.RIGHTS) == []
        await ledger.close_run(run, at=T0 + HOUR, state="ended", summary={"run_id": run, "text": AWKWARD})
        assert await ledger.unfinished_runs(FLOW) == []
        row = await ledger.run(run)
        assert row is not None
        assert (row.state, row.ended_at, row.summary) == ("ended", T0 + HOUR, {"run_id": run, "text": AWKWARD})

    async def test_a_run_that_a_living_worker_has_in_hand_is_not_unfinished(
        self, ledger: Ledger, beside: Ledger
    ) -> None:
        await ledger.heartbeat("one", serving=True, beat=1000.0)
        await ledger.heartbeat("two", serving=True, beat=1000.0)
        await ledger.enqueue(order("co1"))
        await ledger.claim_command("one", now=T0)
        run = await ledger.open_run(FLOW, at=T0, command=CommandId("co1"), plan=None)
        assert await beside.unfinished_runs(FLOW) == []
        await beside.heartbeat("two", serving=True, beat=1200.0)
        assert [it.id for it in await beside.unfinished_runs(FLOW)] == [run]
        assert await beside.claim_command("two", now=T0) is not None
        assert [it.id for it in await beside.unfinished_runs(FLOW)] == [run]

    # items: the accounting identity ------------------------------------------------------------------------------
    async def test_an_item_has_one_end_per_run_and_the_later_one_counts(self, ledger: Ledger, run: RunId) -> None:
        await ledger.record_items(run, [end(1, Outcome.WAITING), end(2, Outcome.SKIPPED)], [])
        await ledger.record_items(run, [end(1, Outcome.DONE, bytes_moved=5, lag=2.0), end(3, Outcome.FAILED)], [])
        await ledger.record_items(run, [end(4, Outcome.SKIPPED), end(4, Outcome.QUARANTINED)], [])
        counts = await ledger.counts(run)
        assert counts == Counts(done=1, skipped=1, failed=1, quarantined=1)
        assert counts.seen == 4 == len(await ledger.items(run))
        assert await ledger.items(run, outcome=Outcome.DONE) == [end(1, Outcome.DONE, bytes_moved=5, lag=2.0)]
        assert len(await ledger.items(run, limit=2)) == 2

    async def test_what_an_item_was_told_to_have_carried_stays_told(self, ledger: Ledger, run: RunId) -> None:
        for it in (end(1, bytes_moved=5, lag=9.0), end(1, Outcome.WAITING, lag=2.0), end(1, Outcome.WAITING)):
            await ledger.record_items(run, [it], [])
        assert await ledger.items(run) == [end(1, Outcome.WAITING, bytes_moved=5, lag=9.0)]
        await ledger.record_items(run, [end(1, bytes_moved=6, lag=10.0)], [])
        assert await ledger.carried(run) == (6, [10.0])

    async def test_the_same_item_counts_again_in_the_next_run(self, ledger: Ledger, run: RunId) -> None:
        following = await ledger.open_run(FLOW, at=T0, command=None, plan=None)
        await ledger.record_items(run, [end(1)], [])
        await ledger.record_items(following, [end(1, Outcome.UNCHANGED)], [])
        assert (await ledger.counts(run), await ledger.counts(following)) == (Counts(done=1), Counts(unchanged=1))

    async def test_what_was_carried_is_summed_and_lags_come_in_order(self, ledger: Ledger, run: RunId) -> None:
        assert await ledger.carried(run) == (0, [])
        ends = [end(1, bytes_moved=5, lag=9.0), end(2, bytes_moved=2**40, lag=0.5), end(3, Outcome.SKIPPED)]
        await ledger.record_items(run, ends, [])
        assert await ledger.carried(run) == (5 + 2**40, [0.5, 9.0])

    async def test_observations_hold_the_last_sight_of_each_asset(self, ledger: Ledger, run: RunId) -> None:
        await ledger.record_items(run, [], [seen(1, run=run), seen(2, run=run, version=None)])
        later = seen(1, Outcome.WAITING, run=run, at=T0 + HOUR, waits_for="librarian", version=version("v2"))
        await ledger.record_items(run, [], [seen(1, run=run), later])
        found = await ledger.observations(FLOW, [key(1), key(2), key(3)])
        assert found == {key(1): later, key(2): seen(2, run=run, version=None)}
        assert await ledger.observations(FlowName.RIGHTS, [key(1)]) == {}
        assert await ledger.observations(FLOW, []) == {}

    async def test_attention_counts_what_a_person_must_look_at_and_nothing_else(
        self, ledger: Ledger, run: RunId
    ) -> None:
        waiting = Outcome.WAITING
        unknown = Reason.of(Code.UNKNOWN_TERM, term="x")
        await ledger.record_items(
            run,
            [],
            [
                seen(1, waiting, run=run, waits_for="librarian", reason=unknown),
                seen(2, waiting, run=run, waits_for="librarian", reason=unknown),
                seen(3, waiting, run=run, waits_for="system"),
                seen(4, waiting, run=run, waits_for="next run"),
                seen(9, waiting, run=run, waits_for="date", reason=Reason.of(Code.EMBARGOED)),
                seen(5, Outcome.QUARANTINED, run=run),
                seen(6, Outcome.FAILED, run=run, reason=Reason.of(Code.BUG)),
                seen(7, Outcome.DONE, run=run, reason=Reason.of(Code.CREATED)),
                seen(8, Outcome.SKIPPED, run=run, reason=Reason.of(Code.NOT_APPROVED)),
            ],
        )
        assert await ledger.attention(FLOW) == {"unknown_term": 2, "broken_file": 1, "bug": 1}
        await ledger.record_items(run, [], [seen(1, Outcome.DONE, run=run), seen(5, Outcome.SKIPPED, run=run)])
        assert await ledger.attention(FLOW) == {"unknown_term": 1, "bug": 1}

    async def test_lingering_items_come_oldest_first(self, ledger: Ledger, run: RunId) -> None:
        ages = {1: 3, 2: 1, 3: 2}
        rows = [seen(it, Outcome.WAITING, run=run, at=T0 + age * HOUR) for it, age in ages.items()]
        await ledger.record_items(run, [], [*rows, seen(4, Outcome.DONE, run=run)])
        found = await ledger.lingering(FLOW, outcomes=[Outcome.WAITING, Outcome.FAILED], limit=2)
        assert [it.key for it in found] == [key(2), key(3)]
        behind = (found[0].at, found[0].key)
        page = await ledger.lingering(FLOW, outcomes=[Outcome.WAITING], after=behind, limit=9)
        assert [it.key for it in page] == [key(3), key(1)]
        assert (
            await ledger.lingering(FLOW, outcomes=[Outcome.WAITING], after=(page[-1].at, page[-1].key), limit=9) == []
        )

    # work --------------------------------------------------------------------------------------------------------
    async def test_actions_are_worked_off_in_the_order_in_which_they_were_put(self, ledger: Ledger, run: RunId) -> None:
        wanted = [action(n) for n in (5, 3, 9, 1)]
        await ledger.put_actions(run, PLAN, "b1", wanted[:3])
        await ledger.put_actions(run, PLAN, "b2", wanted[3:])
        rows = await ledger.open_actions("b1", now=T0)
        assert [row.action for row in rows] == wanted[:3]
        assert {(row.run, row.plan, row.batch, row.stage, row.attempts, row.begun) for row in rows} == {
            (run, PLAN, "b1", WorkStage.OPEN, 0, False)
        }
        assert await ledger.open_batches(FLOW) == [(run, "b1"), (run, "b2")]
        assert await ledger.open_batches(FlowName.RIGHTS) == []
        assert await ledger.unsettled(run, [it.id for it in wanted]) == {it.id for it in wanted}

    async def test_an_action_put_again_is_moved_with_its_steps_but_one_that_is_done_stays(
        self, ledger: Ledger, run: RunId
    ) -> None:
        left, done = action(1), action(2)
        await ledger.put_actions(run, PLAN, "b1", [left, done])
        await ledger.begin_step(left.id, "deliver", intent={"a": 1}, at=T0)
        await settled(ledger, run, left, stage=WorkStage.LEFT, link=None, agreed=None, retry_at=T0 + HOUR)
        await settled(ledger, run, done)
        following = await ledger.open_run(FLOW, at=T0, command=None, plan=None)
        changed = replace(left, folder="Elsewhere", expects={"x": version("v2")})
        assert changed.id == left.id
        await ledger.put_actions(following, PlanId("pl1"), "b2", [changed, done])
        rows = await ledger.open_actions("b2", now=T0)
        assert [(row.action, row.run, row.plan, row.stage, row.begun) for row in rows] == [
            (changed, following, "pl1", WorkStage.OPEN, True)
        ]
        assert [it.intent for it in await ledger.steps(left.id)] == [{"a": 1}]
        known = await ledger.action(done.id)
        assert known is not None
        assert (known.batch, known.stage) == ("b1", WorkStage.DONE)
        assert await ledger.open_batches(FLOW) == [(following, "b2")]
        assert await ledger.unsettled(run, [left.id]) == frozenset()
        assert await ledger.unsettled(following, [left.id, done.id]) == {left.id}

    async def test_an_action_put_off_is_held_until_its_time(self, ledger: Ledger, run: RunId) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        await settled(ledger, run, it, stage=WorkStage.OPEN, link=None, agreed=None, retry_at=T0 + HOUR)
        assert await ledger.open_actions("b1", now=T0 + HOUR - timedelta(microseconds=1)) == []
        rows = await ledger.open_actions("b1", now=T0 + HOUR)
        assert [(row.not_before, row.attempts) for row in rows] == [(T0 + HOUR, 1)]

    async def test_a_step_has_its_intent_before_its_outcome(self, ledger: Ledger, beside: Ledger, run: RunId) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        begun = await ledger.begin_step(it.id, "deliver", intent={"to": AWKWARD}, at=T0)
        assert (begun.attempt, begun.outcome, begun.ended_at) == (1, None, None)
        assert await beside.steps(it.id) == [begun]
        await ledger.end_step(it.id, "deliver", outcome={"id": "7"}, at=T0 + HOUR)
        assert await beside.steps(it.id) == [replace(begun, outcome={"id": "7"}, ended_at=T0 + HOUR)]

    async def test_a_second_intent_is_a_second_attempt_and_the_outcome_is_its_own(
        self, ledger: Ledger, run: RunId
    ) -> None:
        it = action()
        await ledger.begin_step(it.id, "deliver", intent={"n": 1}, at=T0)
        await ledger.begin_step(it.id, "place", intent={"n": 2}, at=T0)
        again = await ledger.begin_step(it.id, "deliver", intent={"n": 3}, at=T0)
        await ledger.end_step(it.id, "deliver", outcome={"ok": True}, at=T0)
        assert again.attempt == 2
        found = [(row.step, row.attempt, row.outcome) for row in await ledger.steps(it.id)]
        assert found == [("deliver", 1, None), ("place", 1, None), ("deliver", 2, {"ok": True})]

    async def test_the_outcome_of_a_step_never_begun_is_refused(self, ledger: Ledger, run: RunId) -> None:
        with pytest.raises(LookupError):
            await ledger.end_step(action().id, "deliver", outcome={}, at=T0)

    # settling ----------------------------------------------------------------------------------------------------
    async def test_a_settlement_writes_all_of_it(self, ledger: Ledger, beside: Ledger, run: RunId) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        written = await settled(ledger, run, it)
        row = await beside.action(it.id)
        assert row is not None
        assert (row.stage, row.attempts) == (WorkStage.DONE, 1)
        assert await beside.items(run) == [written.item]
        assert await beside.links([it.link]) == {it.link: link_of(it)}
        assert await beside.agreed([it.link]) == {it.link: agreed_of(it)}
        assert await beside.observations(FLOW, [it.source]) == {it.source: written.observation}
        assert [one.entry for one in await beside.audit_trail(subject=it.link, after=0, limit=9)] == [*written.audit]
        assert [one.action for one in await beside.actions_of(it.link)] == [it]
        assert await beside.open_batches(FLOW) == []

    async def test_a_settlement_that_fails_writes_nothing_of_it(self, ledger: Ledger, run: RunId) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        naive = replace(seen(run=run), at=datetime(2026, 1, 1))  # noqa: DTZ001 - an instant without a zone is the fault
        with pytest.raises(Exception, match="time zone"):
            await settled(ledger, run, it, observation=naive)
        row = await ledger.action(it.id)
        assert row is not None
        assert (row.stage, row.attempts) == (WorkStage.OPEN, 0)
        assert (await ledger.counts(run)).seen == 0
        assert await ledger.links([it.link]) == {}
        assert await ledger.agreed([it.link]) == {}
        assert await ledger.audit_trail(subject=None, after=0, limit=9) == []

    async def test_one_callers_failure_does_not_take_others_writes_with_it(self, ledger: Ledger, run: RunId) -> None:
        wanted = [action(n) for n in range(20)]
        await ledger.put_actions(run, PLAN, "b1", wanted)
        unknown = action(99)
        results = await asyncio.gather(
            *(settled(ledger, run, it) for it in (*wanted[:10], unknown, *wanted[10:])), return_exceptions=True
        )
        assert [type(it).__name__ for it in results] == ["Settlement"] * 10 + ["LookupError"] + ["Settlement"] * 10
        assert await ledger.counts(run) == Counts(done=20)
        assert len(await ledger.audit_trail(subject=None, after=0, limit=99)) == 20
        assert await ledger.verify_audit() is None

    async def test_a_link_is_found_through_any_of_its_copies(self, ledger: Ledger, run: RunId) -> None:
        it, other = action(1), action(2)
        await ledger.put_actions(run, PLAN, "b1", [it, other])
        await settled(ledger, run, it, link=link_of(it, "9001"))
        await settled(ledger, run, other, link=link_of(other, "9002"))
        record = AssetKey(TARGET, RemoteId("9001"))
        stranger = AssetKey(AccountId("archive2"), RemoteId("9001"))
        assert await ledger.links_of([it.source, record, other.source, stranger]) == {
            it.source: it.link,
            record: it.link,
            other.source: other.link,
        }
        assert await ledger.links([LinkId("none")]) == {}

    async def test_a_link_written_again_is_as_it_was_written_last(self, ledger: Ledger, run: RunId) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        await settled(ledger, run, it, link=link_of(it, "9001"))
        moved = replace(link_of(it, "9002"), observe_only=True)
        await settled(ledger, run, it, link=moved)
        assert await ledger.links([it.link]) == {it.link: moved}
        assert await ledger.links_of([AssetKey(TARGET, RemoteId("9001"))]) == {}

    async def test_a_link_written_twice_at_once_is_wholly_as_one_of_them_wrote_it(
        self, ledger: Ledger, run: RunId
    ) -> None:
        wanted = [action(n) for n in range(6)]
        await ledger.put_actions(run, PLAN, "b1", wanted)
        shapes = [Link(LinkId("shared"), FLOW, link_of(it, str(n)).copies) for n, it in enumerate(wanted)]
        await asyncio.gather(*(settled(ledger, run, it, link=shape) for it, shape in zip(wanted, shapes, strict=True)))
        assert (await ledger.links([LinkId("shared")]))[LinkId("shared")] in shapes

    # berths ------------------------------------------------------------------------------------------------------
    async def test_an_asset_has_one_number_in_a_series_and_no_two_assets_the_same(
        self, ledger: Ledger, beside: Ledger
    ) -> None:
        links = [link_id_for(FLOW, key(number)) for number in range(1, 21)]
        asked = [it.number_of(TARGET, "hb-26_<counter:4>", link) for link in links for it in (ledger, beside, ledger)]
        numbers = await asyncio.gather(*asked)
        by_link = [set(numbers[at : at + 3]) for at in range(0, len(numbers), 3)]
        assert all(len(it) == 1 for it in by_link)
        assert sorted(it.pop() for it in by_link) == list(range(1, 21))

    async def test_series_and_accounts_count_by_themselves(self, ledger: Ledger) -> None:
        one, two = link_id_for(FLOW, key(1)), link_id_for(FLOW, key(2))
        assert await ledger.number_of(TARGET, "a", one) == 1
        assert await ledger.number_of(TARGET, "b", two) == 1
        assert await ledger.number_of(SOURCE, "a", two) == 1
        assert await ledger.number_of(TARGET, "a", two) == 2
        assert await ledger.number_of(TARGET, "a", one) == 1

    async def test_a_berth_holds_one_action_at_a_time(self, ledger: Ledger, beside: Ledger) -> None:
        one, two, three = ActionId("a1"), ActionId("a2"), ActionId("a3")
        assert await ledger.lease_berth(TARGET, one, count=2) == 0
        assert await beside.lease_berth(TARGET, two, count=2) == 1
        assert await beside.lease_berth(TARGET, one, count=2) == 0
        assert await ledger.lease_berth(TARGET, three, count=2) is None
        assert await ledger.lease_berth(SOURCE, three, count=2) == 0
        await ledger.release_berth(TARGET, one)
        assert await ledger.lease_berth(TARGET, three, count=2) == 0

    async def test_berths_asked_for_at_once_are_never_shared(self, ledger: Ledger, beside: Ledger) -> None:
        asks = [(ledger, beside)[n % 2].lease_berth(TARGET, ActionId(f"a{n}"), count=7) for n in range(20)]
        given = await asyncio.gather(*asks)
        assert sorted(it for it in given if it is not None) == list(range(7))

    async def test_one_action_that_asks_twice_at_once_gets_one_berth(self, ledger: Ledger, beside: Ledger) -> None:
        one, two = await asyncio.gather(*(it.lease_berth(TARGET, ActionId("a"), count=3) for it in (ledger, beside)))
        assert one == two == 0

    @pytest.mark.parametrize("stage", list(WorkStage))
    async def test_a_berth_is_released_when_its_action_is_over_and_kept_while_it_is_left(
        self, ledger: Ledger, run: RunId, stage: WorkStage
    ) -> None:
        it = action()
        await ledger.put_actions(run, PLAN, "b1", [it])
        await ledger.lease_berth(TARGET, it.id, count=1)
        await settled(ledger, run, it, stage=stage)
        free = await ledger.lease_berth(TARGET, ActionId("other"), count=1) == 0
        assert free == (stage in {WorkStage.DONE, WorkStage.SUPERSEDED})

    # time --------------------------------------------------------------------------------------------------------
    async def test_what_falls_due_is_taken_once_and_not_before_its_time(self, ledger: Ledger, beside: Ledger) -> None:
        things = [Due(at=T0 + n * HOUR, kind="retry", key=f"k{n}", payload={"n": n}) for n in (2, 0, 1)]
        await ledger.add_due([*things, Due(at=T0, kind="other", key="k0", payload={})])
        lease = T0 + 9 * HOUR
        taken = await ledger.take_due(T0 + HOUR, kinds=["retry"], limit=9, worker="one", lease=lease)
        assert [it.key for it in taken] == ["k0", "k1"]
        assert taken[0] == things[1]
        assert await beside.take_due(T0 + HOUR, kinds=["retry"], limit=9, worker="two", lease=lease) == []
        assert await ledger.next_due(kinds=["retry"]) == T0 + 2 * HOUR
        assert await ledger.next_due(kinds=["none"]) is None
        assert [await ledger.count_due(it) for it in ("retry", "other", "none")] == [3, 1, 0]

    async def test_a_claim_that_was_not_finished_can_be_taken_again_after_its_lease(
        self, ledger: Ledger, beside: Ledger
    ) -> None:
        await ledger.add_due([Due(at=T0, kind="retry", key="k", payload={})])
        await ledger.take_due(T0, kinds=["retry"], limit=1, worker="one", lease=T0 + HOUR)
        assert await ledger.next_due(kinds=["retry"]) == T0 + HOUR
        again = await beside.take_due(T0 + HOUR, kinds=["retry"], limit=1, worker="two", lease=T0 + 2 * HOUR)
        assert len(again) == 1
        await ledger.finish_due("retry", "k", worker="one", next_at=None)
        assert await ledger.next_due(kinds=["retry"]) == T0 + 2 * HOUR
        await beside.finish_due("retry", "k", worker="two", next_at=None)
        assert await ledger.next_due(kinds=["retry"]) is None

    async def test_a_thing_done_can_be_set_for_later(self, ledger: Ledger) -> None:
        await ledger.add_due([Due(at=T0, kind="poll", key="intake", payload={"x": 1})])
        await ledger.take_due(T0, kinds=["poll"], limit=1, worker="one", lease=T0 + HOUR)
        await ledger.finish_due("poll", "intake", worker="one", next_at=T0 + 5 * HOUR)
        assert await ledger.next_due(kinds=["poll"]) == T0 + 5 * HOUR
        taken = await ledger.take_due(T0 + 5 * HOUR, kinds=["poll"], limit=1, worker="two", lease=T0 + 6 * HOUR)
        assert taken == [Due(at=T0 + 5 * HOUR, kind="poll", key="intake", payload={"x": 1})]

    async def test_adding_a_thing_again_moves_it_even_from_under_a_claim(self, ledger: Ledger) -> None:
        await ledger.add_due([Due(at=T0, kind="retry", key="k", payload={"n": 1})])
        await ledger.take_due(T0, kinds=["retry"], limit=1, worker="one", lease=T0 + HOUR)
        await ledger.add_due([Due(at=T0 + 3 * HOUR, kind="retry", key="k", payload={"n": 2})])
        await ledger.finish_due("retry", "k", worker="one", next_at=None)
        assert await ledger.next_due(kinds=["retry"]) == T0 + 3 * HOUR

    async def test_two_workers_that_take_at_once_share_what_is_due(self, ledger: Ledger, beside: Ledger) -> None:
        await ledger.add_due([Due(at=T0, kind="retry", key=f"k{n:03d}", payload={}) for n in range(200)])

        async def worker(store: Ledger, name: str) -> list[str]:
            mine: list[str] = []
            while got := await store.take_due(T0, kinds=["retry"], limit=7, worker=name, lease=T0 + HOUR):
                mine += [it.key for it in got]
            return mine

        one, two = await asyncio.gather(worker(ledger, "one"), worker(beside, "two"))
        assert len(one) + len(two) == 200 == len({*one, *two})

    async def test_instants_keep_their_microseconds_and_come_back_in_utc(self, ledger: Ledger) -> None:
        abroad = T0.astimezone(timezone(timedelta(hours=9)))
        await ledger.add_due([Due(at=abroad, kind="retry", key="k", payload={})])
        found = await ledger.next_due(kinds=["retry"])
        assert found == T0
        assert found is not None
        assert found.tzinfo is UTC

    # cursors, controls, plans ------------------------------------------------------------------------------------
    async def test_cursors_and_controls_keep_what_was_set_last(self, ledger: Ledger, beside: Ledger) -> None:
        assert await ledger.cursor(SOURCE, "changes") is None
        await ledger.move_cursor(SOURCE, "changes", "p1")
        await ledger.move_cursor(SOURCE, "changes", "p2")
        assert await beside.cursor(SOURCE, "changes") == "p2"
        assert await beside.cursor(TARGET, "changes") is None
        await ledger.set_control("paused:intake", "ana")
        assert await beside.control("paused:intake") == "ana"
        await beside.set_control("paused:intake", None)
        assert await ledger.control("paused:intake") is None

    async def test_a_plan_comes_back_line_by_line_as_it_was_saved(self, ledger: Ledger, beside: Ledger) -> None:
        lines = ['{"plan":1,"flow":"intake"}', *(f'{{"action":"{n}"}}' for n in range(1234)), '{"sha256":"abc"}']
        await ledger.save_plan(PLAN, FLOW, at=T0, lines=lines)
        await ledger.save_plan(PLAN, FLOW, at=T0 + HOUR, lines=lines)
        assert await beside.plan_lines(PLAN) == lines
        assert await beside.plan_lines(PlanId("none")) is None
        await ledger.mark_plan(PLAN, state="applied", approved_by="ana")
        (row,) = await beside.plans(limit=9)
        assert (row.id, row.flow, row.made_at, row.state, row.approved_by) == (PLAN, FLOW, T0, "applied", "ana")
        assert row.header == {"plan": 1, "flow": "intake", "sha256": "abc"}

    # orders and workers ------------------------------------------------------------------------------------------
    async def test_the_same_key_is_the_same_order(self, ledger: Ledger, beside: Ledger) -> None:
        first = await ledger.enqueue(order("co1", idempotency_key="k"))
        again = await beside.enqueue(order("co2", idempotency_key="k"))
        assert first == again == order("co1", idempotency_key="k")
        assert await ledger.command(CommandId("co2")) is None
        assert (await ledger.enqueue(order("co3", idempotency_key=""))).id == "co3"
        assert (await ledger.enqueue(order("co4", idempotency_key=""))).id == "co4"

    async def test_orders_given_at_once_under_one_key_are_one(self, ledger: Ledger, beside: Ledger) -> None:
        asks = [(ledger, beside)[n % 2].enqueue(order(f"co{n}", idempotency_key="k")) for n in range(10)]
        assert len({it.id for it in await asyncio.gather(*asks)}) == 1

    async def test_orders_are_claimed_oldest_first_and_by_one_worker(self, ledger: Ledger, beside: Ledger) -> None:
        for name in ("co1", "co2"):
            await ledger.enqueue(order(name))
        first = await ledger.claim_command("one", now=T0)
        second = await beside.claim_command("two", now=T0)
        assert first is not None
        assert second is not None
        assert [(it.id, it.state) for it in (first, second)] == [
            ("co1", CommandState.RUNNING),
            ("co2", CommandState.RUNNING),
        ]
        assert await beside.claim_command("three", now=T0) is None
        await ledger.finish_command(first.id, state=CommandState.DONE, result={"exit_code": 0})
        done = await beside.command(first.id)
        assert done is not None
        assert (done.state, done.result) == (CommandState.DONE, {"exit_code": 0})

    async def test_what_a_worker_carries_out_beside_keeps_no_other_order_waiting(self, ledger: Ledger) -> None:
        for name in ("co1", "co2"):
            await ledger.enqueue(order(name))
        errand = await ledger.claim_command("one", now=T0)
        assert errand is not None
        other = await ledger.claim_command("one", now=T0, beside=[errand.id])
        assert other is not None
        assert (errand.id, other.id) == ("co1", "co2")
        assert await ledger.claim_command("one", now=T0, beside=[errand.id, other.id]) is None
        again = await ledger.claim_command("one", now=T0, beside=[other.id])
        assert again is not None
        assert again.id == "co1", "what is not carried out beside was left by a crash"

    async def test_the_order_of_a_worker_that_fell_silent_is_claimed_again(
        self, ledger: Ledger, beside: Ledger
    ) -> None:
        await ledger.heartbeat("one", serving=True, beat=1000.0)
        await ledger.enqueue(order("co1"))
        await ledger.claim_command("one", now=T0)
        await beside.heartbeat("two", serving=True, beat=1010.0)
        assert await beside.claim_command("two", now=T0) is None
        await beside.heartbeat("two", serving=True, beat=1200.0)
        again = await beside.claim_command("two", now=T0)
        assert again is not None
        assert again.id == "co1"

    async def test_a_worker_that_comes_back_takes_up_its_own_order(self, ledger: Ledger) -> None:
        await ledger.enqueue(order("co1"))
        await ledger.claim_command("one", now=T0)
        again = await ledger.claim_command("one", now=T0)
        assert again is not None
        assert again.id == "co1"

    async def test_workers_are_alive_while_they_are_heard_of(self, ledger: Ledger, beside: Ledger) -> None:
        await ledger.heartbeat("one", serving=True, beat=100.0)
        await beside.heartbeat("two", serving=False, beat=200.0)
        assert await ledger.live_workers(since=100.0) == [("one", True), ("two", False)]
        assert await ledger.live_workers(since=150.0) == [("two", False)]
        await ledger.forget_worker("two")
        assert await ledger.live_workers(since=0.0) == [("one", True)]

    # audit -------------------------------------------------------------------------------------------------------
    async def test_the_audit_trail_is_one_chain(self, ledger: Ledger, beside: Ledger) -> None:
        await ledger.audit([entry("one"), entry(AWKWARD, subject="ln2")])
        await asyncio.gather(*((ledger, beside)[n % 2].audit([entry(str(n))]) for n in range(40)))
        trail = await beside.audit_trail(subject=None, after=0, limit=99)
        assert [it.seq for it in trail] == list(range(1, 43))
        assert all(later.previous == earlier.hash for earlier, later in itertools.pairwise(trail))
        assert [it.entry for it in trail[:2]] == [entry("one"), entry(AWKWARD, subject="ln2")]
        assert {it.entry.detail["said"] for it in trail[2:]} == {str(n) for n in range(40)}
        assert await ledger.verify_audit() is None
        assert await beside.last_audit() == 42
        assert [it.seq for it in await ledger.audit_trail(subject="ln2", after=0, limit=9)] == [2]
        assert [it.seq for it in await ledger.audit_trail(subject=None, after=40, limit=1)] == [41]

    async def test_an_empty_chain_holds(self, ledger: Ledger) -> None:
        assert await ledger.verify_audit() is None

    async def test_size_is_told(self, ledger: Ledger) -> None:
        assert await ledger.size_bytes() > 0

    async def test_closing_twice_is_harmless_and_nothing_is_written_afterwards(self, ledger: Ledger) -> None:
        await ledger.close()
        await ledger.close()
        with pytest.raises(Exception, match="closed"):
            await ledger.set_control("a", "b")
