"""What people start by a button in the web application, as `POST /__sim__/buttons/{name}` asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dambridge_sim.kit.bodies import WebhookTarget
from dambridge_sim.kit.vendor import BadMetaError
from dambridge_sim.netx.automation import Automation
from dambridge_sim.netx.data_source import DataSource
from dambridge_sim.netx.editing import touched
from dambridge_sim.netx.errors import Refusal
from dambridge_sim.netx.incoming import synced
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.site import PARTS, BadSiteError, CustomAction, User

BUTTONS = ("configure", "custom-action", "data-source-sync", "promote-version", "resync", "webhook-test")


class Buttons:
    """The buttons of one site."""

    def __init__(self, library: Library, data_source: DataSource, automation: Automation) -> None:
        self._library = library
        self._data_source = data_source
        self._automation = automation

    def press(self, button: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a button does. Raises `KeyError` for one that is not there, `BadMetaError` for a body that is wrong."""
        match button:
            case "configure":
                return self._configure(body)
            case "custom-action":
                return self._custom_action(body)
            case "data-source-sync":
                return {"tasks": self._data_source.run()}
            case "promote-version":
                return self._promote(body)
            case "resync":
                return self._resync(body)
            case "webhook-test":
                return self._webhook_test()
            case _:
                raise KeyError(button)

    def _configure(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """An administrator changes the site: the members of a `library.yaml` that describe it."""
        if odd := sorted(set(body) - PARTS):
            raise BadMetaError(f"configure: unknown {', '.join(odd)}; there are {', '.join(sorted(PARTS))}")
        try:
            self._library.extend(dict(body))
        except (BadSiteError, Refusal, KeyError, TypeError, AttributeError) as error:
            self._library.stale = True
            raise BadMetaError(f"configure: {error}") from error
        return {"ok": True}

    def _custom_action(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A person launches a custom action on a selection (NX 13.2); the payload is INFERRED."""
        action = next((one for one in self._library.site.custom_actions if one.name == body.get("name")), None)
        user = self._library.site.users.get(str(body.get("user", "")))
        if action is None or not action.enabled:
            raise BadMetaError(f"there is no enabled custom action {body.get('name')!r}")
        if user is None or (action.groups and action.groups.isdisjoint(user.groups)):
            raise BadMetaError(f"the custom action {action.name!r} is not in the menu of user {body.get('user')!r}")
        assets = self._selection(user, body.get("assets"))
        self._send(action, user, assets)
        return {"assets": assets, "target_url": action.target_url}

    def _selection(self, user: User, raw: object) -> list[int]:
        if not isinstance(raw, list) or not raw or not all(isinstance(one, int) for one in raw):
            raise BadMetaError("assets must be a list of at least one id")
        found = [self._library.find(one) for one in raw]
        missing = [
            number
            for number, one in zip(raw, found, strict=True)
            if one is None or not self._library.access.asset(user, one)
        ]
        if missing:
            raise BadMetaError(f"user {user.login} sees no asset {missing[0]}, so cannot select it")
        return raw

    def _send(self, action: CustomAction, user: User, assets: list[int]) -> None:
        body = {
            "action": action.name,
            "timestamp": self._library.stamp(),
            "user": {"userId": user.id, "login": user.login},
            "data": {"assets": [{"id": one} for one in assets]},
        }
        target = WebhookTarget(url=action.url, secret=action.secret)
        self._library.world.webhooks.send(target, "custom.action", str(assets[0]), body)

    def _promote(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """An earlier version becomes the current one (NX 7, CONFIRMED); the one it takes the place of is kept."""
        asset, number = self._asset(body.get("asset")), body.get("version")
        if not isinstance(number, int) or not 0 < number < asset.version_count:
            raise BadMetaError(
                f"version must be a number from 1 to {asset.version_count - 1}, the current one left out"
            )
        chosen = asset.earlier[number - 1]
        rest = tuple(one for place, one in enumerate(asset.earlier, start=1) if place != number)
        promoted = replace(asset, file=chosen, earlier=(*rest, asset.file), modified_ms=self._library.stamp())
        self._library.put(promoted)
        return {"asset": asset.id, "versions": promoted.version_count}

    def _resync(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A full resync reads the embedded metadata again (NX 10, CONFIRMED); a check-out blocks it (NX 7)."""
        asset = self._asset(body.get("asset"))
        if asset.checked_out:
            raise BadMetaError(f"asset {asset.id} is checked out")
        after = synced(self._library, asset)
        if after != asset:
            self._library.put(touched(self._library, asset, after, by="attributes"))
        self._automation.resynced(after)
        return {"asset": asset.id, "changed": after != asset}

    def _asset(self, number: object) -> Asset:
        asset = self._library.find(number) if isinstance(number, int) else None
        if asset is None:
            raise BadMetaError(f"there is no asset {number!r}")
        return asset

    def _webhook_test(self) -> dict[str, Any]:
        """The Test button of the webhooks' page (NX 13.1); the payload is INFERRED."""
        hooks = self._library.world.webhooks
        for target in hooks.targets:
            hooks.send(target, "test", "", {"event": "test", "timestamp": self._library.stamp(), "data": {}})
        return {"sent": len(hooks.targets)}
