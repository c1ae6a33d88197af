"""v4: signing in, organizations, OAuth, the session (PS section 5, A1 to A8)."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, ids, resources
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of

_CODE_LIFETIME_MS = 600_000
_CLIENT_NAME_LIMIT = 80
_CLIENT_MEMBERS = ("company_name", "homepage_uri", "privacy_policy_uri", "logo_uri")


class Authentication:
    """The operations of section 5."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, dated = Confidence.CONFIRMED, Confidence.CONFIRMED_2019
        return [
            route("POST", "/authenticate", self.authenticate, sure, "PS A1"),
            route("GET", "/authenticate", self.authenticate, dated, "PS A1"),
            route("POST", "/authenticate/logout", self.logout, sure, "PS A2"),
            route("GET", "/authenticate/logout", self.logout, sure, "PS A2"),
            route("POST", "/organization/authenticate", self.enter, sure, "PS A3"),
            route("GET", "/organization/logout", self.leave, sure, "PS A4"),
            route("POST", "/organization/logout", self.leave, sure, "PS A4"),
            route("POST", "/oauth/register", self.register, sure, "PS A5"),
            route("GET", "/oauth/authorize", self.authorize, sure, "PS A5"),
            route("POST", "/oauth/token", self.token, sure, "PS A5"),
            route("GET", "/user/session", self.session, sure, "PS A6"),
            route("GET", "/user/invites", self.invites, sure, "PS A7"),
            route("GET", "/version", self.version, sure, "PS A8"),
        ]

    async def authenticate(self, call: Call) -> Reply:
        """A1: e-mail and password for a session token; the answer has no `data`."""
        parameters = await parameters_of(call)
        email, password = parameters.required("email"), parameters.secret("password")
        mode = parameters.choice("mode", ("token", "cookie"), "token")
        accounts = self._site.accounts
        try:
            user, token = accounts.login(email, password, parameters.text("org_id").strip() or None)
        except PermissionError as error:
            raise errors.no_access(str(error)) from None
        call.caller = user["email"]
        named, two_factor = self._organizations(user), accounts.two_factor(user)
        body: dict[str, Any] = {"token": token, "org": named, "two_factor": two_factor}
        if "options" in parameters.includes:
            body["includes"] = {"options": {"data": []}}
        headers = {"set-cookie": resources.session_cookie(token)} if mode == "cookie" and token else None
        return Reply.json(body, headers=headers)

    def _organizations(self, user: Document) -> list[dict[str, str]]:
        found = (self._site.accounts.organization_by_id(identifier) for identifier in user["orgs"])
        return [{"id": org["id"], "name": org["name"]} for org in found if org is not None]

    async def logout(self, call: Call) -> Reply:
        """A2: the token ends."""
        self._site.accounts.end_session(self._site.signed_in(call).token)
        return self._ok(call)

    async def enter(self, call: Call) -> Reply:
        """A3: enter one organization; a session is in one at a time."""
        session = self._site.signed_in(call)
        org_id = (await parameters_of(call)).required("org_id")
        call.touch(org_id)
        if self._site.accounts.organization_by_id(org_id) is None:
            raise errors.not_found("organization")
        if org_id not in self._site.accounts.user(session.user_id)["orgs"]:
            raise errors.no_access("You are no member of this organization.")
        self._site.accounts.enter(session.token, org_id)
        return self._ok(call)

    async def leave(self, call: Call) -> Reply:
        """A4: leave the organization."""
        session = self._site.signed_in(call)
        self._site.accounts.enter(session.token, None)
        return self._ok(call)

    def _ok(self, call: Call) -> Reply:
        return Reply.json({"meta": self._site.meta(call, status="OK")})

    async def register(self, call: Call) -> Reply:
        """A5.1: register an OAuth client. `redirect_uri`, or `callback_url` as the 2019 draft called it."""
        parameters = await parameters_of(call)
        names = ("application_name", "name", "description", "email")
        members = {name: parameters.required(name) for name in names}
        for name in ("application_name", "name"):
            if len(members[name]) > _CLIENT_NAME_LIMIT:
                raise errors.bad_request(f"The parameter {name} may have {_CLIENT_NAME_LIMIT} characters.")
        named = parameters.text("redirect_uri").strip() or parameters.text("callback_url").strip()
        redirect = named or parameters.required("redirect_uri")
        number = self._site.world.documents.next_number("oauth_client")
        identifier = ids.make_id(ids.OAUTH_CLIENT, number)
        attributes = {
            "client_id": identifier,
            "client_secret": self._site.accounts.secret("client_secret"),
            **members,
            **{name: parameters.text(name) for name in _CLIENT_MEMBERS if parameters.has(name)},
            "redirect_uri": redirect,
            "scopes": parameters.text("scopes"),
        }
        self._site.world.documents.put("oauth_client", identifier, attributes)
        return self._site.reply(call, {"id": identifier, "type": "oAuthClient", "attributes": attributes})

    async def authorize(self, call: Call) -> Reply:
        """A5.2: the consent page of a browser; here the user answers at once, as the switch says."""
        query = Parameters(call.query)
        client = self._site.world.documents.get("oauth_client", query.required("client_id"))
        redirect = query.required("redirect_uri")
        if client is None or client["redirect_uri"] != redirect:
            raise errors.bad_request("The redirect_uri is not the one that the client registered.")
        if query.required("response_type") != "code":
            raise errors.bad_request("The parameter response_type must be code.")
        back = {"state": query.text("state")} if query.has("state") else {}
        if self._site.world.switches["oauth_consent"] == "denied":
            back = {"error": "access_denied", "error_description": "The user refused.", **back}
            return self._redirect(redirect, back)
        session = self._site.session(call)
        user_id = session.user_id if session else self._at_the_browser()["id"]
        code = self._site.accounts.secret("code")
        expires = self._site.world.clock.now_ms() + _CODE_LIFETIME_MS
        grant = {"client_id": client["client_id"], "redirect_uri": redirect, "user_id": user_id, "expires_ms": expires}
        self._site.world.documents.put("oauth_code", code, {**grant, "use": "code"})
        return self._redirect(redirect, {"code": code, **back})

    def _at_the_browser(self) -> Document:
        """Return who sits at the browser that shows the consent page."""
        email = str(self._site.world.switches["oauth_user"])
        user = self._site.accounts.user_by_email(email) if email else self._site.accounts.first_user()
        if user is None:
            raise errors.bad_request(f"The switch oauth_user names nobody: {email}.")
        return user

    @staticmethod
    def _redirect(uri: str, query: dict[str, str]) -> Reply:
        joint = "&" if "?" in uri else "?"
        return Reply.raw(b"", "text/html", 302, {"location": f"{uri}{joint}{urlencode(query)}"})

    async def token(self, call: Call) -> Reply:
        """A5.3, A5.4: a code or a refresh token for a pair; the answer is flat. Refresh tokens rotate (INFERRED)."""
        parameters = await parameters_of(call)
        client = self._client(call, parameters)
        use = {"authorization_code": "code", "refresh_token": "refresh"}.get(parameters.required("grant_type"))
        if use is None:
            raise errors.RefusalError(errors.BAD_TOKEN, "The grant type is not supported.")
        word = parameters.required("code" if use == "code" else "refresh_token")
        grant = self._site.world.documents.get("oauth_code", word)
        now = self._site.world.clock.now_ms()
        fits = (
            grant is not None
            and grant["use"] == use
            and grant["client_id"] == client["client_id"]
            and grant["redirect_uri"] == parameters.text("redirect_uri")
            and (grant["expires_ms"] is None or grant["expires_ms"] > now)
        )
        if grant is None or not fits:
            raise errors.RefusalError(errors.BAD_TOKEN, "The grant is invalid, expired, or was used before.")
        return self._pair(call, grant, word, use)

    def _pair(self, call: Call, grant: Document, word: str, use: str) -> Reply:
        accounts, world = self._site.accounts, self._site.world
        lifetime = world.switches["oauth_lifetime_s"]
        user = accounts.user(grant["user_id"])
        call.caller = user["email"]
        rotate = use == "code" or world.switches["refresh_rotates"]
        with world.documents.transaction():
            access = accounts.open_session(user, lifetime, oauth=True)
            refresh = accounts.secret("refresh") if rotate else word
            if rotate:
                world.documents.delete("oauth_code", word)
                age = world.switches["refresh_lifetime_s"]
                until = world.clock.now_ms() + age * 1000 if age else None
                world.documents.put("oauth_code", refresh, {**grant, "use": "refresh", "expires_ms": until})
        return Reply.json(
            {"token_type": "Bearer", "expires_in": lifetime, "access_token": access, "refresh_token": refresh}
        )

    def _client(self, call: Call, parameters: Parameters) -> Document:
        """Return the client that the body, or an `Authorization: Basic` header, names and proves."""
        identifier, secret = parameters.text("client_id"), parameters.text("client_secret")
        kind, _, coded = call.headers.get("authorization", "").partition(" ")
        if not secret and kind.lower() == "basic":
            try:
                identifier, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise errors.RefusalError(errors.BAD_TOKEN, "The Authorization header cannot be read.") from None
        client = self._site.world.documents.get("oauth_client", identifier) if identifier else None
        if client is None or client["client_secret"] != secret:
            raise errors.RefusalError(errors.BAD_TOKEN, "Client id or secret is wrong.")
        return client

    async def session(self, call: Call) -> Reply:
        """A6: who is logged in."""
        session = self._site.signed_in(call)
        attributes = {"user_id": session.user_id, "org_id": session.org_id, "email": session.email}
        data: dict[str, Any] = {"id": session.user_id, "type": "session", "attributes": attributes}
        if "organizations" in (await parameters_of(call)).includes:
            user = self._site.accounts.user(session.user_id)
            data["includes"] = {
                "organizations": {
                    "data": [
                        {"id": org["id"], "type": "organization", "attributes": {"name": org["name"]}}
                        for org in self._organizations(user)
                    ]
                }
            }
        return self._site.reply(call, data)

    async def invites(self, call: Call) -> Reply:
        """A7: containers shared with the user by name."""
        self._site.signed_in(call)
        frame = self._site.frame(call)
        found = self._site.invited(call)
        return self._site.reply(call, [resources.container(doc, frame, staff=False) for doc in found])

    async def version(self, call: Call) -> Reply:
        """A8: the body is unknown; clients use it to try their key."""
        version = {"id": resources.VERSION, "type": "version", "attributes": {"version": resources.VERSION}}
        return self._site.reply(call, version)
