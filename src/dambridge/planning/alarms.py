"""Which alarms are news, and how one recipient's digest reads. Pure.

Attention is scarce: told is what is new, what is worse, and what is overdue, that last one again every so often. What stands as
it was told is not told again, and neither is what ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.model.alarms import Alarm, AlarmKind, Remembered, Told
from dambridge.model.conflicts import Conflict
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


def alarms_of(rows: Sequence[OutletStanding], late: Sequence[Withdrawal], now: datetime, *, days: int) -> list[Alarm]:
    """What stands outside as alarms, counted by outlet. `late` are withdrawals that are not proven."""
    found: dict[tuple[AlarmKind, str], list[str]] = {}
    past = [it for it in late if it.verified_at is None and it.deadline is not None and it.deadline <= now]
    for withdrawal in past:
        found.setdefault((AlarmKind.OVERDUE, withdrawal.outlet), []).append(withdrawal.file_name)
    known = {(it.link, it.outlet) for it in past}
    for end in expiring(rows, now, days=days):
        kind = AlarmKind.EXPIRING if end.days else AlarmKind.OVERDUE
        if kind is AlarmKind.EXPIRING or (end.row.link, end.row.outlet) not in known:
            found.setdefault((kind, end.row.outlet), []).append(end.row.file_name)
    for start in opening(rows, now, days=days):
        found.setdefault((AlarmKind.OPENING, start.row.outlet), []).append(start.row.file_name)
    for row in unclear(rows):
        found.setdefault((AlarmKind.UNCLEAR, row.outlet), []).append(row.file_name)
    return [_alarm(kind, about, names) for (kind, about), names in sorted(found.items(), key=_turn)]


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


def _alarm(kind: AlarmKind, about: str, names: Sequence[str]) -> Alarm:
    return Alarm(kind=kind, about=about, count=len(names), samples=tuple(it for it in names if it)[:SAMPLES])


def _turn(it: tuple[tuple[AlarmKind, str], list[str]]) -> tuple[int, str]:
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
