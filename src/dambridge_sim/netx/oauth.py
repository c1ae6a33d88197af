"""OAuth 2.0 authorization code and refresh (section 2.2, SINGLE). Consent is given at once, by the client's own user."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.netx.auth import Tokens
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.portal import page

_CODE_LIFETIME_S = 600


class OAuth:
    """The browser step at `/app` and the token step at `/a/t`."""

    def __init__(self, library: Library, tokens: Tokens) -> None:
        self._library = library
        self._tokens = tokens

    async def browser(self, call: Call) -> Reply:
        """`GET /app?response_type=code&client_id&state&scope&redirect_uri`: back to the client with a code.

        Without those it is the application itself, `/app/#asset/{id}` (NX 8.3, INFERRED).
        """
        if "response_type" not in call.query and "client_id" not in call.query:
            return page()
        client = self._library.site.oauth_clients.get(call.query.get("client_id", ""))
        target = call.query.get("redirect_uri", "")
        if client is None or call.query.get("response_type") != "code" or not _is_target(target):
            return Reply.json({"error": "invalid_request"}, status=400)
        if client.redirect_uris and target not in client.redirect_uris:
            return Reply.json({"error": "invalid_request", "error_description": "redirect_uri"}, status=400)
        code = self._tokens.issue(client.user, "code", lifetime_s=_CODE_LIFETIME_S, note=f"{client.client_id} {target}")
        query = {"code": code, **({"state": call.query["state"]} if "state" in call.query else {})}
        joint = "&" if urlsplit(target).query else "?"
        return Reply(302, {"location": f"{target}{joint}{urlencode(query)}"})

    async def token(self, call: Call) -> Reply:
        """`POST /a/t`, form-encoded: a code or a refresh token for an access token."""
        form = await call.form()
        client = self._library.site.oauth_clients.get(form.first("client_id") or "")
        if client is None or client.client_secret != form.first("client_secret"):
            return Reply.json({"error": "invalid_client"}, status=401)
        match form.first("grant_type"):
            case "authorization_code":
                given, kind = form.first("code") or "", "code"
                note = f"{client.client_id} {form.first('redirect_uri')}"
                found = self._tokens.note(given, "code")
            case "refresh_token":
                given, kind = form.first("refresh_token") or "", "refresh"
                note = client.client_id
                found = self._tokens.note(given, "refresh")
            case _:
                return Reply.json({"error": "unsupported_grant_type"}, status=400)
        if found is None or found[1] != note:
            return Reply.json({"error": "invalid_grant"}, status=400)
        if kind == "code" or self._library.switch("oauth_refresh_rotates"):
            self._tokens.revoke(given)
            given = self._tokens.issue(found[0], "refresh", lifetime_s=None, note=client.client_id)
        lifetime = self._library.switch("oauth_token_lifetime_s")
        access = self._tokens.issue(found[0], "access", lifetime_s=lifetime)
        return Reply.json(
            {"access_token": access, "refresh_token": given, "expires_in": round(lifetime), "token_type": "apiToken"}
        )


def _is_target(address: str) -> bool:
    """Whether a browser can be sent back there: an absolute address without a fragment (RFC 6749, 3.1.2)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc and not parts.fragment)
