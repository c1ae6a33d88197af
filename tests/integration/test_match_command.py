"""`dambridge match` as a person gives it: the audit first, what is certain, what waits, and a name under every decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.commands import Answer, dambridge
from support.pictures import picture
from support.world import World, world


@dataclass(slots=True)
class Story:
    """One person's morning with two small libraries: three files in both, one of them twice in NetX, one in neither twice."""

    pair: World
    ours: list[tuple[str, str]]
    twin: str
    plan: Path
    said: dict[str, Answer]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with world(tmp_path_factory.mktemp("command")) as pair:
        rights = {"copyright": "©", "rights": "Editorial"}
        ours = [
            (
                pair.submit(picture(it), file_name=f"a{it}.jpg", containers=["Library"], iptc=rights if it else {}),
                pair.keep_in_netx(picture(it), file_name=f"b{it}.jpg", containers=["Press"]),
            )
            for it in range(3)
        ]
        twin = pair.keep_in_netx(picture(2), file_name="b2.JPG ", containers=["Web"])
        plan = pair.folder / "links.jsonl"
        said: dict[str, Answer] = {}

        def say(name: str, *arguments: str) -> None:
            said[name] = dambridge(pair.config, "match", *arguments)

        say("too early", "review")
        say("audit", "audit")
        say("match", "--out", str(plan))
        say("review", "review")
        say("nobody", "review", "--accept", f"{ours[2][0]}={ours[2][1]}")
        say("no pair", "review", "--accept", f"{ours[0][0]}={ours[1][1]}", "--by", "Ada")
        say("no ids", "review", "--refuse", "x", "--by", "Ada")
        say("accept", "review", "--accept", f"agency:{ours[2][0]}=archive:{ours[2][1]}", "--by", "Ada")
        say("folder", "plan", "--folder", "Web")
        say("plan", "plan", "--out", str(plan))
        said["apply"] = dambridge(pair.config, "apply", str(plan))
        say("anonymous", "activate", str(plan))
        say("activate", "activate", str(plan), "--by", "Ada")
        say("elsewhere", "--source", "nowhere")
        say("itself", "--source", "archive", "--target", "archive")
        yield Story(pair, ours, twin, plan, said)


def test_there_is_nothing_to_review_before_the_libraries_were_compared(story: Story) -> None:
    assert story.said["too early"].code == 1
    assert "dambridge match" in story.said["too early"].json["error"]


@pytest.mark.hazard("P25")
def test_the_audit_says_what_is_wrong_and_asks_for_a_person(story: Story) -> None:
    said = story.said["audit"]
    assert said.code == 3
    agency, archive = said.json["audit"]
    assert (agency["counts"]["missing_rights"], agency["counts"]["duplicates"]) == (1, 0)
    assert agency["missing_rights"] == {story.ours[0][0]: ["copyright_notice", "usage_terms"]}
    assert archive["duplicates"] == [sorted((story.ours[2][1], story.twin), key=str)]
    assert archive["bad_names"] == {story.twin: {"file_name": "b2.JPG ", "what": ["edges"]}}


def test_a_comparison_says_what_is_certain_and_what_waits(story: Story) -> None:
    said = story.said["match"]
    assert said.code == 3
    assert (said.json["certain"], said.json["review"], said.json["adopted"]) == (2, 2, 2)
    assert said.json["audit"] == story.said["audit"].json["audit"]
    assert said.json["calls"]["agency"] > 0
    listed = story.said["review"]
    assert listed.code == 3
    assert {(it["one"]["id"], it["other"]["id"]) for it in listed.json["review"]} == {
        (story.ours[2][0], story.ours[2][1]),
        (story.ours[2][0], story.twin),
    }
    assert {tuple(it["doubts"]) for it in listed.json["review"]} == {("several",)}


def test_a_decision_needs_a_name_and_a_pair(story: Story) -> None:
    assert [story.said[it].code for it in ("nobody", "no pair", "no ids")] == [2, 1, 2]
    assert "--by" in story.said["nobody"].json["error"]
    done = story.said["accept"]
    assert done.json["waiting"] == 0 or done.json["waiting"] == 1
    assert story.said["plan"].json["counts"]["activate"] == 3


def test_a_plan_can_be_of_some_folders(story: Story) -> None:
    assert story.said["folder"].json["plan"] is None, "nothing certain stands in that folder"


def test_only_match_activates_and_only_for_a_named_person(story: Story) -> None:
    assert story.said["apply"].code == 3
    assert "match activate" in story.said["apply"].json["error"]
    assert story.said["anonymous"].code == 2
    assert (story.said["activate"].code, story.said["activate"].json["activated"]) == (0, 3)
    trail = dambridge(story.pair.config, "audit", "--limit", "100").json
    entries = [json.dumps(it) for it in (trail["entries"] if isinstance(trail, dict) else trail)]
    assert sum("link.activated" in it and '"Ada"' in it for it in entries) == 3
    assert sum("pair.decided" in it and '"Ada"' in it for it in entries) == 1


def test_the_plan_is_a_sealed_file_like_every_plan(story: Story) -> None:
    rows = [json.loads(it) for it in story.plan.read_text("utf-8").splitlines()]
    assert (rows[0]["plan"], rows[0]["flow"]) == (1, "intake")
    assert {it["action"] for it in rows[1:-1] if "action" in it} == {"activate"}
    assert set(rows[-1]) == {"sha256"}


def test_accounts_must_be_two_and_known(story: Story) -> None:
    for name in ("elsewhere", "itself"):
        assert story.said[name].code == 1
        assert "archive" in story.said[name].json["error"]


def test_nothing_was_written_in_either_system(story: Story) -> None:
    for system in ("photoshelter", "netx"):
        changed = [it["path"] for it in story.pair.changes(system, 0) if "authenticate" not in it["path"]]
        assert changed == []


def test_people_get_tables(story: Story) -> None:
    import os
    import subprocess

    from support.commands import PROGRAM

    said = subprocess.run(
        [str(PROGRAM), "--config", str(story.pair.config), "match"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )
    assert "The libraries as they are" in said.stdout
    assert said.stdout.index("The libraries as they are") < said.stdout.index("Pairs"), "the audit comes first"
    assert "Nothing was changed in either system" in said.stdout
