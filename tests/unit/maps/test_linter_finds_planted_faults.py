"""The linter finds each planted fault, names it on the right field, and finds nothing in a sound map (P32)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import ConfigurationWrong, faults_of, lint_settings
from dambridge.bootstrap.map_lint import Live
from dambridge.mapping import Aliases
from dambridge.mapping.faults import Fault, LintFinding
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import AssetRecord, AssetVersion, MediaType
from dambridge.model.terms import TermDecision, TermKey, Verdict
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.telemetry import lint_words
from dambridge.telemetry.lint_words import WORDS
from map_files import PLANTED, Load, put, sound

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FAULTS: dict[str, dict[str, Any]] = yaml.safe_load((PLANTED / "faults.yaml").read_text(encoding="utf-8"))
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
SITE = {
    "Title": ("text", None),
    "Headline": ("text", None),
    "Caption": ("textarea", None),
    "Caption Writer": ("text", None),
    "Keywords": ("tag", ("press", "media", "harbour")),
    "Creator": ("text", None),
    "Creator Job Title": ("text", None),
    "Credit Line": ("text", None),
    "Source": ("text", None),
    "Copyright Notice": ("text", None),
    "Usage Terms": ("textarea", None),
    "Rights URL": ("text", None),
    "Instructions": ("textarea", None),
    "Job ID": ("text", None),
    "Date Created": ("date", None),
    "Location": ("text", None),
    "City": ("text", None),
    "State": ("text", None),
    "Country": ("pulldown", ("Germany", "Austria", "Switzerland")),
    "Country Code": ("pulldown", ("DEU", "AUT", "CHE")),
    "Rating": ("number", None),
    "Campaign": ("text", None),
}


RICH: dict[str, Value] = {
    "title": LangAlt.plain("Harbour"),
    "headline": "Harbour at dawn",
    "job_id": "HB-0001",
    "country": "Germany",
    "keywords": ("press",),
    "creator": ("A", "B"),
    "credit": "Harbour Board",
    "city": "Rye",
    "instructions": "Call first",
    "usage_terms": LangAlt.plain("Editorial use"),
    "source": "Riverbend",
}


def record(number: int, **fields: Value) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AGENCY, RemoteId(f"I{number}")),
        media_type=MediaType.IMAGE,
        file_name=f"{number}.jpg",
        name=str(number),
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=(),
        version=AssetVersion(modified="1", fields="f", content="c"),
    )


def found_in(load: Load, document: dict[str, Any], live: Live | None = None) -> list[LintFinding]:
    try:
        settings = load(document)
    except ConfigurationWrong as error:
        return faults_of(error)
    return lint_settings(settings, now=NOW, live=live)


def live(*records: AssetRecord, **changed: tuple[str, tuple[str, ...] | None] | None) -> Live:
    site = {**SITE, **{name.replace("_", " "): it for name, it in changed.items()}}
    return Live(definitions={ARCHIVE: {name: it for name, it in site.items() if it is not None}}, records=records)


def test_a_sound_map_has_no_fault_alone_or_against_the_account(load: Load) -> None:
    assert found_in(load, sound()) == []
    good = record(
        1, job_id="HB-0001", country="Germany", keywords=("press",), creator=("A", "B"), credit="Harbour Board"
    )
    assert found_in(load, sound(), live(good)) == []


def test_there_are_more_than_twelve_kinds_and_each_has_words() -> None:
    assert len({it.get("fault", name) for name, it in FAULTS.items()}) >= 12
    assert set(WORDS) == {str(it) for it in Fault}


@pytest.mark.hazard("P32")
@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_found_and_it_alone(load: Load, name: str) -> None:
    planted = FAULTS[name]
    seen = live() if planted.get("live") else None
    findings = found_in(load, put(sound(), planted["at"], planted["put"]), seen)
    assert {str(it.fault) for it in findings} == {planted.get("fault", name)}
    assert any(it.field.endswith(planted["field"]) for it in findings)
    for it in findings:
        told, remedy = lint_words(it.fault, it.field, it.params)
        assert told
        assert remedy
        assert "…" not in told + remedy


@pytest.mark.hazard("P32")
def test_against_the_account_misspelt_attributes_are_named_with_the_right_one(load: Load) -> None:
    findings = found_in(load, sound(), live(Credit_Line=None, Credits_Line=("text", None)))
    (it,) = findings
    assert (it.fault, it.account, it.field, it.params["closest"]) == (
        Fault.ATTRIBUTE_MISSING,
        "archive",
        "credit",
        "Credits Line",
    )
    assert "Did you mean Credits Line?" in lint_words(it.fault, it.field, it.params)[1]


@pytest.mark.hazard("P32")
def test_against_the_account_types_and_terms_are_its_own_and_not_the_maps(load: Load) -> None:
    (it,) = found_in(load, sound(), live(Headline=("number", None)))
    assert (it.fault, it.field) == (Fault.TYPE_DOES_NOT_FIT, "headline")
    named = put(sound(), ["accounts", "archive", "fields", "country", "default"], "Switzerland")
    assert found_in(load, named, live()) == []
    (it,) = found_in(load, named, live(Country=("pulldown", ("Germany", "Austria"))))
    assert (it.fault, it.field, it.params["term"]) == (Fault.TERM_WITHOUT_PARTNER, "country", "Switzerland")


def test_terms_are_not_listed_in_the_map_and_whoever_does_is_told_where_they_go(load: Load) -> None:
    listed = put(sound(), ["accounts", "archive", "fields", "country", "terms"], ["Germany"])
    with pytest.raises(ConfigurationWrong, match="`dambridge terms import FILE --attribute NAME`"):
        load(listed)


def test_a_custom_field_that_the_source_does_not_have_is_named_with_the_right_one(load: Load) -> None:
    document = put(sound(), ["accounts", "agency", "fields"], {"genre_legacy": "custom.Gnre"})
    assert found_in(load, document) == [], "nothing is known of the account's own fields without looking"
    (it,) = found_in(load, document, Live(natives={AGENCY: frozenset({"custom.Genre", "headline"})}))
    assert (it.fault, it.account, it.params["closest"]) == (Fault.ATTRIBUTE_MISSING, "agency", "custom.Genre")
    right = put(sound(), ["accounts", "agency", "fields"], {"genre_legacy": "custom.Genre"})
    assert found_in(load, right, Live(natives={AGENCY: frozenset({"custom.Genre", "headline"})})) == []


@pytest.mark.parametrize(
    ("fields", "fault", "field", "value"),
    [
        ({"credit": "x" * 121}, Fault.VALUE_CUT, "credit", "x" * 79 + "…"),
        ({"country": "Frankreich"}, Fault.TERM_WITHOUT_PARTNER, "country", "Frankreich"),
        ({"job_id": "JOB 7"}, Fault.INVERSE_DIFFERS, "job_id", "JOB 7"),
        ({"description": LangAlt.of({"x-default": "a", "de": "b"})}, Fault.LANGUAGES_LOST, "description", "a"),
    ],
)
def test_real_assets_show_what_would_be_lost(
    load: Load, fields: dict[str, Value], fault: Fault, field: str, value: str
) -> None:
    findings = found_in(load, sound(), live(*(record(number, **fields) for number in range(5)), record(9)))
    (it,) = findings
    assert (it.fault, it.field, it.assets) == (fault, field, 5)
    assert [one.asset for one in it.samples] == ["agency:I0", "agency:I1", "agency:I2"]
    assert it.samples[0].value == value


@pytest.mark.hazard("P32")
def test_each_fault_of_a_field_names_assets_that_have_it(load: Load) -> None:
    """Of faults that a map cannot be read with, there is no map to hold against assets; others are about tables and rules."""
    rich = [record(number, **RICH) for number in range(5)]
    named: set[str] = set()
    for name, planted in FAULTS.items():
        document = put(sound(), planted["at"], planted["put"])
        told = found_in(load, document, live(*rich) if planted.get("live") else Live(records=rich))
        for it in (it for it in told if it.field in RICH and it.account):
            assert (it.assets, len(it.samples)) == (5, 3)
            assert it.samples[0].asset == "agency:I0"
            named.add(name)
    assert len(named) >= 7, named


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (
            ("Germany", "Austria"),
            "Assets say words that are no terms of Country, for instance Frankreich; what says one waits.",
        ),
        ((), "Country has no terms yet, so that every word for it waits, for instance Frankreich."),
    ],
)
def test_words_of_assets_are_told_for_the_queue_and_make_no_map_wrong(
    load: Load, terms: tuple[str, ...], said: str
) -> None:
    findings = found_in(load, sound(), live(record(1, country="Frankreich"), Country=("pulldown", terms)))
    it = next(it for it in findings if it.params.get("origin") == "assets")
    assert not it.bad
    assert lint_words(it.fault, it.field, it.params)[0] == said
    own = put(sound(), ["accounts", "archive", "fields", "country", "default"], "Frankreich")
    (it,) = found_in(load, own, live(Country=("pulldown", ("Germany", "Austria"))))
    assert it.bad, "a word of the map's own is the map's mistake"


def test_a_word_that_a_person_decided_about_is_no_fault(load: Load) -> None:
    words = [record(number, country="Frankreich") for number in range(2)]
    (it,) = found_in(load, sound(), live(*words))
    assert it.fault is Fault.TERM_WITHOUT_PARTNER
    decision = TermDecision(
        key=TermKey(ARCHIVE, "Country", "frankreich"),
        verdict=Verdict.MAP,
        term="Germany",
        why="",
        by="ana",
        at=NOW,
        order="co-1",
    )
    decided = replace(live(*words), aliases={ARCHIVE: Aliases.of(ARCHIVE, [decision], {})})
    assert found_in(load, sound(), decided) == []


def test_a_key_without_a_row_is_shown_where_the_table_waits_for_it(load: Load) -> None:
    asset = record(1, job_id="HB-0009")
    assert found_in(load, sound(), live(asset)) == []
    waits = put(sound(), ["lookups", "campaigns", "unknown"], "wait")
    (it,) = found_in(load, waits, live(asset))
    assert (it.fault, it.field) == (Fault.TABLE_FAILS, "campaigns")


def test_the_demos_map_has_no_fault(load: Load) -> None:
    text = (Path(__file__).parents[3] / "examples" / "demo" / "map.yaml").read_text(encoding="utf-8")
    assert lint_settings(load(text), now=NOW) == []
