"""What is selected and approved, and the exact reason for what is not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.expressions import compile_expression
from dambridge.mapping import expression_variables
from dambridge.model.actions import Leave
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType
from dambridge.model.stand_ins import stand_in_words
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.policy.carriers import CarrierKind
from dambridge.policy.intake import SELECT, Approval, IntakePolicy, assess
from dambridge.policy.patterns import matches

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def policy(**options: Any) -> IntakePolicy:
    return IntakePolicy(source=AccountId("agency"), target=AccountId("archive"), **{"mode": "new", **options})


def record(*galleries: str, media_type: MediaType = MediaType.IMAGE, **fields: Any) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=media_type,
        file_name="a.jpg",
        name="a",
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=tuple(Container(RemoteId(str(at)), path) for at, path in enumerate(galleries)),
        version=AssetVersion(modified="", fields="", content=""),
    )


def verdict(it: AssetRecord, rules: IntakePolicy) -> Code | None:
    """The code for leaving it, None where it may travel."""
    program = {SELECT: compile_expression(rules.expression, expression_variables())} if rules.expression else {}
    result = assess(it, rules, program, NOW)
    return result.reason.code if isinstance(result, Leave) else None


@pytest.mark.parametrize("rules", [policy(), policy(galleries=("Intake/**",)), policy(mode="approved")])
def test_a_stand_in_travels_under_no_rules_and_an_instruction_holds_nothing_up(rules: IntakePolicy) -> None:
    words = stand_in_words("https://netx.example/app/#asset/7")
    assert verdict(record("Intake/Harbour", edit_status="approved", instructions=words), rules) is Code.STAND_IN
    assert (
        verdict(record("Intake/Harbour", edit_status="approved", instructions="Call first"), rules) is not Code.STAND_IN
    )
    assert verdict(record("Intake/Harbour", instructions="Call first"), policy()) is None


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("Intake/**", "Intake/Harbour", True),
        ("Intake/**", "Intake/2026/Harbour", True),
        ("Intake/**", "Intake", True),
        ("Intake/**", "Intake2/Harbour", False),
        ("Intake/**", "Old/Intake/Harbour", False),
        ("Intake/*", "Intake/Harbour", True),
        ("Intake/*", "Intake/2026/Harbour", False),
        ("**/Approved", "Approved", True),
        ("**/Approved", "a/b/Approved", True),
        ("**/Approved", "a/Approved/b", False),
        ("In?ake/Har*r", "Intake/Harbour", True),
        ("Intake/*", "intake/Harbour", False),
        ("Intake/Blüte", "Intake/Blu\u0308te", True),
        ("Intake/[x]+(y).", "Intake/[x]+(y).", True),
        ("Intake/a.c", "Intake/abc", False),
    ],
)
@pytest.mark.hazard("P23")
def test_patterns_over_gallery_paths(pattern: str, path: str, fits: bool) -> None:
    assert matches(path, pattern) is fits


def fits_by_trying(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the parts cover the names, by trying everything."""
    if not parts:
        return not names
    if parts[0] == "**":
        return any(fits_by_trying(names[at:], parts[1:]) for at in range(len(names) + 1))
    return bool(names) and name_fits(names[0], parts[0]) and fits_by_trying(names[1:], parts[1:])


def name_fits(name: str, part: str) -> bool:
    if not part:
        return not name
    if part[0] == "*":
        return any(name_fits(name[at:], part[1:]) for at in range(len(name) + 1))
    return bool(name) and part[0] in {"?", name[0]} and name_fits(name[1:], part[1:])


NAMES = st.text("ab.", min_size=1, max_size=4)
PARTS = st.one_of(st.just("**"), st.text("ab.*?", min_size=1, max_size=4).filter(lambda it: it != "**"))


@given(st.lists(NAMES, min_size=1, max_size=5), st.lists(PARTS, min_size=1, max_size=5))
def test_a_pattern_covers_what_trying_every_way_finds(names: list[str], parts: list[str]) -> None:
    assert matches("/".join(names), "/".join(parts)) is fits_by_trying(names, parts)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("Intake/" + "a" * 100, "Intake/" + "*a" * 40 + "*b"),
        ("/".join("a" * 200), "/".join(["**", "a"] * 40) + "/b"),
        ("/".join(["a" * 50] * 60), "/".join(["**", "*a*a*a*a"] * 20) + "/**/b"),
    ],
)
def test_no_pattern_runs_away(path: str, pattern: str) -> None:
    begun = time.monotonic()
    assert not matches(path, pattern)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("options", "galleries", "code"),
    [
        ({}, (), None),
        ({"galleries": ("Intake/**",)}, ("Intake/A",), None),
        ({"galleries": ("Intake/**",)}, ("Other", "Intake/A"), None),
        ({"galleries": ("Intake/**",)}, ("Other",), Code.NOT_SELECTED),
        ({"galleries": ("Intake/**",)}, (), Code.NOT_SELECTED),
        ({"galleries": ("Intake/**",), "exclude": ("Intake/Private/**",)}, ("Intake/Private/X",), Code.NOT_SELECTED),
        ({"exclude": ("Private/**",)}, ("Other",), None),
    ],
)
def test_selection_by_gallery(options: dict[str, Any], galleries: tuple[str, ...], code: Code | None) -> None:
    assert verdict(record(*galleries), policy(**options)) is code


def test_media_types_can_be_left_out() -> None:
    rules = policy(media_types={MediaType.AUDIO: "skip", MediaType.IMAGE: "take"})
    assert verdict(record(media_type=MediaType.AUDIO), rules) is Code.MEDIA_TYPE_EXCLUDED
    assert verdict(record(media_type=MediaType.IMAGE), rules) is None
    assert verdict(record(media_type=MediaType.VIDEO), rules) is None


