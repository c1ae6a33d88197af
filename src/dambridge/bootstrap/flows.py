"""From settings to the flows of this installation, over accounts that are open."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from dambridge.bootstrap.enriching import build_enrich
from dambridge.bootstrap.handing_off import build_handoff, handoff_programs, ways_to
from dambridge.bootstrap.mirrors import build_mirror, holding_folders
from dambridge.bootstrap.policies import build_policy, build_programs
from dambridge.bootstrap.publishing import build_publish, build_selection_program
from dambridge.bootstrap.routes import known_accounts
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.engine.config import EngineSettings
from dambridge.engine.enriching.flow import EnrichFlow
from dambridge.engine.enriching.parts import EnrichParts, with_work_list
from dambridge.engine.flows import Flow
from dambridge.engine.handing_off.flow import HandoffFlow
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.mirroring.flow import MirrorFlow
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.parts import CallMeter, Parts, SourceDesk
from dambridge.engine.publishing.flow import PublishFlow
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.sites import Site
from dambridge.engine.taking_in.flow import IntakeFlow
from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector, FileOutfitter
from dambridge.model.identity import AccountId, FlowName
from dambridge.ports.capabilities import Proof
from dambridge.ports.clock import Clock
from dambridge.ports.files import Spool
from dambridge.ports.runtime import Runtime
from dambridge.ports.terms import WholeLedger
from dambridge.storage import FileOutsideJournal


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the flows of one process share, besides the accounts."""

    ledger: WholeLedger
    spool: Spool
    clock: Clock
    runtime: Runtime
    settings: EngineSettings
    calls: CallMeter
    configuration: str

    def given(self) -> dict[str, Any]:
        """As arguments for the parts of a flow."""
        return {name: getattr(self, name) for name in self.__slots__}


def make_flows(
    settings: Settings, common: Common, sites: Mapping[AccountId, Site], stack: AsyncExitStack
) -> dict[FlowName, Flow]:
    """Every flow that is configured. What one opens for itself is closed by `stack`."""
    flows: dict[FlowName, Flow] = {}
    if settings.flows.intake is not None:
        flows[FlowName.INTAKE] = _intake(settings, common, sites, stack)
    if settings.flows.handoff is not None:
        flows[FlowName.HANDOFF] = _handoff(settings, common, sites, stack)
    if settings.flows.enrich is not None:
        flows[FlowName.ENRICH] = _enrich(settings, common, sites)
    flows |= {name: _mirror(settings, common, sites, name, stack) for name in settings.flows.mirrors}
    flows |= {name: _publish(settings, common, sites, name, stack) for name in settings.flows.outward}
    return flows


def _breaks_signatures(target: PhotoShelterAccount | NetxAccount) -> bool:
    return isinstance(target, NetxAccount) and target.break_signatures


def _intake(settings: Settings, common: Common, sites: Mapping[AccountId, Site], stack: AsyncExitStack) -> IntakeFlow:
    policy = build_policy(settings)
    exiftool = ExifToolOptions(program=settings.exiftool)
    inspector = FileInspector(exiftool)
    embedder = FileEmbedder(exiftool, break_signatures=_breaks_signatures(settings.accounts[policy.target]))
    stack.push_async_callback(inspector.close)
    stack.push_async_callback(embedder.close)
    parts = Parts(
        **common.given(),
        source=sites[policy.source],
        target=sites[policy.target],
        inspector=inspector,
        embedder=embedder,
        policy=policy,
        programs=build_programs(settings),
        desk=_desk(settings, sites[policy.source]),
    )
    return IntakeFlow(parts)


def _handoff(settings: Settings, common: Common, sites: Mapping[AccountId, Site], stack: AsyncExitStack) -> HandoffFlow:
    policy, it = build_handoff(settings), settings.flows.handoff
    exiftool = ExifToolOptions(program=settings.exiftool)
    inspector = FileInspector(exiftool)
    embedder = FileEmbedder(exiftool, break_signatures=_breaks_signatures(settings.accounts[policy.intake.target]))
    stack.push_async_callback(inspector.close)
    stack.push_async_callback(embedder.close)
    parts = HandoffParts(
        **common.given(),
        source=sites[policy.intake.source],
        target=sites[policy.intake.target],
        inspector=inspector,
        embedder=embedder,
        policy=policy.intake,
        programs=handoff_programs(settings),
        handoff=policy,
        people=ways_to(it.people if it is not None else {}),
        contributors=ways_to(it.contributors if it is not None else {}),
    )
    return HandoffFlow(parts)


def _desk(settings: Settings, source: Site) -> SourceDesk | None:
    """Where the source is told what an asset lacks, if the map names a field for it."""
    options = settings.site_map.options.accounts.get(source.account) if settings.site_map else None
    return SourceDesk(source.archive, options.send_back) if options is not None and options.send_back else None


def _enrich(settings: Settings, common: Common, sites: Mapping[AccountId, Site]) -> EnrichFlow:
    policy = build_enrich(settings, {name: it.map for name, it in sites.items()})
    target = with_work_list(sites[policy.target], policy)
    parts = EnrichParts(
        **common.given(),
        flow=FlowName.ENRICH,
        sites={policy.source: sites[policy.source], policy.target: target},
        policy=policy.as_mirror(),
        enrich=policy,
        attaches=known_accounts(settings)[policy.target].cells.get("attachments.views", Proof.UNPROVEN),
    )
    return EnrichFlow(parts)


def _mirror(
    settings: Settings, common: Common, sites: Mapping[AccountId, Site], flow: FlowName, stack: AsyncExitStack
) -> MirrorFlow:
    policy = build_mirror(settings, flow, {name: it.map for name, it in sites.items()})
    inspector = FileInspector(ExifToolOptions(program=settings.exiftool))
    stack.push_async_callback(inspector.close)
    parts = MirrorParts(
        **common.given(),
        flow=flow,
        sites={name: sites[name] for name in policy.accounts},
        policy=policy,
        holding=holding_folders(settings, flow),
        selects={AccountId(name): it for name, it in settings.flows.mirrors[flow].select.items()},
        inspector=inspector,
    )
    return MirrorFlow(parts)


def _publish(
    settings: Settings, common: Common, sites: Mapping[AccountId, Site], flow: FlowName, stack: AsyncExitStack
) -> PublishFlow:
    policy = build_publish(settings, flow, {name: it.map for name, it in sites.items()})
    exiftool = ExifToolOptions(program=settings.exiftool)
    outfitter, inspector = FileOutfitter(exiftool), FileInspector(exiftool)
    stack.push_async_callback(outfitter.close)
    stack.push_async_callback(inspector.close)
    it = settings.flows.outward[flow]
    parts = PublishParts(
        **common.given(),
        flow=flow,
        policy=policy,
        sites={name: sites[name] for name in policy.accounts},
        outfitter=outfitter,
        inspector=inspector,
        program=build_selection_program(it),
        holding=it.holding_folder,
        journal=FileOutsideJournal(settings.store.publications),
    )
    return PublishFlow(parts)
