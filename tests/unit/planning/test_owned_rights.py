"""Rights with an owner: what permits less takes effect at once wherever it is said; what permits more needs the owner, or a
person by name. That nothing is said any more permits nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.model.accords import GroupName
from dambridge.model.conflicts import ConflictState
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning.strictness import strictest
from dambridge.policy.mirror import Authority, FieldGroup, Rule
from dambridge.policy.strictness import STRICTNESS
from support.mirror import ARCHIVE, HERE, THERE, Mirror, date, policy_of

END, EMBARGO, TERMS, RELEASE = (FieldName(it) for it in ("expires_at", "embargo_until", "usage_terms", "model_release"))
KIND, WHERE, HOW = (FieldName(it) for it in ("licence_kind", "territories", "channels"))
BLOCK = FieldGroup(
    name=GroupName("rights"),
    fields=frozenset({END, EMBARGO, TERMS, RELEASE, WHERE, HOW}),
    authority=Authority(Rule.MOST_RESTRICTIVE),
    owner=ARCHIVE,
)
AGREED: dict[FieldName, Value | None] = {
    END: date("2028-01-01"),
    EMBARGO: date("2026-06-01"),
    TERMS: LangAlt.plain("Once"),
    RELEASE: "MR-LMR",
}
STRICTER: dict[FieldName, Value | None] = {END: date("2027-01-01"), EMBARGO: date("2026-09-01"), RELEASE: "MR-NON"}
LAXER: dict[FieldName, Value | None] = {END: date("2030-01-01"), EMBARGO: date("2026-01-01"), RELEASE: "MR-UMR"}
OWNER, OTHER = (HERE, THERE) if HERE.account == ARCHIVE else (THERE, HERE)


def mirror() -> Mirror:
    made = Mirror(policy_of(BLOCK))
    made.everywhere(AGREED)
    made.settle()
    assert not made.conflicts
    return made


def says(it: Mirror, name: FieldName) -> list[Value | None]:
    return [it.view(OWNER).get(name), it.view(OTHER).get(name)]


@pytest.mark.parametrize("name", STRICTER)
@pytest.mark.parametrize("copy", [OWNER, OTHER])
def test_tightening_takes_effect_in_the_next_round_wherever_it_is_said(name: FieldName, copy: Any) -> None:
    it = mirror()
    it.edit(copy, {name: STRICTER[name]})
    it.round()
    assert says(it, name) == [STRICTER[name]] * 2
    assert not it.conflicts


@pytest.mark.parametrize("name", LAXER)
def test_loosening_takes_effect_from_the_owner(name: FieldName) -> None:
    it = mirror()
    it.edit(OWNER, {name: LAXER[name]})
    it.round()
    assert says(it, name) == [LAXER[name]] * 2


@pytest.mark.parametrize("name", [*LAXER, "gone"])
def test_loosening_from_elsewhere_does_not_stand_and_is_not_forgotten(name: Any) -> None:
    it = mirror()
    field, value = (END, None) if name == "gone" else (name, LAXER[name])
    it.edit(OTHER, {field: value})
    it.round()
    assert says(it, field) == [AGREED[field]] * 2, "the stricter word stands, and is written back"
    entry = it.conflicts[GroupName("rights")]
    assert (entry.state, entry.reason.code) == (ConflictState.MOOT, Code.LOOSENING_REFUSED)
    assert (entry.reason["fields"], entry.reason["owner"]) == ((str(field),), str(ARCHIVE))
    assert any(side.copy == OTHER and side.fields.get(field) == value for side in entry.kept)
    assert not it.round().actions, "and then nothing more is written"


def test_an_edit_that_does_both_is_taken_apart() -> None:
    it = mirror()
    it.edit(OTHER, {END: LAXER[END], EMBARGO: STRICTER[EMBARGO]})
    it.settle()
    assert says(it, EMBARGO) == [STRICTER[EMBARGO]] * 2
    assert says(it, END) == [AGREED[END]] * 2
    assert it.conflicts[GroupName("rights")].reason["fields"] == (str(END),)


def test_words_that_cannot_be_compared_wait_for_a_person_and_tightening_does_not_wait_with_them() -> None:
    it = mirror()
    it.edit(OTHER, {TERMS: LangAlt.plain("For ever"), END: STRICTER[END]})
    it.round()
    assert it.view(OWNER)[END] == STRICTER[END], "the end is earlier at once"
    assert it.view(OWNER)[TERMS] == AGREED[TERMS]
    entry = it.conflicts[GroupName("rights")]
    assert entry.state is ConflictState.OPEN
    it.edit(OWNER, {EMBARGO: STRICTER[EMBARGO]})
    it.round()
    assert it.view(OWNER)[EMBARGO] == STRICTER[EMBARGO]
    assert it.view(OTHER)[TERMS] == LangAlt.plain("For ever"), "what waits for a person is left where it stands"


def test_a_ruling_lets_the_words_stand() -> None:
    it = mirror()
    it.edit(OTHER, {TERMS: LangAlt.plain("For ever")})
    it.round()
    it.rule("rights", {**AGREED, TERMS: LangAlt.plain("For ever")}, side=OTHER)  # type: ignore[dict-item]
    it.settle()
    assert says(it, TERMS) == [LangAlt.plain("For ever")] * 2


FILLED: dict[FieldName, Value] = {END: date("2027-01-01"), WHERE: ("CH",), HOW: ("press",)}


def silent(name: FieldName, kind: str | None = "rights_managed") -> Mirror:
    """Nothing is agreed on of this field; the kind of licence is outside of the group."""
    made = Mirror(policy_of(BLOCK))
    made.everywhere({**AGREED, KIND: kind, name: None})
    made.settle()
    assert not made.conflicts
    return made


@pytest.mark.parametrize("name", FILLED)
@pytest.mark.parametrize("kind", ["rights_managed", None])
def test_what_shuts_the_gate_by_being_unknown_is_not_made_known_by_others_than_the_owner(
    name: FieldName, kind: str | None
) -> None:
    it = silent(name, kind)
    it.edit(OTHER, {name: FILLED[name], EMBARGO: STRICTER[EMBARGO]})
    it.settle()
    assert it.view(OWNER).get(name) is None, "it waits for a person, and the gate stays shut"
    assert it.view(OWNER)[EMBARGO] == STRICTER[EMBARGO], "what permits less does not wait with it"
    entry = it.conflicts[GroupName("rights")]
    assert (entry.state, str(name) in str(entry.reason.params)) == (ConflictState.OPEN, True)
    it.rule("rights", {**AGREED, name: FILLED[name]}, side=OTHER)  # type: ignore[dict-item]
    it.settle()
    assert says(it, name) == [FILLED[name]] * 2


@pytest.mark.parametrize("name", FILLED)
def test_the_owner_makes_known_what_was_unknown(name: FieldName) -> None:
    it = silent(name)
    it.edit(OWNER, {name: FILLED[name]})
    it.round()
    assert says(it, name) == [FILLED[name]] * 2
    assert not it.conflicts


@pytest.mark.parametrize("kind", ["owned", "Public Domain"])
def test_an_end_for_what_needs_none_is_tightening_from_everybody(kind: str) -> None:
    it = silent(END, kind)
    it.edit(OTHER, {END: FILLED[END]})
    it.round()
    assert says(it, END) == [FILLED[END]] * 2
    assert not it.conflicts


def test_a_second_end_where_one_is_agreed_is_tightening_from_everybody() -> None:
    other_end = FieldName("licence_end")
    both = FieldGroup(name=BLOCK.name, fields=BLOCK.fields | {other_end}, authority=BLOCK.authority, owner=ARCHIVE)
    it = Mirror(policy_of(both))
    it.everywhere(AGREED)
    it.settle()
    it.edit(OTHER, {other_end: date("2027-01-01")})
    it.round()
    assert says(it, other_end) == [date("2027-01-01")] * 2
    assert not it.conflicts


def test_what_the_owner_and_another_fill_at_once_is_the_stricter_of_both() -> None:
    it = silent(END)
    it.edit(OWNER, {END: LAXER[END]})
    it.edit(OTHER, {END: STRICTER[END]})
    it.round()
    assert says(it, END) == [STRICTER[END]] * 2


def test_without_an_owner_everybody_may_loosen() -> None:
    it = Mirror(policy_of(FieldGroup(name=BLOCK.name, fields=BLOCK.fields, authority=BLOCK.authority)))
    it.everywhere(AGREED)
    it.settle()
    it.edit(OTHER, {END: LAXER[END]})
    it.round()
    assert says(it, END) == [LAXER[END]] * 2


def test_only_what_permits_less_has_an_owner() -> None:
    with pytest.raises(ValueError, match="owner"):
        FieldGroup(name=BLOCK.name, fields=BLOCK.fields, authority=Authority(Rule.NEWEST), owner=ARCHIVE)


values = st.fixed_dictionaries(
    {},
    optional={
        END: st.sampled_from([None, *(date(f"{year}-01-01") for year in range(2026, 2032))]),
        EMBARGO: st.sampled_from([None, *(date(f"2026-{month:02}-01") for month in range(1, 10))]),
        RELEASE: st.sampled_from([None, "MR-NAP", "MR-UMR", "MR-LMR", "MR-NON"]),
    },
).filter(bool)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([OWNER, OTHER]), values), min_size=1, max_size=8))
def test_nobody_but_the_owner_ever_makes_the_owners_copy_laxer(edits: list[tuple[Any, dict[FieldName, Any]]]) -> None:
    it = silent(WHERE, "owned")  # an end only tightens then, also where there was none
    tightened = 0
    for copy, changes in edits:
        before = dict(it.view(OWNER))
        it.edit(copy, changes)
        it.settle()
        if copy == OWNER:
            continue
        for name in (END, EMBARGO, RELEASE):
            was, now = before.get(name), it.view(OWNER).get(name)
            assert strictest(name, [was, now], STRICTNESS[name]) == now, "what stands is the stricter of the two"
            wanted = strictest(name, [was, changes.get(name, was)], STRICTNESS[name])
            assert now == wanted, "and as strict as anybody said"
            tightened += now != was
    assert not any(entry.stands for entry in it.conflicts.values())
