"""The flows in a few words, for people who have not read the plan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dambridge.model.identity import FlowName

FLOW_WORDS: Mapping[FlowName, str] = MappingProxyType(
    {
        FlowName.INTAKE: "Approved pictures travel from PhotoShelter to NetX",
        FlowName.ENRICH: "PhotoShelter's words become NetX's terms",
        FlowName.PUBLISH: "What may be shown goes out to partners",
        FlowName.RIGHTS: "Rights say the same on both sides",
        FlowName.HANDOFF: "What contributors hand in is reviewed and archived",
        FlowName.SYNDICATE: "Each market sees its own",
        FlowName.LIFECYCLE: "Status agrees on both sides",
        FlowName.SEARCH: "One search over both systems",
    }
)
