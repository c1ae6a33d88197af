"""One account as it is used: its options with what `probe` found laid into those that nobody set, and the routes chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from dambridge.bootstrap.capability_file import CapabilityFile, cells_for, file_of, positions_for, read_capabilities
from dambridge.bootstrap.mirrors import mirrored
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.connectors.netx.config import WriteRoute
from dambridge.connectors.netx.routes import AttributeRoutes, FieldRoute
from dambridge.connectors.netx.routes import declared_routes as netx_routes
from dambridge.connectors.photoshelter.abilities import UploadRoute, Uploads
from dambridge.connectors.photoshelter.abilities import declared_routes as photoshelter_routes
from dambridge.connectors.photoshelter.config import UploadVia
from dambridge.mapping import Rule, xmp_field
from dambridge.mapping.fields import MARK
from dambridge.model.identity import AccountId, System
from dambridge.model.records import MediaType
from dambridge.planning.routes import Choice, Taken, Why, WriteRoutes, choose_uploads, choose_writes
from dambridge.policy.routes import UPLOAD_WAYS, WRITE_WAYS
from dambridge.ports.capabilities import Cells, Proof, encoding_cell, gathered, route_cell

Account = NetxAccount | PhotoShelterAccount

TAKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "netx": ("write_encoding", "write_method", "version_route", "embedded_map", "page_size", "settle_seconds"),
    "photoshelter": ("proven", "visibility_via", "license_via", "container_zone", "per_page"),
}
"""The options into which what was found is laid where the configuration file does not set them."""
_FITS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "page_size": lambda given, found: given <= found,
    "per_page": lambda given, found: given <= found,
    "settle_seconds": lambda given, found: given >= found,
}
"""Limits, which a setting need not meet exactly."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where the configuration file and what was found disagree. `aside` says that the file's word is not followed."""

    option: str
    given: str
    found: str
    aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One account ready for use. `options` are what its connector is given; `cells` what was found, routes aside; `writes` and
    `uploads` the routes chosen, empty where the system has one way alone."""

    name: str
    options: Account
    cells: Cells
    attributes: tuple[str, ...]
    writes: WriteRoutes
    uploads: Mapping[MediaType, Choice]
    contradictions: tuple[Contradiction, ...]

    @property
    def system(self) -> System:
        return System(self.options.system)


def known_accounts(settings: Settings) -> dict[AccountId, Known]:
    """Every account. Raises `CannotGoOn` where the capability file is damaged."""
    file = read_capabilities(file_of(settings))
    return {AccountId(name): known_account(settings, name, file) for name in settings.accounts}


def known_account(settings: Settings, name: str, file: CapabilityFile) -> Known:
    """One account with all that the file says of it."""
    given = settings.accounts[name]
    cells, positions = cells_for(file, name, given), positions_for(file, name, given)
    options, contradictions = _laid(given, positions, cells)
    attributes = _managed(settings, name)
    routes: dict[str, Any]
    if isinstance(options, NetxAccount):
        homes = positions.get("embedded_map", {})
        # What was found of some types of files declares nothing of the others: only what a person says does
        said = netx_routes(given if isinstance(given, NetxAccount) and not given.homes else options)
        proofs = gathered([said, _of_these_homes(cells, homes, options.homes)])
        told = str(options.write_route) if options.write_route else None
        writes = choose_writes(WRITE_WAYS[System.NETX], attributes, proofs, told)
        aside = next((it.aside for it in (writes.other, *writes.exact.values()) if it.aside), "")
        routes = {"writes": writes, "uploads": {}}
    else:
        told = None if options.upload_via is UploadVia.AUTO else str(options.upload_via)
        proofs = gathered([photoshelter_routes(options), cells])
        uploads = choose_uploads(UPLOAD_WAYS[System.PHOTOSHELTER], proofs, told)
        aside = next((it.aside for it in uploads.values() if it.aside), "")
        routes = {"writes": WriteRoutes(), "uploads": uploads}
    if aside:
        option = "write_route" if isinstance(options, NetxAccount) else "upload_via"
        contradictions.append(Contradiction(option, aside, "it does not work", aside=True))
    plain = {cell: proof for cell, proof in cells.items() if not cell.startswith(("route.", "encoding."))}
    return Known(
        name=name,
        options=options,
        cells=plain,
        attributes=attributes,
        contradictions=tuple(contradictions),
        **routes,
    )


def written_attributes(settings: Settings, name: str, *, marks: bool) -> list[str] | None:
    """The attributes that a flow writes on this account, or those of our own marks; None where no flow writes there."""
    rules = _writing_rules(settings, name)
    return (
        None
        if rules is None
        else sorted({place for it in rules if it.field.startswith(MARK) == marks for place in it.places})
    )


def _managed(settings: Settings, name: str) -> tuple[str, ...]:
    """Those of them that the flow's policy lets it write."""
    managed = settings.flows.intake.managed if settings.flows.intake else None
    rules = [it for it in _writing_rules(settings, name) or () if not it.field.startswith(MARK)]
    return tuple(sorted({place for it in rules if managed is None or it.field in managed for place in it.places}))


