"""What orders and questions about outlets work with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dambridge.engine.sites import Site
from dambridge.model.identity import AccountId
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.terms import WholeLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletDesk:
    """The policies of both flows, and what their outlets stand in."""

    ledger: WholeLedger
    clock: Clock
    sites: Mapping[AccountId, Site]
    policies: Sequence[PublishPolicy]
    configuration: str

    def named(self, name: str) -> tuple[PublishPolicy, Outlet]:
        """The outlet with its flow's policy. Raises `Refused` where there is none of that name."""
        for policy in self.policies:
            if name in policy.outlets:
                return policy, policy.outlets[name]
        known = ", ".join(sorted(it for policy in self.policies for it in policy.outlets)) or "none"
        raise Refused(f"There is no outlet `{name}`. Known: {known}.")

    def digest(self, policy: PublishPolicy) -> str:
        return hashlib.sha256(repr(policy).encode()).hexdigest()
