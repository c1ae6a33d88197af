"""What a plan can say: actions with the versions they expect, and decisions about items that need none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.accords import Accord
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import ActionId, AssetKey, CopyId, LinkId, RemoteId, derived_id
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Outward
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetVersion
from dambridge.model.terms import TermUse
from dambridge.model.values import FieldName, Fields, fields_from_json, fields_to_json


class ActionKind(StrEnum):
    """The verbs of all flows."""

    CREATE = "create"
    UPDATE_FIELDS = "update_fields"
    ADD_VERSION = "add_version"
    CONFIRM_BYTES = "confirm_bytes"
    AGREE = "agree"
    """Write down what the copies agree on, and what was decided against. Nothing outside is touched."""
    RETIRE = "retire"
    """Take a copy out of sight in the way its system offers that can be taken back."""
    LET_GO = "let_go"
    """Take a copy that is gone out of its link and leave a tombstone. Nothing outside is touched."""
    DELETE = "delete"
    """Delete a copy that need not be kept any more: only from a plan that a named person applied."""
    ACTIVATE = "activate"
    STAGE = "stage"
    """Bring the file of a publication to where no audience sees it, and leave it there."""
    PUBLISH = "publish"
    """Stage it, describe it, show it."""
    SHOW = "show"
    """Show a file that stands in the account already. Moves no bytes."""
    REPLACE = "replace"
    """Bring the publication another file: a version of the same asset, or a new one before the old one goes."""
    WITHDRAW = "withdraw"
    """Take it out of everything that an audience sees, and look for it."""
    CORRECT = "correct"
    """Take it out of places that others put it in."""
    NOTE = "note"
    """Write down until when a publication may be seen and what it goes with. Nothing outside is touched."""


ONCE_A_TURN = frozenset(
    {ActionKind.STAGE, ActionKind.PUBLISH, ActionKind.SHOW, ActionKind.REPLACE, ActionKind.WITHDRAW}
)
"""What is one action until it is done, whatever its copies look like when it is planned again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A side-car as it was seen at the source."""

    id: RemoteId
    version: AssetVersion


SIDE_CAR = ".side_car"
"""After the place of a copy in `expects`: the side-car beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do to one copy of one link.

    `fields` are the canonical values the copy should have afterwards (all managed ones for a create, only the changed
    ones for an update); `cleared` are fields to empty; `expects` holds the version of every copy that the decision
    rested on. `folder` and `file_name` say where a new copy goes. `size` is in bytes, 0 where no bytes move; `calls`
    the estimated calls per account name; `modified_at` when the source says it was last changed (aware), for the lag.
    `accords` are what the copies agree on once the action is done, for those groups that it is about; `conflicts` the entries
    of the inbox that are written with them. `held` names fields that the target is not known to take: the asset waits for
    them once everything else is done. `words` are the words of the asset that persons decided about, where these are to be
    written down; None where nothing is to be. `untouched` says that nothing is written into the file, though the target would
    read it. `side_car` is a file at the source whose words are to be read with this one's, where it is known already.
    `given` says that the source was seen without the approval that it shows, so that people gave it. `outward` is what
    actions about an outlet carry beside. `turn` is how often something was brought to the copy before.
    """

    kind: ActionKind
    link: LinkId
    source: AssetKey
    target: CopyId
    target_id: RemoteId | None
    fields: Fields
    cleared: tuple[FieldName, ...]
    expects: Mapping[str, AssetVersion]
    reasons: tuple[Reason, ...]
    folder: str = ""
    file_name: str = ""
    name: str = ""
    media_type: str = ""
    size: int = 0
    calls: Mapping[str, int]
    modified_at: datetime | None = None
    accords: tuple[Accord, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    held: tuple[FieldName, ...] = ()
    words: tuple[TermUse, ...] | None = None
    untouched: bool = False
    side_car: RemoteId | None = None
    given: bool = False
    outward: Outward | None = None
    turn: int = 0
    _id: str = field(default="", init=False, repr=False, compare=False)
    """Worked out once: plans are sorted, filed and looked up by it."""

    @property
    def id(self) -> ActionId:
        """Derived from link, copy, kind and the versions expected: planning the same twice gives the same action.

        A create is one for the whole life of a copy, whatever the source looks like when it is planned again: so a
        delivery whose reply was lost is found under the same id. What brings a publication about or ends it is one for its
        turn, a replacement for each file that is to be brought. Two agreements that say different things are two, and so
        are two that rest on different states of the ledger; and a write is another one once the one before it is done.
        """
        if not self._id:
            object.__setattr__(self, "_id", self._derived())
        return ActionId(self._id)

    def _derived(self) -> ActionId:
        if self.kind is ActionKind.CREATE:
            return ActionId(derived_id("ac", self.link, str(self.target), str(self.kind)))
        if self.outward is not None and self.kind in ONCE_A_TURN:
            what = (self.outward.master,) if self.kind is ActionKind.REPLACE else ()
            return ActionId(
                derived_id("ac", self.link, str(self.target), str(self.kind), str(self.outward.turn), *what)
            )
        versions = [part for k, v in sorted(self.expects.items()) for part in (k, v.modified, v.fields, v.content)]
        agreed = [json.dumps([it.group, fields_to_json(it.fields)], sort_keys=True) for it in self.accords]
        said = [*versions, *agreed, *self._rests_on()]
        return ActionId(derived_id("ac", self.link, str(self.target), str(self.kind), *said))

    def _rests_on(self) -> list[str]:
        """The states of the ledger that the action rests on."""
        revision = [str(self.outward.revision)] if self.outward is not None else []
        if self.kind is ActionKind.AGREE:
            accords = [f"{it.group}@{it.revision}" for it in self.accords]
            return [*accords, *(f"{it.id}@{it.revision}" for it in self.conflicts), *revision]
        turns = [(it.group, it.copies[self.target].turn) for it in self.accords if self.target in it.copies]
        return [*(f"{group}#{turn}" for group, turn in [*turns, ("", self.turn)] if turn), *revision]

    def to_json(self) -> dict[str, Any]:
        return {
            "action": str(self.kind),
            "id": self.id,
            "link": self.link,
            "source": {"account": self.source.account, "id": self.source.remote_id},
            "target": str(self.target),
            "target_id": self.target_id,
            "fields": fields_to_json(self.fields),
            "cleared": sorted(self.cleared),
            "expects": {k: self.expects[k].to_json() for k in sorted(self.expects)},
            "reasons": [it.to_json() for it in self.reasons],
            "folder": self.folder,
            "file_name": self.file_name,
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size,
            "calls": {k: self.calls[k] for k in sorted(self.calls)},
            "modified_at": self.modified_at.isoformat() if self.modified_at else None,
            **({"accords": [it.to_json() for it in self.accords]} if self.accords else {}),
            **({"held": sorted(self.held)} if self.held else {}),
            **({"conflicts": [it.to_json() for it in self.conflicts]} if self.conflicts else {}),
            **({"words": [it.to_json() for it in self.words]} if self.words is not None else {}),
            **({"untouched": True} if self.untouched else {}),
            **({"side_car": self.side_car} if self.side_car else {}),
            **({"given": True} if self.given else {}),
            **({"outward": self.outward.to_json()} if self.outward is not None else {}),
            **({"turn": self.turn} if self.turn else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Action:
        return cls(
            kind=ActionKind(data["action"]),
            link=LinkId(data["link"]),
            source=AssetKey(data["source"]["account"], data["source"]["id"]),
            target=CopyId.parse(data["target"]),
            target_id=data["target_id"],
            fields=fields_from_json(data["fields"]),
            cleared=tuple(FieldName(it) for it in data["cleared"]),
            expects={k: AssetVersion.from_json(v) for k, v in data["expects"].items()},
            reasons=tuple(Reason.from_json(it) for it in data["reasons"]),
            folder=data["folder"],
            file_name=data["file_name"],
            name=data["name"],
            media_type=data["media_type"],
            size=data["size"],
            calls=data["calls"],
            modified_at=datetime.fromisoformat(data["modified_at"]) if data["modified_at"] else None,
            accords=tuple(Accord.from_json(it) for it in data.get("accords", ())),
            held=tuple(FieldName(it) for it in data.get("held", ())),
            conflicts=tuple(Conflict.from_json(it) for it in data.get("conflicts", ())),
            words=words_from_json(data),
            untouched=bool(data.get("untouched")),
            side_car=data.get("side_car"),
            given=bool(data.get("given")),
            outward=Outward.from_json(data["outward"]) if "outward" in data else None,
            turn=data.get("turn", 0),
        )


def words_from_json(data: Mapping[str, Any]) -> tuple[TermUse, ...] | None:
    return tuple(TermUse.from_json(it) for it in data["words"]) if "words" in data else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The item needs these actions, in this order."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The item needs nothing now: it ends as `outcome` for `reason`; waiting items say for whom. `words` as of an action."""

    outcome: Outcome
    reason: Reason
    waits_for: str = ""
    words: tuple[TermUse, ...] | None = None


Decision = Act | Leave
