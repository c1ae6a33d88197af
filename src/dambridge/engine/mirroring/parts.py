"""What a two-way flow is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dambridge.engine.parts import FlowParts
from dambridge.engine.sites import Site
from dambridge.model.identity import AccountId
from dambridge.policy.mirror import MirrorPolicy


@dataclass(slots=True, kw_only=True)
class MirrorParts(FlowParts):
    """Everything that a flow which keeps fields in step works with. `sites` are those of the policy's accounts."""

    sites: Mapping[AccountId, Site]
    policy: MirrorPolicy
    holding: Mapping[AccountId, str] = field(default_factory=dict)
    """Per account that has folders of ours: where copies stand that were retired, out of everybody's sight."""
