"""What can be set for a NetX account. Secrets are masked in every text form."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class WriteRoute(StrEnum):
    """How attribute values reach the site; `none` where nothing is to be written."""

    RPC = "rpc"
    DATA_SYNC = "data_sync"
    EMBEDDED = "embedded"
    NONE = "none"


EXAMPLE_MAP: Mapping[str, str] = {
    "Title": "dc:title",
    "Caption": "dc:description",
    "Keywords": "dc:subject",
    "Creator": "dc:creator",
    "Copyright Notice": "dc:rights",
    "Credit": "photoshop:Credit",
    "Headline": "photoshop:Headline",
    "Instructions": "photoshop:Instructions",
    "Usage Terms": "xmpRights:UsageTerms",
    "Date Created": "photoshop:DateCreated",
}
"""The maps of a site that has those of NX 10's example (INFERRED, ours): no site has a fixed mapping (NX 10, CONFIRMED)."""
XmpName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*:[A-Za-z][A-Za-z0-9]*$")]


class WriteEncoding(StrEnum):
    """How the RPC route spells a write: neither is documented (NX 5.1.1, both INFERRED)."""

    UPDATE_ASSET = "update_asset"
    SEPARATE_METHOD = "separate_method"


class VersionRoute(StrEnum):
    """How new bytes become the asset's file: a check-in that keeps earlier versions, or a replacement in place (NX 7)."""

    VERSION = "version"
    REIMPORT = "reimport"


