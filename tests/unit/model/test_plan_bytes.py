"""A plan file through a real file and back: every byte counts, whatever stands in captions, and nothing is read in silence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dambridge.model.actions import Action, ActionKind
from dambridge.model.plans import Plan, PlanDamaged, read_plan
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName, LangAlt
from dambridge.testing.strategies import actions, plans

SEPARATORS = ["\u2028", "\u2029", "\x85", "\x1c", "\x1d", "\x1e", "\x0b", "\x0c", "\r", "\r\n", "\n"]


def written(plan: Plan) -> bytes:
    """The file as `plan --out` writes it."""
    return "".join(f"{line}\n" for line in plan.lines()).encode()


def read(content: bytes) -> Plan:
    """The file as `apply` reads it: split wherever Python sees a line end."""
    return read_plan(content.decode(errors="surrogateescape").splitlines())


@pytest.mark.hazard("P47")
@given(plans())
def test_a_plan_goes_through_its_file_and_is_the_same_plan(plan: Plan) -> None:
    back = read(written(plan))
    assert back == plan
    assert back.id == plan.id
    assert written(back) == written(plan)


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("separator", SEPARATORS)
@given(action=actions())
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_captions_with_line_separators_of_any_kind_stay_on_their_line(
    separator: str, action: Action, tmp_path: Path
) -> None:
    """Word processors put U+2028 into captions; a reader may take it for the end of a line."""
    caption = LangAlt.plain(f"one{separator}two")
    before = replace(action, fields={FieldName("description"): caption}, cleared=(), file_name=f"a{separator}b")
    plan = replace(EMPTY, actions=(before,))
    file = tmp_path / "plan.jsonl"
    file.write_text("".join(f"{line}\n" for line in plan.lines()), encoding="utf-8")
    back = read_plan(file.read_text(encoding="utf-8").splitlines())
    assert back.actions == plan.actions
    with file.open(encoding="utf-8") as lines:
        assert read_plan(lines) == plan


@given(actions())
@settings(max_examples=20)
def test_half_a_character_in_a_caption_does_not_end_the_plan_of_all(action: Action) -> None:
    """JSON can spell half of a surrogate pair, UTF-8 cannot; a system that cuts in the middle of an emoji sends one."""
    plan = replace(EMPTY, actions=(replace(action, fields={FieldName("credit"): "A\ud83d"}, cleared=()),))
    back = read(written(plan))
    assert back == plan
    assert back.actions[0].fields == {FieldName("credit"): "A\ud83d"}


@pytest.mark.hazard("P47")
@settings(max_examples=60)
@given(plan=plans(most=2), data=st.data())
def test_one_changed_lost_or_added_byte_is_refused_with_a_sentence(plan: Plan, data: st.DataObject) -> None:
    content = written(plan)
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda it: it != content[at]))
    changed = content[:at] + bytes([byte]) + content[at + 1 :]
    lost = content[:at] + content[at + 1 :]
    added = content[:at] + bytes([byte]) + content[at:]
    for damaged in (changed, lost, added):
        if _only_line_ends(damaged, content):
            assert read(damaged) == plan, "an end of line may be spelled in other ways"
            continue
        with pytest.raises(PlanDamaged, match=r"\. .*[Mm]ake .*\.$"):
            read(damaged)


def _only_line_ends(one: bytes, other: bytes) -> bool:
    def rows(content: bytes) -> list[str]:
        lines = content.decode(errors="surrogateescape").splitlines()
        return [it for it in lines if it.strip()]

    return rows(one) == rows(other)


@pytest.mark.hazard("P47")
@settings(max_examples=60)
@given(plan=plans(), data=st.data())
def test_lines_lost_doubled_or_in_another_order_are_refused(plan: Plan, data: st.DataObject) -> None:
    lines = list(plan.lines())
    order = data.draw(st.permutations(lines))
    if order != lines:
        with pytest.raises(PlanDamaged):
            read_plan(order)
    else:
        assert read_plan(order) == plan
    for end in range(len(lines)):
        with pytest.raises(PlanDamaged):
            read_plan(lines[:end])


def sealed(*rows: Any) -> list[str]:
    """A file whose seal is right, whatever it holds: made by another version, or by a hand that knows how."""
    lines = [it if isinstance(it, str) else json.dumps(it) for it in rows]
    seal = hashlib.sha256("".join(f"{it}\n" for it in lines).encode()).hexdigest()
    return [*lines, json.dumps({"sha256": seal})]


HEAD: dict[str, Any] = {
    "plan": 1,
    "flow": "intake",
    "made_at": "2026-11-24T09:00:00+00:00",
    "expires_at": "2026-11-26T09:00:00+00:00",
    "policy": "p",
    "configuration": "c",
    "capabilities": "k",
    "counts": {},
    "forecast": {"calls": {}, "bytes": 0, "seconds": 0.0, "store_bytes": 0},
    "tripped": [],
}
EMPTY = read_plan(sealed(HEAD))
ITEM: dict[str, Any] = {
    "leave": {"account": "agency", "id": "I1"},
    "outcome": "skipped",
    "reason": {"code": str(Code.IN_STEP), "params": {}},
    "waits_for": "",
    "file_name": "a.jpg",
    "expects": None,
}


def test_what_a_hand_sealed_well_is_read() -> None:
    assert read_plan(sealed(HEAD, ITEM)).left[0].file_name == "a.jpg"


@pytest.mark.hazard("P47")
@pytest.mark.parametrize(
    "rows",
    [
        ({**HEAD, "flow": "nothing"},),
        ({**HEAD, "made_at": "yesterday"},),
        ({**HEAD, "plan": 7},),
        ([],),
        (HEAD, {**ITEM, "outcome": "lost"}),
        (HEAD, {**ITEM, "reason": {"code": "unheard_of", "params": {}}}),
        (HEAD, {"action": "publish"}),
        (HEAD, {"later": "an entry of another version"}),
        (HEAD, {}),
        (HEAD, "[]"),
        (HEAD, "3"),
        (HEAD, ITEM, ITEM),
        (HEAD, HEAD),
    ],
    ids=lambda it: str(it)[-60:],
)
def test_an_entry_that_this_version_does_not_know_is_refused_and_never_passed_over(rows: tuple[Any, ...]) -> None:
    with pytest.raises(PlanDamaged, match=r"[Mm]ake|reads"):
        read_plan(sealed(*rows))


@given(actions())
def test_an_action_with_two_of_a_kind_is_refused(action: Action) -> None:
    twice = sealed(HEAD, action.to_json(), action.to_json())
    with pytest.raises(PlanDamaged, match="twice"):
        read_plan(twice)
    assert action.kind in ActionKind
