"""Every name under which dambridge logs, audits or counts something. A name that is not here is used nowhere."""

from __future__ import annotations

from enum import StrEnum


class LogEvent(StrEnum):
    """Names of log lines."""

    ACTION_RETRIED = "action.retried"
    ACTION_BUG = "action.bug"
    BERTH_TWIN = "berth.twin"
    ARRIVALS_STRAIGHT = "arrivals.straight"
    ARRIVALS_TWIN = "arrivals.twin"
    WORK_ENDED_BADLY = "work.ended_badly"
    WORK_FAILED = "work.failed"
    RUNTIME_DAMAGED = "runtime.damaged"
    RUNTIME_TOLD = "runtime.told"
    RUNTIME_TROUBLE = "runtime.trouble"
    RUNTIME_TOOK_OVER = "runtime.took_over"
    NOTE_PUT_OFF = "note.put_off"
    NOTE_LEFT_OUT = "note.left_out"
    HOOK_REFUSED = "hook.refused"
    HOOK_OVERFLOW = "hook.overflow"
    COMMAND_BEGUN = "command.begun"
    COMMAND_REFUSED = "command.refused"
    COMMAND_BUG = "command.bug"
    TOMBSTONES_CUT = "tombstones.cut"
    TOMBSTONES_MERGED = "tombstones.merged"
    FLOW_STOPPED = "flow.stopped"
    FLOW_BUG = "flow.bug"
    WARNING_UNSENT = "warning.unsent"


class AuditEvent(StrEnum):
    """Names of entries of the audit trail."""

    ASSET_CREATED = "asset.create"
    ASSET_FIELDS = "asset.update_fields"
    ASSET_VERSION = "asset.add_version"
    ASSET_CONFIRMED = "asset.confirm_bytes"
    ASSET_SENT_BACK = "asset.sent_back"
    PLAN_APPROVED = "plan.approved"
    FLOW_PAUSED = "flow.paused"
    FLOW_RESUMED = "flow.resumed"
    CONFLICT_RULED = "conflict.ruled"
    CONFLICT_RELEASED = "conflict.released"
    CONFLICT_UNDONE = "conflict.undone"
    LINK_ADOPTED = "link.adopted"
    LINK_DROPPED = "link.dropped"
    LINK_ACTIVATED = "link.activated"
    PAIR_DECIDED = "pair.decided"
    AUDIENCE_AGREED = "audience.agreed"
    OUTLET_ADOPTED = "outlet.adopted"
    PUBLICATION_ACTIVATED = "publication.activated"
    RIGHTS_RELEASED = "rights.released"
    RIGHTS_RELEASE_UNDONE = "rights.release_undone"
    TERM_DECIDED = "term.decided"
    TERM_UNDONE = "term.undone"
    VOCABULARY_IMPORTED = "vocabulary.imported"
    PROBE_BEGUN = "probe.begun"
    PROBE_ENDED = "probe.ended"
