"""A plan file read back is the plan that was written, in an order that does not depend on how it was found, or is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import Forecast, LeftItem, Plan, PlanDamaged, PlanHeader, read_plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetVersion
from dambridge.model.values import DateValue, FieldName, LangAlt

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORD = st.text("abcxyz0189._", min_size=1, max_size=12)
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
VERSIONS = st.builds(AssetVersion, modified=TEXT, fields=TEXT, content=TEXT)
REASONS = st.builds(
    lambda code, params: Reason.of(code, **params),
    st.sampled_from(list(Code)),
    st.dictionaries(
        st.sampled_from(["text", "field", "count", "items"]),
        TEXT | st.integers(0, 9) | st.lists(TEXT, max_size=3).map(tuple),
    ),
)
VALUES = (
    TEXT
    | st.integers(-1, 254)
    | st.booleans()
    | st.lists(TEXT, max_size=3).map(tuple)
    | st.dictionaries(st.sampled_from(["x-default", "de", "fr"]), TEXT, min_size=1).map(LangAlt.of)
    | st.dates().map(lambda it: DateValue(it.isoformat()))
)
KEYS = st.builds(lambda name: AssetKey(AccountId("agency"), RemoteId(name)), WORD)
ACTIONS = st.builds(
    Action,
    kind=st.sampled_from(list(ActionKind)),
    link=WORD.map(LinkId),
    source=KEYS,
    target=st.just(CopyId(AccountId("archive"), CopyRole.RECORD)),
    target_id=st.none() | WORD.map(RemoteId),
    fields=st.dictionaries(WORD.map(FieldName), VALUES, max_size=4),
    cleared=st.lists(WORD.map(FieldName), unique=True, max_size=2).map(sorted).map(tuple),
    expects=st.dictionaries(st.just("agency/source/-/original"), VERSIONS, max_size=1),
    reasons=st.lists(REASONS, max_size=2).map(tuple),
    folder=TEXT,
    file_name=TEXT,
    name=TEXT,
    media_type=st.just("image"),
    size=st.integers(0, 2**40),
    calls=st.dictionaries(st.sampled_from(["agency", "archive"]), st.integers(0, 9)),
    modified_at=st.none() | st.just(AT),
)
LEFT = st.builds(
    LeftItem,
    key=KEYS,
    leave=st.builds(Leave, outcome=st.sampled_from(list(Outcome)), reason=REASONS, waits_for=TEXT),
    expects=st.none() | VERSIONS,
    file_name=TEXT,
)


def header(tripped: tuple[Reason, ...] = ()) -> PlanHeader:
    return PlanHeader(
        flow=FlowName.INTAKE,
        made_at=AT,
        expires_at=AT + timedelta(days=2),
        policy="p",
        configuration="c",
        capabilities="k",
        counts={"create": 1},
        forecast=Forecast(calls={"agency": 3, "archive": 6}, bytes=10, seconds=1.5, store_bytes=6000),
        tripped=tripped,
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    actions = draw(st.lists(ACTIONS, max_size=4, unique_by=lambda it: it.id))
    left = draw(st.lists(LEFT, max_size=4, unique_by=lambda it: it.key))
    return Plan(header=header(tuple(draw(st.lists(REASONS, max_size=2)))), actions=tuple(actions), left=tuple(left))


@pytest.mark.hazard("P47")
@given(plans(), st.randoms(use_true_random=False))
def test_a_plan_read_back_is_the_plan_in_whatever_order_it_was_made(plan: Plan, chance: object) -> None:
    back = read_plan(plan.lines())
    assert (back.header, back.digest, back.id) == (plan.header, plan.digest, plan.id)
    assert sorted(back.actions, key=lambda it: it.id) == sorted(plan.actions, key=lambda it: it.id)
    assert sorted(back.left, key=lambda it: it.key) == sorted(plan.left, key=lambda it: it.key)
    actions, left = list(plan.actions), list(plan.left)
    chance.shuffle(actions)  # type: ignore[attr-defined]
    chance.shuffle(left)  # type: ignore[attr-defined]
    shuffled = Plan(header=plan.header, actions=tuple(actions), left=tuple(left))
    assert list(shuffled.lines()) == list(plan.lines())


@pytest.mark.hazard("P47")
@given(plans(), st.data())
def test_any_changed_character_is_refused(plan: Plan, data: st.DataObject) -> None:
    text = "\n".join(plan.lines())
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(sorted({"0", "x", '"', "é"} - {text[at]})))
    with pytest.raises(PlanDamaged):
        read_plan((text[:at] + other + text[at + 1 :]).split("\n"))


@pytest.mark.hazard("P47")
@given(plans(), st.data())
def test_a_lost_repeated_or_swapped_line_is_refused(plan: Plan, data: st.DataObject) -> None:
    lines = list(plan.lines())
    at = data.draw(st.integers(0, len(lines) - 1))
    with pytest.raises(PlanDamaged):
        read_plan(lines[:at] + lines[at + 1 :])
    with pytest.raises(PlanDamaged):
        read_plan([*lines[: at + 1], lines[at], *lines[at + 1 :]])
    if at:
        swapped = [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]
        with pytest.raises(PlanDamaged):
            read_plan(swapped)


@pytest.mark.parametrize("rows", [[], [""], ["{}"], ["not JSON", "neither"], ["[]", "[]"], ["{}", '{"sha256": 3}']])
def test_what_is_no_plan_is_refused_with_a_sentence(rows: list[str]) -> None:
    with pytest.raises(PlanDamaged, match=r"[Mm]ake"):
        read_plan(rows)


def test_a_plan_of_another_format_is_refused_though_its_seal_is_right() -> None:
    import hashlib
    import json

    head = json.dumps({"plan": 2})
    seal = hashlib.sha256(head.encode() + b"\n").hexdigest()
    with pytest.raises(PlanDamaged, match="format 2"):
        read_plan([head, json.dumps({"sha256": seal})])


def test_line_ends_and_blank_lines_do_not_matter() -> None:
    plan = Plan(header=header(), actions=(), left=())
    assert read_plan([f"{it}\n" for it in plan.lines()]) == plan
    assert read_plan([*plan.lines(), "", "\n"]) == plan


@given(ACTIONS)
def test_an_actions_id_is_of_what_it_does_and_a_create_is_one_for_life(action: Action) -> None:
    from dataclasses import replace

    # What an agreement says of the inbox stands among its reasons, and is a part of it
    reasons = action.reasons if action.kind is ActionKind.AGREE else ()
    same = replace(action, fields={}, reasons=reasons, folder="x", size=1, calls={}, modified_at=None)
    assert same.id == action.id
    assert replace(action, link=LinkId(action.link + "y")).id != action.id
    moved = replace(
        action, expects={"agency/source/-/original": AssetVersion(modified="else", fields="f", content="c")}
    )
    assert (moved.id == action.id) is (action.kind is ActionKind.CREATE or moved.expects == action.expects)
