"""What stands in the library already, met by a few calls and remembered for the length of a probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.calls import Calls
from dambridge.connectors.photoshelter.wire import WireItem, text
from dambridge.model.records import MediaType

ASKED_AS: Final = {
    MediaType.IMAGE: "image",
    MediaType.VIDEO: "video",
    MediaType.AUDIO: "audio",
    MediaType.DOCUMENT: "doc",
}
"""The words of `media_type` in a search (PS E17)."""
_PREFIXES: Final = {MediaType.IMAGE: "I0", MediaType.VIDEO: "VD", MediaType.AUDIO: "AD", MediaType.DOCUMENT: "DO"}
"""How ids begin (PS 3, CONFIRMED): a search need not heed `media_type`."""
_LOOKED_AT: Final = 12


class Library:
    """Files and containers that people put there; where there is no file of a kind, the probe's own in `files` stands in.
    `ours` begins the names of a probe's own."""

    def __init__(self, org_id: str, ours: str, files: Mapping[MediaType, str]) -> None:
        self._org_id = org_id
        self._ours = ours
        self._own = files
        self._files: dict[MediaType, list[WireItem]] = {}
        self._containers: dict[str, list[WireItem]] = {}

    async def files(self, calls: Calls, kind: MediaType) -> list[WireItem]:
        """A handful of files of this kind, whole (PS E19)."""
        if not self._files.get(kind):
            query = {"org_id": self._org_id, "media_type": ASKED_AS[kind], "page": "1", "per_page": "50"}
            hits = (await calls.get("/media", **query)).items()
            found: list[WireItem] = []
            for hit in hits:
                if len(found) >= _LOOKED_AT:
                    break
                if not hit.id.startswith(_PREFIXES[kind]) or self._is_ours(hit):
                    continue
                item = (await calls.get(protocol.media_path(hit.id))).item()
                if item is not None:
                    found.append(item)
            if not found and kind in self._own:
                own = (await calls.get(protocol.media_path(self._own[kind]))).item()
                return [own] if own is not None else []
            self._files[kind] = found
        return self._files[kind]

    async def any_file(self, calls: Calls) -> WireItem | None:
        """Some file, None in an empty library."""
        for kind in ASKED_AS:
            for it in await self.files(calls, kind):
                return it
        return None

    async def containers(self, calls: Calls, plural: str) -> list[WireItem]:
        """The first `collections` or `galleries` (PS E3, E9)."""
        if not self._containers.get(plural):
            said = await calls.get(f"/{plural}", page="1", per_page="50")
            self._containers[plural] = [it for it in said.items() if not self._is_ours(it)]
        return self._containers[plural]

    def _is_ours(self, item: WireItem) -> bool:
        name = text(item.attributes.get("file_name")) or text(item.attributes.get("name"))
        return name.startswith(self._ours)
