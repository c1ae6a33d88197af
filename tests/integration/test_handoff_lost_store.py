"""The store is lost: what was handed in before is found again where the archive has it, and said not to be known where not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.commands import dambridge
from support.handing_off import hand_in, hand_off, handing_in, in_archive, reviewed, sources, statuses, submissions
from support.world import World


def lose_and_rebuild(pair: World) -> None:
    shutil.rmtree(pair.folder / "data")
    answer = dambridge(pair.config, "store", "rebuild", "--by", "Ida Roth")
    assert answer.code == 0, answer.err


@pytest.mark.hazard("P04")
def test_what_was_archived_is_known_by_its_bytes_and_nothing_is_decided_by_what_nobody_remembers(
    tmp_path: Path,
) -> None:
    with handing_in(tmp_path) as pair:
        pair.overrides = {**pair.overrides, "store": {"tombstones": str(tmp_path / "tombstones.jsonl")}}
        done, said, changed = hand_in(pair, 1), hand_in(pair, 2), hand_in(pair, 3)
        hand_off(pair)
        pair.advance(3600)
        for it in (done, changed):
            pair.edit(it, iptc={"edit_status": "approved"})
        pair.advance(3600)
        hand_off(pair)
        assert len(in_archive(pair)) == 2
        pair.edit(said, iptc={"edit_status": "approved"})  # of which bytes, only the store would have known
        pair.advance(3600)
        lose_and_rebuild(pair)
        pair.overrides = {**pair.overrides, "flows": {**pair.overrides["flows"], **trashes(pair)}}
        for _ in range(3):
            hand_off(pair, full=True)
            pair.advance(3600)
        found = submissions(pair)
        assert statuses(pair) == {done: "archived", said: "in_review", changed: "archived"}
        assert len(in_archive(pair)) == 2, "nothing is archived twice"
        assert not sources(pair)[done]["trash"], "nobody knows whether it is under legal hold"
        assert "legal hold" in found[done].kept_for
        why = found[said].why
        assert why is not None
        assert str(why.code) == "review_forgotten"
        told = dambridge(pair.config, "show", done).out
        assert "went with the store" in told
        reviewed(pair, "approve", said)
        hand_off(pair)
        assert len(in_archive(pair)) == 3
        fresh = hand_in(pair, 4)
        pair.advance(60)
        hand_off(pair)
        assert submissions(pair)[fresh].why is None, "what is newer than the loss is as ever"


def trashes(pair: World) -> dict[str, object]:
    return {"handoff": {**pair.overrides["flows"]["handoff"], "disposition": {"kind": "trash"}}}
