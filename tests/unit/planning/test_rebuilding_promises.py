"""A lost store made anew: whose copy is whose, what is agreed, what is held; over all claims and values, in any order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dambridge.mapping import default_map
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
    System,
    link_id_for,
)
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, Digest, MediaType, Present, Seen, Unread
from dambridge.model.tombstones import Tombstone
from dambridge.model.values import FieldName
from dambridge.planning.rebuilding import Claim, held_after_loss, restore, taken_down, weigh_claims

T0 = datetime(2026, 6, 1, tzinfo=UTC)
HERE, THERE = AccountId("agency"), AccountId("archive")
SOURCE, RECORD = CopyId(HERE, CopyRole.SOURCE), CopyId(THERE, CopyRole.RECORD)
MAPS = {HERE: default_map(System.PHOTOSHELTER), THERE: default_map(System.NETX)}
DIGEST = Digest(size=3, sha256="a" * 64, md5="b" * 32)
NAMES = tuple(map(FieldName, ("headline", "credit", "city", "title")))


def source(number: int) -> AssetKey:
    return AssetKey(HERE, RemoteId(f"A{number}"))


def record(number: int) -> AssetKey:
    return AssetKey(THERE, RemoteId(str(number)))


def stone(gone: AssetKey, *kin: AssetKey, code: Code = Code.LET_GO) -> Tombstone:
    return Tombstone(key=gone, copy=RECORD, link=LinkId("ln"), reason=Reason.of(code, copy=str(gone)), at=T0, kin=kin)


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    made = []
    for number in draw(st.lists(st.integers(1, 30), unique=True, max_size=12)):
        of = source(draw(st.integers(0, 3)))
        true = draw(st.integers(0, 5)) > 0
        link = link_id_for(FlowName.INTAKE, of) if true else LinkId("lnelse")
        created = draw(st.none() | st.integers(0, 3).map(lambda it: T0 + timedelta(hours=it)))
        made.append(Claim(record=record(number), source=of, link=link, created_at=created))
    return made


@pytest.mark.hazard("P04")
@given(made=claims(), chance=st.randoms(use_true_random=False), dead=st.sets(st.integers(1, 30), max_size=6))
def test_each_claim_is_held_or_refused_once_and_no_order_matters(
    made: list[Claim], chance: object, dead: set[int]
) -> None:
    buried = {record(it): stone(record(it), source(it % 4)) for it in dead}
    mourned = {source(n): [it for it in buried.values() if source(n) in it.kin] for n in range(4)}
    found = weigh_claims(made, flow=FlowName.INTAKE, buried=buried, mourned=mourned)
    shuffled = list(made)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weigh_claims(shuffled, flow=FlowName.INTAKE, buried=buried, mourned=mourned) == found
    ends = Counter(it.record for it in found.held) + Counter(it.claim.record for it in found.refused)
    assert ends == Counter(it.record for it in made), "each has one end"
    assert max(Counter(it.source for it in found.held).values(), default=1) == 1, "a source has one record copy"
    for it in found.held:
        event("held")
        rivals = [one for one in made if one.source == it.source and one.link == it.link]
        assert it.link == link_id_for(FlowName.INTAKE, it.source)
        assert it.record not in buried, "what was taken down is nobody's copy"
        assert not any(stones.key != it.record for stones in mourned[it.source]), "nor does a copy of it take its place"
        assert all(one is it or one.record in buried or _older(it, one) for one in rivals)
    sound = {it.source for it in made if it.link == link_id_for(FlowName.INTAKE, it.source)}
    free = {it for it in sound if not mourned[it]}
    linked = {it.source for it in found.held}
    alive = {it.source for it in made if it.source in free and it.link != "lnelse" and it.record not in buried}
    assert alive <= linked, "always: a claim that nothing speaks against is held"


def _older(one: Claim, other: Claim) -> bool:
    never = datetime.max.replace(tzinfo=UTC)
    mine, theirs = ((it.created_at or never, int(it.record.remote_id)) for it in (one, other))
    return mine < theirs


def shown(copy: CopyId, values: dict[FieldName, str]) -> Present:
    key = source(1) if copy == SOURCE else record(1)
    return Present(
        AssetRecord(
            key=key,
            media_type=MediaType.IMAGE,
            file_name="1.jpg",
            name="1",
            size=3,
            fields=values,
            containers=(),
            version=AssetVersion(modified="m", fields=str(copy), content="c"),
        )
    )


LINK = Link(LinkId("ln1"), FlowName.INTAKE, (Copy(SOURCE, RemoteId("A1")), Copy(RECORD, RemoteId("1"))))
values = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["one", "two"]))


@given(here=values, there=values, alike=st.booleans())
def test_what_both_show_is_agreed_and_what_differs_is_nobodys(
    here: dict[FieldName, str], there: dict[FieldName, str], alike: bool
) -> None:
    seen = {SOURCE: shown(SOURCE, here), RECORD: shown(RECORD, there)}
    digest = DIGEST if alike else None
    made = restore(LINK, seen, maps=MAPS, bytes_alike=digest, buried=(), proofs={}, now=T0)
    assert dict(made.agreed.fields) == {name: it for name, it in here.items() if there.get(name) == it}
    in_step = all(there.get(name) == it for name, it in here.items())
    event(f"in step: {in_step}")
    assert (str(SOURCE) in made.agreed.versions) is in_step, "who differs is looked at, who does not is left alone"
    assert made.link.observe_only is not alike
    assert (made.watched is None) is alike
    assert made.agreed.content == digest


def test_a_copy_that_was_not_read_makes_the_link_watched_and_one_that_was_let_go_leaves_it() -> None:
    seen: dict[CopyId, Seen] = {
        SOURCE: Unread(Reason.of(Code.COPY_UNREAD, copy="x", text="y")),
        RECORD: shown(RECORD, {}),
    }
    made = restore(LINK, seen, maps=MAPS, bytes_alike=None, buried=(), proofs={}, now=T0)
    assert made.watched is not None
    assert (made.watched.code, len(made.link.copies)) == (Code.COPY_NOT_SEEN, 2)
    without = restore(LINK, seen, maps=MAPS, bytes_alike=DIGEST, buried={source(1)}, proofs={}, now=T0)
    assert [it.id for it in without.link.copies] == [RECORD]
    assert without.watched is None


@pytest.mark.hazard("P04")
@given(hours=st.none() | st.integers(-5, 5))
def test_a_source_that_may_be_older_than_the_rebuild_is_held_and_a_newer_one_never(hours: int | None) -> None:
    created = None if hours is None else T0 + timedelta(hours=hours)
    leave = held_after_loss(created, rebuilt_at=T0, key=source(1))
    assert (leave is None) is (hours is not None and hours > 0)
    if leave is not None:
        assert (leave.outcome, leave.waits_for) == (Outcome.WAITING, "coordinator")


@pytest.mark.hazard("P04")
def test_a_source_whose_copy_was_given_up_is_skipped_and_one_whose_other_copy_went_is_not() -> None:
    leave = taken_down([stone(record(1), source(1))], RECORD)
    assert leave is not None
    assert (leave.outcome, leave.reason.code) == (Outcome.SKIPPED, Code.TAKEN_DOWN)
    assert taken_down([stone(record(1), source(1))], CopyId(AccountId("vault"), CopyRole.RECORD)) is None
    assert taken_down([], RECORD) is None


def test_what_people_took_away_and_put_back_is_the_copy_that_it_was() -> None:
    link = link_id_for(FlowName.INTAKE, source(1))
    claim = Claim(record=record(1), source=source(1), link=link, created_at=T0)
    back = stone(record(1), source(1), code=Code.TARGET_GONE)
    found = weigh_claims([claim], flow=FlowName.INTAKE, buried={record(1): back}, mourned={source(1): [back]})
    assert found.held == (claim,)
