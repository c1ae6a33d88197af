"""Who calls the API: somebody's token, and what both it and its maker may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Stop
from dambridge.engine import panels, people
from dambridge.model.access import Searcher
from dambridge.model.identity import FlowName
from dambridge.model.people import PanelToken, Person
from dambridge.policy.duties import Duty, answers_for_all, may, of_a_part

BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A token made under your name in the console.")


class Caller:
    """The person behind a token; `token` is its id. `panel` where it is one of a page's, which opens search alone."""

    def __init__(self, person: Person, token: str, panel: PanelToken | None = None) -> None:
        self.person = person
        self.name = person.name
        self.token = token
        self.panel = panel

    @property
    def searcher(self) -> Searcher:
        """The same as one who asks, for the audience and the channels of the page."""
        it = self.person.searcher
        return replace(it, audience=self.panel.audience, channels=self.panel.channels) if self.panel else it

    @property
    def via(self) -> str:
        """Where their orders come from."""
        return "panel" if self.panel else "api"

    @property
    def of_a_part(self) -> bool:
        """Whether they answer for some regions or selections alone."""
        return of_a_part(self.person.searcher)

    def needs(self, duty: Duty, flow: FlowName | None = None, *, partly: bool = False) -> None:
        """Raises `Stop` where the token does not reach so far; `partly` where a part of it is enough."""
        if not may(self.person.searcher, duty, flow, partly=partly):
            raise Stop(403, f"This token does not let anybody {duty.replace('_', ' ')}{f' in {flow}' if flow else ''}.")

    def needs_all(self, duty: Duty, flows: tuple[FlowName, ...]) -> None:
        """Likewise for what tells of all flows at once."""
        self.needs(duty)
        if not answers_for_all(self.person.searcher, flows):
            raise Stop(403, "This is of all flows, and the token's are some of them.")


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Caller:
    """Raises `Stop` where no token is given, or none that holds."""
    if given is not None and given.credentials.startswith(panels.PREFIX):
        raise Stop(403, "The token of a panel opens search alone.")
    found = await people.let_in_by_token(desk_of(request).people, given.credentials) if given is not None else None
    if given is None or found is None:
        raise Stop(401, "This needs a token that holds: `Authorization: Bearer …`.")
    return Caller(found, people.digest(given.credentials))


async def asker(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Caller:
    """Whoever calls, pages with a panel's token too: those only from an origin that the token names. Raises `Stop`."""
    if given is None or not given.credentials.startswith(panels.PREFIX):
        return await caller(request, given)
    found = await panels.let_in_by_panel(desk_of(request).people, given.credentials)
    if found is None:
        raise Stop(401, "The token of this panel has ended. Load the page again.")
    panel, person = found
    if request.headers.get("origin") not in panel.origins:
        raise Stop(403, f"This panel is for pages of {', '.join(panel.origins)}, and this is none of them.")
    return Caller(person, panel.id, panel)


Called = Annotated[Caller, Depends(caller)]
Asker = Annotated[Caller, Depends(asker)]
