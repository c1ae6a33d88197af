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

from dambridge.bootstrap.flow_options import FlowOptions  # noqa: E402
from dambridge.model.identity import FlowName, System  # noqa: E402
from dambridge.policy.needs import NEEDS, Need, Outlook, cells_of, outlook, stand_in, unmet  # noqa: E402
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

KNOWN: Mapping[tuple[System, str], str] = {
    (
        System.PHOTOSHELTER,
        "archive.discard",
    ): "`DELETE /media/{id}` PS E20, SINGLE; of a trash only the name is known (PS 6.4)",
    (System.PHOTOSHELTER, "archive.folders"): "`POST` to collections, galleries and `/children`: PS E8, E16, SINGLE; "
    "v3 `/mem/gallery/insert` PS U8, SINGLE",
    (
        System.PHOTOSHELTER,
        "archive.take_out",
    ): "`DELETE /galleries/{id}/children/{media_id}` PS E16, SINGLE; to make its "
    "gallery private: v3 PS U8, U13, SINGLE, v4 `mode` INFERRED (PS 8)",
    (System.PHOTOSHELTER, "archive.versions"): "`POST /media/{id}/versions` PS E31, SINGLE",
    (
        System.PHOTOSHELTER,
        "archive.write_attributes",
    ): "`PATCH /media/{id}/iptc` PS E22, SINGLE; custom metadata PS 8, INFERRED",
    (System.NETX, "archive.folders"): "`createFolderFromPath` NX 5.2, SINGLE; `addAssetToFolder` NX 5.1, SINGLE*",
    (System.NETX, "archive.versions"): "`POST …/version`, `PUT` NX 7, SINGLE*",
    (System.NETX, "archive.write_attributes"): "`updateAsset` with `attributes` NX 5.1.1, INFERRED",
}
"""What the references know of each cell that confirmed operations do not make: which calls, where, how surely."""

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
        missing = [_told(it, can) for it in unmet(flow, can)]
        yield f"| `{flow}` | {outlook(flow, can)} | {'; '.join(missing) or 'nothing'} |"
    yield ""
    if waits := [f"`{flow}`" for flow in FlowName if outlook(flow, can) is Outlook.WAITS]:
        yield f"What waits ({', '.join(waits)}) says so before it starts, and needs only what `dambridge probe --write` proves."
        yield ""
    runs = [flow for flow in FlowName if flow in FlowOptions.model_fields]
    yield f"These flows run today: {', '.join(f'`{it}`' for it in runs)}. Of the others the table says what they will find."
    yield ""
    yield _SET


_SET = """For `intake`, `place.folder` then names folders that exist (by path, or `id:612`), `write_route` of the NetX account is
`embedded` or `none`, and `unproven_fields: deliver` lets an asset go before those of its fields that no file carries. Each file
arrives once, byte for byte or as a copy with its fields inside, after lost replies and killed processes too; fields that cannot
be written wait by name and never count as equal. [Decision 8](../decisions/0008-straight-into-peoples-folders.md) says how."""


def _told(need: Need, can: Mapping[System, set[str]]) -> str:
    instead = stand_in(need, can)
    return f"*{need.does}* ({NAMES[need.system]}): {instead.then if instead else need.without}"


def _cells(strict: Tried) -> Iterator[str]:
    yield "## Cell by cell"
    yield ""
    yield "| system | cell | what for | confirmed operations suffice | used by |"
    yield "| --- | --- | --- | --- | --- |"
    for system in System:
        does = cells_of(system)
        for cell, why in strict[system].items():
            suffice = f"no: {KNOWN[system, cell]}" if why else "yes"
            used = ", ".join(f"`{flow}`" for flow in FlowName if _used(flow, system, cell))
            yield f"| {NAMES[system]} | `{cell}` | {does[cell]} | {suffice} | {used} |"


def _used(flow: FlowName, system: System, cell: str) -> bool:
    needs = [it for it in NEEDS[flow] if it.system is system]
    return any(cell == it.cell or (it.instead is not None and cell == it.instead.cell) for it in needs)


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
