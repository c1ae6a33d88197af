"""Workspaces: where people approve or turn down files, with thumbs and comments (HC "Workspaces in Lumen"; PS 8)."""

from __future__ import annotations

from typing import Any, Final

from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.containers import beginning

KINDS: Final = (Kind("workspace", {"org": Index(lambda doc: [f"{doc['org_id']}|{doc['created_ms']:014d}"])}),)
THUMBS: Final = ("up", "down")


class Workspaces:
    """The workspaces of all organizations. What is in one, and what was thought of it, stands in the file's document."""

    def __init__(self, world: World) -> None:
        """Work on `world`."""
        self._world, self._documents = world, world.documents

    def ensure(self, org_id: str, name: str) -> Document:
        """Return the workspace of a name, made when there is none."""
        identifier = ids.make_id(ids.WORKSPACE, f"{org_id}|{name}")
        if (known := self._documents.get("workspace", identifier)) is not None:
            return known
        now = self._world.clock.now_ms()
        document = {"id": identifier, "org_id": org_id, "name": name, "created_ms": now}
        self._documents.put("workspace", identifier, document)
        return document

    def get(self, org_id: str, identifier: str) -> Document | None:
        """Return a workspace of an organization."""
        found = self._documents.get("workspace", identifier)
        return found if found and found["org_id"] == org_id else None

    def of(self, org_id: str) -> list[Document]:
        """Return the workspaces of an organization, the oldest first."""
        found = self._documents.every("workspace", beginning("org", f"{org_id}|"))
        return [doc for doc in (self._documents.get("workspace", each) for each in found) if doc is not None]

    @staticmethod
    def files(identifier: str) -> Lookup:
        """Return the lookup of a workspace's files, in the order of joining."""
        return beginning("workspace", f"{identifier}|")

    def reviewed(self, doc: Document, name: str, review: Any, who: str) -> list[dict[str, Any]]:
        """Return the places of a file in workspaces after a review; None takes it out.

        `review` is `up`, `down`, an empty text (no thumb yet), or an object with `thumb`, `comment`, `by`.
        Raises `ValueError`.
        """
        workspace, places = self.ensure(doc["org_id"], name), list(doc.get("workspaces", []))
        others = [place for place in places if place["id"] != workspace["id"]]
        if review is None:
            return others
        given = review if isinstance(review, dict) else {"thumb": review or None}
        if odd := sorted(set(given) - {"thumb", "comment", "by"}):
            raise ValueError(f"unknown {', '.join(odd)}; there are thumb, comment, by")
        if given.get("thumb") not in (None, *THUMBS):
            raise ValueError(f"thumb is one of {', '.join(THUMBS)}, or null")
        now = self._world.clock.now_ms()
        before = next((place for place in places if place["id"] == workspace["id"]), {"added_ms": now, "comments": []})
        by = str(given.get("by") or who)
        place = {**before, "id": workspace["id"]}
        if "thumb" in given:
            place |= {"thumb": given["thumb"], "by": by, "reviewed_ms": now}
        if given.get("comment"):
            place["comments"] = [*place["comments"], {"by": by, "text": str(given["comment"]), "at_ms": now}]
        return [*others, place]
