"""What each flow needs of the two systems, and what becomes of it where a need is not met. Data, and pure questions.

Cells are named as in a capability file: facet and member (`archive.take_out`). Where a need is not met, another cell may stand
in for it; else a need that is `essential` stops its flow, one that `waits` makes the items that depend on it wait, and any
other is done without as `without` says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dambridge.model.identity import FlowName, System

PS, NX = System.PHOTOSHELTER, System.NETX


@dataclass(frozen=True, slots=True)
class StandIn:
    """Another cell of the same system that does enough of it: `does` what it is for, `then` what the flow is like by it."""

    cell: str
    does: str
    then: str


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a flow asks of one system: `does` what it is for, `without` what happens where neither it nor what may stand
    in for it is to be had."""

    system: System
    cell: str
    does: str
    without: str
    essential: bool = False
    instead: StandIn | None = None
    waits: bool = False

    @property
    def holds_up(self) -> bool:
        """Whether something stands still without it."""
        return self.essential or self.waits


class Outlook(StrEnum):
    """How a flow stands on accounts that can do so much."""

    WHOLE = "does all of it"
    PART = "does part of it"
    WAITS = "waits"


_POLLS = Need(
    PS, "reader.modified_window", "finds what changed since the last round", "every round lists the whole selection"
)
_EDITS_SHOW = Need(
    PS,
    "reader.metadata_moves_modified",
    "sees an edited caption by its modified time",
    "edits are found by the sweep, which compares fingerprints of fields",
)
_UNSHOWN_WAIT = "files of a media type for which no way was shown to work wait for the administrator"
_PS_ORIGINALS = Need(PS, "reader.originals", "fetches originals", _UNSHOWN_WAIT, essential=True)
_NX_DELIVERS = Need(NX, "archive.deliver", "imports files", _UNSHOWN_WAIT, essential=True)
_NX_FOLDERS = Need(
    NX,
    "archive.folders",
    "makes folders and files assets into them",
    "files go straight into folders that people made; an asset whose folder is missing waits",
)
_NX_VERSIONS = Need(
    NX,
    "archive.versions",
    "adds changed bytes as a version of the same asset",
    "an asset whose bytes changed waits",
    waits=True,
)
_NX_EMBEDS = "archive.embedded"
_BY_FILE = "reads fields out of the files that bring them"
_NX_FIELDS = Need(
    NX,
    "archive.write_attributes",
    "writes fields into attributes",
    "assets with fields to write wait, or are delivered and their fields wait, until a write route is proven",
    instead=StandIn(_NX_EMBEDS, _BY_FILE, "fields travel inside new files; what changes later waits"),
    waits=True,
)
_NX_EDITS = Need(
    NX,
    _NX_FIELDS.cell,
    "writes fields into attributes",
    "what is to be written is shown by asset and field, and waits for a person",
    waits=True,
)
_PS_FIELDS = Need(
    PS,
    "archive.write_attributes",
    "writes fields into IPTC",
    "fields travel inside newly published files alone; what changes later waits",
    waits=True,
)
_NX_ORIGINALS = Need(NX, "reader.originals", "fetches masters", "nothing is published", essential=True)
_NX_POLLS = Need(NX, "reader.modified_window", "finds what changed", "every round lists the whole selection")
_PS_DELIVERS = Need(
    PS,
    "archive.deliver",
    "uploads into galleries",
    _UNSHOWN_WAIT,
    essential=True,
)
_PS_WAY_BACK = Need(
    PS,
    "archive.take_out",
    "takes a file out of a gallery",
    "nothing goes out through an account on which no way back is proven",
    essential=True,
    instead=StandIn(
        "archive.discard_folder",
        "deletes a gallery with all that stands in it",
        "things go out into galleries that a person made for them alone, and come back with their whole gallery",
    ),
)
_BY_GALLERY = "moves files between galleries"
_BY_FOLDER = "files assets into folders"
_PS_AUDIENCE = Need(
    PS,
    "audience.read",
    "compares who can see a gallery with what was agreed",
    "nothing is published into a gallery whose audience cannot be read",
    essential=True,
)
_PS_PLACES = Need(
    PS,
    "archive.folders",
    "files one upload into several galleries",
    "each gallery must have been made by a person",
    waits=True,
)
_PS_REPLACES = Need(
    PS,
    "archive.versions",
    "replaces a file in place",
    "a new version goes up as a new file, and the old one goes the way back",
)
_PS_CUSTOM = Need(PS, "reader.custom_fields", "reads custom metadata", "custom fields are left out, and said to be")
_PUBLISHING = (_NX_ORIGINALS, _NX_POLLS, _PS_DELIVERS, _PS_WAY_BACK, _PS_AUDIENCE, _PS_PLACES, _PS_REPLACES)

