"""A rule that would eat the memory on one asset, at every place where a rule can stand: that asset alone waits, and says why.

What can be seen of a rule by itself is refused when it is read (`unit/maps/test_rules_are_bounded.py`); here are those that
are sound for every asset but one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.model.identity import FlowName, RemoteId
from dambridge.model.outcomes import Outcome
from support.pictures import approved, picture
from support.world import World, world

MANY = "q" * 40


def bomb(text: str) -> str:
    """An expression that is small for a text without a q and fills the memory for one with many."""
    for _ in range(3):
        text = f'replace({text}, "q", "{MANY}")'
    return text


BOMB = bomb("headline")
MAP: dict[str, Any] = {
    "owner": "Mara Lind",
    "review_by": "2090-01-01",
    "accounts": {
        "archive": {
            "fields": {
                "city": {"expression": f'headline.startsWith("derive") ? {BOMB} : "Rye"'},
                "source": {"transform": {"write": f'value.startsWith("t") ? {bomb("value")} : value', "read": "value"}},
            }
        }
    },
    "lookups": {
        "campaigns": {
            "file": "campaigns.csv",
            "key": "code",
            "reads": "job_id",
            "fields": {"instructions": "told"},
            "unknown": "wait",
        }
    },
    "classify": [
        {
            "name": "press",
            "when": f'headline.startsWith("classify") && {BOMB} != ""',
            "set": {"usage_terms": "Editorial"},
        }
    ],
    "places": [
        {"when": f'headline.startsWith("route") && {BOMB} != ""', "folder": "Routed"},
        {"when": 'headline.startsWith("name")', "name": "{state}_{counter}"},
    ],
}
HELD = {
    "select": ("quarantined", "expression_error"),
    "classify": ("quarantined", "expression_error"),
    "derive": ("quarantined", "expression_error"),
    "route": ("quarantined", "expression_error"),
    "transform": ("waiting", "value_refused"),
    "table": ("waiting", "lookup_failed"),
    "name": ("quarantined", "path_invalid"),
    "required": ("waiting", "required_field_missing"),
}


def submit(pair: World, number: int, place: str) -> str:
    said = approved(headline=f"{place} {MANY}", source="Riverbend")
    if place == "transform":
        said["source"] = f"t {MANY}"
    if place == "table":
        said["trans_ref"] = "HB-9"
    if place == "required":
        del said["credit"]
    return pair.submit(picture(number), file_name=f"{place}.jpg", containers=["Intake/A"], iptc=said)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(MAP, sort_keys=False), encoding="utf-8")
    (tmp_path / "campaigns.csv").write_text("code,told\nHB-1,Call first\n", encoding="utf-8")
    return tmp_path


async def test_at_every_place_of_a_rule_one_asset_is_held_back_and_the_others_travel(files: Path) -> None:
    select = {"expression": f'headline.startsWith("select") ? {BOMB} != "" : true'}
    with world(files, map_file="map.yaml", flows={"intake": {"select": select}}) as pair:
        ids = {place: RemoteId(submit(pair, number, place)) for number, place in enumerate([*HELD, "good", "fine"])}
        begun = time.monotonic()
        ran = await pair.run()
        assert time.monotonic() - begun < 60
        flow = ran.summary["flows"]["intake"]
        assert (flow["done"], flow["failed"], flow["seen"]) == (2, 0, len(ids)), flow
        assert set(pair.by_source()) == {ids["good"], ids["fine"]}
        async with pair.bridge() as bridge:
            ledger = bridge.common.ledger
            seen = {it.key.remote_id: it for it in await ledger.lingering(FlowName.INTAKE, outcomes=_HELD, limit=99)}
        assert {
            place: (str(seen[asset].outcome), str(seen[asset].reason.code))
            for place, asset in ids.items()
            if place in HELD
        } == HELD
        assert all(seen[ids[it]].waits_for for it in HELD)


async def test_in_enrich_one_field_of_one_asset_is_held_back_and_all_else_is_written(files: Path) -> None:
    with world(files, map_file="map.yaml", flows={"enrich": {"from": "agency", "to": "archive"}}) as pair:
        ids = [submit(pair, number, place) for number, place in enumerate(("good", "fine"))]
        await pair.run()
        pair.edit(ids[0], iptc={"headline": f"derive {MANY}", "caption": "New"})
        pair.edit(ids[1], iptc={"headline": "fine too", "caption": "New"})
        pair.advance(60)
        async with pair.bridge() as bridge:
            ran = await bridge.flows[FlowName.ENRICH].run(command=None, full=False)
        flow = ran.summary["flows"]["enrich"]
        assert (flow["failed"], flow["needs_attention"]) == (0, {"expression_error": 1}), flow
        copies = {source: it["attributes"] for source, (it,) in pair.by_source().items()}
        assert [copies[it]["Caption"] for it in ids] == [["New"], ["New"]]
        assert [copies[it]["City"] for it in ids] == [["Rye"], ["Rye"]], "what stood there stays"


_HELD = (Outcome.WAITING, Outcome.QUARANTINED, Outcome.FAILED)
