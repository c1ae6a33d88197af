"""What a review came to is to be seen where contributors look: at the carriers that their account is proven to take."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.handing_off import running, showing
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.model import submissions as model
from dambridge.model.lifecycle import Status
from dambridge.policy.carriers import Carry
from dambridge.ports.errors import TryLater
from dambridge_sim.photoshelter.people import option_id_of
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
from support.storms import IMPORTS
from support.world import World

WORDS = {
    "in_review": ["in review"],
    "approved": ["approved"],
    "rejected": ["rejected"],
    "changes_asked": ["changes asked"],
}
RATINGS = {"approved": ["5", "4"], "rejected": ["1"], "changes_asked": ["2"]}
PLACES = {it: [f"Desk/{words[0].capitalize()}"] for it, words in WORDS.items()}
SETS: dict[str, list[dict[str, Any]]] = {
    "edit_status": [{"by": "edit_status", "words": WORDS}],
    "custom": [{"by": "custom", "name": "Desk", "words": WORDS}],
    "rating": [{"by": "rating", "words": RATINGS}],
    "gallery": [{"by": "gallery", "words": PLACES}],
    "several": [{"by": "gallery", "words": PLACES}, {"by": "edit_status", "words": WORDS}],
}
SELECT = {"galleries": ["Submissions/**", "Desk/**"]}
PROVEN = ["write_iptc", "write_custom", "write_media", "places", "folders", "discard"]
OPTIONS = {option_id_of(it): it for (it,) in WORDS.values()}


def shown(pair: World, asset: str) -> dict[str, Any]:
    """What every carrier of the asset says in PhotoShelter."""
    it = sources(pair)[asset]
    found: dict[str, Any] = {
        "edit_status": it["metadata"].get("edit_status") or "",
        "custom": (it.get("custom") or {}).get("Desk", ""),
        "rating": it.get("rating") or 0,
        "gallery": sorted(path for path in it["containers"] if path.startswith("Desk/")),
    }
    return found


def say(kind: str, status: str) -> dict[str, Any]:
    """What the carriers of a set say for a status, by their names."""
    found: dict[str, Any] = {}
    for it in SETS[kind]:
        first = it["words"].get(status, [""])[0]
        match it["by"]:
            case "gallery":
                found["gallery"] = [first] if first else []
            case "rating":
                found["rating"] = int(first or 0)
            case other:
                found[other] = first
    return found


def handing(tmp_path: Path, kind: str, **more: Any) -> Any:
    return handing_in(tmp_path, carriers=SETS[kind], select=SELECT, **more)


def made_ready(pair: World) -> None:
    """People made the desk's galleries."""
    agency = {"proven": PROVEN, "custom_fields": {"Desk": OPTIONS}}
    pair.overrides = {**pair.overrides, "accounts": {"agency": agency}}
    for (word,) in WORDS.values():
        place = PLACES[next(it for it, words in WORDS.items() if word in words)]
        asset = pair.submit(picture(99), file_name="x.jpg", containers=place, custom={"Desk": word}, iptc={})
        pair.edit(asset, containers=["Elsewhere"])


@pytest.mark.parametrize(
    "kind", [it if it == "several" else pytest.param(it, marks=pytest.mark.long) for it in sorted(SETS)]
)
def test_decisions_of_dambridge_are_shown_by_each_carrier_and_then_nothing_is_written(
    tmp_path: Path, kind: str
) -> None:
    with handing(tmp_path, kind) as pair:
        made_ready(pair)
        good, bad, better = (hand_in(pair, it) for it in range(3))
        hand_off(pair)
        reviewed(pair, "approve", good)
        reviewed(pair, "reject", bad, note="blurred")
        reviewed(pair, "ask", better, note="crop it")
        pair.advance(3600)
        hand_off(pair)
        for asset, status in ((good, "approved"), (bad, "rejected"), (better, "changes_asked")):
            assert say(kind, status).items() <= shown(pair, asset).items(), asset
        assert statuses(pair) == {good: "archived", bad: "rejected", better: "changes_asked"}
        last = pair.seq("photoshelter")
        for _ in range(3):
            pair.advance(3600)
            hand_off(pair, full=True)
        assert not pair.changes("photoshelter", last)
        assert statuses(pair) == {good: "archived", bad: "rejected", better: "changes_asked"}


