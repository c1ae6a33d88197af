"""What every pairing store must do: one suite for SQLite, PostgreSQL and whatever comes after them.

Subclass `PairingStoreContract` and give it the fixtures `store` and `ledger`, which share one database.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    PlanId,
    RemoteId,
    link_id_for,
)
from dambridge.model.pairing import (
    Bucket,
    CloseLook,
    Decided,
    Doubt,
    Evidence,
    Fact,
    Likeness,
    Pair,
    Pairing,
    Subject,
    Verdict,
)
from dambridge.model.records import Agreed, AssetRecord, AssetVersion, MediaType
from dambridge.ports.ledger import AuditEntry, Ledger
from dambridge.ports.pairing import PairingStore, StoredPairing

T0 = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
ONE, OTHER = AccountId("agency"), AccountId("archive")
ACCOUNTS = (ONE, OTHER)
AWKWARD = 'Grüße 東京 🦊 "quoted" \\ \x00 end'


def key(number: int, account: AccountId = ONE) -> AssetKey:
    return AssetKey(account, RemoteId(f"A{number:04d}"))


def known(number: int, account: AccountId = ONE) -> Subject:
    version = AssetVersion(modified=f"m{number}", fields="f", content="c")
    record = AssetRecord(
        key=key(number, account),
        media_type=MediaType.IMAGE,
        file_name=f"{AWKWARD}{number}.jpg",
        name="",
        size=number,
        fields={},
        containers=(),
        version=version,
    )
    return Subject(
        record=record,
        claims=frozenset({"x"}),
        digests={"sha256": "aa"},
        captured="2025-01-01T10:00:00.5",
        likeness=Likeness(bits=(1 << 255) + number, turned=(7,), aspect=1.5),
        look=CloseLook(luma=bytes(range(256)) * 16, chroma=bytes(128)),
        tried=frozenset({Fact.DIGEST}),
        gaps=None,
        seen_in="now",
    )


def pair(number: int, bucket: Bucket = Bucket.CERTAIN, *, confidence: int = 100) -> Pair:
    doubts = () if bucket is Bucket.CERTAIN else (Doubt.SEVERAL,)
    return Pair(
        one=key(number),
        other=key(number, OTHER),
        bucket=bucket,
        confidence=confidence,
        evidence=(Evidence.BYTES, Evidence.NAME),
        doubts=doubts,
        distance=number,
    )


def link(number: int, *, observe_only: bool = True) -> Link:
    copies = (
        Copy(CopyId(ONE, CopyRole.SOURCE), key(number).remote_id),
        Copy(CopyId(OTHER, CopyRole.RECORD), key(number, OTHER).remote_id),
    )
    return Link(link_id_for(FlowName.INTAKE, key(number)), FlowName.INTAKE, copies, observe_only=observe_only)


def entry(subject: str, event: str = "link.adopted", actor: str = "dambridge") -> AuditEntry:
    return AuditEntry(at=T0, actor=actor, event=event, subject=subject, detail={})


def adopted(*numbers: int) -> list[tuple[Link, Agreed]]:
    versions = {f"{ONE}/source/-/original": AssetVersion(modified="m", fields="f", content="c")}
    return [(link(it), Agreed(versions=versions, evidence={"x": "paired"})) for it in numbers]


def entries(*numbers: int) -> list[AuditEntry]:
    return [entry(link(it).id) for it in numbers]


class PairingStoreContract(ABC):
    """The suite."""

    @abstractmethod
    @pytest.fixture
    def store(self) -> PairingStore: ...

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> Ledger: ...

    async def test_what_is_known_of_an_asset_comes_back_as_it_was(self, store: PairingStore) -> None:
        await store.keep_subjects([known(2), known(1), known(1, OTHER)])
        assert list(await store.subjects(ONE)) == [known(1), known(2)]
        better = replace(known(1), captured="")
        await store.keep_subjects([better])
        assert list(await store.subjects(ONE)) == [better, known(2)]
        await store.forget_subjects([key(1), key(9)])
        assert list(await store.subjects(ONE)) == [known(2)]
        assert list(await store.subjects(OTHER)) == [known(1, OTHER)]

    async def test_a_comparison_takes_the_place_of_the_one_before(self, store: PairingStore) -> None:
        assert await store.pairing(ACCOUNTS) is None
        unsure = [pair(3, Bucket.REVIEW, confidence=40), pair(4, Bucket.REVIEW, confidence=80)]
        first = Pairing(certain=(pair(1), pair(2)), review=tuple(unsure), unpaired=(key(7), key(8, OTHER)))
        await store.keep_pairing(ACCOUNTS, StoredPairing(made_at=T0, pairing=first, summary={"adopted": 2}))
        found = await store.pairing(ACCOUNTS)
        assert found is not None
        assert (found.made_at, found.summary) == (T0, {"adopted": 2})
        assert found.pairing == replace(first, review=(unsure[1], unsure[0])), "the likeliest first"
        second = Pairing(certain=(pair(5),), review=(), unpaired=())
        later = T0 + timedelta(hours=1)
        await store.keep_pairing(ACCOUNTS, StoredPairing(made_at=later, pairing=second, summary={}))
        found = await store.pairing(ACCOUNTS)
        assert found is not None
        assert found.pairing == second
        assert await store.pairing((OTHER, ONE)) is None

    async def test_a_persons_word_stands_and_a_later_one_replaces_it(self, store: PairingStore, ledger: Ledger) -> None:
        word = Decided(one=key(1), other=key(1, OTHER), verdict=Verdict.ACCEPTED, by="Ada", at=T0)
        await store.decide(word, entry("ln1", "pair.decided", "Ada"))
        assert list(await store.decided(ACCOUNTS, Verdict.ACCEPTED)) == [word]
        other = replace(word, verdict=Verdict.REFUSED, by="Grace")
        await store.decide(other, entry("ln1", "pair.decided", "Grace"))
        assert list(await store.decided(ACCOUNTS, Verdict.ACCEPTED)) == []
        assert list(await store.decided(ACCOUNTS, Verdict.REFUSED)) == [other]
        trail = await ledger.audit_trail(subject="ln1", after=0, limit=10)
        assert [it.entry.actor for it in trail] == ["Ada", "Grace"]

    async def test_links_are_adopted_once_and_watched(self, store: PairingStore, ledger: Ledger) -> None:
        await store.adopt(adopted(1, 2), entries(1, 2))
        await store.adopt(adopted(2, 3), entries(2, 3))
        assert {it.id for it in await store.watched(ACCOUNTS)} == {link(it).id for it in (1, 2, 3)}
        assert all(it.observe_only for it in await store.watched(ACCOUNTS))
        trail = await ledger.audit_trail(subject=link(2).id, after=0, limit=10)
        assert len(trail) == 1, "adopted once"
        agreed = await ledger.agreed([link(1).id])
        assert agreed[link(1).id].evidence == {"x": "paired"}

    async def test_only_a_person_activates_and_only_once(self, store: PairingStore, ledger: Ledger) -> None:
        await store.adopt(adopted(1, 2), entries(1, 2))
        named = {link(1).id: entry(link(1).id, "link.activated", "Ada")}
        assert await store.activate(named, entry("pl1", "plan.approved", "Ada")) == 1
        assert await store.activate(named, entry("pl1", "plan.approved", "Ada")) == 0
        assert {it.id for it in await store.watched(ACCOUNTS)} == {link(2).id}
        found = await ledger.links([link(1).id])
        assert found[link(1).id] == link(1, observe_only=False)
        trail = await ledger.audit_trail(subject=link(1).id, after=0, limit=10)
        assert [(it.entry.event, it.entry.actor) for it in trail] == [
            ("link.adopted", "dambridge"),
            ("link.activated", "Ada"),
        ]
        assert len(await ledger.audit_trail(subject="pl1", after=0, limit=10)) == 2

    async def test_what_is_adopted_again_stays_active(self, store: PairingStore, ledger: Ledger) -> None:
        await store.adopt(adopted(1), entries(1))
        await store.activate({link(1).id: entry(link(1).id, "link.activated", "Ada")}, entry("pl1"))
        await store.adopt(adopted(1), entries(1))
        assert (await ledger.links([link(1).id]))[link(1).id].observe_only is False

    async def test_only_what_is_watched_and_was_never_worked_on_is_dropped(
        self, store: PairingStore, ledger: Ledger
    ) -> None:
        await store.adopt(adopted(1, 2, 3), entries(1, 2, 3))
        await store.activate({link(2).id: entry(link(2).id, "link.activated", "Ada")}, entry("pl1"))
        run = await ledger.open_run(FlowName.INTAKE, at=T0, command=None, plan=None)
        await ledger.put_actions(run, PlanId("pl0"), "b", [_action(link(3).id)])
        numbers = (1, 2, 3)
        gone = [entry(link(it).id, "link.dropped") for it in numbers]
        await store.drop_adopted([link(it).id for it in numbers], gone)
        assert set(await ledger.links([link(it).id for it in numbers])) == {link(2).id, link(3).id}
        assert await ledger.agreed([link(1).id]) == {}
        assert await ledger.links_of([key(1)]) == {}
        trails = [await ledger.audit_trail(subject=link(it).id, after=0, limit=10) for it in numbers]
        assert [[it.entry.event for it in trail].count("link.dropped") for trail in trails] == [1, 0, 0]


def _action(link_id: LinkId) -> Action:
    return Action(
        kind=ActionKind.CREATE,
        link=link_id,
        source=key(3),
        target=CopyId(OTHER, CopyRole.RECORD),
        target_id=None,
        fields={},
        cleared=(),
        expects={},
        reasons=(),
        calls={},
    )
