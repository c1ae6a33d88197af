"""What can be set for a PhotoShelter account. Secrets are masked in every text form."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Sweep(StrEnum):
    """Which call lists everything: `search` (PS E18) or `media` (PS E17 with the organisation alone)."""

    SEARCH = "search"
    MEDIA = "media"


class PhotoShelterOAuth(BaseModel):
    """An OAuth client registered with PhotoShelter, and the refresh token of a user who agreed (PS A5)."""

    model_config = _STRICT

    client_id: Annotated[str, Field(description="The client id from the registration.")]
    client_secret: Annotated[SecretStr, Field(description="The client's secret.")]
    refresh_token: Annotated[SecretStr, Field(description="The refresh token that the user's consent gave.")]
    redirect_uri: Annotated[str, Field(description="The redirect address exactly as it was registered.")]
    token_file: Annotated[
        Path | None,
        Field(
            description="Where the newest refresh token is kept, readable by the owner alone. Each use may replace the "
            "token; without a file a restart falls back to the one above, which may be spent."
        ),
    ] = None


class PhotoShelterOptions(BaseModel):
    """One PhotoShelter organisation, as the configuration file describes it.

    Sign in with `email` and `password` of a service user, or with `oauth`."""

    model_config = _STRICT

    base_url: Annotated[str, Field(description="The service's root, without the path of the API.")] = (
        "https://www.photoshelter.com"
    )
    api_key: Annotated[SecretStr, Field(description="The key for API v4, from PhotoShelter's support.")]
    org_id: Annotated[
        str, Field(description="The organisation's id; it begins with O0000.", pattern=r"^[A-Za-z0-9._]+$")
    ]
    email: Annotated[str | None, Field(description="The service user's e-mail address.")] = None
    password: Annotated[SecretStr | None, Field(description="The service user's password.")] = None
    oauth: Annotated[PhotoShelterOAuth | None, Field(description="OAuth instead of e-mail and password.")] = None
    sweep: Annotated[Sweep, Field(description="Which call lists the whole library: search or media.")] = Sweep.SEARCH
    per_page: Annotated[int, Field(ge=20, le=500, description="Assets per page of a listing.")] = 100
    paths_kept_seconds: Annotated[
        float,
        Field(gt=0, description="How long the paths of galleries are believed before the library is walked again."),
    ] = 1800.0
    rate: Annotated[float, Field(gt=0, description="Calls per second that this account may make.")] = 4.0
    burst: Annotated[int, Field(ge=1, description="Calls that may be made at once after a pause.")] = 8
    window: Annotated[
        float | None,
        Field(
            gt=0,
            description="Seconds of the window in which the account counts calls; absent where it counts steadily.",
        ),
    ] = None
    connect_timeout: Annotated[float, Field(gt=0, description="Seconds to reach the service.")] = 10.0
    read_timeout: Annotated[float, Field(gt=0, description="Seconds without a byte before a call is given up.")] = 60.0

    @field_validator("base_url")
    @classmethod
    def _is_a_root(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("write the whole address, beginning with https://")
        if "?" in value or "#" in value or "@" in value:
            raise ValueError("write the service's root alone: no user, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_password = self.email is not None and self.password is not None
        if (self.email is None) != (self.password is None) or by_password == (self.oauth is not None):
            raise ValueError("give either `email` and `password`, or `oauth`")
        return self

    def secrets(self) -> tuple[str, ...]:
        """Every secret in here, for the mask over texts."""
        found = [self.api_key, self.password]
        if self.oauth is not None:
            found += [self.oauth.client_secret, self.oauth.refresh_token]
        return tuple(it.get_secret_value() for it in found if it is not None)
