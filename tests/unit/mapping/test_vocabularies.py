"""A word is a term by its spelling alone; what is only like one is proposed, the likest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping.vocabularies import FLOOR, Term, Vocabulary, fold, terms_from_rows

ROWS = [
    {"id": "geo", "label": "Landscape", "broader": "", "synonyms": "", "label_de": "Landschaft", "label_fr": "Paysage"},
    {
        "id": "geo-lake",
        "label": "Lakes",
        "broader": "geo",
        "synonyms": "lochs|tarns",
        "label_de": "Seen",
        "label_fr": "Lacs",
    },
    {"id": "geo-river", "label": "River Banks", "broader": "geo", "synonyms": "riversides", "label_de": "Flussufer"},
    {"id": "use", "label": "Café & Bar", "broader": "", "synonyms": "coffee house|bistros", "label_de": "Straßencafé"},
    {"id": "pin", "label": "Pins", "broader": "", "synonyms": "", "label_de": "Stecknadeln"},
]
VOCABULARY = Vocabulary("places", terms_from_rows(ROWS))


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("Lakes", "geo-lake"),
        ("LAKE", "geo-lake"),
        ("loch", "geo-lake"),
        ("lacs", "geo-lake"),
        ("river-bank", "geo-river"),
        ("Riverbanks", "geo-river"),
        ("cafe and bar", "use"),
        ("CAFE&BAR", "use"),
        ("Strassencafe", "use"),
        ("bistro", "use"),
        ("lake side", None),
        ("ban", None),
        ("", None),
    ],
)
def test_a_word_is_a_term_apart_from_case_accents_punctuation_and_plural(word: str, term: str | None) -> None:
    found = VOCABULARY.find(word)
    assert (found.id if found else None) == term


def test_a_word_that_could_be_two_terms_is_none_of_them() -> None:
    twice = Vocabulary("twice", (Term(id="a", label="Bow"), Term(id="b", label="Bows"), Term(id="c", label="bow")))
    assert twice.find("Bow") == twice.term("a")
    assert twice.find("BOW") is None
    assert {it.term.id for it in twice.propose("BOW")} == {"a", "b", "c"}


def test_the_label_as_it_stands_goes_before_everything_like_it() -> None:
    near = Vocabulary("near", (Term(id="a", label="Press"), Term(id="b", label="press", synonyms=("Press",))))
    assert near.find("Press") == near.term("a")
    assert near.find("press") == near.term("b")


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("lakse", "geo-lake"),
        ("lake scenery", "geo-lake"),
        ("rivr bank", "geo-river"),
        ("bar cafe", "use"),
        ("Paysages", "geo"),
    ],
)
def test_what_is_like_a_term_is_proposed(word: str, term: str) -> None:
    assert VOCABULARY.propose(word)[0].term.id == term


def test_what_is_like_nothing_has_no_proposal_and_no_more_are_given_than_asked_for() -> None:
    assert VOCABULARY.propose("xyzzy 42") == ()
    assert VOCABULARY.propose("") == ()
    assert len(VOCABULARY.propose("lake river cafe pin", limit=2)) <= 2


def test_a_term_has_its_path() -> None:
    lake = VOCABULARY.term("geo-lake")
    assert lake is not None
    assert [it.label for it in VOCABULARY.path(lake)] == ["Landscape", "Lakes"]
    ring = Vocabulary("ring", (Term(id="a", label="A", broader="b"), Term(id="b", label="B", broader="a")))
    assert [it.id for it in ring.path(ring.terms[0])] == ["b", "a"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"id": "", "label": "A"}], "line 2"),
        ([{"id": "a", "label": "A"}, {"id": "b", "label": " "}], "line 3"),
    ],
)
def test_a_row_that_is_no_term_is_named(rows: list[dict[str, str]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        terms_from_rows(rows)


def test_a_vocabulary_holds_together() -> None:
    with pytest.raises(ValueError, match="twice"):
        Vocabulary("x", (Term(id="a", label="A"), Term(id="a", label="B")))
    with pytest.raises(ValueError, match="b, which is not"):
        Vocabulary("x", (Term(id="a", label="A", broader="b"),))


@given(st.text(max_size=40))
def test_proposals_are_bounded_ordered_and_never_fail(word: str) -> None:
    proposals = VOCABULARY.propose(word)
    likenesses = [it.likeness for it in proposals]
    assert likenesses == sorted(likenesses, reverse=True)
    assert all(FLOOR <= it <= 100 for it in likenesses)
    assert len({it.term.id for it in proposals}) == len(proposals)


@given(st.text(max_size=40))
def test_folding_is_a_fixed_point(text: str) -> None:
    folded = fold(text)
    assert fold(" ".join(folded)) == folded


@given(st.sampled_from(VOCABULARY.terms), st.data())
def test_a_term_found_is_the_first_proposal_too(term: Term, data: st.DataObject) -> None:
    spelling, _ = data.draw(st.sampled_from(list(term.spellings())))
    shouted = spelling.upper().replace(" ", data.draw(st.sampled_from([" ", "-", "_", "  "])))
    assert VOCABULARY.find(shouted) == term
    assert VOCABULARY.propose(shouted)[0].term == term
