"""Who contends for a group, and what its authority makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dambridge.mapping import is_absent, same
from dambridge.model.accords import Accord
from dambridge.model.identity import CopyId
from dambridge.model.values import FieldName, Fields, Value
from dambridge.planning.sets import union
from dambridge.planning.standings import Reading
from dambridge.planning.strictness import Incomparable, strictest
from dambridge.planning.views import alike, rank
from dambridge.policy.mirror import FieldGroup, MirrorPolicy, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One value that lays claim to a group, with the copies that say it; `agreed` where it is (also) the agreed one."""

    fields: Fields
    readings: tuple[Reading, ...]
    agreed: bool = False

    @property
    def after(self) -> datetime | None:
        """The latest edit to this value was made after this; None where it may be of any age."""
        known = [it.after for it in self.readings]
        return max((it for it in known if it is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The authority's word. `origin` is the copy that it came from, None where it was merged of several."""

    fields: Fields
    origin: CopyId | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """The authority cannot tell; `why` is a sentence for people."""

    why: str


def contend(
    group: FieldGroup, readings: Sequence[Reading], accord: Accord | None, held: Sequence[Reading], *, stands: bool
) -> tuple[Contender, ...]:
    """The distinct values that lay claim to the group: of edited copies, of copies `held` by an open conflict, and the
    agreed one where `stands`. Sorted by value, so that the order of copies does not matter."""
    claims = [(it.value, it) for it in (*(it for it in readings if it.edited), *held)]
    found: list[Contender] = []
    for fields in [*sorted((value for value, _ in claims), key=rank), *([accord.fields] if accord and stands else [])]:
        if any(alike(fields, it.fields, group.fields) for it in found):
            continue
        said = tuple(it for value, it in claims if alike(value, fields, group.fields))
        agreed = stands and accord is not None and alike(fields, accord.fields, group.fields)
        found.append(Contender(fields=fields, readings=said, agreed=agreed))
    return tuple(found)


def decide(
    contenders: Sequence[Contender],
    group: FieldGroup,
    accord: Accord | None,
    policy: MirrorPolicy,
    silent: frozenset[FieldName] = frozenset(),
) -> Chosen | Undecided:
    """Ask the group's authority about several contenders. Fields in `silent` only the group's owner may be the first to fill."""
    match group.authority.rule:
        case Rule.ACCOUNT:
            return _of_account(contenders, group, accord)
        case Rule.NEWEST:
            return _newest(contenders, group, accord, policy)
        case Rule.MOST_RESTRICTIVE:
            return _most_restrictive(contenders, group, policy, silent)
        case Rule.UNION:
            return _union(contenders, group, accord)
        case Rule.ASK | Rule.TRANSITIONS:
            return Undecided("a person decides")


def chosen(contender: Contender, group: FieldGroup) -> Chosen:
    """This contender's value, as one of its copies says it: one of the account that decides, where there is one."""
    if not contender.readings:
        return Chosen(fields=contender.fields, origin=None, since=None)
    first = min(contender.readings, key=lambda it: (it.copy.account != group.authority.account, it.copy))
    return Chosen(fields=contender.fields, origin=first.copy, since=max(it.until for it in contender.readings))


def _of_account(contenders: Sequence[Contender], group: FieldGroup, accord: Accord | None) -> Chosen | Undecided:
    account = group.authority.account
    own = [it for it in contenders if any(reading.copy.account == account for reading in it.readings)]
    if len(own) == 1:
        return chosen(own[0], group)
    if own:
        return Undecided(f"{account} has several values itself")
    origin = accord.origin if accord is not None else None
    if origin is not None and origin.account == account:
        for it in contenders:
            if it.agreed:
                return Chosen(fields=it.fields, origin=origin, since=None)
    return Undecided(f"none of the values is from {account}")


def _newest(
    contenders: Sequence[Contender], group: FieldGroup, accord: Accord | None, policy: MirrorPolicy
) -> Chosen | Undecided:
    for one in contenders:
        others = [_latest(it, accord) for it in contenders if it is not one]
        if one.after is not None and all(one.after >= until + policy.margin for until in others):
            return chosen(one, group)
    return Undecided("the edits may have been made in any order")


def _latest(contender: Contender, accord: Accord | None) -> datetime:
    """The latest instant at which somebody may have chosen this value."""
    agreed = [accord.since] if contender.agreed and accord is not None else []
    return max([*(it.until for it in contender.readings), *agreed])


def tightened(
    contenders: Sequence[Contender],
    group: FieldGroup,
    accord: Accord,
    policy: MirrorPolicy,
    silent: frozenset[FieldName] = frozenset(),
) -> Fields:
    """What is agreed, stricter where any of the contenders is. Where nobody can tell which permits less it stays as agreed,
    and what is `silent` stays so unless the group's owner fills it."""
    found: dict[FieldName, Value] = {}
    unowned = {it for it in silent if _is_filled_by_others(it, contenders, group)}
    for name in sorted(group.fields - unowned):
        said = [accord.fields.get(name), *(it.fields.get(name) for it in contenders)]
        value = strictest(name, said, policy.how_strict(name))
        kept = accord.fields.get(name) if isinstance(value, Incomparable) else value
        if kept is not None:
            found[name] = kept
    return found


def refused(contender: Contender, group: FieldGroup, stands: Fields) -> tuple[FieldName, ...]:
    """The fields of which the contender says something that does not stand."""
    return tuple(it for it in sorted(group.fields) if not same(it, contender.fields.get(it), stands.get(it)))


def _is_filled_by_others(name: FieldName, contenders: Sequence[Contender], group: FieldGroup) -> bool:
    """Whether contenders fill this field, and none of them is the owner's."""
    said = [it for it in contenders if (value := it.fields.get(name)) is not None and not is_absent(value)]
    return bool(said) and all(one.copy.account != group.owner for it in said for one in it.readings)


def _most_restrictive(
    contenders: Sequence[Contender], group: FieldGroup, policy: MirrorPolicy, silent: frozenset[FieldName]
) -> Chosen | Undecided:
    found: dict[FieldName, Value] = {}
    for name in sorted(group.fields):
        if name in silent and _is_filled_by_others(name, contenders, group):
            return Undecided(f"{name} was unknown, which permits nothing; only {group.owner} may make it known")
        value = strictest(name, [it.fields.get(name) for it in contenders], policy.how_strict(name))
        if isinstance(value, Incomparable):
            return Undecided(f"nobody can tell which {name} permits less")
        if value is not None:
            found[name] = value
    return _merged(found, contenders, group)


def _union(contenders: Sequence[Contender], group: FieldGroup, accord: Accord | None) -> Chosen | Undecided:
    start = accord.fields if accord is not None else {}
    found: dict[FieldName, Value] = {}
    for name in sorted(group.fields):
        edits = [
            (it.standing.fields.get(name) if it.standing else None, it.value.get(name))
            for contender in contenders
            for it in contender.readings
        ]
        value = union(start.get(name), edits)
        if value is None:
            return Undecided(f"{name} is no list")
        if value:
            found[name] = value
    return _merged(found, contenders, group)


def _merged(fields: Fields, contenders: Sequence[Contender], group: FieldGroup) -> Chosen:
    """What was made of several, or one of them where the result is its value."""
    for it in contenders:
        if alike(fields, it.fields, group.fields):
            return chosen(it, group)
    return Chosen(fields=fields, origin=None, since=None)
