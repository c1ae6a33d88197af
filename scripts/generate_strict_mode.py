"""Write docs/reference/strict-mode.md: what each flow can still do where only confirmed operations exist.

python scripts/generate_strict_mode.py            writes the page
python scripts/generate_strict_mode.py --check    says whether it is stale, exit status 1

Every cell is tried for real on the simulators, strict and not (tests/support/exercises.py); what a flow makes of the cells that
work is `policy/needs.py`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from dambridge.model.identity import FlowName, System  # noqa: E402
from dambridge.policy.needs import NEEDS, Need, Outlook, outlook, unmet  # noqa: E402
from support.exercises import gym_of, tried  # noqa: E402 - the tests' own room, which is not installed

PAGE = ROOT / "docs" / "reference" / "strict-mode.md"
NAMES = {System.PHOTOSHELTER: "PhotoShelter", System.NETX: "NetX"}
HEAD = """# What works with confirmed operations alone

<!-- Written by scripts/generate_strict_mode.py; change the code, not this page. -->

Much of both APIs is known at second hand. In their strict mode the simulators serve only what the references mark as CONFIRMED
(or CONFIRMED-2019); all else answers as an unknown path or method would. This page says what each flow can still do there: what
you have for certain before `dambridge probe` has shown the rest on your account. Nothing in it was written down: every cell was
tried on the simulators, and worked when its effect was seen.
"""

Tried = Mapping[System, Mapping[str, str]]


def trials(*, strict: bool) -> dict[System, dict[str, str]]:
    """By system, each cell: empty where it works, else why not."""
    found = {}
    for system in System:
        with gym_of(system, strict=strict) as served:
            found[system] = asyncio.run(tried(system, served))
    return found


def working(found: Tried) -> dict[System, set[str]]:
    return {system: {cell for cell, why in cells.items() if not why} for system, cells in found.items()}


def page(strict: Tried) -> str:
    return "\n".join([HEAD, *_flows(strict), "", *_cells(strict)]) + "\n"


def _flows(strict: Tried) -> Iterator[str]:
    can = working(strict)
    yield "## Flow by flow"
    yield ""
    yield "| flow | with confirmed operations alone | what is not confirmed: what happens instead |"
    yield "| --- | --- | --- |"
    for flow in FlowName:
        missing = unmet(flow, can)
        yield f"| `{flow}` | {outlook(flow, can)} | {'; '.join(map(_told, missing)) or 'nothing'} |"
    waits = [f"`{flow}`" for flow in FlowName if outlook(flow, can) is Outlook.WAITS]
    yield ""
    yield f"What waits ({', '.join(waits)}) says so before it starts, and needs only what `dambridge probe --write` proves."


def _told(need: Need) -> str:
    return f"*{need.does}* ({NAMES[need.system]}): {need.without}"


def _cells(strict: Tried) -> Iterator[str]:
    yield "## Cell by cell"
    yield ""
    yield "| system | cell | what for | confirmed operations suffice | used by |"
    yield "| --- | --- | --- | --- | --- |"
    for system in System:
        for cell, why in strict[system].items():
            needs = [it for rows in NEEDS.values() for it in rows if (it.system, it.cell) == (system, cell)]
            flows = [f"`{flow}`" for flow, rows in NEEDS.items() if any(it in needs for it in rows)]
            yield f"| {NAMES[system]} | `{cell}` | {needs[0].does} | {'no' if why else 'yes'} | {', '.join(flows)} |"


def main() -> int:
    made = page(trials(strict=True))
    fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made
    if "--check" in sys.argv:
        print("fresh" if fresh else "stale")
        return 0 if fresh else 1
    PAGE.write_text(made, encoding="utf-8")
    print("written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
