"""The inbox at the command line: what is listed and shown, settling, taking back, and what the rest says of it.

The entries are put straight into the ledger; no system is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.model.conflicts import Conflict, ConflictState, Side
from dambridge.model.identity import Copy, FlowName, Link, LinkId, RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.storage import FileTombstoneJournal, SqlLedger, open_ledger
from dambridge.testing.agreeing_contract import HERE, THERE, conflict, gone, make_links, titled
from dambridge.testing.ledger_samples import T0
from support.calling import Call, calling

CONFIGURATION = """
accounts:
  agency: {system: photoshelter, api_key: k, org_id: O1, email: a@b.c, password: p, base_url: "http://127.0.0.1:9"}
  archive: {system: netx, base_url: "http://127.0.0.1:9", token: t}
flows:
  intake: {from: agency, to: archive}
store: {path: data}
engine: {runtime: local}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "dambridge.yaml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def call(config: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return calling(lambda: config, capsys)


def given(config: Path, entries: Sequence[Conflict], links: Sequence[Link] = ()) -> list[Conflict]:
    """Put entries into the installation's inbox."""

    async def put() -> list[Conflict]:
        ledger = open_ledger(config.parent / "data")
        run = await ledger.open_run(FlowName.RIGHTS, at=T0, command=None, plan=None)
        await make_links(ledger, run, links)
        written = await ledger.put_conflicts(entries)
        await ledger.close()
        return list(written)

    return asyncio.run(put())


def found(config: Path, entry: Conflict) -> Conflict:
    async def get() -> Conflict | None:
        ledger: SqlLedger = open_ledger(config.parent / "data")
        known = await ledger.conflict(entry.id)
        await ledger.close()
        return known

    known = asyncio.run(get())
    assert known is not None
    return known


def test_the_inbox_is_listed_filtered_and_paged(config: Path, call: Call) -> None:
    empty = call("conflicts", "--json")
    assert (empty.code, empty.json) == (0, {"conflicts": [], "next": None})
    assert "Nothing contends." in call("conflicts").out
    entries = given(config, [conflict(f"ln{n}", "rights" if n == 3 else "title", age=n) for n in range(5)])
    first = call("conflicts", "--limit", "3", "--json").json
    assert [it["link"] for it in first["conflicts"]] == ["ln0", "ln1", "ln2"]
    second = call("conflicts", "--limit", "3", "--after", first["next"], "--json").json
    assert ([it["link"] for it in second["conflicts"]], second["next"]) == (["ln3", "ln4"], None)
    assert first["conflicts"][0]["names"] == ["agency", "archive"]
    assert "cannot decide" in first["conflicts"][0]["words"]
    assert [it["link"] for it in call("conflicts", "--group", "rights", "--json").json["conflicts"]] == ["ln3"]
    assert call("conflicts", "--flow", "lifecycle", "--json").json["conflicts"] == []
    assert len(call("conflicts", "--flow", "rights", "--state", "all", "--json").json["conflicts"]) == 5
    assert call("conflicts", "--state", "moot", "--json").json["conflicts"] == []
    table = call("conflicts", "--limit", "2").out
    assert entries[0].id in table
    assert f"--after {entries[1].id}" in table
    for wrong in (["--state", "strange"], ["--flow", "strange"], ["--after", "cf0"]):
        said = call("conflicts", *wrong)
        assert (said.code, said.out) == (2, "")
        assert said.err


@pytest.mark.hazard("P46")
def test_an_entry_shows_every_value_with_whose_and_when_and_what_was_kept(config: Path, call: Call) -> None:
    lost = Side(copy=HERE, fields=titled("an earlier try"), version=None, who="zoe")
    link = Link(LinkId("ln1"), FlowName.RIGHTS, (Copy(HERE, RemoteId("A7")), Copy(THERE, RemoteId("9001"))))
    mine = replace(conflict().sides[0], fields=titled("Boat [red]"))
    (entry,) = given(config, [conflict(kept=(lost,), sides=(mine, conflict().sides[1]))], [link])
    said = call("conflicts", "show", entry.id, "--json")
    assert said.code == 0
    assert {**said.json, "revision": 0} == {**said.json, **entry.to_json(), "revision": 0}
    assert said.json["copies"] == {str(HERE): "A7", str(THERE): "9001"}
    text = " ".join(call("conflicts", "show", entry.id).out.replace("│", " ").split())
    for part in (
        "Boat [red]",
        "there",
        "base",
        "an earlier try",
        "ana",
        "not known",
        "zoe",
        "agency:A7",
        "archive:9001",
    ):
        assert part in text, part
    assert "`ask` cannot decide" in text
    assert "--side agency or --side archive" in text
    assert call("conflicts", "show", "cf0").code == 2


