"""What became of a file since it was handed in, as a person would tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dambridge.model.lifecycle import Status
from dambridge.model.submissions import UNANSWERED, Disposal, ReviewDecision, Submission
from dambridge.telemetry.wording import words

DISPOSED: Mapping[Disposal, str] = {
    Disposal.KEEP: "was kept",
    Disposal.TAG: "was tagged",
    Disposal.MOVE: "was moved",
    Disposal.TRASH: "was put into the trash",
}
"""What became of a source, after its name."""


DONE: Mapping[Status, str] = {
    Status.APPROVED: "It was approved",
    Status.REJECTED: "It was rejected",
    Status.CHANGES_ASKED: "Changes were asked for",
    Status.IN_REVIEW: "It was put back into review",
    Status.WITHDRAWN: "It was withdrawn",
}
"""What a decision did, before who did it."""


def life_of(it: Submission) -> list[str]:
    """What became of a file since it was handed in, a sentence for each thing."""
    again = f" (for the {it.turn}. time)" if it.turn > 1 else ""
    size = f"{it.digest.size} bytes, SHA-256 {it.digest.sha256}"
    who = f"{it.contributor or 'somebody unnamed'} with {it.shoot or 'no shoot'}"
    told = [f"Handed in by {who}, {when(it.submitted_at)}{again}: {size}."]
    if it.why is not None:
        told.append(words(it.why))
    if (made := it.decision) is not None:
        told.append(_decided(made))
    elif it.status is Status.IN_REVIEW:
        told.append(f"It waits for its review, due {when(it.due_at)}." if it.due_at else "It waits for its review.")
    if it.told_at is not None:
        told.append(f"The contributor was told {when(it.told_at)}: {it.told_to}.")
    elif it.status in UNANSWERED:
        told.append("The contributor was not told yet.")
    if it.archived_at is not None:
        told.append(f"Archived {when(it.archived_at)}, exactly as it was approved.")
    if it.unshown:
        told.append(f"The source does not show that it is {word(it.status)}, because {it.unshown}.")
    if it.disposed_as is not None:
        kept = f", because {it.kept_for}" if it.kept_for else ""
        told.append(f"Its source {DISPOSED[it.disposed_as]}, {when(it.disposed_at)}{kept}.")
    return told


def _decided(made: ReviewDecision) -> str:
    note = f": {made.note}" if made.note else "."
    if made.by:
        return f"{done(made.status)} by {made.by}, {when(made.until)}{note}"
    span = f"between {when(made.after)} and {when(made.until)}"
    return f"{done(made.status)}, by whom is not known: seen at {made.via} {span}{note}"


def done(status: Status) -> str:
    """What it is to decide so."""
    return DONE.get(status, f"It was made {word(status)}")


def word(status: Status) -> str:
    """The status as it is said."""
    return str(status).replace("_", " ")


def when(at: datetime | None) -> str:
    """An instant as it is said."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "-"
