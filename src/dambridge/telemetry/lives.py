"""What became of a file since it was handed in, as a person would tell it."""

from __future__ import annotations

from datetime import datetime

from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Submission
from dambridge.telemetry.wording import words


def life_of(it: Submission) -> list[str]:
    """What became of a file since it was handed in, a sentence for each thing."""
    told = [f"Handed in {when(it.submitted_at)}: {it.digest.size} bytes, SHA-256 {it.digest.sha256}."]
    if it.why is not None:
        told.append(words(it.why))
    if (made := it.decision) is not None:
        who = made.by or "unknown"
        decided = (
            when(made.until) if made.by else f"between {when(made.after)} and {when(made.until)} (seen at {made.via})"
        )
        told.append(f"It is {word(made.status)} by {who}, {decided}{': ' + made.note if made.note else '.'}")
    if it.told_at is not None:
        told.append(f"{it.told_to} was told {when(it.told_at)}.")
    if it.archived_at is not None:
        told.append(f"Archived {when(it.archived_at)}, exactly as it was approved.")
    if it.disposed_as is not None:
        kept = f", because {it.kept_for}" if it.kept_for else ""
        told.append(f"Its source: {it.disposed_as}, {when(it.disposed_at)}{kept}.")
    return told


def word(status: Status) -> str:
    """The status as it is said."""
    return str(status).replace("_", " ")


def when(at: datetime | None) -> str:
    """An instant as it is said."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "-"
