"""How often the first proposal is the term that a librarian would choose: words as contributors type them, an invented club."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dambridge.mapping.vocabularies import Vocabulary
from dambridge.mapping.vocabulary_files import read_vocabulary

ROOT = Path(__file__).resolve().parents[3]
CLUB = Vocabulary(
    "club",
    read_vocabulary((ROOT / "examples" / "vocabularies" / "rowing-club.csv").read_bytes(), "csv", language="en"),
)
WANTED = 0.9


def words() -> list[tuple[str, str]]:
    with Path(__file__).with_name("rowing_club_words.csv").open(encoding="utf-8", newline="") as rows:
        return [(it["incoming"], it["expected_id"]) for it in csv.DictReader(rows)]


def test_nine_of_ten_first_proposals_are_right() -> None:
    given = words()
    assert len(given) >= 100
    assert {term for _, term in given} <= {it.id for it in CLUB.terms}
    first = {word: next(iter(CLUB.propose(word)), None) for word, _ in given}
    right = [word for word, term in given if (it := first[word]) is not None and it.term.id == term]
    assert len(right) >= WANTED * len(given), sorted({word for word, _ in given} - set(right))


def test_the_right_term_is_among_three_proposals_nearly_always() -> None:
    given = words()
    met = [word for word, term in given if term in {it.term.id for it in CLUB.propose(word, 3)}]
    assert len(met) >= 0.98 * len(given)


def test_a_word_taken_for_a_term_without_a_person_is_never_taken_for_a_wrong_one() -> None:
    found = {word: CLUB.find(word) for word, _ in words()}
    assert sum(it is not None for it in found.values()) > len(found) / 3
    assert [word for word, term in words() if (it := found[word]) is not None and it.id != term] == []


@pytest.mark.parametrize("word", ["qwrtz", "12345", "", "???", "湖"])
def test_what_is_like_nothing_has_no_proposal(word: str) -> None:
    assert CLUB.propose(word) == ()


def test_a_word_that_also_names_the_kind_of_thing_means_the_thing() -> None:
    """`Place` alone is likest to the kind; beside a name it only says of what kind that is."""
    for word, term in {"boathouse place": "place-house", "occasion: open day": "ev-open", "place": "place"}.items():
        assert CLUB.propose(word)[0].term.id == term
