"""From proof to deliveries: what `probe --write` finds decides the routes, with no route named in the configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dambridge.bootstrap import load_settings
from dambridge.bootstrap.routes import known_accounts
from dambridge.bootstrap.wiring import connect, open_tools
from dambridge.cli import main
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of
from dambridge_sim.netx.switches import SWITCHES
from support.data_sync import pull
from support.pictures import approved, picture
from support.probing import rest_by_their_clocks
from support.world import World, settled, world

Call = Callable[..., Any]
FIELDS = ["title", "description", "keywords", "credit"]
WANTED = {"Title": ["Boat"], "Caption": ["A boat at the quay"], "Keywords": ["harbour"], "Credit": ["Agency"]}
LIVELY = [
    "method_array", "page_over_max", "clause_binding", "exact_case", "unknown_query_attribute", "attribute_values",
    "empty_array", "unknown_attribute", "modified_moves_on_attributes", "modified_moves_on_membership",
    "missing_folder_path", "folder_children", "remove_last_folder", "get_assets_missing", "unknown_object",
    "metadata.checksumEnabled", "duplicate_file_names", "import_reply", "file_redirects", "range_requests",
]  # fmt: skip
"""Switches that a site may have in any position and that decide no route."""
ROUTES = {"write_route", "write_encoding", "write_method", "version_route", "embedded_map"}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), flows={"intake": {"managed": FIELDS}}) as it:
        yield it


@pytest.fixture
def meanwhile() -> list[Callable[[], object]]:
    """What happens whenever a probe rests."""
    return []


@pytest.fixture
def pair(
    systems: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: list[Callable[[], object]]
) -> World:
    world = systems.anew(tmp_path)
    rest_by_their_clocks(monkeypatch, world, meanwhile)
    return world


@pytest.fixture
def call(pair: World, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> Any:
        with pytest.raises(SystemExit):
            main(["--config", str(pair.config), *arguments, "--json"])
        return json.loads(capsys.readouterr().out)

    return run


def at_random(pair: World, seed: int, **fixed: Any) -> None:
    """Positions by chance of what does not decide the route, and the given ones of what does."""
    dice = Random(seed)
    known = {it.name: it for it in SWITCHES}
    found: dict[str, Any] = {"max_page_size": dice.choice([90, 10_000])}
    for name in LIVELY:
        found[name] = dice.choice(known[name].choices or (True, False))
    pair.switch("netx", **found, **fixed)


def site(pair: World, **description: Any) -> None:
    pair.netx.simulator.vendor.library.extend(description)  # type: ignore[attr-defined]  # NetX's own


def submit(pair: World, name: str = "a.jpg", data: bytes | None = None) -> str:
    iptc = approved(title="Boat", caption="A boat at the quay", keywords=["harbour"], credit="Agency")
    return pair.submit(data or picture(1), file_name=name, containers=["Intake/Quay"], iptc=iptc)


def probed(call: Call) -> dict[str, str]:
    """Probe the archive; gives each cell's way."""
    (account,) = call("probe", "--account", "archive", "--write", "--yes")["accounts"]
    assert account["left"] == []
    return {what: it["way"] for it in account["routes"] for what in it["what"]}


def archived(pair: World) -> tuple[dict[str, Any], dict[str, list[str]]]:
    (asset,) = pair.archived()
    return asset, {name: asset["attributes"].get(name, []) for name in WANTED}


def second_run_writes_nothing(pair: World, call: Call) -> None:
    mark = pair.seq("netx")
    assert call("run", "--full")["flows"]["intake"]["unchanged"] == 1
    assert pair.changes("netx", mark) == []


def no_route_is_set(pair: World) -> None:
    assert not ROUTES & set(pair.config.read_text(encoding="utf-8").replace(":", " ").split())


@pytest.mark.parametrize("encoding", ["update_asset", "separate_method", "set_method"])
def test_calls_alone_are_used_as_they_were_found_to_be_spelt(pair: World, call: Call, encoding: str) -> None:
    at_random(pair, len(encoding), attribute_write=encoding)
    site(pair, metadata_map=[])
    no_route_is_set(pair)
    assert set(probed(call).values()) == {"rpc"}
    submit(pair)
    assert call("run")["flows"]["intake"]["done"] == 1
    assert archived(pair)[1] == WANTED
    second_run_writes_nothing(pair, call)


