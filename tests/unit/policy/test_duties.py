"""Who may do what: each role its own, nothing without a role, and whole lists never for whoever answers for a part."""

from __future__ import annotations

import pytest

from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.identity import FlowName
from dambridge.policy.duties import DUTIES, Duty, flows_of, may

MAY: dict[Role, set[Duty]] = {
    Role.VIEWER: {Duty.LOOK},
    Role.SEARCHER: {Duty.LOOK},
    Role.REVIEWER: {Duty.LOOK, Duty.REVIEW},
    Role.LIBRARIAN: {
        Duty.LOOK,
        Duty.SEE_ASSETS,
        Duty.APPROVE,
        Duty.SETTLE,
        Duty.TERMS,
        Duty.PAIR,
        Duty.MACHINE,
        Duty.AUDIT,
    },
    Role.RIGHTS_MANAGER: {Duty.LOOK, Duty.SEE_ASSETS, Duty.SETTLE, Duty.HOLD, Duty.RIGHTS, Duty.AUDIT},
    Role.OPERATOR: {Duty.LOOK, Duty.SEE_ASSETS, Duty.RUN, Duty.APPROVE, Duty.MACHINE, Duty.AUDIT},
    Role.ADMINISTRATOR: set(Duty),
}


def who(*roles: Role, scope: Scope | None = None) -> Searcher:
    return Searcher(name="ada", roles=frozenset(roles), scope=scope or Scope())


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_own_and_nothing_else(role: Role) -> None:
    assert {it for it in Duty if may(who(role), it)} == MAY[role]


def test_every_duty_is_somebodys_and_nobody_without_a_role_may_anything() -> None:
    assert set(DUTIES) == set(Duty)
    assert not [it for it in Duty if may(who(), it)]


def test_several_roles_add_up() -> None:
    both = {it for it in Duty if may(who(Role.REVIEWER, Role.OPERATOR), it)}
    assert both == MAY[Role.REVIEWER] | MAY[Role.OPERATOR]


def test_a_scope_of_flows_holds_for_every_duty() -> None:
    it = who(Role.ADMINISTRATOR, scope=Scope(flows=frozenset({FlowName.PUBLISH})))
    assert all(may(it, duty, FlowName.PUBLISH) for duty in Duty)
    assert not [duty for duty in Duty if may(it, duty, FlowName.INTAKE)]
    assert flows_of(it, (FlowName.INTAKE, FlowName.PUBLISH)) == (FlowName.PUBLISH,)
    nothing = who(Role.ADMINISTRATOR, scope=Scope(flows=frozenset()))
    assert not [duty for duty in Duty if may(nothing, duty)]


@pytest.mark.parametrize("scope", [Scope(regions=frozenset({"DE"})), Scope(selections=frozenset())])
def test_whoever_answers_for_a_part_sees_no_list_of_the_whole(scope: Scope) -> None:
    left = {it for it in Duty if may(who(Role.ADMINISTRATOR, scope=scope), it)}
    assert left == {Duty.LOOK, Duty.RUN, Duty.MACHINE, Duty.PEOPLE}