def _writing_rules(settings: Settings, name: str) -> list[Rule] | None:
    """The rules by which flows write attributes there: all of them into an archive, elsewhere those of mirrored fields."""
    intake, maps = settings.flows.intake, build_maps(settings)
    archives = intake is not None and intake.target == name
    kept = mirrored(settings, maps, (name,))
    if not archives and not kept:
        return None
    rules = [it for it in maps[AccountId(name)].rules if it.write and it.group == "attributes"]
    return rules if archives else [it for it in rules if it.field in kept]


# options ------------------------------------------------------------------------------------------------------------


def _laid(given: Account, positions: Mapping[str, Any], cells: Cells) -> tuple[Account, list[Contradiction]]:
    """The options with found positions where the file sets none, or sets one that was shown not to work."""
    options, contradictions = given, []
    for name in TAKEN[given.system]:
        if name not in positions:
            continue
        found = _usable_homes(positions[name]) if name == "embedded_map" else positions[name]
        own = getattr(given, name)
        if name in given.model_fields_set:
            if _fits(name, own, found):
                continue
            aside = cells.get(encoding_cell(name, str(own))) is Proof.ABSENT
            contradictions.append(Contradiction(name, _shown(own), _shown(found), aside=aside))
            if not aside:
                continue
        options = _with(options, name, found)
    return options, contradictions


def _with(options: Account, name: str, found: Any) -> Account:
    """The options with one more; what they would not take, for instance for want of a key, is left out."""
    said: dict[str, Any] = {it: getattr(options, it) for it in options.model_fields_set}
    try:
        return type(options).model_validate({**said, name: found})
    except ValidationError:
        return options


def _fits(name: str, given: Any, found: Any) -> bool:
    if name in _FITS:
        return _FITS[name](given, found)
    if isinstance(given, frozenset):
        return {str(it) for it in given} == set(found)
    return bool(given == found)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {it}" for name, it in sorted(value.items()))
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | list | tuple) else str(value)


def _usable_homes(found: Mapping[str, str]) -> dict[str, str] | None:
    """Those of the maps found whose XMP name is one that is written into files; None where there is none such."""
    return {name: home for name, home in found.items() if xmp_field(home) is not None} or None


def _of_these_homes(cells: Cells, found: Mapping[str, str], homes: Mapping[str, str]) -> dict[str, Proof]:
    """Without what was found of fields that would be written into another place of the file than the one that was tried."""
    same = {name for name, home in homes.items() if found.get(name) == home}
    prefixes = tuple(f"{route_cell(WriteRoute.EMBEDDED, it)}." for it in MediaType)
    return {
        cell: proof for cell, proof in cells.items() if not cell.startswith(prefixes) or cell.split(".", 3)[3] in same
    }


# what connectors are given --------------------------------------------------------------------------------------------


def attribute_routes(known: Known) -> AttributeRoutes:
    """The choice as NetX's connector takes it."""
    writes = known.writes
    return AttributeRoutes(
        fields={name: _field_route(it) for name, it in writes.exact.items()},
        other=_field_route(writes.other),
        embedded={kind: {name: it.proof for name, it in row.items()} for kind, row in writes.inside.items()},
    )


def _field_route(it: Choice) -> FieldRoute:
    return FieldRoute(WriteRoute(it.way) if it.way else WriteRoute.NONE, it.proof)


def upload_routes(known: Known) -> Uploads:
    """The choice as PhotoShelter's connector takes it."""
    return {kind: UploadRoute(UploadVia(it.way) if it.way else None, it.proof) for kind, it in known.uploads.items()}


# for people -----------------------------------------------------------------------------------------------------------


def taken(known: Known) -> list[Taken]:
    """Every cell of the account's matrix with the way it goes and why, those that fare alike together."""
    alike: dict[tuple[str, Proof, Why], list[str]] = {}
    for what, it in _cells(known):
        alike.setdefault((it.way, it.proof, it.why), []).append(what)
    return [Taken(*same, tuple(what)) for same, what in alike.items()]


def derived_cells(known: Known) -> dict[str, Proof]:
    """The capability cells that follow from the routes: what can be written, and what can be brought."""
    cells = {f"archive.deliver.{kind}": it.proof for kind, it in known.uploads.items()}
    if known.system is not System.NETX:
        return cells
    choices = _by_field(known)
    if not any(it.usable for it in [*choices.values()] or [known.writes.other]):
        return {**cells, "archive.write_attributes": Proof.ABSENT}
    return cells | {f"archive.fields.{name}": it.proof for name, it in choices.items()}


def _by_field(known: Known) -> dict[str, Choice]:
    """Each field's choice for pictures."""
    return {name: known.writes.of(MediaType.IMAGE, name) for name in known.attributes}


def _cells(known: Known) -> Iterator[tuple[str, Choice]]:
    yield from ((f"files of type {kind}", it) for kind, it in known.uploads.items())
    if known.system is not System.NETX:
        return
    names: Sequence[str] = known.attributes or ("every attribute",)
    for name in names:
        rows: dict[Choice, list[MediaType]] = {}
        for kind in MediaType:
            rows.setdefault(known.writes.of(kind, name), []).append(kind)
        for it, kinds in rows.items():
            yield name if len(rows) == 1 else f"{name} ({', '.join(kinds)})", it
