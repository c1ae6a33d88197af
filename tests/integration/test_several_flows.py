"""Two flows of two tenants in one process, over accounts of their own: what befalls one is told, and is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import Settings, flows, wiring
from dambridge.engine.flows import Flow
from dambridge.engine.mirroring.flow import MirrorFlow
from dambridge.engine.parts import Parts
from dambridge.engine.sites import Site
from dambridge.engine.taking_in.flow import IntakeFlow
from dambridge.model.identity import AccountId, FlowName
from dambridge.ports.errors import CannotGoOn
from support.calling import Call, calling
from support.pictures import approved, picture
from support.world import World, world

OURS, THEIRS = FlowName.INTAKE, FlowName.ENRICH
"""The second tenant's intake stands in the place of a flow that comes later; intake's own is taken."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        base = it._base()["accounts"]
        it.overrides = {
            "accounts": {
                "agency2": base["agency"],
                "archive2": {**base["archive"], "staging_root": "theirs/arrivals"},
            }
        }
        yield it


@pytest.fixture
def two_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an intake of the second tenant's beside the first one's."""
    real = flows.make_flows

    def both(
        settings: Settings, common: flows.Common, sites: Mapping[AccountId, Site], stack: AsyncExitStack
    ) -> dict[FlowName, Flow]:
        made = real(settings, common, sites, stack)
        ours = made[OURS].parts
        assert isinstance(ours, Parts)
        source, target = AccountId("agency2"), AccountId("archive2")
        theirs = Parts(
            **common.given(),
            flow=THEIRS,
            source=sites[source],
            target=sites[target],
            inspector=ours.inspector,
            embedder=ours.embedder,
            policy=replace(ours.policy, source=source, target=target, folder="Theirs/{gallery}"),
            programs=ours.programs,
        )
        return {**made, THEIRS: IntakeFlow(theirs)}

    monkeypatch.setattr(wiring, "make_flows", both)


@pytest.fixture
def call(pair: World, capsys: pytest.CaptureFixture[str]) -> Call:
    return calling(lambda: pair.config, capsys)


def library(pair: World, count: int = 3) -> list[str]:
    return [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Quay"], iptc=approved(title=f"T{it}"))
        for it in range(count)
    ]


@pytest.mark.usefixtures("two_tenants")
def test_each_flow_has_its_own_runs_links_and_sums(pair: World, call: Call) -> None:
    assets = library(pair)
    said = call("run", "--json")
    assert said.code == 0, said.err
    assert {name: (it["seen"], it["done"]) for name, it in said.json["flows"].items()} == {
        "intake": (3, 3),
        "enrich": (3, 3),
    }
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 2)
    runs = call("runs", "--json").json
    assert {it["flow"]: it["run"] for it in runs} == {name: it["run_id"] for name, it in said.json["flows"].items()}
    assert [it["state"] for it in runs] == ["ended", "ended"]
    again = call("run", "--full", "--json")
    assert [(it["done"], it["unchanged"]) for it in again.json["flows"].values()] == [(0, 3), (0, 3)]
    assert call("verify", "--json").json["runs_that_do_not_add_up"] == []


@pytest.mark.hazard("P06")
@pytest.mark.usefixtures("two_tenants")
@pytest.mark.parametrize("account", ["agency", "archive", "agency2", "archive2"])
def test_one_tenants_wrong_key_stops_nothing_of_the_others(pair: World, call: Call, account: str) -> None:
    assets = library(pair)
    sound = pair.overrides
    wrong = {"password": "wrong"} if account.startswith("agency") else {"token": "wrong"}
    accounts = {**sound["accounts"]}
    accounts[account] = {**accounts.get(account, {}), **wrong}
    pair.overrides = {"accounts": accounts}
    said = call("run", "--json")
    ill, well = ("enrich", "intake") if account.endswith("2") else ("intake", "enrich")
    assert said.code == 1
    assert set(said.json["flows"]) == {"intake", "enrich"}
    assert said.json["flows"][well]["done"] == 3
    assert said.json["flows"][well]["stopped"] == []
    assert said.json["flows"][ill]["done"] == 0
    assert said.json["flows"][ill]["stopped"]
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 1)
    pair.overrides = sound
    healed = call("run", "--json")
    assert (healed.code, healed.json["flows"][ill]["done"], healed.json["flows"][well]["done"]) == (0, 3, 0)
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 2)


def two_way(pair: World) -> None:
    between = {"between": ["agency", "archive"], "groups": {"credit": {"fields": ["credit"]}}}
    pair.overrides = {**pair.overrides, "flows": {"rights": between}}


def test_a_two_way_flow_that_cannot_go_on_lets_intake_do_its_work(
    pair: World, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cannot(_flow: MirrorFlow, **_: Any) -> None:
        raise CannotGoOn("There is no way on.")

    monkeypatch.setattr(MirrorFlow, "run", cannot)
    two_way(pair)
    (asset, *_) = library(pair)
    said = call("run", "--json")
    assert said.code == 1
    assert said.json["flows"]["intake"]["done"] == 3
    assert said.json["flows"]["rights"]["stopped"] == ["There is no way on."]
    assert said.json["run_id"] == said.json["flows"]["intake"]["run_id"] == "run-000001"
    assert "There is no way on." in call("run").err
    only = call("run", "--flow", "intake", "--json")
    assert (only.code, set(only.json["flows"])) == (0, {"intake"})
    assert call("run", "--flow", "rights").code == 1

    (copy,) = pair.by_source()[asset]
    assert copy["attributes"]["Credit"] == [approved()["credit"]], "a mirrored field comes with the copy"
    pair.edit(asset, iptc={**approved(title="New"), "credit": "Somebody else"})
    pair.advance(60)
    assert call("run", "--flow", "intake", "--json").json["flows"]["intake"]["done"] == 1
    (copy,) = pair.by_source()[asset]
    assert copy["attributes"]["Title"] == ["New"]
    assert copy["attributes"]["Credit"] == [approved()["credit"]], "and is the other flow's from then on"
    pair.edit(asset, iptc={**approved(title="New"), "credit": "A third"})
    pair.advance(60)
    downloads = len([it for it in pair.journal("photoshelter") if "download" in it["path"]])
    settled = call("run", "--flow", "intake", "--json").json["flows"]["intake"]
    assert (settled["done"], settled["unchanged"], settled["bytes"]) == (0, 3, 0)
    assert len([it for it in pair.journal("photoshelter") if "download" in it["path"]]) == downloads


def test_commands_speak_of_the_flows_that_there_are(pair: World, call: Call) -> None:
    two_way(pair)
    library(pair)
    wrong = call("run", "--flow", "rihgts", "--json")
    assert wrong.code == 2
    assert "Did you mean `rights`?" in wrong.json["error"]
    assert "not configured here" in call("runs", "pause", "--flow", "lifecycle", "--json").json["error"]
    which = call("plan", "--json")
    assert which.code == 2
    assert "--flow NAME" in which.json["error"]
    assert call("plan", "--flow", "intake", "--json").json["flow"] == "intake"
    assert call("runs", "pause", "--by", "Eva", "--json").json["flows"] == ["intake", "rights"]
    assert call("runs", "resume", "--flow", "intake", "--json").json["flows"] == ["intake"]
    status = call("status", "--json").json
    assert {name: it["paused"] for name, it in status["flows"].items()} == {"intake": False, "rights": True}
    assert [it for it in call("status").out.splitlines() if "rights" in it and "held by a person" in it]
    assert call("runs", "--flow", "intake", "--json").json == []
    assert call("runs", "--flow", "nothing", "--json").code == 2


def test_check_looks_at_every_account_and_at_the_maps_of_those_that_a_flow_writes(pair: World, call: Call) -> None:
    library(pair)
    accounts = {**pair.overrides["accounts"]}
    accounts["archive2"] = {**accounts["archive2"], "token": "wrong"}
    pair.overrides = {"accounts": accounts}
    said = call("check", "--json")
    whats = {it["what"]: it["ok"] for it in said.json["findings"]}
    assert said.code == 2
    assert {it for it, good in whats.items() if not good} == {"account archive2"}
    assert {"account agency", "account agency2", "account archive", "map of archive"} <= set(whats)
    assert "map of archive2" not in whats
