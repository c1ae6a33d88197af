"""The words for where an asset stands in its life, and who may take it from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dambridge.model.values import FieldName

LIFECYCLE_STATUS = FieldName("lifecycle_status")
"""The canonical field: told from an account's carriers, the same wherever people look."""


class Status(StrEnum):
    """Where an asset stands. Only what is `approved` or was after that `archived` was ever approved."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_ASKED = "changes_asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    ARCHIVED = "archived"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """In what capacity somebody moves an asset. `rights` are dates that pass; `dambridge` is this program, on its own proof."""

    CONTRIBUTOR = "contributor"
    REVIEWER = "reviewer"
    LIBRARIAN = "librarian"
    RIGHTS_MANAGER = "rights_manager"
    COORDINATOR = "coordinator"
    RIGHTS = "rights"
    DAMBRIDGE = "dambridge"


@dataclass(frozen=True, slots=True)
class Move:
    """One step from a status to another."""

    start: Status
    end: Status


def status_in(text: str) -> Status | None:
    """The status that a word names in its plain spellings (`In review`, `in-review`, `IN_REVIEW`), None where it names none."""
    plain = "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
    return _BY_WORD.get(plain)


_BY_WORD = {str(it): it for it in Status}
