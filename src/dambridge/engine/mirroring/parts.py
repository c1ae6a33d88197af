"""What a two-way flow is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dambridge.engine.parts import FlowParts
from dambridge.engine.sites import Site
from dambridge.engine.terms import know_terms_of, restated_at
from dambridge.mapping import Aliases, embedded_fields
from dambridge.model.identity import AccountId, AssetKey, Link
from dambridge.model.records import Broken
from dambridge.model.values import Fields
from dambridge.policy.mirror import MirrorPolicy
from dambridge.ports.files import Inspector
from dambridge.ports.terms import WorkingLedger


@dataclass(slots=True, kw_only=True)
class MirrorParts(FlowParts):
    """Everything that a flow which keeps fields in step works with. `sites` are those of the policy's accounts."""

    ledger: WorkingLedger
    sites: Mapping[AccountId, Site]
    policy: MirrorPolicy
    holding: Mapping[AccountId, str] = field(default_factory=dict)
    """Per account that has folders of ours: where copies stand that were retired, out of everybody's sight."""
    selects: Mapping[AccountId, tuple[str, ...]] = field(default_factory=dict)
    """Per account the patterns of galleries or folders that hold what the flow is about; an account not named: all of it."""
    inspector: Inspector | None = None
    """Reads what stands inside a file that was sent; without it nothing is known of what a check-in took out of one."""

    def mine(self, link: Link) -> Link:
        """The link as far as this flow goes: its copies in the policy's accounts."""
        copies = tuple(it for it in link.copies if it.id.account in self.sites)
        return link if len(copies) == len(link.copies) else replace(link, copies=copies)

    async def restated(self) -> Sequence[AssetKey]:
        """Assets to look at though nothing of them moved: a word of theirs means something else by now."""
        return [key for site in self.sites.values() for key in await restated_at(self, site)]

    async def aliases(self, site: Site) -> Aliases:
        """What persons said that words mean in this account."""
        await know_terms_of(self.ledger, site)
        return site.terms.aliases

    async def inside(self, spooled: str, file_name: str) -> Fields:
        """The fields inside a file of the spool; empty where it is not there, or not looked into."""
        kept = await self.spool.find(spooled) if self.inspector is not None else None
        if self.inspector is None or kept is None:
            return {}
        found = await self.inspector.inspect(kept.path, file_name=file_name)
        return {} if isinstance(found, Broken) else embedded_fields(found)
