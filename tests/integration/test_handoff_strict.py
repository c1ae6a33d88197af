"""Hand-off with confirmed operations alone does what the table of strict mode says of it: no more, no less, and says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dambridge.model.identity import FlowName, System
from dambridge.policy.needs import NEEDS
from support.handing_off import hand_in, hand_off, handing_in, in_archive, reviewed, sha, sources, submissions
from support.pictures import picture
from support.world import World, merged

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "strict-mode.md"
NAMES = {"PhotoShelter": System.PHOTOSHELTER, "NetX": System.NETX}
CHECKED = {
    (System.NETX, "archive.folders"),
    (System.NETX, "archive.write_attributes"),
    (System.PHOTOSHELTER, "archive.discard"),
    (System.PHOTOSHELTER, "archive.write_attributes"),
}
"""What hand-off has to do without there, each seen to below."""
STRICT: dict[str, Any] = {
    "accounts": {"agency": {"proven": []}, "archive": {"write_route": "none"}},
    "engine": {"attempts": 1},
}


def missing() -> set[tuple[System, str]]:
    """The needs of the flow that the page found unmet when it tried them."""
    rows = re.findall(
        r"^\| (PhotoShelter|NetX) \| `([\w.]+)` \|[^|]*\| no: ", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    found = {(NAMES[system], cell) for system, cell in rows}
    return found & {(it.system, it.cell) for it in NEEDS[FlowName.HANDOFF]}


def test_every_need_that_is_not_met_is_seen_to_here() -> None:
    assert missing() == CHECKED


@pytest.mark.parametrize("kind", ["trash", "tag"])
def test_a_shoot_in_strict_mode(tmp_path: Path, kind: str) -> None:
    place = {"folder": "Archive/{gallery}"}
    disposition = {"kind": kind, "field": "instructions"}
    with handing_in(tmp_path, strict=True, place=place, disposition=disposition, unproven_fields="deliver") as pair:
        pair.overrides = merged(pair.overrides, STRICT)
        pair.make_folder("Archive/Harbour")
        good, bad = hand_in(pair, 1), hand_in(pair, 2)
        homeless = hand_in(pair, 3, gallery="Submissions/Nowhere")
        hand_off(pair)
        pair.advance(3600)
        for it in (good, homeless):
            pair.edit(it, iptc={"edit_status": "approved"})  # that people say so is read with confirmed operations
        reviewed(pair, "reject", bad, note="blurred")
        pair.advance(3600)
        last = pair.seq("photoshelter")
        ran = hand_off(pair)
        went_straight_into_a_folder_of_people(pair)
        told = submissions(pair)
        assert str(told[good].status) == "archived"
        assert kind in told[good].kept_for, "the source is kept, and said to be"
        assert str(told[good].disposed_as) == "keep"
        assert str(told[homeless].status) == "approved", "it waits for its folder"
        assert "edit_status" in told[bad].unshown, "the rejection stands in dambridge alone, and that is said"
        assert not sources(pair)[good]["trash"]
        assert not pair.changes("photoshelter", last)
        attention = ran.summary["flows"]["handoff"]["needs_attention"]
        assert attention.keys() >= {"folder_missing", "not_told"}, attention
        pair.make_folder("Archive/Nowhere")
        pair.advance(3600)
        hand_off(pair)
        assert str(submissions(pair)[homeless].status) == "archived"


def went_straight_into_a_folder_of_people(pair: World) -> None:
    (copy,) = in_archive(pair)
    assert (copy["sha256"], copy["containers"]) == (sha(picture(1)), ["Archive/Harbour"])
