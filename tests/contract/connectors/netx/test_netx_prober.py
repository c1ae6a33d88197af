"""The prober contract on NetX's simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dambridge.engine.probing import examine
from dambridge.ports.capabilities import Proof
from dambridge.ports.probing import Standing
from dambridge.testing.prober_contract import ProberContract, probing_of
from dambridge_sim.kit.bodies import FaultRules
from support.probing import NetxAccount, netx_account


@pytest.fixture
async def account() -> AsyncIterator[NetxAccount]:
    async with netx_account() as made:
        yield made


class TestNetxProber(ProberContract):
    @pytest.fixture
    def account(self, account: NetxAccount) -> NetxAccount:
        return account


async def test_a_folder_above_that_the_probe_made_goes_too() -> None:
    async with netx_account() as made:
        root = made.served.simulator.vendor.library.tree.find("dambridge")  # type: ignore[attr-defined]
        made.served.simulator.vendor.library.drop_folder(root.id)  # type: ignore[attr-defined]
        before = made.state()
        found = await examine(probing_of(made.prober()), write=True)
        assert found.left == []
        assert found.scratch.startswith("dambridge/probe-")
        assert made.state() == before


async def test_what_is_not_ours_is_never_deleted() -> None:
    async with netx_account() as made:
        prober = made.prober()
        path = await prober.open_scratch(lane=probing_of(prober).lane)
        made.served.simulator.add(None, {"file_name": "theirs.jpg", "containers": [path]})
        left = await prober.clean_up(lane=probing_of(prober).lane)
        assert any("theirs.jpg" in it for it in left)
        assert any(path in it and "not empty" in it for it in left)
        assert [it for it in made.state()[0] if it["file_name"] == "theirs.jpg"]


async def test_in_strict_mode_reading_answers_and_writing_says_what_is_not_there() -> None:
    async with netx_account(strict=True) as made:
        before = made.state()
        found = await examine(probing_of(made.prober()), write=True)
        assert found.scratch == ""
        assert sum(it.standing is Standing.ANSWERED for it in found.findings.values()) >= 8
        assert made.state() == before


async def test_what_the_site_holds_is_in_no_finding() -> None:
    """Names of files, captions and people of the library are not evidence of what the site can do."""
    async with netx_account() as made:
        meta = {"file_name": "canary-file.jpg", "containers": ["Intake"], "attributes": {"Caption": ["canary-caption"]}}
        made.served.simulator.add(None, meta)
        for write in (False, True):
            found = await examine(probing_of(made.prober()), write=write)
            assert "canary" not in repr(found)
            assert f"getAssetsByQuery → {4 if write else 3} × {{id}}" in repr(found)


async def test_a_page_to_sign_in_on_is_not_taken_for_a_file_that_everyone_sees() -> None:
    """A site may send whoever is nobody to such a page, under HTTP 200; what the token fetches is a page only where it is one."""
    page = {"status": 200, "headers": {"content-type": "text/html; charset=utf-8"}, "body": "<html>Sign in</html>"}
    async with netx_account() as made:
        rule = {"match": {"path": "/file/asset/*"}, "action": "status", **page}
        made.served.world.faults.load(FaultRules.model_validate({"rules": [rule]}))
        before = made.state()
        found = await examine(probing_of(made.prober()), write=True)
        assert found.scratch
        assert found.findings["public_files"].value is False
        assert made.state() == before


async def test_attributes_of_the_map_that_are_not_shown_are_told_and_our_marks_may_be_missing() -> None:
    async with netx_account() as made:
        made.mapped, made.marks = ["Credit", "No Such", "No Mark"], ["No Mark"]
        found = (await examine(probing_of(made.prober()), write=False)).findings["attributes"]
        assert dict(found.cells) == {"archive.fields.No Such": Proof.ABSENT}
        assert "No Such" in found.warning
        assert "No Mark" not in found.warning


@pytest.mark.parametrize("unnamed", ["keep", "clear"])
async def test_an_attribute_that_may_be_seen_and_not_edited_is_found_among_all_others(unnamed: str) -> None:
    locked = [{"name": it, "type": "text", "edit_level": 9} for it in ("Credit", "Zone")]
    async with netx_account() as made:
        made.extend(attributes=locked)
        made.switch(unnamed_attributes=unnamed)
        found = (await examine(probing_of(made.prober()), write=True)).findings["fields"]
        assert {name for name, works in found.value.items() if not works} == {"Credit", "Zone"}
        assert len(found.value) > 50
        assert found.cells["route.rpc.any.Title"] is Proof.PROVEN
        assert found.cells["route.rpc.any.Zone"] is Proof.ABSENT
