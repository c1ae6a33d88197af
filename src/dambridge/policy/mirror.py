"""Fields that several copies keep in step, whichever of them people edit: who decides when they differ, and what follows
when a copy is not there any more. Data; the deciding is in `planning`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from dambridge.model.accords import CONTENT, FILE_NAME, GroupName
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Role
from dambridge.model.records import Absence
from dambridge.model.values import FieldName
from dambridge.policy.carriers import Carrier
from dambridge.policy.retention import Retention
from dambridge.policy.strictness import STRICTNESS, Strictness


class Rule(StrEnum):
    """Who decides where edits of several copies contend."""

    ACCOUNT = "account"
    """The named account's edit."""
    NEWEST = "newest"
    """The edit that is known to be the later one; a person where the times overlap."""
    MOST_RESTRICTIVE = "most_restrictive"
    """What permits less, taken field by field of the block; a person where two values cannot be compared."""
    UNION = "union"
    """Lists as sets: everything added anywhere, without what was removed anywhere."""
    TRANSITIONS = "transitions"
    """The table of legal moves (`policy.lifecycle`): an edit that is none waits for a person, and of several the later one."""
    ASK = "ask"
    """A person, always."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The rule of a group; `account` is named for `Rule.ACCOUNT` alone."""

    rule: Rule
    account: AccountId | None = None

    def __post_init__(self) -> None:
        if (self.rule is Rule.ACCOUNT) != (self.account is not None):
            raise ValueError("an authority names an account if, and only if, its rule is `account`")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """Fields that merge as one, by one authority.

    `owner` is the account whose people alone may permit more than is agreed, for `Rule.MOST_RESTRICTIVE`: an edit made
    elsewhere takes effect at once as far as it permits less, and for the rest needs a named person. None: every account may.
    """

    name: GroupName
    fields: frozenset[FieldName]
    authority: Authority
    owner: AccountId | None = None

    def __post_init__(self) -> None:
        if self.owner is not None and self.authority.rule is not Rule.MOST_RESTRICTIVE:
            raise ValueError("a group has an owner only where what permits less holds")
        if self.by_transitions and self.fields != {LIFECYCLE_STATUS}:
            raise ValueError("only the status of an asset moves by the table of transitions")

    @classmethod
    def of(cls, name: FieldName, authority: Authority) -> FieldGroup:
        """A group of one field, named as the field."""
        return cls(name=GroupName(name), fields=frozenset({name}), authority=authority)

    @property
    def by_transitions(self) -> bool:
        return self.authority.rule is Rule.TRANSITIONS

    @property
    def is_content(self) -> bool:
        return CONTENT in self.fields

    @property
    def is_file_name(self) -> bool:
        return FILE_NAME in self.fields


class WhenAbsent(StrEnum):
    """What follows for the other copies when one is proven not to be there."""

    ASK = "ask"
    """Nothing until a person has ruled; the entry stands in the inbox."""
    LET_GO = "let_go"
    """The copy leaves the link, with a tombstone; the others stay as they are and in step among themselves."""
    FOLLOW = "follow"
    """The other copies are retired: into the holding folder, out of the gallery, never deleted for good."""
    WAIT = "wait"
    """The link rests until the copy is seen again."""


ABSENT_BY_DEFAULT: Mapping[Absence, WhenAbsent] = MappingProxyType(
    {
        Absence.DELETED: WhenAbsent.ASK,
        Absence.TRASHED: WhenAbsent.ASK,
        Absence.LEFT_SELECTION: WhenAbsent.LET_GO,
        Absence.HIDDEN: WhenAbsent.WAIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPolicy:
    """Everything that decides about fields kept in step, as data.

    `margin` is by how much one edit must be later than another to be called newer (clocks of two systems differ);
    `stale_for` how long after a write of ours an answer that shows an earlier version is taken for a stale one.
    `max_removals` and `max_removal_share` bound what one run may retire, `max_changes` and `max_share` all it may change.
    `strictness` says of a site's own fields which of two values permits less. `carriers` are per account what shows the
    status of an asset there, the first before the others, and `roles` in what capacities its people move it; `zone` is
    that of licences whose last day names none, `warn_before` how long before the end of a licence its owner is told.
    `superseded_by` is the field that names what took an asset's place, `retention` what need not be kept for ever.
    """

    flow: FlowName
    accounts: tuple[AccountId, ...]
    groups: tuple[FieldGroup, ...]
    absences: Mapping[AccountId, Mapping[Absence, WhenAbsent]] = field(default_factory=dict)
    margin: timedelta = timedelta(seconds=5)
    stale_for: timedelta = timedelta(minutes=10)
    max_changes: int | None = None
    max_share: float | None = None
    max_removals: int | None = 20
    max_removal_share: float | None = 0.02
    plan_ttl: timedelta = timedelta(days=2)
    strictness: Mapping[FieldName, Strictness] = field(default_factory=dict)
    carriers: Mapping[AccountId, tuple[Carrier, ...]] = field(default_factory=dict)
    roles: Mapping[AccountId, frozenset[Role]] = field(default_factory=dict)
    zone: tzinfo = UTC
    warn_before: timedelta | None = None
    superseded_by: FieldName | None = None
    retention: Retention | None = None

    def __post_init__(self) -> None:
        names = [name for group in self.groups for name in group.fields]
        if len(names) != len(set(names)):
            raise ValueError("a field stands in one group")

    @property
    def managed(self) -> frozenset[FieldName]:
        return frozenset(name for group in self.groups for name in group.fields)

    def when_absent(self, account: AccountId, absence: Absence) -> WhenAbsent:
        return self.absences.get(account, {}).get(absence, ABSENT_BY_DEFAULT[absence])

    def roles_in(self, account: AccountId) -> frozenset[Role]:
        """In what capacities people of this account move an asset; one that is not named has no say."""
        return self.roles.get(account, frozenset())

    def how_strict(self, name: FieldName) -> Strictness | None:
        """How the values of this field are held against each other, None where that needs a person."""
        return self.strictness.get(name, STRICTNESS.get(name))
