"""Containers as v4 shows them, with what `include` asks for nested under `includes` (PS 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

from dambridge_sim.kit.call import Call
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import resources
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.resources import Resource
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import container_time

ENTRY_MEMBERS: Final = [
    "expires",
    "contact_id",
    "group_id",
    "access_level",
    "password",
    "token",
    "max_downloads",
    "download_image_filetype",
    "download_image_size",
    "download_image_embed",
    "download_video_filetype",
    "download_video_format",
    "download_audio_filetype",
    "download_doc_filetype",
]
"""Attributes of a permission entry (PS E14, CONFIRMED-2019)."""


class ContainerViews:
    """Renders containers."""

    def __init__(self, site: Site, media: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._media = site, media

    def container(self, call: Call, doc: Document, wanted: frozenset[str]) -> Resource:
        """Return a gallery or collection with what was asked for."""
        shown = resources.container(doc, self._site.frame(call), staff=self._site.staff(call))
        return self._with_includes(call, shown, doc, wanted)

    def child(self, call: Call, doc: Document, parent_id: str, wanted: frozenset[str]) -> Resource:
        """Return a child of a collection, its mode seen from that collection."""
        containers = self._site.containers
        mode, effective = containers.native(doc), containers.effective(doc, parent_id)
        shown = resources.child(doc, self._site.frame(call), mode, effective, staff=self._site.staff(call))
        return self._with_includes(call, shown, doc, wanted)

    def child_detail(self, call: Call, doc: Document, parent_id: str) -> Resource:
        """Return a child asked for by its id."""
        containers = self._site.containers
        return resources.child_detail(
            doc,
            self._site.frame(call),
            containers.native(doc),
            containers.effective(doc, parent_id),
            staff=self._site.staff(call),
        )

    def _with_includes(self, call: Call, shown: Resource, doc: Document, wanted: frozenset[str]) -> Resource:
        makers: dict[str, Callable[[], Any]] = {
            "key-image": lambda: self.key_image(call, doc),
            "link": lambda: resources.portal_link(doc, self._site.origin(call)),
            "permissions": lambda: self.permissions(call, doc)["attributes"]["native"],
            "access": lambda: self.access(call, doc),
            "path": lambda: self.path(doc),
            "child-count": lambda: {"attributes": self.counts(doc)},
            "parent": lambda: self._parent(call, doc),
        }
        included = {name: {"data": makers[name]()} for name in makers if name in wanted}
        if included:
            shown["includes"] = included
        return shown

    def _parent(self, call: Call, doc: Document) -> Resource | None:
        above = self._site.containers.load(doc["parents"][:1])
        if not above:
            return None
        return resources.container(above[0], self._site.frame(call), staff=self._site.staff(call))

    def counts(self, doc: Document) -> dict[str, int]:
        """Return how many children a container has, by kind."""
        if doc["type"] == "gallery":
            return self._media.counts(doc["id"])
        found = self._site.containers.under(doc["org_id"], doc["id"])
        galleries = sum(each["type"] == "gallery" for each in found)
        return {"total": len(found), "galleries": galleries, "collections": len(found) - galleries}

    def path(self, doc: Document) -> list[Resource]:
        """Return the container and all above it, leaf first (SINGLE: a switch)."""
        above = [
            {"id": each["id"], "type": each["type"], "attributes": {"name": each["name"]}}
            for each in self._site.containers.path(doc)
        ]
        return above if self._site.world.switches["path_order"] == "root_first" else above[::-1]

    def key_image(self, call: Call, doc: Document) -> Resource | None:
        """Return the key image: the one chosen, else the first image of a gallery; None when there is none."""
        chosen = doc.get("key_image_id")
        image = chosen or self._media.first_image(doc)
        if image is None:
            return None
        public = self._site.containers.effective(doc) == "everyone"
        return resources.key_image(doc, image, self._site.origin(call), custom=bool(chosen), public=public)

    def access(self, call: Call, doc: Document) -> Resource:
        """Return modes, and perhaps own entries (path SINGLE, body INFERRED; what `native` holds is a switch)."""
        containers = self._site.containers
        entries = self._site.world.switches["access_native"] == "entries"
        return {
            "id": doc["access_id"],
            "type": "access",
            "attributes": {
                "mode": containers.effective(doc),
                "native_mode": containers.native(doc),
                "effective_mode": containers.effective(doc),
                "access_inherit": doc.get("access_inherit", True),
                "native": self._entries(call, doc) if entries else containers.native(doc),
            },
        }

    def permissions(self, call: Call, doc: Document, context: str | None = None) -> Resource:
        """Return E14: the mode, own entries, and what each parent adds."""
        containers = self._site.containers
        parents = [context] if context in doc["parents"] else doc["parents"]
        above = containers.load([parent for parent in parents if parent] if doc.get("access_inherit", True) else [])
        inherited = [
            {
                "mode": containers.effective(each),
                "native_mode": containers.native(each),
                "collection_id": each["id"],
                "permissions": self._entries(call, each),
            }
            for each in above
        ]
        attributes = {
            "mode": containers.effective(doc, context),
            "native_mode": containers.native(doc),
            "native": self._entries(call, doc),
            "inherited": inherited,
        }
        return {"id": doc["id"], "type": "permissions", "attributes": attributes}

    def _entries(self, call: Call, doc: Document) -> list[Resource]:
        """Return the own entries of a container; who is not staff gets them without credentials (PS E14)."""
        shown = [entry(each, self._site.zone) for each in doc["permissions"]]
        if not self._site.staff(call):
            for each in shown:
                each["attributes"] |= dict.fromkeys(("password", "token"))
        return shown


def entry(stored: Document, zone: tzinfo) -> Resource:
    """Return one permission entry."""
    attributes = {name: stored.get(name) for name in ENTRY_MEMBERS}
    if (end := stored.get("expires_ms")) is not None:
        attributes["expires"] = container_time(end, zone)
    return {"id": stored["id"], "type": stored["type"], "attributes": attributes}
