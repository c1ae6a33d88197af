"""Write docs/reference/operations.md: every operation of both references, simulated or why not, used by whom, tested where.

The operations come from the simulators' inventories; who uses one, from a tour of both connectors against the simulators;
its tests, from the files of the tests. `operations.yaml` tells apart rows that share an operation, and names tests that no
word leads to.

python scripts/generate_operations.py            writes the page
python scripts/generate_operations.py --check    exit status 1 when it is stale
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [it for it in (str(ROOT / "tests"),) if it not in sys.path]

from operations_tests import GOLDEN, SimTests, Test  # noqa: E402 - the tests' folder is on the path only now

from dambridge_sim.kit.inventory import Documented  # noqa: E402
from dambridge_sim.kit.routing import Routes  # noqa: E402
from dambridge_sim.netx import inventory as netx  # noqa: E402
from dambridge_sim.photoshelter import inventory as photoshelter  # noqa: E402
from support.tour import FACETS, PROBE, Tour, toured  # noqa: E402
from support.watching import Watch  # noqa: E402

PAGE: Final = ROOT / "docs" / "reference" / "operations.md"
FINER: Final = PAGE.with_suffix(".yaml")
INVENTORIES: Final[Mapping[str, Sequence[Documented]]] = {
    "photoshelter": photoshelter.INVENTORY,
    "netx": netx.INVENTORY,
}
SUITES: Final = {
    "photoshelter": {
        "reader": "contract/connectors/photoshelter/test_reader_photoshelter.py",
        "archive": "contract/connectors/photoshelter/test_archive_photoshelter.py",
        "audience": "contract/connectors/photoshelter/test_audience_photoshelter.py",
        "finder": "contract/connectors/photoshelter/test_finder_photoshelter.py",
        "probe": "contract/connectors/photoshelter/test_photoshelter_prober.py",
    },
    "netx": {
        "reader": "contract/connectors/netx/test_reader_netx.py",
        "archive": "contract/connectors/netx/test_archive_netx.py",
        "attachments": "contract/connectors/netx/test_attachments.py",
        "finder": "contract/connectors/netx/test_netx_search.py",
        "renditions": "contract/connectors/netx/test_netx_search.py",
        "hints": "unit/connectors_netx/test_netx_hints.py",
        "probe": "contract/connectors/netx/test_netx_prober.py",
    },
}
_CALLED: Final = frozenset({"rpc", "x7", "data", "GET", "POST", "PUT", "PATCH", "DELETE"})
_FILES_SHOWN: Final = 3
_HEAD: Final = """\
# Operations of both systems

<!-- Written by scripts/generate_operations.py from the inventories, a tour of the connectors, the tests and operations.yaml. -->

Everything that is publicly known of both APIs, by the section of the reference that it stands in. *Confidence*: CONFIRMED and
CONFIRMED-2019 are served in strict mode too, SINGLE (one source) and INFERRED are not, ABSENT is what the reference says not to
exist. *Used by* names the facets of our connector that call it, found by calling every method of every facet in every route that
an option opens; *probe* alone means that only `dambridge probe` asks for it; `–` stands where there is nothing to call: what a
site does by itself, or a person in it. *Test*: the tests of the simulator that speak of it with their number, `golden` being
examples of the reference replayed on the wire; what a connector does with it is tested in the suite of its facet:

"""
_LEGEND: Final = """
In *how*: `rpc` is a method of `POST /api/rpc`, `x7` one of the older interface, `switch` [a switch](simulator-switches.md),
`site` a member of a site's description, `meta` one of an asset's, `data` a group of properties, `button` and `control` are
control calls. `v4` stands for `/psapi/v4.0`, `v3` for `/psapi/v3`, `www` for the host.
"""
_TITLES: Final = {"photoshelter": "PhotoShelter", "netx": "NetX"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the inventory with what was found out; `users` is None where there is nothing to call."""

    system: str
    row: Documented
    users: tuple[str, ...] | None
    some: tuple[str, ...]
    tests: tuple[Test, ...]


def lines(tour: Tour) -> list[Line]:
    """Every row of both inventories."""
    finer = yaml.safe_load(FINER.read_text(encoding="utf-8"))
    watches = {"photoshelter": tour.photoshelter, "netx": tour.netx}
    return [
        _line(system, row, watches[system], tests, finer[system].get(f"{row.section} {row.what}", {}))
        for system, rows in INVENTORIES.items()
        for tests in (_read_tests(system, watches[system].routes),)
        for row in rows
    ]


