"""What can be set for a NetX account, and what is refused with the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dambridge.connectors.netx.config import NetxOptions

CANARY = "canary-7f3a"


def test_a_token_and_an_address_are_enough() -> None:
    options = NetxOptions.model_validate({"base_url": "https://dam.example.org/", "token": CANARY})
    assert options.base_url == "https://dam.example.org"
    assert options.staging_root == "dambridge/arrivals"
    assert options.rate == 4.0


@pytest.mark.hazard("P49")
def test_secrets_show_in_no_text_form() -> None:
    token = NetxOptions.model_validate({"base_url": "https://dam.example.org", "token": CANARY})
    oauth = {"client_id": "us", "client_secret": CANARY, "refresh_token": CANARY}
    grant = NetxOptions.model_validate({"base_url": "https://dam.example.org", "oauth": oauth})
    for options in (token, grant):
        assert CANARY not in f"{options!r} {options} {options.model_dump()} {options.model_dump_json()}"


@pytest.mark.hazard("P49")
def test_a_mistake_beside_a_secret_does_not_print_it() -> None:
    with pytest.raises(ValidationError) as mistake:
        NetxOptions.model_validate({"base_url": "nowhere", "token": CANARY, "unknown": CANARY})
    assert CANARY not in str(mistake.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"token": "t", "oauth": {"client_id": "a", "client_secret": "b", "refresh_token": "c"}},
        {"token": "t", "base_url": "dam.example.org"},
        {"token": "t", "base_url": "https://user@dam.example.org"},
        {"token": "t", "page_size": 1},
        {"token": "t", "ids_per_call": 201},
        {"token": "t", "staging_root": "/"},
        {"token": "t", "write_route": "guess"},
        {"token": "t", "settle_seconds": -1},
        {"token": "t", "tokn": "x"},
    ],
)
def test_mistakes_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NetxOptions.model_validate({"base_url": "https://dam.example.org", **wrong})


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"write_route": "data_sync"}, "data_sync_file"),
        ({"write_route": "data_sync", "data_sync_file": "sync.xml"}, "whole path"),
        ({"write_route": "embedded", "embedded_map": {"Title": "title"}}, "embedded_map"),
        ({"write_route": "embedded", "embedded_map": {}}, "embedded_map"),
    ],
)
def test_what_a_route_needs_and_the_route_belong_together(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        NetxOptions.model_validate({"base_url": "https://dam.example.org", "token": "t", **more})


def test_the_embedded_route_has_the_maps_of_the_example_until_the_site_says_its_own() -> None:
    base = {"base_url": "https://dam.example.org", "token": "t"}
    assert NetxOptions.model_validate(base).homes == {}
    known = NetxOptions.model_validate({**base, "write_route": "embedded"}).homes
    assert len(known) == 10
    assert known["Caption"] == "dc:description"
    assert NetxOptions.model_validate({**base, "embedded_map": {"Titel": "dc:title"}}).homes == {"Titel": "dc:title"}
    own = {**base, "write_route": "embedded", "embedded_map": {"Titel": "dc:title"}}
    assert NetxOptions.model_validate(own).homes == {"Titel": "dc:title"}
