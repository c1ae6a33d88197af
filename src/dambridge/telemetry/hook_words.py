"""Events for other programs in words: a sentence each, made of ids and names of ours alone.

What an asset says of itself is in none of them: whoever listens asks for it, with rights of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dambridge.model.webhooks import HookType

_WORDS: Mapping[HookType, str] = {
    HookType.ASSET_ARRIVED: "{source} was brought into the archive as {target}.",
    HookType.ASSET_UPDATED: "{target} was brought in step.",
    HookType.ASSET_QUARANTINED: "{source} was put aside, and waits for a person.",
    HookType.ASSET_ASKED_FOR: "{by} asked for {asset} to go to {to}.",
    HookType.ASSET_PUBLISHED: "{source} is shown at the outlet {outlet}.",
    HookType.ASSET_RENEWED: "What the outlet {outlet} shows of {source} is new.",
    HookType.ASSET_WITHDRAWN: "{source} is not shown at the outlet {outlet} any more.",
    HookType.CONFLICT_OPENED: "Edits of {group} contend, and wait for a person.",
    HookType.CONFLICT_SETTLED: "The conflict about {group} is settled.",
    HookType.SUBMISSION_HANDED_IN: "{asset} was handed in.",
    HookType.SUBMISSION_DECIDED: "{asset} is {status}.",
    HookType.SUBMISSION_ARCHIVED: "{asset} is in the archive, exactly as it was approved.",
    HookType.PLAN_APPROVED: "{by} approved the plan {plan}.",
    HookType.FLOW_PAUSED: "{by} holds the flow.",
    HookType.FLOW_RESUMED: "{by} lets the flow go on.",
    HookType.FLOW_STOPPED: "A guard stopped the flow {about}.",
    HookType.RUN_TROUBLED: "The last run of {about} ended with trouble: {count} in need of attention.",
    HookType.RIGHTS_EXPIRING: "{count} at {about} end soon.",
    HookType.RIGHTS_OPENING: "{count} may go to {about} soon.",
    HookType.RIGHTS_OVERDUE: "{count} at {about} are past their end and not proven gone.",
    HookType.RIGHTS_UNCLEAR: "{count} at {about} are seen without clear rights.",
    HookType.RIGHTS_OVERRULED: "A looser word on rights was overruled.",
    HookType.OUTLET_DRIFTED: "Galleries of {about} are not as they were agreed.",
    HookType.WEBHOOK_DISABLED: "The endpoint {endpoint} took nothing for long, and gets nothing any more.",
    HookType.WEBHOOK_TEST: "This is a test.",
}


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "it"


def hook_words(kind: HookType, data: Mapping[str, Any]) -> str:
    """The sentence of an event of this type with these ids."""
    return _WORDS[kind].format_map(_Gaps({name: str(it) for name, it in data.items()}))


def type_words(kind: HookType) -> str:
    """What events of this type tell, for the reference page."""
    return _WORDS[kind].replace("{", "").replace("}", "")
