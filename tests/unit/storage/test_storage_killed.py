"""What was reported as written is there after the process was killed in the middle of its work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dambridge.storage import open_ledger
from dambridge.testing.ledger_samples import FLOW

WRITER = """
import asyncio, sys
from dambridge.storage import open_ledger
from dambridge.testing.ledger_samples import FLOW, PLAN, T0, action, settled

async def one(ledger, run, number):
    it = action(number)
    await ledger.put_actions(run, PLAN, f"b{number}", [it])
    await settled(ledger, run, it)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()

async def main():
    ledger = open_ledger(sys.argv[1])
    run = await ledger.open_run(FLOW, at=T0, command=None, plan=None)
    for start in range(0, 100_000, 20):
        await asyncio.gather(*(one(ledger, run, start + n) for n in range(20)))

asyncio.run(main())
"""


def write_until_killed(where: str) -> list[int]:
    """Run the writer, kill it in the middle, and return what it had reported as written."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, where], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    reported = [int(writer.stdout.readline()) for _ in range(150)]
    writer.kill()
    reported += [int(line) for line in writer.stdout.read().splitlines()]
    writer.wait()
    writer.stdout.close()
    return reported


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_nothing_that_was_reported_is_lost_and_nothing_is_half_written(
    request: pytest.FixtureRequest, tmp_path: Path, store: str
) -> None:
    where = str(tmp_path) if store == "sqlite" else str(request.getfixturevalue("postgres_url"))
    reported = write_until_killed(where)
    ledger = open_ledger(where)
    (run,) = await ledger.unfinished_runs(FLOW)
    ended = {it.key.remote_id for it in await ledger.items(run.id, limit=100_000)}
    assert {f"A{number:06d}" for number in reported} <= ended
    trail = await ledger.audit_trail(subject=None, after=0, limit=100_000)
    keys = [it.key for it in await ledger.items(run.id, limit=100_000)]
    links = await ledger.links_of(keys)
    assert len(trail) == len(ended) == len(links) == len(await ledger.agreed(list(links.values())))
    assert {it.entry.subject for it in trail} == set(links.values())
    assert await ledger.verify_audit() is None
    await ledger.close()