@pytest.mark.hazard("P46")
def test_a_conflict_is_settled_and_taken_back_under_the_persons_name(config: Path, call: Call) -> None:
    entry, other = given(config, [conflict(), conflict("ln2")])
    said = call("conflicts", "settle", entry.id, "--side", "archive", "--by", "Ana", "--json")
    assert (said.code, said.json["ruled"], said.json["conflict"]["ruling"]["by"]) == (0, 1, "Ana")
    assert found(config, entry).state is ConflictState.RULED
    assert found(config, other) == other
    assert "Ana rules: title: there" in call("conflicts", "show", entry.id).out
    again = call("conflicts", "settle", entry.id, "--side", "agency", "--by", "Ben")
    assert again.code == 3
    assert "Ana ruled" in again.err
    assert [it["id"] for it in call("conflicts", "--state", "ruled", "--json").json["conflicts"]] == [entry.id]
    back = call("conflicts", "undo", entry.id, "--by", "Ben")
    assert (back.code, f"{entry.id} is open again" in back.out) == (0, True)
    assert found(config, entry) == entry
    assert call("conflicts", "undo", entry.id).code == 3
    trail = call("audit", "--subject", "ln1", "--json").json
    assert [(it["actor"], it["event"]) for it in trail] == [("Ana", "conflict.ruled"), ("Ben", "conflict.released")]
    assert call("verify", "--links", "0", "--json").json["audit"]["holds"]


def test_a_conflict_is_settled_by_a_value(config: Path, call: Call) -> None:
    first, second, third = given(config, [conflict(f"ln{n}") for n in range(3)])
    assert call("conflicts", "settle", first.id, "--value", "title=A = B").code == 0
    ruling = found(config, first).ruling
    assert ruling is not None
    assert ruling.fields == titled("A = B")
    assert call("conflicts", "settle", second.id, "--value", '{"title": null}').code == 0
    ruling = found(config, second).ruling
    assert ruling is not None
    assert ruling.fields == {}
    for wrong in (
        [],
        ["--side", "agency", "--value", "title=x"],
        ["--value", "title"],
        ["--value", "{title"],
    ):
        assert call("conflicts", "settle", third.id, *wrong).code == 2, wrong
    for refused in (["--side", "nobody"], ["--value", "headline=x"], ["--value", '{"title": {"a": 1}}']):
        said = call("conflicts", "settle", third.id, *refused, "--json")
        assert said.code == 3, refused
        assert said.json["error"]
    assert found(config, third) == third
    assert call("conflicts", "settle", "cf0", "--side", "agency").code == 2


@pytest.mark.hazard("P46")
def test_a_hundred_entries_are_settled_at_once(config: Path, call: Call) -> None:
    entries = given(config, [conflict(f"ln{n:03d}") for n in range(100)])
    assert call("status", "--json").json["needs_attention"] == {"conflict": 100}
    said = call("conflicts", "settle", entries[50].id, "--side", "agency", "--all-like", "--by", "Ana")
    assert said.code == 0
    assert "Settled 100 entries" in said.out
    assert call("conflicts", "--json").json["conflicts"] == []
    status = call("status", "--json")
    assert (status.code, status.json["needs_attention"]) == (0, {})


def test_what_contends_waits_for_a_person(config: Path, call: Call) -> None:
    absent = conflict("ln9", "presence", reason=Reason.of(Code.COPY_GONE, copy="x", absence="deleted"))
    given(config, [conflict(), conflict("ln2", flow=FlowName.LIFECYCLE), absent])
    status = call("status", "--json")
    assert (status.code, status.json["needs_attention"]) == (3, {"conflict": 2, "copy_gone": 1})
    assert "dambridge conflicts settle" in call("status").out


@pytest.mark.hazard("P04")
def test_the_first_order_after_a_loss_of_the_store_brings_the_tombstones_back(config: Path, call: Call) -> None:
    FileTombstoneJournal(config.parent / "dambridge-tombstones.jsonl").append([gone(1), gone(2)])
    (entry,) = given(config, [conflict()])
    assert call("conflicts", "settle", entry.id, "--side", "agency").code == 0

    async def stones() -> int:
        ledger = open_ledger(config.parent / "data")
        known = await ledger.tombstones([gone(1).key, gone(2).key])
        await ledger.close()
        return len(known)

    assert asyncio.run(stones()) == 2


@pytest.mark.hazard("P04")
def test_a_journal_within_the_data_folder_is_refused(config: Path, call: Call) -> None:
    for place in ("data/x.jsonl", "./data/../data/x.jsonl", str(config.parent / "data" / "x.jsonl")):
        config.write_text(CONFIGURATION.replace("path: data", f'path: data, tombstones: "{place}"'), encoding="utf-8")
        said = call("status")
        assert said.code == 2
        assert "outside `store.path`" in said.err
    config.write_text(CONFIGURATION.replace("path: data", "path: data, tombstones: data.jsonl"), encoding="utf-8")
    assert call("status").code == 0


def test_check_says_where_the_journal_cannot_be_written(config: Path, call: Call) -> None:
    def said() -> list[str]:
        return [
            it["remedy"] for it in call("check", "--offline", "--json").json["findings"] if it["what"] == "tombstones"
        ]

    assert said() == []
    config.write_text(CONFIGURATION.replace("path: data", "path: data, tombstones: missing/x.jsonl"), encoding="utf-8")
    (remedy,) = said()
    assert "store: {tombstones: …}" in remedy
