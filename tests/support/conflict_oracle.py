"""What must be in the inbox, and what must win: worked out from the history of edits by somebody who has read the policy only.

The oracle shares no code and no idea with `dambridge.planning`. It keeps a family tree of values: each edit is a child of
what its author saw, each agreement a child of everything that it decides about. A value *contends* when no other value in
sight descends from it. One contender is agreed; several go to the group's rule; what the rule cannot decide is a conflict
until one value is left, or a person rules. Values are plain: texts, frozensets of texts, None; a group is a dict of them.

Tell it, in the order in which things happen: `edited` for each edit of a person; `observed` when all copies were read and
decided about; `begun` when a write is about to be sent; `landed` when a write reached its system; `read_back` when we saw
that it did; `ruled` when a person ruled. Then ask `conflicts` and `agreed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Plain = str | frozenset[str] | None
Block = Mapping[str, Plain]
RuleName = Literal["account", "newest", "most_restrictive", "union", "ask"]
SEEN_BEFORE = 4
"""How many earlier states of a copy are remembered, by which an answer from the past is known."""

Absent = Literal["let_go", "follow", "ask", "wait"]
PRESENCE = "presence"
UNSEEN = -1
"""The number of a state that was there for certain and that nobody has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleRule:
    """One group: its fields, its rule, the account that the rule names, and which fields are dates to begin or to end at.
    What is `held` nobody can write down: only a copy that has it can give it."""

    fields: tuple[str, ...]
    rule: RuleName
    account: str = ""
    latest: frozenset[str] = frozenset()
    earliest: frozenset[str] = frozenset()
    permits: frozenset[str] = frozenset()
    restricts: frozenset[str] = frozenset()
    held: bool = False


@dataclass(eq=False, slots=True, kw_only=True)
class _Value:
    """One value in the family tree."""

    block: Block
    parents: tuple[_Value, ...]
    account: str = ""
    after: datetime | None = None
    until: datetime

    def descends_from(self, other: _Value) -> bool:
        return any(it is other or it.descends_from(other) for it in self.parents)


@dataclass(slots=True)
class _State:
    """One moment of one copy: all its groups, as its system would show them."""

    number: int
    at: datetime
    blocks: dict[str, Block]
    stamp: str = ""


@dataclass(slots=True)
class _Place:
    """One group at one copy. `stands` is the value it last agreed on, `last` what it was last seen to say; `after` an
    instant that is known to be before whatever it says instead, and so is `looked_at`, when it was last seen to say that."""

    stands: _Value | None = None
    last: _Value | None = None
    after: datetime | None = None
    looked_at: datetime | None = None
    begun: list[_Value] = field(default_factory=list)


@dataclass(slots=True)
class _Copy:
    account: str
    limits: Mapping[str, int] = field(default_factory=dict)
    history: list[_State] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    news_at: datetime | None = None
    looked_at: datetime | None = None
    places: dict[str, _Place] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    rule: OracleRule
    agreed: _Value | None = None
    open: bool = False
    sides: list[Block] = field(default_factory=list)
    ruling: _Value | None = None


