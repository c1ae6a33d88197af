"""Options of flow enrich: what cannot be used is named with its remedy, and what nobody named is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.bootstrap.enriching import build_enrich, enriched
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.bootstrap.settings import Settings
from dambridge.policy.enrich import BothChanged

ACCOUNTS: dict[str, Any] = {
    "agency": {"system": "photoshelter", "api_key": "k", "email": "a@b.c", "password": "p", "org_id": "O1"},
    "archive": {"system": "netx", "base_url": "https://netx.example", "token": "t"},
}
ENRICH: dict[str, Any] = {"from": "agency", "to": "archive"}


def loaded(folder: Path, enrich: dict[str, Any], **more: Any) -> Settings:
    flows = {"enrich": {**ENRICH, **enrich}, **more.pop("flows", {})}
    file = folder / "dambridge.yaml"
    file.write_text(yaml.safe_dump({"accounts": ACCOUNTS, "flows": flows, **more}), encoding="utf-8")
    return load_settings(file)


def mistakes(folder: Path, enrich: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(ConfigurationWrong) as wrong:
        loaded(folder, enrich, **more)
    return [f"{it.where}: {it.what}" for it in wrong.value.mistakes]


def test_every_field_of_the_map_is_enriched_but_what_others_keep_in_step(tmp_path: Path) -> None:
    rights = {"between": ["agency", "archive"], "groups": {"credit": {"fields": ["credit"]}}}
    settings = loaded(tmp_path, {}, flows={"rights": rights, "intake": ENRICH})
    maps = build_maps(settings)
    fields = enriched(settings, maps)
    assert "credit" not in fields
    assert {"headline", "keywords", "city"} <= set(fields)
    assert len(fields) >= 20
    assert set(fields) | {"credit"} <= build_policy(settings).mirrored, "intake leaves them to these flows"
    assert build_enrich(settings, maps).both_changed is BothChanged.ASK


def test_without_the_flow_intake_keeps_its_fields(tmp_path: Path) -> None:
    file = tmp_path / "dambridge.yaml"
    file.write_text(yaml.safe_dump({"accounts": ACCOUNTS, "flows": {"intake": ENRICH}}), encoding="utf-8")
    assert build_policy(load_settings(file)).mirrored == frozenset()


@pytest.mark.parametrize(
    ("enrich", "said"),
    [
        ({"from": "agensy"}, "There is no account `agensy`"),
        ({"to": "agency"}, "is an account of photoshelter"),
        ({"fields": ["headlin"]}, "There is no canonical field `headlin`"),
        ({"facets": ["custom:campaign"]}, "`custom:campaign` has no home in `archive`"),
        ({"work_list": {"attribute": "Work List"}}, "no facet is named"),
        ({"facets": ["city"], "work_list": {"attribute": "City"}}, "is the home of `city`"),
        ({"papers": {"galleries": ["Papers"], "pattern": "("}}, "The pattern cannot be used"),
        ({"papers": {"galleries": ["Papers"], "pattern": "<J-#"}}, "one part in <…>"),
        ({"papers": {"galleries": ["Papers"]}}, "This must be given"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, enrich: dict[str, Any], said: str) -> None:
    assert any(said in it for it in mistakes(tmp_path, enrich))


def test_a_field_that_a_two_way_flow_keeps_cannot_be_enriched_too(tmp_path: Path) -> None:
    rights = {"between": ["agency", "archive"], "groups": {"credit": {"fields": ["credit"]}}}
    said = mistakes(tmp_path, {"fields": ["credit"]}, flows={"rights": rights})
    assert any("keeps `credit` in step too" in it for it in said)
