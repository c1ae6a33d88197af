"""What the policy could not decide: every value with where it stands and since when, and what a person rules about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from dambridge.model.accords import GroupName
from dambridge.model.identity import CopyId, FlowName, LinkId, derived_id
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetVersion
from dambridge.model.values import Fields, fields_from_json, fields_to_json

ConflictId = NewType("ConflictId", str)


class ConflictState(StrEnum):
    """The life of an entry of the inbox. `MOOT` ended by itself: the copies have come to say the same."""

    OPEN = "open"
    RULED = "ruled"
    SETTLED = "settled"
    MOOT = "moot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the values that contend: where it stands, who made it where the system says so, and when.

    The edit happened after `after` (the last time the copy was seen without it) and not after `until` (the first time it
    was seen with it, or the copy's own modified time where that is earlier); both aware. A side whose `copy` is None is the
    agreed value itself, which some copies already hold. `version` is the copy's when it showed the value.
    """

    copy: CopyId | None
    fields: Fields
    version: AssetVersion | None
    who: str = ""
    after: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "copy": str(self.copy) if self.copy else None,
            "fields": fields_to_json(self.fields),
            "version": self.version.to_json() if self.version else None,
            "who": self.who,
            "after": self.after.isoformat() if self.after else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Side:
        return cls(
            copy=CopyId.parse(data["copy"]) if data["copy"] else None,
            fields=fields_from_json(data["fields"]),
            version=AssetVersion.from_json(data["version"]) if data["version"] else None,
            who=data["who"],
            after=datetime.fromisoformat(data["after"]) if data["after"] else None,
            until=datetime.fromisoformat(data["until"]) if data["until"] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person decided about a conflict, at an aware instant.

    `fields` are the values that all copies shall have. Where `restore` is given they are empty, and it says for each copy what
    it gets back: the undoing of an earlier ruling, after which the conflict is open again.
    """

    by: str
    at: datetime
    fields: Fields
    side: CopyId | None = None
    restore: Mapping[CopyId, Fields] | None = None

    def to_json(self) -> dict[str, Any]:
        restore = self.restore
        return {
            "by": self.by,
            "at": self.at.isoformat(),
            "fields": fields_to_json(self.fields),
            "side": str(self.side) if self.side else None,
            "restore": {str(it): fields_to_json(restore[it]) for it in sorted(restore)}
            if restore is not None
            else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ruling:
        restore = data["restore"]
        return cls(
            by=data["by"],
            at=datetime.fromisoformat(data["at"]),
            fields=fields_from_json(data["fields"]),
            side=CopyId.parse(data["side"]) if data["side"] else None,
            restore={CopyId.parse(it): fields_from_json(one) for it, one in restore.items()}
            if restore is not None
            else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One entry of the inbox. There is one open entry at most for each link and group: its sides follow what is seen.

    `base` are the values last agreed on; `reason` says which rule could not decide, and why. `kept` are values that once
    contended and that a ruling or a later edit has replaced: nothing that ever stood here is forgotten. `revision` counts
    how often the ledger has written it (0: never), and a write that rests on an older one is refused: what a person ruled
    is not lost under what was seen meanwhile. Carry it along: make entries of entries, with `replace`.
    """

    link: LinkId
    group: GroupName
    flow: FlowName
    base: Fields
    sides: tuple[Side, ...]
    reason: Reason
    opened_at: datetime
    state: ConflictState = ConflictState.OPEN
    ruling: Ruling | None = None
    kept: tuple[Side, ...] = ()
    serial: int = 1
    revision: int = field(default=0, compare=False)

    @property
    def stands(self) -> bool:
        """Whether it is still to be settled: nobody has ruled yet, or what was ruled is not carried out."""
        return self.state in {ConflictState.OPEN, ConflictState.RULED}

    @property
    def id(self) -> ConflictId:
        """Derived from link, group and `serial`, which counts the conflicts that this group of this link has had."""
        return ConflictId(derived_id("cf", self.link, self.group, str(self.serial)))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "link": self.link,
            "group": self.group,
            "flow": str(self.flow),
            "base": fields_to_json(self.base),
            "sides": [it.to_json() for it in self.sides],
            "reason": self.reason.to_json(),
            "opened_at": self.opened_at.isoformat(),
            "state": str(self.state),
            "ruling": self.ruling.to_json() if self.ruling else None,
            "kept": [it.to_json() for it in self.kept],
            "serial": self.serial,
            **({"revision": self.revision} if self.revision else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Conflict:
        return cls(
            link=LinkId(data["link"]),
            group=GroupName(data["group"]),
            flow=FlowName(data["flow"]),
            base=fields_from_json(data["base"]),
            sides=tuple(Side.from_json(it) for it in data["sides"]),
            reason=Reason.from_json(data["reason"]),
            opened_at=datetime.fromisoformat(data["opened_at"]),
            state=ConflictState(data["state"]),
            ruling=Ruling.from_json(data["ruling"]) if data["ruling"] else None,
            kept=tuple(Side.from_json(it) for it in data["kept"]),
            serial=data["serial"],
            revision=data.get("revision", 0),
        )
