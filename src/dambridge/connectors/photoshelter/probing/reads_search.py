"""Questions about listings and searches (PS 4.4, E17, E18; section 10, point 3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, unanswered
from dambridge.connectors.photoshelter.wire import WireItem, text
from dambridge.ports.capabilities import Proof

FILTERS: Final = "filters"
IGNORED: Final = "ignored"
REFUSED: Final = "refused"
_IMPOSSIBLE: Final = {"modify_start": "1990-01-01 00:00:00 GMT", "modify_end": "1990-01-02 00:00:00 GMT"}
"""Before PhotoShelter was: nothing can have been modified then."""
_PAGES: Final = 5


async def _window(look: Look, path: str, base: Mapping[str, str]) -> Answer:
    """Whether `modify_start` and `modify_end` filter: nothing in an impossible window, and a known file in its own."""
    calls = look.calls
    everything = await calls.get(path, **base, page="1", per_page="20")
    if not everything.ok:
        return unanswered(f"{path} was refused: {everything.in_words}.")
    if not everything.items():
        return unanswered("The library shows no file; nothing can be told of a window.")
    nothing = await calls.get(path, **base, **_IMPOSSIBLE, page="1", per_page="20")
    if not nothing.ok:
        return Answer(value=REFUSED, told=f"{path} refuses a window of modified times ({nothing.in_words}).")
    if nothing.items():
        told = f"{path} ignores `modify_start` and `modify_end`: a window in 1990 found files."
        return Answer(value=IGNORED, told=told)
    known = await look.library.any_file(calls)
    if known is None or (at := _modified(known)) is None:
        return unanswered("No file shows a modified time to try a window with.")
    if not await _finds(look, path, base, known, at):
        return unanswered(
            f"{path} finds nothing in 1990 and does not find {known.id} at the modified time that the file shows, "
            f"{protocol.format_time(at)}."
        )
    return Answer(value=FILTERS, told=f"{path} finds files by their modified time.")


async def _finds(look: Look, path: str, base: Mapping[str, str], known: WireItem, at: datetime) -> bool:
    second = timedelta(seconds=1)
    window = {"modify_start": protocol.format_time(at - second), "modify_end": protocol.format_time(at + second)}
    for page in range(1, _PAGES + 1):
        items = (await look.calls.get(path, **base, **window, page=str(page), per_page="500")).items()
        if any(it.id == known.id for it in items):
            return True
        if len(items) < 500:
            return False
    return False


def _modified(item: WireItem) -> datetime | None:
    said = item.attributes
    return protocol.parse_time(text(said.get("updated_at")) or text(said.get("modified_at")))


async def media_window(look: Look) -> Answer:
    """On E17, where the delta is read."""
    found = await _window(look, "/media", {"org_id": look.options.org_id})
    if found.value is None:
        return found
    works = found.value == FILTERS
    return Answer(
        value=found.value,
        told=found.told,
        cells={"reader.modified_window": Proof.PROVEN if works else Proof.ABSENT},
        warning="" if works else "Changes can only be found by sweeping the whole library.",
        ask_vendor="" if works else _WINDOW,
    )


async def search_window(look: Look) -> Answer:
    """On E18, of which no filter is known."""
    return await _window(look, "/search", protocol.sweep_query(look.options.org_id))


async def search_terms(look: Look) -> Answer:
    """Whether E18 heeds the other filters of E17: `file_name` stands for them."""
    calls, base = look.calls, protocol.sweep_query(look.options.org_id)
    everything = await calls.get("/search", **base, page="1", per_page="20")
    nothing = await calls.get("/search", **base, file_name="dambridge-no-file-has-this-name", page="1", per_page="20")
    if not everything.items():
        return unanswered(f"The library shows no file ({everything.in_words}).")
    if not nothing.ok:
        return Answer(value=REFUSED, told=f"/search refuses a filter by file name ({nothing.in_words}).")
    value = IGNORED if nothing.items() else FILTERS
    return Answer(value=value, told=f"/search {'ignores' if nothing.items() else 'heeds'} the filters of /media.")


async def hit_type(look: Look) -> Answer:
    """How a hit names its kind (section 9: 2019 and live differ)."""
    items = (await look.calls.get("/media", org_id=look.options.org_id, page="1", per_page="20")).items()
    if not items:
        return unanswered("The library shows no file.")
    value = "media" if all(it.type == "media" for it in items) else "live"
    return Answer(value=value, told=f"A search hit names its type as {', '.join(sorted({it.type for it in items}))}.")


async def per_page(look: Look) -> Answer:
    """How many items one page gives at most."""
    base = protocol.sweep_query(look.options.org_id)
    said = await look.calls.get("/search", **base, page="1", per_page="1000")
    got, total = len(said.items()), said.total()
    if not said.ok:
        return unanswered(f"A page of 1000 was refused: {said.in_words}.")
    if total is None or total <= got:
        return unanswered(f"The library shows {got} files; a page of 1000 cannot be told from all of them.")
    return Answer(
        value=got,
        told=f"A page gives at most {got} items.",
        suggests={"per_page": min(got, 500)} if got < look.options.per_page else {},
    )


async def modified_sort(look: Look) -> Answer:
    """Whether E9 lists containers by modified time, newest first."""
    said = await look.calls.get(
        "/galleries", sort_by="modification_time", sort_direction="descending", page="1", per_page="50"
    )
    times = [text(it.attributes.get("modified_at")) for it in said.items()]
    if not said.ok or len(set(times)) < 2 or not all(times):
        return unanswered(f"Too few galleries with a modified time to tell their order ({said.in_words}).")
    held = times == sorted(times, reverse=True)
    return Answer(value=held, told=f"Galleries {'come' if held else 'do not come'} newest first when asked so.")


_WINDOW: Final = (
    "GET /media with org_id, modify_start and modify_end answers with files that were not modified in that window. Do these "
    "parameters still work, and is there another way to list what changed since a moment?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    entry("media.window", "Does /media find files by modified time?", "PS 10.3, E17", media_window),
    entry("search.window", "Does /search find files by modified time?", "PS 10.3, E18", search_window),
    entry("search.filters", "Does /search heed the filters of /media?", "PS E18", search_terms),
    entry("search.hit_type", "How does a search hit name its kind?", "PS 9, E17", hit_type),
    entry("search.per_page", "How many items does a page give at most?", "PS 4.4", per_page),
    entry("galleries.newest_first", "Do galleries come by modified time?", "PS 8, E9", modified_sort),
)
