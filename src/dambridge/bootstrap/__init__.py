"""Settings and wiring: the only place that knows every part of the product.

What opens systems and stores is loaded when it is first asked for, so that help, completion and a look at a faulty file
need not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dambridge.bootstrap.document import ConfigurationWrong, Mistake
from dambridge.bootstrap.example import EXAMPLE

if TYPE_CHECKING:
    from dambridge.bootstrap.bridging import Bridge
    from dambridge.bootstrap.capability_file import Remark, capability_schema, known_capabilities, remarks
    from dambridge.bootstrap.errands import errands_of
    from dambridge.bootstrap.finding import Finding, find_problems
    from dambridge.bootstrap.loading import known_flow, load_settings, settings_schema
    from dambridge.bootstrap.map_lint import faults_of, lint, lint_settings
    from dambridge.bootstrap.map_options import map_schema
    from dambridge.bootstrap.outward import open_rights, rights_desk
    from dambridge.bootstrap.pairing import open_matching
    from dambridge.bootstrap.people import open_people, people_desk
    from dambridge.bootstrap.probing import Bench, Probed, keep, open_benches, probe, report_of, with_progress
    from dambridge.bootstrap.search_desk import open_search
    from dambridge.bootstrap.serving import Service
    from dambridge.bootstrap.settings import Settings
    from dambridge.bootstrap.showing import shown_settings
    from dambridge.bootstrap.signing import build_signer
    from dambridge.bootstrap.webhook_desk import announcer_over, open_announcer
    from dambridge.bootstrap.webhooks import hint_memory
    from dambridge.bootstrap.wiring import hear_hooks, open_bridge, open_store, run_async

_LATER = {
    "Remark": "capability_file",
    "capability_schema": "capability_file",
    "known_capabilities": "capability_file",
    "remarks": "capability_file",
    "shown_settings": "showing",
    "Bench": "probing",
    "Probed": "probing",
    "keep": "probing",
    "open_benches": "probing",
    "probe": "probing",
    "report_of": "probing",
    "with_progress": "probing",
    "errands_of": "errands",
    "Finding": "finding",
    "find_problems": "finding",
    "faults_of": "map_lint",
    "lint": "map_lint",
    "lint_settings": "map_lint",
    "map_schema": "map_options",
    "known_flow": "loading",
    "load_settings": "loading",
    "settings_schema": "loading",
    "build_signer": "signing",
    "Service": "serving",
    "Settings": "settings",
    "announcer_over": "webhook_desk",
    "hint_memory": "webhooks",
    "open_announcer": "webhook_desk",
    "Bridge": "bridging",
    "hear_hooks": "wiring",
    "open_bridge": "wiring",
    "open_matching": "pairing",
    "open_people": "people",
    "open_rights": "outward",
    "open_search": "search_desk",
    "rights_desk": "outward",
    "open_store": "wiring",
    "people_desk": "people",
    "run_async": "wiring",
}

__all__ = [
    "EXAMPLE",
    "Bench",
    "Bridge",
    "ConfigurationWrong",
    "Finding",
    "Mistake",
    "Probed",
    "Remark",
    "Service",
    "Settings",
    "announcer_over",
    "build_signer",
    "capability_schema",
    "errands_of",
    "faults_of",
    "find_problems",
    "hear_hooks",
    "hint_memory",
    "keep",
    "known_capabilities",
    "known_flow",
    "lint",
    "lint_settings",
    "load_settings",
    "map_schema",
    "open_announcer",
    "open_benches",
    "open_bridge",
    "open_matching",
    "open_people",
    "open_rights",
    "open_search",
    "open_store",
    "people_desk",
    "probe",
    "remarks",
    "report_of",
    "rights_desk",
    "run_async",
    "settings_schema",
    "shown_settings",
    "with_progress",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
