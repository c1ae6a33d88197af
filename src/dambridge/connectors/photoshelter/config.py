"""What can be set for a PhotoShelter account. Secrets are masked in every text form."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_SECRET = re.compile(r"whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2,3}={0,2})?")
_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Sweep(StrEnum):
    """Which call lists everything: `search` (PS E18) or `media` (PS E17 with the organisation alone)."""

    SEARCH = "search"
    MEDIA = "media"


class UploadVia(StrEnum):
    """Which call takes files in: `v3` (PS U1, documented for images), `v4` (PS E32, one source), or `auto`: for each kind of
    file the one that was shown to work; before that v3 for images where there is a v3 key, else v4."""

    AUTO = "auto"
    V3 = "v3"
    V4 = "v4"


class ByVersion(StrEnum):
    """Which version of the API is used for something that neither documents; `none` leaves it alone."""

    NONE = "none"
    V3 = "v3"
    V4 = "v4"


class Guess(StrEnum):
    """What one source alone, or nobody, says of PhotoShelter, and only a live account can prove."""

    FOLDERS = "folders"  # PS E8, E16: making collections and galleries
    UPLOAD_V4 = "upload_v4"  # PS E32
    UPLOAD_V3_ANY = "upload_v3_any"  # PS U1 for what is no image
    WRITE_IPTC = "write_iptc"  # PS E22; E24 for videos
    WRITE_CUSTOM = "write_custom"  # PS 8, INFERRED
    WRITE_MEDIA = "write_media"  # PS E20: file name, rating, releases
    VERSIONS = "versions"  # PS E31
    PLACES = "places"  # PS E16: adding to a gallery and taking out of it
    DISCARD = "discard"  # PS E20, DELETE
    BYTE_RANGES = "byte_ranges"  # PS E28 does not speak of them
    MORE_INCLUDES = "more_includes"  # PS E19: custom metadata and galleries come along


class PhotoShelterHooks(BaseModel):
    """Hints of what may have changed, by whoever stands between: PhotoShelter documents none of its own (PS 8). They come by the
    Standard Webhooks convention; `data.id` or `data.ids` name assets."""

    model_config = _STRICT

    secrets: Annotated[
        tuple[SecretStr, ...],
        Field(
            min_length=1,
            description="Secrets of the convention: `whsec_` and at least 24 bytes in base64. One of them has signed each "
            "delivery.",
        ),
    ]
    window_seconds: Annotated[
        float, Field(gt=0, le=86400, description="How far from now a delivery's timestamp may be, either way.")
    ] = 300.0

    @field_validator("secrets")
    @classmethod
    def _are_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_SECRET.fullmatch(it.get_secret_value()) for it in value):
            raise ValueError(
                "write `whsec_` and at least 24 random bytes in base64: `openssl rand -base64 32` makes them"
            )
        return value


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
    v3_api_key: Annotated[
        SecretStr | None,
        Field(description="The key for API v3, which differs from that of v4; uploads of images want it."),
    ] = None
    upload_via: Annotated[
        UploadVia, Field(description="Which call takes files in: auto (as `probe` finds it), v3 or v4.")
    ] = UploadVia.AUTO
    visibility_via: Annotated[
        ByVersion, Field(description="How a container is opened or shut: v4, v3, or none while neither is proven.")
    ] = ByVersion.NONE
    license_via: Annotated[
        ByVersion, Field(description="Where licence dates are read: v3, v4, or none while neither is proven.")
    ] = ByVersion.NONE
    proven: Annotated[
        frozenset[Guess],
        Field(
            description="What `dambridge probe --write` has shown to work on this account, of the calls that nobody "
            "confirms; what needs one that is not named here waits. As `probe` "
            "finds it where it is left out. Names: folders, upload_v4, upload_v3_any, write_iptc, "
            "write_custom, write_media, versions, places, discard, byte_ranges, more_includes."
        ),
    ] = frozenset()
    custom_fields: Annotated[
        dict[str, dict[str, str]],
        Field(
            description="Custom fields that may be written: the field's id, and below it each option's id with the "
            "value that people see. PhotoShelter has no call that lists them."
        ),
    ] = {}
    container_zone: Annotated[
        str, Field(description="The time zone of dates on galleries and permissions, which come without one.")
    ] = "UTC"
    hooks: Annotated[
        PhotoShelterHooks | None,
        Field(description="Hints of what may have changed; none are taken where this is absent."),
    ] = None
    page_root: Annotated[
        str | None,
        Field(description="The site on which people open assets, for example https://acme.photoshelter.com."),
    ] = None
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

    @field_validator("base_url", "page_root")
    @classmethod
    def _is_a_root(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("https://", "http://")):
            raise ValueError("write the whole address, beginning with https://")
        if "?" in value or "#" in value or "@" in value:
            raise ValueError("write the service's root alone: no user, query or fragment")
        return value.rstrip("/")

    @field_validator("container_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, KeyError, OSError):
            raise ValueError("write the name of a time zone such as Europe/Zurich") from None
        return value

    @model_validator(mode="after")
    def _v3_has_a_key(self) -> Self:
        wanting = {
            "upload_via": self.upload_via,
            "visibility_via": self.visibility_via,
            "license_via": self.license_via,
        }
        named = [name for name, via in wanting.items() if via == "v3"]
        if named and self.v3_api_key is None:
            raise ValueError(f"`{named[0]}: v3` needs `v3_api_key`")
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_password = self.email is not None and self.password is not None
        if (self.email is None) != (self.password is None) or by_password == (self.oauth is not None):
            raise ValueError("give either `email` and `password`, or `oauth`")
        return self

    def secrets(self) -> tuple[str, ...]:
        """Every secret in here, for the mask over texts."""
        found = [self.api_key, self.v3_api_key, self.password]
        if self.oauth is not None:
            found += [self.oauth.client_secret, self.oauth.refresh_token]
        return tuple(it.get_secret_value() for it in found if it is not None)
