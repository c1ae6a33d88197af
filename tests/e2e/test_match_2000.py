"""Two libraries of two thousand with fifteen hundred in common, under other names and partly re-encoded, through the command
line: what belongs together is found, nothing else is paired, and until a named person activates it nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.commands import Answer, dambridge
from support.matching import Laid, laid_out
from support.two_libraries import kinds_of

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("match 2000"), pytest.mark.timeout(590)]


@dataclass(slots=True)
class Story:
    """What the commands said, and what each of them changed in the two systems."""

    laid: Laid
    answers: dict[str, Answer] = field(default_factory=dict)
    changed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def say(self, name: str, *arguments: str) -> None:
        since = {it: self.laid.world.seq(it) for it in ("photoshelter", "netx")}
        self.answers[name] = dambridge(self.laid.world.config, "match", *arguments, timeout=560)
        self.changed[name] = [
            it
            for system, seq in since.items()
            for it in self.laid.world.changes(system, seq)
            if "authenticate" not in it["path"]
        ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("match")
    with laid_out(folder, 2000) as laid:
        told = Story(laid)
        plan = folder / "plan.jsonl"
        told.say("match", "--out", str(plan))
        told.say("unnamed", "activate", str(plan))
        told.say("activate", "activate", str(plan), "--by", "Ada")
        yield told


def pairs_of(plan: Path, laid: Laid) -> set[tuple[str, str]]:
    """The pairs of the plan file by file name, read without the product."""
    import json

    rows = [json.loads(it) for it in plan.read_text("utf-8").splitlines()]
    return {
        (laid.names["agency"][it["source"]["id"]], laid.names["archive"][it["target_id"]])
        for it in rows
        if it.get("action") == "activate"
    }


def test_what_belongs_together_is_found_and_nothing_else(story: Story) -> None:
    made, said = story.laid.made, story.answers["match"]
    assert said.code == 3, "some pairs wait for a person"
    pairs = pairs_of(Path(said.json["file"]), story.laid)
    assert len(pairs) == said.json["certain"] == said.json["adopted"]
    same, saved = kinds_of(made.pairs, "same"), kinds_of(made.pairs, "saved", "stripped")
    assert len(made.pairs) == 1500
    assert len(same) >= 900
    assert len(saved) >= 500
    assert pairs - same - saved - kinds_of(made.may, "burst") == set(), "no automatic pair is wrong"
    assert len(pairs & same) >= 0.99 * len(same)
    assert len(pairs & saved) >= 0.95 * len(saved)


@pytest.mark.hazard("P25")
def test_the_audit_comes_with_it_and_counts_exactly(story: Story) -> None:
    for told, key in zip(story.answers["match"].json["audit"], ("ps", "nx"), strict=True):
        wrongs = story.laid.made.wrongs[key]
        assert {name: told["counts"][name] for name in wrongs} == wrongs
        assert told["assets"] == 2000


def test_nothing_is_created_changed_or_withdrawn(story: Story) -> None:
    assert story.changed == {"match": [], "unnamed": [], "activate": []}
    calls = story.laid.world.journal("netx", 0)
    assert len(calls) > 1000, "the journal saw us"


def test_only_a_named_person_activates(story: Story) -> None:
    assert story.answers["unnamed"].code == 2
    said = story.answers["activate"]
    assert (said.code, said.json["by"]) == (0, "Ada")
    assert said.json["activated"] == story.answers["match"].json["certain"]


def test_few_bytes_are_moved(story: Story) -> None:
    """Originals are read whole only where a file of their size is in the other library."""
    sent = sum(it["bytes_out"] for it in story.laid.world.journal("netx", 0) if "/asset/" in it["path"])
    whole = sum(it.stat().st_size for it in (story.laid.made.netx / "files").iterdir())
    assert sent < whole
