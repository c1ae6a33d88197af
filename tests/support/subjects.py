"""Assets of two libraries as pairing knows them, made of a few words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.pairing import GRID, CloseLook, Fact, Likeness, Pairing, Subject
from dambridge.model.records import AssetRecord, AssetVersion, Checksum, Container, MediaType
from dambridge.model.values import FieldName, Value

ONE, OTHER = AccountId("agency"), AccountId("archive")
EVERY = frozenset(Fact)


def subject(
    name: str,
    *,
    account: AccountId = ONE,
    file_name: str = "",
    size: int | None = None,
    digests: Mapping[str, str] | None = None,
    checksum: Checksum | None = None,
    claims: tuple[str, ...] = (),
    ids: tuple[str, ...] = (),
    captured: str = "",
    bits: int | None = None,
    turned: tuple[int, ...] = (),
    aspect: float = 1.5,
    look: CloseLook | None = None,
    media_type: MediaType = MediaType.IMAGE,
    fields: Mapping[str, Value] | None = None,
    containers: tuple[str, ...] = (),
    tried: frozenset[Fact] = EVERY,
    gaps: tuple[str, ...] | None = (),
) -> Subject:
    """An asset of which everything was asked; what is not named is not known."""
    record = AssetRecord(
        key=AssetKey(account, RemoteId(name)),
        media_type=media_type,
        file_name=file_name or f"{name}.jpg",
        name=name,
        size=size,
        fields={FieldName(key): value for key, value in (fields or {}).items()},
        containers=tuple(Container(RemoteId(it), it) for it in containers),
        version=AssetVersion(modified=f"m-{name}", fields=f"f-{name}", content=f"c-{name}"),
        checksum=checksum,
    )
    return Subject(
        record=record,
        claims=frozenset(claims),
        ids=frozenset(ids),
        digests=digests or {},
        captured=captured,
        likeness=Likeness(bits=bits, turned=turned, aspect=aspect) if bits is not None else None,
        look=look if look is not None or bits is None else shown(1),
        tried=tried,
        gaps=gaps,
    )


@cache
def shown(seed: int, *, colour: int = 128) -> CloseLook:
    """A close look with shapes in it, another for each seed."""
    luma = bytes((x * (seed % 13 + 3) + y * (seed % 7 + 2) + seed * 41) % 256 for y in range(GRID) for x in range(GRID))
    return CloseLook(luma=luma, chroma=bytes([colour] * 128))


def certain(pairing: Pairing) -> set[tuple[str, str]]:
    return {(it.one.remote_id, it.other.remote_id) for it in pairing.certain}


def review(pairing: Pairing) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(it.one.remote_id, it.other.remote_id): tuple(map(str, it.doubts)) for it in pairing.review}