NEEDS: Mapping[FlowName, tuple[Need, ...]] = MappingProxyType(
    {
        FlowName.INTAKE: (_POLLS, _EDITS_SHOW, _PS_ORIGINALS, _NX_DELIVERS, _NX_FOLDERS, _NX_VERSIONS, _NX_FIELDS),
        FlowName.ENRICH: (
            _POLLS,
            _PS_CUSTOM,
            Need(
                NX,
                _NX_FIELDS.cell,
                "writes vocabulary terms into attributes",
                "nothing is written",
                essential=True,
                instead=StandIn(
                    _NX_EMBEDS, _BY_FILE, "terms travel inside new arrivals; for what stands there they wait"
                ),
            ),
        ),
        FlowName.PUBLISH: _PUBLISHING,
        FlowName.RIGHTS: (
            _NX_POLLS,
            _POLLS,
            Need(
                PS,
                _PS_WAY_BACK.cell,
                _PS_WAY_BACK.does,
                "what must come out is shown with its instant, and waits for a person",
                instead=_PS_WAY_BACK.instead,
            ),
            _NX_EDITS,
            Need(PS, _PS_FIELDS.cell, "mirrors usage terms into IPTC", "terms are shown in NetX alone"),
        ),
        FlowName.HANDOFF: (
            _POLLS,
            _PS_ORIGINALS,
            _NX_DELIVERS,
            _NX_FOLDERS,
            _NX_FIELDS,
            Need(PS, "archive.discard", "moves the source into the trash", "the source is kept, and said to be"),
            Need(
                PS,
                _PS_FIELDS.cell,
                "shows decisions at the source, and tags it as archived",
                "decisions stand in dambridge alone; the source is kept untagged; both is said",
                instead=StandIn(
                    _PS_WAY_BACK.cell, _BY_GALLERY, "decisions show by galleries alone; the source is moved, not tagged"
                ),
            ),
        ),
        FlowName.SYNDICATE: (
            *_PUBLISHING,
            Need(PS, _PS_FIELDS.cell, "writes the region's language", "localised fields travel inside new files alone"),
        ),
        FlowName.LIFECYCLE: (
            _POLLS,
            _NX_POLLS,
            Need(
                NX,
                _NX_FIELDS.cell,
                "writes the status in NetX",
                "NetX's status waits for a person",
                instead=StandIn(_NX_FOLDERS.cell, _BY_FOLDER, "NetX's status shows by folders alone"),
                waits=True,
            ),
            Need(
                PS,
                _PS_FIELDS.cell,
                "writes the status in PhotoShelter",
                "PhotoShelter's status waits for a person",
                instead=StandIn(_PS_WAY_BACK.cell, _BY_GALLERY, "PhotoShelter's status shows by galleries alone"),
                waits=True,
            ),
        ),
        FlowName.SEARCH: (
            Need(PS, "finder.search", "asks PhotoShelter", "answers are NetX's alone, and say so"),
            Need(NX, "finder.search", "asks NetX", "answers are PhotoShelter's alone, and say so"),
        ),
    }
)
"""Every flow with its needs, the most basic first."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What becomes of the flows where a cell does not work: `waits` whether something stands still."""

    told: str
    waits: bool


