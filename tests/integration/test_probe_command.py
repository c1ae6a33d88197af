"""`dambridge probe` as a person gives it: what it changes, what it leaves, what follows, what it never does unasked."""

from __future__ import annotations

import fcntl
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.calling import Call, calling
from support.commands import dambridge, finish, start, wait_for
from support.pictures import approved, picture
from support.probing import rest_by_their_clocks
from support.world import World, world

FILE = "data/capabilities.json"


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = systems.anew(tmp_path)
    rest_by_their_clocks(monkeypatch, world, ())
    return world


@pytest.fixture
def call(pair: World, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a command with this installation's configuration."""
    return calling(lambda: pair.config, capsys)


def site(pair: World) -> Any:
    """Everything that the NetX site holds: assets, folders, vocabularies."""
    documents = pair.netx.world.documents
    folders = sorted(str(documents.get("folder", it)) for it in documents.stored("folder"))
    return pair.archived(), folders, str(documents.get("site", "site"))


def secrets(pair: World) -> list[str]:
    return [pair.netx.credentials["token"], pair.photoshelter.credentials["password"]]


def test_without_leave_nothing_changes_and_what_was_found_is_kept(pair: World, call: Call) -> None:
    before = site(pair)
    told = {it["what"]: it["told"] for it in call("check", "--offline", "--json").json["findings"]}
    assert "never probed" in told["proof archive"]
    seq = pair.seq("netx")
    said = call("probe", "--account", "archive", "--json")
    assert said.code == 0, said.json["accounts"][0]["waits"]
    (account,) = said.json["accounts"]
    standings = [it["standing"] for it in account["findings"].values()]
    assert standings.count("answered") >= 15
    assert standings.count("not_asked") >= 20
    assert pair.changes("netx", seq) == []
    assert len(pair.journal("netx", seq)) > 20
    assert site(pair) == before
    kept = json.loads((pair.folder / FILE).read_text(encoding="utf-8"))["accounts"]
    assert list(kept) == ["archive"]
    assert {name for name, it in kept["archive"]["findings"].items() if it["standing"] == "answered"} == {
        name for name, it in account["findings"].items() if it["standing"] == "answered"
    }
    told = {it["what"]: it["told"] for it in call("check", "--json").json["findings"]}
    assert "proof archive" not in told
    assert [it["account"] for it in call("status", "--json").json["proof"]] == ["agency"]


def test_writing_needs_a_person_who_has_read_what_it_changes(pair: World, call: Call) -> None:
    seq = pair.seq("netx")
    said = call("probe", "--account", "archive", "--write")
    assert said.code == 2
    assert "Nothing was changed" in said.err
    assert "imports a picture" in said.out
    assert "CANNOT BE TAKEN BACK" in said.out
    assert pair.journal("netx", seq) == []
    assert not (pair.folder / FILE).exists()


def test_with_leave_it_answers_leaves_no_trace_and_writes_the_report(pair: World, call: Call, tmp_path: Path) -> None:
    before, page = site(pair), tmp_path / "report.md"
    said = call("probe", "--account", "archive", "--write", "--yes", "--report", str(page))
    assert said.code == 0, said.out
    assert site(pair) == before
    assert pair.changes("netx", 0)
    text = page.read_text(encoding="utf-8")
    for part in (
        "## archive (netx, 127.0.0.1",
        "image.expire_assets_action",
        "> 1. ",
        "`route.rpc.any`",
        "- rpc (proven)",
    ):
        assert part in text
    kept = (pair.folder / FILE).read_text(encoding="utf-8")
    for secret in secrets(pair):
        assert secret not in text + kept + said.out + said.err
    trail = call("audit", "--json").json
    assert [(it["event"], it["subject"]) for it in trail][-2:] == [
        ("probe.begun", "archive"),
        ("probe.ended", "archive"),
    ]


def test_what_does_not_work_makes_assets_wait_and_an_older_plan_refuse(pair: World, call: Call) -> None:
    pair.netx.simulator.vendor.library.extend({"metadata_map": []})  # type: ignore[attr-defined]  # NetX's own
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Quay"], iptc=approved(title="Boat"))
    plan = call("plan", "--json").json
    assert plan["counts"]["create"] == 1
    pair.switch("netx", attribute_write="absent")
    said = call("probe", "--account", "archive", "--write", "--yes", "--json")
    assert said.code == 3
    (account,) = said.json["accounts"]
    assert account["waits"]["archive.write_attributes"].startswith("intake")
    assert {it["way"] for it in account["routes"]} == {""}
    seq = pair.seq("netx")
    refused = call("apply", plan["plan"], "--json")
    assert refused.code == 3
    assert "what the accounts can do changed" in refused.json["error"]
    assert pair.changes("netx", seq) == []
    ran = call("run", "--json")
    assert ran.code == 3
    assert ran.json["flows"]["intake"]["waiting"] == 1
    assert ran.json["flows"]["intake"]["needs_attention"] == {"capability_unproven": 1}
    pair.switch("netx", attribute_write="update_asset")
    assert call("probe", "--account", "archive", "--write", "--yes", "--json").code == 0
    assert call("run", "--json", "--full").json["flows"]["intake"]["done"] == 1


def test_a_field_that_may_not_be_edited_makes_its_assets_wait_by_name(pair: World, call: Call) -> None:
    described = {"attributes": [{"name": "Credit", "type": "text", "edit_level": 9}]}
    pair.netx.simulator.vendor.library.extend(described)  # type: ignore[attr-defined]  # NetX's own
    said = call("probe", "--account", "archive", "--write", "--yes", "--json")
    assert said.code == 3, said.out
    assert set(said.json["accounts"][0]["waits"]) == {"archive.fields.Credit"}
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Quay"], iptc=approved(title="Boat"))
    assert call("run", "--json").json["flows"]["intake"]["waiting"] == 1
    (item,) = call("runs", "show", "last", "--json").json["items"]
    assert "write the attribute Credit" in json.dumps(item)


def test_a_damaged_file_stops_work_with_a_sentence_until_a_probe_mends_it(pair: World, call: Call) -> None:
    assert call("probe", "--account", "archive", "--json").code == 0
    (pair.folder / FILE).write_text('{"accounts": {"archive"', encoding="utf-8")
    ran = call("run", "--json")
    assert ran.code == 1
    assert "is damaged" in ran.json["error"]
    assert "dambridge probe" in ran.json["error"]
    assert any(not it["ok"] and it["what"] == "proof" for it in call("check", "--json").json["findings"])
    assert call("probe", "--account", "archive", "--json").code == 0
    assert (pair.folder / f"{FILE}.damaged").exists()
    assert call("run", "--json").code == 0


def test_an_account_that_is_none_and_a_token_that_is_none(pair: World, call: Call) -> None:
    said = call("probe", "--account", "nowhere", "--json")
    assert (said.code, "agency, archive" in said.json["error"]) == (2, True)
    pair.overrides = {"accounts": {"archive": {"token": "worthless-canary"}}}
    said = call("probe", "--account", "archive", "--write", "--yes", "--json")
    assert said.code == 1
    (account,) = said.json["accounts"]
    assert "token" in account["stopped"]
    assert "worthless-canary" not in said.out + said.err
    assert {it["standing"] for it in account["findings"].values()} <= {"unanswered", "not_asked", "answered"}


def _half_way(pair: World) -> None:
    """Reading alone takes some sixty calls, everything some three hundred. From here on none is answered soon, so that the
    probe is still at work when it is stopped, however busy the machine."""
    journal = pair.netx.world.journal
    pair.traffic("netx", latency_ms=25)
    wait_for(lambda: len(journal) > 130, seconds=100, about="the probe is at work")
    pair.traffic("netx", latency_ms=2000)


def test_stopped_by_ctrl_c_it_cleans_up_first(pair: World) -> None:
    before = site(pair)
    begun = time.monotonic()
    with start(pair.config, "probe", "--account", "archive", "--write", "--yes") as process:
        _half_way(pair)
        process.send_signal(signal.SIGINT)
        pair.traffic("netx")
        said = finish(process, begun=begun)
    assert said.code == 130, said.err
    assert "cleaned" not in said.err
    assert site(pair) == before


@pytest.mark.hazard("P19")
def test_killed_outright_the_next_one_cleans_up(pair: World) -> None:
    pair.netx.simulator.vendor.library.folder_at("dambridge")  # type: ignore[attr-defined]  # NetX's own
    before = site(pair)
    begun = time.monotonic()
    with start(pair.config, "probe", "--account", "archive", "--write", "--yes") as process:
        _half_way(pair)
        process.kill()
        finish(process, begun=begun)
    assert site(pair) != before
    pair.traffic("netx")
    said = dambridge(pair.config, "probe", "--account", "archive", "--write", "--yes")
    assert said.code == 0, said.out + said.err
    assert said.json["accounts"][0]["left"] == []
    assert site(pair) == before


def test_two_probes_of_one_store_do_not_work_at_once(pair: World, call: Call) -> None:
    folder = pair.config.parent / "data"
    folder.mkdir()
    seq = pair.seq("netx")
    with (folder / "probe.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = call("probe", "--account", "archive", "--write", "--yes", "--json")
        assert other.code == 1
        assert "Another `dambridge probe`" in other.json["error"]
    assert pair.journal("netx", seq) == []
    assert call("probe", "--account", "archive", "--json").code == 0
