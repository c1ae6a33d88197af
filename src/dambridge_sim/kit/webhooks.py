"""Webhooks: a hint sent to whoever was registered by the control call; faults lose, double, turn round and delay them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import aiohttp

from dambridge_sim.kit.bodies import WebhooksBody, WebhookTarget
from dambridge_sim.kit.faults import FaultEngine

Sign = Callable[[WebhookTarget, bytes], Mapping[str, str]]
_KEPT = 10_000


@dataclass(slots=True)
class Delivery:
    """One attempt, for `GET /__sim__/webhooks`; `status` is None when the receiver could not be reached."""

    event: str
    asset: str
    url: str
    fault: str | None = None
    status: int | None = None
    done: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the form of the control call."""
        return asdict(self)


@dataclass(slots=True)
class Webhooks:
    """Sends in the background, on the server's `loop`; `sign` makes the headers that prove the sender."""

    faults: FaultEngine
    keep: Callable[[dict[str, Any]], None] = lambda _state: None
    sign: Sign = lambda _target, _body: {}
    loop: asyncio.AbstractEventLoop | None = None
    targets: list[WebhookTarget] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _held: list[tuple[Delivery, WebhookTarget, bytes]] = field(default_factory=list)
    _tasks: set[Future[None]] = field(default_factory=set)

    def load(self, body: WebhooksBody) -> None:
        """Replace the targets."""
        self.targets = list(body.targets)
        self.keep(body.model_dump())

    def clear(self) -> None:
        """Forget targets and deliveries."""
        self.targets, self.deliveries, self._held = [], [], []
        self.keep({})

    def emit(self, event: str, asset: str, body: Any) -> None:
        """Send an event to every target that wants it; returns at once."""
        for target in self.targets:
            if not any(fnmatchcase(event, wanted) for wanted in target.events):
                continue
            self.send(target, event, asset, body)

    def send(self, target: WebhookTarget, event: str, asset: str, body: Any) -> None:
        """Send one body to one receiver; returns at once."""
        rule = self.faults.strike_webhook(event, asset).get("webhook")
        data = json.dumps(body, separators=(",", ":")).encode()
        delivery = Delivery(event, asset, target.url, rule.webhook if rule else None)
        self._route(delivery, target, data, rule.seconds if rule else None)

    def _route(self, delivery: Delivery, target: WebhookTarget, data: bytes, seconds: float | None) -> None:
        self.deliveries = [*self.deliveries[-_KEPT:], delivery]
        if delivery.fault == "drop":
            delivery.done = True
            return
        if delivery.fault == "reorder":
            self._held.append((delivery, target, data))
            return
        self._start(delivery, target, data, (seconds or 1.0) if delivery.fault == "delay" else 0.0)
        if delivery.fault == "duplicate":
            again = Delivery(delivery.event, delivery.asset, delivery.url, "duplicate")
            self.deliveries.append(again)
            self._start(again, target, data, 0.0)
        held, self._held = self._held, []
        for late in held:
            self._start(*late, 0.05)

    def _start(self, delivery: Delivery, target: WebhookTarget, data: bytes, wait_s: float) -> None:
        if self.loop is None:
            delivery.done = True  # nobody is served yet, so nobody is told
            return
        task = asyncio.run_coroutine_threadsafe(self._send(delivery, target, data, wait_s), self.loop)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, delivery: Delivery, target: WebhookTarget, data: bytes, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        headers = {"content-type": "application/json", **self.sign(target, data)}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.post(target.url, data=data, headers=headers) as reply,
            ):
                delivery.status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            delivery.status = None
        delivery.done = True
