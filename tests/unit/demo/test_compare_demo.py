"""The comparison with the manifest sees every kind of fault, and none where there is none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import photographs
import pytest
import yaml
from build_demo_library import build
from compare_demo import MANIFEST, built_digests, differences, expected_at

Line = dict[str, Any]
FERRY = "Intake/Harbour 2026/ferry-tomorrow.jpg"


@pytest.fixture(scope="module")
def digests() -> dict[str, str]:
    return built_digests(build(photographs.CACHE / "demo"))


def perfect(stage: str, digests: dict[str, str]) -> list[Line]:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return [
        {
            "id": number,
            "file_name": it.file_name,
            "name": it.name,
            "containers": [it.folder],
            "sha256": it.sha256,
            "versions": 1,
            "attributes": {**it.attributes, "Source Id": [f"I{number}"], "Dambridge Id": [f"ln{number}"]},
        }
        for number, it in enumerate(expected_at(manifest, stage, digests))
    ]


RUN = {"seen": 40, "done": 31, "unchanged": 0, "skipped": 7, "waiting": 1, "quarantined": 1, "failed": 0}


def test_a_perfect_archive_has_no_differences(digests: dict[str, str]) -> None:
    assert differences(perfect("first_run", digests), "first_run", run=RUN) == []
    assert differences(perfect("after_approval", digests), "after_approval") == []


def test_the_ferry_must_not_be_there_too_early_and_must_be_there_later(digests: dict[str, str]) -> None:
    later, early = perfect("after_approval", digests), perfect("first_run", digests)
    assert any("ferry-tomorrow.jpg: 1 in NetX, none expected" in it for it in differences(later, "first_run"))
    assert any(it.startswith(FERRY) for it in differences(early, "after_approval"))


def change(**members: object) -> Callable[[Line], None]:
    return lambda line: line.update(members)


def attribute(name: str, value: object) -> Callable[[Line], None]:
    def do(line: Line) -> None:
        line["attributes"][name] = value

    return do


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (change(sha256="0" * 64), "the bytes in NetX are not those of the original"),
        (change(name="Other"), "named 'Other' in NetX"),
        (change(versions=2), "2 versions in NetX"),
        (change(containers=["PhotoShelter/2026/Elsewhere"]), "0 assets in NetX"),
        (change(containers=["PhotoShelter/2026/Harbour 2026", "Public"]), "1 in NetX, none expected"),
        (attribute("Caption", ["Something else"]), "Caption is 'Something else'"),
        (attribute("Caption", []), "Caption is empty"),
        (attribute("Keywords", ["harbour, boats, Nagasaki, river"]), "Keywords is"),
        (attribute("Alt Text", ["not asked for"]), "Alt Text is 'not asked for', empty expected"),
        (attribute("Date Created", ["2026-03-13"]), "Date Created is '2026-03-13'"),
        (attribute("Source Id", ["I1"]), "Source Id 'I1' stands on 2 assets"),
        (attribute("Source Id", []), "Source Id is missing on nagasaki-boats.jpg"),
    ],
)
def test_each_fault_is_told(digests: dict[str, str], fault: Callable[[Line], None], says: str) -> None:
    state = perfect("first_run", digests)
    fault(state[0])
    told = differences(state, "first_run")
    assert any(says in it for it in told), told


def test_a_twin_and_a_missing_asset_are_told(digests: dict[str, str]) -> None:
    state = perfect("first_run", digests)
    twin = copy.deepcopy(state[0])
    twin["attributes"]["Source Id"] = ["I999"]
    assert any("2 assets in NetX" in it for it in differences([*state, twin], "first_run"))
    assert any("0 assets in NetX" in it for it in differences(state[1:], "first_run"))


def test_spelling_that_people_cannot_see_is_no_difference(digests: dict[str, str]) -> None:
    state = perfect("first_run", digests)
    state[0]["attributes"]["Rating"] = ["5"]
    state[0]["attributes"]["Keywords"] = list(reversed(state[0]["attributes"]["Keywords"]))
    for line in state:
        if isinstance(line["attributes"].get("Caption"), str):
            line["attributes"]["Caption"] = [line["attributes"]["Caption"].replace("\n", "\r\n")]
    assert differences(state, "first_run") == []


def test_a_wrong_source_id_is_told_when_photoshelter_is_asked_too(digests: dict[str, str]) -> None:
    state = perfect("first_run", digests)
    source = [
        {"id": line["attributes"]["Source Id"][0], "file_name": it.file_name, "containers": [it.key.rpartition("/")[0]]}
        for line, it in zip(
            state, expected_at(yaml.safe_load(MANIFEST.read_text("utf-8")), "first_run", digests), strict=True
        )
    ]
    assert differences(state, "first_run", photoshelter=source) == []
    source[0]["id"] = "I0000other"
    assert any("'I0000other' expected" in it for it in differences(state, "first_run", photoshelter=source))


@pytest.mark.parametrize("name", ["done", "skipped", "waiting", "quarantined", "seen"])
def test_counts_that_differ_or_do_not_add_up_are_told(digests: dict[str, str], name: str) -> None:
    told = differences(perfect("first_run", digests), "first_run", run={**RUN, name: 99})
    assert any(f"the run says {name}: 99" in it for it in told)
    assert "the run's counts do not add up to what it has seen" in told
