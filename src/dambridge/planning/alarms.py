"""Which alarms are news, and how one recipient's digest reads. Pure.

Attention is scarce: told is what is new, what is worse, and what is overdue, that last one again every so often. What stands as
it was told is not told again, and neither is what ended.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dambridge.model.alarms import Alarm, AlarmKind, Remembered, Told
from dambridge.model.conflicts import Conflict
from dambridge.model.gate import Block
from dambridge.model.identity import Link, LinkId
from dambridge.model.publications import Withdrawal
from dambridge.model.reasons import Code
from dambridge.model.standing import OutletStanding
from dambridge.planning.rights_reports import expiring, opening, unclear

SAMPLES = 5
AGAIN = timedelta(hours=6)
"""After how long what is overdue is told again although it is no worse."""
LATELY = timedelta(days=7)
"""How long a refusal is remembered as told or still to be told."""
GUARD_CODES = frozenset({"guard_tripped"})
DRIFT_CODES = frozenset({"audience_drifted", "exposed"})


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told, and what is remembered once it was."""

    alarms: tuple[Alarm, ...]
    told: Remembered


@dataclass(slots=True)
class _Counted:
    """What one alarm is about: how many, and the names of those that come first."""

    count: int = 0
    first: list[tuple[tuple[Any, ...], str]] = field(default_factory=list)

    def add(self, order: tuple[Any, ...], name: str) -> None:
        self.count += 1
        if name and (len(self.first) < SAMPLES or order < self.first[-1][0]):
            insort(self.first, (order, name))
            del self.first[SAMPLES:]


class Outside:
    """Alarms about what stands outside, counted by outlet, from rows that come some at a time: what is kept does not grow
    with them. `late` are withdrawals that are not proven."""

    def __init__(self, late: Sequence[Withdrawal], now: datetime, *, days: int) -> None:
        self._now = now
        self._days = days
        self._found: defaultdict[tuple[AlarmKind, str], _Counted] = defaultdict(_Counted)
        past = [it for it in late if it.verified_at is None and it.deadline is not None and it.deadline <= now]
        for turn, it in enumerate(past):
            self._found[AlarmKind.OVERDUE, it.outlet].add((0, turn), it.file_name)
        self._known = {(it.link, it.outlet) for it in past}

    def look(self, rows: Sequence[OutletStanding]) -> None:
        """Count these as well; none may come twice."""
        for end in expiring(rows, self._now, days=self._days):
            kind = AlarmKind.EXPIRING if end.days else AlarmKind.OVERDUE
            if kind is AlarmKind.EXPIRING or (end.row.link, end.row.outlet) not in self._known:
                self._add(kind, end.row, (1, end.at, end.row.key))
        for start in opening(rows, self._now, days=self._days):
            self._add(AlarmKind.OPENING, start.row, (start.at, start.row.key))
        for row in unclear(rows):
            self._add(AlarmKind.UNCLEAR, row, (Block.UNKNOWN in row.answer.blocks, row.key))

    def _add(self, kind: AlarmKind, row: OutletStanding, order: tuple[Any, ...]) -> None:
        self._found[kind, row.outlet].add(order, row.file_name)

    def alarms(self) -> list[Alarm]:
        """The most pressing kinds first."""
        return [
            Alarm(kind=kind, about=about, count=it.count, samples=tuple(name for _, name in it.first))
            for (kind, about), it in sorted(self._found.items(), key=_turn)
        ]


def alarms_of_runs(attention: dict[str, dict[str, int]]) -> list[Alarm]:
    """Guards that stopped runs, and galleries that drifted: from what waits for people, by flow and reason."""
    found: list[Alarm] = []
    for flow, counts in sorted(attention.items()):
        for kind, codes in ((AlarmKind.GUARD, GUARD_CODES), (AlarmKind.DRIFTED, DRIFT_CODES)):
            count = sum(counts.get(it, 0) for it in codes)
            if count:
                found.append(Alarm(kind=kind, about=flow, count=count))
    return found


def alarms_of_loosenings(entries: Sequence[Conflict], links: Mapping[LinkId, Link], now: datetime) -> list[Alarm]:
    """Looser words on rights that were overruled lately: one alarm for each, so that each is news once."""
    found: list[Alarm] = []
    for it in entries:
        if it.reason.code is Code.LOOSENING_REFUSED and now - LATELY <= it.opened_at:
            params = dict(it.reason.params)
            link = links.get(it.link)
            owners = [str(one.key) for one in link.copies if one.id.account == params.get("owner")] if link else []
            said = ", ".join(map(str, _listed(params.get("fields"))))
            sample = f"{min(owners, default=str(it.link))} ({said})"
            found.append(Alarm(kind=AlarmKind.LOOSENED, about=str(it.id), count=1, samples=(sample,)))
    return found


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _turn(it: tuple[tuple[AlarmKind, str], object]) -> tuple[int, str]:
    return [*AlarmKind].index(it[0][0]), it[0][1]


def news(alarms: Sequence[Alarm], remembered: Remembered, now: datetime) -> News:
    """What of this nobody was told yet."""
    stamp = now.timestamp()
    fresh = tuple(it for it in alarms if _is_news(it, remembered.get(it.key), stamp))
    kept = {it.key: min_count(it, remembered[it.key]) for it in alarms if it.key in remembered}
    return News(fresh, {**kept, **{it.key: Told(it.count, stamp) for it in fresh}})


def min_count(alarm: Alarm, told: Told) -> Told:
    """What is better than it was told is remembered as it is: getting worse from there is news."""
    return Told(min(alarm.count, told.count), told.at)


def _is_news(it: Alarm, told: Told | None, stamp: float) -> bool:
    if told is None or it.count > told.count:
        return True
    return it.kind is AlarmKind.OVERDUE and stamp - told.at >= AGAIN.total_seconds()


def for_recipient(alarms: Sequence[Alarm], about: Collection[AlarmKind]) -> list[Alarm]:
    """Those that this recipient is told of, the most pressing first; without a list of kinds all of them."""
    mine = [it for it in alarms if not about or it.kind in about]
    return sorted(mine, key=lambda it: ([*AlarmKind].index(it.kind), it.about))
