"""v4: contacts, embed tokens, faces, integrations (PS 6.4: SINGLE, most members INFERRED)."""

from __future__ import annotations

from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document, Index, Kind
from dambridge_sim.photoshelter import errors, ids
from dambridge_sim.photoshelter.containers import beginning
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.times import container_time
from dambridge_sim.photoshelter.uploads import uploaded

KINDS: Final = tuple(
    Kind(name, {"org": Index(lambda doc: [f"{doc['org_id']}|{doc['created_ms']:014d}"])})
    for name in ("embed_token", "face", "integration")
)
_TOKEN: Final = ("name", "description")
_FACE: Final = ("person_id", "name")


class SmallThings:
    """The operations of section 6.4."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def routes(self) -> list[Route]:
        """Return the operations."""
        single, reference = Confidence.SINGLE, "PS 6.4"
        return [
            route("GET", "/contacts", self.contacts, single, reference),
            route("GET", "/contacts/{id}", self.contact, single, reference),
            route("GET", "/embed-tokens", self.tokens, single, reference),
            route("POST", "/embed-tokens", self.make_token, single, reference),
            route("GET", "/embed-tokens/{id}", self.token, single, reference),
            route("PATCH", "/embed-tokens/{id}", self.change_token, single, reference),
            route("DELETE", "/embed-tokens/{id}", self.delete_token, single, reference),
            route("POST", "/faces", self.make_face, single, reference),
            route("GET", "/faces/{id}", self.face, single, reference),
            route("PATCH", "/faces/{id}", self.change_face, single, reference),
            route("DELETE", "/faces/{id}", self.delete_face, single, reference),
            route("GET", "/integrations", self.integrations, single, reference),
        ]

    # Contacts

    async def contacts(self, call: Call) -> Reply:
        """Invited users and groups; `query` is part of a name or address, `email` a whole address."""
        parameters, org_id = await parameters_of(call), self._site.org(call)
        part, email = parameters.text("query").strip().casefold(), parameters.text("email").strip().casefold()
        found = [
            doc
            for doc in self._site.contacts.of(org_id)
            if (not part or part in doc["name"].casefold() or part in doc["email"].casefold())
            and (not email or doc["email"].casefold() == email)
        ]
        return self._site.whole(call, self._site.page_asked(parameters), found, _contact)

    async def contact(self, call: Call) -> Reply:
        """One contact or group."""
        org_id, identifier = self._site.org(call), call.params["id"]
        found = self._site.contacts.get(identifier)
        if found is None or found["org_id"] != org_id:
            raise errors.not_found("contact")
        return self._site.reply(call, _contact(found))

    # Embed tokens

    async def tokens(self, call: Call) -> Reply:
        """All tokens."""
        return await self._all(call, "embed_token", self._token)

    async def make_token(self, call: Call) -> Reply:
        """Make a token (`name`, `description`)."""
        parameters = await parameters_of(call)
        org_id = self._site.org(call, "edit")
        parameters.required("name")
        made = self._made("embed_token", "ET000", org_id, parameters, _TOKEN)
        return self._site.reply(call, self._token(made))

    async def token(self, call: Call) -> Reply:
        """One token."""
        return self._site.reply(call, self._token(self._one(call, "embed_token")))

    async def change_token(self, call: Call) -> Reply:
        """Change name or description."""
        parameters = await parameters_of(call)
        return self._site.reply(call, self._token(self._changed(call, "embed_token", parameters, _TOKEN)))

    async def delete_token(self, call: Call) -> Reply:
        """Delete a token."""
        return self._deleted(call, "embed_token")

    def _token(self, doc: Document) -> dict[str, Any]:
        attributes = {name: doc[name] for name in _TOKEN}
        attributes |= {
            "token": ids.spell(doc["id"], 32),
            "created_at": container_time(doc["created_ms"], self._site.zone),
        }
        return {"id": doc["id"], "type": "embed-token", "attributes": attributes}

    # Faces

    async def make_face(self, call: Call) -> Reply:
        """Tag a face (`file`, `person_id`)."""
        parameters = await parameters_of(call)
        org_id = self._site.org(call, "edit")
        upload = await uploaded(call, self._site, "file")
        parameters.required("person_id")
        made = self._made("face", "F0000", org_id, parameters, _FACE, blob=upload.blob.to_json())
        return self._site.reply(call, _face(made))

    async def face(self, call: Call) -> Reply:
        """One face."""
        return self._site.reply(call, _face(self._one(call, "face")))

    async def change_face(self, call: Call) -> Reply:
        """Say whose face it is."""
        parameters = await parameters_of(call)
        return self._site.reply(call, _face(self._changed(call, "face", parameters, _FACE)))

    async def delete_face(self, call: Call) -> Reply:
        """Delete a face."""
        return self._deleted(call, "face")

    # Integrations

    async def integrations(self, call: Call) -> Reply:
        """The integrations that the organization has."""
        return await self._all(call, "integration", _integration)

    # What the three have in common

    async def _all(self, call: Call, kind: str, show: Any) -> Reply:
        parameters, org_id = await parameters_of(call), self._site.org(call)
        documents = self._site.world.documents
        found = [documents.get(kind, each) for each in documents.every(kind, beginning("org", f"{org_id}|"))]
        return self._site.whole(call, self._site.page_asked(parameters), [doc for doc in found if doc], show)

    def _made(
        self, kind: str, prefix: str, org_id: str, parameters: Parameters, names: tuple[str, ...], **more: Any
    ) -> Document:
        documents = self._site.world.documents
        identifier = ids.make_id(prefix, documents.next_number(kind))
        document = {"id": identifier, "org_id": org_id, "created_ms": self._site.world.clock.now_ms(), **more}
        document |= {name: parameters.text(name) or None for name in names}
        documents.put(kind, identifier, document)
        return document

    def _one(self, call: Call, kind: str, right: str = "read") -> Document:
        org_id = self._site.org(call, right)
        found = self._site.world.documents.get(kind, call.params["id"])
        if found is None or found["org_id"] != org_id:
            raise errors.not_found(kind.replace("_", " "))
        return found

    def _changed(self, call: Call, kind: str, parameters: Parameters, names: tuple[str, ...]) -> Document:
        found = self._one(call, kind, "edit")
        found |= {name: parameters.text(name) or None for name in names if parameters.has(name)}
        self._site.world.documents.put(kind, found["id"], found)
        return found

    def _deleted(self, call: Call, kind: str) -> Reply:
        self._site.world.documents.delete(kind, self._one(call, kind, "edit")["id"])
        return Reply.json({"meta": self._site.meta(call, status="OK")})


def _contact(doc: Document) -> dict[str, Any]:
    attributes = {"name": doc["name"], "email": doc["email"] or None, "group_ids": doc["groups"]}
    return {"id": doc["id"], "type": doc["type"], "attributes": attributes}


def _face(doc: Document) -> dict[str, Any]:
    return {"id": doc["id"], "type": "face", "attributes": {name: doc[name] for name in _FACE}}


def _integration(doc: Document) -> dict[str, Any]:
    return {"id": doc["id"], "type": "integration", "attributes": {"name": doc["name"]}}
