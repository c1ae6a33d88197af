"""Webhooks: a hint sent to whoever was registered by the control call; faults lose, double, turn round and delay them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
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
    """Sends in the background, one after another; `sign` makes the headers that prove the sender."""

    faults: FaultEngine
    keep: Callable[[dict[str, Any]], None] = lambda _state: None
    sign: Sign = lambda _target, _body: {}
    targets: list[WebhookTarget] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _held: list[tuple[Delivery, WebhookTarget, bytes]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def load(self, body: WebhooksBody) -> None:
        """Replace the targets."""
        self.targets = list(body.targets)
        self.keep(body.model_dump())

    def clear(self) -> None:
        """Forget targets and deliveries."""
        self.targets, self.deliveries, self._held = [], [], []
        self.keep({})

    def emit(self, event: str, asset: str, body: Any) -> None:
        """Send an event to every target that wants it; returns at once. Call it from the server's own loop."""
        for target in self.targets:
            if not any(fnmatchcase(event, wanted) for wanted in target.events):
                continue
            rule = self.faults.strike_webhook(event, asset).get("webhook")
            data = json.dumps(body, separators=(",", ":")).encode()
            self._route(
                Delivery(event, asset, target.url, rule.webhook if rule else None), target, data, rule and rule.seconds
            )

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
        task = asyncio.get_running_loop().create_task(self._send(delivery, target, data, wait_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, delivery: Delivery, target: WebhookTarget, data: bytes, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        headers = {"content-type": "application/json", **self.sign(target, data)}
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
                async with session.post(target.url, data=data, headers=headers) as reply:
                    delivery.status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            delivery.status = None
        delivery.done = True
