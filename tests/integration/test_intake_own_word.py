"""Intake of files that say of themselves that they are approved: whoever uploads a file approves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dambridge.policy.intake import Approval
from support.pictures import approved_inside, picture
from support.world import World, world

HOUR = 3600


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        yield it


def arrive(pair: World, number: int, data: bytes, **iptc: Any) -> str:
    return pair.submit(
        data, file_name=f"{number:03}.jpg", containers=["Intake/Harbour"], iptc={"credit": "Riverbend", **iptc}
    )


def padded(data: bytes) -> bytes:
    """The picture with more than a mebibyte of comments."""
    comment = b"\xff\xfe\xff\xff" + bytes(0xFFFD)
    return data[:2] + comment * 17 + data[2:]


def run(pair: World) -> dict[str, int]:
    """One run; what needs attention."""
    return dict(asyncio.run(pair.run()).summary["flows"]["intake"]["needs_attention"])


def arrived(pair: World) -> set[str]:
    return set(pair.by_source())


@pytest.mark.hazard("P12")
def test_a_file_that_approves_itself_waits_and_one_that_people_approve_arrives(pair: World) -> None:
    own = arrive(pair, 1, approved_inside(1), edit_status="approved")
    ours = arrive(pair, 2, picture(2), edit_status="approved")
    for _ in range(3):
        assert run(pair) == {"status_from_file": 1}
        pair.advance(HOUR)
    assert arrived(pair) == {ours}
    fetched = [it for it in pair.journal("photoshelter") if own in it["path"] and "download" in it["path"]]
    assert len(fetched) <= 1, "it is not fetched again as long as nothing of it changes"
    pair.edit(own, iptc={"edit_status": "open"})
    pair.advance(HOUR)
    assert run(pair) == {}
    assert arrived(pair) == {ours}
    pair.edit(own, iptc={"edit_status": "approved"})
    pair.advance(HOUR)
    assert run(pair) == {}
    assert arrived(pair) == {ours, own}


@pytest.mark.hazard("P12")
def test_what_was_seen_without_it_is_approved_by_people_and_other_bytes_begin_anew(pair: World) -> None:
    first, other = (arrive(pair, it, approved_inside(it), edit_status="open") for it in (1, 2))
    run(pair)
    pair.advance(HOUR)
    pair.edit(first, iptc={"edit_status": "approved"})
    pair.edit(other, approved_inside(3), iptc={"edit_status": "approved"})
    pair.advance(HOUR)
    assert run(pair) == {"status_from_file": 1}
    assert arrived(pair) == {first}


def test_an_approval_that_could_not_be_carried_out_at_once_is_still_one_of_people(pair: World) -> None:
    pair.overrides = {"engine": {"attempts": 1}}
    asset = arrive(pair, 1, approved_inside(1), edit_status="open")
    run(pair)
    pair.advance(HOUR)
    pair.edit(asset, iptc={"edit_status": "approved"})
    pair.advance(HOUR)
    pair.faults("photoshelter", {"match": {"path": "*/download"}, "action": "truncate", "bytes": 50})
    run(pair)
    assert not arrived(pair)
    pair.faults("photoshelter")
    pair.advance(HOUR)
    run(pair)
    assert arrived(pair) == {asset}


def test_files_that_are_held_back_for_good_hold_up_no_other(pair: World) -> None:
    for number in range(20):
        arrive(pair, number, approved_inside(number), edit_status="approved")
    run(pair)
    sound = arrive(pair, 40, picture(40), edit_status="approved")
    pair.advance(HOUR)
    assert run(pair) == {"status_from_file": 20}
    assert arrived(pair) == {sound}


def test_a_large_file_is_looked_into_as_well(pair: World) -> None:
    pair.overrides = {"engine": {"large_file": 1 << 20}}
    own = arrive(pair, 1, padded(approved_inside(1)), edit_status="approved")
    ours = arrive(pair, 2, padded(picture(2)), edit_status="approved")
    assert run(pair) == {"status_from_file": 1}
    assert own not in arrived(pair)
    assert arrived(pair) == {ours}


def test_a_fault_is_found(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Approval, "stands_inside", lambda *_: "")
    own = arrive(pair, 1, approved_inside(1), edit_status="approved")
    run(pair)
    assert arrived(pair) == {own}
