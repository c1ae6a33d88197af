"""Somebody who prepares containers in the simulated library, as administrators do in the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dambridge.model.identity import RemoteId
from dambridge.ports.audience import Grant, Visibility
from dambridge_sim.kit.seeds import Library
from dambridge_sim.kit.serving import Served
from support.pictures import picture
from support.world import control, send

_WHO = {"group": "group_id", "contact": "contact_id"}


@dataclass(frozen=True, slots=True)
class PhotoShelterAdministrator:
    """Acts in the simulator's own process: no API of the product does what a person does there."""

    served: Served

    async def collection(self, name: str, mode: Visibility, *, grants: Sequence[Grant] = ()) -> RemoteId:
        return self._load({"path": name, "type": "collection"}, mode, _entries(grants))

    async def gallery(
        self,
        name: str,
        mode: Visibility,
        *,
        within: Sequence[RemoteId],
        inherits: bool = True,
        grants: Sequence[Grant] = (),
        password: str = "",
    ) -> RemoteId:
        entries = _entries(grants)
        if password:
            entries.append({"type": "password", "password": password})
        made = self._load({"path": name, "access_inherit": inherits}, mode, entries)
        self._save(made, parents=list(within))
        return made

    async def set_mode(self, container: RemoteId, mode: Visibility) -> None:
        self._save(container, mode=str(mode))

    async def file(self, within: Sequence[RemoteId]) -> RemoteId:
        meta = {"file_name": "file.jpg", "containers": ["Files"]}
        made: dict[str, Any] = send(self.served.url, "POST", "/__sim__/assets", meta=meta, data=picture(1))
        assets: Any = self.served.simulator.vendor.site.assets  # type: ignore[attr-defined]
        assets.move_to(self.served.simulator.world.documents.get("asset", made["id"]), list(within))
        return RemoteId(str(made["id"]))

    async def delete(self, file: RemoteId) -> None:
        control(self.served.url, "DELETE", f"/__sim__/assets/{file}")

    async def remove(self, container: RemoteId) -> None:
        self._containers.delete(self._containers.get(container))

    @property
    def _containers(self) -> Any:
        vendor: Any = self.served.simulator.vendor
        return vendor.site.containers

    def _load(self, container: dict[str, Any], mode: Visibility, entries: list[dict[str, Any]]) -> RemoteId:
        vendor: Any = self.served.simulator.vendor
        vendor.load_library(Library(containers=[{**container, "visibility": str(mode), "permissions": entries}]))
        owner = vendor.site.accounts.first_user()["id"]
        kind = container.get("type", "gallery")
        found = self._containers.ensure(self.served.credentials["org_id"], container["path"], owner, kind)
        return RemoteId(found["id"])

    def _save(self, container: RemoteId, **members: Any) -> None:
        self._containers.save({**self._containers.get(container), **members})


def _entries(grants: Sequence[Grant]) -> list[dict[str, Any]]:
    return [
        {"type": it.kind, _WHO[it.kind]: it.who, "expires": it.expires.isoformat() if it.expires else None}
        for it in grants
    ]
