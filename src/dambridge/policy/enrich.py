"""What flow enrich keeps in the system of record: which fields, what it does where its people differ, and the work list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from dambridge.model.accords import GroupName
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName, Link
from dambridge.model.values import FieldName
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule

PREFIX = "enrich:"
"""Begins the name of every group of this flow, so that it meets none of another flow's."""
PAPER = "paper:"
"""The same of the groups by which papers that hang on a picture are known."""


class BothChanged(StrEnum):
    """What becomes of a value that people set in the target when the fields that it rests on change at the source too."""

    KEEP_TARGET = "keep_target"
    """Theirs stays, without a word."""
    ASK = "ask"
    """A person says which; the entry stands in the inbox, and theirs until then."""
    UNION = "union"
    """Lists take up what was added on either side; for anything else a person is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """How librarians find what lacks a facet: `word` among the values of `attribute`."""

    attribute: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Contracts and releases beside pictures. `galleries` are patterns of where they stand at the source; `pattern` says how
    the pictures' job identifier looks in a paper's file name (a key pattern, as tables have); `view` begins the name of the
    view that it becomes. `restricted` is an administrator's word that nobody sees views there who should not: no
    reference says who does (NX 4.4 says who manages them)."""

    galleries: tuple[str, ...]
    pattern: str
    view: str = "Restricted"
    restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichPolicy:
    """Everything that decides about enrichment, as data.

    `fields` are written to the record copies of `target`, derived from the copies at `source` by the target's map.
    `facets` are the fields that every asset of the target needs for its users to find it, written by this flow or not."""

    source: AccountId
    target: AccountId
    fields: tuple[FieldName, ...]
    facets: tuple[FieldName, ...] = ()
    both_changed: BothChanged = BothChanged.ASK
    work_list: WorkList | None = None
    papers: Papers | None = None
    work_list_field: FieldName = field(default=FieldName("dambridge:work_list"), repr=False)
    stale_for: timedelta = timedelta(minutes=10)
    max_changes: int | None = None
    max_share: float | None = None
    plan_ttl: timedelta = timedelta(days=2)

    @property
    def source_copy(self) -> CopyId:
        return CopyId(self.source, CopyRole.SOURCE)

    @property
    def target_copy(self) -> CopyId:
        return CopyId(self.target, CopyRole.RECORD)

    def concerns(self, link: Link) -> bool:
        """Whether the link has a record copy, which is all that this flow is about."""
        return link.copy(self.target_copy) is not None

    def group(self, name: FieldName, rule: Rule = Rule.ACCOUNT) -> FieldGroup:
        """The group of one field. Where no rule is named the target's people decide."""
        account = self.target if rule is Rule.ACCOUNT else None
        return FieldGroup(name=group_name(name), fields=frozenset({name}), authority=Authority(rule, account))

    def as_mirror(self) -> MirrorPolicy:
        """The same for whoever carries fields to copies: groups, limits and times."""
        names = (*self.fields, *([self.work_list_field] if self.work_list is not None else []))
        return MirrorPolicy(
            flow=FlowName.ENRICH,
            accounts=(self.source, self.target),
            groups=tuple(self.group(it) for it in names),
            stale_for=self.stale_for,
            max_changes=self.max_changes,
            max_share=self.max_share,
            plan_ttl=self.plan_ttl,
        )


def group_name(name: FieldName) -> GroupName:
    """The group under which the ledger keeps this field of this flow."""
    return GroupName(f"{PREFIX}{name}")


def field_of(group: GroupName) -> FieldName | None:
    """The field of such a group; None for a group of another flow."""
    return FieldName(group.removeprefix(PREFIX)) if group.startswith(PREFIX) else None
