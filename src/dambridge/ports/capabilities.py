"""What an account can do: declared by its connector, proven by `probe`, used by the planner. No field has a default, but for what
few systems have and none must mention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from dambridge.model.records import MediaType


class Proof(StrEnum):
    """How far something is known to work on this account."""

    PROVEN = "proven"
    DECLARED = "declared"
    UNPROVEN = "unproven"
    ABSENT = "absent"

    @property
    def usable(self) -> bool:
        return self in {Proof.PROVEN, Proof.DECLARED}

    @classmethod
    def weakest(cls, several: Iterable[Proof]) -> Proof:
        """How far all of these are known to work; there is one at least."""
        return max(several, key=[*cls].index)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCapabilities:
    """What a source can tell. `metadata_moves_modified` says whether an edit of fields alone moves the modified time;
    `membership_moves_modified` the same of gallery membership; `originals` per media type whether the original can be had."""

    modified_window: Proof
    metadata_moves_modified: Proof
    membership_moves_modified: Proof
    newest_members_first: Proof
    custom_fields: Proof
    content_hash: Proof
    byte_ranges: Proof
    originals: Mapping[MediaType, Proof]

    def to_json(self) -> dict[str, Any]:
        return _plain({it.name: getattr(self, it.name) for it in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCapabilities:
    """What a target can take. `deliver` per media type; `checksum` whether a stored file's digest can be read;
    `conditional_write` whether a write is refused when the asset moved on (neither system has it).

    `fields` holds what is known of single fields by the system's own name, where it differs from `write_attributes`;
    `deferred_writes` says that attributes written are taken now and seen only later, when the system pulls them, and
    `deferred_fields` which, where it is not so of all.
    `embedded` are, by media type, the fields that are taken out of the file that brings them: of such a type nothing is
    written in any other way, a value cannot be emptied, and an edit is a new file.
    `take_out` and `discard` are the ways back, `discard_recoverable` whether a discarded asset can be had again;
    `discard_folder` is the coarse one: a container goes with all that stands in it."""

    write_attributes: Proof
    fields: Mapping[str, Proof]
    take_out: Proof
    discard: Proof
    discard_recoverable: Proof
    rename: Proof
    folders: Proof
    versions: Proof
    checksum: Proof
    conditional_write: Proof
    deliver: Mapping[MediaType, Proof]
    deferred_writes: Proof = Proof.ABSENT
    discard_folder: Proof = Proof.ABSENT
    deferred_fields: Mapping[str, Proof] = field(default_factory=dict)
    embedded: Mapping[MediaType, Mapping[str, Proof]] = field(default_factory=dict)

    def embeds(self, media_type: MediaType) -> bool:
        """Whether fields of assets of this type travel inside their files."""
        return any(it.usable for it in self.embedded.get(media_type, {}).values())

    def may_write_any(self, media_type: MediaType) -> Proof:
        """How far writing fields of such an asset is known to work at all."""
        if not self.embeds(media_type):
            return self.write_attributes
        return Proof.PROVEN if Proof.PROVEN in self.embedded[media_type].values() else Proof.DECLARED

    def may_write(self, name: str, media_type: MediaType) -> Proof:
        """How far writing this field of such an asset is known to work."""
        if self.embeds(media_type):
            return self.embedded[media_type].get(name, Proof.ABSENT)
        return self.may_call(name)

    def may_call(self, name: str) -> Proof:
        """How far writing this field in another way than inside a file is known to work."""
        return self.fields.get(name, self.write_attributes)

    def defers(self, name: str) -> bool:
        """Whether a value written to this field may be seen only later."""
        return self.deferred_writes.usable and (not self.deferred_fields or name in self.deferred_fields)

    def to_json(self) -> dict[str, Any]:
        return _plain({it.name: getattr(self, it.name) for it in fields(self)})


Cells = Mapping[str, Proof]
"""What `probe` found, by the name of the cell: `reader.custom_fields`, `archive.deliver.raw`, `archive.fields.Credit`.

