"""Options of the web console: where it listens, how long people stay signed in, and another system that signs them in."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from dambridge.bootstrap.options import Options, Span
from dambridge.model.access import Role
from dambridge.model.origins import origin_of


class OidcOptions(Options):
    """A provider by OpenID Connect that says who people are. What they may do stays ours: by groups, or by the users page."""

    issuer: str = Field(
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)(:|/|$))",
        description="Its address, below which `/.well-known/openid-configuration` stands.",
    )
    client_id: str = Field(description="The client that was registered there for dambridge.")
    client_secret: SecretStr = Field(description="Its secret. Write it as `env:NAME`.")
    label: str = Field(default="Sign in with your organisation", description="What the button says.")
    groups_claim: str = Field(default="groups", description="The claim that holds the groups of a person.")
    roles: dict[str, tuple[Role, ...]] = Field(
        default_factory=dict,
        description="Roles by group. Where any is named, somebody has exactly the roles of their groups, taken anew at each "
        "sign-in, and is not let in without one. Where none is, an administrator gives roles to whoever has knocked once.",
    )


class ConsoleOptions(Options):
    """The web console and the API, beside `serve`. Everybody signs in, on this machine too.

    Beyond this machine it speaks behind a proxy with a certificate: say its `address`."""

    host: str = Field(default="127.0.0.1", description="Where to listen; this machine alone unless you say otherwise.")
    port: int = Field(default=8390, ge=0, le=65535, description="The port; 0 lets the system choose one.")
    address: str = Field(
        default="",
        description="The address that people type, `https://…`; needed where it listens beyond this machine.",
    )
    idle: Span = Field(default=timedelta(hours=12), description="After how long without a sign of life a session ends.")
    longest: Span = Field(default=timedelta(days=7), description="After how long a session ends in any case.")
    edits: bool = Field(
        default=True,
        description="Whether administrators may save the map file and the rules of flows from the console; `false` leaves these "
        "files to those who have the machine.",
    )
    panel_origins: tuple[str, ...] = Field(
        default=(),
        description="Origins of pages of yours that may show the search panel, `https://intranet.example`. Each page still needs "
        "a token of its own, for some minutes.",
    )
    oidc: OidcOptions | None = Field(default=None, description="Another way to sign in, beside passwords.")

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}):
            raise ValueError("write it as https://name, without a path")
        return value.rstrip("/")

    @field_validator("panel_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(origin_of, value)))

    @model_validator(mode="after")
    def _is_protected(self) -> Self:
        if not self.is_local and not self.address.startswith("https://"):
            raise ValueError("beyond this machine it needs the `address` of a proxy with a certificate: https://…")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it over a line that nobody reads."""
        return self.address.startswith("https://")
