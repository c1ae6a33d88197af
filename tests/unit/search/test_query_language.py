"""The query language: what is read, what is refused, and what the refusal says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.queries import (
    EVERYTHING,
    AllOf,
    AnyOf,
    During,
    Facet,
    InRegion,
    Is,
    May,
    Not,
    Query,
    Stands,
    Time,
    Usable,
    Words,
    words_of,
)
from dambridge.search.query import Misread, read_query

READ: list[tuple[str, Query]] = [
    ("", EVERYTHING),
    ("harbour", Words(("harbour",))),
    ("Zürich", Words(("zurich",))),
    ("harbour night", AllOf((Words(("harbour",)), Words(("night",))))),
    ('"old port"', Words(("old", "port"))),
    ("wide-angle", Words(("wide", "angle"))),
    ("harb*", Words(("harb",), prefix=True)),
    ("東京", Words(("東", "京"))),
    ("-fog", Not(Words(("fog",)))),
    ("NOT fog", Not(Words(("fog",)))),
    ("--fog", Not(Not(Words(("fog",))))),
    ("a OR b c", AllOf((AnyOf((Words(("a",)), Words(("b",)))), Words(("c",))))),
    ("a AND b", AllOf((Words(("a",)), Words(("b",))))),
    ("(a b) OR c", AnyOf((AllOf((Words(("a",)), Words(("b",)))), Words(("c",))))),
    ("caption:fog", Words(("fog",), "description")),
    ('keywords:"old port"', Words(("old", "port"), "keywords")),
    ("file:IMG_0*", Words(("img", "0"), "file_name", prefix=True)),
    ("status:In-Review", Is(Facet.STATUS, "in_review")),
    ("type:video", Is(Facet.TYPE, "video")),
    ("home:archive", Is(Facet.HOME, "archive")),
    ("region:de", InRegion("DE")),
    ("region:worldwide", InRegion("*")),
    ("rights:now", May()),
    ("rights:Web@fr", May("web", "FR")),
    ("rights:@FR", May("", "FR")),
    ("rights:ended", Stands(Usable.ENDED)),
    ("date:2026", During(Time.DATE, "2026-01-01", "2026-12-31")),
    ("date:2026-02", During(Time.DATE, "2026-02-01", "2026-02-28")),
    ("date:2026-01..2026-06", During(Time.DATE, "2026-01-01", "2026-06-30")),
    ("added:2026-05-17..", During(Time.ADDED, "2026-05-17", None)),
    ("modified:..2024-02", During(Time.MODIFIED, None, "2024-02-29")),
    ("or and not", AllOf((Words(("or",)), Words(("and",)), Words(("not",))))),
    ("own.Shoot:red", Words(("red",), "own.Shoot")),
]
REFUSED = [
    ('fog "old port', 4, "never closed"),
    ("(fog", 0, "never closed"),
    ("fog)", 3, "too many"),
    ("fog OR", 4, "after it"),
    ("OR fog", 0, "before it"),
    ("()", 0, "nothing between"),
    ("fog -", 4, "No letter"),
    ("capton:fog", 0, "`caption:`"),
    ("fog zzzqqq:1", 4, "quotation marks"),
    ("status:", 7, "needs a value"),
    ("type:picture", 5, "image"),
    ("date:yesterday", 5, "2026-05-17"),
    ("date:2026-13", 5, "calendar"),
    ("date:2026-02-30", 5, "28 days"),
    ("date:2026..2025", 5, "date:2025..2026"),
    ("date:..", 5, "at least one end"),
    ("h*rbour", 1, "end of a word"),
    ("rights:web@", 7, "territory"),
    ("title:(a b)", 6, "each word"),
    ("(" * 13 + "a" + ")" * 13, 12, "parentheses"),
    ("a" * 2001, 2000, "Shorten"),
]


@pytest.mark.parametrize(("text", "query"), READ)
def test_what_people_write_is_read(text: str, query: Query) -> None:
    assert read_query(text) == query


@pytest.mark.parametrize(("text", "at", "told"), REFUSED)
def test_a_refusal_names_the_place_and_what_to_write(text: str, at: int, told: str) -> None:
    with pytest.raises(Misread) as refused:
        read_query(text)
    assert refused.value.at == at, refused.value
    assert told.casefold() in str(refused.value).casefold()


@given(st.text(alphabet='ab(") :-*.ORNT2026éß東_@', max_size=40))
def test_whatever_is_written_is_read_or_refused_at_a_place(text: str) -> None:
    refused = None
    try:
        read_query(text)
    except Misread as no:
        refused = no
    assert refused is None or (0 <= refused.at <= len(text) and str(refused).endswith("."))


@given(st.text(max_size=60))
def test_words_are_the_same_whatever_their_case_and_accents(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)
