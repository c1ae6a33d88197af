"""How one copy stands to the accord of one group, told from what it shows: by content and version, never by a timer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dambridge.mapping import equal, is_absent, same
from dambridge.model.accords import CONTENT, Accord, Standing
from dambridge.model.identity import CopyId
from dambridge.model.records import AssetRecord, AssetVersion
from dambridge.model.values import FieldName, Fields, Value
from dambridge.planning.lifting import lifted
from dambridge.planning.views import alike, comparable, echoes, part, view_of

Lift = Callable[[FieldName, Value | None, Value | None, Value | None], Value | None]
"""What a value means in terms of what the copy stands for: field, what is shown now, what was shown before, what it stood for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """What a copy was when it was last read before this, and when: what narrows down the time of an edit."""

    version: AssetVersion
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What all groups together know of a copy: whether they have left behind what it shows now, when it was last seen on time,
    and when it was first seen as it was then. A group that was agreed on later than the others remembers less by itself."""

    late: bool = False
    at: datetime | None = None
    news_at: datetime | None = None


class Stance(StrEnum):
    """What a copy's showing this means."""

    UNEDITED = "unedited"
    """It shows what it showed."""
    ECHO = "echo"
    """It shows a write of ours whose end was not known."""
    OVERRULED = "overruled"
    """It still shows an edit that was decided against."""
    EDITED = "edited"
    """It shows something that nobody has seen before."""
    BLANK = "blank"
    """Nothing is known of it, and it says nothing of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one copy says of one group now.

    `shown` is what it shows of the fields that it carries; `value` the same in full terms: cuts and other echoes taken for
    what they stand for, and the fields that it does not carry taken from the accord. An edit was made after `after` and
    not after `until`. What is `late` was seen before and was something else since: nobody knows how old it is. `on_time` is
    when the copy was last seen otherwise.
    """

    copy: CopyId
    record: AssetRecord
    carried: frozenset[FieldName]
    shown: Fields
    value: Fields
    stance: Stance
    standing: Standing | None
    after: datetime | None
    until: datetime
    late: bool = False
    on_time: datetime | None = None

    @property
    def version(self) -> AssetVersion:
        return self.record.version

    @property
    def edited(self) -> bool:
        return self.stance is Stance.EDITED

    def says(self, fields: Fields) -> bool:
        """Whether the copy says these values as far as it carries them."""
        return alike(self.value, fields, self.carried)

    def is_behind(self, accord: Accord) -> bool:
        """Whether the copy has not shown what is agreed since it was: an edit of it was made without knowing."""
        it = self.standing
        return it is None or it.overruled is not None or not alike(it.fields, accord.fields, self.carried)


def read_copy(
    copy: CopyId,
    record: AssetRecord,
    carried: frozenset[FieldName],
    accord: Accord | None,
    *,
    before: LastSeen | None,
    now: datetime,
    known: Known = Known(),
    lift: Lift = lifted,
) -> Reading:
    """Say how the copy stands to the group. `lift` says what an edit there means in full terms."""
    standing = accord.copies.get(copy) if accord is not None else None
    shown = {it: value for it, value in part(view_of(copy, record), carried).items() if not is_absent(value)}
    value, stance = (
        _first(shown, carried, accord) if standing is None else _known(shown, carried, standing, record, lift)
    )
    elsewhere = part(accord.fields, accord.fields.keys() - carried) if accord is not None else {}
    late = known.late or (standing is not None and _is_of_old(record.version, standing))
    after = None if late else _after(standing, before)
    return Reading(
        copy=copy,
        record=record,
        carried=carried,
        shown=shown,
        value={**elsewhere, **value},
        stance=stance,
        standing=standing,
        after=after,
        until=_until(
            standing,
            record,
            after=_seen_otherwise(record, before) if standing is None and not late else after,
            now=_there_by(standing, known, now) if late else now,
        ),
        late=late,
        on_time=known.at,
    )


def _first(shown: Fields, carried: frozenset[FieldName], accord: Accord | None) -> tuple[Fields, Stance]:
    """A copy that is new to the accord: it edits unless it is empty or says, perhaps cut, what is agreed."""
    known = accord is not None and echoes(shown, accord.fields, carried)
    return shown, Stance.BLANK if known or not shown else Stance.EDITED


