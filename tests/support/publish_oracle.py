"""Who may be seen where, told from what stands in the source and in the galleries, without a line of the product's own.

The witness hears of every exposure as it begins and as it ends. It judges each against the source's own history: what was
there, what it showed when it was looked at last, and when. It has its own reading of dates, of territories and of what an
administrator agreed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dambridge.model.identity import RemoteId
from dambridge.ports.audience import Visibility
from support.house import PEOPLE, US, House, Seen
from support.two_way_systems import SELECTED, Library, Presence, State

ZONE = ZoneInfo("Europe/Berlin")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
AREAS = {"DACH": {"DE", "AT", "CH"}, "WORLDWIDE": {"DE", "AT", "CH", "US"}}
SOON = timedelta(minutes=5)
"""The margin of the policy: nothing goes for an end earlier than one and a half times the lead that follows from it."""
LAGS = ("others", "others, withdrawn", "edits", "opens")
"""Until what others showed was taken out, by a correction or with a withdrawal; what an edit forbade; what may be seen was."""
ROUNDS = 2
"""In how many rounds whatever may be seen has to be seen."""
AHEAD = timedelta(minutes=15)
"""How long an end must have been known, in quiet, for it to be met to the second."""


class Broken(AssertionError):
    """Something was seen that must not be, or was not seen that may be."""


@dataclass(frozen=True, slots=True)
class Way:
    """An outlet as its administrator knows it: the gallery, the country, and how widely it is open."""

    room: RemoteId
    country: str
    mode: Visibility


def said(it: State, name: str) -> tuple[str, ...]:
    return next((texts for field, texts in it.fields.items() if field == name), ())


def first_of(texts: tuple[str, ...], *, ends: bool) -> datetime | None:
    """The instant that a date means: a day begins with it, and ends with the next one, on the walls of the business zone."""
    if not texts:
        return None
    if "T" in texts[0]:
        return datetime.fromisoformat(texts[0]).astimezone(UTC)
    day = date.fromisoformat(texts[0]) + timedelta(days=1 if ends else 0)
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def end_of(it: State) -> datetime | None:
    found = [first_of(said(it, name), ends=True) for name in ("licence_end", "expires_at")]
    return min((one for one in found if one is not None), default=None)


def start_of(it: State) -> datetime | None:
    found = [first_of(said(it, name), ends=False) for name in ("licence_start", "embargo_until")]
    return max((one for one in found if one is not None), default=None)


def ordered(country: str) -> str:
    """The place that stands for somebody's order to the outlet in that country: no selection names it."""
    return f"ordered:{country}"


def permits(it: State, country: str, at: datetime) -> bool:
    """Whether people in that country may see it then, by what its record says and nothing else."""
    areas = {one.upper() for one in said(it, "territories")}
    countries = {country for one in areas for country in AREAS.get(one, {one})}
    end, start, kind = end_of(it), start_of(it), (said(it, "licence_kind") or ("",))[0]
    return (
        it.presence is Presence.HERE
        and (SELECTED in it.places or ordered(country) in it.places)
        and bool(said(it, "copyright_owner"))
        and kind in {"owned", "rights_managed"}
        and (kind == "owned" or end is not None)
        and country in countries
        and "portal" in said(it, "channels")
        and said(it, "consent") != ("withdrawn",)
        and (end is None or at < end)
        and (start is None or at >= start)
    )


