"""Alarms speak of what is new, worse or overdue, and of nothing twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.alarms import Alarm, AlarmKind
from dambridge.model.gate import Answer, Block
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.publications import Stage, Withdrawal
from dambridge.model.rights import Fact, Rights
from dambridge.model.standing import OutletStanding
from dambridge.planning.alarms import AGAIN, SAMPLES, Outside, alarms_of_runs, for_recipient, news
from dambridge.telemetry.alarm_words import digest

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alarms_of(rows: Sequence[OutletStanding], late: Sequence[Withdrawal], now: datetime, *, days: int) -> list[Alarm]:
    """From rows that come all at once."""
    outside = Outside(late, now, days=days)
    outside.look(rows)
    return outside.alarms()


def alarm(kind: AlarmKind = AlarmKind.EXPIRING, count: int = 3, about: str = "france") -> Alarm:
    return Alarm(kind=kind, about=about, count=count)


def test_the_same_is_told_once() -> None:
    first = news([alarm()], {}, NOW)
    assert first.alarms == (alarm(),)
    assert news([alarm()], first.told, NOW + 100 * HOUR).alarms == ()


def test_worse_is_news_and_better_is_not_but_worse_than_better_is() -> None:
    told = news([alarm(count=3)], {}, NOW).told
    assert news([alarm(count=4)], told, NOW).alarms == (alarm(count=4),)
    better = news([alarm(count=1)], told, NOW)
    assert better.alarms == ()
    assert news([alarm(count=2)], better.told, NOW).alarms == (alarm(count=2),)


def test_what_ended_and_comes_back_is_news() -> None:
    told = news([alarm()], {}, NOW).told
    quiet = news([], told, NOW)
    assert (quiet.alarms, quiet.told) == ((), {})
    assert news([alarm()], quiet.told, NOW).alarms == (alarm(),)


@pytest.mark.parametrize("kind", AlarmKind)
def test_only_what_is_overdue_is_told_again(kind: AlarmKind) -> None:
    told = news([alarm(kind)], {}, NOW).told
    assert news([alarm(kind)], told, NOW + AGAIN - HOUR).alarms == ()
    assert bool(news([alarm(kind)], told, NOW + AGAIN).alarms) == (kind is AlarmKind.OVERDUE)


@given(st.lists(st.integers(0, 5), max_size=20))
def test_it_is_told_exactly_when_it_grew(counts: list[int]) -> None:
    told = news([], {}, NOW).told
    least = 0
    for count in counts:
        found = news([alarm(count=count)] if count else [], told, NOW)
        assert bool(found.alarms) == (count > least)
        least, told = count, found.told


def row(name: str, **more: object) -> OutletStanding:
    given_: dict[str, object] = {"stage": Stage.VISIBLE, "until": None, "answer": Answer(blocks=()), **more}
    return OutletStanding(
        flow=FlowName.SYNDICATE,
        outlet="france",
        region="France",
        link=LinkId(name),
        master=None,
        copy=None,
        file_name=name,
        rights=Rights(),
        **given_,  # type: ignore[arg-type]
    )


def late(name: str, deadline: datetime | None, verified: datetime | None = None) -> Withdrawal:
    copy = CopyId(AccountId("agency"), CopyRole.PUBLISHED, "france")
    return Withdrawal(
        id=f"wd-{name}",
        flow=FlowName.SYNDICATE,
        link=LinkId(name),
        copy=copy,
        key=AssetKey(copy.account, RemoteId(name)),
        file_name=name,
        sha256="",
        causes=(),
        deadline=deadline,
        visible_since=None,
        decided_at=NOW - HOUR,
        verified_at=verified,
    )


def test_what_stands_outside_becomes_alarms_by_outlet() -> None:
    unknown = Answer(blocks=(Block.UNKNOWN,), unknown=(Fact.HOLDER,))
    rows = [
        row("ends", until=NOW + 24 * HOUR),
        row("later", until=NOW + 24 * HOUR * 30),
        row("late", until=NOW - HOUR),
        row("late without a record", until=NOW - HOUR),
        row("unclear", answer=unknown),
        row("waits", stage=None, answer=Answer(blocks=(Block.BEFORE_START,), opens=NOW + HOUR)),
        row("fine"),
    ]
    records = [
        late("late", NOW - HOUR),
        late("in time", NOW + HOUR),
        late("gone", NOW - HOUR, NOW),
        late("undated", None),
    ]
    found = {it.kind: it for it in alarms_of(rows, records, NOW, days=7)}
    assert {kind: it.count for kind, it in found.items()} == {
        AlarmKind.OVERDUE: 2,
        AlarmKind.UNCLEAR: 1,
        AlarmKind.EXPIRING: 1,
        AlarmKind.OPENING: 1,
    }
    assert found[AlarmKind.EXPIRING].samples == ("ends",)
    assert [*found] == sorted(found, key=[*AlarmKind].index), "the most pressing first"


def test_guards_and_drift_are_told_by_flow() -> None:
    found = alarms_of_runs(
        {"publish": {"guard_tripped": 4, "audience_drifted": 2, "exposed": 1}, "intake": {"conflict": 9}}
    )
    assert [(it.kind, it.about, it.count) for it in found] == [
        (AlarmKind.GUARD, "publish", 4),
        (AlarmKind.DRIFTED, "publish", 3),
    ]


def test_a_recipient_is_told_of_their_own_kinds_the_pressing_first() -> None:
    mixed = [alarm(AlarmKind.OPENING), alarm(AlarmKind.OVERDUE), alarm(AlarmKind.GUARD)]
    assert [it.kind for it in for_recipient(mixed, ())] == [AlarmKind.OVERDUE, AlarmKind.GUARD, AlarmKind.OPENING]
    assert [it.kind for it in for_recipient(mixed, {AlarmKind.GUARD})] == [AlarmKind.GUARD]


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_words_and_a_next_move(kind: AlarmKind) -> None:
    title, text = digest([Alarm(kind=kind, about="france", count=9, samples=("a.jpg",)), alarm()], days=7)
    assert "and 1 more" in title
    assert "france" in text
    assert "a.jpg, …" in text
    assert "dambridge " in text
    assert "{" not in text


def test_alarms_are_the_same_from_however_many_pages() -> None:
    draw = random.Random(4)
    answers = [Answer(blocks=()), Answer(blocks=(Block.UNKNOWN,)), Answer(blocks=(Block.ENDED,))]
    waits = Answer(blocks=(Block.BEFORE_START,), opens=NOW + HOUR)

    def drawn(number: int) -> OutletStanding:
        name = f"{draw.randrange(10**6):06}"
        until, answer = NOW + HOUR * draw.randint(-90, 900), draw.choice(answers)
        it = row(name, stage=None, answer=waits) if number % 7 == 0 else row(name, until=until, answer=answer)
        return replace(it, outlet=draw.choice(("france", "spain")), file_name=draw.choice(("", f"{number}.jpg")))

    rows = [drawn(it) for it in range(200)]
    records = [late(it.link, NOW - HOUR) for it in rows[:9] if it.link is not None]
    whole = alarms_of(rows, records, NOW, days=7)
    assert {it.kind for it in whole} == {AlarmKind.OVERDUE, AlarmKind.UNCLEAR, AlarmKind.EXPIRING, AlarmKind.OPENING}
    assert all(len(it.samples) == SAMPLES for it in whole if it.count > 2 * SAMPLES)
    for size in (1, 7, 199):
        outside = Outside(records, NOW, days=7)
        for start in range(0, len(rows), size):
            outside.look(rows[start : start + size])
        assert outside.alarms() == whole, size
