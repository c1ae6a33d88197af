"""Submissions and holds in memory: the `Submitting` port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Hold, Submission
from dambridge.ports.ledger import AuditEntry
from dambridge.testing.fake_agreeing import MemoryAgreeing


class MemorySubmitting(MemoryAgreeing):
    """Implements `ports.submitting.Submitting`."""

    async def submissions(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Submission]:
        known = self.memory.submissions
        return {it: known[flow, it] for it in keys if (flow, it) in known}

    async def submissions_in(
        self,
        flow: FlowName,
        *,
        statuses: Sequence[Status] | None = None,
        shoot: str | None = None,
        after: AssetKey | None = None,
        limit: int,
    ) -> Sequence[Submission]:
        fits = [it for it in self._handed_in(flow, after) if statuses is None or it.status in statuses]
        return [it for it in fits if shoot in {None, it.shoot}][:limit]

    async def unfinished(self, flow: FlowName, *, after: AssetKey | None = None, limit: int) -> Sequence[Submission]:
        return [it for it in self._handed_in(flow, after) if it.unfinished][:limit]

    async def count_submissions(self, flow: FlowName) -> Mapping[tuple[str, Status], int]:
        return Counter((it.shoot, it.status) for it in self._handed_in(flow, None))

    async def put_submissions(
        self, submissions: Sequence[Submission], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Submission]:
        self.memory.check_submissions(submissions)
        self.memory.tell(audit)
        return self.memory.put_submissions(submissions)

    async def set_hold(self, hold: Hold, audit: Sequence[AuditEntry] = ()) -> bool:
        if hold.key in self.memory.holds:
            return False
        self.memory.holds[hold.key] = hold
        self.memory.tell(audit)
        return True

    async def lift_hold(self, key: AssetKey, audit: Sequence[AuditEntry] = ()) -> bool:
        if self.memory.holds.pop(key, None) is None:
            return False
        self.memory.tell(audit)
        return True

    async def holds(self, keys: Sequence[AssetKey] | None = None) -> Mapping[AssetKey, Hold]:
        known = self.memory.holds
        return {it: known[it] for it in (sorted(known) if keys is None else keys) if it in known}

    def _handed_in(self, flow: FlowName, after: AssetKey | None) -> list[Submission]:
        mine = [it for (of, _), it in self.memory.submissions.items() if of is flow]
        return sorted((it for it in mine if after is None or it.key > after), key=lambda it: it.key)