@dataclass(slots=True, kw_only=True)
class Witness:
    """Judges exposures as they happen, and the whole of them when it is calm."""

    house: House
    source: Library
    ways: Mapping[str, Way]
    met: Counter[str] = field(default_factory=Counter)
    lags: dict[str, list[float]] = field(default_factory=lambda: {it: [] for it in LAGS})
    leaving: Callable[[RemoteId], bool] = lambda _: False
    """Whether a file is on record as being withdrawn."""
    looks: dict[RemoteId, tuple[State, int]] = field(default_factory=dict)
    """What the source showed of a master last, and how many writes of ours came before that."""
    audiences: dict[RemoteId, tuple[Visibility, Visibility | None]] = field(default_factory=dict)
    """How a room was shown last."""
    agreed: dict[RemoteId, tuple[Visibility, Visibility | None]] = field(default_factory=dict)
    edited: dict[RemoteId, tuple[str, ...]] = field(default_factory=dict)
    """Files of which people say another end than we wrote, and what we had written."""
    theirs: dict[RemoteId, tuple[str, ...]] = field(default_factory=dict)
    """What people said there."""
    edited_at: dict[RemoteId, datetime] = field(default_factory=dict)
    """When people last said something in a copy of a master, or took it back."""
    removed: set[tuple[RemoteId, str]] = field(default_factory=set)
    """What people took out of its gallery, or threw away."""
    broken: list[str] = field(default_factory=list)
    wanting: Counter[tuple[RemoteId, str]] = field(default_factory=Counter)
    """In how many rounds, one after the other, something was not seen that may be."""
    healthy_at: datetime = NEVER
    """When all was as it should be last, and nothing had gone wrong."""
    quiet_since: datetime = NEVER
    """When something went wrong last."""

    # whose it is -------------------------------------------------------------------------------------------------
    def of(self, file: RemoteId) -> tuple[RemoteId, str] | None:
        """The master and the outlet of a file of ours: its bytes say so."""
        words = self.house.files[file].content.decode().split("|")
        return (RemoteId(words[0].split()[1]), words[1]) if len(words) > 1 else None

    def file(self, master: RemoteId, outlet: str) -> RemoteId | None:
        found = [name for name, it in self.house.files.items() if it.gone is None and self.of(name) == (master, outlet)]
        return found[-1] if found else None

    # as it happens -----------------------------------------------------------------------------------------------
    def told(self, it: Seen) -> None:
        """Judge it. What is broken is kept: raised here it would be an error of the call that made it so."""
        ours = self.of(it.file)
        if ours is None:
            self.broken.append(f"{it.file} is none of ours, and was shown")
            return
        try:
            (self._begun if it.until is None else self._ended)(it, *ours)
        except Broken as broken:
            self.broken.append(str(broken))

    def _begun(self, it: Seen, master: RemoteId, outlet: str) -> None:
        way, now = self.ways[outlet], self.house.times.now_at
        if it.by == PEOPLE:
            self.met["exposed by others"] += 1
            if it.room == way.room:
                self.removed.discard((master, outlet))
            return
        self.met["publications"] += 1
        self.removed.discard((master, outlet))
        if it.room != way.room:
            raise Broken(f"we showed {it.file} in {it.room}, which is not {outlet}'s")
        state = self.source.state(master)
        shown, at = self.looks.get(master, (state, -1))
        race = at == self.house.writes - 1 and permits(shown, way.country, now)
        if not permits(state, way.country, now) and not race:
            raise Broken(f"we showed {it.file} in {outlet} at {now}, which {dict(state.fields)} forbids")
        if self.audiences.get(way.room) != self.agreed[way.room]:
            raise Broken(f"we showed {it.file} in {way.room}, last seen as {self.audiences.get(way.room)}")
        since = max(state.at, start_of(state) or state.at)
        self.lags["opens"].append((now - since).total_seconds())

    def _ended(self, it: Seen, master: RemoteId, outlet: str) -> None:
        way = self.ways[outlet]
        assert it.until is not None
        if it.ended_by != US:
            if it.room == way.room and it.ended_by == PEOPLE and not self._is_shut(it.room):
                self.removed.add((master, outlet))
            return
        if it.room != way.room:
            self.met["corrections"] += 1
            lag = (it.until - it.since).total_seconds()
            self.lags["others" if not self.leaving(it.file) else "others, withdrawn"].append(lag)
            return
        self.met["withdrawals"] += 1
        self._is_not_late(it, master, it.until)
        self._note_lag(it, master, way)
        states = [one for one in self.source.assets[master] if one is self._then(master) or one.at >= self.healthy_at]
        if self._excused(it, master, outlet, states):
            return
        raise Broken(f"we took {it.file} out of {outlet} at {it.until} though it may be seen all the time")

    def _note_lag(self, it: Seen, master: RemoteId, way: Way) -> None:
        """How long it was seen since what the source says forbids it, but for ends that were met."""
        assert it.until is not None
        since: datetime | None = None
        for state in reversed(self.source.assets[master]):
            if permits(state, way.country, it.until):
                break
            since = state.at
        if since is not None:
            self.lags["edits"].append((it.until - max(since, it.since)).total_seconds())

    def _then(self, master: RemoteId) -> State:
        """What stood in the source when all was well last."""
        states = self.source.assets[master]
        return next((it for it in reversed(states) if it.at <= self.healthy_at), states[0])

    def _excused(self, it: Seen, master: RemoteId, outlet: str, states: list[State]) -> bool:
        """Whether anything since all was well last was a reason to take it out."""
        way, until = self.ways[outlet], it.until
        assert until is not None
        moments = (self.healthy_at, until, until + 1.5 * SOON + timedelta(seconds=15))
        shut = any(not permits(one, way.country, at) for one in states for at in (*moments, one.at) if at >= one.at)
        drift = self.audiences.get(way.room) != self.agreed[way.room]
        edited = self.edited_at.get(master, self.healthy_at) > self.healthy_at
        if shut or drift or edited or it.by == PEOPLE:
            return True
        copies = self._files(master)
        lagged = any(self.house.lagged.get(one, NEVER) > self.healthy_at for one in copies)  # our own former words
        return lagged or bool(self.edited.keys() & copies)

    def says(self, file: RemoteId) -> None:
        """People say something about rights in this file, or take it back."""
        master, _ = self.of(file) or (RemoteId(""), "")
        self.edited_at[master] = self.house.times.now_at

    def _files(self, master: RemoteId) -> set[RemoteId]:
        return {name for name in self.house.files if (self.of(name) or ("",))[0] == master}

    def _is_shut(self, room: RemoteId) -> bool:
        return self.house.widest(room) is Visibility.PRIVATE

    def _is_not_late(self, it: Seen, master: RemoteId, now: datetime) -> None:
        """An end that was known, in quiet, is met to the second."""
        state = self.source.state(master)
        end = end_of(state)
        if end is not None and now < end <= now + 2 * SOON:
            self.met["ends met in time"] += 1
        if end is None or end > now or it.by == PEOPLE:
            return
        if max(state.at, self.quiet_since, it.since) < self.healthy_at <= end - AHEAD:
            raise Broken(f"{it.file} was seen until {now}, and had to be gone by {end}, known since {self.healthy_at}")
        self.met["ends that nobody could meet"] += 1

    # when it is calm ---------------------------------------------------------------------------------------------
    def nothing_is_astray(self) -> None:
        """Of ours only what may be seen is seen, where it may be."""
        now = self.house.times.now_at
        for (file, room), it in self.house.open.items():
            ours = self.of(file)
            assert ours is not None
            master, outlet = ours
            way, state = self.ways[outlet], self.source.state(master)
            self._is_not_late(it, master, now)
            if room != way.room:
                raise Broken(f"{file} is still seen in {room}")
            if not permits(state, way.country, now):
                raise Broken(f"{file} is still seen in {outlet}, which {dict(state.fields)} at {state.places} forbids")
            if self._wider(way.room):
                raise Broken(f"{file} is still seen in {outlet}, which is open to more than was agreed")
            ended = first_of(self.edited_to(file), ends=True)
            if ended is not None and ended <= now:
                raise Broken(f"{file} is still seen in {outlet}, of which people there say that it ended at {ended}")

    def edited_to(self, file: RemoteId) -> tuple[str, ...]:
        return self.house.files[file].fields.get("custom.Licence End", ()) if file in self.edited else ()

    def _wider(self, room: RemoteId) -> bool:
        order = (Visibility.PRIVATE, Visibility.PERMISSION, Visibility.EVERYONE)
        return order.index(self.house.narrowest(room)) > order.index(self.agreed[room][0])

    def everything_is_seen(self, soon: timedelta) -> int:
        """Whatever may be seen is seen by the second round, but what people took out, edited or shut; what ends `soon` may be
        gone."""
        now, found = self.house.times.now_at, 0
        wanting: Counter[tuple[RemoteId, str]] = Counter()
        for master, states in self.source.assets.items():
            end = end_of(states[-1])
            for outlet, way in self.ways.items():
                if not permits(states[-1], way.country, now) or (end is not None and end <= now + soon):
                    continue
                if self._waits(master, outlet):
                    continue
                file = self.file(master, outlet)
                found += 1
                if file is None or (file, way.room) not in self.house.open:
                    wanting[master, outlet] = self.wanting[master, outlet] + 1
                    if wanting[master, outlet] >= ROUNDS:
                        raise Broken(f"{master} may be seen in {outlet} and is not: {file}")
        self.wanting = wanting
        self.met["seen when calm"] += found - len(wanting)
        return found

    def _waits(self, master: RemoteId, outlet: str) -> bool:
        """Whether people stand in its way."""
        room = self.ways[outlet].room
        removed = (master, outlet) in self.removed or self.edited.keys() & self._files(master)
        return bool(removed) or (self.house.narrowest(room), self.house.rooms[room].mode) != self.agreed[room]