A way by which something reaches a system is a cell of its own, `route.WAY.TYPE` with a media type or `any`, and after it a
field: `route.rpc.any`, `route.rpc.any.Credit`, `route.embedded.image.Title`, `route.v4.video`. Which of them are taken is
decided in `planning/routes.py`. `encoding.OPTION.VALUE` says whether a spelling of an option works."""


def route_cell(way: str, media_type: str = "any", field_name: str = "") -> str:
    """The name of a way's cell."""
    return f"route.{way}.{media_type}" + (f".{field_name}" if field_name else "")


def encoding_cell(option: str, value: str) -> str:
    """The name of the cell that says whether this value of an option works."""
    return f"encoding.{option}.{value}"


def stronger(one: Proof, other: Proof) -> Proof:
    """Two words on one cell: what does not work beats all, what was shown beats what was said, and that beats nothing."""
    return min(one, other, key=_STRENGTH.index)


def gathered(several: Iterable[Cells]) -> dict[str, Proof]:
    """The cells of several findings as one; where two speak of the same cell the stronger word counts."""
    found: dict[str, Proof] = {}
    for cells in several:
        for name, proof in cells.items():
            found[name] = stronger(proof, found.get(name, Proof.UNPROVEN))
    return found


def proven_reader(declared: ReaderCapabilities, cells: Cells) -> ReaderCapabilities:
    """What a source declares with what was found laid over it. Cells of other facets, and unknown ones, say nothing here."""
    plain, groups = _of_facet("reader", declared, cells)
    return replace(declared, **plain, originals=_laid(declared.originals, groups.get("originals", {})))


def proven_archive(declared: ArchiveCapabilities, cells: Cells) -> ArchiveCapabilities:
    """What a target declares with what was found laid over it. A field is never more usable than attributes as such are
    shown not to be."""
    plain, groups = _of_facet("archive", declared, cells)
    write = plain.get("write_attributes", declared.write_attributes)
    found = groups.get("fields", {})
    single = {
        name: stronger(declared.fields.get(name, write), found.get(name, Proof.UNPROVEN))
        for name in sorted({*declared.fields, *found})
    }
    if write is Proof.ABSENT:
        single = dict.fromkeys(single, Proof.ABSENT)
    inside = {
        kind: {name: stronger(it, found.get(name, Proof.UNPROVEN)) for name, it in row.items()}
        for kind, row in declared.embedded.items()
    }
    deliver = _laid(declared.deliver, groups.get("deliver", {}))
    return replace(
        declared,
        **plain,
        fields=single,
        deferred_fields=declared.deferred_fields,
        embedded=inside,
        deliver=deliver,
    )


_STRENGTH = (Proof.ABSENT, Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN)


def _of_facet(facet: str, declared: Any, cells: Cells) -> tuple[dict[str, Proof], dict[str, dict[str, Proof]]]:
    """The facet's single cells laid over its own, and its groups' cells as found. Names of fields may hold dots."""
    known = {it.name: getattr(declared, it.name) for it in fields(declared)}
    plain: dict[str, Proof] = {}
    groups: dict[str, dict[str, Proof]] = {}
    for name, proof in cells.items():
        whose, _, rest = name.partition(".")
        cell, _, within = rest.partition(".")
        if whose != facet or cell not in known:
            continue
        if within:
            groups.setdefault(cell, {})[within] = proof
        elif isinstance(known[cell], Proof):
            plain[cell] = stronger(known[cell], proof)
    return plain, groups


def _laid(declared: Mapping[MediaType, Proof], found: Cells) -> dict[MediaType, Proof]:
    return {
        it: stronger(declared.get(it, Proof.UNPROVEN), found.get(str(it), Proof.UNPROVEN))
        for it in MediaType
        if it in declared or str(it) in found
    }


def _plain(data: Mapping[Any, Any]) -> dict[str, Any]:
    """As JSON, in a fixed order."""
    return {
        str(name): _plain(value) if isinstance(value, Mapping) else str(value)
        for name, value in sorted(data.items(), key=lambda it: str(it[0]))
    }
