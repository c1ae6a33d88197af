"""The comparison of the second act sees what went out too early, too widely or for too long, and nothing where all is well."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from compare_demo import MANIFEST
from compare_outward import (
    differences_of_records,
    differences_outside,
    differences_over_time,
    instant,
    still_seen,
)

TODAY = date(2026, 3, 2)
MINUTE = timedelta(minutes=1)
OUTWARD: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["outward"]
LAST = OUTWARD["stages"][-1]


def state_of(stage: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{outlet}/{file}",
            "file_name": file,
            "containers": [OUTWARD["outlets"][outlet]["gallery"]],
            "metadata": {"caption": stage.get("captions", {}).get(outlet, {}).get(file, "as it was")},
        }
        for outlet, files in stage["in_sight"].items()
        for file in files
    ]


def flows_of(stage: dict[str, Any]) -> dict[str, Any]:
    return {name: {**counts, "needs_attention": stage["waits"][name]} for name, counts in stage["runs"].items()}


def perfect_exposure() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every file that may ever be seen, and that it was, from just after it may until just before it may not."""
    state, exposure = [], []
    for file, rule in OUTWARD["permitted"].items():
        begun = instant(TODAY, rule.get("from", 0), OUTWARD["zone"]) + MINUTE
        ended = instant(TODAY, rule["until"] + 1, OUTWARD["zone"]) - MINUTE if "until" in rule else None
        for outlet in rule["outlets"]:
            name = f"{outlet}/{file}"
            state.append({"id": name, "file_name": file})
            span = {"from": begun.isoformat(), "to": ended.isoformat() if ended else None}
            exposure.append({"id": name, "intervals": [{**span, "to_whom": [OUTWARD["outlets"][outlet]["seen_by"]]}]})
    return state, exposure


@pytest.mark.parametrize("stage", OUTWARD["stages"], ids=lambda it: it["name"])
def test_a_perfect_stage_has_no_differences(stage: dict[str, Any]) -> None:
    assert differences_outside(OUTWARD, stage, state_of(stage), flows_of(stage)) == []


def test_what_is_shown_missing_or_says_something_else_is_told() -> None:
    stage = OUTWARD["stages"][1]
    state = state_of(stage)
    stranger = {**state[0], "file_name": "harbour-film.mp4"}
    assert differences_outside(OUTWARD, stage, [*state, stranger], flows_of(stage)) == [
        "partners shows harbour-film.mp4 and must not"
    ]
    twin = differences_outside(OUTWARD, stage, [*state, state[0]], flows_of(stage))
    assert any("shows nagasaki-boats.jpg and must not" in it for it in twin)
    missing = differences_outside(OUTWARD, stage, state[1:], flows_of(stage))
    assert "partners does not show nagasaki-boats.jpg" in missing
    other = copy.deepcopy(state)
    other[0]["metadata"]["caption"] = "Something else"
    assert any(
        "says of nagasaki-boats.jpg: 'Something else'" in it
        for it in differences_outside(OUTWARD, stage, other, flows_of(stage))
    )


def test_counts_and_reasons_that_differ_are_told() -> None:
    flows = flows_of(LAST)
    flows["publish"] = {**flows["publish"], "done": 1, "needs_attention": {}}
    told = differences_outside(OUTWARD, LAST, state_of(LAST), flows)
    assert any("publish says done: 1, 0 expected" in it for it in told)
    assert any("publish waits for {}" in it for it in told)


def test_an_exposure_within_what_is_permitted_has_no_differences() -> None:
    state, exposure = perfect_exposure()
    assert len(exposure) >= 10
    assert differences_over_time(OUTWARD, state, exposure, TODAY) == []


def moved(member: str, by: timedelta, day: int) -> Callable[[dict[str, Any]], None]:
    def do(span: dict[str, Any]) -> None:
        span[member] = (instant(TODAY, day, OUTWARD["zone"]) + by).isoformat()

    return do


@pytest.mark.parametrize(
    ("name", "fault", "says"),
    [
        ("france/長崎港の船.jpg", moved("from", -MINUTE, 7), "before it may be"),
        ("france/DSC_0412.jpg", moved("to", MINUTE, 21), "after its licence had ended"),
        (
            "france/nagasaki-boats.jpg",
            lambda it: it.update(to_whom=["public"]),
            "seen in public, where it may never be",
        ),
        ("germany/harbour-guide.pdf", lambda it: it.update(to_whom=["group:dealers"]), "where it may never be"),
        ("partners/nagasaki-boats.jpg", lambda it: it.update(to_whom=[]), "was never seen in partners"),
    ],
)
def test_what_was_seen_too_early_too_late_or_by_others_is_told(
    name: str, fault: Callable[[dict[str, Any]], None], says: str
) -> None:
    state, exposure = perfect_exposure()
    (line,) = [it for it in exposure if it["id"] == name]
    fault(line["intervals"][0])
    told = differences_over_time(OUTWARD, state, exposure, TODAY)
    assert any(says in it for it in told), told


def test_what_is_still_seen_after_its_licence_is_told_and_before_it_is_not() -> None:
    state, exposure = perfect_exposure()
    (line,) = [it for it in exposure if it["id"] == "germany/DSC_0412.jpg"]
    line["intervals"][0]["to"] = None
    manifest = {**OUTWARD, "today": TODAY}
    end = instant(TODAY, 21, OUTWARD["zone"])
    assert still_seen(manifest, exposure, state, end - MINUTE) == []
    assert still_seen(manifest, exposure, state, end) == ["DSC_0412.jpg is still seen, and its licence has ended"]


def test_records_that_are_missing_or_not_in_time_are_told() -> None:
    records = [
        {"id": outlet, "asset": {"outlet": outlet, "file_name": file}, "verified": True, "in_time": True}
        for outlet, files in OUTWARD["withdrawn"].items()
        for file in files
    ]
    assert len(records) == 3
    assert differences_of_records(OUTWARD, records) == []
    assert differences_of_records(OUTWARD, records[1:])
    assert differences_of_records(OUTWARD, [{**records[0], "in_time": False}, *records[1:]]) == [
        "the record partners is not proven in time"
    ]