class NetxOAuth(BaseModel):
    """An OAuth client that NetX registered for this site, and the refresh token that its consent page gave (NX 2.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: Annotated[str, Field(description="The client id that NetX support registered.")]
    client_secret: Annotated[SecretStr, Field(description="The client's secret.")]
    refresh_token: Annotated[SecretStr, Field(description="The refresh token from the consent page.")]


class _Deliveries(BaseModel):
    """How anything that this site sends by itself is read: none of it is documented (NX 13.1, 13.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    signature_header: Annotated[str, Field(description="The header with the body's HMAC in hex.", min_length=1)] = (
        "x-netx-signature"
    )
    digest: Annotated[Literal["sha256", "sha1", "sha512"], Field(description="The digest of the HMAC.")] = "sha256"
    timestamp_paths: Annotated[
        tuple[str, ...],
        Field(
            description="Where in the body stands when it was made (seconds, milliseconds or ISO 8601), parts joined by dots."
        ),
    ] = ("timestamp",)
    delivery_header: Annotated[
        str,
        Field(
            description="The header with the delivery's own id, where there is one: for bodies that do not say when they were "
            "made. Those that do are known by themselves."
        ),
    ] = ""
    window_seconds: Annotated[
        float,
        Field(
            gt=0, le=30 * 86400, description="How far from now a delivery may be made, where it says when, either way."
        ),
    ] = 3600.0


class NetxHooks(_Deliveries):
    """How a webhook delivery of this site is read; nothing of it is documented (NX 13.1), so everything can be set."""

    secret: Annotated[
        SecretStr | None,
        Field(description="The secret that NetX showed when the webhook was made; without it any delivery is a hint."),
    ] = None
    event_paths: Annotated[
        tuple[str, ...], Field(description="Where in the body the event's name stands, parts joined by dots.")
    ] = ("event",)
    id_paths: Annotated[
        tuple[str, ...],
        Field(description="Where in the body ids of assets stand, parts joined by dots; lists are unfolded."),
    ] = ("data.asset.id", "assetId")


class NetxActions(_Deliveries):
    """How a custom action of this site sends a selection here; of its body nothing is documented (NX 13.2)."""

    secret: Annotated[SecretStr, Field(description="The secret that NetX showed when the custom action was made.")]
    id_paths: Annotated[
        tuple[str, ...],
        Field(
            description="Where in the body ids of the selected assets stand, parts joined by dots; lists are unfolded."
        ),
    ] = ("data.assets.id", "assets.id", "assetIds")
    action_paths: Annotated[tuple[str, ...], Field(description="Where the action's name stands.")] = ("action",)
    user_paths: Annotated[tuple[str, ...], Field(description="Where stands who launched it.")] = ("user.login",)


class NetxOptions(BaseModel):
    """One NetX site, as the configuration file describes it. Give `token` or `oauth`, not both."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: Annotated[str, Field(description="The site's root, for example https://customer.netx.net")]
    token: Annotated[SecretStr | None, Field(description="An API token of the integration user (level 7).")] = None
    oauth: Annotated[NetxOAuth | None, Field(description="OAuth client, where the site prefers it to a token.")] = None
    write_route: Annotated[
        WriteRoute | None,
        Field(
            description="How attributes are written: rpc, data_sync (a file that the site pulls; values are seen later), "
            "embedded (inside the files, read by the site's metadata maps), or none. Leave it out: then each field takes the "
            "best route that `probe` has shown, calls before that."
        ),
    ] = None
    data_sync_file: Annotated[
        Path | None,
        Field(
            description="The XML file that the site's Data Source Sync fetches; without it nothing is written that way."
        ),
    ] = None
    data_sync_key: Annotated[
        str,
        Field(
            description="How the site finds an asset in that file: `file_name`, or an attribute's name.", min_length=1
        ),
    ] = "file_name"
    embedded_map: Annotated[
        Mapping[str, XmpName] | None,
        Field(
            description="Which attribute the site's metadata maps import from which XMP name, for the embedded route; as "
            "`probe` finds it where it is left out.",
            min_length=1,
        ),
    ] = None
    break_signatures: Annotated[
        bool,
        Field(
            description="For write_route embedded: write into files that carry a C2PA signature too. It does not hold any "
            "more afterwards; without this such files are put aside."
        ),
    ] = False
    write_encoding: Annotated[
        WriteEncoding, Field(description="How the rpc route spells a write; as `probe` finds it where it is left out.")
    ] = WriteEncoding.UPDATE_ASSET
    write_method: Annotated[
        str, Field(description="The method that write_encoding separate_method calls.", pattern=r"^[A-Za-z]{3,60}$")
    ] = "updateAssetAttributes"
    version_route: Annotated[
        VersionRoute,
        Field(description="How new bytes arrive: version or reimport; as `probe` finds it where left out."),
    ] = VersionRoute.VERSION
    staging_root: Annotated[
        str, Field(description="The folder below which deliveries stand until they are named and placed.")
    ] = "dambridge/arrivals"
    settle_seconds: Annotated[
        float,
        Field(
            ge=0,
            description="How long to wait, after an import whose reply was lost, before an empty staging folder is "
            "believed and the file is sent again. Longer than the site's folder listings and searches ever lag.",
        ),
    ] = 120.0
    portal: Annotated[
        str | None, Field(description="The portal in which links for people open; the application itself if absent.")
    ] = None
    hooks: Annotated[NetxHooks, Field(description="How webhook deliveries of this site are read.")] = NetxHooks()
    custom_action: Annotated[
        NetxActions | None,
        Field(description="How a custom action sends a selection here; none is taken where this is absent."),
    ] = None
    page_size: Annotated[int, Field(ge=2, le=1000, description="Assets per page of a listing.")] = 200
    ids_per_call: Annotated[int, Field(ge=1, le=200, description="Assets read in one call.")] = 200
    rate: Annotated[float, Field(gt=0, description="Calls per second that this account may make.")] = 4.0
    burst: Annotated[int, Field(ge=1, description="Calls that may be made at once after a pause.")] = 8
    window: Annotated[
        float | None,
        Field(
            gt=0,
            description="Seconds of the window in which the account counts calls; absent where it counts steadily.",
        ),
    ] = None
    connect_timeout: Annotated[float, Field(gt=0, description="Seconds to reach the site.")] = 10.0
    read_timeout: Annotated[float, Field(gt=0, description="Seconds without a byte before a call is given up.")] = 60.0

    @field_validator("base_url")
    @classmethod
    def _is_a_root(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("write the whole address, beginning with https://")
        if "?" in value or "#" in value or "@" in value:
            raise ValueError("write the site's root alone: no user, query or fragment")
        return value.rstrip("/")

    @field_validator("staging_root")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if not value.strip("/") or "//" in value:
            raise ValueError("write a folder path such as dambridge/arrivals")
        return value.strip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.token is None) == (self.oauth is None):
            raise ValueError("give either `token` or `oauth`: make a token in NetX's user menu under Integrations")
        if self.write_route is WriteRoute.DATA_SYNC and self.data_sync_file is None:
            raise ValueError("give `data_sync_file` together with `write_route: data_sync`")
        if self.data_sync_file is not None and not self.data_sync_file.is_absolute():
            raise ValueError("write the whole path of `data_sync_file`, from the root on")
        return self

    @property
    def homes(self) -> Mapping[str, str]:
        """Which attribute is read from which XMP name, where that is known or files are to carry fields all the same."""
        if self.embedded_map is not None:
            return self.embedded_map
        return EXAMPLE_MAP if self.write_route is WriteRoute.EMBEDDED else {}
