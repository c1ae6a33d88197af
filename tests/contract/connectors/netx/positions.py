"""Every position of every switch of the simulator that is not its default, and which of them a facet can meet."""

from __future__ import annotations

from typing import Any

from dambridge_sim.kit.switches import Switch
from dambridge_sim.netx.switches import SWITCHES

OTHER_VALUES: dict[str, tuple[Any, ...]] = {
    "index_lag_s": (3.0,),
    "max_page_size": (2, 7),
    "or_limit": (75,),
    "upload_limit_bytes": (4_000_000,),
    "bad_token_status": (401,),
}
"""Other positions of the switches that take any number or text; one that is not named gets a single other one."""

_NOBODYS = {
    "method_array": "we send a text",
    "default_page_size": "we always name a page",
    "legacy_api": "we use the current one alone",
    "health_token": "an operator's page",
    "healthy": "an operator's page",
    "iiif": "we ask for no such picture",
    "asset.expire.enabled": "nothing of ours expires",
    "image.expire_assets_action": "nothing of ours expires",
    "autotask_delay_s": "no AutoTask is set up",
    "webhook_payload": "test_netx_hints.py",
    **dict.fromkeys(
        (
            "webhook_event_create",
            "webhook_event_update",
            "webhook_event_delete",
            "webhook_event_path",
            "webhook_id_path",
            "webhook_content_type",
            "webhook_signature_header",
            "webhook_signature",
        ),
        "test_netx_hints.py",
    ),
    "oauth_token_lifetime_s": "test_netx_hazards.py",
    "oauth_refresh_rotates": "test_netx_hazards.py",
    "retry_after": "test_netx_hazards.py",
    "bad_token_status": "test_netx_hazards.py",
    "folder_listing_lag": "counts only together with index_lag_s",
    "duplicate_action": "counts only together with duplicate_detection",
    "page_over_max": "counts only together with max_page_size",
}
_WRITING = dict.fromkeys(
    (
        "attribute_write",
        "attribute_values",
        "empty_array",
        "unnamed_attributes",
        "unknown_term",
        "unknown_attribute",
        "value_limit",
        "value_over_limit",
        "remove_last_folder",
    ),
    "speaks of writes",
)
NOT_FOR: dict[str, dict[str, str]] = {
    "reader": {
        **_NOBODYS,
        **_WRITING,
        "index_lag_s": "a lagging index is bridged by the engine's overlap: test_netx_reading.py",
        "download_approval": "refuses originals: test_netx_reading.py",
        "unknown_query_attribute": "a reader queries system fields alone",
        "proxy_delay_s": "test_netx_pictures.py",
    },
    "archive": {
        **_NOBODYS,
        "index_lag_s": "a lagging index is waited for by the engine: test_netx_hazards.py",
        "download_approval": "refuses originals; the engine then relies on checksums: test_netx_hazards.py",
        "export_on_download": "rewrites files on their way out: test_netx_hazards.py",
        "attribute_write": "goes with an option of ours: test_archive_netx.py",
        "value_limit": "cuts values, which the engine finds by reading back",
        "value_over_limit": "counts only together with value_limit",
        "empty_array": "a value that stays or is refused, which the engine finds by reading back and `probe` beforehand",
        "attribute_values": "values that stay, which the engine finds by reading back and `probe` beforehand",
        "unnamed_attributes": "once `probe` has found it nothing is written: test_netx_probe_positions.py",
        "folder_children": "an archive walks no tree",
        "proxy_delay_s": "an archive shows no pictures",
    },
    "attachments": {
        **_NOBODYS,
        **_WRITING,
        "index_lag_s": "views are listed by asset and not by the index",
        "folder_children": "views stand in no folder",
        "unknown_query_attribute": "views are not queried",
        "or_limit": "views are not queried",
        "proxy_delay_s": "views are no pictures",
    },
}
"""Switches whose other positions say nothing to a facet, or change what its suite measures: with the reason or the place
where they are looked at. A switch that is not named is tried."""


def positions_that_touch(facet: str) -> list[tuple[str, Any]]:
    """Name and value, one for each position."""
    known = {it.name for it in SWITCHES}
    assert not set(NOT_FOR[facet]) - known, "a switch was renamed"
    return [(it.name, value) for it in SWITCHES if it.name not in NOT_FOR[facet] for value in _others(it)]


def _others(switch: Switch) -> tuple[Any, ...]:
    if switch.name in OTHER_VALUES:
        return OTHER_VALUES[switch.name]
    if switch.choices:
        return tuple(it for it in switch.choices if it != switch.default)
    match switch.default:
        case bool():
            return (not switch.default,)
        case int() | float():
            return (switch.default + 1,)
        case _:
            return (f"{switch.default}-other",)
