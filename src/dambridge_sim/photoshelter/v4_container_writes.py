"""v4: making, changing, filling and deleting collections and galleries (PS E8, E16: SINGLE, body names INFERRED)."""

from __future__ import annotations

from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.container_views import ContainerViews
from dambridge_sim.photoshelter.containers import NAME_LIMIT, ORDER_LIMIT
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.permissions import entry_of
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.v4_media import media_members
from dambridge_sim.photoshelter.visibility import MODES

_NOTHING: Final[frozenset[str]] = frozenset()


class ContainerWrites:
    """The writing operations of section 6.1."""

    def __init__(self, site: Site, views: ContainerViews, media: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views, self._media = site, views, media

    def routes(self) -> list[Route]:
        """Return the operations."""
        single, dated, guess = Confidence.SINGLE, Confidence.CONFIRMED_2019, Confidence.INFERRED
        return [
            route("POST", "/collections", self.create, single, "PS E8"),
            route("PATCH", "/collections/{id}", self.change, single, "PS E8"),
            route("DELETE", "/collections/{id}", self.delete, single, "PS E8"),
            route("POST", "/galleries", self.create, single, "PS E16"),
            route("PATCH", "/galleries/batch", self.change_many, single, "PS E16"),
            route("PATCH", "/galleries/{id}", self.change, single, "PS E16"),
            route("DELETE", "/galleries/{id}", self.delete, dated, "PS E16"),
            route("POST", "/galleries/{id}/children", self.add_child, single, "PS E16"),
            route("DELETE", "/galleries/{id}/children/{media_id}", self.remove_child, single, "PS E16"),
            route("PATCH", "/galleries/{id}/key-image", self.set_key_image, single, "PS E16"),
            route("POST", "/galleries/{id}/parents", self.add_parent, single, "PS E16"),
            route("DELETE", "/galleries/{id}/parents/{collection_id}", self.remove_parent, single, "PS E16"),
            route("PATCH", "/galleries/{id}/media", self.change_files, single, "PS E16"),
            route(
                "PATCH", "/galleries/{id}/permissions", self.set_permissions, guess, "PS 8", switch="permission_write"
            ),
            route(
                "PATCH", "/collections/{id}/permissions", self.set_permissions, guess, "PS 8", switch="permission_write"
            ),
        ]

    async def create(self, call: Call) -> Reply:
        """Make a container; without a mode it inherits from its parent."""
        kind = _kind(call)
        parameters = await parameters_of(call)
        org_id = self._site.org(call, "edit")
        parameters.required("name")
        parent = parameters.text("parent").strip() or None
        if parent is not None and self._site.containers.in_org(org_id, parent, "collection") is None:
            raise errors.not_found("collection")
        members = self._members(parameters)
        owner = self._site.member(call).user_id
        doc = self._site.containers.add(org_id, kind, members.pop("name"), parent=parent, owner_id=owner, **members)
        call.touch(doc["id"])
        return self._site.reply(call, self._views.container(call, doc, _NOTHING))

    async def change(self, call: Call) -> Reply:
        """Change attributes of a container."""
        parameters = await parameters_of(call)
        doc = self._either(call)
        return self._site.reply(call, self._views.container(call, self._changed(doc, parameters), _NOTHING))

    async def change_many(self, call: Call) -> Reply:
        """Change attributes of several galleries, named by `gallery_ids` (INFERRED)."""
        parameters = await parameters_of(call)
        org_id = self._site.org(call, "edit")
        found = []
        for identifier in parameters.words("gallery_ids"):
            call.touch(identifier)
            doc = self._site.containers.in_org(org_id, identifier, "gallery")
            if doc is None:
                raise errors.not_found("gallery")
            found.append(doc)
        if not found:
            raise errors.bad_request("The parameter gallery_ids is required.")
        changed = [self._changed(doc, parameters) for doc in found]
        return self._site.reply(call, [self._views.container(call, doc, _NOTHING) for doc in changed])

    def _changed(self, doc: Document, parameters: Parameters) -> Document:
        members = self._members(parameters)
        if parameters.has("name"):
            parameters.required("name")
        if doc["type"] == "collection" and parameters.has("parent"):
            members["parents"] = self._moved(doc, parameters.text("parent").strip())
        if members:
            self._site.containers.save({**doc, **members})
        return self._site.containers.load([doc["id"]])[0]

    def _members(self, parameters: Parameters) -> dict[str, Any]:
        """Return the settable members; a site that does not take `mode` here ignores it as any unknown parameter."""
        members = container_members(parameters)
        if not self._site.world.switches["v4_visibility_write"]:
            members.pop("mode", None)
        return members

    def _moved(self, doc: Document, parent: str) -> list[str]:
        """Return the parents of a collection that moves; it cannot move into itself."""
        if not parent:
            return []
        found = self._site.containers.in_org(doc["org_id"], parent, "collection")
        if found is None:
            raise errors.not_found("collection")
        if any(each["id"] == doc["id"] for each in self._site.containers.path(found)):
            raise errors.bad_request("A collection cannot be moved into itself.")
        return [parent]

    async def delete(self, call: Call) -> Reply:
        """Delete a container for good; files that were in no other gallery go to the trash (HC)."""
        doc = self._either(call)
        with self._site.world.documents.transaction():
            self._site.assets.galleries_gone(self._site.containers.delete(doc))
        return self._ok(call)

    async def add_child(self, call: Call) -> Reply:
        """Put existing files into a gallery."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call, "edit")
        identifiers = parameters.words("media_id") or parameters.words("media_ids")
        if not identifiers:
            raise errors.bad_request("The parameter media_id is required.")
        files = [self._site.file(call, identifier, "edit") for identifier in identifiers]
        with self._site.world.documents.transaction():
            for file in files:
                self._site.assets.join(file, doc["id"])
        shown = [self._media.thin(identifier, doc["id"]) for identifier in identifiers]
        return self._site.reply(call, shown if len(shown) > 1 else shown[0])

    async def remove_child(self, call: Call) -> Reply:
        """Take a file out of this gallery; it stays in the library."""
        doc, file = self._site.gallery(call, "edit"), self._site.media(call, "edit", "media_id")
        if not any(place["id"] == doc["id"] for place in file["galleries"]):
            raise errors.not_found("child")
        with self._site.world.documents.transaction():
            self._site.assets.leave(file, doc["id"])
        return self._ok(call)

    async def set_key_image(self, call: Call) -> Reply:
        """Choose the key image of a gallery (`image_id`, INFERRED)."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call, "edit")
        image = self._site.file(call, parameters.required("image_id"), "edit")
        if image["media"] != "image":
            raise errors.bad_request("The key image must be an image.")
        self._site.containers.save({**doc, "key_image_id": image["id"]})
        return self._site.reply(call, self._views.key_image(call, {**doc, "key_image_id": image["id"]}))

    async def add_parent(self, call: Call) -> Reply:
        """Put a gallery into one more collection."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call, "edit")
        identifier = parameters.required("collection_id")
        call.touch(identifier)
        if self._site.containers.in_org(doc["org_id"], identifier, "collection") is None:
            raise errors.not_found("collection")
        if identifier not in doc["parents"]:
            self._site.containers.save({**doc, "parents": [*doc["parents"], identifier]})
        return self._ok(call)

    async def remove_parent(self, call: Call) -> Reply:
        """Take a gallery out of a collection."""
        doc, identifier = self._site.gallery(call, "edit"), call.params["collection_id"]
        if identifier not in doc["parents"]:
            raise errors.not_found("parent")
        self._site.containers.save({**doc, "parents": [each for each in doc["parents"] if each != identifier]})
        return self._ok(call)

    async def change_files(self, call: Call) -> Reply:
        """E16: change all files of a gallery (SINGLE; INFERRED: what E20 takes)."""
        parameters = await parameters_of(call)
        doc, assets = self._site.gallery(call, "tag"), self._site.assets
        with self._site.world.documents.transaction():
            for file in list(self._media.in_gallery(doc["id"])):
                assets.edit(
                    self._site.file(call, file["id"], "tag"), media_members(parameters, file), "rating_moves_modified"
                )
        return self._ok(call)

    async def set_permissions(self, call: Call) -> Reply:
        """Replace the own permission entries of a container (INFERRED: `permissions`, a list of E14's entries)."""
        parameters = await parameters_of(call)
        doc = self._either(call)
        given = parameters.objects("permissions")
        if given is None:
            raise errors.bad_request("The parameter permissions is required: a JSON list of entries.")
        try:
            made = [entry_of(self._site, doc["org_id"], each) for each in given]
        except ValueError as error:
            raise errors.bad_request(f"The parameter permissions: {error}.") from None
        changed = {**doc, "permissions": made}
        self._site.containers.save(changed)
        return self._site.reply(call, self._views.permissions(call, changed))

    def _either(self, call: Call) -> Document:
        return self._site.gallery(call, "edit") if _kind(call) == "gallery" else self._site.collection(call, "edit")

    def _ok(self, call: Call) -> Reply:
        return Reply.json({"meta": self._site.meta(call, status="OK")})


def _kind(call: Call) -> str:
    return "gallery" if "/galleries" in call.path else "collection"


def container_members(parameters: Parameters) -> dict[str, Any]:
    """Return the settable members that were sent, checked; unknown ones are ignored."""
    members: dict[str, Any] = {}
    for name in ("name", "description"):
        if parameters.has(name):
            text = parameters.text(name)
            if len(text) > NAME_LIMIT:
                raise errors.bad_request(f"The parameter {name} may have {NAME_LIMIT} characters.")
            members[name] = text.strip() if name == "name" else text or None
    for name in ("is_listed", "access_inherit"):
        if (flag := parameters.flag(name)) is not None:
            members[name] = flag
    if mode := parameters.choice("mode", MODES, ""):
        members["mode"] = mode
    if (order := parameters.number("display_order")) is not None:
        if not 0 <= order <= ORDER_LIMIT:
            raise errors.bad_request(f"The parameter display_order must be a number from 0 to {ORDER_LIMIT}.")
        members["display_order"] = order
    return members
