"""NetX's assets as native records: the vendor's field names, typed, nothing canonical."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Checksum, Container, NativeRecord, NativeValue
from dambridge.ports.systems import Sighting

ATTRIBUTE_GROUPS: Final = frozenset({"attributes", "iptc", "custom"})
"""What other systems keep apart is one thing here: all metadata of an asset are site-defined attributes (NX 4.1, 4.6)."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def record_of(account: AccountId, asset: wire.WireAsset) -> NativeRecord:
    """The record with the groups that the reply carried; a group that it did not carry is unread, not empty."""
    file, attributes, folders = asset.file, asset.attributes, asset.folders
    return NativeRecord(
        key=AssetKey(account, RemoteId(asset.id)),
        media_type=nx.media_type_of(asset.file_name),
        file_name=asset.file_name,
        name=asset.name,
        size=file.size if file else None,
        modified="" if asset.modified_ms is None else str(asset.modified_ms),
        modified_at=instant(asset.modified_ms),
        content_stamp=_content_stamp(file),
        checksum=Checksum("md5", file.checksum) if file and file.checksum else None,
        fields=_fields(attributes),
        containers=tuple(Container(RemoteId(it.id), it.path) for it in folders or ()),
        groups=_groups(asset),
        created_at=instant(asset.created_ms if asset.created_ms is not None else asset.imported_ms),
    )


def sighting_of(asset: wire.WireAsset) -> Sighting:
    """What a thin row of a listing tells."""
    known = asset.file_name or None
    return Sighting(RemoteId(asset.id), nx.media_type_of(known) if known else None, known)


def instant(epoch_ms: int | None) -> datetime | None:
    """An instant of the service (NX 4.1: epoch milliseconds, CONFIRMED)."""
    return None if epoch_ms is None else _EPOCH + timedelta(milliseconds=epoch_ms)


def milliseconds(at: datetime) -> int:
    """The millisecond that holds an instant: as either end of a window it leaves nothing out."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def data_for(groups: frozenset[str]) -> tuple[str, ...]:
    """The properties to ask for (NX 4.1). The file's belong to the base: size and checksum say whether bytes moved."""
    wanted = ["asset.id", "asset.base", "asset.file"]
    if groups & ATTRIBUTE_GROUPS:
        wanted.append("asset.attributes")
    if "containers" in groups:
        wanted.append("asset.folders")
    return tuple(wanted)


def _groups(asset: wire.WireAsset) -> frozenset[str]:
    found = {"base"}
    if asset.file is not None:
        found.add("file")
    if asset.attributes is not None:
        found |= ATTRIBUTE_GROUPS
    if asset.folders is not None:
        found.add("containers")
    return frozenset(found)


def _fields(attributes: Mapping[str, tuple[str, ...]] | None) -> dict[str, NativeValue]:
    return {name: values for name, values in attributes.items() if values} if attributes else {}


def _content_stamp(file: wire.WireFile | None) -> str:
    """The checksum where the site keeps one, else all that it shows of the bytes."""
    if file is None:
        return ""
    return file.checksum or f"{file.size}:{file.width}x{file.height}:{file.name}"
