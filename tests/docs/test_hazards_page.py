"""The page of hazards is fresh: words, marks and planted faults as they are now."""

from __future__ import annotations

import pytest
import yaml
from generate_hazards import PAGE, WORDS, hazards, page


def test_the_page_of_hazards_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python scripts/generate_hazards.py"


@pytest.mark.parametrize("hazard", hazards())
def test_a_hazard_has_its_words(hazard: str) -> None:
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))[hazard]
    assert set(words) == {"hazard", "harm", "answer"}
    assert all(len(it.split()) >= 4 and not it.endswith(".") and "|" not in it for it in words.values())
