"""Sentences as pages show them: instants as people say them, what is to be typed as code, and nothing of a text as markup."""

from __future__ import annotations

import pytest

from dambridge.console.rendering import shown, spoken


@pytest.mark.parametrize(
    "instant",
    [
        "2026-11-28T09:00:00+00:00",
        "2026-11-28 09:00:00 +0000",
        "2026-11-28T09:00Z",
        "2026-11-28T09:00:00.250000+00:00",
    ],
)
def test_an_instant_is_said_as_people_say_it(instant: str) -> None:
    assert spoken(f"It ends {instant}, and no later.") == "It ends 28 November 2026, 09:00 UTC, and no later."


def test_an_instant_elsewhere_keeps_its_zone() -> None:
    assert spoken("until 2026-11-28 09:00:00 +0100") == "until 28 November 2026, 09:00 +0100"


def test_what_is_typed_is_code_and_nothing_of_a_text_is_markup() -> None:
    told = shown("Run `dambridge match <a>` & say <b>so</b>.")
    assert told == "Run <code>dambridge match &lt;a&gt;</code> &amp; say &lt;b&gt;so&lt;/b&gt;."
    assert shown("it`s one alone") == "it`s one alone"
