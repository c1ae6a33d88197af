"""The commands as a person gives them, in this process, beside both simulators: what `check` finds, what each answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import wiring
from dambridge.connectors.kit import Http
from support.calling import Call, calling
from support.pictures import approved, picture
from support.world import World, world


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        yield it


@pytest.fixture
def call(pair: World, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a command with this installation's configuration; `config` names another."""
    return calling(lambda: pair.config, capsys)


def library(pair: World) -> list[str]:
    """One that may travel under a name that looks like mark-up, one without its credit, one draft."""
    return [
        pair.submit(picture(1), file_name="a [red].jpg", containers=["Intake/Quay"], iptc=approved(title="Boat")),
        pair.submit(picture(2), file_name="b.jpg", containers=["Intake/Quay"], iptc={"edit_status": "approved"}),
        pair.submit(picture(3), file_name="c.jpg", containers=["Intake/Quay"], iptc={"credit": "R"}),
    ]


def misconfigured(pair: World, **overrides: Any) -> Path:
    return replace(pair, folder=pair.folder / "other", overrides=overrides).config


def test_check_says_that_all_is_well(pair: World, call: Call) -> None:
    library(pair)
    said = call("check", "--json")
    assert said.code == 0, said.out
    assert said.json["ok"]
    whats = [it["what"] for it in said.json["findings"]]
    assert whats[-5:] == ["account agency", "account archive", "map of archive", "linter", "selection"]
    assert "All is well." in call("check").out
    assert (pair.folder / "data").stat().st_mode & 0o077 == 0


@pytest.mark.hazard("P49")
def test_check_finds_a_wrong_key_of_each_account_and_quotes_none(pair: World, call: Call) -> None:
    wrong = {"agency": {"password": "canary-one"}, "archive": {"token": "canary-two"}}
    said = call("check", "--json", config=misconfigured(pair, accounts=wrong))
    bad = {it["what"]: it for it in said.json["findings"] if not it["ok"]}
    assert said.code == 2
    assert set(bad) == {"account agency", "account archive"}
    assert all(it["remedy"] for it in bad.values())
    assert "canary" not in said.out + said.err


def test_one_wrong_key_hides_nothing_of_the_other_account(pair: World, call: Call) -> None:
    maps = {"archive": {"credit": "Credit Lyne", "city": "Citty"}}
    wrong = {"agency": {"api_key": "wrong"}}
    said = call("check", "--json", config=misconfigured(pair, accounts=wrong, maps=maps))
    bad = [it for it in said.json["findings"] if not it["ok"]]
    assert [it["what"] for it in bad] == ["account agency", "map of archive", "map of archive"]
    assert {"maps: {archive: {city: City}}", "maps: {archive: {credit: Credit}}"} <= {
        it["remedy"].partition("Then: ")[2] for it in bad[1:]
    }


def test_check_says_which_galleries_there_are_when_none_fits(pair: World, call: Call) -> None:
    library(pair)
    flows = {"intake": {"select": {"galleries": ["Intak/**"]}}}
    said = call("check", "--json", config=misconfigured(pair, flows=flows))
    assert said.code == 2
    assert "Intake/Quay" in said.json["findings"][-1]["told"]


