"""Options of outgoing webhooks: who is told of what, and where."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from dambridge.bootstrap.options import Options, Span
from dambridge.model.identity import FlowName
from dambridge.model.webhooks import HookType

EndpointName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$")]
SHORTEST_SECRET = 24
"""Bytes, as the convention wants."""
ASKED_FOR = HookType.WEBHOOK_TEST
"""What is sent when somebody asks for it, and never by itself."""


class EndpointOptions(Options):
    """Another program that is told."""

    url: SecretStr = Field(
        description="Where to send: `https://…`. It may hold what only you should know: then write `env:NAME`. Only its host is "
        "ever shown."
    )
    secrets: tuple[SecretStr, ...] = Field(
        min_length=1,
        max_length=4,
        description="The secrets that sign, each `whsec_` and at least 24 bytes in base64, as `env:NAME`. While one is being "
        "changed name both: every delivery is signed by each.",
    )
    events: tuple[str, ...] = Field(
        min_length=1,
        description="What it is told of: types such as `asset.published`, or all of a kind, as in `rights.*`.",
    )
    flows: tuple[FlowName, ...] | None = Field(
        default=None, description="Only what is of these flows; left out: of every flow, and of none."
    )
    regions: tuple[str, ...] | None = Field(
        default=None, description="Only what is of an outlet of these regions; left out: of any, and of none."
    )
    networks: tuple[str, ...] = Field(
        default=(),
        description="Private networks that it may stand in (`10.1.0.0/16`, `127.0.0.1/32`). Nothing is sent into any other, "
        "whatever its name leads to. An address without a certificate (`http://`) has to stand in one of them.",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("write it as https://host/path, without a user or a fragment")
        return value

    @field_validator("secrets")
    @classmethod
    def _are_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(is_secret(it.get_secret_value()) for it in value):
            raise ValueError(
                "write `whsec_` and at least 24 random bytes in base64: `openssl rand -base64 32` makes them"
            )
        return value

    @field_validator("events")
    @classmethod
    def _are_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        strange = [it for it in value if not types_of(it)]
        if strange:
            raise ValueError(f"no event is called {', '.join(strange)}; docs/howto/webhooks-out.md lists them")
        return value

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for it in value:
            ip_network(it)
        return value

    @model_validator(mode="after")
    def _is_protected(self) -> Self:
        if self.url.get_secret_value().startswith("http://") and not self.networks:
            raise ValueError("begin its `url` with https://, or name the `networks` that it stands in")
        return self

    @property
    def types(self) -> frozenset[HookType]:
        return frozenset(one for it in self.events for one in types_of(it))

    @property
    def private(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(map(ip_network, self.networks))


def is_secret(text: str) -> bool:
    """Whether this is a secret of the convention."""
    prefix, rest = text[:6], text[6:]
    try:
        raw = b64decode(rest + "=" * (-len(rest) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return prefix == "whsec_" and len(raw) >= SHORTEST_SECRET


def types_of(given: str) -> tuple[HookType, ...]:
    """The types that are meant: one, or all of a kind."""
    kind, dot, rest = given.partition(".")
    known = [it for it in HookType if it is not ASKED_FOR]
    if dot and rest == "*":
        return tuple(it for it in known if it.startswith(f"{kind}."))
    return tuple(it for it in known if it == given)


class WebhookOptions(Options):
    """Outgoing webhooks by the Standard Webhooks convention: `serve` tells programs what happened, in ids and a sentence."""

    endpoints: dict[EndpointName, EndpointOptions] = Field(
        min_length=1, description="Who is told, by names of your own. One that is new hears of what comes from then on."
    )
    keep: Span = Field(default=timedelta(days=30), description="How long deliveries that ended can be looked at.")
