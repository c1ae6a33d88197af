"""Numbers in names, handed out to two processes at once: no two assets have one, none has two, and none is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dambridge.storage import open_ledger

LINKS, SHARED = 64, 24
"""How many assets each process names, and how many of them both do."""
PROCESS = """
import asyncio, json, sys
from dambridge.model.identity import AccountId, LinkId
from dambridge.storage import open_ledger

async def main(store, first, count):
    ledger = open_ledger(store)
    links = [LinkId(f"ln{it:05d}") for it in range(first, first + count)]
    print("ready", flush=True)
    sys.stdin.readline()
    ask = lambda it: ledger.number_of(AccountId("archive"), "hb-26_<counter:4>", it)
    numbers = [await asyncio.gather(*map(ask, links[at : at + 8])) for at in range(0, count, 8)]
    print(json.dumps(dict(zip(links, sum(map(list, numbers), [])))), flush=True)
    await ledger.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


def named_at_once(store: str) -> list[dict[str, int]]:
    """What each of two processes was given; they overlap and begin together."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, store, str(first), str(LINKS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, LINKS - SHARED)
    ]
    try:
        for it in processes:
            assert it.stdout is not None
            assert it.stdout.readline() == "ready\n"
        for it in processes:
            assert it.stdin is not None
            it.stdin.write("go\n")
            it.stdin.flush()
        return [json.loads(it.communicate(timeout=120)[0]) for it in processes]
    finally:
        for it in processes:
            it.kill()
            it.wait()


def check(given: Sequence[dict[str, int]]) -> None:
    one, other = given
    assert len(one.keys() & other.keys()) == SHARED
    assert {it: one[it] for it in one.keys() & other.keys()} == {it: other[it] for it in one.keys() & other.keys()}
    whole = {**one, **other}
    assert sorted(whole.values()) == list(range(1, len(whole) + 1))


@pytest.mark.postgres
async def test_on_postgresql(postgres_url: str) -> None:
    check(named_at_once(postgres_url))


async def test_on_sqlite(tmp_path: Path) -> None:
    await open_ledger(tmp_path).close()
    check(named_at_once(str(tmp_path)))
