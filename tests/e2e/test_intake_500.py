"""Five hundred mixed assets through the command line on every runtime: once, again, approved later, edited, renewed.

One story per runtime, told by commands in processes of their own; the tests below hold what it left in NetX against truths
that were made beside the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support import library500
from support.commands import Answer, dambridge
from support.library500 import Library500, Truth
from support.pictures import picture
from support.simulated import options
from support.truth import differences
from support.world import World, lines

CAPTION = "Späte Einsicht: 写真 ⚓"
RUNTIMES = [
    pytest.param("local", marks=pytest.mark.long),
    "dbos",
    pytest.param("dbos on postgres", marks=[pytest.mark.postgres, pytest.mark.long]),
]
_numbers = count(1)


@dataclass(slots=True)
class Stage:
    """One run of the story: what it said, what was called meanwhile, and what stood in NetX afterwards."""

    answer: Answer
    calls: dict[str, list[dict[str, Any]]]
    archived: list[dict[str, Any]]

    def changing(self, system: str) -> list[dict[str, Any]]:
        return [it for it in self.calls[system] if it["changed"]]


@dataclass(slots=True)
class Story:
    """Everything that happened on one runtime."""

    first: Stage
    second: Stage
    approved: tuple[Truth, Stage]
    edited: tuple[Truth, Stage]
    renewed: tuple[Truth, Stage]
    verified: Answer


@pytest.fixture(scope="session")
def library() -> Library500:
    return library500.build()


@pytest.fixture(scope="session")
def told() -> Iterator[tuple[ExitStack, dict[str, Story]]]:
    """The stories told so far, by runtime, with the simulators that they were told on: tests come in any order."""
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture(params=RUNTIMES)
def story(
    request: pytest.FixtureRequest,
    library: Library500,
    told: tuple[ExitStack, dict[str, Story]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    stack, stories = told
    runtime = str(request.param)
    if runtime not in stories:
        store = new_database(request) if "postgres" in runtime else {}
        overrides: dict[str, Any] = {"engine": {"runtime": runtime.split(maxsplit=1)[0], "concurrency": 8}, **store}
        photoshelter = stack.enter_context(serve(make_vendor("photoshelter"), options(seed=str(library.folder))))
        netx = stack.enter_context(serve(make_vendor("netx"), options()))
        folder = tmp_path_factory.mktemp("story")
        stories[runtime] = tell(World(photoshelter, netx, folder, overrides), library)
    return stories[runtime]


def new_database(request: pytest.FixtureRequest) -> dict[str, Any]:
    """An empty database of the session's server, as the store of an installation."""
    server = request.getfixturevalue("postgres_server")
    database = f"story_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{database}"')
    return {"store": {"url": server.url(database)}}


def tell(pair: World, library: Library500) -> Story:
    config = pair.config
    ids = {it["file_name"]: it["id"] for it in lines(pair.photoshelter.url, "/__sim__/state")}
    draft = next(it for it in library.truths if it.status == "draft" and it.media_type == "image")
    captioned, replaced = [it for it in library.approved if it.media_type == "image" and it.file_name.endswith("jpg")][
        :2
    ]

    first, second = stage(pair, config, program=True), stage(pair, config)
    pair.advance(3600)
    pair.edit(ids[draft.file_name], iptc={"edit_status": "approved"})
    approved = stage(pair, config)
    pair.advance(3600)
    pair.edit(ids[captioned.file_name], iptc={"caption": CAPTION})
    edited = stage(pair, config)
    pair.advance(3600)
    data = picture(7, side=96)
    pair.edit(ids[replaced.file_name], data)
    renewed = stage(pair, config)
    return Story(
        first=first,
        second=second,
        approved=(draft, approved),
        edited=(replace(captioned, attributes={**captioned.attributes, "Caption": CAPTION}), edited),
        renewed=(replace(replaced, sha256=hashlib.sha256(data).hexdigest(), size=len(data)), renewed),
        verified=dambridge(config, "verify", "--links", "1000"),
    )


