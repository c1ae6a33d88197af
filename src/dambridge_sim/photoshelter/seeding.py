"""A seed folder's `library.yaml`: organizations, users, the address book, custom fields and containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dambridge_sim.kit.seeds import Library
from dambridge_sim.kit.vendor import BadMetaError
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.accounts import DEFAULT_ORGANIZATION
from dambridge_sim.photoshelter.people import People, option_id_of
from dambridge_sim.photoshelter.permissions import entry_of
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.visibility import MODES


class Seeding:
    """Sets up a library before its files come."""

    def __init__(self, site: Site, people: People) -> None:
        """Work on `site`."""
        self._site, self._people = site, people

    def load(self, library: Library) -> None:
        """Take organizations, users, contacts, custom fields and containers of a seed folder. Raises `BadMetaError`."""
        for given in library.site.get("organizations", []):
            self._site.accounts.organization(_name_of("organizations", given))
        for user in library.users:
            self._user(user)
        self._address_book(library.site)
        org_id, owner_id = self._people.owner({})
        for field_id, values in library.vocabularies.items():
            options = {option_id_of(str(value)): str(value) for value in values}
            self._site.assets.define_field(org_id, field_id, field_id, options)
        for field in library.attributes:
            self._field(field)
        for container in library.containers:
            self._container(container, owner_id)

    def _address_book(self, site: Mapping[str, Any]) -> None:
        for given in site.get("contacts", []):
            org_id, _ = self._people.owner({"organization": given.get("organization")})
            if not given.get("email"):
                raise BadMetaError("contacts: each has email, and perhaps name, groups, organization")
            self._site.contacts.contact(
                org_id, str(given["email"]), str(given.get("name") or ""), given.get("groups") or ()
            )
        for number, given in enumerate(site.get("integrations", [])):
            org_id, _ = self._people.owner(
                {"organization": given.get("organization") if isinstance(given, Mapping) else None}
            )
            name = _name_of("integrations", given)
            identifier = ids.make_id("IN000", f"{org_id}|{name}")
            document = {"id": identifier, "org_id": org_id, "name": name, "created_ms": number}
            self._site.world.documents.put("integration", identifier, document)

    def _user(self, user: Mapping[str, Any]) -> None:
        try:
            self._site.accounts.add_user(
                str(user["email"]),
                str(user.get("password", "")),
                str(user.get("name", user["email"])),
                str(user.get("role", "editor")),
                str(user.get("organization", DEFAULT_ORGANIZATION)),
                two_factor=bool(user.get("two_factor", False)),
            )
        except (KeyError, ValueError) as error:
            raise BadMetaError(
                f"users: {error}; a user has email, password, name, role, organization, two_factor"
            ) from None

    def _field(self, field: Mapping[str, Any]) -> None:
        identifier = str(field.get("id") or field.get("name") or "")
        if not identifier:
            raise BadMetaError("attributes: a custom field has id, name and options")
        given = field.get("options") or []
        pairs = given.items() if isinstance(given, Mapping) else ((option_id_of(str(each)), each) for each in given)
        options = {str(option_id): str(value) for option_id, value in pairs}
        org_id, _ = self._people.owner({"organization": field.get("organization")})
        self._site.assets.define_field(org_id, identifier, str(field.get("name") or identifier), options)

    def _container(self, given: Mapping[str, Any], owner_id: str) -> None:
        org_id, _ = self._people.owner({"organization": given.get("organization")})
        kind = str(given.get("type", "gallery"))
        if kind not in ("gallery", "collection") or not given.get("path"):
            raise BadMetaError("containers: each has path, and perhaps type: gallery or collection")
        doc = self._site.containers.ensure(org_id, str(given["path"]), owner_id, kind)
        members: dict[str, Any] = {}
        mode = given.get("visibility", given.get("mode"))
        if mode is not None:
            if mode not in MODES:
                raise BadMetaError(f"containers: visibility is one of {', '.join(MODES)}, not {mode!r}")
            members |= {"mode": mode, "access_inherit": False}
        members |= {name: given[name] for name in ("description", "is_listed", "access_inherit") if name in given}
        if given.get("also_in"):
            if kind == "collection":
                raise BadMetaError("containers: a collection has one parent; also_in is for galleries")
            above = (
                self._site.containers.ensure(org_id, str(each), owner_id, "collection") for each in given["also_in"]
            )
            members["parents"] = [*doc["parents"], *(each["id"] for each in above)]
        if given.get("permissions"):
            try:
                members["permissions"] = [entry_of(self._site, org_id, each) for each in given["permissions"]]
            except ValueError as error:
                raise BadMetaError(f"permissions: {error}") from None
        if members:
            self._site.containers.save({**doc, **members})


def _name_of(member: str, given: Any) -> str:
    name = given.get("name") if isinstance(given, Mapping) else given
    if not isinstance(name, str) or not name.strip():
        raise BadMetaError(f"{member}: each is a name, or has one")
    return name.strip()
