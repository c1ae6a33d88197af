"""What a NetX webhook is read as: ids and nothing else, from any shape that the configuration names."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.connectors.netx.config import NetxActions, NetxHooks
from dambridge.connectors.netx.hints import MOST_HINTS, NetxHintReader, NetxSelectionReader
from dambridge.model.identity import AccountId
from dambridge.ports.errors import Refused

SECRET = "canary-secret"


def reader(**options: Any) -> NetxHintReader:
    return NetxHintReader(NetxHooks.model_validate(options), account=AccountId("archive"))


def ids(of: NetxHintReader, body: Any, headers: dict[str, str] | None = None) -> list[str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [it.key.remote_id for it in of.read(headers or {}, data)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"event": "asset.update", "data": {"asset": {"id": 4101}}}, ["4101"]),
        ({"event": "asset.update", "assetId": "4101"}, ["4101"]),
        ({"data": [{"asset": {"id": 1}}, {"asset": [{"id": 2}, {"id": 1}]}]}, ["1", "2"]),
        ({"event": "test"}, []),
        ({"assetId": {"id": 3}}, []),
        ({"assetId": True}, []),
        ({"assetId": "12; drop"}, []),
        ({"assetId": "9" * 40}, []),
        ({"assetId": -4}, []),
        ([], []),
        ("text", []),
        (None, []),
    ],
)
def test_ids_are_taken_from_where_they_may_stand(body: Any, found: list[str]) -> None:
    assert ids(reader(), body) == found


def test_every_place_can_be_set() -> None:
    own = reader(id_paths=["payload.items.number"], event_paths=["payload.kind"])
    (hint,) = own.read({}, json.dumps({"payload": {"kind": "x" * 99, "items": [{"number": 7}]}}).encode())
    assert (hint.key.account, hint.key.remote_id, hint.event) == ("archive", "7", "x" * 60)


@pytest.mark.parametrize("digest", ["sha256", "sha1", "sha512"])
@pytest.mark.parametrize("spelt", ["{}", "sha256={}", " {} "])
def test_a_signed_delivery_is_read_and_any_other_is_refused(digest: str, spelt: str) -> None:
    signed = reader(secret=SECRET, signature_header="X-Sig", digest=digest)
    body = b'{"assetId": 5}'
    right = hmac.new(SECRET.encode(), body, getattr(hashlib, digest)).hexdigest()
    assert ids(signed, body, {"x-sig": spelt.format(right)}) == ["5"]
    assert ids(signed, body, {"X-SIG": spelt.format(right.upper())}) == ["5"]
    for wrong in (
        {},
        {"x-sig": ""},
        {"x-sig": right[:-1]},
        {"x-sig": f"{right}0"},
        {"x-netx-signature": right},
        {"x-sig": "é"},
    ):
        with pytest.raises(Refused) as refused:
            signed.read(wrong, body)
        assert refused.value.code == "signature"
    with pytest.raises(Refused):
        signed.read({"x-sig": right}, body + b" ")


@pytest.mark.parametrize("body", [b"", b"garbage canary-body", b"\xff\xfe", b"{", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused_and_not_quoted(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        reader().read({}, body)
    assert "canary" not in str(refused.value)
    assert refused.value.code == "body"


def test_more_assets_than_a_delivery_may_name_are_refused() -> None:
    body = {"assetId": list(range(1, MOST_HINTS + 1))}
    assert len(ids(reader(), body)) == MOST_HINTS
    body["assetId"].append(999_999)
    with pytest.raises(Refused, match="sweep"):
        ids(reader(), body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda it: st.lists(it) | st.dictionaries(st.sampled_from(["data", "asset", "id", "assetId", "event"]), it),
    )
)
def test_whatever_comes_only_ids_come_out(body: Any) -> None:
    assert all(it.isascii() and it.isdigit() for it in ids(reader(), body))


@pytest.mark.hazard("P49")
def test_the_secret_is_in_no_text_form() -> None:
    options = NetxHooks.model_validate({"secret": SECRET})
    assert "canary" not in f"{options!r} {options} {vars(reader(secret=SECRET))}"


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (1795856400, "2026-11-28T09:00:00+00:00"),
        (1795856400000, "2026-11-28T09:00:00+00:00"),
        ("2026-11-28T10:00:00+01:00", "2026-11-28T09:00:00+00:00"),
        ("2026-11-28T10:00:00", None),
        ("yesterday", None),
        (10**17, None),
        (None, None),
    ],
)
def test_a_delivery_says_when_it_was_made_in_any_of_these_ways(made: Any, at: str | None) -> None:
    stamp = reader().stamp({}, json.dumps({"timestamp": made}).encode())
    assert stamp.at == (datetime.fromisoformat(at) if at else None)
    assert bool(stamp.id) is (at is not None), "a body that does not say when is another one each time"


def test_a_delivery_is_known_by_its_own_id_where_there_is_one() -> None:
    own = reader(delivery_header="X-Delivery", timestamp_paths=["made.at"], window_seconds=60)
    stamp = own.stamp({"x-delivery": "d-1"}, b"{}")
    assert (stamp.id, stamp.at, stamp.window) == ("d-1", None, timedelta(seconds=60))
    dated = b'{"made": {"at": 1795856400}}'
    one, other = (own.stamp({"x-delivery": it}, dated) for it in ("d-1", "d-2"))
    assert one == other, "whoever sends it again under another id gains nothing: a header is not signed"
    assert one.at is not None


def action(**options: Any) -> NetxSelectionReader:
    made = NetxActions.model_validate({"secret": SECRET, **options})
    return NetxSelectionReader(made, account=AccountId("archive"))


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Netx-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_custom_action_sends_a_selection() -> None:
    body = json.dumps(
        {"action": "To the dealers", "user": {"login": "mara"}, "data": {"assets": [{"id": 7}, {"id": 8}, {"id": 7}]}}
    ).encode()
    assert action().selected(signed(body), body) == ("To the dealers", "mara", ("7", "8"))
    assert action().selected(signed(b"{}"), b"{}") == ("", "", ())
    own = action(id_paths=["picked"], user_paths=["who"])
    other = b'{"picked": ["5", "x"], "who": "ben"}'
    assert own.selected(signed(other), other) == ("", "ben", ("5",))
    for headers in ({}, signed(body, "guessed"), signed(b"[]")):
        with pytest.raises(Refused) as refused:
            action().selected(headers, body)
        assert refused.value.code == "signature"
