"""Hints by the Standard Webhooks convention, signed by another hand: its own library."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from dambridge.connectors.kit import StandardHintReader
from dambridge.connectors.kit.standard_hints import MOST_HINTS
from dambridge.connectors.photoshelter.config import PhotoShelterHooks
from dambridge.model.identity import AccountId
from dambridge.ports.errors import Refused

SECRET = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
OLD = "whsec_" + "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZA=="
AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
READER = StandardHintReader([SECRET, OLD], timedelta(minutes=5), account=AccountId("agency"))


def signed(body: bytes, *, secret: str = SECRET, message: str = "msg_1") -> dict[str, str]:
    signature = Webhook(secret).sign(message, AT, body.decode())
    return {"Webhook-Id": message, "Webhook-Timestamp": str(int(AT.timestamp())), "Webhook-Signature": signature}


def ids(said: Any) -> list[str]:
    body = json.dumps(said).encode()
    return [it.key.remote_id for it in READER.read(signed(body), body)]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"type": "asset.edited", "data": {"id": "I0000abc"}}, ["I0000abc"]),
        ({"data": {"ids": ["I1", "I2", "I1"], "id": "I3"}}, ["I1", "I2", "I3"]),
        ({"data": {"id": "../../etc"}}, []),
        ({"data": {"id": 7}}, []),
        ({"data": ["I1"]}, []),
        ({}, []),
        ([], []),
    ],
)
def test_assets_are_named_in_two_ways(said: Any, found: list[str]) -> None:
    assert ids(said) == found


def test_either_secret_opens_while_one_is_being_changed_and_no_other_does() -> None:
    body = b'{"data": {"id": "I1"}}'
    for secret in (SECRET, OLD):
        assert len(READER.read(signed(body, secret=secret), body)) == 1
    stamp = READER.stamp(signed(body), body)
    assert (stamp.id, stamp.at, stamp.window) == ("msg_1", AT, timedelta(minutes=5))
    strange = "whsec_" + "c3RyYW5nZS1zdHJhbmdlLXN0cmFuZ2Utc3RyYW5nZQ=="
    good = signed(body)
    for headers in (
        {},
        signed(body, secret=strange),
        {**good, "Webhook-Id": "msg_2"},
        {**good, "Webhook-Timestamp": "x"},
    ):
        with pytest.raises(Refused) as refused:
            READER.read(headers, body)
        assert refused.value.code == "signature"
    with pytest.raises(Refused, match="signed"):
        READER.stamp(good, body + b" ")
    assert "canary" not in repr(READER)


def test_more_than_a_delivery_may_name_is_refused_and_so_is_what_is_no_json() -> None:
    assert len(ids({"data": {"ids": [f"I{it}" for it in range(MOST_HINTS)]}})) == MOST_HINTS
    with pytest.raises(Refused, match="501"):
        ids({"data": {"ids": [f"I{it}" for it in range(MOST_HINTS + 1)]}})
    with pytest.raises(Refused) as refused:
        READER.read(signed(b"{"), b"{")
    assert refused.value.code == "body"


@pytest.mark.parametrize("wrong", ["whsec_dG9vc2hvcnQ=", "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5", "whsec_****"])
def test_a_secret_that_is_none_is_a_mistake(wrong: str) -> None:
    with pytest.raises(ValueError, match="24 random bytes") as told:
        PhotoShelterHooks.model_validate({"secrets": [wrong]})
    assert wrong not in str(told.value)
    assert PhotoShelterHooks.model_validate({"secrets": [SECRET]}).window_seconds == 300
