"""The inventory of the reference: nothing confirmed is missing, and what it says is served is served by what it says."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest

from dambridge_sim.kit import control
from dambridge_sim.kit.bodies import LibraryBody
from dambridge_sim.kit.inventory import Documented
from dambridge_sim.netx import make_vendor, projection, x7
from dambridge_sim.netx.buttons import BUTTONS
from dambridge_sim.netx.inventory import INVENTORY
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.person import MEMBERS
from dambridge_sim.netx.switches import SWITCHES

MARKS = {"CONFIRMED", "SINGLE*", "SINGLE", "INFERRED", "ABSENT"}
SERVED = {f"{one.method} {one.path}": str(one.confidence) for one in make_vendor().operations()}
CONFIRMED_BUT_NOT_SIMULATED = {
    "property user.enableAPITokensGroup", "asset.relatedFolders, superseded", "system views (previewH264 and the like)",
    "workflow and review modules",
    "AutoTasks: repurpose, export, e-mail; user changes", "Data Source Sync from a database",
    "NetX I/O, the desktop file mover", "share links",
}  # fmt: skip


def things(row: Documented) -> list[tuple[str, str]]:
    """The kind and name of each thing that a row says serves it."""
    return [(kind, name) for kind, _, name in (one.partition(" ") for one in row.how.split("; "))]


def exists(kind: str, name: str) -> bool:
    projected = inspect.getsource(projection)
    known: dict[str, bool] = {
        "rpc": name in TABLE.methods,
        "x7": name in {"authenticate", *x7.METHODS},
        "switch": name in {one.name for one in SWITCHES},
        "site": name in LibraryBody.model_fields,
        "meta": name in MEMBERS,
        "button": name in BUTTONS,
        "data": f'"{name}"' in projected,
        "control": name == "history" or f'"/__sim__/{name}"' in inspect.getsource(control),
    }
    return known.get(kind, f"{kind} {name}" in SERVED)


@pytest.mark.parametrize("row", INVENTORY, ids=lambda row: f"{row.section} {row.what}")
def test_each_row_says_what_serves_it_or_why_nothing_does(row: Documented) -> None:
    assert row.mark in MARKS
    assert re.fullmatch(r"\d+(\.\d+)*", row.section)
    assert row.how
    if row.served:
        assert row.mark != "ABSENT"
        assert [one for one in things(row) if not exists(*one)] == []


def test_everything_confirmed_is_simulated_but_for_what_is_listed_here() -> None:
    missing = {row.what for row in INVENTORY if row.mark == "CONFIRMED" and not row.served}
    assert missing == CONFIRMED_BUT_NOT_SIMULATED


def test_everything_that_is_served_stands_in_the_inventory() -> None:
    named = {one for row in INVENTORY if row.served for one in things(row)}
    assert {name for kind, name in named if kind == "rpc"} == set(TABLE.methods)
    assert {name for kind, name in named if kind == "x7"} == {"authenticate", *x7.METHODS}
    assert {f"{kind} {name}" for kind, name in named if kind in {"GET", "POST", "PUT"}} == set(SERVED)


def test_methods_carry_the_mark_of_the_inventory() -> None:
    marks = {row.what: row.mark.rstrip("*") for row in INVENTORY if row.section.startswith("5.")}
    assert {name: str(one.confidence) for name, one in TABLE.methods.items() if name in marks} == {
        name: mark for name, mark in marks.items() if name in TABLE.methods
    }
    assert {
        row.what[3:].partition(",")[0]: row.mark for row in INVENTORY if row.what.startswith("x7 ") and row.served
    } == {
        "authenticate": "SINGLE",
        **{name: str(one.confidence) for name, one in x7.METHODS.items()},
    }


def test_the_inventory_is_as_large_as_the_reference() -> None:
    count = Counter(row.mark for row in INVENTORY)
    print(
        f"\n{len(INVENTORY)} rows of the NetX reference, {sum(row.served for row in INVENTORY)} simulated: {dict(count)}"
    )
    assert len(INVENTORY) >= 190
    assert count["CONFIRMED"] >= 95
    assert len({(row.section, row.what) for row in INVENTORY}) == len(INVENTORY)
    sections = {row.section.partition(".")[0] for row in INVENTORY}
    assert sections == {str(number) for number in range(1, 16)}
