"""What stands outside: copies that were made for an audience, what was agreed about that audience, and the record of a way back.

A publication is one copy of a link in one outlet (`policy.outlets`). It begins staged, in a container that only we and the
administrators see, is visible from the moment it may be a member of its gallery, and ends withdrawn; every stage is written
before the call that brings it about, so that what is on record is never less than what may be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, LinkId, RemoteId, derived_id
from dambridge.model.reasons import Reason
from dambridge.model.values import FieldName, Fields, fields_from_json, fields_to_json


class Stage(StrEnum):
    """How far a publication came."""

    STAGED = "staged"
    """Its file stands in the account, where no audience sees it."""
    VISIBLE = "visible"
    """It is in its gallery, or may be: the call that puts it there was begun."""
    LEAVING = "leaving"
    """It is being taken out, or was and has not been proven gone."""
    WITHDRAWN = "withdrawn"
    """It was looked for and found nowhere that anybody outside sees."""
    ADOPTED = "adopted"
    """Somebody else put it there, before us or beside us: it is watched, and touched only after a named person's activation."""


IN_SIGHT = frozenset({Stage.VISIBLE, Stage.LEAVING})
"""Stages in which an audience may see something that we answer for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One copy in one outlet. All instants are aware and in UTC.

    `copy.region` is the name of the outlet. `remote_id` is None until the file stands there. `fields` are the canonical
    values last written for this outlet; `shown` is what the account showed then of them and of everything about rights,
    written or not. Fields that the region owns are in neither. `master` is the fingerprint of what the file was made of
    (content token of the source, rendition, what was embedded), `sha256` the digest of the file as sent. `former` is
    the file that this one takes the place of, from before it is shown until the other is proven gone. `until` is the
    instant at which the gate shuts by itself, None where none is known. `kit` names what it goes out with, empty where
    it goes alone. `turn` counts what was done with its file: whoever settles a staging, showing, replacement or
    withdrawal counts it up, so that the next is another action; edits, notes and corrections do not count. `doing` is
    the verb of an action under way with its file, written before its first call, empty once it is settled. `revision`
    counts writes, 0 before the first.
    """

    flow: FlowName
    link: LinkId
    copy: CopyId
    stage: Stage
    gallery: RemoteId | None = None
    remote_id: RemoteId | None = None
    former: RemoteId | None = None
    fields: Fields = field(default_factory=dict)
    shown: Fields = field(default_factory=dict)
    master: str = ""
    sha256: str = ""
    file_name: str = ""
    until: datetime | None = None
    kit: str = ""
    at: datetime
    """When this stage began."""
    checked_at: datetime | None = None
    """When its places were last looked at."""
    turn: int = 0
    doing: str = ""
    revision: int = 0

    @property
    def outlet(self) -> str:
        return self.copy.region

    @property
    def key(self) -> AssetKey | None:
        return AssetKey(self.copy.account, self.remote_id) if self.remote_id is not None else None

    @property
    def withdrawal_id(self) -> str:
        """The id of the record of its next withdrawal: one for each turn, however often it is begun anew."""
        return derived_id("wd", self.link, str(self.copy), str(self.turn))

    @property
    def in_sight(self) -> bool:
        """Whether an audience may see something that we answer for."""
        return self.stage in IN_SIGHT

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": str(self.flow),
            "link": self.link,
            "copy": str(self.copy),
            "stage": str(self.stage),
            "gallery": self.gallery,
            "remote_id": self.remote_id,
            "former": self.former,
            "fields": fields_to_json(self.fields),
            "shown": fields_to_json(self.shown),
            "master": self.master,
            "sha256": self.sha256,
            "file_name": self.file_name,
            "until": _text(self.until),
            "kit": self.kit,
            "at": self.at.isoformat(),
            "checked_at": _text(self.checked_at),
            "turn": self.turn,
            "doing": self.doing,
            "revision": self.revision,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Publication:
        return cls(
            flow=FlowName(data["flow"]),
            link=LinkId(data["link"]),
            copy=CopyId.parse(data["copy"]),
            stage=Stage(data["stage"]),
            gallery=data["gallery"],
            remote_id=data["remote_id"],
            former=data["former"],
            fields=fields_from_json(data["fields"]),
            shown=fields_from_json(data["shown"]),
            master=data["master"],
            sha256=data["sha256"],
            file_name=data["file_name"],
            until=_instant(data["until"]),
            kit=data["kit"],
            at=datetime.fromisoformat(data["at"]),
            checked_at=_instant(data["checked_at"]),
            turn=data["turn"],
            doing=data["doing"],
            revision=data["revision"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A file that was shown, as the journal beside the store keeps it: the publication as it was then, and its master."""

    source: AssetKey
    publication: Publication

    @property
    def told(self) -> tuple[object, ...]:
        """What of it would be missed if the store were lost; whoever says the same again says nothing new."""
        it = self.publication
        return self.source, it.copy, it.remote_id, it.master, it.until, it.kit, str(it.fields), str(it.shown)

    def to_json(self) -> dict[str, Any]:
        return {"source": str(self.source), **self.publication.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outside:
        account, _, remote_id = data["source"].partition(":")
        return cls(source=AssetKey(AccountId(account), RemoteId(remote_id)), publication=Publication.from_json(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What an action about an outlet carries beside what every action does, and what the publication is to be once it is done.

    `gallery` is the outlet's; `turn` and `revision` are those of the publication that it rests on. `master`, `until` and
    `kit` are written into the publication. `places` are the containers that the file is to be taken out of; others that
    hold it when it is looked for are left as well. `former` is the file that goes once the new one is shown. `deadline`
    is the instant, known ahead, by which it has to be gone. `discard` sends it to the trash after all; `in_place`
    replaces the file under its own id."""

    gallery: RemoteId
    turn: int = 0
    revision: int = 0
    master: str = ""
    until: datetime | None = None
    kit: str = ""
    places: tuple[RemoteId, ...] = ()
    former: RemoteId | None = None
    deadline: datetime | None = None
    discard: bool = False
    in_place: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "gallery": self.gallery,
            "turn": self.turn,
            "revision": self.revision,
            "master": self.master,
            "until": _text(self.until),
            "kit": self.kit,
            "places": list(self.places),
            "former": self.former,
            "deadline": _text(self.deadline),
            "discard": self.discard,
            "in_place": self.in_place,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outward:
        return cls(
            gallery=RemoteId(data["gallery"]),
            turn=data["turn"],
            revision=data["revision"],
            master=data["master"],
            until=_instant(data["until"]),
            kit=data["kit"],
            places=tuple(RemoteId(it) for it in data["places"]),
            former=data["former"],
            deadline=_instant(data["deadline"]),
            discard=data["discard"],
            in_place=data["in_place"],
        )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedAudience:
    """What a named person agreed about who sees an outlet's gallery. `grants` are as `ports.audience` shows them, written out;
    `by` and `at` say who agreed and when. A gallery that stands otherwise has drifted, and nothing is written into it."""

    outlet: str
    account: AccountId
    gallery: RemoteId
    own: str
    effective: str
    grants: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One container in which a withdrawn file was looked for: what was found, and when (aware, UTC)."""

    container: RemoteId
    path: str
    effective: str
    held_before: bool
    held_after: bool
    at: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "container": self.container,
            "path": self.path,
            "effective": self.effective,
            "held_before": self.held_before,
            "held_after": self.held_after,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Place:
        return cls(
            container=RemoteId(data["container"]),
            path=data["path"],
            effective=data["effective"],
            held_before=data["held_before"],
            held_after=data["held_after"],
            at=datetime.fromisoformat(data["at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The record of one withdrawal, complete once `verified_at` is set; it is signed when it is read out as a document.

    `causes` say why; `decided_at` is when we knew, `begun_at` when the first call was made, `verified_at` when it was proven
    gone. `deadline` is the instant by which it had to be gone, where one was known ahead. `how` are the acts in order,
    `places` what was looked at, `unchecked` what nobody can look into (downloads, embeds, caches), each with who could have
    it."""

    id: str
    flow: FlowName
    link: LinkId
    copy: CopyId
    key: AssetKey
    file_name: str
    sha256: str
    causes: tuple[Reason, ...]
    deadline: datetime | None
    visible_since: datetime | None
    decided_at: datetime
    begun_at: datetime | None = None
    verified_at: datetime | None = None
    how: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    unchecked: tuple[str, ...] = ()
    own_fields: tuple[FieldName, ...] = ()

    @property
    def outlet(self) -> str:
        return self.copy.region

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "flow": str(self.flow),
            "link": self.link,
            "copy": str(self.copy),
            "remote_id": self.key.remote_id,
            "file_name": self.file_name,
            "sha256": self.sha256,
            "causes": [it.to_json() for it in self.causes],
            "deadline": _text(self.deadline),
            "visible_since": _text(self.visible_since),
            "decided_at": self.decided_at.isoformat(),
            "begun_at": _text(self.begun_at),
            "verified_at": _text(self.verified_at),
            "how": list(self.how),
            "places": [it.to_json() for it in self.places],
            "unchecked": list(self.unchecked),
            "own_fields": [str(it) for it in self.own_fields],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Withdrawal:
        copy = CopyId.parse(data["copy"])
        return cls(
            id=data["id"],
            flow=FlowName(data["flow"]),
            link=LinkId(data["link"]),
            copy=copy,
            key=AssetKey(copy.account, RemoteId(data["remote_id"])),
            file_name=data["file_name"],
            sha256=data["sha256"],
            causes=tuple(Reason.from_json(it) for it in data["causes"]),
            deadline=_instant(data["deadline"]),
            visible_since=_instant(data["visible_since"]),
            decided_at=datetime.fromisoformat(data["decided_at"]),
            begun_at=_instant(data["begun_at"]),
            verified_at=_instant(data["verified_at"]),
            how=tuple(data["how"]),
            places=tuple(Place.from_json(it) for it in data["places"]),
            unchecked=tuple(data["unchecked"]),
            own_fields=tuple(FieldName(it) for it in data["own_fields"]),
        )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
