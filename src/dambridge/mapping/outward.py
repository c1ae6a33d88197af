"""What is written into every file that goes out: what its copy says, and the master's rights, whoever reads the file later.

Where the end stands: in `pur:expirationDate` and in the old block's 2:37 and 2:38 (the embedder keeps both in step) the
earliest end that is known, because that is what readers look for; in `plus:LicenseEndDate` the end of the licence as the
master says it. Instructions are the author's words and are never added to. A day stays a day; an hour gets its offset, so
that no reader takes it for one of his own zone.

Territories, channels and the kind of licence have no fields in IPTC: they go as sentences where PLUS keeps constraints.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo

from dambridge.mapping.embedding import Tag, own_tags
from dambridge.mapping.instants import ends_at
from dambridge.mapping.normal import PLUS, is_absent
from dambridge.mapping.rights import ENDS, rights_of
from dambridge.model.rights import EVERYWHERE, Bounds, LicenceKind, Release, Rights
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, Fields, Value

CARRIED: frozenset[FieldName] = frozenset(
    FieldName(it)
    for it in (
        *("credit", "copyright_notice", "copyright_owner", "creator", "licensor", "licensor_url"),
        *("usage_terms", "web_statement", "rights_marked", "other_constraints", "contract_reference"),
        *("expires_at", "licence_start", "licence_end"),
    )
)
"""Fields that go along whether or not the outlet's copy shows them, beside PLUS codes and sentences. The names of the
people shown do so only where the outlet's own fields name them, and their consent never."""
_EXPIRY = FieldName("expires_at")
_CODED = frozenset(FieldName(it) for it in ("data_mining", "model_release", "property_release"))
_MINING = "DMI-"
_RELEASES: Mapping[Release, str] = {
    Release.UNLIMITED: "U{}R",
    Release.LIMITED: "L{}R",
    Release.NONE: "NON",
    Release.NOT_NEEDED: "NAP",
}
_REGIONS = "XMP-plus:RegionConstraints"
_MEDIA = "XMP-plus:MediaConstraints"
_LICENCE = "XMP-plus:OtherLicenseRequirements"
_KINDS: Mapping[LicenceKind, str] = {
    LicenceKind.OWNED: "owned",
    LicenceKind.RIGHTS_MANAGED: "rights managed",
    LicenceKind.ROYALTY_FREE: "royalty free",
    LicenceKind.CREATIVE_COMMONS: "Creative Commons",
    LicenceKind.PUBLIC_DOMAIN: "public domain",
}


def outward_tags(said: Fields, master: Fields, zone: tzinfo) -> dict[str, Tag]:
    """Tags for `ports.outgoing.Outfitter`. `said` is what the copy in the outlet says (in its languages), `master` all that
    the master says; where both have a word on rights the copy's is taken, but for dates, which are always the master's.
    `zone` is the business zone."""
    carried = {name: value for name, value in master.items() if name in CARRIED and not is_absent(value)}
    dates = {name for name, value in carried.items() if isinstance(value, DateValue)}
    spoken = {name: value for name, value in said.items() if name not in dates and not is_absent(value)}
    fields: dict[FieldName, Value] = {**carried, **spoken}
    if (end := end_of(master, zone)) is not None:
        fields[_EXPIRY] = end
    rights = rights_of(master, zone)
    told = {name: _with_offset(name, value, zone) for name, value in fields.items() if name not in _CODED}
    return {**own_tags(told), **_codes(rights), **_sentences(rights)}


def end_of(fields: Fields, zone: tzinfo) -> DateValue | None:
    """The earliest end that these fields name, in their own words. Dates that mean no instant count for nothing here."""
    dates = [value for it in ENDS if isinstance(value := fields.get(FieldName(it)), DateValue)]
    known = [(at, value) for value in dates if (at := ends_at(value, zone)) is not None]
    return min(known, key=lambda it: it[0])[1] if known else None


def _with_offset(name: FieldName, value: Value, zone: tzinfo) -> Value:
    """The end of rights with its offset where it is an hour of a day."""
    if not isinstance(value, DateValue) or name not in ENDS or "T" not in value.iso or value.offset is not None:
        return value
    at = ends_at(value, zone)
    if at is None:
        return value
    shown = at.astimezone(zone)
    # ISO 8601 here has offsets of whole minutes; those of before 1920 have seconds.
    offset = shown.utcoffset()
    return DateValue((shown if offset is not None and not offset.seconds % 60 else at.astimezone(UTC)).isoformat())


def _codes(rights: Rights) -> dict[str, Tag]:
    """PLUS codes, whichever spelling the master has them in."""
    found: dict[str, Tag] = {}
    if rights.model_release is not None:
        found["XMP-plus:ModelReleaseStatus"] = f"{PLUS}MR-{_RELEASES[rights.model_release].format('M')}"
    if rights.property_release is not None:
        found["XMP-plus:PropertyReleaseStatus"] = f"{PLUS}PR-{_RELEASES[rights.property_release].format('P')}"
    if rights.mining.startswith(_MINING):
        found["XMP-plus:DataMining"] = f"{PLUS}{rights.mining}"
    return found


def _sentences(rights: Rights) -> dict[str, Tag]:
    licence = [f"Licence: {_KINDS[rights.kind]}."] if rights.kind is not None else []
    licence += ["Editorial use only."] if rights.editorial_only else []
    licence += [f"Data mining: {rights.mining}."] if rights.mining and not rights.mining.startswith(_MINING) else []
    said = {
        _REGIONS: _bounds("Territories", rights.territories),
        _MEDIA: _bounds("Channels", rights.channels),
        _LICENCE: " ".join(licence),
    }
    return {name: {DEFAULT_LANGUAGE: text} for name, text in said.items() if text}


def _bounds(what: str, bounds: Bounds) -> str:
    permitted = ", ".join("everywhere" if it == EVERYWHERE else it for it in sorted(bounds.permitted or ()))
    forbidden = ", ".join("everywhere" if it == EVERYWHERE else it for it in sorted(bounds.forbidden))
    said = [f"{what} permitted: {permitted}."] if permitted else []
    return " ".join([*said, *([f"{what} not permitted: {forbidden}."] if forbidden else [])])
