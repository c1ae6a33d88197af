"""Outgoing webhooks in a configuration: what is refused, where, and that no secret is in any word about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dambridge.bootstrap import ConfigurationWrong, load_settings, shown_settings
from dambridge.model.webhooks import HookType
from support.console import CONFIG, configured

SECRET = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
GOOD = {"url": "https://crm.example/hooks/canary-url", "secrets": [SECRET], "events": ["asset.*", "conflict.opened"]}


def written(tmp_path: Path, **changes: object) -> Path:
    data = yaml.safe_load(CONFIG)
    data["webhooks"] = {"endpoints": {"crm": {**GOOD, **changes}}}
    return configured(tmp_path, yaml.safe_dump(data))


def test_an_endpoint_hears_of_types_and_of_all_of_a_kind(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path))
    assert settings.webhooks is not None
    types = settings.webhooks.endpoints["crm"].types
    assert types == {it for it in HookType if it.startswith("asset.")} | {HookType.CONFLICT_OPENED}
    of_webhooks = load_settings(written(tmp_path, events=["webhook.*"])).webhooks
    assert of_webhooks is not None
    assert of_webhooks.endpoints["crm"].types == {HookType.WEBHOOK_DISABLED}, "a test comes when somebody asks for it"


@pytest.mark.hazard("P49")
def test_neither_secret_nor_address_is_shown(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path))
    shown = shown_settings(settings)
    assert "crm" in shown
    assert "conflict.opened" in shown
    for text in (shown, repr(settings), str(settings.webhooks)):
        assert SECRET not in text
        assert "canary" not in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secrets": ["whsec_dG9vc2hvcnQ="]}, "24 random bytes"),
        ({"secrets": ["canary-no-prefix"]}, "24 random bytes"),
        ({"secrets": []}, ""),
        ({"url": "ftp://crm.example/canary"}, "https://host/path"),
        ({"url": "https://canary:pw@crm.example/"}, "without a user"),
        ({"url": "http://crm.example/canary"}, "https://"),
        ({"events": ["asset.vanished"]}, "asset.vanished"),
        ({"events": ["webhook.test"]}, "webhook.test"),
        ({"networks": ["10.0.0.300/8"]}, "10.0.0.300"),
        ({"regions": ["iberia"]}, "No outlet belongs to the region"),
        ({"flows": ["nonsense"]}, ""),
        ({"flows": ["publish", "rights"]}, "The flow `rights` is not configured here."),
    ],
)
def test_a_mistake_is_told_where_it_is_without_what_is_secret(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigurationWrong) as wrong:
        load_settings(written(tmp_path, **changes))
    text = str(wrong.value) + "".join(f"{it.what} {it.remedy}" for it in wrong.value.mistakes)
    assert says in text
    assert "canary" not in text.replace("canary-no-prefix", "") or says == "https://host/path"
    assert SECRET not in text


def test_a_network_that_is_named_lets_it_be_called_without_a_certificate(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, url="http://127.0.0.1:9/", networks=["127.0.0.1/32"]))
    assert settings.webhooks is not None
    assert len(settings.webhooks.endpoints["crm"].private) == 1
