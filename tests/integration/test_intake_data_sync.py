"""Intake where NetX pulls attributes from a file: assets wait without anybody's help, and are done once the values are seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.data_sync import pull, rows
from support.pictures import approved, picture
from support.world import World, world


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sync.xml"


@pytest.fixture
def pair(tmp_path: Path, file: Path) -> Iterator[World]:
    archive = {"write_route": "data_sync", "data_sync_file": str(file)}
    with world(tmp_path, accounts={"archive": archive}, engine={"attempts": 1}) as it:
        yield it


def submit(pair: World, count: int) -> None:
    for it in range(count):
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved(title=f"T{it}"))


def synced(pair: World, file: Path) -> int:
    return pull(file, lambda asset, values: pair.edit_netx(asset, attributes=values))


def told(result: Any) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    return {it: flow[it] for it in ("done", "unchanged", "waiting", "quarantined", "failed") if flow[it]}


async def test_assets_wait_for_the_pull_and_are_then_done_without_being_sent_again(pair: World, file: Path) -> None:
    submit(pair, 20)  # more than there are berths
    first = await pair.run()
    assert told(first) == {"waiting": 20}
    assert first.exit_code == 0, "nobody is needed"
    assert len(pair.archived()) == 20
    assert all(it["containers"][0].startswith("PhotoShelter/") for it in pair.archived())
    assert told(await pair.run()) == {"waiting": 20}
    assert synced(pair, file) == 20
    mark = pair.seq("netx")
    assert told(await pair.run()) == {"done": 20}
    assert pair.changes("netx", mark) == []
    assert rows(file) == {}
    assert sorted(it["attributes"]["Title"][0] for it in pair.archived()) == sorted(f"T{it}" for it in range(20))
    assert told(await pair.run(full=True)) == {"unchanged": 20}


async def test_an_edit_of_fields_goes_the_same_way(pair: World, file: Path) -> None:
    submit(pair, 1)
    await pair.run()
    synced(pair, file)
    await pair.run()
    (asset,) = pair.by_source()
    pair.edit(asset, iptc={"caption": "A better sentence"})
    assert told(await pair.run()) == {"waiting": 1}
    pair.edit(asset, iptc={"caption": "The best sentence"})
    assert told(await pair.run()) == {"waiting": 1}
    assert [it["Caption"] for _, it in rows(file).values()] == [["The best sentence"]]
    synced(pair, file)
    assert sum(told(await pair.run()).values()) == 1
    assert pair.by_source()[asset][0]["attributes"]["Caption"] == ["The best sentence"]
    assert told(await pair.run(full=True)) == {"unchanged": 1}


async def test_what_is_never_pulled_ends_with_a_person(pair: World, file: Path) -> None:
    submit(pair, 1)
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3 * 86400)
    result = await pair.run()
    assert told(result) == {"quarantined": 1}
    assert result.exit_code == 3


async def test_what_is_pulled_and_altered_ends_with_a_person_too(pair: World, file: Path) -> None:
    submit(pair, 1)
    await pair.run()
    pull(file, lambda asset, values: pair.edit_netx(asset, attributes={**values, "Title": ["SHOUTED"]}))
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3 * 86400)
    assert told(await pair.run()) == {"quarantined": 1}
