"""`capabilities.json`: kept whole, read whole or refused, laid over what is declared, and not believed of another place."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import Settings, load_settings
from dambridge.bootstrap.capability_file import (
    CapabilityFile,
    capability_schema,
    cells_for,
    file_of,
    known_archive,
    read_capabilities,
    remarks,
    with_examination,
    write_capabilities,
)
from dambridge.engine.probing import Examination
from dambridge.model.identity import AccountId
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.probing import Finding, Standing
from dambridge.testing.fake_archive import FakeArchive


def found_cells(at: Settings) -> dict[AccountId, Any]:
    known = read_capabilities(file_of(at))
    return {AccountId(name): cells_for(known, name, it) for name, it in at.accounts.items()}


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ARCHIVE = AccountId("archive")


def settings(folder: Path, *, site: str = "https://dam.example.org", org: str = "O0000aaaa") -> Settings:
    given = {
        "accounts": {
            "agency": {"system": "photoshelter", "api_key": "k", "email": "e", "password": "p-canary", "org_id": org},
            "archive": {"system": "netx", "base_url": site, "token": "t-canary"},
        },
        "flows": {"intake": {"from": "agency", "to": "archive"}},
        "store": {"path": "data"},
    }
    path = folder / "dambridge.yaml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return load_settings(path)


def finding(question: str, **more: Any) -> Finding:
    return Finding(**{"question": question, "standing": Standing.ANSWERED, "value": 1, "told": "Yes.", **more})


def examined(*findings: Finding, account: AccountId = ARCHIVE) -> Examination:
    return Examination(account=account, findings={it.question: it for it in findings})


def probed(at: Settings, *findings: Finding, when: datetime = NOW) -> CapabilityFile:
    before = read_capabilities(file_of(at))
    content = with_examination(before, at.accounts["archive"], examined(*findings), at=when)
    write_capabilities(file_of(at), content)
    return content


CELLS = {"archive.rename": Proof.ABSENT, "archive.fields.Credit": Proof.PROVEN, "reader.byte_ranges": Proof.PROVEN}


def test_what_is_written_is_read_and_only_the_owner_may(tmp_path: Path) -> None:
    at = settings(tmp_path)
    content = probed(at, finding("a", cells=CELLS, evidence=("x → y",), suggests={"page_size": 10}, value={"k": [1]}))
    assert read_capabilities(file_of(at)) == content
    assert stat.S_IMODE(file_of(at).stat().st_mode) == 0o600
    assert found_cells(at) == {ARCHIVE: CELLS, AccountId("agency"): {}}
    text = file_of(at).read_text(encoding="utf-8")
    assert "canary" not in text
    assert "dam.example.org" in text
    assert list(tmp_path.glob("data/.capabilities*")) == []


def test_the_file_fits_its_published_schema(tmp_path: Path) -> None:
    at = settings(tmp_path)
    probed(at, finding("a", cells=CELLS))
    schema, data = capability_schema(), json.loads(file_of(at).read_text(encoding="utf-8"))
    assert set(data) == set(schema["properties"])
    account = schema["$defs"]["FoundAccount"]
    assert set(data["accounts"]["archive"]) == set(account["properties"])
    assert set(data["accounts"]["archive"]["findings"]["a"]) == set(schema["$defs"]["FoundAnswer"]["properties"])
    published = Path(__file__).resolve().parents[3] / "docs/reference/schemas/capabilities.json"
    assert json.loads(published.read_text(encoding="utf-8")) == schema


def test_no_file_means_nothing_is_known_and_that_is_said(tmp_path: Path) -> None:
    at = settings(tmp_path)
    assert found_cells(at) == {ARCHIVE: {}, AccountId("agency"): {}}
    assert [(it.account, it.bad) for it in remarks(at, now=NOW)] == [("agency", False), ("archive", False)]
    probed(at, finding("a"))
    assert [it.account for it in remarks(at, now=NOW)] == ["agency"]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"capabilities": 2}', '{"accounts": {"archive": {}}}', "cut", "bytes"]
)
def test_a_damaged_file_is_refused_with_a_sentence_and_never_half_believed(tmp_path: Path, damage: str) -> None:
    at = settings(tmp_path)
    probed(at, finding("a", cells=CELLS))
    whole = file_of(at).read_bytes()
    file_of(at).write_bytes({"cut": whole[: len(whole) // 2], "bytes": b"\xff\xfe"}.get(damage, damage.encode()))
    with pytest.raises(CannotGoOn, match="dambridge probe"):
        found_cells(at)
    (remark,) = remarks(at, now=NOW)
    assert remark.bad


def test_every_cut_of_the_file_is_refused(tmp_path: Path) -> None:
    at = settings(tmp_path)
    probed(at, finding("a", cells=CELLS))
    whole = file_of(at).read_text(encoding="utf-8").rstrip()
    for end in range(0, len(whole), 7):
        file_of(at).write_text(whole[:end], encoding="utf-8")
        with pytest.raises(CannotGoOn):
            read_capabilities(file_of(at))


@pytest.mark.parametrize(
    "elsewhere", [{"site": "https://sandbox.example.org"}, {"site": "https://dam.example.org:8443"}]
)
def test_of_another_place_only_what_failed_there_counts(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    probed(settings(tmp_path), finding("a", cells=CELLS))
    there = settings(tmp_path, **elsewhere)
    assert found_cells(there)[ARCHIVE] == {"archive.rename": Proof.ABSENT}
    told = {it.account: it.told for it in remarks(there, now=NOW)}
    assert "another place" in told["archive"]
    probed(there, finding("b", cells={"archive.folders": Proof.PROVEN}))
    assert found_cells(there)[ARCHIVE] == {"archive.folders": Proof.PROVEN}


def test_another_organisation_of_the_same_service_is_another_place(tmp_path: Path) -> None:
    here, there = settings(tmp_path), settings(tmp_path, org="O0000bbbb")
    found = examined(finding("a", cells={"reader.content_hash": Proof.PROVEN}), account=AccountId("agency"))
    content = with_examination(CapabilityFile(), here.accounts["agency"], found, at=NOW)
    assert cells_for(content, "agency", here.accounts["agency"]) == {"reader.content_hash": Proof.PROVEN}
    assert cells_for(content, "agency", there.accounts["agency"]) == {}


def test_an_old_file_is_used_and_its_age_is_said(tmp_path: Path) -> None:
    at = settings(tmp_path)
    probed(at, finding("a", cells=CELLS))
    young, old = NOW + timedelta(days=89), NOW + timedelta(days=200)
    assert [it.account for it in remarks(at, now=young)] == ["agency"]
    assert {it.account: it.told for it in remarks(at, now=old)}["archive"].startswith("last probed 200 days ago")
    assert found_cells(at)[ARCHIVE] == CELLS


def test_a_question_not_asked_this_time_keeps_its_earlier_answer_and_a_new_answer_replaces_it(tmp_path: Path) -> None:
    at = settings(tmp_path)
    probed(
        at, finding("a", cells={"archive.rename": Proof.ABSENT}), finding("b", cells={"archive.folders": Proof.PROVEN})
    )
    later = NOW + timedelta(days=1)
    silent = finding("a", standing=Standing.NOT_ASKED, value=None)
    content = probed(at, silent, finding("b", cells={"archive.folders": Proof.ABSENT}), when=later)
    answers = content.accounts["archive"].findings
    assert (answers["a"].standing, answers["a"].at) == (Standing.ANSWERED, NOW)
    assert answers["b"].at == later
    assert found_cells(at)[ARCHIVE] == {"archive.rename": Proof.ABSENT, "archive.folders": Proof.ABSENT}


def test_what_was_found_lies_over_what_is_declared_and_all_else_is_the_archive_itself() -> None:
    archive = FakeArchive()
    known = known_archive(archive, CELLS)
    assert known.capabilities.rename is Proof.ABSENT
    assert known.capabilities.may_write("Credit", MediaType.IMAGE) is Proof.PROVEN
    assert known.capabilities.deliver == archive.capabilities.deliver
    assert known.account == archive.account
    assert known_archive(archive, {}) is archive
