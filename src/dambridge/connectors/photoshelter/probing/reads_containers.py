"""Questions about containers and workspaces that reads answer (PS 6.1, U11, U12; section 10, points 9 and 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, unanswered
from dambridge.connectors.photoshelter.wire import text

_PLURALS: Final = ("collections", "galleries")


async def path_order(look: Look) -> Answer:
    """Leaf or root first (PS E7, E15: leaf first is SINGLE), seen at a container that stands in another."""
    for above in (await look.library.containers(look.calls, "collections"))[:10]:
        inside = await look.calls.get(f"/collections/{quote(above.id, safe='')}/children", page="1", per_page="20")
        for it in inside.items():
            plural = "galleries" if it.id.startswith("G0") else "collections"
            said = await look.calls.get(f"/{plural}/{quote(it.id, safe='')}/path")
            ids = [each.id for each in said.items()]
            if it.id in ids and above.id in ids:
                value = "leaf_first" if ids.index(it.id) < ids.index(above.id) else "root_first"
                return Answer(value=value, told=f"The path of a container comes {value.replace('_', ' ')}.")
    return unanswered("No container that stands in another one shows its path.")


async def access(look: Look) -> Answer:
    """Whether modes and grants can be read (PS E7, E14, E15)."""
    value: dict[str, dict[str, bool]] = {}
    for plural in _PLURALS:
        for it in (await look.library.containers(look.calls, plural))[:1]:
            path = f"/{plural}/{quote(it.id, safe='')}"
            value[plural] = {
                part: (await look.calls.get(f"{path}/{part}")).ok
                for part in ("permissions", "access", "link", "key-image")
            }
    if not value:
        return unanswered("There is no container to look at.")
    readable = sorted({part for parts in value.values() for part, ok in parts.items() if ok})
    return Answer(
        value=value,
        told=f"Of containers can be read: {', '.join(readable) or 'nothing'}.",
        ask_vendor="" if {"permissions", "access"} <= set(readable) else _ACCESS,
    )


async def counts(look: Look) -> Answer:
    """How the kinds are named in the count of a gallery (PS E12: the draft had singular names)."""
    for it in (await look.library.containers(look.calls, "galleries"))[:1]:
        said = await look.calls.get(f"/galleries/{quote(it.id, safe='')}/child-count")
        found = said.dig("meta", "children_count")
        if isinstance(found, Mapping):
            return Answer(value=sorted(map(str, found)), told=f"A gallery counts {', '.join(sorted(map(str, found)))}.")
        return unanswered(f"The count of a gallery was refused: {said.in_words}.")
    return unanswered("There is no gallery to look at.")


async def workspaces(look: Look) -> Answer:
    """Whether workspaces can be read by v3 (PS U11, SINGLE)."""
    said = await look.calls.v3("GET", "/workspace/query", {"page": "1", "per_page": "20"})
    if said.absent:
        return Answer(value=False, told=f"API v3 shows no workspaces ({said.in_words}).", ask_vendor=_WORKSPACES)
    if not said.ok:
        return unanswered(f"Workspaces were refused: {said.in_words}.", ask_vendor=_WORKSPACES)
    found = said.dig("data", "Workspace")
    return Answer(value=True, told=f"API v3 shows {len(found) if isinstance(found, list) else 0} workspaces.")


async def review(look: Look) -> Answer:
    """What a review shows by v3 (PS U12, SINGLE, body unknown); its names alone are kept."""
    said = await look.calls.v3("GET", "/workspace/query", {"page": "1", "per_page": "20"})
    for space in _rows(said.dig("data", "Workspace"))[:10]:
        wid = text(space.get("workspace_id") or space.get("id"))
        inside = await look.calls.v3("GET", f"/workspace/{quote(wid, safe='')}/media", {"page": "1", "per_page": "20"})
        for row in _rows(inside.dig("data", "WorkspaceMedia"))[:5]:
            media_id = _media_id(row)
            path = f"/workspace/{quote(wid, safe='')}/media/{quote(media_id, safe='')}/review"
            found = await look.calls.v3("GET", path) if media_id else None
            if found is not None and found.ok:
                return Answer(value=_names(found.dig("data")), told="API v3 shows the review of a file in a workspace.")
    return unanswered("No file in a workspace was met whose review can be read.", ask_vendor=_WORKSPACES)


def _rows(found: Any) -> list[Mapping[str, Any]]:
    return [it for it in found if isinstance(it, Mapping)] if isinstance(found, list) else []


def _media_id(row: Any) -> str:
    """The first id of a file anywhere in a record."""
    if isinstance(row, Mapping):
        return next((found for it in row.values() if (found := _media_id(it))), "")
    return row if isinstance(row, str) and row[:2] in {"I0", "VD", "AD", "DO"} and len(row) == 16 else ""


def _names(found: Any) -> Any:
    return {str(k): _names(v) for k, v in found.items()} if isinstance(found, Mapping) else type(found).__name__


_ACCESS: Final = (
    "Which calls of API v4 read the visibility mode, the effective mode and the permission entries of a container?"
)
_WORKSPACES: Final = (
    "Which calls of API v4 list the workspaces, the files in one, and the approval (thumbs up or down, by whom, when) of each "
    "file?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    entry("container.path_order", "Does a path come leaf or root first?", "PS E7, E15", path_order),
    entry("container.access", "Can modes and grants be read?", "PS 10.12, E14, E15", access),
    entry("container.counts", "How does a gallery count its files?", "PS E12", counts),
    entry("workspaces", "Can workspaces be read by v3?", "PS 10.9, U11", workspaces),
    entry("review", "What does a review show?", "PS 10.9, U12", review),
)
