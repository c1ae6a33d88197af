"""People who may sign in to the console: adding them, their roles, new passwords."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from dambridge.bootstrap import open_people
from dambridge.cli.context import Context, WrongUse, actor, go
from dambridge.cli.rendering import print_json, say, table
from dambridge.engine import people
from dambridge.engine.people import PeopleDesk
from dambridge.model.access import Scope
from dambridge.model.identity import FlowName
from dambridge.model.people import Person
from dambridge.ports.errors import Refused

T = TypeVar("T")


def add(
    context: Context,
    name: str,
    *,
    roles: Sequence[str],
    display: str,
    scope: Scope,
    by: str,
) -> None:
    password = _at_desk(
        context,
        lambda desk: people.add(desk, name, roles=people.roles_of(roles), display=display, scope=scope, by=actor(by)),
    )
    if context.json:
        print_json({"name": people.name_of(name), "password": password})
        return
    say(f"Added {people.name_of(name)}. The password, shown this once: {password}")


def listed(context: Context) -> None:
    found = _at_desk(context, lambda desk: desk.store.people())
    if context.json:
        print_json({"people": [_told(it) for it in found]})
        return
    rows = [[it.name, it.display, ", ".join(sorted(it.roles)), _limits(it.scope), _enters(it)] for it in found]
    table("People", ["name", "who", "roles", "only", "signs in"], rows)
    if not found:
        say("Nobody yet: dambridge users add NAME --role administrator")


def set_roles(
    context: Context,
    name: str,
    *,
    roles: Sequence[str],
    scope: Scope,
    by: str,
) -> None:
    changed = _at_desk(
        context,
        lambda desk: people.set_rights(desk, name, roles=people.roles_of(roles), scope=scope, by=actor(by)),
    )
    _tell(context, changed, f"{changed.name} is {', '.join(sorted(changed.roles))} from now on.")


def reset(context: Context, name: str, *, by: str) -> None:
    password = _at_desk(context, lambda desk: people.reset(desk, name, by=actor(by)))
    if context.json:
        print_json({"name": people.name_of(name), "password": password})
        return
    say(f"The new password of {people.name_of(name)}, shown this once: {password}. Every session of theirs has ended.")


def set_disabled(context: Context, name: str, *, disabled: bool, by: str) -> None:
    changed = _at_desk(context, lambda desk: people.set_disabled(desk, name, disabled=disabled, by=actor(by)))
    said = "is kept out from now on; what they decided stays on record" if disabled else "may sign in again"
    _tell(context, changed, f"{changed.name} {said}.")


def scope_of(flows: Sequence[str], regions: Sequence[str], selections: Sequence[str]) -> Scope:
    """No value of a kind is no limit of that kind."""
    if strange := sorted(set(flows) - set(FlowName)):
        raise WrongUse(f"There is no flow {', '.join(strange)}; they are {', '.join(FlowName)}.")
    return Scope(
        flows=frozenset(map(FlowName, flows)) if flows else None,
        regions=frozenset(regions) if regions else None,
        selections=frozenset(selections) if selections else None,
    )


def _at_desk(context: Context, work: Callable[[PeopleDesk], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_people(context.settings()) as desk:
            return await work(desk)

    try:
        return go(opened)
    except Refused as error:
        raise WrongUse(str(error)) from None


def _tell(context: Context, person: Person, text: str) -> None:
    print_json(_told(person)) if context.json else say(text)


def _told(it: Person) -> dict[str, Any]:
    return {
        "name": it.name,
        "display": it.display,
        **it.rights_to_json(),
        "disabled": it.disabled,
        "signs_in": "elsewhere" if it.subject else "password",
        "added_at": it.added_at,
    }


def _limits(scope: Scope) -> str:
    sides = (("flows", scope.flows), ("regions", scope.regions), ("selections", scope.selections))
    return "; ".join(f"{name} {', '.join(sorted(it)) or 'none'}" for name, it in sides if it is not None)


def _enters(it: Person) -> str:
    if it.disabled:
        return "kept out"
    return "elsewhere" if it.subject else "by password"
