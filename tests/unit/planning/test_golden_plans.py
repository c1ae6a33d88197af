"""The golden plans are what the decision says now. Whoever writes the page anew reads the difference line by line."""

from __future__ import annotations

import itertools

import pytest

from dambridge.model.actions import ActionKind
from dambridge.model.identity import CopyId
from support.golden_plans import AUTHORITIES, PAGE, STORIES, page, played
from support.mirror import THREE, TWO


@pytest.mark.hazard("P21")
@pytest.mark.hazard("P22")
def test_every_situation_of_one_asset_has_the_plan_that_is_written_down() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert page() == written, "read the difference, then run PYTHONPATH=tests python tests/support/golden_plans.py"
    assert written.count("\n| ") > 80


@pytest.mark.hazard("P13")
@pytest.mark.hazard("P21")
@pytest.mark.hazard("P22")
@pytest.mark.parametrize("copies", [TWO, THREE], ids=["two copies", "three copies"])
def test_an_edit_of_fields_or_of_the_name_moves_no_bytes_and_a_replaced_file_no_fields(
    copies: tuple[CopyId, ...],
) -> None:
    for group, authority in itertools.product(STORIES, AUTHORITIES.values()):
        for _, story in STORIES[group]:
            writes = [it for it in played(copies, group, authority, story).actions if it.kind is not ActionKind.AGREE]
            wanted = ActionKind.ADD_VERSION if group == "content" else ActionKind.UPDATE_FIELDS
            assert all(it.kind is wanted for it in writes)
            assert all(it.size == (1000 if group == "content" else 0) for it in writes)
            assert len({it.target for it in writes}) == len(writes), "a copy is written once"
