"""The ledger of submissions: what was handed in, where its review stands, and what stands under legal hold.

Offered by the ledger beside `ports.ledger` and `ports.agreeing`: all are one store. Every method that writes is one
transaction. Submissions carry the revision that they were read at; one is written only where the store still holds that
revision, else `MovedOn` is raised and nothing of the call is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Hold, Submission
from dambridge.ports.ledger import AuditEntry


class Submitting(Protocol):
    """What handing in, reviewing and archiving need of the store."""

    async def submissions(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Submission]:
        """Those of these assets; assets that were never handed in are not in the answer."""
        ...

    async def submissions_in(
        self,
        flow: FlowName,
        *,
        statuses: Sequence[Status] | None = None,
        shoot: str | None = None,
        after: AssetKey | None = None,
        limit: int,
    ) -> Sequence[Submission]:
        """A page of them by asset; `after` names the last of the page before."""
        ...

    async def unfinished(self, flow: FlowName, *, after: AssetKey | None = None, limit: int) -> Sequence[Submission]:
        """A page of those of which something follows that was not done yet, by asset."""
        ...

    async def count_submissions(self, flow: FlowName) -> Mapping[tuple[str, Status], int]:
        """How many there are by shoot and status; none is left out but those without."""
        ...

    async def put_submissions(
        self, submissions: Sequence[Submission], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Submission]:
        """Write them; gives them back at their new revision. Raises `MovedOn`."""
        ...

    async def set_hold(self, hold: Hold, audit: Sequence[AuditEntry] = ()) -> bool:
        """Put the asset under hold; False, and nothing is written, where it is under one already."""
        ...

    async def lift_hold(self, key: AssetKey, audit: Sequence[AuditEntry] = ()) -> bool:
        """Take its hold away; False, and nothing is written, where there is none."""
        ...

    async def holds(self, keys: Sequence[AssetKey] | None = None) -> Mapping[AssetKey, Hold]:
        """Those of these assets, or all."""
        ...
