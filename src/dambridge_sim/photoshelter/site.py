"""What every operation of PhotoShelter needs: the parts of the world, who calls, and the envelope of the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import errors, resources
from dambridge_sim.photoshelter.accounts import Accounts, Session
from dambridge_sim.photoshelter.assets import Assets
from dambridge_sim.photoshelter.containers import Containers
from dambridge_sim.photoshelter.paging import Page, paging_meta
from dambridge_sim.photoshelter.parameters import Parameters

T = TypeVar("T")


@dataclass(slots=True)
class Site:
    """The simulator's parts, shared by all modules of operations."""

    world: World
    accounts: Accounts
    containers: Containers
    assets: Assets

    # Who calls

    def session(self, call: Call) -> Session | None:
        """Return who is logged in, or None."""
        found: Session | None = call.state.get("session")
        return found

    def member(self, call: Call, right: str = "read") -> Session:
        """Return the caller, who must be logged in and whose role must allow `right`."""
        session = self.session(call)
        if session is None:
            raise errors.no_access()
        if session.org_id is not None and not session.may(right):
            raise errors.no_access("Your role in this organization does not allow this.")
        return session

    def org(self, call: Call, right: str = "read") -> str:
        """Return the organization that the caller's session is in.

        Before A3 the organization's library is invisible: 401 or empty, unknown which (section 9 point 10; a switch).
        """
        session = self.member(call, right)
        if session.org_id is not None:
            return session.org_id
        if self.world.switches["before_organization"] == "empty":
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
        org_id, identifier = self.org(call, right), call.params[name]
        call.touch(identifier)
        document = self._read(call, "container", identifier, right)
        if document is None or document["org_id"] != org_id or document["type"] != kind:
            raise errors.not_found(kind)
        return self.containers.current(document)

    def media(self, call: Call, right: str = "read", name: str = "id") -> Document:
        """Return the file in the path; one in the trash is not found (section 9 point 12)."""
        return self.file(call, call.params[name], right)

    def file(self, call: Call, identifier: str, right: str = "read") -> Document:
        """Return a file of the caller's organization."""
        org_id = self.org(call, right)
        call.touch(identifier)
        document = self._read(call, "asset", identifier, right)
        if document is None or document["trashed"] or document["org_id"] != org_id:
            raise errors.not_found("media")
        return document

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
        """Answer with one resource, or with an array of them."""
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
        return self.reply(call, items, paging=paging, **meta)

    def whole(self, call: Call, page: Page, items: Sequence[T], show: Callable[[T], Any], **meta: Any) -> Reply:
        """Answer with one page of a list that is at hand."""
        return self.page(call, page, len(items), lambda offset, limit: items[offset : offset + limit], show, **meta)

    def origin(self, call: Call) -> str:
        """Return scheme and host under which links point back here."""
        return f"http://{call.headers.get('host', 'localhost')}"


async def parameters_of(call: Call) -> Parameters:
    """Return the parameters of a call, wherever they stand."""
    return Parameters(await call.parameters())
