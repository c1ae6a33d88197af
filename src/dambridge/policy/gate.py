"""The rights gate: may this asset be shown, through this channel, in this territory, at this instant? Pure, and closed
unless everything that has to be known is known and permits it.

A channel says what it is (public or not, commercial or not, whether machines may learn from it), the rules say what has to be
known for it. The answer is a value that says why in codes, until when it holds, and when to ask again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dambridge.model.gate import Answer, Block, Question
from dambridge.model.rights import EVERYWHERE, PERPETUAL, Consent, Fact, Release, Rights

CAREFUL: frozenset[Fact] = frozenset({Fact.HOLDER, Fact.KIND, Fact.WINDOW, Fact.TERRITORIES, Fact.CHANNELS})
"""What has to be known unless the rules say otherwise."""
APPROVED_ALONE = frozenset({"approved"})
"""What is archived is not among them: it was approved once, and nobody answers for its use any more."""
ASKED_OF_PEOPLE: frozenset[Fact] = frozenset({Fact.MODEL_RELEASE, Fact.CONSENT})
"""What has to be known as well where people are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way out. `commercial` channels need releases and no editorial restriction; `trains_machines` is for those whose
    audience may mine what it gets; `audiences` are the groups it may be shown to, empty for everybody."""

    name: str
    commercial: bool = True
    trains_machines: bool = False
    audiences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What the gate demands, as data. `groups` are named groups of territories (`DACH` to its ISO 3166 codes)."""

    channels: Mapping[str, Channel]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    must_know: frozenset[Fact] = CAREFUL
    must_know_of_people: frozenset[Fact] = ASKED_OF_PEOPLE
    statuses: frozenset[str] = APPROVED_ALONE
    """Lifecycle words of what may be shown; empty: whatever its word is."""

    def groups_of(self, territory: str) -> frozenset[str]:
        return frozenset(name.upper() for name, members in self.groups.items() if territory in members)

    def members_of(self, territory: str) -> frozenset[str]:
        """The territories that a question about this one is about: all those of a group, whose audience sits in any of them."""
        return self.groups.get(territory, frozenset({territory}))


def may(rights: Rights, question: Question, rules: GateRules) -> Answer:
    """Say whether the asset may be shown as asked. A channel that the rules do not know is shut."""
    channel = rules.channels.get(question.channel)
    if channel is None:
        return Answer(blocks=(Block.CHANNEL,))
    said = (rights, *rights.also)
    unknown = tuple(sorted(_missing(rights, rules)))
    found = [
        (*_by_time(it, question), *_by_bounds(it, question, rules), *_by_use(it, question, channel)) for it in said
    ]
    blocks = list(dict.fromkeys(block for it in found for block in it))
    if rules.statuses and question.status is not None and question.status not in rules.statuses:
        blocks.append(Block.NOT_APPROVED)
    if unknown:
        blocks.append(Block.UNKNOWN)
    opens = max((it.not_before for it in said if it.not_before is not None), default=None)
    until = min((it.not_after for it in said if it.not_after is not None), default=None)
    known = (at for it in said for at in (it.not_before, it.not_after) if at is not None)
    return Answer(
        blocks=tuple(blocks),
        unknown=unknown,
        until=until if not blocks else None,
        opens=opens if blocks == [Block.BEFORE_START] else None,
        ask_again=min((it for it in known if it > question.at), default=None),
    )


def strictest(master: Rights, *copies: Rights) -> Rights:
    """The master's rights, and beside them every restriction that a copy names: the later start, the earlier end, only what
    all permit, whatever one forbids, the weaker release, a consent that was withdrawn anywhere. A copy that says nothing
    adds nothing, and none makes known what the master leaves unknown."""
    return replace(master, also=(*master.also, *(it for it in copies if it != Rights())))


def _by_time(rights: Rights, question: Question) -> Iterator[Block]:
    if rights.not_before is not None and question.at < rights.not_before:
        yield Block.BEFORE_START
    if rights.not_after is not None and question.at >= rights.not_after:
        yield Block.ENDED


def _by_bounds(rights: Rights, question: Question, rules: GateRules) -> Iterator[Block]:
    """Only what is known to be forbidden; what is not known at all is told apart as such."""
    if any(
        rights.territories.admits(it, rules.groups_of(it)) is False for it in rules.members_of(question.territory)
    ) or (question.territory == EVERYWHERE and rights.territories.forbidden):
        yield Block.TERRITORY
    if rights.channels.admits(question.channel) is False:
        yield Block.CHANNEL


def _by_use(rights: Rights, question: Question, channel: Channel) -> Iterator[Block]:
    if channel.audiences and question.audience not in channel.audiences:
        yield Block.AUDIENCE
    if rights.consent is Consent.WITHDRAWN:
        yield Block.CONSENT_WITHDRAWN
    if channel.trains_machines and rights.mining.startswith("DMI-PROHIBITED"):
        yield Block.MINING_PROHIBITED
    if not channel.commercial:
        return
    if rights.editorial_only:
        yield Block.EDITORIAL_ONLY
    if rights.model_release in {Release.NONE, Release.LIMITED}:
        yield Block.NO_MODEL_RELEASE
    if rights.property_release in {Release.NONE, Release.LIMITED}:
        yield Block.NO_PROPERTY_RELEASE


def _missing(rights: Rights, rules: GateRules) -> Iterator[Fact]:
    unclear = any(it.unclear for it in (rights, *rights.also))
    people = any(it.people for it in (rights, *rights.also))
    known = {
        Fact.HOLDER: bool(rights.holder),
        Fact.CREDIT: bool(rights.credit),
        Fact.KIND: rights.kind is not None,
        Fact.WINDOW: not unclear and (rights.not_after is not None or rights.kind in PERPETUAL),
        Fact.TERRITORIES: rights.territories.permitted is not None,
        Fact.CHANNELS: rights.channels.permitted is not None,
        Fact.MODEL_RELEASE: rights.model_release is not None,
        Fact.PROPERTY_RELEASE: rights.property_release is not None,
        Fact.CONSENT: rights.consent is not None,
        Fact.CONTRACT: bool(rights.contract),
    }
    demanded = rules.must_know | (rules.must_know_of_people if people else frozenset())
    # A date that was given and cannot be read shuts the gate whatever else is demanded
    return (fact for fact in Fact if not known[fact] and (fact in demanded or (fact is Fact.WINDOW and unclear)))
