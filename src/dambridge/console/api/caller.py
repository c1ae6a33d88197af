"""Who calls the API: somebody's token, and what both it and its maker may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Stop
from dambridge.engine import people
from dambridge.model.identity import FlowName
from dambridge.model.people import Person
from dambridge.policy.duties import Duty, answers_for_all, may

BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A token made under your name in the console.")


class Caller:
    """The person behind a token."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.name = person.name

    def needs(self, duty: Duty, flow: FlowName | None = None) -> None:
        """Raises `Stop` where the token does not reach so far."""
        if not may(self.person.searcher, duty, flow):
            raise Stop(403, f"This token does not let anybody {duty.replace('_', ' ')}{f' in {flow}' if flow else ''}.")

    def needs_all(self, duty: Duty, flows: tuple[FlowName, ...]) -> None:
        """Likewise for what tells of all flows at once."""
        self.needs(duty)
        if not answers_for_all(self.person.searcher, flows):
            raise Stop(403, "This is of all flows, and the token's are some of them.")


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Caller:
    """Raises `Stop` where no token is given, or none that holds."""
    found = await people.let_in_by_token(desk_of(request).people, given.credentials) if given is not None else None
    if found is None:
        raise Stop(401, "This needs a token that holds: `Authorization: Bearer …`.")
    return Caller(found)


Called = Annotated[Caller, Depends(caller)]
