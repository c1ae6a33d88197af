"""Webhooks (section 13.1): that there are some is confirmed; event names, payload and signature are INFERRED and switches."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from dambridge_sim.kit.bodies import WebhookTarget
from dambridge_sim.kit.documents import Change
from dambridge_sim.netx.library import Library

_NESTED_PATH, _FLAT_PATH = "data.asset.id", "assetId"


class Hooks:
    """Tells the registered receivers of each change of an asset, whoever made it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def listen(self) -> None:
        """Begin to follow the documents; called once the library has its world."""
        self._library.world.documents.listeners.append(self.changed)
        self._library.world.webhooks.sign = self.signed

    def changed(self, change: Change) -> None:
        """Send the event of a new, changed or deleted asset, where it has a name."""
        hooks = self._library.world.webhooks
        if change.kind != "asset" or not hooks.targets:
            return
        verb = "create" if change.before is None else "delete" if change.after is None else "update"
        if event := self._library.switch(f"webhook_event_{verb}"):
            hooks.emit(event, change.id, self._body(event, int(change.id)))

    def _body(self, event: str, asset: int) -> dict[str, Any]:
        body: dict[str, Any] = {}
        _place(body, self._library.switch("webhook_event_path"), event)
        body["timestamp"] = self._library.stamp()
        paths = {"nested": _NESTED_PATH, "flat": _FLAT_PATH, "paths": self._library.switch("webhook_id_path")}
        _place(body, paths[self._library.switch("webhook_payload")], asset)
        return body

    def signed(self, target: WebhookTarget, body: bytes) -> Mapping[str, str]:
        """The content type, and a digest of the body under the receiver's secret."""
        headers = {"content-type": self._library.switch("webhook_content_type")}
        name = self._library.switch("webhook_signature_header")
        if target.secret and name:
            headers[name] = digest(self._library.switch("webhook_signature"), target.secret, body)
        return headers


def _place(body: dict[str, Any], path: str, value: object) -> None:
    *outer, last = path.split(".")
    for name in outer:
        inner = body.get(name)
        body[name] = body = inner if isinstance(inner, dict) else {}
    body[last] = value


def digest(how: str, secret: str, body: bytes) -> str:
    """What proves the sender, in the way that a switch names."""
    if how == "secret":
        return secret
    algorithm, _, form = how.partition("_")
    made = hmac.new(secret.encode(), body, getattr(hashlib, algorithm))
    if form == "base64":
        return base64.b64encode(made.digest()).decode()
    return f"{algorithm}={made.hexdigest()}" if form == "prefixed" else made.hexdigest()
