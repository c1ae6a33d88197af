"""Contracts and releases beside pictures: restricted views of the pictures of their job, once, or waiting with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.engine.running import RunResult
from support.enriching import changed, ends, enrich, enriching, linked, takes_views, views
from support.world import World, merged

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
PAPERS: dict[str, Any] = {"galleries": ["Intake/Papers"], "pattern": "J-*", "restricted": True}
VIEW = "POST", "/api/import/asset/*/view"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with enriching(tmp_path, papers=PAPERS) as it:
        skip = {"select": {"media_types": {"document": "skip"}}}
        it.overrides = merged(it.overrides, {"flows": {"intake": skip}})
        yield it


def paper(pair: World, name: str = "J-7 model release.pdf") -> str:
    return pair.submit(PDF, file_name=name, containers=["Intake/Papers"], iptc={})


def hang(pair: World) -> RunResult:
    """A run on an account that was shown to take views."""
    takes_views(pair)
    return enrich(pair, full=True)


def test_a_paper_hangs_once_on_every_picture_of_its_job_and_is_no_asset(pair: World) -> None:
    ids = linked(pair, {"trans_ref": "J-7"}, {"trans_ref": "J-7"}, {"trans_ref": "J-8"})
    own = paper(pair)
    first = hang(pair)
    name = f"Restricted {own} J-7 model release.pdf"
    assert views(pair) == {ids[0][1]: [name], ids[1][1]: [name], ids[2][1]: []}, first.summary
    seq = pair.seq("netx")
    again = hang(pair)
    assert pair.changes("netx", seq) == []
    assert (ends(again).get("done", 0), again.exit_code) == (0, 0), again.summary
    asyncio.run(pair.run(full=True))
    assert len(pair.archived()) == 3


@pytest.mark.hazard("P20")
def test_a_lost_reply_hangs_no_second_copy(pair: World) -> None:
    ((_, there),) = linked(pair, {"trans_ref": "J-7"})
    paper(pair)
    pair.faults("netx", {"match": {"method": VIEW[0], "path": VIEW[1]}, "action": "drop_reply", "times": 1})
    hang(pair)
    hang(pair)
    sent = [it for it in pair.journal("netx") if it["path"].endswith("/view")]
    assert len(views(pair)[there]) == 1
    assert len(sent) == 1, "what was looked up is not sent again"
    assert sent[0]["fault"]


@pytest.mark.hazard("P20")
def test_a_request_that_never_arrived_is_sent_again_by_the_next_run(pair: World) -> None:
    ((_, there),) = linked(pair, {"trans_ref": "J-7"})
    paper(pair)
    pair.faults("netx", {"match": {"method": VIEW[0], "path": VIEW[1]}, "action": "drop_request", "times": 1})
    lost = hang(pair)
    assert views(pair)[there] == []
    assert ends(lost)["waiting"] == 1
    hang(pair)
    assert len(views(pair)[there]) == 1


def test_a_paper_waits_with_the_reason(pair: World) -> None:
    linked(pair, {"trans_ref": "J-7"})
    paper(pair)
    unproven = enrich(pair)
    assert unproven.summary["flows"]["enrich"]["needs_attention"] == {"paper_waits": 1}, unproven.summary
    changed(pair, papers={**PAPERS, "restricted": False})
    assert hang(pair).summary["flows"]["enrich"]["needs_attention"] == {"paper_waits": 1}
    changed(pair, papers=PAPERS)
    paper(pair, "J-99 contract.pdf")
    assert hang(pair).summary["flows"]["enrich"]["needs_attention"] == {"paper_waits": 1}, "there is no picture of J-99"
    assert sorted(map(len, views(pair).values())) == [1]


def test_papers_that_intake_would_archive_are_a_mistake_of_the_configuration(pair: World) -> None:
    pair.overrides = merged(pair.overrides, {"flows": {"intake": {"select": {"media_types": {"document": "take"}}}}})
    with pytest.raises(ConfigurationWrong) as wrong:
        load_settings(pair.config)
    assert any("archived as assets of their own" in it.what for it in wrong.value.mistakes)
