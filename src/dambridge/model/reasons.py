"""Why something was done or left: a code with parameters, put into words only at the edge (`telemetry.wording`).

Codes are stable: scripts count them and translations key on them. Add, never rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Every reason that dambridge can give."""

    # done
    CREATED = "created"
    FIELDS_UPDATED = "fields_updated"
    VERSION_ADDED = "version_added"
    ADOPTED_TWIN = "adopted_twin"
    SAME_BYTES_EXIST = "same_bytes_exist"
    BYTES_CONFIRMED = "bytes_confirmed"
    AGREED = "agreed"
    RETIRED = "retired"
    LET_GO = "let_go"
    DELETED = "deleted"
    RETENTION_ENDED = "retention_ended"
    PAIRED = "paired"
    DERIVED = "derived"
    PAPER_ATTACHED = "paper_attached"
    STAGED = "staged"
    PUBLISHED = "published"
    SHOWN_AGAIN = "shown_again"
    FILE_REPLACED = "file_replaced"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    NOTED = "noted"
    SOURCE_DISPOSED = "source_disposed"
    SOURCE_KEPT = "source_kept"
    # unchanged
    IN_STEP = "in_step"
    # skipped
    NOT_SELECTED = "not_selected"
    NOT_APPROVED = "not_approved"
    REJECTED_AT_SOURCE = "rejected_at_source"
    STATUS_FROM_FILE = "status_from_file"
    MEDIA_TYPE_EXCLUDED = "media_type_excluded"
    EXPRESSION_FALSE = "expression_false"
    GONE_AT_SOURCE = "gone_at_source"
    OBSERVE_ONLY = "observe_only"
    TAKEN_DOWN = "taken_down"
    SIDE_CAR = "side_car"
    STAND_IN = "stand_in"
    UNSELECTED = "unselected"
    ORDER_OVER = "order_over"
    MASTER_GONE = "master_gone"
    GATE_SHUT = "gate_shut"
    ENDS_SOON = "ends_soon"
    LOOSENING_REFUSED = "loosening_refused"
    REVIEW_REJECTED = "review_rejected"
    TAKEN_BACK = "taken_back"
    # waiting
    UNKNOWN_SINCE_LOSS = "unknown_since_loss"
    REQUIRED_FIELD_MISSING = "required_field_missing"
    UNKNOWN_TERM = "unknown_term"
    LOOKUP_FAILED = "lookup_failed"
    CAPABILITY_UNPROVEN = "capability_unproven"
    FIELDS_WAIT = "fields_wait"
    FILE_UNTOUCHED = "file_untouched"
    FOLDER_MISSING = "folder_missing"
    TWO_COPIES = "two_copies"
    MOVED_ON = "moved_on"
    SOURCE_UNREAD = "source_unread"
    TARGET_UNREAD = "target_unread"
    TARGET_EDITED = "target_edited"
    TARGET_GONE = "target_gone"
    TRY_LATER = "try_later"
    WRITE_DEFERRED = "write_deferred"
    UNCLEAR_OUTCOME = "unclear_outcome"
    GUARD_TRIPPED = "guard_tripped"
    PAUSED = "paused"
    NOT_IN_WAVE = "not_in_wave"
    DISK_FULL = "disk_full"
    CONFLICT = "conflict"
    COPY_GONE = "copy_gone"
    EDITED_AND_GONE = "edited_and_gone"
    COPY_UNREAD = "copy_unread"
    STALE_ANSWER = "stale_answer"
    PAIR_IN_REVIEW = "pair_in_review"
    PAPER_WAITS = "paper_waits"
    SIDE_CAR_ALONE = "side_car_alone"
    SIDE_CAR_UNREAD = "side_car_unread"
    LICENCE_ENDS = "licence_ends"
    EMBARGOED = "embargoed"
    RIGHTS_UNKNOWN = "rights_unknown"
    STATUS_DISPUTED = "status_disputed"
    RIGHTS_EDITED_THERE = "rights_edited_there"
    KIT_INCOMPLETE = "kit_incomplete"
    KIT_UNREAD = "kit_unread"
    KIT_NOT_READY = "kit_not_ready"
    AUDIENCE_UNAGREED = "audience_unagreed"
    AUDIENCE_DRIFTED = "audience_drifted"
    AUDIENCE_UNREAD = "audience_unread"
    REMOVED_THERE = "removed_there"
    IN_REVIEW = "in_review"
    BYTES_CHANGED = "bytes_changed"
    CHANGES_ASKED = "changes_asked"
    NOT_TOLD = "not_told"
    REVIEW_UNTOLD = "review_untold"
    REVIEW_FORGOTTEN = "review_forgotten"
    ARCHIVED_FORGOTTEN = "archived_forgotten"
    STILL_PUBLISHED = "still_published"
    STILL_DISPUTED = "still_disputed"
    STATUS_ILLEGAL = "status_illegal"
    NO_LONGER_APPROVED = "no_longer_approved"
    ARCHIVED_BEFORE = "archived_before"
    LEGAL_HOLD = "legal_hold"
    # quarantined
    BROKEN_FILE = "broken_file"
    NOT_EMBEDDED = "not_embedded"
    EMPTY_FILE = "empty_file"
    VALUE_REFUSED = "value_refused"
    VALUE_ALTERED = "value_altered"
    VALUE_CUT = "value_cut"
    EXPRESSION_ERROR = "expression_error"
    PATH_INVALID = "path_invalid"
    NAME_INVALID = "name_invalid"
    NAME_COLLISION = "name_collision"
    BYTES_DIFFER = "bytes_differ"
    BERTH_DIRTY = "berth_dirty"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    # failed
    REFUSED_BY_SYSTEM = "refused_by_system"
    BUG = "bug"
    # said about what is taken out of sight
    EXPOSED = "exposed"
    LEAVING_UNPROVEN = "leaving_unproven"
    OUTLET_GONE = "outlet_gone"
    # said about a listing or a run
    LISTING_UNPROVEN = "listing_unproven"
    REVIEW_OVERDUE = "review_overdue"
    # said about what was found when the store was made anew
    MARKS_COPIED = "marks_copied"
    MARKS_CONTRADICT = "marks_contradict"
    COPY_NOT_SEEN = "copy_not_seen"
    BYTES_UNPROVEN = "bytes_unproven"
    # said about a field while it is read or mapped
    FIELDS_UNREAD = "fields_unread"
    VALUE_UNREADABLE = "value_unreadable"
    UPLOADER_WORD = "uploader_word"
    STATUS_SHOWN = "status_shown"
    ATTRIBUTE_MISSING = "attribute_missing"
    ATTRIBUTE_WRONG_TYPE = "attribute_wrong_type"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its parameters; parameters are plain JSON scalars or lists of text."""

    code: Code
    params: tuple[tuple[str, str | int | tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, code: Code, **params: str | int | tuple[str, ...]) -> Reason:
        return cls(code, tuple(sorted(params.items())))

    def __getitem__(self, name: str) -> str | int | tuple[str, ...]:
        return dict(self.params)[name]

    def to_json(self) -> dict[str, Any]:
        return {
            "code": str(self.code),
            "params": {k: list(v) if isinstance(v, tuple) else v for k, v in self.params},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reason:
        params = {k: tuple(v) if isinstance(v, list) else v for k, v in data.get("params", {}).items()}
        return cls(Code(data["code"]), tuple(sorted(params.items())))
