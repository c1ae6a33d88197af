"""Which value permits less, lists as sets, and blocks of which a copy carries only a part."""

from __future__ import annotations

import itertools

import pytest

from dambridge.mapping import account_map
from dambridge.model.accords import GroupName
from dambridge.model.identity import System
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning.sets import union
from dambridge.planning.strictness import Incomparable, strictest
from dambridge.policy.mirror import Authority, FieldGroup, Rule
from dambridge.policy.strictness import STRICTNESS, Permits, Restricts, Strictness
from support.mirror import AGENCY, ARCHIVE, EVERYTHING, HERE, THERE, Mirror, date, policy_of

PLUS = "http://ns.useplus.org/ldf/vocab/"
LISTED = FieldName("custom:uses")
CASES: list[tuple[str, Strictness | None, list[Value | None], Value | None]] = [
    ("embargo_until", None, [date("2027-01-01"), date("2027-03"), None], date("2027-03")),
    (
        "embargo_until",
        None,
        [date("2027-01-01T10:00:00Z"), date("2027-01-01T10:00:00+01:00")],
        date("2027-01-01T10:00:00Z"),
    ),
    ("expires_at", None, [date("2028-01-01"), None, date("2027-12-31")], date("2027-12-31")),
    ("rights_marked", None, [False, True, None], True),
    ("rights_marked", None, [False, None], None),
    ("model_release", None, ["MR-UMR", PLUS + "MR-LMR"], PLUS + "MR-LMR"),
    ("model_release", None, ["MR-LMR", None], None),
    ("property_release", None, ["PR-NON", None, "PR-UPR"], "PR-NON"),
    ("data_mining", None, ["DMI-ALLOWED", "DMI-PROHIBITED"], "DMI-PROHIBITED"),
    ("custom:uses", Permits(), [("print", "web"), ("web",), None], ("web",)),
    ("custom:uses", Restricts(), [("china",), ("peru",), None], ("china", "peru")),
]


@pytest.mark.parametrize(("name", "how", "values", "wanted"), CASES)
def test_the_stricter_value_is_taken_whatever_the_order(
    name: str, how: Strictness | None, values: list[Value | None], wanted: Value | None
) -> None:
    field = FieldName(name)
    for order in itertools.permutations(values):
        assert strictest(field, order, how or STRICTNESS[field]) == wanted


@pytest.mark.parametrize(
    ("name", "how", "values"),
    [
        ("usage_terms", None, [LangAlt.plain("once"), LangAlt.plain("twice")]),
        ("usage_terms", None, [LangAlt.plain("once"), None]),
        (
            "expires_at",
            STRICTNESS[FieldName("expires_at")],
            [date("2027-01-01T10:00:00"), date("2027-01-01T12:00:00Z")],
        ),
        ("data_mining", STRICTNESS[FieldName("data_mining")], ["DMI-PROHIBITED-SEECONSTRAINT", "DMI-ALLOWED"]),
        ("custom:uses", Permits(), [("print",), ("web",)]),
    ],
)
def test_what_cannot_be_compared_is_not_guessed(name: str, how: Strictness | None, values: list[Value | None]) -> None:
    for order in itertools.permutations(values):
        assert strictest(FieldName(name), order, how) == Incomparable()


def test_lists_are_merged_as_sets_with_removals() -> None:
    base = ("sea", "ship")
    edits: list[tuple[Value | None, Value | None]] = [
        (base, ("sea", "ship", "crew")),
        (base, ("ship", "bow")),
        (("old", "sea"), ("old", "sea", "sky")),
    ]
    for order in itertools.permutations(edits):
        assert union(base, order) == ("ship", "bow", "crew", "sky")
    assert union("a text", edits) is None
    assert union(None, [(None, ("a",)), (None, None)]) == ("a",)


def test_a_copy_that_carries_a_part_of_a_block_edits_that_part_and_is_given_that_part() -> None:
    terms, expiry = FieldName("usage_terms"), FieldName("expires_at")
    block = FieldGroup(name=GroupName("rights"), fields=frozenset({terms, expiry}), authority=Authority(Rule.ASK))
    mirror = Mirror(policy_of(block))
    mirror.maps = {AGENCY: account_map(System.NETX, {"expires_at": ""}), ARCHIVE: EVERYTHING[ARCHIVE]}
    mirror.edit(HERE, {terms: LangAlt.plain("once")})
    mirror.edit(THERE, {terms: LangAlt.plain("once"), expiry: date("2028-01-01")})
    assert mirror.settle() == 0
    mirror.edit(HERE, {terms: LangAlt.plain("twice")})
    mirror.settle()
    assert mirror.view(THERE)[expiry] == date("2028-01-01")
    assert mirror.says("usage_terms") == [LangAlt.plain("twice")] * 2
    mirror.edit(THERE, {expiry: date("2029-01-01")})
    mirror.settle()
    assert expiry not in mirror.view(HERE)
    assert not mirror.conflicts
    assert not mirror.round().actions
