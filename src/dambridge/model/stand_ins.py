"""Stand-ins: small pictures that show somewhere else what the archive has. A sentence in a field of each says so, and where the
original is; it is inside the file as well, so that a stand-in is known for one wherever people carry it."""

from __future__ import annotations

from typing import Final

from dambridge.model.values import FieldName, Fields

STAND_IN_FIELD: Final = FieldName("instructions")
"""Where the sentence stands: every system has it, people see it, and it is inside files."""
STAND_IN_MARK: Final = "[dambridge stand-in]"
LONGEST: Final = 256
"""Characters that the field holds (IPTC 2:40)."""


def stand_in_words(page: str) -> str:
    """The sentence for a stand-in of the asset on this page; an address that does not fit is left out, never cut."""
    whole = f"{STAND_IN_MARK} A preview only, not for use. The original: {page}"
    return (
        whole
        if page and len(whole) <= LONGEST
        else f"{STAND_IN_MARK} A preview only, not for use. Ask for the original."
    )


def is_stand_in(fields: Fields) -> bool:
    """Whether these are the fields of a stand-in, ours or one that somebody carried here."""
    said = fields.get(STAND_IN_FIELD)
    return isinstance(said, str) and said.lstrip().startswith(STAND_IN_MARK)
