"""By which route attributes reach the site: what the documents and the options let expect of each, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dambridge.connectors.netx.config import NetxOptions, WriteRoute
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, route_cell

EMBEDDABLE: Final = (MediaType.IMAGE, MediaType.RAW, MediaType.DOCUMENT, MediaType.VIDEO)
"""Kinds of file that can carry XMP: nothing is written into sound, and of camera raw into DNG alone, which is told by the
file (docs/howto/embedded.md)."""


@dataclass(frozen=True, slots=True)
class FieldRoute:
    """One attribute's route, NONE where it has none, and how far that is known to work."""

    route: WriteRoute
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRoutes:
    """The routes of one site. `other` is that of an attribute that `fields` does not name; `embedded` are, by media type,
    the attributes that files carry instead."""

    fields: Mapping[str, FieldRoute] = field(default_factory=dict)
    other: FieldRoute
    embedded: Mapping[MediaType, Mapping[str, Proof]] = field(default_factory=dict)

    def of(self, attribute: str) -> WriteRoute:
        return self.fields.get(attribute, self.other).route

    @property
    def by_data_sync(self) -> bool:
        """Whether anything goes into the data sync file."""
        return any(it.route is WriteRoute.DATA_SYNC for it in (self.other, *self.fields.values()))

    def laid_over(self, declared: ArchiveCapabilities) -> ArchiveCapabilities:
        """The capabilities of an archive that writes by these routes."""
        routes = {it.route for it in (self.other, *self.fields.values()) if it.proof.usable}
        late = {name for name, it in self.fields.items() if it.route is WriteRoute.DATA_SYNC}
        # When a site reads a file's metadata is not known (NX 10): at once, or later
        later = self.by_data_sync or bool(self.embedded)
        mixed = not self.embedded and WriteRoute.RPC in routes
        return replace(
            declared,
            write_attributes=self.other.proof,
            fields={name: it.proof for name, it in self.fields.items()},
            deferred_writes=Proof.DECLARED if later else Proof.ABSENT,
            deferred_fields=dict.fromkeys(sorted(late), Proof.DECLARED) if mixed else {},
            embedded=self.embedded,
        )


def plain_routes(options: NetxOptions) -> AttributeRoutes:
    """The routes of a site of which nothing is known but its options: calls, where these do not say otherwise."""
    match options.write_route:
        case WriteRoute.EMBEDDED:
            return AttributeRoutes(
                other=FieldRoute(WriteRoute.NONE, Proof.ABSENT),
                embedded=dict.fromkeys(EMBEDDABLE, dict.fromkeys(options.homes, Proof.DECLARED)),
            )
        case WriteRoute.NONE:
            return AttributeRoutes(other=FieldRoute(WriteRoute.NONE, Proof.ABSENT))
        case route:
            return AttributeRoutes(other=FieldRoute(route or WriteRoute.RPC, Proof.DECLARED))


def declared_routes(options: NetxOptions) -> dict[str, Proof]:
    """What each route may be expected to do before it was tried, by its cell: calls as the reference infers them (NX 5.1.1),
    the data sync file where the administrator names one (NX 13.4), files where maps are named or asked for (NX 10)."""
    cells = {
        route_cell(WriteRoute.RPC): Proof.DECLARED,
        route_cell(WriteRoute.DATA_SYNC): Proof.DECLARED if options.data_sync_file else Proof.ABSENT,
    }
    for kind in MediaType:
        if kind not in EMBEDDABLE:
            cells[route_cell(WriteRoute.EMBEDDED, kind)] = Proof.ABSENT
        elif options.homes:
            cells[route_cell(WriteRoute.EMBEDDED, kind)] = Proof.DECLARED
            cells |= {route_cell(WriteRoute.EMBEDDED, kind, it): Proof.DECLARED for it in options.homes}
    return cells
