"""The simulator of PhotoShelter, plugged into the kit: who may call, what is served, how it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply, Upload
from dambridge_sim.kit.lookup import Document, Kind, Lookup, Value
from dambridge_sim.kit.seeds import Library
from dambridge_sim.kit.vendor import Audience, Card, Operation, Vendor
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import (
    accounts,
    address_book,
    assets,
    containers,
    errors,
    resources,
    synthetic,
    v4_people,
    workspaces,
)
from dambridge_sim.photoshelter.accounts import Accounts, ExpiredTokenError
from dambridge_sim.photoshelter.address_book import AddressBook
from dambridge_sim.photoshelter.assets import Assets
from dambridge_sim.photoshelter.audience import audience_of
from dambridge_sim.photoshelter.container_views import ContainerViews
from dambridge_sim.photoshelter.containers import Containers
from dambridge_sim.photoshelter.gate import (
    bearer_of,
    cookie_of,
    key_in_body,
    refused,
    refusing,
    token_of,
    unreadable,
)
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.people import People
from dambridge_sim.photoshelter.routes import V3_BASES, V4_BASES, Route, served
from dambridge_sim.photoshelter.seeding import Seeding
from dambridge_sim.photoshelter.showing import card_of, state_of
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.switches import SWITCHES
from dambridge_sim.photoshelter.v3 import Version3
from dambridge_sim.photoshelter.v3_place_records import PlaceRecords
from dambridge_sim.photoshelter.v3_places import Places
from dambridge_sim.photoshelter.v3_records import Records
from dambridge_sim.photoshelter.v3_workspaces import SearchAndWorkspaces
from dambridge_sim.photoshelter.v4_auth import Authentication
from dambridge_sim.photoshelter.v4_batch import Batch
from dambridge_sim.photoshelter.v4_container_writes import ContainerWrites
from dambridge_sim.photoshelter.v4_containers import ContainerReads
from dambridge_sim.photoshelter.v4_files import Files
from dambridge_sim.photoshelter.v4_media import Media
from dambridge_sim.photoshelter.v4_people import SmallThings
from dambridge_sim.photoshelter.v4_search import Search
from dambridge_sim.photoshelter.v4_versions import Versions
from dambridge_sim.photoshelter.workspaces import Workspaces

_API: Final = "/psapi/"
_TOKENLESS: Final = frozenset(
    base + path
    for bases, paths in (
        (V4_BASES, ("/authenticate", "/oauth/register", "/oauth/token")),
        (V3_BASES, ("/mem/authenticate",)),
    )
    for base in bases
    for path in paths
)
"""Calls that need a key and no token; a stale token sent along does no harm there."""


class PhotoShelter(Vendor):
    """A local PhotoShelter."""

    name = "photoshelter"
    title = "PhotoShelter"
    kinds: Sequence[Kind] = (
        *accounts.KINDS,
        *containers.KINDS,
        *assets.KINDS,
        *address_book.KINDS,
        *workspaces.KINDS,
        *v4_people.KINDS,
    )
    switches = SWITCHES

    def attach(self, world: World) -> None:
        """Put the parts together on `world`."""
        super().attach(world)
        kept = Containers(world)
        self.site = Site(world, Accounts(world), kept, Assets(world, kept), AddressBook(world), Workspaces(world))
        self.site.assets.computed = lambda number: self._library().glance(number)
        self._people = People(self.site)
        media = MediaViews(self.site)
        views = ContainerViews(self.site, media)
        files, self._search = Files(self.site, media), Search(self.site)
        world.documents.listeners.append(lambda _change: self._search.something_changed())
        records = Records(self.site, media)
        version4 = [
            *Authentication(self.site).routes(),
            *ContainerReads(self.site, views, media).routes(),
            *ContainerWrites(self.site, views, media).routes(),
            *self._search.routes(),
            *Media(self.site, media).routes(),
            *files.routes(),
            *Versions(self.site).routes(),
            *Batch(self.site).routes(),
            *SmallThings(self.site).routes(),
        ]
        places = PlaceRecords(self.site, records, media)
        version3 = [
            *Version3(self.site, records, files, media).routes(),
            *Places(self.site, records, places, media).routes(),
            *SearchAndWorkspaces(self.site, records, self._search).routes(),
        ]
        every = [
            *served(version4, V4_BASES, self._present),
            *served(version3, V3_BASES, self._present),
            *served(files.addresses(), ("",), self._present),
        ]
        self._operations = [refusing(operation) for operation in every]
        self._synthetic: synthetic.SyntheticLibrary | None = None

    def _present(self, route: Route) -> bool:
        """Say whether the site has an operation: switches may take away what is not confirmed."""
        switches = self.world.switches
        if route.switch is not None and switches[route.switch] in (False, "absent"):
            return False
        return route.confidence.in_strict or route.section not in switches["absent"]

    def operations(self) -> Sequence[Operation]:
        """Return all operations."""
        return self._operations

    def credentials(self) -> Mapping[str, Any]:
        """Return keys, user and organization for the ready line."""
        return {
            "api_key": self.site.accounts.keys("v4")[0],
            "api_key_v3": self.site.accounts.keys("v3")[0],
            "email": accounts.DEFAULT_EMAIL,
            "password": accounts.DEFAULT_PASSWORD,
            "organizations": [{"id": org["id"], "name": org["name"]} for org in self.site.accounts.organizations()],
            "org_id": self.site.accounts.organization(accounts.DEFAULT_ORGANIZATION)["id"],
        }

    def populate(self) -> None:
        """Make the organization and its librarian."""
        self.site.accounts.add_user(
            accounts.DEFAULT_EMAIL, accounts.DEFAULT_PASSWORD, "Lee Brarian", "admin", accounts.DEFAULT_ORGANIZATION
        )

    # The course of a call

    async def before(self, call: Call) -> Reply | None:
        """Check the key before anything else, then the token if there is one (section 9 point 2)."""
        self.site.assets.settle()
        if not call.path.startswith(_API):
            return None
        generation = "v3" if call.path.startswith("/psapi/v3") else "v4"
        key = call.headers.get("x-ps-api-key") or call.query.get("api_key") or await key_in_body(call)
        if key not in self.site.accounts.keys(generation):
            return refused(call, errors.BAD_KEY, "The API key is missing or invalid.")
        call.state["api_key"] = key
        if (refusal := unreadable(call)) is not None:
            return refusal
        token = self._token(call)
        if token is None or call.path in _TOKENLESS:
            return None
        try:
            session = self.site.accounts.session(token)
        except ExpiredTokenError as error:
            if error.oauth or bearer_of(call) is not None:
                return refused(call, errors.BAD_TOKEN, "The access token is invalid or has expired.")
            return refused(call, errors.NO_ACCESS, "The session has ended; log in again.")
        if session.waiting and not call.path.endswith("/logout"):
            return refused(call, errors.NO_ACCESS, "The second factor of this login is missing.")
        if self.world.switches["session_slides"] and not session.oauth:
            self.site.accounts.prolong(token, self.world.switches["session_lifetime_s"])
        call.state["session"] = session
        call.caller = session.email
        return None

    def unknown(self, call: Call) -> Reply:
        """Answer an unknown path or method."""
        return refused(call, errors.NOT_FOUND, "There is nothing at this address.")

    def too_many(self, call: Call, retry_after_s: float) -> Reply:
        """Answer a call over the rate (PS 4.7)."""
        reply = refused(call, errors.TOO_MANY, "The rate limit is exceeded.")
        if self.world.switches["retry_after"]:
            reply.headers["retry-after"] = str(max(1, ceil(retry_after_s)))
        return reply

    def bad_body(self, call: Call, problem: str) -> Reply:
        """Answer a body that is not what its content type says."""
        return refused(call, errors.BAD_REQUEST, f"The request cannot be read: {problem}.")

    def broken(self, call: Call, error: Exception) -> Reply:
        """Answer when the simulator itself fails."""
        return refused(call, errors.BROKEN, f"The simulator failed: {type(error).__name__}: {error}")

    def decorate(self, call: Call, reply: Reply) -> None:
        """Add the version of the API (PS 4.2, CONFIRMED-2019)."""
        if call.path.startswith(V4_BASES):
            reply.headers["x-ps-api-version"] = resources.API_VERSION_HEADER
        session = call.state.get("session")
        if session is not None and cookie_of(call) == session.token and "set-cookie" not in reply.headers:
            # The cookie is renewed by each response and must be sent back (PS A1, DOCV3).
            reply.headers["set-cookie"] = resources.session_cookie(session.token)

    def expire_token(self, call: Call) -> None:
        """Let the caller's token end now."""
        if (token := self._token(call)) is not None:
            self.site.accounts.expire(token)

    def _token(self, call: Call) -> str | None:
        """Return the token of a session: in its usual places, else as `token` in the query, where one live client has it.

        There it may also be the token that a container was shared with (PS E5), which is no session's.
        """
        token = token_of(call)
        if token is None and (named := call.query.get("token")) and self.site.accounts.knows(named):
            return named
        return token

    def started(self) -> None:
        """Remember which uploads are still being processed."""
        self.site.assets.recall()

    def clock_moved(self) -> None:
        """Let uploads appear whose time has come."""
        self.site.assets.settle()

    # As a person

    def person_adds(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Put a file there."""
        return self._people.add(upload, meta)

    def person_edits(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change a file."""
        self._people.edit(identifier, upload, meta)

    def person_deletes(self, identifier: str) -> None:
        """Move a file to the trash."""
        self._people.delete(identifier)

    def load_library(self, library: Library) -> None:
        """Take users, custom fields and containers."""
        Seeding(self.site, self._people).load(library)

    # Looking

    def state_line(self, identifier: str, document: Document) -> dict[str, Any]:
        """Return what the state says of a file."""
        return state_of(self.site, document)

    def who_can_see(self, document: Document, at_ms: int) -> Audience:
        """Return who can see a file."""
        return audience_of(document, self.site.containers, at_ms)

    def affected_assets(self, kind: str, identifier: str) -> Iterable[str]:
        """Return the files in or below a container."""
        if kind != "container":
            return
        for gallery_id in {identifier, *self.site.containers.galleries_below(identifier)}:
            yield from self.world.documents.every("asset", self.site.assets.in_gallery(gallery_id))

    def card(self, identifier: str, document: Document) -> Card:
        """Return a file as people see it."""
        return card_of(self.site, document)

    # A computed library

    def synthetic_begin(self, count: int) -> None:
        """Make the collection and its galleries of a thousand files each."""
        org_id, owner_id = self._home()
        top = self.site.containers.ensure(org_id, synthetic.COLLECTION, owner_id, "collection")
        self.site.containers.save({**top, "mode": "private"})
        for place in range(ceil(count / synthetic.GALLERY_SIZE)):
            identifier = synthetic.gallery_id(place * synthetic.GALLERY_SIZE)
            name = synthetic.gallery_name(place)
            self.site.containers.add(
                org_id, "gallery", name, parent=top["id"], owner_id=owner_id, id=identifier, mode="private"
            )
            order = min(synthetic.GALLERY_SIZE, count - place * synthetic.GALLERY_SIZE)
            self.world.documents.put("pulse", identifier, {"order": order, "modified_ms": 0})

    def _home(self) -> tuple[str, str]:
        org = self.site.accounts.organization(accounts.DEFAULT_ORGANIZATION)
        return org["id"], self.site.accounts.first_user()["id"]

    def _library(self) -> synthetic.SyntheticLibrary:
        if self._synthetic is None:
            self._synthetic = synthetic.SyntheticLibrary(self.world, *self._home())
        return self._synthetic

    def synthetic_id(self, number: int) -> str:
        """Return the id of a number."""
        return synthetic.synthetic_id(number)

    def synthetic_number(self, identifier: str) -> int | None:
        """Return the number of an id."""
        return synthetic.synthetic_number(identifier)

    def synthetic_document(self, number: int) -> Document:
        """Compute a document."""
        return self._library().document(number)

    def synthetic_value(self, index: str, number: int) -> Value:
        """Compute an index value."""
        return self._library().value(index, number)

    def synthetic_span(self, lookup: Lookup, count: int) -> range:
        """Return the numbers of a lookup."""
        return self._library().span(lookup, count)