def _known(
    shown: Fields, carried: frozenset[FieldName], standing: Standing, record: AssetRecord, lift: Lift
) -> tuple[Fields, Stance]:
    value: dict[FieldName, Value] = {}
    met: set[Stance] = set()
    for name in sorted(carried):
        said, stance = _field(name, shown.get(name), standing, record, lift)
        met.add(stance)
        if said is not None and not is_absent(said):
            value[name] = said
    if Stance.EDITED in met or (Stance.ECHO in met and not _is_whole(value, carried, standing)):
        return value, Stance.OVERRULED if _is_overruled(shown, carried, standing, record.version) else Stance.EDITED
    return value, Stance.ECHO if Stance.ECHO in met else Stance.UNEDITED


def _is_whole(value: Fields, carried: frozenset[FieldName], standing: Standing) -> bool:
    """Whether all of a write of ours is there: it comes at once, so who shows a part of it was edited beside it."""
    return any(alike(value, asked, carried) for asked in standing.asked)


def _field(
    name: FieldName, now: Value | None, standing: Standing, record: AssetRecord, lift: Lift
) -> tuple[Value | None, Stance]:
    stands, shown = standing.fields.get(name), standing.shown.get(name)
    if same(name, now, shown) or equal(name, now, stands) or _same_bytes(name, now, shown, standing, record):
        return stands, Stance.UNEDITED
    for asked in standing.asked:
        if equal(name, now, asked.get(name)):
            return asked.get(name), Stance.ECHO
    known = dict(standing.tokens).get(str(now)) if name == CONTENT else None
    if known is not None:
        return known, Stance.EDITED
    return lift(name, now, shown, stands), Stance.EDITED


def _same_bytes(
    name: FieldName, now: Value | None, shown: Value | None, standing: Standing, record: AssetRecord
) -> bool:
    """A digest that an account gives late, or no longer, is no other content while its stamp stays."""
    if name != CONTENT or standing.overruled is not None or not isinstance(now, str) or not isinstance(shown, str):
        return False
    return not comparable(now, shown) and record.version.content == standing.version.content


def _is_overruled(shown: Fields, carried: frozenset[FieldName], standing: Standing, version: AssetVersion) -> bool:
    """The very values that were decided against. Once a write over them was begun, a person may have put them back: from
    then on they are the old edit only at a version that is known to show it."""
    if standing.overruled is None:
        return False
    values, at = standing.overruled
    return (not standing.asked or version in {at, standing.version}) and alike(shown, values, carried)


def _after(standing: Standing | None, before: LastSeen | None) -> datetime | None:
    if standing is None:
        return None
    return max(standing.at, before.at) if before is not None and before.version == standing.version else standing.at


def _seen_otherwise(record: AssetRecord, before: LastSeen | None) -> datetime | None:
    """When the copy was last seen as something else, where nothing more is known of it."""
    return before.at if before is not None and before.version != record.version else None


def _there_by(standing: Standing | None, known: Known, now: datetime) -> datetime:
    """By when what is late was there for certain: it was seen no later than what came last."""
    return known.news_at or (standing.news_at if standing is not None else now)


def _until(standing: Standing | None, record: AssetRecord, *, after: datetime | None, now: datetime) -> datetime:
    """The system's own modified time where it moved with the edit, else now. A time that the last look at the copy
    contradicts (clocks differ, or edits of fields do not move it) says nothing. `now` is when it was there for certain."""
    said = record.modified_at
    moved = standing is None or record.version.modified != standing.version.modified
    if said is None or not moved or (after is not None and said <= after):
        return now
    return min(said, now)


def is_stale(version: AssetVersion, standings: Iterable[Standing], *, stale_for: timedelta, now: datetime) -> bool:
    """Whether a copy is shown as it was before: an index that lags, as long as that can be believed. How long that is counts
    from when the copy was first seen as something else, by whichever group knows it best."""
    news: dict[AssetVersion, datetime] = {}
    for it in _left_behind(version, standings):
        news[it.version] = min(it.news_at, news.get(it.version, it.news_at))
    return any(now < it + stale_for for it in news.values())


