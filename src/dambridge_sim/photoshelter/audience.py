"""Who can see a file outside the staff: through any gallery, by whichever way is widest (PS 3, E14)."""

from __future__ import annotations

from collections.abc import Iterable

from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.visibility import STAFF, Audience
from dambridge_sim.photoshelter.containers import Containers


def audience_of(doc: Document, containers: Containers, at_ms: int) -> Audience:
    """Return the audience of a file at an instant. A licence that has ended changes nothing here (HC)."""
    if doc["trashed"]:
        return STAFF
    groups: set[str] = set()
    ends: list[int] = []
    public = False
    for place in doc["galleries"]:
        gallery = containers.get(place["id"])
        if gallery is None:
            continue
        mode = containers.widest(gallery)
        public = public or mode == "everyone"
        if mode == "permission":
            for name, end in _grants(gallery, containers):
                if end is None or end > at_ms:
                    groups.add(name)
                if end is not None and end > at_ms:
                    ends.append(end)
    if not public and not groups:
        return STAFF
    return Audience(public=public, groups=tuple(sorted(groups)), changes_at_ms=min(ends, default=None))


def _grants(container: Document, containers: Containers) -> Iterable[tuple[str, int | None]]:
    """Yield who was let in, here or further up, and until when."""
    for entry in container["permissions"]:
        yield _name(entry), entry.get("expires_ms")
    if container.get("access_inherit", True):
        for parent_id in container["parents"]:
            parent = containers.get(parent_id)
            if parent is not None:
                yield from _grants(parent, containers)


def _name(entry: Document) -> str:
    for member in ("name", "group_id", "contact_id", "contact_email"):
        if entry.get(member):
            return str(entry[member])
    return str(entry["type"])
