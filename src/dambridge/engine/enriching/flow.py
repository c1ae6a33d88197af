"""Flow `enrich` as the worker knows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dambridge.engine.enriching.covering import Coverage, written_links
from dambridge.engine.enriching.deciding import decide_enrichments, look
from dambridge.engine.enriching.papers import hang_papers
from dambridge.engine.enriching.parts import EnrichParts, lacks_work_list
from dambridge.engine.fitting import Approval
from dambridge.engine.mirroring import batches, previewing
from dambridge.engine.mirroring.deciding import Decided
from dambridge.engine.mirroring.running import run_mirror
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId, LinkId, RunId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Reason
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class EnrichFlow:
    """What the map derives from the source stands in the record copies, and what their people set stays."""

    parts: EnrichParts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return (self.parts.enrich.source, self.parts.enrich.target)

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        coverage = Coverage(self.parts)

        async def decide(ids: Sequence[LinkId], unproven: Collection[AccountId]) -> Decided:
            await coverage.settle()  # the links before these are done
            known = await look(self.parts, ids)
            decided = await decide_enrichments(self.parts, known, unproven=unproven)
            await coverage.looked(known, written_links(decided.actions))
            return decided

        async def papers(run: RunId, notes: list[Reason]) -> None:
            if (lack := await self._no_work_list()) is not None:
                notes.append(lack)
            await hang_papers(self.parts, run, full=full)

        ran = await run_mirror(
            self.parts, command=command, full=full, reconcile=reconcile, decide=decide, besides=papers
        )
        await coverage.close(ran.run)
        return ran

    async def preview(self, *, full: bool) -> Plan:
        return await previewing.preview(self.parts, full=full, decide=self._decide)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        coverage = Coverage(self.parts)
        links = written_links(plan.actions)
        for start in range(0, len(links), self.parts.settings.tranche):
            some = links[start : start + self.parts.settings.tranche]
            await coverage.looked(await look(self.parts, some), some)
        ran = await previewing.apply(self.parts, plan, approval)
        await coverage.close(ran.run)
        return ran

    async def _no_work_list(self) -> Reason | None:
        shown = await self.parts.target.definitions()
        return lacks_work_list(self.parts.enrich, None if shown is None else [it.name for it in shown])

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch)

    async def _decide(self, ids: Sequence[LinkId], unproven: Collection[AccountId]) -> Decided:
        return await decide_enrichments(self.parts, await look(self.parts, ids), unproven=unproven)
