"""Flow `handoff`: how a review is told, who sees to it and how soon, and what becomes of a source once it is archived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dambridge.model.lifecycle import Status
from dambridge.model.records import AssetRecord
from dambridge.model.submissions import Disposal
from dambridge.model.values import FieldName
from dambridge.policy.calendars import WorkingCalendar
from dambridge.policy.carriers import Carrier
from dambridge.policy.intake import IntakePolicy, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Who sees to what waits for a review: the owner, and the deputy once `within` of working time has passed again.

    Names are those of people; how they are reached is not said here."""

    owner: str
    deputy: str = ""
    within: timedelta | None = None
    calendar: WorkingCalendar | None = None

    def due(self, since: datetime) -> datetime | None:
        """When what waits since then is late; None where nobody said how soon."""
        if self.within is None:
            return None
        return self.calendar.after(since, self.within) if self.calendar is not None else since + self.within

    def whose(self, due: datetime | None, now: datetime) -> str:
        """Who sees to what is due then: the deputy where there is one and it is late by as much again, else the owner."""
        later = self.due(due) if due is not None else None
        return self.deputy if self.deputy and later is not None and later <= now else self.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """What becomes of a source whose archived copy is proven: `field` and `value` are for a tag, `gallery` is where it
    moves to."""

    kind: Disposal = Disposal.KEEP
    field: str = ""
    value: str = ""
    gallery: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffPolicy:
    """Everything that decides about hand-off, as data. `intake` says what is selected and where it is archived; `carriers`
    where the source shows a status, none where it is reviewed in dambridge alone; `contributor` is the field that names who
    handed a file in, `note_field` the account's own field in which a contributor is answered to whom no other way is known
    (empty: none), and `coordinator` whoever is asked where nobody else can be."""

    intake: IntakePolicy
    queue: Queue
    coordinator: str
    carriers: tuple[Carrier, ...] = ()
    contributor: FieldName = field(default=FieldName("creator"))
    note_field: str = ""
    disposition: Disposition = Disposition()

    @property
    def showing(self) -> tuple[Carrier, ...]:
        """The carriers as they are written: one without a word for what is archived says that it is approved."""
        return tuple(
            replace(it, words={**it.words, Status.ARCHIVED: it.words[Status.APPROVED]})
            if not it.words.get(Status.ARCHIVED) and it.words.get(Status.APPROVED)
            else it
            for it in self.carriers
        )

    @property
    def groups(self) -> frozenset[str]:
        """The groups of a source's record that have to be read."""
        named = {"custom"} if self.contributor.startswith("custom:") or self.note_field.startswith("custom.") else set()
        return frozenset({*self.intake.groups, "containers", *named, *(it.group for it in self.carriers)})

    def shoot_of(self, record: AssetRecord) -> str:
        """The shoot that a file belongs to: the gallery in which it was handed in, the first by name of those selected."""
        paths = sorted(it.path for it in record.containers if self.intake.selects_container(it.path))
        return paths[0] if paths else ""

    def contributor_of(self, record: AssetRecord) -> str:
        return plain(record.fields.get(self.contributor)).strip()


Addresses = Mapping[str, str]
"""The name under which somebody is reached, by how records spell whoever that is."""