def test_check_says_when_a_system_cannot_be_reached(pair: World, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_rest(_seconds: float) -> None: ...

    monkeypatch.setattr(wiring, "Http", partial(Http, sleep=no_rest))
    config = misconfigured(pair, accounts={"archive": {"base_url": "http://127.0.0.1:9"}})
    said = call("check", "--json", config=config)
    assert next(it["what"] for it in said.json["findings"] if not it["ok"]) == "account archive"
    assert "Traceback" not in said.err
    assert call("check", "--offline", config=config).code == 0


def test_a_day_at_the_command_line(pair: World, call: Call) -> None:
    arriving, waiting, _ = library(pair)
    assert call("runs", "show").code == 2, "no run yet"
    planned = call("plan", "--json", "--out", str(pair.folder / "plan.jsonl"))
    assert (planned.code, planned.json["counts"]) == (0, {"create": 1, "skipped": 1, "waiting": 1})
    assert [it["plan"] for it in call("plans", "--json").json] == [planned.json["plan"]]
    applied = call("apply", str(pair.folder / "plan.jsonl"), "--by", "Eva", "--json")
    assert (applied.code, applied.json["flows"]["intake"]["done"]) == (3, 1)
    again = call("run", "--json")
    assert (again.code, again.json["flows"]["intake"]["unchanged"]) == (3, 1)
    assert [it["run"] for it in call("runs", "--json").json] == ["run-000002", "run-000001"]

    shown = call("runs", "show", "last", "--outcome", "waiting", "--json").json
    assert [(it["file_name"], it["id"], it["reason"]["code"]) for it in shown["items"]] == [
        ("b.jpg", waiting, "required_field_missing")
    ]
    assert shown["items"][0]["next_move"]
    story = call("show", arriving, "--json").json
    assert next(it["id"] for it in story["copies"]) == arriving
    assert [it["event"] for it in story["story"]] == ["asset.create"]
    assert call("show", story["link"], "--json").json == story
    assert call("show", f"agency:{arriving}", "--json").json == story

    status = call("status", "--json")
    assert (status.code, status.json["needs_attention"]) == (3, {"required_field_missing": 1})
    assert call("verify", "--json").json["links"] == {"checked": 1, "differ": []}
    events = [(it["event"], it["actor"]) for it in call("audit", "--json").json]
    assert ("plan.approved", "Eva") in events


def test_people_get_tables_in_which_names_are_text(pair: World, call: Call) -> None:
    library(pair)
    told = call("plan").out
    assert "a [red].jpg" in told
    assert "{year" not in told
    assert "dambridge apply pl" in told
    assert call("run").code == 3
    for command in (["status"], ["runs"], ["runs", "show"], ["plans"], ["verify"], ["audit"]):
        said = call(*command)
        assert said.code in {0, 3}, said
        assert said.out.strip()
        assert said.err == ""
    assert "Fill it in at its source" in call("status").out.replace("\n", " ").replace("│", "")


def test_what_there_is_not_is_wrong_use(pair: World, call: Call) -> None:
    (pair.folder / "cut.jsonl").write_text("{}\n", encoding="utf-8")
    for arguments in (
        ["apply", "pl0"],
        ["apply", str(pair.folder / "cut.jsonl")],
        ["runs", "show", "run-000009"],
        ["show", "nobody"],
        ["show", "lnnobody"],
        ["plan", "--flow", "publish"],
        ["runs", "pause", "--flow", "publish"],
    ):
        said = call(*arguments, "--json")
        assert (said.code, set(said.json)) == (2, {"error", "exit_code"}), arguments


def test_a_pause_holds_the_flow_and_names_who_paused(pair: World, call: Call) -> None:
    library(pair)
    assert call("runs", "pause", "--by", "Eva", "--json").json == {"flows": ["intake"], "paused": True, "by": "Eva"}
    held = call("run", "--json")
    assert (held.code, held.json["flows"]["intake"]["done"]) == (3, 0)
    assert call("status", "--json").json["flows"]["intake"]["paused"]
    call("runs", "resume", "--by", "Ida")
    assert call("run", "--json").json["flows"]["intake"]["done"] == 1
    trail = call("audit", "--subject", "intake", "--json").json
    assert [(it["event"], it["actor"]) for it in trail] == [("flow.paused", "Eva"), ("flow.resumed", "Ida")]


def test_an_order_that_could_not_begin_is_not_carried_out_later(pair: World, call: Call) -> None:
    """Another process holds the installation and takes no orders: the command fails now, and for good."""
    from dambridge.storage import lock_worker

    library(pair)
    call("check")
    lock = lock_worker(str(pair.folder / "data"))
    refused = call("run", "--json")
    lock.release()
    assert (refused.code, "Another dambridge" in refused.json["error"]) == (1, True)
    assert call("run", "--json").json["run_id"] == "run-000001"
    assert len(call("runs", "--json").json) == 1


def test_what_is_done_is_logged_on_standard_error_when_asked(pair: World, call: Call) -> None:
    library(pair)
    said = call("--log-json", "--verbose", "run", "--json")
    assert said.json["run_id"] == "run-000001"
    logged = [json.loads(it) for it in said.err.splitlines()]
    assert "command.begun" in {it["event"] for it in logged}
    assert call("run", "--json").err == ""
