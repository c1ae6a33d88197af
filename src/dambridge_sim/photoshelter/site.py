"""What every operation of PhotoShelter needs: the parts of the world, who calls, and the envelope of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import errors, resources
from dambridge_sim.photoshelter.accounts import Accounts, Session
from dambridge_sim.photoshelter.address_book import AddressBook
from dambridge_sim.photoshelter.assets import Assets
from dambridge_sim.photoshelter.containers import Containers
from dambridge_sim.photoshelter.grants import Guest, lets_in, way_in
from dambridge_sim.photoshelter.paging import DEFAULT, Page, page_of, paging_meta
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.workspaces import Workspaces

T = TypeVar("T")


@dataclass(slots=True)
class Site:
    """The simulator's parts, shared by all modules of operations."""

    world: World
    accounts: Accounts
    containers: Containers
    assets: Assets
    contacts: AddressBook
    workspaces: Workspaces

    # Who calls

    def session(self, call: Call) -> Session | None:
        """Return who is logged in, or None."""
        found: Session | None = call.state.get("session")
        return found

    def member(self, call: Call, right: str = "read") -> Session:
        """Return the caller, who must be logged in and whose role must allow `right`."""
        session = self.signed_in(call)
        if session.org_id is not None and not session.may(right):
            raise errors.no_access("Your role in this organization does not allow this.")
        return session

    def signed_in(self, call: Call) -> Session:
        """Return the caller, who must be logged in, whatever they may do."""
        session = self.session(call)
        if session is None:
            raise errors.no_access()
        return session

    def org(self, call: Call, right: str = "read") -> str:
        """Return the organization that the caller's session is in.

        Before A3 the organization's library is invisible: 401 or empty, unknown which (section 9 point 10; a switch).
        Whatever it shows, nothing can be put there.
        """
        session = self.member(call, right)
        if session.org_id is not None:
            return session.org_id
        if right == "read" and self.world.switches["before_organization"] == "empty":
            return "none"
        raise errors.no_access("The session is in no organization; authenticate with one first.")

    # Things by id

    def gallery(self, call: Call, right: str = "read", name: str = "id") -> Document:
        """Return the gallery in the path."""
        return self._container(call, "gallery", right, name)

    def collection(self, call: Call, right: str = "read", name: str = "id") -> Document:
        """Return the collection in the path."""
        return self._container(call, "collection", right, name)

    def _container(self, call: Call, kind: str, right: str, name: str) -> Document:
        identifier = call.params[name]
        call.touch(identifier)
        if right != "read" or self._is_staff(call):
            org_id = self.org(call, right)
            document = self._read(call, "container", identifier, right)
            if document is not None and document["org_id"] == org_id and document["type"] == kind:
                return self.containers.current(document)
        document = self._read(call, "container", identifier, right)
        if (
            right == "read"
            and document is not None
            and document["type"] == kind
            and self.way_in(call, document) is not None
        ):
            call.state["guest"] = True
            return self.containers.current(document)
        raise self._hidden(call, kind)

    def media(self, call: Call, right: str = "read", name: str = "id") -> Document:
        """Return the file in the path; one in the trash is not found (section 9 point 12)."""
        return self.file(call, call.params[name], right)

    def file(self, call: Call, identifier: str, right: str = "read") -> Document:
        """Return a file of the caller's organization."""
        call.touch(identifier)
        if right != "read" or self._is_staff(call):
            org_id = self.org(call, right)
            document = self._read(call, "asset", identifier, right)
            if document is not None and not document["trashed"] and document["org_id"] == org_id:
                return document
        document = self._read(call, "asset", identifier, right)
        if right == "read" and document is not None and self.terms(call, document) is not None:
            call.state["guest"] = True
            return document
        raise self._hidden(call, "media")

    # Guests: the portal's visitors and invited people (PS 3, E4, E5, E14)

    def _is_staff(self, call: Call) -> bool:
        session = self.session(call)
        return session is not None and session.org_id is not None and session.may("read")

    def staff(self, call: Call) -> bool:
        """Say whether the caller sees what they were given as staff, not as a guest."""
        return not call.state.get("guest", False)

    def guest(self, call: Call) -> Guest:
        """Return what the caller is known by outside the staff."""
        session, query = self.session(call), call.query
        email = session.email if session else None
        known_as = self.contacts.known_as(email) if email else frozenset[str]()
        return Guest(email, known_as, query.get("password"), query.get("token"))

    def way_in(self, call: Call, container: Document) -> Document | None:
        """Return the permission entry by which the caller may see a container as a guest; None: they may not."""
        context = call.query.get("collection_id") or None
        return way_in(container, self.containers, self.guest(call), self.world.clock.now_ms(), context)

    def terms(self, call: Call, document: Document) -> Document | None:
        """Return the entry by which a guest may see a file through one of its galleries; None: they may not.

        Of several the one that says more counts: an entry before the empty one of a gallery that is open to everyone.
        """
        if document["trashed"]:
            return None
        named = call.query.get("gallery_id") or None
        places = [place["id"] for place in document["galleries"] if named in (None, place["id"])]
        found = [self.way_in(call, gallery) for gallery in map(self.containers.get, places) if gallery is not None]
        return next(filter(None, found), next((each for each in found if each is not None), None))

    def invited(self, call: Call) -> list[Document]:
        """Return the containers, of whichever organization, that were shared with the caller by name (PS A7)."""
        guest, now = self.guest(call), self.world.clock.now_ms()
        named = replace(guest, password=None, token=None)
        return [
            doc
            for org in self.accounts.organizations()
            for kind in ("collection", "gallery")
            for doc in self.containers.of_type(org["id"], kind)
            if any(lets_in(entry, named, now) for entry in doc["permissions"])
        ]

    def invited_galleries(self, call: Call) -> frozenset[str]:
        """Return the ids of all galleries that were shared with the caller by name, or lie in what was."""
        shared = self.invited(call)
        below = (self.containers.galleries_below(doc["id"]) for doc in shared if doc["type"] == "collection")
        return frozenset[str]().union({doc["id"] for doc in shared if doc["type"] == "gallery"}, *below)

    def _hidden(self, call: Call, what: str) -> errors.RefusalError:
        """Return the refusal for what is not there or not to be seen: only who is in an organization learns a 404."""
        session = self.session(call)
        if session is None:
            return errors.no_access()
        if session.org_id is None and self.world.switches["before_organization"] == "unauthorized":
            return errors.no_access("The session is in no organization; authenticate with one first.")
        if session.org_id is not None and not session.may("read"):
            return errors.no_access("Your role in this organization does not allow this.")
        return errors.not_found(what)

    def _read(self, call: Call, kind: str, identifier: str, right: str) -> Document | None:
        """Return a document: reads may be stale under a fault, what is about to be changed never is.

        A handler that writes takes the whole body first and the document then: other calls run while a body comes in.
        """
        return call.read(kind, identifier) if right == "read" else self.world.documents.get(kind, identifier)

    # Answers

    def meta(self, call: Call, **members: Any) -> dict[str, Any]:
        """Return `meta` (PS 4.3), with the rate as it stands while one is set (PS 4.7)."""
        meta: dict[str, Any] = {"copyright": resources.COPYRIGHT, "version": resources.VERSION, **members}
        rate = call.rate
        if rate is not None and self.world.switches["rate_limit_in_meta"]:
            meta["rate_limit"] = {"limit": rate.limit, "current": rate.used, "expires": int(-(-rate.resets_in_s // 1))}
        return meta

    def reply(self, call: Call, data: Any, **meta: Any) -> Reply:
        """Answer with one resource, or with an array of them, which a read shows as the faults of the call let it be seen."""
        if isinstance(data, list) and call.method != "PATCH":
            data = call.faults.listing(len(data), lambda offset, limit: data[offset : offset + limit]).page(
                0, len(data)
            )
        return self._answered(call, data, **meta)

    def _answered(self, call: Call, data: Any, **meta: Any) -> Reply:
        return Reply.json({"data": data, "meta": self.meta(call, **meta)})

    def page(
        self,
        call: Call,
        page: Page,
        total: int,
        fetch: Callable[[int, int], Sequence[T]],
        show: Callable[[T], Any],
        **meta: Any,
    ) -> Reply:
        """Answer with one page of a list, as the faults of the call let it be seen."""
        view = call.faults.listing(total, fetch)
        items = [show(item) for item in view.page(page.offset, page.size)]
        place = f"{call.headers.get('host', 'localhost')}{call.path}"
        paging = paging_meta(page, view.total, place, str(call.state.get("api_key", "")))
        return self._answered(call, items, paging=paging, **meta)

    def whole(self, call: Call, page: Page, items: Sequence[T], show: Callable[[T], Any], **meta: Any) -> Reply:
        """Answer with one page of a list that is at hand."""
        return self.page(call, page, len(items), lambda offset, limit: items[offset : offset + limit], show, **meta)

    def page_asked(self, parameters: Parameters, default: int = DEFAULT) -> Page:
        """Return the page that a call asks for, cut to what the site gives at most."""
        return page_of(parameters, int(self.world.switches["most_per_page"]), default)

    def frame(self, call: Call) -> resources.Frame:
        """Return what replies to a call are written with."""
        switches = self.world.switches
        return resources.Frame(
            self.origin(call),
            self.zone,
            str(switches["media_time_names"]),
            bool(switches["hash_present"]),
            str(switches["search_item_type"]),
        )

    @property
    def zone(self) -> tzinfo:
        """The zone of container times (PS 4.5: not stated)."""
        name = str(self.world.switches["account_time_zone"])
        return UTC if self.world.switches["container_times"] == "utc" or name == "UTC" else ZoneInfo(name)

    def origin(self, call: Call) -> str:
        """Return scheme and host under which links point back here."""
        return f"http://{call.headers.get('host', 'localhost')}"


async def parameters_of(call: Call) -> Parameters:
    """Return the parameters of a call, wherever they stand (PS 4.1); of a PATCH, where the switch says that it looks."""
    if call.method != "PATCH" or (form := call.world.switches["patch_body"]) == "any":
        return Parameters(await call.parameters())
    if form == "query":
        return Parameters(call.query)
    types = ("application/json",) if form == "json" else ("application/x-www-form-urlencoded", "multipart/form-data")
    found: Mapping[str, Any] = await call.parameters() if call.content_type in types else {}
    return Parameters({name: value for name, value in found.items() if name not in call.query})