def stage(pair: World, config: Path, *, program: bool = False) -> Stage:
    before = {it: len(getattr(pair, it).world.journal) for it in ("photoshelter", "netx")}
    answer = dambridge(config, "run", "--once", program=program)
    return Stage(answer, {it: pair.journal(it, seq) for it, seq in before.items()}, pair.archived())


def test_each_approved_asset_stands_in_netx_once_with_bytes_and_fields_and_no_draft(
    story: Story, library: Library500
) -> None:
    assert story.first.answer.code == 0, story.first.answer.err
    assert differences(story.first.archived, library.approved) == []
    assert story.first.answer.ends == {
        "seen": len(library.truths),
        "done": len(library.approved),
        "skipped": len(library.truths) - len(library.approved),
    }
    assert len(library.approved) > 300
    assert {it.media_type for it in library.approved} == {"image", "raw", "video", "audio", "document"}


def test_every_original_is_fetched_and_sent_once(story: Story, library: Library500) -> None:
    fetched = [it for it in story.first.calls["photoshelter"] if it["path"].endswith("/download")]
    sent = [it for it in story.first.changing("netx") if it["path"].startswith("/api/import")]
    assert len(fetched) == len(sent) == len(library.approved)
    assert story.first.answer.intake["bytes"] == sum(it.size for it in library.approved)


def test_a_second_run_writes_nothing_at_all(story: Story, library: Library500) -> None:
    assert story.second.answer.code == 0
    assert story.second.changing("netx") == []
    assert [it for it in story.second.changing("photoshelter") if "/authenticate" not in it["path"]] == []
    assert [it for it in story.second.calls["photoshelter"] if it["path"].endswith("/download")] == []
    assert story.second.answer.intake["done"] == 0
    assert story.second.answer.intake["unchanged"] <= len(library.approved)
    assert len(story.first.changing("netx")) > len(library.approved), (
        "the first run did write: the question can be answered"
    )


@pytest.mark.hazard("P12")
def test_what_is_approved_later_arrives_in_the_next_run(story: Story, library: Library500) -> None:
    truth, after = story.approved
    assert after.answer.intake["done"] == 1
    assert differences(after.archived, [*library.approved, truth]) == []


@pytest.mark.hazard("P13")
def test_a_caption_edit_is_one_write_and_moves_no_bytes(story: Story, library: Library500) -> None:
    truth, after = story.edited
    expected = [truth if it.file_name == truth.file_name else it for it in library.approved]
    assert after.answer.intake["done"] == 1
    assert after.answer.intake["bytes"] == 0
    assert len(after.changing("netx")) == 1
    assert [it for it in after.calls["photoshelter"] if it["path"].endswith("/download")] == []
    assert differences(after.archived, [*expected, story.approved[0]]) == []


@pytest.mark.hazard("P22")
def test_new_bytes_become_a_version_of_the_same_asset(story: Story) -> None:
    truth, after = story.renewed
    (copy,) = [it for it in after.archived if it["file_name"] == truth.file_name]
    (earlier,) = [it for it in story.first.archived if it["file_name"] == truth.file_name]
    assert copy["id"] == earlier["id"]
    assert differences([copy], [truth], versions=2) == []
    assert len(after.archived) == len(story.edited[1].archived)
    assert len([it for it in after.changing("netx") if it["bytes_in"] > truth.size]) == 1, "the bytes were sent once"


@pytest.mark.hazard("P48")
def test_every_sum_is_right_and_everything_on_record_holds(story: Story) -> None:
    for it in (story.first, story.second, story.approved[1], story.edited[1], story.renewed[1]):
        flow = it.answer.intake
        ends = ("done", "unchanged", "skipped", "waiting", "quarantined", "failed")
        assert flow["seen"] == sum(flow[name] for name in ends)
    assert story.verified.code == 0, story.verified.out
    assert story.verified.json["links"]["checked"] == len(story.renewed[1].archived)
