"""Webhooks (section 13.1): that there are some is confirmed; event names, payload and signature are INFERRED and switches."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from dambridge_sim.kit.bodies import WebhookTarget
from dambridge_sim.kit.documents import Change
from dambridge_sim.netx.library import Library


class Hooks:
    """Tells the registered receivers of each change of an asset, whoever made it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def listen(self) -> None:
        """Begin to follow the documents; called once the library has its world."""
        self._library.world.documents.listeners.append(self.changed)
        self._library.world.webhooks.sign = self.signed

    def changed(self, change: Change) -> None:
        """Send `asset.create`, `asset.update` or `asset.delete`."""
        hooks = self._library.world.webhooks
        if change.kind != "asset" or not hooks.targets:
            return
        verb = "create" if change.before is None else "delete" if change.after is None else "update"
        event = f"asset.{verb}"
        number = int(change.id)
        nested = {"event": event, "timestamp": self._library.stamp(), "data": {"asset": {"id": number}}}
        flat = {"event": event, "timestamp": self._library.stamp(), "assetId": number}
        hooks.emit(event, change.id, flat if self._library.switch("webhook_payload") == "flat" else nested)

    def signed(self, target: WebhookTarget, body: bytes) -> Mapping[str, str]:
        """A digest of the body under the receiver's secret; the header's name is a switch."""
        if not target.secret:
            return {}
        digest = hmac.new(target.secret.encode(), body, hashlib.sha256).hexdigest()
        return {self._library.switch("webhook_signature_header"): digest}
