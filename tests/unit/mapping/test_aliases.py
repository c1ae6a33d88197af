"""What a word means: the account's own term, then a person's decision, then an imported vocabulary; else it is unknown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import AccountMap, Aliases, Definition, account_map, in_terms, to_native, waiting_for
from dambridge.mapping.vocabularies import Term, fold, word_key
from dambridge.model.identity import AccountId, System
from dambridge.model.reasons import Code
from dambridge.model.terms import TermDecision, TermKey, Verdict
from dambridge.model.values import FieldName, Value

MAP: AccountMap = account_map(
    System.NETX,
    {
        "keywords": {"to": "Boats", "new_terms": "wait"},
        "genre_legacy": "Kind",
        "usage_terms": "Usage",
        "credit": "Credit",
    },
)
SITE: dict[str, Definition] = {
    "Boats": ("tag", ("Single Scull", "Eight", "Oars")),
    "Kind": ("pulldown", ("Race", "Training")),
    "Usage": ("pulldown", ("Members", "Press")),
    "Credit": ("text", None),
}
BOATS, KIND = FieldName("keywords"), FieldName("genre_legacy")
KEPT = (
    Term(id="1", label="Single Scull", synonyms=("skiff",), labels={"de": "Einer"}),
    Term(id="2", label="Punt", synonyms=("flat boat",)),
)


def decided(word: str, verdict: Verdict, term: str = "", attribute: str = "Boats") -> TermDecision:
    return TermDecision(
        key=TermKey(AccountId("archive"), attribute, word_key(word)),
        verdict=verdict,
        term=term,
        why="",
        by="ana",
        at=datetime(2026, 11, 1, tzinfo=UTC),
        order=f"co-{word}",
    )


def aliases(*decisions: TermDecision, kept: tuple[Term, ...] = ()) -> Aliases:
    return Aliases.of(AccountId("archive"), decisions, {"Boats": kept} if kept else {})


def spelled(value: Value, known: Aliases, field: FieldName = BOATS) -> tuple[str, ...] | list[str]:
    """What is written, or the words that are not known."""
    write = to_native({field: value}, (), MAP, definitions=SITE, aliases=known)
    name = {BOATS: "Boats", KIND: "Kind"}.get(field, "Usage")
    if write.problems:
        assert {it.code for it in write.problems} == {Code.UNKNOWN_TERM}
        assert name not in write.attributes
        return sorted(it.key.word for it in write.unknown)
    return write.attributes.get(name, ())


def test_every_unknown_word_is_named_and_nothing_of_the_value_is_written() -> None:
    assert spelled(("Eight", "whiff", "canoe", "Whiff"), aliases()) == ["canoe", "whiff"]
    write = to_native({BOATS: ("whiff", "WHIFF", "canoe")}, (), MAP, definitions=SITE, aliases=aliases())
    assert [(it.key.word, it.spellings, it.waiting) for it in write.unknown] == [
        ("canoe", ("canoe",), True),
        ("whiff", ("whiff", "WHIFF"), True),
    ]


@pytest.mark.parametrize("word", ["whiff", "WHIFF", " Whiff! ", "whíff"])
def test_a_decided_word_is_its_term_in_every_spelling_that_folds_alike(word: str) -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Oars"))
    assert spelled((word, "Eight"), known) == ("Oars", "Eight")
    assert in_terms({BOATS: (word, "Eight")}, MAP, SITE, known).fields == {BOATS: ("Oars", "Eight")}


def test_two_words_of_one_term_are_one_value() -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Oars"), decided("blade", Verdict.MAP, "Oars"))
    assert spelled(("whiff", "blade", "Oars"), known) == ("Oars",)
    assert in_terms({BOATS: ("whiff", "blade", "Oars")}, MAP, SITE, known).fields == {BOATS: ("Oars",)}


def test_the_accounts_own_term_goes_before_every_decision() -> None:
    known = aliases(decided("eight", Verdict.DROP), decided("oars", Verdict.MAP, "Eight"))
    assert spelled(("Eight", "Oars"), known) == ("Eight", "Oars")


def test_a_dropped_word_is_left_out_and_a_value_of_it_alone_empties_nothing() -> None:
    known = aliases(decided("whiff", Verdict.DROP), decided("dull", Verdict.DROP, attribute="Kind"))
    assert spelled(("whiff", "Eight"), known) == ("Eight",)
    write = to_native({BOATS: ("whiff",), KIND: "dull"}, (), MAP, definitions=SITE, aliases=known)
    assert (dict(write.attributes), write.problems) == ({}, ())
    spoken = in_terms({BOATS: ("whiff",), KIND: "dull"}, MAP, SITE, known)
    assert spoken.fields == {}
    assert [(it.key.word, it.under) for it in spoken.uses] == [("whiff", "co-whiff"), ("dull", "co-dull")]


@pytest.mark.hazard("P31")
def test_a_word_that_is_to_become_a_term_waits_until_the_account_shows_it() -> None:
    known = aliases(decided("whiff", Verdict.ADD, "Whiffs"))
    assert spelled(("whiff",), known) == ["whiff"]
    shown: dict[str, Definition] = {**SITE, "Boats": ("tag", ("Whiffs",))}
    assert to_native({BOATS: ("whiff",)}, (), MAP, definitions=shown, aliases=known).attributes["Boats"] == ("Whiffs",)


def test_a_word_whose_term_has_gone_from_the_account_waits() -> None:
    assert spelled(("whiff",), aliases(decided("whiff", Verdict.MAP, "Gondola"))) == ["whiff"]


def test_an_imported_vocabulary_says_what_words_mean_as_far_as_the_account_has_the_term() -> None:
    known = aliases(kept=KEPT)
    assert spelled(("Skiffs", "EINER"), known) == ("Single Scull",)
    assert spelled(("flat boat",), known) == ["flat boat"]
    (problem,) = to_native({BOATS: ("skif",)}, (), MAP, definitions=SITE, aliases=known).problems
    assert problem["suggestions"] == ("Single Scull",)


def test_a_person_goes_before_an_imported_vocabulary() -> None:
    assert spelled(("skiff",), aliases(decided("skiff", Verdict.MAP, "Oars"), kept=KEPT)) == ("Oars",)


def test_what_is_free_text_or_not_shown_is_left_as_it_is() -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Oars"), decided("x", Verdict.DROP, attribute="Credit"))
    fields: dict[FieldName, Value] = {FieldName("credit"): "x", BOATS: ("whiff",)}
    assert in_terms(fields, MAP, None, known).fields == fields
    assert in_terms({FieldName("credit"): "x"}, MAP, SITE, known).fields == {FieldName("credit"): "x"}


def test_uses_of_an_asset_that_waits_say_for_which_words() -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Oars"))
    value: dict[FieldName, Value] = {BOATS: ("whiff", "canoe")}
    unknown = to_native(value, (), MAP, definitions=SITE, aliases=known).unknown
    waits = waiting_for(in_terms(value, MAP, SITE, known).uses, unknown)
    assert [(it.key.word, it.under, it.waiting) for it in waits] == [("canoe", "", True), ("whiff", "co-whiff", False)]


@given(st.lists(st.sampled_from(["whiff", "Eight", "canoe", "skiff", "Oars"]), min_size=1, max_size=5))
def test_saying_in_terms_twice_is_saying_it_once_and_both_ways_agree(words: list[str]) -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Oars"), decided("canoe", Verdict.DROP), kept=KEPT)
    once = in_terms({BOATS: tuple(words)}, MAP, SITE, known).fields
    assert in_terms(once, MAP, SITE, known).fields == once
    straight = to_native({BOATS: tuple(words)}, (), MAP, definitions=SITE, aliases=known)
    assert straight.problems == ()
    assert straight.attributes == to_native(once, (), MAP, definitions=SITE, aliases=known).attributes


@pytest.mark.parametrize(
    ("one", "other"),
    [("が", "か"), ("कि", "का"), ("C#", "C"), ("50%", "50"), ("й", "и"), ("?!", "!!"), ("x" * 400, "x" * 401)],
)
def test_words_that_differ_are_not_folded_into_one(one: str, other: str) -> None:
    assert word_key(one) != word_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Été", "ete"),
        ("STRASSE", "straße"),
        ("#sunset", "Sunset"),
        ("rowing-club", "Rowing  Club!"),
        ("Ｅｉｇｈｔ", "eight"),
    ],
)
def test_spellings_of_one_word_are_folded_into_one(one: str, other: str) -> None:
    assert word_key(one) == word_key(other)


@given(st.text(max_size=300))
def test_a_key_can_stand_in_any_store(text: str) -> None:
    key = word_key(text)
    assert key
    assert len(key) <= 200
    assert key.encode()
    assert "\0" not in key
    assert fold(" ".join(fold(text))) == fold(text)


def test_where_the_account_shows_nothing_the_imported_vocabulary_is_its_own() -> None:
    known = aliases(decided("whiff", Verdict.MAP, "Punt"), kept=KEPT)
    write = to_native({BOATS: ("skiff", "whiff", "canoe"), KIND: "anything"}, (), MAP, aliases=known)
    assert [(it.key.attribute, it.key.word) for it in write.unknown] == [("Boats", "canoe")]
    assert write.attributes == {"Kind": ("anything",)}
    assert in_terms({BOATS: ("skiff", "whiff")}, MAP, None, known).fields == {BOATS: ("Single Scull", "Punt")}
    assert to_native({BOATS: ("canoe",)}, (), MAP).attributes == {"Boats": ("canoe",)}
