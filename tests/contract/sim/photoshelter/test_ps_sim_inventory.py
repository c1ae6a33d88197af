"""The inventory of the reference and what is served: nothing missing, nothing extra, no mark better than the reference's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.vendor import Operation
from dambridge_sim.photoshelter import make_vendor
from dambridge_sim.photoshelter.inventory import INVENTORY, NAMES_ONLY, ROWS, SECTIONS, Row

from .conftest import Site

Start = Callable[..., Site]


@pytest.fixture(scope="module")
def served(_served: object) -> list[Operation]:
    """Every operation under the paths that clients use, hyphens only."""
    found = _served.simulator.vendor.operations()  # type: ignore[attr-defined]
    aliases = ("/psapi/v4/", "/psapi/v3.0/")
    hyphens = {"custom_metadata", "ml_metadata", "key_image", "child_count", "embed_tokens"}
    return [
        each
        for each in found
        if not each.path.startswith(aliases)
        and not (each.path.startswith("/psapi/v4.0") and hyphens & set(each.path.split("/")))
    ]


def test_every_operation_of_the_reference_is_served_under_its_mark(served: list[Operation]) -> None:
    marks = {(each.method, each.path): (str(each.confidence), each.reference) for each in served}
    assert len(ROWS) >= 138
    wanted = {(row.method, row.served_path): (str(row.confidence), f"PS {row.section}") for row in ROWS}
    assert len(wanted) == len(ROWS)
    assert marks == wanted


def test_every_section_is_there_and_every_confirmed_one_has_a_confirmed_operation() -> None:
    assert list(dict.fromkeys(row.section for row in ROWS)) == list(SECTIONS)
    assert sum(row.confidence.in_strict for row in ROWS) >= 71
    # Sections whose every operation is SINGLE or INFERRED, read off the reference by hand.
    unsure = {
        "E8",
        "E20",
        "E22",
        "E23",
        "E26",
        "E29",
        "E31",
        "E32",
        "E33",
        "8",
        "7",
        "U7",
        "U8",
        "U10",
        "U11",
        "U12",
        "U13",
    }
    sure = {row.section for row in ROWS if row.confidence.in_strict}
    assert sure == set(SECTIONS) - unsure


def test_the_published_table_shows_every_row_and_says_why_what_is_missing_is() -> None:
    shown = {each.what for each in INVENTORY}
    assert {f"{row.generation} {row.method} {row.path}" for row in ROWS} <= shown
    missing = [each for each in INVENTORY if not each.served]
    assert all(each.how for each in missing)
    assert {each.what for each in missing if each.mark.startswith("CONFIRMED")} == {
        "BSAPI, v1 and v2", "answers in XML", "HTTPS for login",
    }  # fmt: skip


def test_both_spellings_of_the_base_and_of_hyphens_are_served() -> None:
    paths = {(each.method, each.path) for each in _operations()}
    twins = 0
    for method, path in paths:
        for base, other in (("/psapi/v4.0/", "/psapi/v4/"), ("/psapi/v3/", "/psapi/v3.0/")):
            if path.startswith(base):
                assert (method, path.replace(base, other)) in paths
        for name in ("custom-metadata", "ml-metadata", "key-image", "child-count", "embed-tokens"):
            if f"/{name}" in path:
                twins += 1
                assert (method, path.replace(name, name.replace("-", "_"))) in paths
    assert twins >= 20


def _operations() -> list[Operation]:
    from dambridge_sim.kit.serving import serve

    with serve(make_vendor()) as running:
        return list(running.simulator.vendor.operations())


@pytest.mark.parametrize("name", NAMES_ONLY)
def test_a_section_of_which_only_the_name_is_known_is_an_unknown_path(site: Site, name: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        for path in (f"/{name}", f"/{name}/X0000whatever0001"):
            answer = site.call(method, path)
            assert answer.status == 404, (method, path)
            assert "x-sim-confidence" not in answer.headers
    assert site.get("/version").headers["x-sim-confidence"] == "CONFIRMED"


def test_generations_before_v3_are_unknown_paths(site: Site) -> None:
    for path in ("/psapi/v1/gallery", "/psapi/v2.0/mem/collection/C0000x/visibility/update", "/bsapi/1.1/auth"):
        assert site.get(path).status in (403, 404)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.generation == "v4" and not row.confidence.in_strict], ids=str
)
def test_any_unproven_operation_can_be_taken_away(site: Site, row: Row) -> None:
    path = row.path
    for name in ("{id}", "{media_id}", "{version_id}", "{subtitle_id}", "{collection_id}"):
        path = path.replace(name, "X0000nobodyknows")
    before = site.call(row.method, path)
    assert before.status in (200, 400, 404)
    site.switch(absent=[row.section])
    gone = site.call(row.method, path)
    assert (gone.status, gone.error["detail"]) == (404, "There is nothing at this address.")
    assert before.status == 200 or before.error["detail"] != gone.error["detail"]


def test_confirmed_operations_cannot_be_taken_away(site: Site) -> None:
    site.switch(absent=["E1", "E19", "E16"])
    assert site.get("/library").status == 200
    assert all(row.confidence is not Confidence.INFERRED for row in ROWS if row.section == "E16")
