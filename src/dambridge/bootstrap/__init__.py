"""Settings and wiring: the only place that knows every part of the product."""

from dambridge.bootstrap.document import ConfigurationWrong, Mistake
from dambridge.bootstrap.example import EXAMPLE
from dambridge.bootstrap.finding import Finding, find_problems
from dambridge.bootstrap.loading import known_flow, load_settings, settings_schema
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import Bridge, open_bridge, open_store, run_async

__all__ = [
    "EXAMPLE",
    "Bridge",
    "ConfigurationWrong",
    "Finding",
    "Mistake",
    "Settings",
    "find_problems",
    "known_flow",
    "load_settings",
    "open_bridge",
    "open_store",
    "run_async",
    "settings_schema",
]
