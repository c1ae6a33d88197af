"""What flow enrich is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.sites import Site
from dambridge.engine.terms import restated
from dambridge.mapping import WORK_LIST, NewTerms, Rule
from dambridge.model.identity import AssetKey, CopyId
from dambridge.model.reasons import Code, Reason
from dambridge.policy.enrich import EnrichPolicy
from dambridge.ports.capabilities import Proof


@dataclass(slots=True, kw_only=True)
class EnrichParts(MirrorParts):
    """Everything that the flow works with. `policy` is `enrich` for whoever carries fields to copies; the target's site
    knows the attribute of the work list."""

    enrich: EnrichPolicy
    attaches: Proof = Proof.UNPROVEN
    """How far hanging views on assets of the target is known to work."""

    @property
    def source(self) -> Site:
        return self.sites[self.enrich.source]

    @property
    def target(self) -> Site:
        return self.sites[self.enrich.target]

    @property
    def source_copy(self) -> CopyId:
        return self.enrich.source_copy

    @property
    def target_copy(self) -> CopyId:
        return self.enrich.target_copy

    async def restated(self) -> Sequence[AssetKey]:
        return await restated(self)


def with_work_list(site: Site, policy: EnrichPolicy) -> Site:
    """The site with a map that reads and writes the attribute of the work list too."""
    work_list = policy.work_list
    if work_list is None:
        return site
    home = Rule(field=WORK_LIST, native=work_list.attribute, new_terms=NewTerms.SEND)
    return replace(site, map=replace(site.map, rules=(*site.map.rules, home)))


def lacks_work_list(policy: EnrichPolicy, defined: Sequence[str] | None) -> Reason | None:
    """What to tell where the target has no such attribute."""
    work_list = policy.work_list
    if work_list is None or defined is None or work_list.attribute in defined:
        return None
    return Reason.of(Code.ATTRIBUTE_MISSING, field=str(WORK_LIST), attribute=work_list.attribute, closest="")
