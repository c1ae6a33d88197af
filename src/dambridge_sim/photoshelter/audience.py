"""Who can see a file outside the staff: through any gallery, by whichever way is widest (PS 3, E14)."""

from __future__ import annotations

from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.visibility import STAFF, Audience
from dambridge_sim.photoshelter.containers import Containers
from dambridge_sim.photoshelter.grants import entries


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
            for entry in entries(gallery, containers):
                end = entry.get("expires_ms")
                if end is None or end > at_ms:
                    groups.add(_name(entry))
                if end is not None and end > at_ms:
                    ends.append(end)
    if not public and not groups:
        return STAFF
    return Audience(public=public, groups=tuple(sorted(groups)), changes_at_ms=min(ends, default=None))


def _name(entry: Document) -> str:
    for member in ("name", "contact_email", "group_id", "contact_id"):
        if entry.get(member):
            return str(entry[member])
    return str(entry["type"])
