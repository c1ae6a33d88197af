"""Rules compile or say where they are wrong; they come to a value or to a fault, and a fault is never false."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dambridge.expressions import ExpressionFault, ExpressionInvalid, Kind, compile_expression, record_values
from dambridge.mapping import FIELDS, expression_variables
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt

VARIABLES = {"title": Kind.TEXT, "credit": Kind.TEXT, "keywords": Kind.TEXTS, "rating": Kind.INT, "now": Kind.INSTANT}
NOW = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)


def value_of(source: str, **values: object) -> object:
    """The rule's value, whatever kind it has."""
    kinds = (Kind.BOOL, Kind.TEXT, Kind.TEXTS, Kind.INT)
    for kind in kinds:
        try:
            return compile_expression(source, VARIABLES, returns=kind).evaluate({"now": NOW, **values})
        except ExpressionInvalid:
            continue
    raise AssertionError(f"{source} compiles to no known kind")


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("title == 'Häfen'", {"title": "Häfen"}, True),
        ("title == 'Häfen'", {"title": "Hafen"}, False),
        ("'port' in keywords", {"keywords": ("port", "a,b")}, True),
        ("'a' in keywords", {"keywords": ("port", "a,b")}, False),
        ("keywords.exists(it, it.startsWith('a,'))", {"keywords": ("port", "a,b")}, True),
        ("rating >= 3 && credit != ''", {"rating": 3, "credit": "x"}, True),
        ("credit == '' && !present['credit']", {}, True),
        ("present['credit']", {"credit": "x"}, True),
        ("now > timestamp('2026-11-24T22:00:00Z')", {}, True),
        ("lower(title) + '/' + slug(credit)", {"title": "ÅÄ", "credit": "Émile & Söhne"}, "åä/emile-sohne"),
        ("replace(title, 'a', 'bb')", {"title": "aXa"}, "bbXbb"),
        ("pad(string(rating), 4)", {"rating": 7}, "0007"),
        ("day(now, 'Asia/Tokyo')", {}, "2026-11-25"),
        ("day(now, 'America/New_York')", {}, "2026-11-24"),
        ("slug(title)", {"title": "長崎 – 港"}, "長崎-港"),
        ("keywords.filter(it, it != 'a')", {"keywords": ("a", "b")}, ("b",)),
        ("title.size()", {"title": "éé"}, 2),
    ],
)
def test_a_rule_comes_to_its_value(source: str, values: dict[str, object], expected: object) -> None:
    assert value_of(source, **values) == expected


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("titel == 'x'", "1:1"),
        ("title + 1 == 'x'", "1:7"),
        ("size(keywords) > 'a'", "1:16"),
        ("title ==", "1:9"),
        ("title == 'x' && unknown(title)", "1:24"),
        ("title.replace('a', 'b') == ''", "1:14"),
    ],
)
def test_a_mistake_is_shown_with_its_place_and_a_caret(source: str, place: str) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(source, VARIABLES)
    text = str(caught.value)
    assert text.startswith(place)
    assert "^" in text
    assert source in text
    assert "INVALID_ARGUMENT" not in text


@pytest.mark.parametrize(
    ("source", "kind"), [("title", Kind.BOOL), ("title == ''", Kind.TEXT), ("1", Kind.TEXTS), ("{}", Kind.BOOL)]
)
def test_a_rule_of_the_wrong_kind_is_refused_on_load(source: str, kind: Kind) -> None:
    with pytest.raises(ExpressionInvalid, match="wanted"):
        compile_expression(source, VARIABLES, returns=kind)


def test_an_empty_rule_is_refused() -> None:
    with pytest.raises(ExpressionInvalid, match="empty"):
        compile_expression("  ", VARIABLES)


@pytest.mark.parametrize(
    "source",
    [
        "1 / (rating - rating) == 1",
        "title.matches('(')",
        "true && 1 / 0 == 1",
        "replace(title, '', 'x') == ''",
        "pad(title, 900) == ''",
        "day(now, 'Mars/Olympus') == ''",
        "timestamp(title) > now",
        "keywords[3] == 'x'",
    ],
)
def test_an_error_while_evaluating_is_a_fault_and_never_false(source: str) -> None:
    result = compile_expression(source, VARIABLES).evaluate({"title": "x", "now": NOW})
    assert isinstance(result, ExpressionFault)
    assert result.why


def test_a_fault_that_cannot_matter_does_not_matter() -> None:
    assert compile_expression("title == 'x' || 1 / 0 == 1", VARIABLES).evaluate({"title": "x"}) is True


def test_a_rule_that_asks_for_now_must_be_given_it() -> None:
    rule = compile_expression("now > timestamp('2020-01-01T00:00:00Z')", VARIABLES)
    assert isinstance(rule.evaluate({"title": "x"}), ExpressionFault)
    assert rule.evaluate({"now": NOW}) is True


def test_an_instant_without_a_zone_is_a_fault() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what must be refused
    rule = compile_expression("now > timestamp('2020-01-01T00:00:00Z')", VARIABLES)
    assert isinstance(rule.evaluate({"now": naive}), ExpressionFault)


@pytest.mark.parametrize("values", [{"title": 3}, {"title": True}, {"title": None}, {"title": ("a",)}])
def test_a_value_of_the_wrong_type_is_a_fault(values: dict[str, object]) -> None:
    assert isinstance(compile_expression("title == 'x'", VARIABLES).evaluate(values), ExpressionFault)


def test_values_that_the_rule_does_not_speak_of_are_not_looked_at() -> None:
    assert (
        compile_expression("credit == 'x'", VARIABLES).evaluate({"credit": "x", "title": 3, "other": object()}) is True
    )


def record(**fields: object) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="Ha fen.JPG",
        name="Ha fen",
        size=12,
        fields={FieldName(name): value for name, value in fields.items()},  # type: ignore[misc]
        containers=(Container(RemoteId("G1"), "Intake/Harbour"),),
        version=AssetVersion(modified="1", fields="2", content="3"),
    )


@pytest.mark.parametrize(
    "source",
    [
        "title == 'Häfen' && in_language['title']['de'] == 'Die Häfen'",
        "date_created.startsWith('2026-03')",
        "'Intake/Harbour' in galleries",
        "media_type == 'image' && extension == 'jpg' && file_size == 12",
        "custom['permit'] == 'P-118'",
        "creator[0] == 'Jane' && size(creator) == 2",
        "rating == 5 && !present['city'] && city == ''",
        "now.getFullYear() == 2026",
    ],
)
def test_a_record_is_spoken_of_in_canonical_names(source: str) -> None:
    it = record(
        title=LangAlt.of({"x-default": "Häfen", "de": "Die Häfen"}),
        date_created=DateValue("2026-03-14"),
        creator=("Jane", "Joe"),
        rating=5,
        **{"custom:permit": "P-118"},
    )
    assert compile_expression(source, expression_variables()).evaluate(record_values(it, NOW)) is True


def test_every_canonical_field_can_be_spoken_of() -> None:
    for name in FIELDS:
        rule = compile_expression(f"present['{name}'] || {name} == {name}", expression_variables())
        assert rule.evaluate(record_values(record(), NOW)) is True