@pytest.mark.hazard("P12")
def test_an_approval_of_other_bytes_is_taken_out_of_sight(tmp_path: Path) -> None:
    with handing(tmp_path, "edit_status") as pair:
        made_ready(pair)
        asset = hand_in(pair, 1)
        hand_off(pair)
        pair.advance(3600)
        pair.edit(asset, iptc={"edit_status": "approved"})
        pair.advance(3600)
        pair.edit(asset, picture(7))
        pair.advance(60)
        hand_off(pair)
        assert statuses(pair)[asset] == "in_review"
        pair.advance(3600)
        hand_off(pair)
        assert shown(pair, asset)["edit_status"] == "in review"
        assert not in_archive(pair)
        pair.edit(asset, iptc={"edit_status": "approved"})
        pair.advance(3600)
        hand_off(pair)
        assert statuses(pair)[asset] == "archived", "approved anew"


@pytest.mark.hazard("P12")
def test_what_a_write_that_was_cut_off_has_left_of_a_void_approval_approves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two carriers say approved; the process dies when one of them was cleared, and comes back an hour later."""
    words = {"approved": ["approved"]}
    carriers = [{"by": "edit_status", "words": words}, {"by": "gallery", "words": {"approved": ["Desk/Approved"]}}]
    with handing_in(tmp_path, carriers=carriers, select=SELECT) as pair:
        made_ready(pair)
        asset = hand_in(pair, 1)
        hand_off(pair)
        pair.advance(3600)
        pair.edit(asset, picture(7), iptc={"edit_status": "approved"}, containers=[SHOOT, "Desk/Approved"])
        pair.advance(60)

        async def dies(*_: Any, **__: Any) -> None:
            raise TryLater("the process is gone")

        with monkeypatch.context() as patched:
            patched.setattr(showing, "move", dies)
            hand_off(pair)
        assert statuses(pair)[asset] == "in_review", "approved and exchanged at once: nobody knows which came first"
        assert shown(pair, asset)["edit_status"] == "", "one of the two is cleared"
        assert shown(pair, asset)["gallery"] == ["Desk/Approved"]
        for _ in range(3):
            pair.advance(3600)
            hand_off(pair)
        assert statuses(pair)[asset] == "in_review"
        assert shown(pair, asset)["gallery"] == []
        assert not in_archive(pair)


@pytest.mark.hazard("P45")
def test_a_word_that_came_meanwhile_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with handing(tmp_path, "edit_status") as pair:
        made_ready(pair)
        asset = hand_in(pair, 1)
        hand_off(pair)
        reviewed(pair, "reject", asset, note="no")
        real = showing._as_it_was

        async def late(parts: HandoffParts, native: Any) -> None:
            monkeypatch.setattr(showing, "_as_it_was", real)
            await asyncio.to_thread(pair.advance, 60)
            await asyncio.to_thread(pair.edit, asset, iptc={"edit_status": "changes asked"})
            await real(parts, native)

        monkeypatch.setattr(showing, "_as_it_was", late)
        pair.advance(3600)
        hand_off(pair)
        assert shown(pair, asset)["edit_status"] == "changes asked"
        pair.advance(3600)
        hand_off(pair)
        assert statuses(pair)[asset] == "changes_asked", "somebody thought again"
        assert shown(pair, asset)["edit_status"] == "changes asked"


@pytest.mark.hazard("P45")
def test_a_word_that_came_after_the_archive_is_not_written_over_either(tmp_path: Path) -> None:
    with handing(tmp_path, "edit_status") as pair:
        made_ready(pair)
        asset = hand_in(pair, 1)
        hand_off(pair)
        reviewed(pair, "approve", asset)
        pair.overrides = {**pair.overrides, "engine": {"attempts": 1}}
        pair.faults("photoshelter", {"match": {"method": "PATCH"}, "action": "drop_request", "times": 1})
        hand_off(pair)
        assert statuses(pair)[asset] == "archived"
        pair.advance(3600)
        pair.edit(asset, iptc={"edit_status": "rejected"})
        pair.advance(3600)
        hand_off(pair)
        assert shown(pair, asset)["edit_status"] == "rejected"
        assert "rejected" in submissions(pair)[asset].unshown


def test_what_is_not_proven_is_not_written_and_said_to_be(tmp_path: Path) -> None:
    with handing(tmp_path, "custom") as pair:
        pair.overrides = {**pair.overrides, "accounts": {"agency": {"proven": []}}}
        asset = hand_in(pair, 1)
        hand_off(pair)
        reviewed(pair, "reject", asset, note="no")
        last = pair.seq("photoshelter")
        hand_off(pair)
        assert not pair.changes("photoshelter", last)
        assert "custom Desk" in submissions(pair)[asset].unshown


def test_an_approval_is_not_shown_before_it_is_archived(tmp_path: Path) -> None:
    with handing(tmp_path, "edit_status") as pair:
        made_ready(pair)
        asset = hand_in(pair, 1)
        hand_off(pair)
        reviewed(pair, "approve", asset)
        pair.overrides = {**pair.overrides, "engine": {"attempts": 1}}
        pair.faults("netx", {"match": IMPORTS, "action": "drop_request"})
        last = pair.seq("photoshelter")
        hand_off(pair)
        assert not pair.changes("photoshelter", last)
        pair.faults("netx")
        pair.advance(3600)
        hand_off(pair)
        assert shown(pair, asset)["edit_status"] == "approved"


@pytest.mark.hazard("P12")
def test_a_file_that_approves_itself_is_shown_as_rejected_and_stays_so(tmp_path: Path) -> None:
    with handing(tmp_path, "edit_status") as pair:
        made_ready(pair)
        asset = hand_in(pair, 1, data=approved_inside(), edit_status="approved")
        hand_off(pair)
        reviewed(pair, "reject", asset, note="not yours to say")
        for _ in range(3):
            pair.advance(3600)
            hand_off(pair, full=True)
        assert shown(pair, asset)["edit_status"] == "rejected"
        assert statuses(pair)[asset] == "rejected"


def test_a_contributor_without_an_address_is_answered_in_a_field_and_people_s_text_stays(tmp_path: Path) -> None:
    with post() as box:
        known = {"Jonas Blum": {"urls": [box.url]}}
        with handing_in(tmp_path, carriers=[], contributors=known, note_field="instructions") as pair:
            mapped = hand_in(pair, 1)
            bare, written = hand_in(pair, 2, author="Ana"), hand_in(pair, 3, author="Bo", instructions="Keep the crop.")
            hand_off(pair)
            for it in (mapped, bare, written):
                reviewed(pair, "reject", it, note="blurred")
            pair.advance(3600)
            ran = hand_off(pair)
            found = submissions(pair)
            assert len(box.letters) == 1
            assert found[mapped].told_to == "Jonas Blum"
            assert found[bare].told_to == "Ana, by a note there"
            assert sources(pair)[bare]["metadata"]["instructions"] == "[dambridge] Not taken: blurred"
            assert sources(pair)[written]["metadata"]["instructions"] == "Keep the crop."
            assert ran.summary["flows"]["handoff"]["needs_attention"] == {"not_told": 1}, "the coordinator answers"
            assert found[written].told_at is None
            last = pair.seq("photoshelter")
            for _ in range(2):
                pair.advance(3600)
                hand_off(pair, full=True)
            assert not pair.changes("photoshelter", last)
            assert sources(pair)[bare]["containers"] == [SHOOT]


def test_planted_faults_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(showing, "_carry", lambda *_: Carry())
        with pytest.raises(AssertionError):
            test_a_file_that_approves_itself_is_shown_as_rejected_and_stays_so(tmp_path / "a")
    with monkeypatch.context() as patched:
        patched.setattr(model, "SHOWN", frozenset({*model.SHOWN, Status.APPROVED}))
        patched.setattr(running, "_due", lambda _: True)
        with pytest.raises(AssertionError):
            test_an_approval_is_not_shown_before_it_is_archived(tmp_path / "b")
