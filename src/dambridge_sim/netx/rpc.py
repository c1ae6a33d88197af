"""The two RPC endpoints: `/api/rpc` with the token in the header, and the beta one with the session key first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx import envelope, rpc_assets, rpc_collections, rpc_folders, rpc_people
from dambridge_sim.netx.auth import Tokens, header_token, invalid_token
from dambridge_sim.netx.context import Context
from dambridge_sim.netx.errors import INVALID_TOKEN, UNKNOWN_METHOD, Refusal, bad_params, no_access
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.methods import TABLE, Method
from dambridge_sim.netx.portal import no_such_path
from dambridge_sim.netx.search import Search
from dambridge_sim.netx.site import User

PARTS = (rpc_assets, rpc_folders, rpc_collections, rpc_people)  # importing them fills the table
_OK, _NO_CONTENT = 200, 204


class Rpc:
    """Reads, authorises and answers RPC calls."""

    def __init__(self, library: Library, tokens: Tokens) -> None:
        self._library = library
        self._tokens = tokens
        self._search = Search(library)

    async def identify(self, call: Call) -> None:
        """Read the envelope, so that faults and journal know the method and the ids that it is about."""
        lenient = self._library.switch("method_array") and not self._library.world.strict
        call.state["address"] = call.confidence
        try:
            read = envelope.read_call(await call.body(), method_array=lenient)
        except envelope.BadEnvelope as bad:
            call.state["bad"] = bad
            return
        call.state["rpc"] = read
        call.rpc_method = read.method
        if (method := self._method(read.method)) is not None:
            call.confidence = self._confidence(call, method)
        call.touch(*_ids(read.method, read.params))

    @staticmethod
    def _confidence(call: Call, method: Method) -> Confidence:
        """How sure this call is: no surer than its method, its address, and its quirk of an array about the method's name."""
        address: Confidence = call.state["address"]
        quirk = Confidence.SINGLE if call.state["rpc"].in_array else address
        return method.confidence.at_most(address).at_most(quirk)

    def _method(self, name: str) -> Method | None:
        method = TABLE.methods.get(name)
        if method is not None and method.switch is not None:
            switch, position = method.switch
            return method if self._library.switch(switch) == position else None
        return method

    def authorise(self, call: Call) -> Reply | None:
        """Set the caller of `/api/rpc`; a reply refuses."""
        try:
            token = header_token(call)
            if token is None:
                raise invalid_token()
            user = self._tokens.user(token, "api", "access")
            if user.level <= Level.NO_ACCESS:
                raise no_access("this site")
        except Refusal as refusal:
            return self.refused(call, refusal)
        call.state["user"] = user
        call.caller = user.login
        return None

    async def current(self, call: Call) -> Reply:
        """`POST /api/rpc`."""
        if (bad := call.state.get("bad")) is not None:
            return _json(envelope.error_body(bad.call_id, bad.refusal))
        read: envelope.Call = call.state["rpc"]
        return self._answer(call, call.state["user"], read.method, read.params)

    async def beta(self, call: Call) -> Reply:
        """`POST /external/api/json`: `authenticate`, then the same methods with the session key first."""
        if not self._library.switch("legacy_api"):
            return no_such_path()
        if (bad := call.state.get("bad")) is not None:
            return _json(envelope.error_body(bad.call_id, bad.refusal))
        read: envelope.Call = call.state["rpc"]
        try:
            if read.method == "authenticate":
                return self._sent(call, {"sessionKey": self._signed_in(read.params)})
            if not read.params or not isinstance(read.params[0], str):
                raise bad_params("The first parameter must be the session key")
            user = self._tokens.user(read.params[0], "session")
        except Refusal as refusal:
            return self.refused(call, refusal)
        call.caller = user.login
        call.touch(*_ids(read.method, read.params[1:]))
        return self._answer(call, user, read.method, read.params[1:])

    def _signed_in(self, params: Sequence[Any]) -> str:
        login, password = (*params, None, None)[:2]
        key = self._tokens.signed_in(login, password)
        if key is None:
            raise no_access("wrong user name or password")
        return key

    def _answer(self, call: Call, user: User, name: str, params: Sequence[Any]) -> Reply:
        method = self._method(name)
        if method is None or not call.served(self._confidence(call, method)):
            return self.unknown(call)
        try:
            result = method.handler(Context(call, user, self._library, self._search, params))
        except Refusal as refusal:
            return self.refused(call, refusal)
        return self._sent(call, result)

    def unknown(self, call: Call) -> Reply:
        """A method that does not exist, or not in strict mode."""
        call.confidence = Confidence.CONFIRMED if call.rpc_method not in TABLE.methods else call.confidence
        return self.refused(call, Refusal(UNKNOWN_METHOD, f'Method "{call.rpc_method}" not found'))

    def refused(self, call: Call, refusal: Refusal) -> Reply:
        """A refusal in the envelope; HTTP 200, for a bad token perhaps 401 (by switch)."""
        status = self._library.switch("bad_token_status") if refusal.code == INVALID_TOKEN else _OK
        read: envelope.Call | None = call.state.get("rpc")
        if read is not None and read.call_id is envelope.NOTIFICATION and status == _OK:
            return Reply(_NO_CONTENT)
        bad: envelope.BadEnvelope | None = call.state.get("bad")
        call_id = read.call_id if read is not None else bad.call_id if bad is not None else None
        call_id = None if call_id is envelope.NOTIFICATION else call_id
        return _json(envelope.error_body(call_id, refusal), status)

    @staticmethod
    def _sent(call: Call, result: object) -> Reply:
        read: envelope.Call = call.state["rpc"]
        if read.call_id is envelope.NOTIFICATION:
            return Reply(_NO_CONTENT)  # INFERRED: nothing is answered
        return _json(envelope.result_body(read.call_id, result))


def _json(body: bytes, status: int = 200) -> Reply:
    return Reply.raw(body, "application/json", status)


def _ids(method: str, params: Sequence[Any]) -> list[int]:
    """The ids of assets that a call names in its first parameter."""
    if not params or "Asset" not in method or "ByFolder" in method or "ByCollection" in method:
        return []
    first = params[0].get("id") if isinstance(params[0], dict) else params[0]
    found = first if isinstance(first, list) else [first]
    return [one for one in found if isinstance(one, int) and not isinstance(one, bool)]
