"""The table of legal moves: what it promises as a whole, and its best known lines."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.lifecycle import Move, Role, Status, status_in
from dambridge.policy.lifecycle import BACK, EVERYBODY, ON, TRANSITIONS, Claim, Verdict, chain, latest, may_move

ROLES = st.frozensets(st.sampled_from(Role), min_size=1)
STATUSES = st.sampled_from(Status)


@pytest.mark.parametrize(
    ("start", "end", "role", "verdict"),
    [
        ("draft", "in_review", "contributor", "legal"),
        ("draft", "approved", "reviewer", "legal"),
        ("draft", "approved", "contributor", "not_theirs"),
        ("draft", "archived", "reviewer", "not_theirs"),
        ("in_review", "approved", "librarian", "not_theirs"),
        ("in_review", "approved", "dambridge", "not_theirs"),
        ("approved", "rejected", "reviewer", "legal"),
        ("approved", "in_review", "dambridge", "legal"),
        ("archived", "expired", "rights", "legal"),
        ("expired", "approved", "rights", "not_theirs"),
        ("expired", "approved", "rights_manager", "legal"),
        ("withdrawn", "approved", "librarian", "not_theirs"),
        ("rejected", "archived", "coordinator", "legal"),
        ("archived", "archived", "contributor", "same"),
    ],
)
def test_who_may_take_an_asset_where(start: str, end: str, role: str, verdict: str) -> None:
    assert may_move(Status(start), Status(end), {Role(role)}) is Verdict(verdict)


def test_dates_and_dambridge_never_approve() -> None:
    """Beside that: people in the right role do, from everywhere but where an asset was withdrawn or its rights ended."""
    for start in Status:
        if start is not Status.APPROVED:
            assert may_move(start, Status.APPROVED, {Role.RIGHTS, Role.DAMBRIDGE}) is Verdict.NOT_THEIRS
    able = {it for it in Status if may_move(it, Status.APPROVED, {Role.REVIEWER}) is Verdict.LEGAL}
    assert able == {Status.DRAFT, Status.IN_REVIEW, Status.CHANGES_ASKED, Status.REJECTED}


def test_nobody_but_a_reviewer_or_the_coordinator_gets_round_the_review() -> None:
    """Whatever was never approved does not come to be approved or archived by any other hands, in however many moves."""
    hands = frozenset(Role) - {Role.REVIEWER, Role.COORDINATOR}
    for start in (Status.DRAFT, Status.IN_REVIEW, Status.CHANGES_ASKED, Status.REJECTED, Status.WITHDRAWN):
        for end in (Status.APPROVED, Status.ARCHIVED):
            assert not chain(start, end, hands)
            assert chain(start, end, hands | {Role.REVIEWER})


def test_moves_on_make_no_circle_and_moves_back_are_no_moves_on() -> None:
    for one, other in product(Status, repeat=2):
        if one is not other:
            assert not (chain(one, other, EVERYBODY, onward=True) and chain(other, one, EVERYBODY, onward=True))
    assert not set(ON) & set(BACK)
    assert len(TRANSITIONS) == len(ON) + len(BACK) == 24


def test_the_coordinator_gets_everywhere_and_every_move_is_somebodys() -> None:
    assert all(chain(a, b, {Role.COORDINATOR}) for a, b in product(Status, repeat=2) if a is not b)
    assert all(len(who) > 1 for who in TRANSITIONS.values())


def test_whatever_was_handed_in_can_end() -> None:
    """From each status dates or somebody can take it out of circulation, however it got there."""
    for it in Status:
        out = {Status.WITHDRAWN, Status.EXPIRED, Status.REJECTED}
        assert it in out or any(chain(it, end, EVERYBODY, onward=True) for end in out)


@given(STATUSES, STATUSES, ROLES)
def test_a_chain_is_made_of_legal_moves_one_after_the_other(start: Status, end: Status, roles: frozenset[Role]) -> None:
    found = chain(start, end, roles)
    assert bool(found) == (may_move(start, end, roles) is Verdict.LEGAL)
    here = start
    for move in found:
        assert move.start is here
        assert TRANSITIONS[move] & roles
        here = move.end
    assert not found or here is end
    kinds = [move in ON for move in found]
    assert kinds == sorted(kinds)


@given(STATUSES, ROLES, ROLES)
def test_more_roles_never_permit_less(start: Status, roles: frozenset[Role], more: frozenset[Role]) -> None:
    for end in Status:
        if chain(start, end, roles):
            assert chain(start, end, roles | more)


@given(
    st.none() | STATUSES, st.lists(st.builds(Claim, status=STATUSES, roles=ROLES), min_size=1, max_size=3), st.randoms()
)
def test_which_is_the_latest_does_not_depend_on_the_order_they_are_met_in(agreed, claims, random) -> None:  # type: ignore[no-untyped-def]
    claims = list({it.status: it for it in claims}.values())
    shuffled = list(claims)
    random.shuffle(shuffled)
    found = latest(agreed, claims)
    assert found == latest(agreed, shuffled)
    assert found is None or found in {it.status for it in claims}


def test_two_at_once_end_as_the_later_one_or_not_at_all() -> None:
    review, library = frozenset({Role.REVIEWER}), frozenset({Role.LIBRARIAN, Role.RIGHTS_MANAGER})
    both = [Claim(status=Status.APPROVED, roles=review), Claim(status=Status.ARCHIVED, roles=library)]
    assert latest(Status.IN_REVIEW, both) is Status.ARCHIVED
    assert latest(Status.IN_REVIEW, both[1:]) is None  # archiving alone would have been nobody's to do
    both = [Claim(status=Status.APPROVED, roles=review), Claim(status=Status.REJECTED, roles=review)]
    assert latest(Status.IN_REVIEW, both) is None
    both = [Claim(status=Status.APPROVED, roles=review), Claim(status=Status.WITHDRAWN, roles=library)]
    assert latest(Status.IN_REVIEW, both) is Status.WITHDRAWN


def test_some_pairs_have_an_order_and_some_have_none() -> None:
    """Neither answer is given to everything: most of what can be made of two edits is made of them."""
    everybody = frozenset(Role)
    pairs = [
        latest(base, [Claim(status=a, roles=everybody), Claim(status=b, roles=everybody)])
        for base in Status
        for a, b in combinations([it for it in Status if it is not base], 2)
    ]
    assert len(pairs) == 168
    assert 100 < sum(it is not None for it in pairs) < 168


@pytest.mark.parametrize("text", ["In review", "in-review", "IN_REVIEW", " in  review "])
def test_plain_spellings_are_understood(text: str) -> None:
    assert status_in(text) is Status.IN_REVIEW
    assert status_in(f"{text}?") is None
    assert all(status_in(str(it)) is it for it in Status)


def test_a_move_is_one_of_the_table_by_its_ends() -> None:
    assert Move(Status.DRAFT, Status.IN_REVIEW) in TRANSITIONS
    assert Move(Status.DRAFT, Status.APPROVED) not in TRANSITIONS
