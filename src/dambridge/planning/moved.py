"""Whether the world still is what a plan expects."""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.model.identity import AssetKey, CopyId, CopyRole
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Present, Seen


def check_moved(plan: Plan, seen: Mapping[AssetKey, Seen]) -> list[Reason]:
    """One reason for each copy that is not at the version its action expects; a copy that was not seen has moved."""
    moved: list[Reason] = []
    for action in plan.actions:
        for place, version in sorted(action.expects.items()):
            copy = CopyId.parse(place)
            if copy.role is CopyRole.SOURCE:
                key = action.source
            elif action.target_id is not None:
                key = AssetKey(copy.account, action.target_id)
            else:
                continue
            now = seen.get(key)
            if not isinstance(now, Present) or now.record.version != version:
                moved.append(Reason.of(Code.MOVED_ON, text=f"{key} is not what the plan expects"))
    return moved
