"""Who is who in two libraries that grew apart: what is known of an asset, why two may be one, and how sure that is."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import AssetRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a picture looks like, whatever its file: 256 bits of its coarse shapes, upright, and those of the picture turned
    by 90, 180 and 270 degrees and mirrored; `aspect` is width divided by height."""

    bits: int
    turned: tuple[int, ...]
    aspect: float

    def to_json(self) -> dict[str, Any]:
        return {"bits": f"{self.bits:064x}", "turned": [f"{it:064x}" for it in self.turned], "aspect": self.aspect}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Likeness:
        turned = tuple(int(it, 16) for it in data["turned"])
        return cls(bits=int(data["bits"], 16), turned=turned, aspect=data["aspect"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLook:
    """A picture reduced to `GRID` times `GRID` brightnesses, and to 8 times 8 values of each of its two colour differences."""

    luma: bytes
    chroma: bytes

    def to_json(self) -> list[str]:
        return [base64.b64encode(it).decode() for it in (self.luma, self.chroma)]

    @classmethod
    def from_json(cls, data: list[str]) -> CloseLook:
        luma, chroma = (base64.b64decode(it) for it in data)
        return cls(luma=luma, chroma=chroma)


GRID = 64
"""Cells along each side of a close look."""


class Fact(StrEnum):
    """What takes calls of its own to find out about an asset."""

    DIGEST = "digest"
    LIKENESS = "likeness"
    CAPTURED = "captured"
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One asset of a library as far as it is known.

    `claims` are the ids under which it says that the other library has it (our own marks); `ids` the values of the fields
    that the configuration calls identifying, as `field=value`. `digests` are hashes of the whole original by algorithm.
    `captured` is when the picture was taken, in ISO 8601 as precisely as known, empty where not. `tried` are the facts
    that were asked for, whether or not anything came of it. `gaps` are the rights fields that it lacks, None where they
    were not read."""

    record: AssetRecord
    claims: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    digests: Mapping[str, str] = field(default_factory=dict)
    captured: str = ""
    likeness: Likeness | None = None
    look: CloseLook | None = None
    tried: frozenset[Fact] = frozenset()
    gaps: tuple[str, ...] | None = ()
    seen_in: str = ""
    """The look at the library in which the record was read."""

    @property
    def key(self) -> AssetKey:
        return self.record.key

    def to_json(self) -> dict[str, Any]:
        return {
            "record": self.record.to_json(),
            "claims": sorted(self.claims),
            "ids": sorted(self.ids),
            "digests": dict(sorted(self.digests.items())),
            "captured": self.captured,
            "likeness": self.likeness.to_json() if self.likeness else None,
            "look": self.look.to_json() if self.look else None,
            "tried": sorted(self.tried),
            "gaps": list(self.gaps) if self.gaps is not None else None,
            "seen_in": self.seen_in,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Subject:
        return cls(
            record=AssetRecord.from_json(data["record"]),
            claims=frozenset(data["claims"]),
            ids=frozenset(data["ids"]),
            digests=data["digests"],
            captured=data["captured"],
            likeness=Likeness.from_json(data["likeness"]) if data["likeness"] else None,
            look=CloseLook.from_json(data["look"]) if data["look"] else None,
            tried=frozenset(Fact(it) for it in data["tried"]),
            gaps=tuple(data["gaps"]) if data["gaps"] is not None else None,
            seen_in=data["seen_in"],
        )


class Evidence(StrEnum):
    """Why two assets may be one. The order is that of their weight."""

    MARK = "mark"
    BYTES = "bytes"
    ID_FIELD = "id_field"
    NAME = "name"
    CAPTURED = "captured"
    LIKENESS = "likeness"
    LOOK = "look"
    TURNED = "turned"


class Doubt(StrEnum):
    """Why a pair is left to a person."""

    SEVERAL = "several"
    TWINS = "twins"
    LOOKALIKES = "lookalikes"
    TAKEN = "taken"
    CONTRADICTED = "contradicted"
    OTHER_TIME = "other_time"
    OTHER_SHAPE = "other_shape"
    OTHER_COLOURS = "other_colours"
    NOT_CLOSE = "not_close"
    NOT_SEEN_CLOSELY = "not_seen_closely"
    TURNED = "turned"
    THIN = "thin"


class Bucket(StrEnum):
    """How sure a pair is; what is in no pair at all is unpaired."""

    CERTAIN = "certain"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pair:
    """Two assets that are, or may be, one: `one` of the first library and `other` of the second. `confidence` is 0 to 100;
    `distance` the differing bits of their likenesses, None where not compared."""

    one: AssetKey
    other: AssetKey
    bucket: Bucket
    confidence: int
    evidence: tuple[Evidence, ...]
    doubts: tuple[Doubt, ...] = ()
    distance: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "one": {"account": self.one.account, "id": self.one.remote_id},
            "other": {"account": self.other.account, "id": self.other.remote_id},
            "bucket": str(self.bucket),
            "confidence": self.confidence,
            "evidence": [str(it) for it in self.evidence],
            "doubts": [str(it) for it in self.doubts],
            "distance": self.distance,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pair:
        return cls(
            one=_key(data["one"]),
            other=_key(data["other"]),
            bucket=Bucket(data["bucket"]),
            confidence=data["confidence"],
            evidence=tuple(Evidence(it) for it in data["evidence"]),
            doubts=tuple(Doubt(it) for it in data["doubts"]),
            distance=data["distance"],
        )


def _key(data: Mapping[str, Any]) -> AssetKey:
    return AssetKey(AccountId(data["account"]), RemoteId(data["id"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two libraries laid beside each other. Every asset is in one certain pair, in review pairs, or unpaired."""

    certain: tuple[Pair, ...]
    review: tuple[Pair, ...]
    unpaired: tuple[AssetKey, ...]


class Verdict(StrEnum):
    """What a person said of a pair under review."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A person's word on one pair. It stands however often the libraries are compared again."""

    one: AssetKey
    other: AssetKey
    verdict: Verdict
    by: str
    at: datetime
