"""Flow handoff over both simulators: handed in, reviewed, archived as approved, told, disposed of."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.handing_off import (
    hand_in,
    hand_off,
    handing_in,
    in_archive,
    reviewed,
    sha,
    sources,
    statuses,
    submissions,
)
from support.pictures import picture


def test_what_is_approved_at_the_source_is_archived_as_it_was_handed_in(tmp_path: Path) -> None:
    with handing_in(tmp_path) as pair:
        one, other = hand_in(pair, 1), hand_in(pair, 2)
        assert hand_off(pair).exit_code == 3
        assert statuses(pair) == {one: "in_review", other: "in_review"}
        assert not in_archive(pair)
        pair.advance(3600)
        pair.edit(one, iptc={"edit_status": "approved"})
        pair.advance(3600)
        hand_off(pair)
        assert statuses(pair) == {one: "archived", other: "in_review"}
        (copy,) = in_archive(pair)
        assert copy["sha256"] == sha(picture(1))
        made = submissions(pair)[one].decision
        assert made is not None
        assert (made.by, made.via) == ("", "edit_status")
        assert made.after < made.until
        last = pair.seq("netx"), pair.seq("photoshelter")
        for _ in range(3):
            pair.advance(3600)
            hand_off(pair, full=True)
        assert not pair.changes("netx", last[0])
        assert not pair.changes("photoshelter", last[1])


def test_what_was_decided_before_it_was_first_seen_counts_for_the_bytes_that_stood_there_then(tmp_path: Path) -> None:
    with handing_in(tmp_path) as pair:
        good, bad = hand_in(pair, 1), hand_in(pair, 2)
        pair.advance(600)
        pair.edit(good, iptc={"edit_status": "approved"})
        pair.edit(bad, iptc={"edit_status": "rejected"})
        pair.advance(600)
        hand_off(pair)
        assert statuses(pair) == {good: "archived", bad: "rejected"}
        assert [it["sha256"] for it in in_archive(pair)] == [sha(picture(1))]
        made = submissions(pair)[good].decision
        assert made is not None
        assert made.by == ""
        assert (made.until - made.after).total_seconds() >= 1200, "since it was uploaded: nobody looked before"


def test_a_shoot_is_decided_in_part_and_whole_in_dambridge(tmp_path: Path) -> None:
    with handing_in(tmp_path, carriers=[]) as pair:
        ids = [hand_in(pair, number) for number in range(4)]
        hand_off(pair)
        assert reviewed(pair, "reject", ids[0], note="blurred")["moved"] == [f"agency:{ids[0]}"]
        moved = reviewed(pair, "approve", shoot="Submissions/Harbour")["moved"]
        assert sorted(moved) == sorted(f"agency:{it}" for it in ids[1:])
        hand_off(pair)
        assert statuses(pair) == {ids[0]: "rejected"} | dict.fromkeys(ids[1:], "archived")
        assert sorted(it["sha256"] for it in in_archive(pair)) == sorted(sha(picture(it)) for it in (1, 2, 3))
        made = submissions(pair)[ids[1]].decision
        assert made is not None
        assert (made.by, made.via, made.after) == ("Mara Lind", "dambridge", made.until)


@pytest.mark.parametrize(
    ("kind", "more"),
    [("keep", {}), ("tag", {"field": "instructions"}), ("move", {"gallery": "Done"}), ("trash", {})],
)
def test_the_source_is_seen_to_once_its_copy_is_proven(tmp_path: Path, kind: str, more: dict[str, str]) -> None:
    with handing_in(tmp_path, carriers=[], disposition={"kind": kind, **more}) as pair:
        asset = hand_in(pair, 1)
        hand_off(pair)
        reviewed(pair, "approve", asset)
        ran = hand_off(pair)
        it, source = submissions(pair)[asset], sources(pair)[asset]
        assert (str(it.disposed_as), it.kept_for) == (kind, ""), ran.summary
        assert len(in_archive(pair)) == 1
        match kind:
            case "keep":
                assert source["containers"] == ["Submissions/Harbour"]
            case "tag":
                assert source["metadata"]["instructions"] == "archived"
            case "move":
                assert source["containers"] == ["Done"]
            case "trash":
                assert source["trash"]
