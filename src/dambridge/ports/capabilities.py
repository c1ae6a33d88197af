"""What an account can do: declared by its connector, proven by `probe`, used by the planner. No field has a default, but for what
few systems have and none must mention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
        return _plain(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCapabilities:
    """What a target can take. `deliver` per media type; `checksum` whether a stored file's digest can be read;
    `conditional_write` whether a write is refused when the asset moved on (neither system has it).

    `fields` holds what is known of single fields by the system's own name, where it differs from `write_attributes`;
    `deferred_writes` says that attributes written are taken now and seen only later, when the system pulls them.
    `take_out` and `discard` are the ways back, `discard_recoverable` whether a discarded asset can be had again."""

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

    def may_write(self, name: str) -> Proof:
        """How far writing this field is known to work."""
        return self.fields.get(name, self.write_attributes)

    def to_json(self) -> dict[str, Any]:
        return _plain(asdict(self))


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {str(k): str(v) for k, v in sorted(value.items())} if isinstance(value, Mapping) else str(value)
        for name, value in sorted(data.items())
    }
