"""What a vendor's simulator gives to the kit. See README.md for the walk through one call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dambridge_sim.kit.call import Call, Reply, Upload
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup, Value
from dambridge_sim.kit.seeds import Library
from dambridge_sim.kit.switches import Switch
from dambridge_sim.kit.visibility import STAFF, Audience
from dambridge_sim.kit.world import World

__all__ = [
    "STAFF", "Audience", "Card", "Confidence", "Document", "Index", "Kind", "Library", "Lookup", "Operation",
    "Switch", "Upload", "Vendor", "World",
]  # fmt: skip

Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    `path` is matched segment by segment: `{name}` takes one segment (dots included), `{name:path}` the rest.
    `reference` names the section of the API reference.
    """

    method: str
    path: str
    handler: Handler
    confidence: Confidence
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An asset as the page for people shows it."""

    id: str
    file_name: str
    title: str = ""
    containers: Sequence[str] = ()
    status: str = ""
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Headed tables of name and value: native metadata, custom fields, rights, dates."""


class Vendor(ABC):
    """A vendor's simulator. Everything state-like is kept in `self.world`, nothing in the object itself."""

    name: str
    """The word of the command line: `photoshelter` or `netx`."""
    title: str
    """The name for people."""
    asset_kind = "asset"
    kinds: Sequence[Kind] = (Kind("asset"),)
    switches: Sequence[Switch] = ()
    page_order = Lookup()
    """The lookup by which the page for people lists assets."""
    world: World

    def attach(self, world: World) -> None:
        """Take the world; called once before anything else. Override to prepare more, and call this first."""
        self.world = world

    @abstractmethod
    def operations(self) -> Sequence[Operation]:
        """Return all operations, whatever their confidence."""

    @abstractmethod
    def credentials(self) -> Mapping[str, Any]:
        """Return what a client needs to sign in, for the ready line."""

    @abstractmethod
    def populate(self) -> None:
        """Put into the empty world what exists in an empty account: organisation, root folder, users, their tokens."""

    def started(self) -> None:  # noqa: B027 - a hook that may stay empty
        """Run after every start and reset, when everything is loaded: for what is held in memory."""

    def clock_moved(self) -> None:  # noqa: B027 - a hook that may stay empty
        """Run after the clock was set or advanced, and before a control call looks: for what the server does by itself."""

    # The course of a call

    async def identify(self, call: Call) -> None:  # noqa: B027 - a hook that may stay empty
        """Tell what faults match on and the journal shows: `call.rpc_method`, `call.confidence`, `call.touch(...)`."""

    async def before(self, call: Call) -> Reply | None:
        """Check key, token and level and set `call.caller`; a reply ends the call."""
        return None

    @abstractmethod
    def unknown(self, call: Call) -> Reply:
        """Answer a path, method or (in strict mode) operation that the real server does not know."""

    @abstractmethod
    def too_many(self, call: Call, retry_after_s: float) -> Reply:
        """Answer a call over the rate."""

    def bad_body(self, call: Call, problem: str) -> Reply:
        """Answer a body that is not what its content type says."""
        return Reply.json({"error": problem}, status=400)

    def broken(self, call: Call, error: Exception) -> Reply:
        """Answer when the simulator itself fails; a test that meets this has found a defect of the simulator."""
        return Reply.json({"error": f"the simulator failed: {type(error).__name__}: {error}"}, status=500)

    def decorate(self, call: Call, reply: Reply) -> None:  # noqa: B027 - a hook that may stay empty
        """Add headers that every reply of the vendor carries."""

    def expire_token(self, call: Call) -> None:  # noqa: B027 - a hook that may stay empty
        """Make the token that this call brings expire now (fault `expire_token`)."""

    # As a person

    @abstractmethod
    def person_adds(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Put an asset there as a person would have done; return its id. Raises `BadMetaError`."""

    @abstractmethod
    def person_edits(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change an asset as a person would. Raises `BadMetaError`."""

    @abstractmethod
    def person_deletes(self, identifier: str) -> None:
        """Delete an asset as a person would (trash where the vendor has one)."""

    def person_presses(self, button: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person starts by a button in the web application. Raises `KeyError` for a button that is not there."""
        raise KeyError(button)

    def load_library(self, library: Library) -> None:  # noqa: B027 - a hook that may stay empty
        """Take containers, vocabularies, users and attributes of a seed folder; its files come to `person_adds`."""

    # Looking

    @abstractmethod
    def state_line(self, identifier: str, document: Document) -> dict[str, Any]:
        """Return what `/__sim__/state` says of an asset beyond what the kit adds.

        Members: `containers` (paths), `metadata` (native), `custom` or `attributes`, `versions` (a count), `status`, `trash`
        (true while in the trash), `file_name`. The kit adds `id`, `sha256`, `md5`, `size`, `media_type`,
        `visible_to`, `embedded`, `deleted`.
        """

    def who_can_see(self, document: Document, at_ms: int) -> Audience:
        """Return who can see the asset at an instant; staff always can."""
        return STAFF

    def affected_assets(self, kind: str, identifier: str) -> Iterable[str]:
        """Return the assets whose audience may change when this document (a container, say) does."""
        return ()

    @abstractmethod
    def card(self, identifier: str, document: Document) -> Card:
        """Return the asset as people see it."""

    # A computed library (`--seed synthetic:N`); see `lookup.Base`

    def synthetic_begin(self, count: int) -> None:
        """Prepare for a computed library of `count` assets: the containers that they are in."""
        raise NotImplementedError(f"{self.title} has no synthetic library")

    def synthetic_id(self, number: int) -> str:
        """Return the id of a number."""
        raise NotImplementedError

    def synthetic_number(self, identifier: str) -> int | None:
        """Return the number of an id, or None when it has not the form of a computed one."""
        return None

    def synthetic_document(self, number: int) -> Document:
        """Compute the document of a number; its `"blob"` is `world.blobs.synthetic(number).to_json()`. Staff only."""
        raise NotImplementedError

    def synthetic_value(self, index: str, number: int) -> Value:
        """Return the value under which a number stands in an index."""
        raise NotImplementedError

    def synthetic_span(self, lookup: Lookup, count: int) -> range:
        """Return the numbers below `count` that a lookup selects, in ascending order of the index's value."""
        raise NotImplementedError

    def span_by_value(self, lookup: Lookup, count: int) -> range:
        """Return the span of an index whose value grows with the number; a help for `synthetic_span`."""
        low, low_open, high, high_open = lookup.bounds()
        numbers = range(count)

        def value(number: int) -> Any:
            return self.synthetic_value(lookup.index, number)

        start = 0 if low is None else (bisect_right if low_open else bisect_left)(numbers, low, key=value)
        stop = count if high is None else (bisect_left if high_open else bisect_right)(numbers, high, key=value)
        return range(start, max(start, stop))


class BadMetaError(ValueError):
    """A control call's `meta` that the simulator cannot take; the text says what it takes."""
