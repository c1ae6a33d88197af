"""What earlier findings come to together: the calls that no document confirms and that work on this account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dambridge.connectors.photoshelter.probing.learnt import FORMS, UPLOAD_FORMS
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, unanswered
from dambridge.connectors.photoshelter.probing.writes_files import WORKS

_GUESSES: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "folders": ("container.write", lambda it: it["create"] and it["parent"]),
    "upload_v4": (
        "upload.v4",
        lambda it: it["kinds"]["image"] == WORKS and it["form"] == [", ".join(UPLOAD_FORMS[0])],
    ),
    "upload_v3_any": ("upload.v3", lambda it: all(how == WORKS for how in it["kinds"].values())),
    "write_iptc": ("iptc.write", lambda it: it["forms"][FORMS[0]]),
    "write_custom": ("custom.write", lambda it: it["ours"]),
    "write_media": ("fields.write", lambda it: all(it.values())),
    "versions": ("versions.write", lambda it: it.get("activates", False)),
    "places": ("gallery.members", lambda it: all(it.get(part) for part in ("add", "remove", "stays"))),
    "discard": ("file.delete", bool),
    "byte_ranges": ("download.ranges", bool),
    "more_includes": ("media.includes", lambda it: all(it.values())),
}
"""By the name that the option `proven` has for it: the finding that shows it, and how."""


async def guesses(look: Look) -> Answer:
    """Which of them were shown to work; what was not tried is not among them."""
    shown = {name: look.value(question) for name, (question, _) in _GUESSES.items()}
    tried = {name: bool(_GUESSES[name][1](value)) for name, value in shown.items() if value is not None}
    if not tried:
        return unanswered("Nothing of it was tried.")
    works = sorted(name for name, it in tried.items() if it)
    told = f"Of the calls that no document confirms these work: {', '.join(works) or 'none'}."
    return Answer(value=tried, told=told, suggests={"proven": works})


QUESTIONS: Final[tuple[Entry, ...]] = (
    entry("guesses", "Which calls that no document confirms work here?", "PS 8, 10", guesses),
)
