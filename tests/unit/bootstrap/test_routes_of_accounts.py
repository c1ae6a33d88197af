"""What probe found is laid into options that nobody set, decides the routes, and is held against what the file says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import load_settings
from dambridge.bootstrap.capability_file import CapabilityFile, with_examination
from dambridge.bootstrap.routes import Known, attribute_routes, derived_cells, known_account, taken, upload_routes
from dambridge.connectors.netx.config import VersionRoute, WriteEncoding, WriteRoute
from dambridge.connectors.photoshelter.config import Guess, UploadVia
from dambridge.engine.probing import Examination
from dambridge.model.identity import AccountId
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof, encoding_cell, route_cell
from dambridge.ports.probing import Finding, Standing

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
P, A = Proof.PROVEN, Proof.ABSENT
ACCOUNTS: dict[str, dict[str, Any]] = {
    "agency": {"system": "photoshelter", "api_key": "k", "email": "e", "password": "p-canary", "org_id": "O0000a"},
    "archive": {"system": "netx", "base_url": "https://dam.example.org", "token": "t-canary"},
}
CALLS_FAIL = {route_cell("rpc"): A}
PICTURES = {route_cell("embedded", "image"): P, route_cell("embedded", "image", "Credit"): P}


def known(
    folder: Path,
    name: str = "archive",
    *,
    cells: dict[str, Proof] | None = None,
    suggests: dict[str, Any] | None = None,
    probed_at: str | None = None,
    **said: Any,
) -> Known:
    """The account as it is used, whose file has `said` and whose probe found the rest, there or at another address."""
    accounts = {it: {**given, **(said if it == name else {})} for it, given in ACCOUNTS.items()}
    flows = {"intake": {"from": "agency", "to": "archive", "managed": ["credit", "title"]}}
    path = folder / "dambridge.yaml"
    path.write_text(yaml.safe_dump({"accounts": accounts, "flows": flows}), encoding="utf-8")
    settings = load_settings(path)
    answer = Finding(
        question="q", standing=Standing.ANSWERED, value=1, told="Yes.", cells=cells or {}, suggests=suggests or {}
    )
    place = settings.accounts[name]
    if probed_at is not None:
        place = place.model_copy(update={"base_url": probed_at})
    found = Examination(account=AccountId(name), findings={"q": answer})
    return known_account(settings, name, with_examination(CapabilityFile(), place, found, at=NOW))


def ways(it: Known) -> dict[str, str]:
    return {name: it.writes.of(MediaType.IMAGE, name).way for name in ("Credit", "Title")}


def test_an_account_that_was_never_asked_writes_by_calls_and_knows_that_nobody_has_shown_it(tmp_path: Path) -> None:
    it = known(tmp_path)
    assert ways(it) == {"Credit": "rpc", "Title": "rpc"}
    assert {one.proof for one in taken(it)} == {Proof.DECLARED}
    assert it.contradictions == ()
    assert derived_cells(it) == {"archive.fields.Credit": Proof.DECLARED, "archive.fields.Title": Proof.DECLARED}


def test_positions_found_fill_what_the_file_leaves_open(tmp_path: Path) -> None:
    found = {"write_encoding": "separate_method", "write_method": "setAssetAttributes", "version_route": "reimport"}
    it = known(tmp_path, suggests={**found, "page_size": 50})
    options: Any = it.options
    assert (options.write_encoding, options.write_method) == (WriteEncoding.SEPARATE_METHOD, "setAssetAttributes")
    assert (options.version_route, options.page_size) == (VersionRoute.REIMPORT, 50)
    assert options.token.get_secret_value() == "t-canary"
    assert it.contradictions == ()


def test_the_files_word_is_followed_unless_it_was_shown_not_to_work(tmp_path: Path) -> None:
    found = {"write_encoding": "separate_method"}
    untried = known(tmp_path, suggests=found, write_encoding="update_asset")
    assert getattr(untried.options, "write_encoding") is WriteEncoding.UPDATE_ASSET  # noqa: B009 - of either system
    assert [(one.option, one.aside) for one in untried.contradictions] == [("write_encoding", False)]
    broken = {encoding_cell("write_encoding", "update_asset"): A}
    it = known(tmp_path, suggests=found, cells=broken, write_encoding="update_asset")
    assert getattr(it.options, "write_encoding") is WriteEncoding.SEPARATE_METHOD  # noqa: B009 - likewise
    assert [(one.option, one.aside) for one in it.contradictions] == [("write_encoding", True)]


@pytest.mark.parametrize(("given", "named"), [(20, False), (50, False), (200, True)])
def test_a_limit_is_kept_by_what_is_smaller(tmp_path: Path, given: int, named: bool) -> None:
    it = known(tmp_path, suggests={"page_size": 50}, page_size=given)
    assert [one.option for one in it.contradictions] == ["page_size"] * named


def test_nothing_of_another_place_is_laid_and_only_what_failed_there_counts(tmp_path: Path) -> None:
    elsewhere = "https://sandbox.example.org"
    it = known(tmp_path, suggests={"page_size": 50}, cells={**CALLS_FAIL, **PICTURES}, probed_at=elsewhere)
    assert getattr(it.options, "page_size") == 200  # noqa: B009 - of either system
    assert ways(it) == {"Credit": "", "Title": ""}


def test_what_was_seen_to_come_out_of_files_is_written_into_them_where_nothing_else_works(tmp_path: Path) -> None:
    maps = {"embedded_map": {"Credit": "photoshop:Credit", "Odd": "crs:Contrast"}}
    it = known(tmp_path, cells={**CALLS_FAIL, **PICTURES}, suggests=maps)
    assert ways(it) == {"Credit": "embedded", "Title": ""}
    assert dict(getattr(it.options, "homes")) == {"Credit": "photoshop:Credit"}  # noqa: B009 - likewise
    routes = attribute_routes(it)
    assert routes.embedded == {MediaType.IMAGE: {"Credit": P, "Title": Proof.UNPROVEN}}
    assert routes.of("Credit") is WriteRoute.NONE


def test_a_map_of_the_files_own_that_names_another_place_is_not_what_was_shown(tmp_path: Path) -> None:
    maps = {"embedded_map": {"Credit": "photoshop:Credit"}}
    own = {"Credit": "photoshop:Source"}
    it = known(tmp_path, cells={**CALLS_FAIL, **PICTURES}, suggests=maps, embedded_map=own)
    assert it.writes.of(MediaType.IMAGE, "Credit").proof is Proof.DECLARED
    assert [(one.option, one.aside) for one in it.contradictions] == [("embedded_map", False)]


def test_a_route_that_the_file_names_and_that_does_not_work_is_set_aside_but_no_file_is_written_into(
    tmp_path: Path,
) -> None:
    maps = {"embedded_map": {"Credit": "photoshop:Credit"}}
    it = known(tmp_path, cells={**CALLS_FAIL, **PICTURES}, suggests=maps, write_route="rpc")
    assert ways(it) == {"Credit": "", "Title": ""}
    assert [(one.option, one.aside) for one in it.contradictions] == [("write_route", True)]
    pulled = known(tmp_path, cells=CALLS_FAIL, write_route="rpc", data_sync_file="/srv/sync.xml")
    assert ways(pulled) == {"Credit": "data_sync", "Title": "data_sync"}
    none = known(tmp_path, cells={route_cell("rpc"): P}, write_route="none")
    assert ways(none) == {"Credit": "", "Title": ""}


def test_single_fields_go_by_the_file_that_is_pulled_where_calls_may_not_write_them(tmp_path: Path) -> None:
    cells = {route_cell("rpc"): P, route_cell("rpc", "any", "Credit"): A}
    it = known(tmp_path, cells=cells, data_sync_file="/srv/sync.xml")
    assert ways(it) == {"Credit": "data_sync", "Title": "rpc"}
    routes = attribute_routes(it)
    assert (routes.of("Credit"), routes.of("Title"), routes.of("Dambridge Id")) == (
        WriteRoute.DATA_SYNC,
        WriteRoute.RPC,
        WriteRoute.RPC,
    )


def test_uploads_go_by_what_was_found_and_guesses_count_once_they_were_shown(tmp_path: Path) -> None:
    cells = {route_cell("v4", "image"): A, route_cell("v3", "image"): P, route_cell("v4", "video"): P}
    it = known(tmp_path, "agency", cells=cells, suggests={"proven": ["folders"]}, v3_api_key="v3-canary")
    via = upload_routes(it)
    assert (via[MediaType.IMAGE].via, via[MediaType.VIDEO].via) == (UploadVia.V3, UploadVia.V4)
    assert via[MediaType.AUDIO].via is None
    assert getattr(it.options, "proven") == {Guess.FOLDERS}  # noqa: B009 - likewise
    assert derived_cells(it)["archive.deliver.video"] is P
    told = known(tmp_path, "agency", cells=cells, v3_api_key="v3-canary", upload_via="v4")
    assert upload_routes(told)[MediaType.IMAGE].via is UploadVia.V3
    assert [(one.option, one.aside) for one in told.contradictions] == [("upload_via", True)]


def test_a_position_that_the_options_cannot_take_is_left_out(tmp_path: Path) -> None:
    it = known(tmp_path, "agency", suggests={"license_via": "v3", "per_page": 40})
    assert (str(getattr(it.options, "license_via")), getattr(it.options, "per_page")) == ("none", 40)  # noqa: B009
