"""Questions that no call can answer safely: they go to the vendor's support as they stand here (section 10)."""

from __future__ import annotations

from typing import Final

from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, unanswered

TRASH: Final = (
    "Which calls of API v4 list the trash, restore a file from it and empty it, and how long does a file stay there?"
)

_EMPTY_TRASH: Final = (
    "The probe's own files end in PhotoShelter's trash, named dambridge-probe-...; only a person can empty it."
)
_TEXTS: Final = (
    ("vendor.trash", "Can what was deleted be had again by a call?", "PS 10.11", TRASH),
    (
        "vendor.webhooks",
        "Is there any webhook, event feed or activity log?",
        "PS 10.14",
        (
            "Does API v4 have webhooks, an event feed or an activity log that tell of new, changed and deleted files and of "
            "gallery membership? If not, which call is best polled for changes, and is there any for deletions?"
        ),
    ),
    (
        "vendor.documentation",
        "What does today's description of the API say?",
        "PS 10.2",
        "Could you send us the current OpenAPI document of API v4, the limits per key, and the date until which API v3 stays?",
    ),
    (
        "vendor.permissions",
        "Can permission entries be written?",
        "PS 10.12",
        "Which calls of API v4 add, change and end a permission entry (contact, group, password, expiry) of a gallery?",
    ),
    (
        "vendor.size_limit",
        "How large may an upload be?",
        "PS 10.5",
        "Up to which size does an upload by API v4 and by API v3 take a file, and is there an upload in parts?",
    ),
)


def _to_vendor(identifier: str, asks: str, reference: str, words: str) -> Entry:
    async def ask(look: Look) -> Answer:
        uploaded = identifier == "vendor.trash" and bool(look.scratch.files)
        return unanswered(
            "No call answers this safely; ask PhotoShelter's support.",
            ask_vendor=words,
            administrator=_EMPTY_TRASH if uploaded else "",
        )

    return entry(identifier, asks, reference, ask)


QUESTIONS: Final[tuple[Entry, ...]] = tuple(_to_vendor(*it) for it in _TEXTS)