class ConflictOracle:
    """The inbox as it has to be."""

    def __init__(
        self,
        groups: Mapping[str, OracleRule],
        copies: Mapping[str, str],
        *,
        margin: timedelta = timedelta(seconds=5),
        stale_for: timedelta = timedelta(minutes=10),
        limits: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """`groups` by name; `copies` says which account each copy is in; `limits` after how many bytes a copy cuts a field."""
        self._groups = {name: _Group(rule) for name, rule in groups.items()}
        self._copies = {
            name: _Copy(account, (limits or {}).get(name, {}), places={group: _Place() for group in groups})
            for name, account in copies.items()
        }
        self._margin, self._stale_for = margin, stale_for
        self._presence = False
        self.ended = False

    # what happened -----------------------------------------------------------------------------------------------

    def edited(self, copy: str, blocks: Mapping[str, Block], at: datetime) -> None:
        """A person saved this copy with these groups as they are then; the first time is how the copy was found."""
        self._happened(copy, blocks, at)

    def landed(self, copy: str, blocks: Mapping[str, Block], at: datetime, *, stamp: str = "") -> None:
        """A write of ours reached the system, whether or not we came to know. States with the same stamp and the same values
        cannot be told apart."""
        self._happened(copy, blocks, at, stamp)

    def begun(self, copy: str, group: str, block: Block) -> None:
        """A write of the agreed value is about to be sent."""
        agreed = self._groups[group].agreed
        assert agreed is not None, "nothing is agreed on, and yet something is written"
        assert _same(agreed.block, block), f"{block} is written although {agreed.block} is agreed on"
        begun = self._copies[copy].places[group].begun
        if not any(it is agreed for it in begun):
            begun.append(agreed)

    def read_back(self, copy: str, groups: Iterable[str], at: datetime, *, lag: int = 0) -> None:
        """We saw what our write made of the copy, perhaps in an answer that was late by some states."""
        it = self._copies[copy]
        self._noted(it, it.history[-1 - lag].number, at)
        for group in groups:
            agreed = self._groups[group].agreed
            it.places[group] = _Place(stands=agreed, last=agreed)

    def written_over(self, copy: str, group: str, at: datetime) -> None:
        """Our write of this group, begun at this instant, was taken, and what we read back is somebody's edit made after it."""
        agreed, it = self._groups[group].agreed, self._copies[copy]
        assert agreed is not None, "nothing is agreed on, and yet something was written"
        self._noted(it, UNSEEN, at)
        it.places[group] = _Place(stands=agreed, last=agreed, after=at)

    def ruled(self, group: str, block: Block, at: datetime, *, account: str = "") -> None:
        """A person ruled about the sides of the conflict as they were last seen, perhaps for one account's side."""
        self._groups[group].ruling = _Value(block=block, parents=(), account=account, until=at)

    def observed(
        self, at: datetime, lag: Mapping[str, int] | None = None, gone: Mapping[str, Absent] | None = None
    ) -> bool:
        """All copies were read; `lag` says by how many states an answer was late, `gone` what the policy wants where a copy is
        not there. False where nothing follows from it for the groups: an answer is from the past, or somebody is gone."""
        gone = gone or {}
        there = {name: it for name, it in self._copies.items() if name not in gone}
        states = {name: it.history[-1 - (lag or {}).get(name, 0)] for name, it in there.items()}
        if any(self._is_from_the_past(self._copies[name], state, at) for name, state in states.items()):
            return False
        if not self._goes_on(states, gone):
            for name, state in states.items():
                for group, place in self._copies[name].places.items():
                    if self._copies[name].seen[-1:] == [state.number] and not self._edited(group, name, state):
                        place.looked_at = at
            return False
        for name in self._groups:
            self._look(name, states, at)
        for name, state in states.items():
            copy = self._copies[name]
            if self._is_of_old(copy, state):
                copy.seen.append(state.number)  # it says nothing about now
            else:
                self._noted(copy, state.number, at)
        return True

    def dropped(self, copy: str) -> None:
        """The copy is let go: it is no part of the link any more, and nothing that is agreed on is its own."""
        account = self._copies.pop(copy).account
        for group in self._groups.values():
            if group.agreed is not None and group.agreed.account == account:
                group.agreed.account = ""

    def _goes_on(self, states: Mapping[str, _State], gone: Mapping[str, Absent]) -> bool:
        """Whether the copies that are there are held against each other, or the absence of others comes first."""
        if not gone:
            self._presence = False
            return True
        what = max(gone.values(), key=("let_go", "follow", "ask", "wait").index)
        if not states:
            self.ended = what != "wait"
            return False
        edited = any(self._edited(name, copy, state) for name in self._groups for copy, state in states.items())
        if self._presence or what == "ask" or (what == "follow" and edited):
            self._presence = True
            return False
        return what == "let_go"

    def _edited(self, name: str, copy: str, state: _State) -> bool:
        it, block, agreed = self._copies[copy], state.blocks[name], self._groups[name].agreed
        place = it.places[name]
        if agreed is None:
            return False
        known = [one.block for one in (place.stands, *place.begun) if one is not None]
        if any(self._shows(it, block, one) for one in known):
            return False
        if place.last is None or not self._shows(it, block, place.last.block):
            return True
        return not agreed.descends_from(place.last) or bool(place.begun and state.number != it.seen[-1])

    # what must be ------------------------------------------------------------------------------------------------

    @property
    def conflicts(self) -> frozenset[str]:
        """The groups that have to be in the inbox."""
        gone = {PRESENCE} if self._presence else set[str]()
        return frozenset({name for name, it in self._groups.items() if it.open} | gone)

    def agreed(self, group: str) -> Block | None:
        """The value that has to hold, None while nothing was ever agreed on."""
        agreed = self._groups[group].agreed
        return agreed.block if agreed is not None else None

    def shown(self, copy: str, group: str) -> Block:
        """What the copy's system holds now."""
        return self._copies[copy].history[-1].blocks[group]

    # how it is worked out ----------------------------------------------------------------------------------------

    def _happened(self, copy: str, blocks: Mapping[str, Block], at: datetime, stamp: str = "") -> None:
        history = self._copies[copy].history
        before = history[-1] if history else _State(0, at, {name: {} for name in self._groups})
        whole = {**before.blocks, **blocks}
        like = [
            it for it in history if stamp and it.stamp == stamp and all(_same(it.blocks[n], whole[n]) for n in whole)
        ]
        number = like[0].number if like else max((it.number for it in history), default=0) + 1
        history.append(_State(number, at, whole, stamp))

    def _is_from_the_past(self, copy: _Copy, state: _State, at: datetime) -> bool:
        return copy.news_at is not None and at < copy.news_at + self._stale_for and self._is_of_old(copy, state)

    @staticmethod
    def _is_of_old(copy: _Copy, state: _State) -> bool:
        """Whether the copy was seen like this before, and as something else since."""
        return state.number in copy.seen[-1 - SEEN_BEFORE : -1] and state.number != copy.seen[-1]

    @staticmethod
    def _noted(copy: _Copy, number: int, at: datetime) -> None:
        if not copy.seen or copy.seen[-1] != number:
            copy.seen.append(number)
            copy.news_at = at
        copy.looked_at = at

    def _look(self, name: str, states: Mapping[str, _State], at: datetime) -> None:
        group = self._groups[name]
        now = {copy: self._said(name, copy, state, at) for copy, state in states.items()}
        # Before anything was agreed on, whoever says nothing has no claim, nor has who shows another's value cut
        silent = [
            it for copy, it in now.items() if group.agreed is None and (_blank(it.block) or self._is_cut(copy, it, now))
        ]
        claims = [it for it in now.values() if it not in silent]
        heads = _heads([*claims, *([group.agreed] if group.agreed is not None else [])])
        blocks = _distinct(it.block for it in heads)
        group.agreed, group.open = self._verdict(name, heads, blocks, now, at)
        if group.agreed is not None:
            group.agreed.parents = (*group.agreed.parents, *silent)
        group.sides = blocks if group.open else []
        for copy, value in now.items():
            place = self._copies[copy].places[name]
            place.last = value
            if group.agreed is not None and place.stands is None:
                # Before the first agreement every copy stood for nothing: that is what its edit may be taken back to
                place.stands = value if value in silent else _Value(block={}, parents=(), until=at)
                group.agreed.parents = (*group.agreed.parents, place.stands)
            agreed = None if group.open else group.agreed
            cut = value in silent and agreed is not None and self._shows(self._copies[copy], value.block, agreed.block)
            if agreed is not None and (cut or _same(value.block, agreed.block)):
                self._copies[copy].places[name] = _Place(stands=agreed, last=agreed)

    def _is_cut(self, copy: str, value: _Value, now: Mapping[str, _Value]) -> bool:
        others = [it for it in now.values() if it is not value and not _same(it.block, value.block)]
        return any(self._shows(self._copies[copy], value.block, it.block) for it in others)

    def _said(self, name: str, copy: str, state: _State, at: datetime) -> _Value:
        """Which value of the tree the copy shows: one that is known to be there, or a new one."""
        it, block = self._copies[copy], state.blocks[name]
        place, agreed = it.places[name], self._groups[name].agreed
        if place.stands is not None and self._shows(it, block, place.stands.block):
            return place.stands
        for asked in place.begun:
            if self._shows(it, block, asked.block):
                place.stands, place.begun = asked, [one for one in place.begun if one is not asked]
                return asked
        settled_against = place.last is not None and agreed is not None and agreed.descends_from(place.last)
        doubtful = settled_against and place.begun and state.number != it.seen[-1]
        if place.last is not None and self._shows(it, block, place.last.block) and not doubtful:
            return place.last
        after = max((one for one in (it.looked_at, place.looked_at, place.after) if one is not None), default=None)
        until = state.at if after is None or state.at > after else at
        if state.number in it.seen[-1 - SEEN_BEFORE : -1]:
            # It was seen before, so it is no news, and of any age. Its system's time speaks of it where it is another than
            # that of what came after; else it is only known that it was there before that
            after, until = None, state.at
            other = next(number for number in reversed(it.seen) if number != state.number)
            if it.news_at is not None and self._is_stamped_alike(it, other, state):
                until = it.news_at
        if agreed is None:
            return _Value(block=block, parents=(), account=it.account, until=min(until, at))
        author_saw = place.last if place.last is not None else place.stands
        parents = (author_saw,) if author_saw is not None else ()
        return _Value(block=block, parents=parents, account=it.account, after=after, until=min(until, at))

    @staticmethod
    def _is_stamped_alike(copy: _Copy, number: int, state: _State) -> bool:
        return bool(state.stamp) and any(it.number == number and it.stamp == state.stamp for it in copy.history)

    @staticmethod
    def _shows(copy: _Copy, block: Block, whole: Block) -> bool:
        """Whether the copy shows the whole value, or as much of it as its system holds."""
        return _same(block, whole) or _same(
            block, {name: _cut(it, copy.limits.get(name)) for name, it in whole.items()}
        )

    def _verdict(
        self,
        name: str,
        heads: list[_Value],
        blocks: list[Block],
        now: Mapping[str, _Value],
        at: datetime,
    ) -> tuple[_Value | None, bool]:
        """The value that is agreed on now, and whether the group is in conflict."""
        group = self._groups[name]
        ruling, group.ruling = group.ruling, None
        if not heads:
            return _Value(block={}, parents=(), until=at), False
        can_be = ruling is not None and (
            not group.rule.held or any(_same(it.block, ruling.block) for it in now.values())
        )
        if ruling is not None and can_be and all(any(_same(it, side) for side in group.sides) for it in blocks):
            ruling.parents = tuple(heads)
            return ruling, False
        if len(blocks) == 1:
            return _child_of(heads, group), False
        if group.open:
            return group.agreed, True
        decided = self._rule(name, heads, blocks, now, at)
        return (decided, False) if decided is not None else (group.agreed, True)

    def _rule(
        self,
        name: str,
        heads: list[_Value],
        blocks: list[Block],
        now: Mapping[str, _Value],
        at: datetime,
    ) -> _Value | None:
        group = self._groups[name]
        edits = [it for it in heads if it is not group.agreed]
        match group.rule.rule:
            case "account":
                own = [it for it in edits if it.account == group.rule.account]
                if not own:
                    own = [it for it in heads if it is group.agreed and it.account == group.rule.account]
                if len(_distinct(it.block for it in own)) != 1:
                    return None
                return _winner(own[0], heads, group.agreed, account=group.rule.account)
            case "newest":
                newest = self._newest(heads, blocks)
                return _winner(newest, heads, group.agreed) if newest is not None else None
            case "union":
                merged: Block | None = self._union(name, now, edits)
            case "most_restrictive":
                merged = _strictest(group.rule, blocks)
            case _:
                return None
        if merged is None:
            return None
        for it in heads:
            if _same(it.block, merged):
                return _winner(it, heads, group.agreed)
        return _Value(block=merged, parents=tuple(heads), until=at)

    def _newest(self, heads: list[_Value], blocks: list[Block]) -> _Value | None:
        for block in blocks:
            own = [it for it in heads if _same(it.block, block)]
            others = [it for it in heads if not _same(it.block, block)]
            for it in own:
                if it.after is not None and all(it.after >= other.until + self._margin for other in others):
                    return it
        return None

    def _union(self, name: str, now: Mapping[str, _Value], edits: list[_Value]) -> Block:
        group = self._groups[name]
        (only,) = group.rule.fields
        merged = set(_terms(group.agreed.block.get(only))) if group.agreed is not None else set()
        gone: set[str] = set()
        for copy, value in now.items():
            if not any(value is it for it in edits):
                continue
            stands = self._copies[copy].places[name].stands
            base = _terms(stands.block.get(only)) if stands is not None else frozenset()
            merged |= _terms(value.block.get(only)) - base
            gone |= base - _terms(value.block.get(only))
        return {only: frozenset(merged - gone) or None}


def _heads(values: list[_Value]) -> list[_Value]:
    """Those from which no other one descends, each once."""
    once = [it for at, it in enumerate(values) if not any(it is other for other in values[:at])]
    return [it for it in once if not any(other.descends_from(it) for other in once)]


def _child_of(heads: list[_Value], group: _Group) -> _Value:
    """One value is left: the agreed one stays what it is, another takes its place."""
    for it in heads:
        if it is group.agreed:
            return it
    first = next((it for it in heads if it.account == group.rule.account), heads[0])
    return _winner(first, heads, group.agreed)


def _winner(value: _Value, heads: list[_Value], agreed: _Value | None, *, account: str = "") -> _Value:
    """The agreement on this value: it descends from everything that it decides about."""
    if value is agreed:
        return _Value(block=value.block, parents=tuple(heads), account=value.account, until=value.until)
    same = [it for it in heads if _same(it.block, value.block) and it is not agreed]
    of = account or value.account
    return _Value(block=value.block, parents=tuple(heads), account=of, until=max(it.until for it in same))


def _strictest(rule: OracleRule, blocks: list[Block]) -> Block | None:
    found: dict[str, Plain] = {}
    for name in rule.fields:
        values = [it.get(name) for it in blocks]
        said = [it for it in values if it]
        texts = [it for it in said if isinstance(it, str)]
        sets = [it for it in said if isinstance(it, frozenset)]
        if not said or (len(said) == len(values) and len(set(said)) == 1):
            found[name] = said[0] if said else None
        elif name in rule.latest:
            found[name] = max(texts)
        elif name in rule.earliest:
            found[name] = min(texts)
        elif name in rule.restricts:
            found[name] = frozenset[str]().union(*sets)
        elif name in rule.permits and frozenset.intersection(*sets):
            found[name] = frozenset.intersection(*sets)
        else:
            return None
    return found


def _distinct(blocks: Iterable[Block]) -> list[Block]:
    found: list[Block] = []
    for it in blocks:
        if not any(_same(it, other) for other in found):
            found.append(it)
    return found


def _same(one: Block, other: Block) -> bool:
    """Whether both say the same: nobody means anything by the spaces around a text."""
    return all(_bare(one.get(name)) == _bare(other.get(name)) for name in one.keys() | other.keys())


def _bare(value: Plain) -> Plain:
    return (value.strip() if isinstance(value, str) else value) or None


def _cut(value: Plain, limit: int | None) -> Plain:
    if limit is None or not isinstance(value, str):
        return value
    return value.encode()[:limit].decode(errors="ignore").rstrip()


def _blank(block: Block) -> bool:
    return not any(block.values())


def _terms(value: Plain) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()