@cache
def _read_tests(system: str, routes: Routes) -> SimTests:
    return SimTests(system, routes)


def words_of(system: str, row: Documented) -> list[str]:
    """What serves a row, in the words that calls and tests are known by."""
    if system == "photoshelter":
        found = next((it for it in photoshelter.ROWS if f"{it.generation} {it.method} {it.path}" == row.what), None)
        return [f"{found.method} {found.served_path}"] if found else [row.what]
    return row.how.split("; ") if row.served else []


def _line(system: str, row: Documented, watch: Watch, tests: SimTests, finer: Mapping[str, Any]) -> Line:
    words = words_of(system, row)
    used = finer.get("use", words)
    seen = {word: watch.facets(word) for word in used or ()}
    by = {facet for facets in seen.values() for facet in facets} & {*FACETS, PROBE}
    callable_ = bool(used) and ("use" in finer or by or any(it.partition(" ")[0] in _CALLED for it in words))
    some = tuple(it.rpartition(" ")[2] for it in seen if seen[it]) if not all(seen.values()) else ()
    found = {tests.named(it) for it in finer["tests"]} if "tests" in finer else tests.of(words)
    if row.what.startswith("v4 ") and row.served and row.mark in {"SINGLE", "INFERRED"}:
        found.add(tests.named("test_any_unproven_operation_can_be_taken_away"))
    users = tuple(it for it in (*FACETS, PROBE) if it in by) if callable_ else None
    return Line(system, row, users, some if "use" in finer else (), tuple(sorted(found)))


def page(tour: Tour) -> str:
    """The page as it should be."""
    found = lines(tour)
    parts = [_HEAD, *(_suites(it) for it in INVENTORIES), _LEGEND]
    for system in INVENTORIES:
        mine = [it for it in found if it.system == system]
        parts.append(f"\n## {_TITLES[system]}\n\n{_counts(mine)}\n\n")
        parts.append("| section | operation | confidence | simulated | used by | test | how, or why not |\n")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |\n")
        parts += [f"| {' | '.join(it.replace('|', chr(92) + '|') for it in _cells(line))} |\n" for line in mine]
    return "".join(parts)


def _suites(system: str) -> str:
    links = ", ".join(f"[{facet}](../../tests/{file})" for facet, file in SUITES[system].items())
    return f"- {_TITLES[system]}: {links}\n"


def _counts(mine: Sequence[Line]) -> str:
    by_us = [it for it in mine if it.users and it.users != (PROBE,)]
    probe = [it for it in mine if it.users == (PROBE,)]
    served = sum(it.row.served for it in mine)
    sure = [it for it in mine if it.row.mark.startswith("CONFIRMED")]
    return (
        f"{len(mine)} rows, {served} simulated; {len(sure)} of them confirmed, {sum(it.row.served for it in sure)} of these "
        f"simulated. Our connector uses {len(by_us)}, `dambridge probe` {len(probe)} more."
    )


def _cells(line: Line) -> list[str]:
    row = line.row
    users = "–" if line.users is None else ", ".join(line.users) or "no"
    only = f" ({', '.join(f'`{it}`' for it in line.some)})" if line.some and line.users else ""
    simulated = "yes" if row.served else "no"
    return [row.section, row.what, row.mark, simulated, users + only, _tests(line.system, line.tests), row.how]


def _tests(system: str, tests: Iterable[Test]) -> str:
    count = Counter(it.file for it in tests)
    golden = [it for it in count if it.endswith(GOLDEN[system])]
    others = sorted((it for it in count if it not in golden), key=lambda it: (-count[it], it))
    shown = [f"[golden](../../{it}) {count[it]}" for it in golden]
    shown += [f"[{Path(it).stem.removeprefix('test_')}](../../{it}) {count[it]}" for it in others[:_FILES_SHOWN]]
    return ", ".join(shown) + (" …" if len(others) > _FILES_SHOWN else "")


def main() -> int:
    with toured() as tour:
        text = page(tour)
    fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
    if fresh or "--check" in sys.argv:
        print("fresh" if fresh else "stale")
        return 0 if fresh else 1
    PAGE.write_text(text, encoding="utf-8")
    print("written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