def test_a_rule_selects_and_its_error_is_no_no() -> None:
    rules = policy(expression="keywords[0] == 'press'")
    assert verdict(record(keywords=("press",)), rules) is None
    assert verdict(record(keywords=("other",)), rules) is Code.EXPRESSION_FALSE
    assert verdict(record(), rules) is Code.EXPRESSION_ERROR
    failed = assess(record(), rules, {SELECT: compile_expression(rules.expression or "", expression_variables())}, NOW)
    assert isinstance(failed, Leave)
    assert failed.outcome is Outcome.QUARANTINED


@pytest.mark.hazard("P12")
@pytest.mark.parametrize(
    ("approval", "fields", "galleries", "code"),
    [
        (Approval(), {"edit_status": "approved"}, (), None),
        (Approval(), {"edit_status": " Approved "}, (), None),
        (Approval(), {"edit_status": "draft"}, (), Code.NOT_APPROVED),
        (Approval(), {}, (), Code.NOT_APPROVED),
        (Approval(), {"edit_status": "rejected"}, (), Code.REJECTED_AT_SOURCE),
        (Approval(), {"edit_status": "approved-ish"}, (), Code.NOT_APPROVED),
        (Approval(carrier=CarrierKind.RATING, minimum=3), {"rating": 3}, (), None),
        (Approval(carrier=CarrierKind.RATING, minimum=3), {"rating": 2}, (), Code.NOT_APPROVED),
        (Approval(carrier=CarrierKind.RATING, minimum=3), {}, (), Code.NOT_APPROVED),
        (Approval(carrier=CarrierKind.RATING), {"rating": -1}, (), Code.REJECTED_AT_SOURCE),
        (Approval(carrier=CarrierKind.RATING), {"rating": 0}, (), Code.NOT_APPROVED),
        (Approval(carrier=CarrierKind.CUSTOM, field=FieldName("custom:ok")), {"custom:ok": "approved"}, (), None),
        (
            Approval(carrier=CarrierKind.CUSTOM, field=FieldName("custom:ok")),
            {"edit_status": "approved"},
            (),
            Code.NOT_APPROVED,
        ),
        (Approval(carrier=CarrierKind.GALLERY, approved=("Approved/**",)), {}, ("Intake/A", "Approved/A"), None),
        (Approval(carrier=CarrierKind.GALLERY, approved=("Approved/**",)), {}, ("Intake/A",), Code.NOT_APPROVED),
        (
            Approval(carrier=CarrierKind.GALLERY, approved=("Approved/**",), rejected=("Rejected/**",)),
            {},
            ("Approved/A", "Rejected/A"),
            Code.REJECTED_AT_SOURCE,
        ),
    ],
)
def test_approval_by_each_carrier(
    approval: Approval, fields: dict[str, Any], galleries: tuple[str, ...], code: Code | None
) -> None:
    assert verdict(record(*galleries, **fields), policy(mode="approved", approval=approval)) is code
    assert verdict(record(*galleries, **fields), policy(mode="new", approval=approval)) is None


def test_a_missing_required_field_waits_for_the_contributor() -> None:
    rules = policy(required=(FieldName("credit"), FieldName("title")))
    result = assess(record(title=LangAlt.plain("T")), rules, {}, NOW)
    assert isinstance(result, Leave)
    assert (result.outcome, result.reason.code, result.waits_for) == (
        Outcome.WAITING,
        Code.REQUIRED_FIELD_MISSING,
        "contributor",
    )
    assert result.reason["fields"] == ("credit",)
    assert verdict(record(credit="C", title=LangAlt.plain("T")), rules) is None


@pytest.mark.parametrize(
    ("options", "groups"),
    [
        ({"folder": "X/{year}"}, {"base", "iptc"}),
        ({"folder": "X/{gallery}"}, {"base", "iptc", "containers"}),
        ({"folder": "X", "galleries": ("a",)}, {"base", "iptc", "containers"}),
        (
            {"folder": "X", "mode": "approved", "approval": Approval(carrier=CarrierKind.GALLERY)},
            {"base", "iptc", "containers"},
        ),
        (
            {"folder": "X", "mode": "approved", "approval": Approval(carrier=CarrierKind.CUSTOM)},
            {"base", "iptc", "custom"},
        ),
        ({"folder": "X/{custom:permit}"}, {"base", "iptc", "custom"}),
        ({"folder": "X", "expression": "custom['a'] == 'b'"}, {"base", "iptc", "custom"}),
    ],
)
def test_only_what_the_policy_needs_is_read(options: dict[str, Any], groups: set[str]) -> None:
    assert policy(**options).groups == groups


VALUES: st.SearchStrategy[Value] = st.sampled_from(["approved", "rejected", 5, -1, ("approved",), DateValue("2026")])


@given(
    st.dictionaries(st.sampled_from(["edit_status", "rating", "credit", "custom:ok"]), VALUES),
    st.sampled_from(list(CarrierKind)),
)
def test_every_record_gets_an_answer(fields: dict[str, Value], carrier: CarrierKind) -> None:
    rules = policy(mode="approved", approval=Approval(carrier=carrier, field=FieldName("custom:ok")))
    given_: dict[str, Any] = dict(fields)
    result = assess(record("Intake/A", **given_), rules, {}, NOW)
    assert isinstance(result, AssetRecord) or result.outcome is Outcome.SKIPPED
