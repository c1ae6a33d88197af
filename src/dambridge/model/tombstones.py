"""What is gone and must not come back: written when a copy goes, kept in the store and beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dambridge.model.identity import AssetKey, CopyId, LinkId
from dambridge.model.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One copy that went, and what else stood for the same asset then.

    `kin` are the other copies of its link: after a total loss of the store a listing that shows one of them must not make
    the asset anew where it was taken away. `file_name` and `sha256` (empty where not known) say what it was.
    """

    key: AssetKey
    copy: CopyId
    link: LinkId
    reason: Reason
    at: datetime
    kin: tuple[AssetKey, ...] = ()
    file_name: str = ""
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "account": self.key.account,
            "id": self.key.remote_id,
            "copy": str(self.copy),
            "link": self.link,
            "reason": self.reason.to_json(),
            "at": self.at.isoformat(),
            "kin": [[it.account, it.remote_id] for it in self.kin],
            "file_name": self.file_name,
            "sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tombstone:
        return cls(
            key=AssetKey(data["account"], data["id"]),
            copy=CopyId.parse(data["copy"]),
            link=LinkId(data["link"]),
            reason=Reason.from_json(data["reason"]),
            at=datetime.fromisoformat(data["at"]),
            kin=tuple(AssetKey(account, remote_id) for account, remote_id in data["kin"]),
            file_name=data["file_name"],
            sha256=data["sha256"],
        )