_SMALLER: Mapping[tuple[System | None, str], Lack] = MappingProxyType(
    {
        (NX, "archive.take_out"): Lack("intake, handoff: assets stay in the folder that they arrived in", waits=True),
        (NX, "archive.rename"): Lack("intake: assets keep the name under which they were delivered", waits=True),
        (None, "audience"): Lack("publish, syndicate: this way of showing or withdrawing is not used", waits=True),
        (None, "attachments"): Lack("handoff, enrich: contracts and releases beside pictures wait", waits=True),
        (None, "reader.membership_moves_modified"): Lack(
            "changes of galleries and folders are found by listing them", waits=False
        ),
        (None, "reader.newest_members_first"): Lack("a gallery is listed to its end each time", waits=False),
        (None, "reader.byte_ranges"): Lack("a download that is cut begins anew", waits=False),
        (None, "reader.content_hash"): Lack("bytes are told apart by reading them", waits=False),
        (None, "archive.checksum"): Lack(
            "bytes are proven by reading them back, which costs a download for each", waits=False
        ),
        (None, "archive.discard"): Lack("nothing is removed for good; a holding folder is used", waits=False),
        (None, "archive.discard_recoverable"): Lack("what is deleted is gone; a holding folder is used", waits=False),
        (None, "archive.conditional_write"): Lack("the asset is read again right before each write", waits=False),
        (None, "finder"): Lack("this side answers less in a search", waits=False),
    }
)
"""Cells, or the beginnings of their names, on which no flow rests, or not by name."""
_PART_OF: Mapping[str, str] = MappingProxyType({"archive.fields": "archive.write_attributes"})
"""Cells that are what another is, for one field alone."""


def lack(system: System, cell: str) -> Lack:
    """What becomes of the flows where this cell of the system does not work. A part of a cell (`archive.deliver.video`,
    `archive.fields.Credit`) is as good as the cell for what depends on it."""
    parts = cell.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        by_flow = _of_flows(system, _PART_OF.get(name, name))
        if by_flow is not None:
            return by_flow
        if (small := _SMALLER.get((system, name)) or _SMALLER.get((None, name))) is not None:
            return small
    return Lack("it is done without", waits=False)


def _of_flows(system: System, cell: str) -> Lack | None:
    """The flows that need the cell, those together that fare alike."""
    alike: dict[str, list[str]] = {}
    needs = [(flow, it) for flow, rows in NEEDS.items() for it in rows if (it.system, it.cell) == (system, cell)]
    for flow, it in needs:
        alike.setdefault(it.without, []).append(str(flow))
    if not needs:
        return None
    told = "; ".join(f"{', '.join(flows)}: {without}" for without, flows in alike.items())
    return Lack(told, waits=any(it.holds_up for _, it in needs))


def unmet(flow: FlowName, can: Mapping[System, Collection[str]]) -> tuple[Need, ...]:
    """The needs of the flow that these systems do not meet by their own cells. `can` holds the usable cells of each."""
    return tuple(it for it in NEEDS[flow] if it.cell not in can.get(it.system, ()))


def stand_in(need: Need, can: Mapping[System, Collection[str]]) -> StandIn | None:
    """What stands in for a need that is not met, where anything does."""
    found = need.instead
    return found if found is not None and found.cell in can.get(need.system, ()) else None


def outlook(flow: FlowName, can: Mapping[System, Collection[str]]) -> Outlook:
    """How the flow stands. One whose every need is unmet waits too, essential or not; what is stood in for is part of it."""
    missing = unmet(flow, can)
    lacking = [it for it in missing if stand_in(it, can) is None]
    if any(it.essential for it in lacking) or len(lacking) == len(NEEDS[flow]):
        return Outlook.WAITS
    return Outlook.PART if missing else Outlook.WHOLE


def cells_of(system: System) -> Mapping[str, str]:
    """Every cell of the system that some flow needs or can do with instead, and what it is for."""
    needs = [it for rows in NEEDS.values() for it in rows if it.system is system]
    instead = {it.instead.cell: it.instead.does for it in needs if it.instead is not None}
    return dict(sorted({**instead, **{it.cell: it.does for it in reversed(needs)}}.items()))
