"""The address book of an organization: contacts and groups of contacts (PS 3, 6.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.containers import beginning

KINDS: Final = (
    Kind(
        "contact",
        {
            "name": Index(lambda doc: [f"{doc['org_id']}|{doc['name'].casefold()}"]),
            "email": Index(lambda doc: [doc["email"].casefold()] if doc["email"] else []),
        },
    ),
)


class AddressBook:
    """Contacts and groups of all organizations."""

    def __init__(self, world: World) -> None:
        """Work on `world`."""
        self._documents = world.documents

    def contact(self, org_id: str, email: str, name: str = "", groups: Iterable[str] = ()) -> Document:
        """Return the contact of an e-mail address, made when there is none; groups (by name) are added."""
        identifier = ids.make_id(ids.CONTACT, f"{org_id}|{email.casefold()}")
        known = self._documents.get("contact", identifier) or {"name": email, "groups": []}
        joined = [*known["groups"], *(self.group(org_id, each)["id"] for each in groups)]
        document = {
            "type": "contact",
            "name": name or known["name"],
            "email": email,
            "groups": list(dict.fromkeys(joined)),
        }
        return self._save(identifier, org_id, document)

    def group(self, org_id: str, name: str) -> Document:
        """Return the group of a name, made when there is none."""
        identifier = ids.make_id(ids.CONTACT_GROUP, f"{org_id}|{name}")
        return self._save(identifier, org_id, {"type": "group", "name": name, "email": "", "groups": []})

    def _save(self, identifier: str, org_id: str, document: Document) -> Document:
        document |= {"id": identifier, "org_id": org_id}
        self._documents.put("contact", identifier, document)
        return document

    def get(self, identifier: str) -> Document | None:
        """Return a contact or group."""
        return self._documents.get("contact", identifier)

    def of(self, org_id: str) -> list[Document]:
        """Return all contacts and groups of an organization by name."""
        found = self._documents.every("contact", beginning("name", f"{org_id}|"))
        return [doc for doc in map(self.get, found) if doc is not None]

    def known_as(self, email: str) -> frozenset[str]:
        """Return the ids of contacts and groups, of whichever organization, that an e-mail address stands for."""
        found = [self.get(each) for each in self._documents.every("contact", Lookup("email", equal=email.casefold()))]
        return frozenset(each for doc in found if doc for each in (doc["id"], *doc["groups"]))
