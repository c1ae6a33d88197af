"""One API call from its first byte to its last: routing, rate, faults, the vendor, the journal, the reply."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dambridge_sim.kit.acting import acting
from dambridge_sim.kit.bodies import FaultRule
from dambridge_sim.kit.call import BadBodyError, Call, Refused, Reply
from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.faults import CallFacts
from dambridge_sim.kit.multipart import BadFormError
from dambridge_sim.kit.routing import Routes
from dambridge_sim.kit.vendor import Handler, Vendor
from dambridge_sim.kit.wire import ClientGone, Cut, Receive, Scope, Send, cut, incoming, send_reply, until_gone
from dambridge_sim.kit.world import World

_SECRET = ("api_key", "token", "password", "sessionkey", "client_secret", "access_token", "auth_token")
Log = Callable[[dict[str, Any]], None]


class Api:
    """Answers every path that is neither control nor page."""

    def __init__(self, vendor: Vendor, world: World, log: Log) -> None:
        """Serve the vendor's operations; `log` takes one event at a time."""
        self._vendor, self._world, self._log = vendor, world, log
        self._routes = Routes(vendor.operations())
        self._date: tuple[int, str] = (-1, "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        call, handler = self._open(scope, receive)
        try:
            with acting(call.acting):
                reply = await self._answer(call, handler, receive)
        except Cut:
            self._write(call, None, None)
            await cut(scope, receive)
            return
        except ClientGone:
            self._write(call, None, None)
            return
        after = call.faults.get("drop_reply")
        self._finish(call, reply)
        self._write(call, reply.status, 0 if after else reply.length)
        if after is not None:
            await cut(scope, receive)
            return
        await send_reply(call, reply, scope, receive, send)

    def _open(self, scope: Scope, receive: Receive) -> tuple[Call, Handler | None]:
        self._world.exposure.settle()
        path, method = scope["path"], scope["method"]
        call = Call(
            self._world,
            method=method,
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            receive=lambda: incoming(call, receive),
        )
        call.acting.what = f"{method} {path}"
        found = self._routes.find(method, path)
        if found is None:
            return call, None
        call.known, call.params = True, found.params
        call.confidence, call.reference = found.operation.confidence, found.operation.reference
        call.touch(*(value for name, value in found.params.items() if name.endswith("id")))
        return call, found.operation.handler

    async def _answer(self, call: Call, handler: Handler | None, receive: Receive) -> Reply:
        """Return the reply; anything that goes wrong in the vendor becomes one."""
        try:
            return await self._course(call, handler, receive)
        except Refused as refused:
            return refused.reply
        except (BadBodyError, BadFormError) as error:
            return self._vendor.bad_body(call, str(error))
        except (Cut, ClientGone, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - a server answers, whatever happens inside
            self._log({"event": "simulator failed", "path": call.path, "traceback": traceback.format_exc()})
            return self._vendor.broken(call, error)

    async def _course(self, call: Call, handler: Handler | None, receive: Receive) -> Reply:
        traffic, vendor = self._world.traffic, self._vendor
        await vendor.identify(call)
        if call.rpc_method:
            call.acting.what = call.rpc_method
        await traffic.delay()
        call.rate = traffic.admit()
        if call.rate is not None and call.rate.refused:
            return vendor.too_many(call, call.rate.resets_in_s)
        if self._world.faults.active:
            facts = CallFacts(
                call.method, call.path, call.rpc_method, frozenset((*call.acting.ids, *call.params.values()))
            )
            call.faults = self._world.faults.strike(facts)
            if (reply := await self._fail_early(call, receive)) is not None:
                return reply
        if (reply := await vendor.before(call)) is not None:
            return reply
        if handler is None or not call.served(call.confidence):
            return vendor.unknown(call)
        reply = await handler(call)
        return reply if not call.faults.rules else await self._fail_late(call, receive, reply)

    async def _fail_early(self, call: Call, receive: Receive) -> Reply | None:
        """Apply the faults that strike before anything happens."""
        faults = call.faults
        if faults.get("drop_request") is not None:
            raise Cut
        if (rule := faults.get("hang")) is not None and not rule.after:
            await self._hang(rule, receive)
        if (rule := faults.get("status")) is not None and not rule.after:
            return _told(rule)
        if faults.get("expire_token") is not None:
            self._vendor.expire_token(call)
        if (rule := faults.get("truncate", "request")) is not None and not rule.keep:
            await call.body()
            raise Cut
        return None

    async def _fail_late(self, call: Call, receive: Receive, reply: Reply) -> Reply:
        """Apply the faults that strike after the call took effect."""
        if (rule := call.faults.get("hang")) is not None and rule.after:
            await self._hang(rule, receive)
        if (rule := call.faults.get("status")) is not None and rule.after:
            return _told(rule)
        return reply

    @staticmethod
    async def _hang(rule: FaultRule, receive: Receive) -> None:
        if rule.seconds is not None:
            await asyncio.sleep(rule.seconds)
            return
        await until_gone(receive)
        raise ClientGone

    def _finish(self, call: Call, reply: Reply) -> None:
        """Add the headers that every reply carries."""
        if call.known:
            reply.headers["x-sim-confidence"] = call.confidence.header
        reply.headers["date"] = self._http_date()
        self._vendor.decorate(call, reply)

    def _http_date(self) -> str:
        second = self._world.clock.now_ms() // 1000
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    def _write(self, call: Call, status: int | None, bytes_out: int | None) -> None:
        """Write the journal line, before the reply leaves."""
        line = {
            "at": iso(self._world.clock.now_ms()),
            "real": iso(time.time_ns() // 1_000_000),
            "method": call.method,
            "path": call.path,
            "query": _masked(call.query_string),
            "rpc": call.rpc_method,
            "caller": call.caller,
            "status": status,
            "bytes_in": call.bytes_in,
            "bytes_out": bytes_out,
            "ids": sorted(call.acting.ids),
            "changed": call.acting.changed,
            "fault": ",".join(call.faults.names) or None,
            "confidence": str(call.confidence) if call.known else None,
        }
        seq = self._world.journal.append(line)
        self._log({"event": "call", "seq": seq, **line})


def _masked(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name.lower() in _SECRET for name, _ in pairs):
        return query
    return urlencode([(name, "***" if name.lower() in _SECRET else value) for name, value in pairs])


def _told(rule: FaultRule) -> Reply:
    """Return the answer that a `status` rule gives."""
    headers = {name.lower(): value for name, value in rule.headers.items()}
    if rule.body is None or isinstance(rule.body, str):
        body = (rule.body or "").encode()
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        body = json.dumps(rule.body).encode()
        headers.setdefault("content-type", "application/json")
    return Reply(rule.status, headers, body)