def test_where_calls_are_refused_fields_travel_inside_the_files_that_carry_them(pair: World, call: Call) -> None:
    at_random(pair, 7, attribute_write="absent")
    site(
        pair,
        attributes=[{"name": "Keywords", "type": "tag", "vocabulary": ["harbour", "quay"]}],  # known terms can be tried
        metadata_map=[
            {"field": "dc:title", "attribute": "Title"},
            {"field": "photoshop:Headline", "attribute": "Caption"},  # not where the example has it
            {"field": "dc:subject", "attribute": "Keywords"},
            {"field": "photoshop:Credit", "attribute": "Credit"},
        ],
    )
    no_route_is_set(pair)
    ways = probed(call)
    assert {ways[it] for it in ("Title (image, document)", "Caption (image, document)")} == {"embedded"}
    assert ways["Title (raw, video, audio)"] == ""
    submit(pair)
    submit(pair, "sound.wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(24))
    said = call("run")["flows"]["intake"]
    assert (said["done"], said["waiting"]) == (1, 1), "what no way reaches waits, and nothing else does"
    assert said["needs_attention"] == {"capability_unproven": 1}
    assert archived(pair)[1] == WANTED
    mark = pair.seq("netx")
    again = call("run", "--full")["flows"]["intake"]
    assert (again["unchanged"], again["waiting"]) == (1, 1)
    assert pair.changes("netx", mark) == []


def test_where_the_data_sync_file_alone_is_pulled_fields_go_through_it(
    pair: World, call: Call, tmp_path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    at_random(pair, 3, attribute_write="absent")
    site(pair, metadata_map=[])
    file = tmp_path / "sync" / "sync.xml"
    pair.overrides = {**pair.overrides, "accounts": {"archive": {"data_sync_file": str(file)}}}
    no_route_is_set(pair)
    meanwhile.append(lambda: pull(file, lambda asset, values: pair.edit_netx(asset, attributes=values)))
    (account,) = call("probe", "--account", "archive", "--write", "--yes")["accounts"]
    assert {(it["way"], it["proof"]) for it in account["routes"]} == {("data_sync", "proven")}
    submit(pair)
    assert call("run")["flows"]["intake"]["waiting"] == 1, "written and not seen is not done"
    assert archived(pair)[1] != WANTED
    pull(file, lambda asset, values: pair.edit_netx(asset, attributes=values))
    assert call("run")["flows"]["intake"]["done"] == 1
    assert archived(pair)[1] == WANTED
    second_run_writes_nothing(pair, call)


def test_where_no_way_works_the_asset_waits_and_check_says_why(pair: World, call: Call) -> None:
    at_random(pair, 5, attribute_write="absent")
    site(pair, metadata_map=[])
    assert set(probed(call).values()) == {""}
    submit(pair)
    assert call("run")["flows"]["intake"]["waiting"] == 1
    assert pair.archived() == []
    (route,) = [it for it in call("check")["findings"] if it["what"] == "route archive"]
    assert "no way (" in route["told"]
    assert "Credit" in route["told"]
    assert "probe --write" in route["remedy"]


def test_a_single_field_that_calls_may_not_write_makes_its_assets_alone_wait(pair: World, call: Call) -> None:
    at_random(pair, 11, attribute_write="update_asset")
    site(pair, attributes=[{"name": "Credit", "type": "text", "edit_level": 9}])
    ways = probed(call)
    assert (ways["Credit"], ways["Title"]) == ("", "rpc")
    submit(pair)
    assert call("run")["flows"]["intake"]["waiting"] == 1
    told = [it["told"] for it in call("check", "--offline")["findings"] if it["what"] == "route archive"]
    assert any("its file could carry it" in it and "Credit" in it for it in told)


def test_a_word_that_was_shown_not_to_work_is_set_aside_and_named(pair: World, call: Call) -> None:
    at_random(pair, 13, attribute_write="separate_method")
    pair.overrides = {**pair.overrides, "accounts": {"archive": {"write_encoding": "update_asset"}}}
    probed(call)
    found = {it["what"]: it for it in call("check")["findings"]}
    assert not found["contradiction archive"]["ok"]
    assert "write_encoding: update_asset" in found["contradiction archive"]["told"]
    submit(pair)
    assert call("run")["flows"]["intake"]["done"] == 1
    assert archived(pair)[1] == WANTED


# uploads --------------------------------------------------------------------------------------------------------------


async def uploaded(pair: World, *names: str) -> dict[str, str]:
    """Bring files to PhotoShelter as bootstrap connects it; gives the API by which each went, told by the site's journal."""
    settings = load_settings(pair.config)
    (known,) = [it for it in known_accounts(settings).values() if it.name == "agency"]
    went: dict[str, str] = {}
    async with open_tools(settings) as tools:
        archive = connect(known, tools).archive
        assert archive is not None
        folder = await archive.ensure_folder("Partners/Press", lane=Lane.NORMAL)
        for number, name in enumerate(names):
            mark, content = pair.seq("photoshelter"), picture(20 + number)
            await archive.deliver(folder, body_of(content), file_name=name, lane=Lane.NORMAL)
            (path,) = [it["path"] for it in pair.changes("photoshelter", mark) if it["method"] == "POST"]
            went[name] = path.split("/")[2]
        stands = {it.file_name for it in await archive.contents(folder, lane=Lane.NORMAL)}
        assert stands >= set(names)
    return went


@pytest.mark.parametrize(
    ("positions", "went"),
    [
        ({"v4_upload": False}, {"a.jpg": "v3", "b.pdf": "v3"}),
        ({"v4_upload_types": "images"}, {"a.jpg": "v4.0", "b.pdf": "v3"}),
        ({"v3_upload_types": "images"}, {"a.jpg": "v4.0", "b.pdf": "v4.0"}),
    ],
)
def test_each_kind_of_file_is_uploaded_by_the_way_that_was_found(
    pair: World, call: Call, positions: dict[str, Any], went: dict[str, str]
) -> None:
    key = pair.photoshelter.credentials["api_key_v3"]
    pair.overrides = {**pair.overrides, "accounts": {"agency": {"v3_api_key": key}}}
    pair.switch("photoshelter", **positions)
    call("probe", "--account", "agency", "--write", "--yes")
    assert settled(uploaded(pair, *went)) == went


def test_a_kind_that_no_way_takes_is_not_sent_and_is_said_to_wait(pair: World, call: Call) -> None:
    pair.switch("photoshelter", v4_upload_types="images")
    (account,) = call("probe", "--account", "agency", "--write", "--yes")["accounts"]
    assert "archive.deliver.document" in account["waits"]
    assert "archive.deliver.image" not in account["waits"]
    with pytest.raises(Refused, match="no call is known to take files of type document"):
        settled(uploaded(pair, "b.pdf"))
