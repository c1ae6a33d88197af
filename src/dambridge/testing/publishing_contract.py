"""What every ledger of publications has to hold to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Place, Publication, Stage, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import FieldName, LangAlt
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import MovedOn
from dambridge.ports.ledger import WorkStage
from dambridge.testing.ledger_samples import PLAN, action, entry, settled

AT = datetime(2026, 11, 28, 9, 0, 0, 654321, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PORTAL, PRESS = AccountId("portal"), AccountId("press")
FLOW = FlowName.PUBLISH


def publication(number: int = 1, outlet: str = "partners", account: AccountId = PORTAL, **more: Any) -> Publication:
    values: dict[str, Any] = {
        "flow": FLOW,
        "link": LinkId(f"ln{number:05d}"),
        "copy": CopyId(account, CopyRole.PUBLISHED, outlet, "web"),
        "stage": Stage.VISIBLE,
        "gallery": RemoteId("G1"),
        "remote_id": RemoteId(f"I{number}-{outlet}"),
        "fields": {FieldName("caption"): LangAlt((("en", "A bear"), ("x-default", "Ein Bär")))},
        "shown": {FieldName("caption"): "Ein Bär"},
        "master": "m1",
        "sha256": "ab",
        "file_name": "bear.jpg",
        "at": AT,
    }
    return Publication(**{**values, **more})


def outlet_order(number: int, outlet: str = "partners", **more: Any) -> OutletOrder:
    source = AssetKey(AccountId("archive"), RemoteId(f"{number:04d}"))
    values: dict[str, Any] = {"flow": FLOW, "outlet": outlet, "source": source, "by": "Ann", "at": AT, "said_at": AT}
    return OutletOrder(**{**values, **more})


def withdrawal(number: int = 1, **more: Any) -> Withdrawal:
    it = publication(number)
    assert it.key is not None
    place = Place(
        container=RemoteId("G1"), path="Partners", effective="permission", held_before=True, held_after=False, at=AT
    )
    values: dict[str, Any] = {
        "id": f"wd{number:05d}",
        "flow": it.flow,
        "link": it.link,
        "copy": it.copy,
        "key": it.key,
        "file_name": it.file_name,
        "sha256": it.sha256,
        "causes": (Reason.of(Code.NOT_SELECTED, why="left"),),
        "deadline": AT + timedelta(hours=1),
        "visible_since": AT - timedelta(days=3),
        "decided_at": AT,
        "how": ("taken out of Partners",),
        "places": (place,),
        "unchecked": ("downloads: partners",),
        "own_fields": (FieldName("caption"),),
    }
    return Withdrawal(**{**values, **more})


class PublishingContract(ABC):
    """Subclass it, give it a ledger, and every promise of `ports.publishing` is held to."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> AgreeingLedger:
        """An empty ledger."""

    @abstractmethod
    @pytest.fixture
    def beside(self, ledger: AgreeingLedger) -> AgreeingLedger:
        """Another handle on the same store."""

    async def test_publications_come_back_as_they_were_written(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        full = publication(1, until=AT + SECOND, checked_at=AT, kit="K1", former=RemoteId("I0"))
        bare = publication(1, "press", PRESS, gallery=None, remote_id=None, fields={}, shown={}, stage=Stage.STAGED)
        written = await ledger.put_publications([full, bare])
        assert [it.revision for it in written] == [1, 1]
        found = await beside.publications([full.link, LinkId("unknown")])
        assert found == {full.link: {it.copy: it for it in written}}
        assert [replace(it, revision=0) for it in written] == [full, bare]

    async def test_nobody_writes_over_what_another_wrote(self, ledger: AgreeingLedger, beside: AgreeingLedger) -> None:
        (first,) = await ledger.put_publications([publication(1)])
        (leaving,) = await beside.put_publications([replace(first, stage=Stage.LEAVING)])
        for late in (first, publication(1), replace(first, revision=7)):
            with pytest.raises(MovedOn):
                await ledger.put_publications([publication(2), late], withdrawals=[withdrawal(1)], audit=[entry()])
        assert await ledger.publications([late.link]) == {late.link: {late.copy: leaving}}
        assert await ledger.publications([publication(2).link]) == {}
        assert await ledger.withdrawals(limit=5) == []
        assert await ledger.audit_trail(subject=None, after=0, limit=9) == []

    async def test_an_asset_leads_to_what_it_stands_for(self, ledger: AgreeingLedger) -> None:
        (swapped, other) = await ledger.put_publications(
            [publication(1, former=RemoteId("OLD")), publication(2, account=PRESS, remote_id=RemoteId("I1-partners"))]
        )
        keys = [AssetKey(PORTAL, RemoteId(it)) for it in ("I1-partners", "OLD", "I9")]
        found = await ledger.publications_at([*keys, AssetKey(PRESS, RemoteId("I1-partners"))])
        assert found == {keys[0]: swapped, keys[1]: swapped, AssetKey(PRESS, RemoteId("I1-partners")): other}
        await ledger.put_publications([replace(swapped, former=None), publication(3, remote_id=RemoteId("OLD"))])
        assert (await ledger.publications_at(keys))[keys[1]].link == publication(3).link

    async def test_pages_hold_each_that_fits_once(self, ledger: AgreeingLedger) -> None:
        stages = (Stage.VISIBLE, Stage.WITHDRAWN, Stage.ADOPTED)
        await ledger.put_publications(
            [publication(it, outlet, stage=stages[it % 3]) for it in range(40) for outlet in ("a", "b")]
        )
        await ledger.put_publications([publication(99, "a", flow=FlowName.SYNDICATE)])
        met: list[Publication] = []
        after = None
        wanted = (Stage.VISIBLE, Stage.ADOPTED)
        while page := await ledger.publications_in(FLOW, outlet="b", stages=wanted, after=after, limit=4):
            met += page
            after = (page[-1].link, page[-1].copy)
        assert [it.link for it in met] == [f"ln{it:05d}" for it in range(40) if it % 3 != 1]
        assert {it.outlet for it in met} == {"b"}
        everything = await ledger.publications_in(FLOW, stages=tuple(Stage), after=None, limit=1000)
        assert len(everything) == 80

    async def test_what_was_never_looked_at_comes_first(self, ledger: AgreeingLedger) -> None:
        looked = [publication(it, checked_at=AT + it * SECOND, stage=Stage.LEAVING) for it in (3, 1, 2)]
        away = [publication(it, stage=stage) for it, stage in ((8, Stage.WITHDRAWN), (9, Stage.STAGED))]
        await ledger.put_publications([*looked, publication(5), publication(7, stage=Stage.ADOPTED), *away])
        found = await ledger.longest_unchecked(FLOW, limit=3)
        assert [it.link for it in found] == ["ln00005", "ln00001", "ln00002"]
        assert len(await ledger.longest_unchecked(FLOW, limit=99)) == 4

    async def test_ends_ahead_are_counted_by_account(self, ledger: AgreeingLedger) -> None:
        soon, later = AT + SECOND, AT + timedelta(hours=3)
        await ledger.put_publications([publication(it, until=soon) for it in range(5)])
        await ledger.put_publications([publication(it, "b", until=later, stage=Stage.LEAVING) for it in range(3)])
        await ledger.put_publications([publication(it, "p", PRESS, until=soon) for it in range(2)])
        others = (publication(8), publication(9, until=soon, stage=Stage.WITHDRAWN))
        await ledger.put_publications([*others, publication(7, flow=FlowName.SYNDICATE, until=AT)])
        assert await ledger.ends(FLOW, before=later + SECOND) == {
            PORTAL: [(soon, 5), (later, 3)],
            PRESS: [(soon, 2)],
        }
        assert await ledger.ends(FLOW, before=later) == {PORTAL: [(soon, 5)], PRESS: [(soon, 2)]}
        assert await ledger.ends(FLOW, before=soon) == {}
        assert await ledger.next_end(FLOW) == soon
        assert await ledger.next_end(FlowName.RIGHTS) is None

    async def test_what_ends_by_an_instant_is_given_earliest_first(self, ledger: AgreeingLedger) -> None:
        await ledger.put_publications([publication(it, until=AT + (9 - it) * SECOND) for it in range(6)])
        await ledger.put_publications([publication(20, account=PRESS, until=AT), publication(21)])
        await ledger.put_publications([publication(22, until=AT, stage=Stage.WITHDRAWN)])
        found = await ledger.ending(FLOW, PORTAL, before=AT + 6 * SECOND, limit=9)
        assert [it.link for it in found] == ["ln00005", "ln00004", "ln00003"]
        assert len(await ledger.ending(FLOW, PORTAL, before=AT + 9 * SECOND, limit=4)) == 4
        await ledger.put_publications([publication(30, "b", until=AT)])
        assert [
            it.link for it in await ledger.ending(FLOW, PORTAL, before=AT + 6 * SECOND, outlets=["b"], limit=9)
        ] == ["ln00030"]
        assert await ledger.count_ending(FLOW, before=AT + 6 * SECOND) == {"partners": 4, "b": 1}

    async def test_counts_are_by_outlet_and_stage(self, ledger: AgreeingLedger) -> None:
        await ledger.put_publications([publication(it) for it in range(3)])
        await ledger.put_publications([publication(9, "b", stage=Stage.LEAVING), publication(9)])
        await ledger.put_publications([publication(8, flow=FlowName.SYNDICATE)])
        found = await ledger.count_publications(FLOW)
        assert found == {("partners", Stage.VISIBLE): 4, ("b", Stage.LEAVING): 1}

    async def test_records_come_with_what_they_are_about_and_end_for_good(self, ledger: AgreeingLedger) -> None:
        (before,) = await ledger.put_publications([publication(1)])
        (leaving,) = await ledger.put_publications(
            [replace(before, stage=Stage.LEAVING)], withdrawals=[withdrawal(1)], audit=[entry(subject="ln00001")]
        )
        assert await ledger.withdrawals(unproven=True, limit=9) == [withdrawal(1)]
        proven = withdrawal(1, begun_at=AT, verified_at=AT + SECOND)
        (gone,) = await ledger.put_publications([replace(leaving, stage=Stage.WITHDRAWN)], withdrawals=[proven])
        assert await ledger.withdrawal(proven.id) == proven
        assert await ledger.withdrawals(unproven=True, limit=9) == []
        assert len(await ledger.audit_trail(subject="ln00001", after=0, limit=9)) == 1
        await ledger.put_publications([], withdrawals=[proven])
        with pytest.raises(MovedOn):
            await ledger.put_publications([gone], withdrawals=[replace(proven, places=())])
        assert (await ledger.withdrawal(proven.id), await ledger.withdrawal("wd9")) == (proven, None)

    async def test_records_are_read_oldest_first_and_filtered(self, ledger: AgreeingLedger) -> None:
        many = [withdrawal(it, decided_at=AT - it // 3 * SECOND) for it in range(20)]
        other = withdrawal(50, flow=FlowName.SYNDICATE, verified_at=AT)
        await ledger.put_publications([], withdrawals=[*many, other])
        met: list[Withdrawal] = []
        while page := await ledger.withdrawals(flow=FLOW, after=met[-1].id if met else None, limit=3):
            met += page
        assert met == sorted(many, key=lambda it: (it.decided_at, it.id))
        assert await ledger.withdrawals(link=other.link, limit=9) == [other]
        assert other not in await ledger.withdrawals(unproven=True, limit=99)
        with pytest.raises(LookupError):
            await ledger.withdrawals(after="wd99999", limit=3)

    async def test_an_agreement_takes_the_place_of_the_one_before(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        first = AgreedAudience(
            outlet="partners",
            account=PORTAL,
            gallery=RemoteId("G1"),
            own="permission",
            effective="permission",
            grants=("contact 17 until 2027-01-01T00:00:00+00:00", "group 3"),
            by="Ann",
            at=AT,
        )
        assert await ledger.agreed_audiences() == {}
        await ledger.agree_audience(first, [entry()])
        await ledger.agree_audience(replace(first, outlet="a", grants=()))
        then = replace(first, grants=("group 3",), by="Ben", at=AT + SECOND)
        await beside.agree_audience(then)
        assert await ledger.agreed_audiences() == {"a": replace(first, outlet="a", grants=()), "partners": then}
        assert len(await ledger.audit_trail(subject=None, after=0, limit=9)) == 1

    async def test_the_last_word_about_an_order_counts(self, ledger: AgreeingLedger, beside: AgreeingLedger) -> None:
        first, other = outlet_order(1), outlet_order(2, outlet="press")
        assert await ledger.put_outlet_orders([first, other], [entry()]) == 2
        assert await ledger.put_outlet_orders([first]) == 0
        longer = replace(first, until=AT + timedelta(days=9), by="Ben", said_at=AT + SECOND)
        assert await beside.put_outlet_orders([longer]) == 1
        assert await ledger.put_outlet_orders([replace(first, by="Cid")]) == 0, "said before"
        assert await ledger.outlet_orders([first.source, other.source, outlet_order(3).source]) == {
            first.source: {"partners": longer},
            other.source: {"press": other},
        }
        over = replace(longer, ended_at=AT + 2 * SECOND, ended_by="Dan", said_at=AT + 2 * SECOND)
        beside_it = replace(first, outlet="press", flow=FlowName.SYNDICATE)
        assert await ledger.put_outlet_orders([longer, over, beside_it]) == 2
        assert await beside.outlet_orders([first.source]) == {first.source: {"partners": over, "press": beside_it}}
        assert len(await ledger.audit_trail(subject=None, after=0, limit=9)) == 1

    async def test_orders_that_stand_are_paged_by_outlet_and_asset(self, ledger: AgreeingLedger) -> None:
        several = [outlet_order(number, outlet=name) for name in ("a", "b") for number in range(1, 4)]
        over = replace(several[1], ended_at=AT, ended_by="Dan")
        await ledger.put_outlet_orders([several[0], over, *several[2:], outlet_order(1, flow=FlowName.SYNDICATE)])
        found: list[OutletOrder] = []
        after: tuple[str, AssetKey] | None = None
        while page := await ledger.outlet_orders_in(FLOW, after=after, limit=2):
            assert len(page) <= 2
            found += page
            after = (page[-1].outlet, page[-1].source)
        assert found == [several[0], *several[2:]]
        every = await ledger.outlet_orders_in(FLOW, ended=True, after=None, limit=9)
        assert every == [several[0], over, *several[2:]]

    async def test_a_settlement_writes_what_stands_outside_with_everything_else_or_not_at_all(
        self, ledger: AgreeingLedger, beside: AgreeingLedger
    ) -> None:
        run = await ledger.open_run(FLOW, at=AT, command=None, plan=PLAN)
        done = action(1)
        await ledger.put_actions(run, PLAN, "b1", [done])
        (shown,) = await ledger.put_publications([publication(1)])
        gone = replace(shown, stage=Stage.WITHDRAWN)
        (moved,) = await beside.put_publications([replace(shown, checked_at=AT)])
        with pytest.raises(MovedOn):
            await settled(ledger, run, done, publications=(gone,), withdrawals=(withdrawal(1),))
        row = await ledger.action(done.id)
        assert row is not None
        assert row.stage is WorkStage.OPEN
        assert await ledger.withdrawals(limit=5) == []
        gone = replace(gone, revision=moved.revision)
        await settled(ledger, run, done, publications=(gone,), withdrawals=(withdrawal(1, verified_at=AT),))
        found = await beside.publications([shown.link])
        assert found == {shown.link: {shown.copy: replace(gone, revision=moved.revision + 1)}}
        assert await beside.withdrawals(limit=5) == [withdrawal(1, verified_at=AT)]
        row = await ledger.action(done.id)
        assert row is not None
        assert row.stage is WorkStage.DONE
