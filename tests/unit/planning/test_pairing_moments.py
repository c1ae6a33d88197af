"""Capture times and file names: what tells two frames apart, and what says nothing."""

from __future__ import annotations

import pytest

from dambridge.planning.moments import Moments, compare, is_precise, stem

NOON = "2025-03-01T12:00:00"


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (NOON, NOON, Moments.SAME),
        (NOON, NOON + "Z", Moments.SAME),
        (NOON + ".50", NOON, Moments.SAME),
        (NOON + ".50", NOON + ".5", Moments.SAME),
        (NOON + ".50", NOON + ".503", Moments.SAME),
        (NOON + ".50", NOON + ".51", Moments.DIFFERENT),
        (NOON, "2025-03-01T12:00:01", Moments.DIFFERENT),
        (NOON, "2025-03-01T11:59:59", Moments.DIFFERENT),
        (NOON, "2025-03-01T14:00:00", Moments.UNKNOWN),
        (NOON, "2025-03-01T17:45:00", Moments.UNKNOWN),
        (NOON, "2025-03-01T14:00:01", Moments.DIFFERENT),
        (NOON, "2025-03-02T12:00:00", Moments.DIFFERENT),
        (NOON, "2025-03-01", Moments.UNKNOWN),
        (NOON, "2025-03-02", Moments.UNKNOWN),
        (NOON, "2025-03-03", Moments.DIFFERENT),
        ("2025-03", "2025-03", Moments.UNKNOWN),
        ("", NOON, Moments.UNKNOWN),
        ("", "", Moments.UNKNOWN),
        ("0000-00-00T00:00:00", "0000-00-00T00:00:00", Moments.UNKNOWN),
    ],
)
def test_moments(one: str, other: str, said: Moments) -> None:
    assert compare(one, other) is said
    assert compare(other, one) is said


def test_only_a_second_is_precise() -> None:
    assert [is_precise(it) for it in (NOON, NOON + ".5+01:00", "2025-03-01", "2025-03-01T12:00", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.hazard("P23")
@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("DSC_0001.JPG", "dsc-0001.jpeg", True),
        ("Ängel.tif", "A\u0308ngel.jpg", True),
        ("a  b.jpg", "a_b.png", True),
        ("DSC_0001.JPG", "DSC_0002.JPG", False),
        ("version 1.25", "version 1.26", False),
        ("v1.long-ending", "v1.other", False),
    ],
)
def test_names(one: str, other: str, *, alike: bool) -> None:
    assert (stem(one) == stem(other)) is alike
