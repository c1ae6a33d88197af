"""`probe` finds out exactly the positions that the site's switches stand in, whatever they are, and leaves the site as it was.

The oracle is the switch table alone: what each question must say follows here from positions, by rules of this file.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from dambridge.engine.probing import Examination, examine, suggestions
from dambridge.ports.capabilities import Proof, gathered
from dambridge.ports.probing import Standing
from dambridge.testing.prober_contract import probing_of
from dambridge_sim.netx.switches import SWITCHES
from support.probing import EXPORTS, NetxAccount, netx_account

Positions = Mapping[str, Any]
OPEN = object()
"""The question must stay open in these positions."""

RANGES: Mapping[str, tuple[Any, ...]] = {
    "index_lag_s": (0.0, 0.0, 2.0, 9.0, 40.0),
    "proxy_delay_s": (0.0, 3.0, 20.0),
    "default_page_size": (4, 25, 60, 1000),
    "max_page_size": (20, 90, 10_000),
    "or_limit": (37, 75, 100, 255, 256, 5000),
    "value_limit": (0, 40, 255, 4000),
    "sync_delay_s": (0.0, 0.0, 3.0, 20.0),
    "upload_limit_bytes": (0, 4_000_000),
    "image.expire_assets_action": ("notVisible", "autoTask", "delete"),
    "autotask_delay_s": (0.0, 60.0),
    "webhook_event_create": ("asset.create", "AssetCreated", ""),
    "webhook_event_update": ("asset.update", "AssetUpdated", ""),
    "webhook_event_delete": ("asset.delete", "AssetDeleted", ""),
    "webhook_event_path": ("event", "data.kind"),
    "webhook_id_path": ("asset.id", "data.id"),
    "webhook_content_type": ("application/json", "text/plain"),
    "webhook_signature_header": ("x-netx-signature", "x-hub-signature", ""),
}
"""What a switch that is a number or a text may stand at; words and yes or no come from the table."""

BEYOND = {
    "retry_after": "no call may be made too often on purpose",
    "oauth_token_lifetime_s": "seen when a token runs out, not before",
    "oauth_refresh_rotates": "a refresh token is not spent to find out",
    "maintenance_window": "seen when it begins, and then nothing can be asked",
    "health_token": "not ours to guess",
    "healthy": "told to whoever has the token of the health page",
}
"""Switches that no question answers, and why."""
UNTOLD = {
    "file_redirects": "a file is followed to where it lies, so that every answer is the same either way",
    "iiif": "pictures come from the file addresses alone",
    "autotask_delay_s": "no AutoTask is set off on purpose; what one does is seen as an attribute profile",
    "asset.expire.enabled": "an asset's expiration is neither shown nor set by a call",
}
"""Switches that no question tells of and that must not change an answer either, whatever they stand at."""
LEFT_TO_THE_VENDOR: Mapping[str, tuple[str, ...]] = {
    "rate_limits": ("upload_limit_bytes",),
    "expiry_action": ("image.expire_assets_action",),
    "webhooks": (
        "webhook_event_create",
        "webhook_event_update",
        "webhook_event_delete",
        "webhook_event_path",
        "webhook_payload",
        "webhook_id_path",
        "webhook_content_type",
        "webhook_signature_header",
        "webhook_signature",
    ),
}
"""Questions that stay open whatever these stand at, each with what to ask: nothing large is sent and no webhook set up."""


def _at_most(limit: int, longest: int) -> Any:
    return limit if limit < longest else {"at_least": longest}


def _written(p: Positions, value: Any) -> Any:
    return OPEN if p["attribute_write"] == "absent" else value


def _value_limit(p: Positions) -> Any:
    none: dict[str, Any] = {"limit": 0, "over": None}
    return _written(p, {"limit": p["value_limit"], "over": p["value_over_limit"]} if p["value_limit"] else none)


def _max_page_size(p: Positions) -> Any:
    """Where a page that is too large is refused, its size alone shows the limit and no long list is needed."""
    refused = p["page_over_max"] == "error" and p["max_page_size"] < 10_000
    return p["max_page_size"] if refused else _at_most(p["max_page_size"], VOCABULARY)


def _page_over_max(p: Positions) -> Any:
    met = p["max_page_size"] < (10_000 if p["page_over_max"] == "error" else VOCABULARY)
    return p["page_over_max"] if met else OPEN


def _duplicates(p: Positions) -> Any:
    looked_for = p["duplicate_detection"] and p["metadata.checksumEnabled"]
    return p["duplicate_action"] if looked_for else "second_asset"


IMPORT_REPLIES = {
    "id": ["id"],
    "id_name": ["id", "name"],
    "asset": ["creationDate", "file", "fileName", "id", "importDate", "modDate", "name"],
}
EMPTY_LISTS = {"clear": "clears", "ignore": "ignored", "error": "error"}
VOCABULARY = 249  # terms of the longest list on the site
ORACLE: Mapping[str, tuple[tuple[str, ...], Callable[[Positions], Any]]] = {
    "bad_token": (("bad_token_status",), lambda p: {"status": p["bad_token_status"], "code": 10000}),
    "method_array": (("method_array",), lambda p: p["method_array"]),
    "legacy_api": (("legacy_api",), lambda p: p["legacy_api"]),
    "missing_folder_path": (("missing_folder_path",), lambda p: p["missing_folder_path"]),
    "unknown_object": (("unknown_object",), lambda p: p["unknown_object"]),
    "get_assets_missing": (("get_assets_missing",), lambda p: p["get_assets_missing"]),
    "unknown_query_attribute": (("unknown_query_attribute",), lambda p: p["unknown_query_attribute"]),
    "default_page_size": (
        ("default_page_size",),
        lambda p: _at_most(min(p["default_page_size"], p["max_page_size"]), VOCABULARY),
    ),
    "max_page_size": (("max_page_size",), _max_page_size),
    "page_over_max": (("page_over_max",), _page_over_max),
    "clause_binding": (("clause_binding",), lambda p: p["clause_binding"]),
    "exact_case": (("exact_case",), lambda p: p["exact_case"]),
    "empty_attributes": (("attributes_shown",), lambda p: p["attributes_shown"]),
    "import_reply": (("import_reply",), lambda p: IMPORT_REPLIES[p["import_reply"]]),
    "or_limit": (("or_limit",), lambda p: _at_most(p["or_limit"], 256)),
    "checksums": (("metadata.checksumEnabled",), lambda p: p["metadata.checksumEnabled"]),
    "import_checksum": ((), lambda p: "md5" if p["metadata.checksumEnabled"] else "none"),
    "folder_children": (("folder_children",), lambda p: p["folder_children"]),
    "original_download": (("download_approval",), lambda p: "refused" if p["download_approval"] else "served"),
    "range_requests": (("range_requests",), lambda p: OPEN if p["download_approval"] else p["range_requests"]),
    "token_on_file_urls": (("token_on_file_urls",), lambda p: p["token_on_file_urls"]),
    "public_files": (("public_files",), lambda p: p["public_files"]),
    "duplicates": (("duplicate_detection", "duplicate_action"), _duplicates),
    "same_names": (("duplicate_file_names",), lambda p: p["duplicate_file_names"]),
    "attribute_write": (
        ("attribute_write",),
        lambda p: "separate_method" if p["attribute_write"] == "set_method" else p["attribute_write"],
    ),
    "empty_clears": (("empty_array",), lambda p: _written(p, EMPTY_LISTS[p["empty_array"]])),
    "replace_or_append": (("attribute_values",), lambda p: _written(p, p["attribute_values"])),
    "unnamed_attributes": (("unnamed_attributes",), lambda p: _written(p, p["unnamed_attributes"])),
    "unknown_term": (("unknown_term",), lambda p: _written(p, p["unknown_term"])),
    "unknown_attribute": (("unknown_attribute",), lambda p: _written(p, p["unknown_attribute"])),
    "value_limit": (("value_limit", "value_over_limit"), _value_limit),
    "modified_on_attributes": (
        ("modified_moves_on_attributes",),
        lambda p: _written(p, p["modified_moves_on_attributes"]),
    ),
    "modified_on_membership": (("modified_moves_on_membership",), lambda p: p["modified_moves_on_membership"]),
    "remove_last_folder": (("remove_last_folder",), lambda p: p["remove_last_folder"]),
    "export_on_download": (
        ("export_on_download",),
        lambda p: OPEN if p["download_approval"] else p["export_on_download"],
    ),
    "metadata_map": ((), lambda p: {it["field"]: [it["attribute"]] for it in EXPORTS}),
    "user_level": ((), lambda p: 7),
    "rename": ((), lambda p: True),
    "take_out": ((), lambda p: True),
    "delete": ((), lambda p: True),
    "versions": ((), lambda p: {"version": True, "reimport": True}),
    "views": ((), lambda p: True),
}
"""Per question: the switches that it tells of, and what it must find."""

LAGS: Mapping[str, tuple[tuple[str, ...], Callable[[Positions], float]]] = {
    "search_lag": (("index_lag_s",), lambda p: p["index_lag_s"]),
    "listing_lag": (("folder_listing_lag",), lambda p: p["index_lag_s"] if p["folder_listing_lag"] else 0.0),
    "read_lag": ((), lambda p: 0.0),
    "proxies": (("proxy_delay_s",), lambda p: p["proxy_delay_s"]),
    "sync_lag": (("sync_delay_s",), lambda p: p["sync_delay_s"]),
}


def positions(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for it in SWITCHES:
        if it.name in BEYOND:
            continue
        choices = RANGES.get(it.name) or it.choices or ((False, True) if isinstance(it.default, bool) else ())
        assert choices, f"{it.name}: say in RANGES what it may stand at"
        found[it.name] = dice.choice(choices)
    return found


def test_every_switch_is_told_of_by_a_question_or_is_beyond_one() -> None:
    told = [name for names, _ in [*ORACLE.values(), *LAGS.values()] for name in names]
    left = [name for names in LEFT_TO_THE_VENDOR.values() for name in names]
    every = [*told, *left, *UNTOLD, *BEYOND]
    assert len(every) == len(set(every)), "no switch is told of twice or both told of and beyond"
    assert {it.name for it in SWITCHES} == set(every)
    assert len(told) >= 38


async def _examined(account: NetxAccount, at: Positions, *, write: bool = True) -> Examination:
    account.served.world.switches.set(at)
    account.served.world.clock.advance(timedelta(minutes=1))
    found = await examine(probing_of(account.prober(), clock=account), write=write)
    assert not found.stopped
    return found


def _differences(found: Examination, at: Positions) -> dict[str, Any]:
    """The questions that were asked and say something else than the positions do."""
    wrong: dict[str, Any] = {}
    for name, (_, expected) in ORACLE.items():
        finding, wanted = found.findings[name], expected(at)
        if finding.standing is Standing.NOT_ASKED:
            continue
        if wanted is OPEN:
            good = finding.standing is Standing.UNANSWERED
        else:
            good = finding.standing is Standing.ANSWERED and finding.value == wanted
        if not good:
            wrong[name] = (wanted if wanted is not OPEN else "open", finding.standing, finding.value, finding.told)
    for name in LEFT_TO_THE_VENDOR:
        if found.findings[name].standing is not Standing.UNANSWERED or not found.findings[name].ask_vendor:
            wrong[name] = found.findings[name]
    for name, (_, lag) in LAGS.items():
        if found.findings[name].standing is Standing.NOT_ASKED:
            continue
        seconds, wanted = (found.findings[name].value or {}).get("seconds", -1.0), lag(at)
        if not wanted <= seconds <= wanted * 1.6 + 0.6:
            wrong[name] = (wanted, seconds, found.findings[name].told)
    return wrong


def _trace_is_named(before: Any, account: NetxAccount, found: Examination, at: Positions) -> None:
    """Nothing is left but, where the site makes terms of its own accord, the one term that is named."""
    if at["unknown_term"] == "create" and at["attribute_write"] != "absent":
        assert len(found.left) == 1
        assert "gained the term" in found.left[0]
        assert account.state()[:2] == before[:2]
        return
    assert found.left == []
    assert account.state() == before


async def _holds(seed: int) -> dict[str, Any]:
    at = positions(random.Random(seed))
    async with netx_account() as account:
        before = account.state()
        await _reading_tells_and_changes_nothing(account, at)
        found = await _examined(account, at)
        assert all(it.standing is not Standing.NOT_ASKED for it in found.findings.values())
        wrong = _differences(found, at)
        assert not wrong, (seed, wrong)
        _trace_is_named(before, account, found, at)
        _configuration_follows(found, at)
    return at


async def _reading_tells_and_changes_nothing(account: NetxAccount, at: Positions) -> None:
    """Without leave to write: what reading shows is right as well, and nothing is sent that changes anything."""
    before, changes = account.state(), account.changes()
    found = await _examined(account, at, write=False)
    assert (_differences(found, at), found.left, found.scratch) == ({}, [], "")
    assert account.changes() == changes
    assert account.state() == before
    answered = [it.question for it in found.findings.values() if it.standing is Standing.ANSWERED]
    assert len(set(answered) & set(ORACLE)) >= 15


def _configuration_follows(found: Examination, at: Positions) -> None:
    """What is suggested, and the cells that planning rests on, follow from the positions too."""
    findings = list(found.findings.values())
    suggested, cells = suggestions(findings), gathered(it.cells for it in findings)
    wanted = {
        "update_asset": {"write_encoding": "update_asset"},
        "separate_method": {"write_encoding": "separate_method", "write_method": "updateAssetAttributes"},
        "set_method": {"write_encoding": "separate_method", "write_method": "setAssetAttributes"},
        "absent": {},
    }
    assert {k: v for k, v in suggested.items() if k.startswith("write_")} == wanted[at["attribute_write"]]
    assert suggested.get("page_size") == (at["max_page_size"] if at["max_page_size"] < 200 else None)
    works = at["attribute_write"] != "absent" and at["unnamed_attributes"] == "keep"
    assert cells["route.rpc.any"] is (Proof.PROVEN if works else Proof.ABSENT)
    maps = {it["attribute"]: it["field"] for it in EXPORTS if it["attribute"] != "Name"}
    assert suggested.get("embedded_map") == maps
    assert {name for name in cells if name.startswith("route.embedded.image.")} == {
        f"route.embedded.image.{it}" for it in maps
    }
    assert cells["archive.checksum"] is (Proof.PROVEN if at["metadata.checksumEnabled"] else Proof.ABSENT)
    assert cells["reader.originals.image"] is (Proof.ABSENT if at["download_approval"] else Proof.PROVEN)
    for cell in ("archive.deliver.image", "archive.discard", "archive.versions", "archive.take_out", "archive.rename"):
        assert cells[cell] is Proof.PROVEN, cell


EACH = 3
"""Throws of the dice in each of eight batches: enough for every position of every switch, as is tested below."""


@pytest.mark.parametrize("batch", range(8))
@pytest.mark.timeout(300)
async def test_the_findings_are_the_positions(batch: int) -> None:
    met = [await _holds(batch * 100 + it) for it in range(EACH)]
    assert len({str(it) for it in met}) == len(met) == EACH


@pytest.mark.long
@pytest.mark.parametrize("batch", range(40))
@pytest.mark.timeout(900)
async def test_the_findings_are_the_positions_many_times(batch: int) -> None:
    for it in range(10):
        await _holds(10_000 + batch * 100 + it)


def test_the_dice_fall_on_every_position_of_every_switch() -> None:
    met: dict[str, set[Any]] = {}
    for batch in range(8):
        for it in range(EACH):
            for name, position in positions(random.Random(batch * 100 + it)).items():
                met.setdefault(name, set()).add(position)
    wanted = {
        it.name: set(RANGES.get(it.name) or it.choices or (False, True)) for it in SWITCHES if it.name not in BEYOND
    }
    assert met == wanted
    assert len(met) >= 50


async def test_a_switch_moved_behind_the_oracle_is_noticed() -> None:
    """The comparison can fail: positions that are not the site's are told apart, question by question."""
    base = {it.name: it.default for it in SWITCHES if it.name not in BEYOND}
    async with netx_account() as account:
        found = await _examined(account, base)
    assert _differences(found, base) == {}
    moved = {
        **{name: not value for name, value in base.items() if isinstance(value, bool)},
        **{it.name: it.choices[1] for it in SWITCHES if it.choices and it.name in base},
        **{name: choices[-2] for name, choices in RANGES.items()},
    }
    wrong = _differences(found, moved)
    silent = set(ORACLE) - set(wrong) - {name for name, (names, _) in ORACLE.items() if not names}
    resting = {"range_requests", "export_on_download", "duplicates"}  # each rests on a second switch as well
    assert silent <= resting, silent
    assert {"search_lag", "listing_lag", "proxies", "sync_lag"} <= set(wrong)
