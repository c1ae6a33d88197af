"""Organizations, users, API keys and sessions (PS 4.2, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids

KINDS: Final = (
    Kind("organization", {"name": Index(lambda doc: [doc["name"]])}),
    Kind("user", {"email": Index(lambda doc: [doc["email"].casefold()])}),
    Kind("session", counts=False),
    Kind("oauth_client", counts=False),
    Kind("oauth_code", counts=False),
)

ROLES: Final = ("admin", "editor", "tagger", "contributor")
INVITED: Final = "invited"
"""Not a role in any organization: somebody who has a login and is let in by permission entries (PS A7)."""

RIGHTS: Final = {
    "admin": frozenset({"read", "tag", "edit", "upload"}),
    "editor": frozenset({"read", "tag", "edit", "upload"}),
    "tagger": frozenset({"read", "tag"}),
    "contributor": frozenset({"upload"}),
}
"""What library roles may do (HC, PS section 8): taggers edit metadata, contributors only upload."""

DEFAULT_ORGANIZATION: Final = "Acme Pictures"
DEFAULT_EMAIL: Final = "librarian@acme.example"
DEFAULT_PASSWORD: Final = "open-sesame-42"  # noqa: S105 - printed in the ready line; it opens a simulator
DEFAULT_KEYS: Final = {"v4": ids.spell("api key v4", 11), "v3": ids.spell("api key v3", 11)}


@dataclass(slots=True)
class Session:
    """A caller who is logged in: by session token or OAuth bearer; in at most one organization at a time."""

    token: str
    user_id: str
    email: str
    org_id: str | None
    role: str
    oauth: bool = False
    waiting: bool = False
    """The second factor is still to come; until then the token opens nothing."""

    def may(self, right: str) -> bool:
        """Say whether the role of the caller allows `read`, `tag`, `edit` or `upload`."""
        return right in RIGHTS[self.role]


class ExpiredTokenError(Exception):
    """A token that is unknown or has ended; `oauth` says which kind it was."""

    def __init__(self, *, oauth: bool) -> None:
        """Remember the kind: the two are answered differently (PS 4.6)."""
        super().__init__("token")
        self.oauth = oauth


class Accounts:
    """Reads and writes accounts in the world's documents."""

    def __init__(self, world: World) -> None:
        """Work on `world`."""
        self._world = world
        self._documents = world.documents

    # Organizations, users, keys

    def organization(self, name: str) -> Document:
        """Return the organization of a name, made when there is none."""
        found = self._documents.page("organization", Lookup("name", equal=name), 0, 1)
        if found:
            return self._known("organization", found[0])
        document = {"id": ids.make_id(ids.ORGANIZATION, name), "name": name}
        self._documents.put("organization", document["id"], document)
        return document

    def organization_by_id(self, identifier: str) -> Document | None:
        """Return an organization."""
        return self._documents.get("organization", identifier)

    def organizations(self) -> list[Document]:
        """Return all organizations."""
        return [self._known("organization", each) for each in self._documents.every("organization")]

    def add_user(
        self, email: str, password: str, name: str, role: str, organization: str, *, two_factor: bool = False
    ) -> Document:
        """Add a user to an organization (by name), or change role and password of the one who is there."""
        if role not in (*ROLES, INVITED):
            raise ValueError(f"role {role!r}: one of {', '.join((*ROLES, INVITED))}")
        user = self.user_by_email(email) or {"id": ids.make_id(ids.USER, email.casefold()), "orgs": {}}
        orgs = user["orgs"] if role == INVITED else {**user["orgs"], self.organization(organization)["id"]: role}
        user |= {"email": email, "password": password, "name": name, "orgs": orgs, "two_factor": two_factor}
        self._documents.put("user", user["id"], user)
        return user

    def user_by_email(self, email: str) -> Document | None:
        """Return the user who signs in with an address."""
        found = self._documents.page("user", Lookup("email", equal=email.casefold()), 0, 1)
        return self._documents.get("user", found[0]) if found else None

    def user(self, identifier: str) -> Document:
        """Return a user who is known to be there."""
        return self._known("user", identifier)

    def first_user(self) -> Document:
        """Return the default user: who acts where nobody is named, as at the consent page."""
        return self.user_by_email(DEFAULT_EMAIL) or self._known("user", self._documents.page("user", limit=1)[0])

    def keys(self, generation: str) -> tuple[str, ...]:
        """Return the API keys of `v3` or `v4`: different sets (PS 0, CONFIRMED)."""
        return tuple(self._documents.setting("api_keys", {}).get(generation, [DEFAULT_KEYS[generation]]))

    def set_keys(self, keys: Mapping[str, list[str]]) -> None:
        """Replace the keys of the generations named."""
        self._documents.set_setting("api_keys", {**self._documents.setting("api_keys", {}), **keys})

    # Sessions

    def open_session(
        self, user: Document, lifetime_s: int, *, oauth: bool = False, org_id: str | None = None, waiting: bool = False
    ) -> str:
        """Begin a session and return its token."""
        token = self.secret("token")
        self._documents.put(
            "session",
            token,
            {
                "user_id": user["id"],
                "org_id": org_id,
                "oauth": oauth,
                "waiting": waiting,
                "expires_ms": self._world.clock.now_ms() + lifetime_s * 1000,
            },
        )
        return token

    def knows(self, token: str) -> bool:
        """Say whether a token is that of a session, be it over."""
        return self._documents.get("session", token) is not None

    def session(self, token: str) -> Session:
        """Return the session of a token. Raises `ExpiredTokenError`."""
        document = self._documents.get("session", token)
        if document is None:
            raise ExpiredTokenError(oauth=False)
        if document["expires_ms"] <= self._world.clock.now_ms():
            raise ExpiredTokenError(oauth=document["oauth"])
        user = self.user(document["user_id"])
        org_id = document["org_id"]
        role = user["orgs"].get(org_id, "contributor") if org_id else "admin"
        return Session(token, user["id"], user["email"], org_id, role, document["oauth"], document["waiting"])

    def prolong(self, token: str, lifetime_s: int) -> None:
        """Let the lifetime of a session count from now."""
        document = self._known("session", token)
        until = self._world.clock.now_ms() + lifetime_s * 1000
        self._documents.put("session", token, {**document, "expires_ms": until})

    def two_factor(self, user: Document) -> bool:
        """Say whether a user's login needs a second factor, whose exchange is not public (PS A1)."""
        return bool(user["two_factor"] or self._world.switches["two_factor_everybody"])

    def login(self, email: str, password: str, org_id: str | None = None) -> tuple[Document, str | None]:
        """Return a user and a session token; no user for a wrong e-mail address or password: `PermissionError`.

        An account with two-factor login gets a token that opens nothing, or none, as the switch says.
        """
        user = self.user_by_email(email)
        if user is None or user["password"] != password:
            raise PermissionError("E-mail or password is wrong.")
        if org_id is not None and org_id not in user["orgs"]:
            raise PermissionError("You are no member of this organization.")
        waiting = self.two_factor(user)
        if waiting and self._world.switches["two_factor_login"] == "no_token":
            return user, None
        lifetime = self._world.switches["session_lifetime_s"]
        return user, self.open_session(user, lifetime, org_id=org_id, waiting=waiting)

    def enter(self, token: str, org_id: str | None) -> None:
        """Put a session into an organization, or take it out of the one it is in."""
        document = self._known("session", token)
        self._documents.put("session", token, {**document, "org_id": org_id})

    def end_session(self, token: str) -> None:
        """Log out."""
        self._documents.delete("session", token)

    def expire(self, token: str) -> None:
        """Let a token end now."""
        document = self._documents.get("session", token)
        if document is not None:
            self._documents.put("session", token, {**document, "expires_ms": self._world.clock.now_ms()})

    def secret(self, series: str) -> str:
        """Return a new opaque word; the same simulator never gives one twice."""
        return ids.spell(f"{series}:{self._documents.next_number(series)}", 32)

    def _known(self, kind: str, identifier: str) -> Document:
        document: dict[str, Any] | None = self._documents.get(kind, identifier)
        if document is None:
            raise LookupError(f"no {kind} {identifier}")
        return document
