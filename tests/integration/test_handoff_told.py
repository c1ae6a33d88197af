"""What people hear of a hand-off: contributors of decisions, reviewers of what waits too long; and what nobody may touch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.commands import dambridge
from support.handing_off import (
    SHOOT,
    hand_in,
    hand_off,
    handing_in,
    in_archive,
    reviewed,
    sources,
    statuses,
    submissions,
)
from support.letters import post
from support.pictures import approved_inside, picture


def test_a_rejection_reaches_its_contributor_once_or_waits_for_the_coordinator_by_name(tmp_path: Path) -> None:
    with post() as box, handing_in(tmp_path, carriers=[], contributors={"JONAS Blum": {"urls": [box.url]}}) as pair:
        known, stranger = hand_in(pair, 1), hand_in(pair, 2, author="Somebody Else")
        hand_off(pair)
        assert "error" in reviewed(pair, "reject", known), "a rejection says why"
        reviewed(pair, "reject", known, note="blurred")
        reviewed(pair, "ask", stranger, note="crop it")
        ran = hand_off(pair)
        assert [it["title"] for it in box.letters] == ["Not taken: 001.jpg"]
        assert "blurred" in box.letters[0]["message"]
        assert ran.summary["flows"]["handoff"]["needs_attention"] == {"not_told": 1}
        assert "Ida Roth" in dambridge(pair.config, "runs", "show", "last").out
        for _ in range(2):
            pair.advance(3600)
            hand_off(pair, full=True)
        assert len(box.letters) == 1
        assert "error" not in reviewed(pair, "told", stranger, by="Ida Roth")
        found = submissions(pair)
        assert found[stranger].told_to == "Somebody Else, by Ida Roth"
        assert found[known].told_to == "Jonas Blum"
        pair.advance(3600)
        pair.edit(stranger, picture(3))
        pair.advance(3600)
        hand_off(pair)
        assert statuses(pair)[stranger] == "in_review", "a better file is up for review by itself"


def test_what_waits_too_long_is_told_to_the_owner_then_to_the_deputy(tmp_path: Path) -> None:
    with post() as mara, post() as ben:
        people = {"Mara Lind": {"urls": [mara.url]}, "Ben Koch": {"urls": [ben.url]}}
        queue = {"owner": "Mara Lind", "deputy": "Ben Koch", "within": "8h", "calendar": {"country": "DE"}}
        with handing_in(tmp_path, carriers=[], people=people, queue=queue) as pair:
            hand_in(pair, 1)
            hand_in(pair, 2)
            hand_off(pair)
            assert not mara.letters
            for _ in range(6):
                pair.advance(86_400)
                hand_off(pair)
            assert mara.letters, "a working day has passed"
            assert "2 files wait" in mara.letters[0]["title"]
            assert ben.letters, "and another one"
            assert len(mara.letters) + len(ben.letters) <= 6, "once a working day"
            late = dambridge(pair.config, "review", "list")
            assert late.code == 3
            assert [it["late"] for it in json.loads(late.out)["submissions"]] == [True, True]


def test_a_legal_hold_keeps_the_source_until_it_is_lifted(tmp_path: Path) -> None:
    with handing_in(tmp_path, carriers=[], disposition={"kind": "trash"}) as pair:
        asset = hand_in(pair, 1)
        hand_off(pair)
        name = f"agency:{asset}"
        assert dambridge(pair.config, "hold", "set", name, "--by", "Ida").code == 3, "never without a reason"
        assert dambridge(pair.config, "hold", "set", name, "--by", "Ida", "--why", "court").code == 0
        reviewed(pair, "approve", asset)
        ran = hand_off(pair)
        assert len(in_archive(pair)) == 1
        assert not sources(pair)[asset]["trash"]
        assert ran.summary["flows"]["handoff"]["needs_attention"] == {"legal_hold": 1}
        assert "court" in dambridge(pair.config, "hold", "list").out
        assert dambridge(pair.config, "hold", "lift", name, "--by", "Ida", "--why", "over").code == 0
        hand_off(pair)
        assert sources(pair)[asset]["trash"]


def test_the_commands_decide_show_and_preview(tmp_path: Path) -> None:
    with handing_in(tmp_path, carriers=[]) as pair:
        assert "Mara Lind reviews; 0 contributors can be told; sources: keep" in dambridge(pair.config, "check").out
        one, other = hand_in(pair, 1), hand_in(pair, 2)
        assert dambridge(pair.config, "run", "--once").code == 3
        listed = json.loads(dambridge(pair.config, "review", "list", "--json").out)
        assert {it["asset"] for it in listed["submissions"]} == {f"agency:{one}", f"agency:{other}"}
        assert dambridge(pair.config, "review", "approve", f"agency:{one}", "--by", "Mara").code == 0
        assert dambridge(pair.config, "review", "undo", f"agency:{one}", "--by", "Mara").code == 0
        assert statuses(pair)[one] == "in_review"
        assert dambridge(pair.config, "review", "approve", "--shoot", SHOOT, "--by", "Mara").code == 0
        assert dambridge(pair.config, "run", "--once").code == 0
        shown = dambridge(pair.config, "review", "show", f"agency:{one}", "--preview", str(tmp_path / "pictures"))
        told = json.loads(shown.out)
        assert (told["decision"]["by"], told["status"], bool(told["archived_at"])) == ("Mara", "archived", True)
        assert [it.suffix for it in (tmp_path / "pictures").iterdir()] == [".jpg"]
        assert dambridge(pair.config, "review", "undo", f"agency:{one}", "--by", "Mara").code == 3
        whole = json.loads(dambridge(pair.config, "show", one).out)
        assert [it.split(" ")[0] for it in whole["handed_in"]] == ["Handed", "It", "Archived", "Its"]
        told = [it["words"] for it in whole["story"]]
        assert told[0].startswith(f"Handed in by Jonas Blum with {SHOOT}: SHA-256 ")
        assert told[1] == "It was approved in dambridge."
        assert told[2] == "It was put back into review in dambridge."
        assert told[-1] == "Its source was kept."
        events = [it["event"] for it in whole["story"]]
        assert events[0] == "submission.handed_in"
        assert events.count("submission.decided") == 3
        assert events[-3:] == ["asset.create", "submission.archived", "source.disposed"]
        assert dambridge(pair.config, "review", "approve").code == 2


@pytest.mark.hazard("P12")
def test_an_approval_that_arrives_inside_a_file_is_none(tmp_path: Path) -> None:
    """Until people set another value: a reviewer who takes it away and gives it again decides."""
    with handing_in(tmp_path) as pair:
        asset = hand_in(pair, 1, data=approved_inside(), edit_status="approved")
        for _ in range(3):
            hand_off(pair, full=True)
            pair.advance(3600)
        assert statuses(pair)[asset] == "in_review"
        assert not in_archive(pair)
        for value in ("open", "approved"):
            pair.edit(asset, iptc={"edit_status": value})
            pair.advance(3600)
            hand_off(pair)
        assert statuses(pair)[asset] == "archived"
        assert len(in_archive(pair)) == 1