def known_of(version: AssetVersion, standings: Iterable[Standing], before: LastSeen | None) -> Known:
    """What all groups of a copy, which is shown at this version, say of it together."""
    them = list(standings)
    seen = [*(it.at for it in them), *([before.at] if before is not None else [])]
    last = max((it.at for it in them), default=None)
    latest = {it.version for it in them if it.at == last}
    news = [it.news_at for it in them if it.version in latest]
    return Known(late=is_late(version, them), at=max(seen, default=None), news_at=min(news, default=None))


def is_late(version: AssetVersion, standings: Iterable[Standing]) -> bool:
    """Whether a copy is shown as it was before, however long ago: such a look says nothing about the time of edits."""
    return bool(_left_behind(version, standings))


def _left_behind(version: AssetVersion, standings: Iterable[Standing]) -> list[Standing]:
    """The standings that this version was left behind in. What the copy was when it was last looked at is no past, whatever
    single groups have last been known at."""
    known = list(standings)
    latest = max((it.at for it in known), default=None)
    if any(version == it.version and it.at == latest and not _is_past(version, it, known) for it in known):
        return []
    return [it for it in known if _is_of_old(version, it)]


def _is_of_old(version: AssetVersion, standing: Standing) -> bool:
    return version != standing.version and version in standing.past


def _is_past(version: AssetVersion, of: Standing, known: Iterable[Standing]) -> bool:
    """Whether another standing of the very same instant has left this version behind: clocks give an instant twice."""
    return any(
        it.at == of.at
        and version in it.past
        and it.version != version
        and (it.version not in of.past or (_goes_on_from(it, of) and not _goes_on_from(of, it)))
        for it in known
    )


def _goes_on_from(later: Standing, earlier: Standing) -> bool:
    """Whether the one went through all that the other had been: within one second a copy may come to look as it did."""
    rest = later.past[later.past.index(earlier.version) + 1 :]
    return all(one == other for one, other in zip(rest, earlier.past, strict=False))


def settled(reading: Reading, accord: Fields, *, now: datetime) -> Standing:
    """The copy's standing once these values are agreed on."""
    if (was := reading.standing) is not None and _stands_so(was, reading, accord):
        return was
    moved = _moved(reading, now)
    if reading.says(accord):
        return _as_it_was(reading, replace(moved, fields=accord, shown=reading.shown, asked=(), overruled=None))
    if reading.edited:
        return _as_it_was(reading, replace(moved, overruled=(reading.shown, reading.version)))
    return watched(reading, now=now)


def _stands_so(was: Standing, reading: Reading, accord: Fields) -> bool:
    """Whether there is nothing new about it: by far the most looks find what is on record."""
    known = was.version == reading.version and not was.asked and was.overruled is None
    return known and was.fields == accord and was.shown == reading.shown


def watched(reading: Reading, *, now: datetime) -> Standing:
    """The copy's standing where nothing is agreed on yet: what it stood for before an edit is kept as the edit's base."""
    moved = _moved(reading, now)
    if reading.stance is Stance.OVERRULED:
        return _as_it_was(reading, moved)
    if reading.edited:  # what was decided against is replaced: whoever puts it back from here on edits
        return _as_it_was(reading, replace(moved, overruled=None))
    asked = tuple(it for it in moved.asked if not reading.says(it))
    new = replace(moved, fields=reading.value, shown=reading.shown, asked=asked, overruled=None)
    return _as_it_was(reading, new)


def _moved(reading: Reading, now: datetime) -> Standing:
    was, late = reading.standing, reading.late
    at = (reading.on_time or (was.at if was is not None else now)) if late else now
    base = was or Standing(fields={}, shown={}, version=reading.version, at=at)
    moved = base.moved_to(reading.version, at=at)
    return replace(moved, since=base.news_at) if late else moved  # what is late is no news


def _as_it_was(reading: Reading, new: Standing) -> Standing:
    """The standing that there was, where nothing but the time of looking is new: so that looking alone writes nothing."""
    was = reading.standing
    return was if was is not None and replace(new, at=was.at, since=was.since) == was else new
