"""Who sees a container of PhotoShelter, and its own mode: `AudienceKeeper` over the calls that read permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import ByVersion, PhotoShelterOptions
from dambridge.connectors.photoshelter.reading import PhotoShelterReader
from dambridge.connectors.photoshelter.v3 import V3Client
from dambridge.connectors.photoshelter.wire import WireItem, parse_item, text
from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.audience import Audience, Grant, Visibility
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.pace import Lane

_RANK: Final = {Visibility.EVERYONE: 0, Visibility.PERMISSION: 1, Visibility.PRIVATE: 2}
_WHO: Final = ("contact_id", "group_id", "access_level", "contact_email")
_YES: Final = {True: True, False: False, "t": True, "f": False, "true": True, "false": False}


class PhotoShelterAudience:
    """Implements `AudienceKeeper`. Opening and shutting goes the way that the options name, else not at all."""

    def __init__(
        self, options: PhotoShelterOptions, client: PhotoShelterClient, v3: V3Client, reader: PhotoShelterReader
    ) -> None:
        self._client = client
        self._reader = reader
        self._v3 = v3
        self._via = options.visibility_via
        self._zone = ZoneInfo(options.container_zone)

    async def audience(self, container: RemoteId, *, lane: Lane) -> Audience:
        """The container with its access (PS E4, E10, CONFIRMED) and its permissions (E14; of a collection SINGLE), whose
        mode is that in its most restrictive place. A collection that shows none is looked at from above (E7)."""
        about = f"read who sees {container}"
        query = {"include": "permissions,access,parent"}
        item = await self._client.item(protocol.container_path(container), about=about, lane=lane, query=query)
        said = await self._permissions(container, item, about, lane)
        access = item.included("access")
        inner = access.attributes if access else {}
        own = _mode(said.get("native_mode")) or _mode(inner.get("native_mode"))
        inherits = _YES.get(inner.get("access_inherit", said.get("access_inherit")))
        above = [it for it in said.get("inherited") or () if isinstance(it, Mapping)] if inherits is not False else []
        modes = [own, *(_mode(it.get("mode")) for it in above)]
        shown = text(said.get("mode"))
        effective = _mode(shown) if shown else max((it for it in modes if it), key=_RANK.__getitem__, default=None)
        if effective is None:
            raise TryLater(f"Could not {about}: PhotoShelter shows no mode of it that we know. A person must look.")
        grants = [*(said.get("native") or ()), *(it for each in above for it in each.get("permissions") or ())]
        return Audience(
            container=container,
            own=own,
            effective=effective,
            inherits=inherits,
            listed=_YES.get(item.attributes.get("is_listed")),
            grants=tuple(sorted({self._grant(it) for it in grants if isinstance(it, Mapping)}, key=str)),
        )

    async def places(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Container]:
        """By E30 alone (CONFIRMED); the library is walked where a gallery is not known."""
        return await self._reader.places_of(remote_id, lane)

    async def _permissions(self, container: RemoteId, item: WireItem, about: str, lane: Lane) -> Mapping[str, Any]:
        """E14; where the account has no such call, entries that came along and modes as the parent lists them."""
        path = protocol.container_path(container, "/permissions")
        reply = await self._client.get(path, about=about, lane=lane, optional=True)
        if reply.ok or reply.status != 404:
            return self._client.parsed(parse_item, reply, about).attributes
        parent = item.included("parent")
        if parent is None or not parent.id:
            raise TryLater(f"Could not {about}: this account has no call that shows its permissions.")
        seen = await self._client.item(
            protocol.container_path(parent.id, f"/children/{container}"), about=about, lane=lane
        )
        modes = seen.attributes  # PS E7, CONFIRMED-2019
        native = item.includes.get("permissions")
        return {
            "mode": modes.get("effective_mode"),
            "native_mode": modes.get("mode"),
            "access_inherit": modes.get("access_inherit"),
            "native": native.get("data") if isinstance(native, Mapping) else (),
        }

    def _grant(self, entry: Mapping[str, Any]) -> Grant:
        """An entry of E14. Passwords and tokens are named by the entry's own id, never by themselves."""
        said = entry.get("attributes")
        values: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        kind = text(entry.get("type"))
        who = next((text(values[it]) for it in _WHO if values.get(it)), text(entry.get("id")))
        return Grant(kind, who, self._instant(text(values.get("expires"))))

    def _instant(self, said: str) -> datetime | None:
        """A container's date has no zone (PS 4.5): the options say which one it is in."""
        if not said:
            return None
        try:
            found = datetime.fromisoformat(said.removesuffix(" GMT") + ("+00:00" if said.endswith(" GMT") else ""))
        except ValueError:
            raise TryLater("PhotoShelter shows a date of a permission that cannot be read.") from None
        return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)

    async def set_visibility(self, container: RemoteId, mode: Visibility, *, lane: Lane) -> None:
        """By `mode` on PATCH (PS E8, E16, INFERRED) or by U13 (SINGLE)."""
        about = f"set {container} to {mode}"
        match self._via:
            case ByVersion.NONE:
                raise Refused(
                    f"Could not {about}: this account has no proven way to do it. Run `dambridge probe --write` and set "
                    "`visibility_via`, or let a person do it."
                )
            case ByVersion.V3:
                await self._v3.set_visibility(container, str(mode), about=about, lane=lane)
            case ByVersion.V4:
                path = protocol.container_path(container)
                await self._client.change("PATCH", path, about=about, form={"mode": str(mode)}, lane=lane)


def _mode(raw: object) -> Visibility | None:
    """A mode as the service spells it; None for none."""
    try:
        return Visibility(text(raw))
    except ValueError:
        return None
