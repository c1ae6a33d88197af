"""What each flow needs of the two systems, and what becomes of it where a need is not met. Data, and pure questions.

Cells are named as in a capability file: facet and member (`archive.take_out`). Where a need is not met, another cell may stand
in for it; else a need that is `essential` stops its flow, and any other makes the items that depend on it wait, or is done
without as `without` says.
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
_PS_ORIGINALS = Need(
    PS, "reader.originals", "fetches originals", "assets of that media type wait for the administrator", essential=True
)
_NX_DELIVERS = Need(
    NX, "archive.deliver", "imports files", "assets of that media type wait for the administrator", essential=True
)
_NX_FOLDERS = Need(
    NX,
    "archive.folders",
    "makes folders and files assets into them",
    "files go straight into folders that people made; an asset whose folder is missing waits",
)
_NX_VERSIONS = Need(
    NX, "archive.versions", "adds changed bytes as a version of the same asset", "an asset whose bytes changed waits"
)
_NX_EMBEDS = "archive.embedded_writes"
_BY_FILE = "reads fields out of the files that bring them"
_NX_FIELDS = Need(
    NX,
    "archive.write_attributes",
    "writes fields into attributes",
    "assets with fields to write wait, or are delivered and their fields wait, until a write route is proven",
    instead=StandIn(_NX_EMBEDS, _BY_FILE, "fields travel inside new files; what changes later waits"),
)
_NX_EDITS = Need(
    NX,
    _NX_FIELDS.cell,
    "writes fields into attributes",
    "what is to be written is shown by asset and field, and waits for a person",
)
_PS_FIELDS = Need(
    PS,
    "archive.write_attributes",
    "writes fields into IPTC",
    "fields travel inside newly published files alone; what changes later waits",
)
_NX_ORIGINALS = Need(NX, "reader.originals", "fetches masters", "nothing is published", essential=True)
_NX_POLLS = Need(NX, "reader.modified_window", "finds what changed", "every round lists the whole selection")
_PS_DELIVERS = Need(
    PS,
    "archive.deliver",
    "uploads into galleries",
    "files of that media type wait for the administrator",
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
_PS_AUDIENCE = Need(
    PS,
    "audience.read",
    "compares who can see a gallery with what was agreed",
    "nothing is published into a gallery whose audience cannot be read",
    essential=True,
)
_PS_PLACES = Need(
    PS, "archive.folders", "files one upload into several galleries", "each gallery must have been made by a person"
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
            Need(PS, _PS_FIELDS.cell, "tags the source as archived", "the source is kept untagged, and said to be"),
        ),
        FlowName.SYNDICATE: (
            *_PUBLISHING,
            Need(PS, _PS_FIELDS.cell, "writes the region's language", "localised fields travel inside new files alone"),
        ),
        FlowName.LIFECYCLE: (
            _POLLS,
            _NX_POLLS,
            Need(NX, _NX_FIELDS.cell, "writes the status in NetX", "NetX's status waits for a person"),
            Need(PS, _PS_FIELDS.cell, "writes the status in PhotoShelter", "PhotoShelter's status waits for a person"),
        ),
        FlowName.SEARCH: (
            Need(PS, "finder.search", "asks PhotoShelter", "answers are NetX's alone, and say so"),
            Need(NX, "finder.search", "asks NetX", "answers are PhotoShelter's alone, and say so"),
        ),
    }
)
"""Every flow with its needs, the most basic first."""


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
