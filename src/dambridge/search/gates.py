"""What the rights gate says of every profile that the index knows: asked when somebody wants to know, remembered until an answer
may be another one. So that a question about a million assets is asked of a few thousand profiles, and of the gate itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dambridge.model.access import Searcher, Sight
from dambridge.model.gate import Answer, Block, Question
from dambridge.model.identity import AccountId
from dambridge.model.lifecycle import Status
from dambridge.model.queries import Usable
from dambridge.model.rights import EVERYWHERE
from dambridge.model.searching import Profile
from dambridge.policy.gate import GateRules, may
from dambridge.policy.searching import SearchPolicy, Way
from dambridge.ports.searching import Numbers

UNDER_REVIEW = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.CHANGES_ASKED, Status.REJECTED})
"""What is not approved yet, or was turned down. What was withdrawn or is past its end is neither."""
_BEST = (Usable.NOW, Usable.LATER, Usable.ENDED, Usable.UNKNOWN, Usable.SHUT)


def usable(answer: Answer) -> Usable:
    """An answer in the words of the facet."""
    if answer.permits:
        return Usable.NOW
    if answer.opens is not None:
        return Usable.LATER
    if Block.ENDED in answer.blocks:
        return Usable.ENDED
    return Usable.UNKNOWN if Block.UNKNOWN in answer.blocks else Usable.SHUT


def ways_for(searcher: Searcher, policy: SearchPolicy, *, channel: str = "", territory: str = "") -> tuple[Way, ...]:
    """The channels and territories that "usable" is about for this person: theirs, narrowed to what was named. What lies
    outside their regions is no way of theirs, so there may be none."""
    channels = [channel] if channel else sorted(policy.gate.channels)
    if searcher.channels is not None:
        channels = [it for it in channels if it in searcher.channels]
    regions = searcher.scope.regions
    if territory:
        territories = [territory] if regions is None or _within(territory, regions, policy.gate) else []
    elif regions is not None:
        territories = sorted(regions)
    else:
        return _configured(policy, channels)
    return tuple(Way(channel=it, territory=where) for it in channels for where in territories)


def _configured(policy: SearchPolicy, channels: Sequence[str]) -> tuple[Way, ...]:
    ours = tuple(it for it in policy.ways if it.channel in channels)
    named = {it.channel for it in ours}
    # A channel that no outlet goes through is asked about for the whole world: that is always the stricter question
    return (*ours, *(Way(channel=it, territory=EVERYWHERE) for it in channels if it not in named))


def _within(territory: str, regions: Iterable[str], rules: GateRules) -> bool:
    inside = rules.members_of(territory)
    return any(it in {EVERYWHERE, territory} or inside <= rules.members_of(it) for it in regions)


def word_of_gate(profile: Profile, searcher: Searcher, ways: Iterable[Way], rules: GateRules, now: datetime) -> Word:
    """The best answer among these ways, the first of equals."""
    best: Word | None = None
    for way in ways:
        question = Question(
            channel=way.channel, territory=way.territory, audience=searcher.audience, at=now, status=profile.status
        )
        answer = may(profile.rights, question, rules)
        found = Word(usable(answer), answer, way)
        if best is None or _BEST.index(found.usable) < _BEST.index(best.usable):
            best = found
        if found.usable is Usable.NOW:
            break
    return best or Word(Usable.SHUT, Answer(blocks=(Block.CHANNEL,)), Way(channel="", territory=""))


@dataclass(frozen=True, slots=True)
class Word:
    """What the gate says of a profile, and of which way."""

    usable: Usable
    answer: Answer
    way: Way


def in_region(profile: Profile, region: str, rules: GateRules) -> bool:
    """Whether the territory is known to be admitted; of a group each of its members has to be. What is not known is not."""
    members = rules.members_of(region)
    said = [it.territories for it in (profile.rights, *profile.rights.also)]
    if region == EVERYWHERE and any(it.forbidden for it in said):
        return False
    if not all(said[0].admits(it, rules.groups_of(it)) is True for it in members):
        return False
    return not any(it.admits(one, rules.groups_of(one)) is False for it in said for one in members)


@dataclass(slots=True)
class _Known:
    """Answers to one question: valid for `upto` profiles until `until`."""

    words: dict[int, Word] = field(default_factory=dict)
    by_profile: dict[Profile, Word] = field(default_factory=dict)
    standing: dict[Usable, frozenset[int]] = field(default_factory=dict)
    """The numbers of those of which the gate says this, once somebody asked."""
    until: datetime | None = None
    since: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.since is not None and self.since <= now and (self.until is None or now < self.until)


class Numbered(Protocol):
    """What an index tells of its numbers."""

    async def numbers(self, *, profiles: int, places: int) -> Numbers: ...


class ProfileBook:
    """The profiles of one index with the gate's answers. Nothing is kept that could not be asked again."""

    def __init__(self, index: Numbered, policy: SearchPolicy) -> None:
        self._index = index
        self._policy = policy
        self.profiles: dict[int, Profile] = {}
        self.territories: dict[int, frozenset[str] | None] = {}
        """Those that the rights of each profile name."""
        self._places: dict[int, Sequence[tuple[AccountId, str]]] = {}
        self._answers: dict[tuple[object, ...], _Known] = {}
        self._tested: dict[object, tuple[int, frozenset[int]]] = {}

    async def refresh(self) -> None:
        """Take in what the index has met since."""
        last, last_place = next(reversed(self.profiles), 0), next(reversed(self._places), 0)
        found = await self._index.numbers(profiles=last, places=last_place)
        self.profiles.update(found.profiles)
        self._places.update(found.places)
        self.territories.update((number, it.rights.territories.permitted) for number, it in found.profiles)

    def said(self, searcher: Searcher, now: datetime) -> Mapping[Profile, Word]:
        """The gate's words by profile, as far as somebody asked already."""
        known = self._answers.get((ways_for(searcher, self._policy), searcher.audience))
        return known.by_profile if known is not None and known.holds(now) else {}

    def _known(self, searcher: Searcher, now: datetime, *, channel: str = "", territory: str = "") -> _Known:
        ways = ways_for(searcher, self._policy, channel=channel, territory=territory)
        key = (ways, searcher.audience)
        known = self._answers.get(key)
        if known is None or not known.holds(now):
            known = self._answers[key] = _Known(since=now)
        if len(known.words) < len(self.profiles):
            known.standing.clear()
            for number, profile in self.profiles.items():
                if number not in known.words:
                    word = known.words[number] = word_of_gate(profile, searcher, ways, self._policy.gate, now)
                    known.by_profile[profile] = word
                    known.until = _sooner(known.until, _changes(profile, now))
        return known

    def permitted(self, searcher: Searcher, now: datetime, *, channel: str = "", territory: str = "") -> frozenset[int]:
        return _standing(self._known(searcher, now, channel=channel, territory=territory), Usable.NOW)

    def standing(self, searcher: Searcher, now: datetime, wanted: Usable) -> frozenset[int]:
        return _standing(self._known(searcher, now), wanted)

    def admitting(self, region: str) -> frozenset[int]:
        return self._remembered(("region", region), lambda it: in_region(it, region, self._policy.gate))

    def visible(self, searcher: Searcher, now: datetime) -> frozenset[int] | None:
        """Profiles of what this person may see; None for all of them."""
        found: frozenset[int] | None = None
        if searcher.sight is Sight.NOTHING:
            return frozenset()
        if searcher.sight < Sight.EVERYTHING:
            found = self.permitted(searcher, now)
        if searcher.sight is Sight.IN_REVIEW and found is not None:
            found |= self._remembered("under review", lambda it: it.status in UNDER_REVIEW)
        if searcher.scope.regions is not None:
            here = frozenset[int]().union(*map(self.admitting, searcher.scope.regions))
            found = here if found is None else found & here
        return found

    def standing_in(self, searcher: Searcher) -> frozenset[int] | None:
        """Sets of containers that lie in the person's selections; None where they have none to keep to."""
        scope = searcher.scope
        if scope.selections is None:
            return None
        inside = self._policy.stands_in
        return frozenset(
            number for number, several in self._places.items() if any(inside(scope, a, path) for a, path in several)
        )

    def _remembered(self, key: object, test: Callable[[Profile], bool]) -> frozenset[int]:
        """What does not change with time, tested once for each profile."""
        upto, found = self._tested.get(key, (0, frozenset[int]()))
        last = max(self.profiles, default=0)
        if upto < last:
            found |= {number for number, it in self.profiles.items() if number > upto and test(it)}
            self._tested[key] = (last, found)
        return found


def _standing(known: _Known, wanted: Usable) -> frozenset[int]:
    if wanted not in known.standing:
        known.standing[wanted] = frozenset(it for it, word in known.words.items() if word.usable is wanted)
    return known.standing[wanted]


def _changes(profile: Profile, now: datetime) -> datetime | None:
    """The next instant at which an answer about the profile may be another one."""
    said = (profile.rights, *profile.rights.also)
    known = (at for it in said for at in (it.not_before, it.not_after) if at is not None and at > now)
    return min(known, default=None)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((it for it in (one, other) if it is not None), default=None)
