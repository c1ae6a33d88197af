"""What contributors hand in: the bytes that were hashed then, where their review stands, what was decided about exactly them.

An approval is of the bytes that were hashed: a submission of other bytes is a turn of its own, which nobody has approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AssetKey, FlowName, LinkId, derived_id
from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetVersion, Digest


class Disposal(StrEnum):
    """What becomes of a source once its archived copy is proven."""

    KEEP = "keep"
    TAG = "tag"
    MOVE = "move"
    TRASH = "trash"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecision:
    """What was decided, and by whom where that is known: in dambridge a name and one instant; elsewhere nobody's name (`by`
    is empty), between the last look that did not show it (`after`) and the first that did (`until`). `via` is `dambridge` or
    what showed it; `order` the order that brought it."""

    status: Status
    by: str
    via: str
    after: datetime
    until: datetime
    note: str = ""
    order: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "status": str(self.status),
            "by": self.by,
            "via": self.via,
            "after": self.after.isoformat(),
            "until": self.until.isoformat(),
            "note": self.note,
            "order": self.order,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReviewDecision:
        return cls(
            status=Status(data["status"]),
            by=data["by"],
            via=data["via"],
            after=datetime.fromisoformat(data["after"]),
            until=datetime.fromisoformat(data["until"]),
            note=data["note"],
            order=data["order"],
        )


UNANSWERED = frozenset({Status.REJECTED, Status.CHANGES_ASKED})
"""Decisions that the contributor has to hear of."""


SHOWN = frozenset({*UNANSWERED, Status.ARCHIVED})
"""What the source is brought to show. An approval only once it is archived: until its proof the source is not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One file that was handed in, as it stands.

    `digest` is of the bytes as they were hashed when the source was at `version`; `turn` counts how often they were put up
    for review anew. `brought` are values that stood inside the file, by the account's field, and `heard` what the account
    showed of a status when it was last taken into account: neither is a decision. `seen_at` is the last look that showed no
    other status. `told_at` says when the contributor heard of the decision that stands, `disposed_as` what became of the
    source. `why` is the reason for which the status is what it is, where that was no decision. `carried` says that the source
    shows statuses; `shown_as` which it was brought to say, `shown_over` the words that stood there before, a line each, and
    `shown_at` since when they are written over, `unshown` why it does not say it all. `revision` is the store's."""

    flow: FlowName
    key: AssetKey
    shoot: str
    file_name: str
    contributor: str
    status: Status
    digest: Digest
    version: AssetVersion
    submitted_at: datetime
    seen_at: datetime
    due_at: datetime | None = None
    turn: int = 1
    brought: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    heard: str = ""
    decision: ReviewDecision | None = None
    why: Reason | None = None
    archived_at: datetime | None = None
    told_at: datetime | None = None
    told_to: str = ""
    disposed_as: Disposal | None = None
    disposed_at: datetime | None = None
    kept_for: str = ""
    """Why the source was left as it is although it was to be disposed of; empty where it was not."""
    carried: bool = False
    shown_as: Status | None = None
    shown_at: datetime | None = None
    shown_over: str = ""
    unshown: str = ""
    revision: int = 0

    @property
    def id(self) -> str:
        """How people name it: the asset, as everywhere."""
        return str(self.key)

    @property
    def link(self) -> LinkId:
        """The link that this turn's archiving makes: other bytes, or the same ones approved anew, are another delivery."""
        parts = (self.flow, self.key.account, self.key.remote_id, self.digest.sha256, str(self.turn))
        return LinkId(derived_id("ln", *parts))

    @property
    def unfinished(self) -> bool:
        """Whether something follows from the status that was not done yet."""
        if self.to_be_shown:
            return True
        match self.status:
            case Status.APPROVED:
                return True
            case Status.ARCHIVED:
                return self.disposed_as is None
            case _:
                return self.status in UNANSWERED and self.told_at is None

    @property
    def to_be_shown(self) -> bool:
        """Whether the source is still to be brought to say how it stands. That a file is in review it says of one about which
        something else was said before."""
        again = self.status is Status.IN_REVIEW and (self.turn > 1 or self.decision is not None)
        return self.carried and self.shown_as is not self.status and (again or self.status in SHOWN)

    def again(self, now: datetime, **changes: Any) -> Submission:
        """Put up for review anew, by nobody's decision: what followed from the last one is forgotten."""
        fresh = replace(self, status=Status.IN_REVIEW, decision=None, why=None, told_at=None, told_to="", due_at=None)
        fresh = replace(fresh, shown_as=None, shown_over="", unshown="")
        return replace(fresh, turn=self.turn + 1, submitted_at=now, seen_at=now, **changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": str(self.flow),
            "account": self.key.account,
            "id": self.key.remote_id,
            "shoot": self.shoot,
            "file_name": self.file_name,
            "contributor": self.contributor,
            "status": str(self.status),
            "digest": {"size": self.digest.size, "sha256": self.digest.sha256, "md5": self.digest.md5},
            "version": self.version.to_json(),
            "submitted_at": self.submitted_at.isoformat(),
            "seen_at": self.seen_at.isoformat(),
            "due_at": _told(self.due_at),
            "turn": self.turn,
            "brought": {name: list(it) for name, it in sorted(self.brought.items())},
            "heard": self.heard,
            "decision": self.decision.to_json() if self.decision else None,
            "why": self.why.to_json() if self.why else None,
            "archived_at": _told(self.archived_at),
            "told_at": _told(self.told_at),
            "told_to": self.told_to,
            "disposed_as": str(self.disposed_as) if self.disposed_as else None,
            "disposed_at": _told(self.disposed_at),
            "kept_for": self.kept_for,
            "carried": self.carried,
            "shown_as": str(self.shown_as) if self.shown_as else None,
            "shown_at": _told(self.shown_at),
            "shown_over": self.shown_over,
            "unshown": self.unshown,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Submission:
        return cls(
            flow=FlowName(data["flow"]),
            key=AssetKey(data["account"], data["id"]),
            shoot=data["shoot"],
            file_name=data["file_name"],
            contributor=data["contributor"],
            status=Status(data["status"]),
            digest=Digest(**data["digest"]),
            version=AssetVersion.from_json(data["version"]),
            submitted_at=datetime.fromisoformat(data["submitted_at"]),
            seen_at=datetime.fromisoformat(data["seen_at"]),
            due_at=_instant(data["due_at"]),
            turn=data["turn"],
            brought={name: tuple(it) for name, it in data["brought"].items()},
            heard=data["heard"],
            decision=ReviewDecision.from_json(data["decision"]) if data["decision"] else None,
            why=Reason.from_json(data["why"]) if data["why"] else None,
            archived_at=_instant(data["archived_at"]),
            told_at=_instant(data["told_at"]),
            told_to=data["told_to"],
            disposed_as=Disposal(data["disposed_as"]) if data["disposed_as"] else None,
            disposed_at=_instant(data["disposed_at"]),
            kept_for=data["kept_for"],
            carried=data.get("carried", False),
            shown_as=Status(data["shown_as"]) if data.get("shown_as") else None,
            shown_at=_instant(data.get("shown_at")),
            shown_over=data.get("shown_over", ""),
            unshown=data.get("unshown", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold: as long as it stands nothing is done to the source, or to any copy, that could not be undone."""

    key: AssetKey
    by: str
    why: str
    at: datetime


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
