"""All options of dambridge, one model: the file is checked against it, its JSON Schema and the reference page come from it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from dambridge.bootstrap.map_file import SiteMap
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.model.records import MediaType

SPAN = r"^\d+(\.\d+)?\s*(s|m|h|d)$"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _span(given: Any) -> Any:
    """`15m` and its like as a span of time; anything else is left to pydantic (seconds, ISO 8601)."""
    if isinstance(given, str) and re.match(SPAN, given.strip()):
        return timedelta(**{_UNITS[given.strip()[-1]]: float(given.strip()[:-1])})
    return given


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": SPAN}, {"type": "number"}, {"type": "string", "format": "duration"}]}
    ),
]
"""A span of time as people write it: 90s, 15m, 12h, 2d; a plain number is seconds."""


class Options(BaseModel):
    """A group of options; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PhotoShelterAccount(PhotoShelterOptions):
    """One PhotoShelter organisation."""

    system: Literal["photoshelter"]


class NetxAccount(NetxOptions):
    """One NetX site."""

    system: Literal["netx"]


Account = Annotated[PhotoShelterAccount | NetxAccount, Field(discriminator="system")]


class SelectOptions(Options):
    """Which assets the flow is about."""

    galleries: tuple[str, ...] = Field(
        default=(),
        description="Patterns over gallery paths: `*` within a name, `**` over any number of names. Empty means the whole "
        "library.",
    )
    exclude: tuple[str, ...] = Field(default=(), description="Patterns over gallery paths that are left out again.")
    media_types: dict[MediaType, Literal["take", "skip"]] = Field(
        default_factory=dict, description="`skip` leaves a media type out; what is not named is taken."
    )
    expression: str | None = Field(
        default=None,
        description='A rule in CEL over the record, for instance `"press" in keywords`; only what it calls true is taken.',
    )


class ApprovalOptions(Options):
    """How an approved asset is recognised, for `mode: approved`. Never a value from inside the uploaded file."""

    carrier: Literal["gallery", "edit_status", "custom", "rating"] = Field(
        default="edit_status",
        description="What shows that an asset is approved: the gallery it stands in, IPTC's edit status, a custom field, "
        "or its rating.",
    )
    approved: tuple[str, ...] = Field(
        default=("approved",),
        description="Values, or gallery patterns, that mean approved. Upper and lower case are the same in values.",
    )
    rejected: tuple[str, ...] = Field(
        default=("rejected",), description="Values, or gallery patterns, that mean rejected; they win over approved."
    )
    field: str | None = Field(default=None, description="The custom field's id, for `carrier: custom`.")
    minimum: int | None = Field(default=None, description="The least rating, for `carrier: rating`; 1 if absent.")


class PlaceOptions(Options):
    """Where an asset goes in the target."""

    folder: str = Field(
        default="PhotoShelter/{year}/{gallery}",
        description="The folder as a template. Variables: year, month, day (date created, else date of the upload), "
        "gallery, gallery_path, media_type, and the name of any canonical field, each in braces. Or `id:612`: the folder with "
        "this number, made by a person.",
    )
    arrival: Literal["auto", "berth", "folder"] = Field(
        default="auto",
        description="Where files arrive: in a `berth` of dambridge's own, from which they are filed; or straight in their "
        "`folder`, which a person has made. `auto` goes straight where the account lets dambridge make no folders.",
    )


class GuardOptions(Options):
    """Limits above which nothing is done and a person is asked."""

    max_changes: int | None = Field(
        default=5000,
        ge=1,
        description="Most changes in one run; `null` for no limit. A backfill is planned and applied by a person instead.",
    )
    max_share: float | None = Field(
        default=None, gt=0, le=1, description="Largest share of what is looked at that may change, 0 to 1."
    )


class IntakeOptions(Options):
    """Flow 1: new or approved assets arrive in the system of record."""

    source: str = Field(alias="from", description="The account that assets come from: a PhotoShelter account.")
    target: str = Field(alias="to", description="The account that they are archived in: a NetX account.")
    mode: Literal["new", "approved"] = Field(
        default="approved",
        description="`approved` takes what is selected once it is approved, however late; `new` takes all that is selected.",
    )
    select: SelectOptions = Field(default=SelectOptions(), description="Which assets the flow is about.")
    approval: ApprovalOptions = Field(default=ApprovalOptions(), description="How an approved asset is recognised.")
    place: PlaceOptions = Field(default=PlaceOptions(), description="Where an asset goes in the target.")
    required: tuple[str, ...] = Field(
        default=(), description="Canonical fields without which an asset waits for its contributor."
    )
    managed: tuple[str, ...] | None = Field(
        default=None, description="Canonical fields that are written; if absent, all that the map writes."
    )
    unproven_fields: Literal["wait", "deliver"] = Field(
        default="wait",
        description="What becomes of an asset with fields that the archive is not known to take: `wait` holds it back whole, "
        "`deliver` brings it, and those fields wait until a write route is proven.",
    )
    rehash: Literal["unexplained", "always", "never"] = Field(
        default="unexplained",
        description="When the bytes of an asset that moved are read again: when no edit of fields explains it, always, never.",
    )
    verify_bytes: Literal["always", "sampled", "never"] = Field(
        default="always", description="Whether stored bytes are read back where the target gives no checksum."
    )
    sample_rate: float = Field(
        default=0.05, ge=0, le=1, description="Share of assets read back with `verify_bytes: sampled`."
    )
    target_edits: Literal["keep_target", "source_wins"] = Field(
        default="keep_target", description="What becomes of a field that people changed in the target."
    )
    guards: GuardOptions = Field(default=GuardOptions(), description="Limits above which a person is asked.")
    plan_ttl: Span = Field(default=timedelta(days=2), description="How long a plan may be applied after it was made.")


class FlowOptions(Options):
    """The flows that run; one that is not named does not run."""

    intake: IntakeOptions | None = Field(default=None, description="Approved assets travel from PhotoShelter to NetX.")


class EngineOptions(Options):
    """How the loop works; every default is safe, and few people need to change one."""

    runtime: Literal["dbos", "local"] = Field(
        default="dbos",
        description="The durable runtime: `dbos`, or `local` (one process, one file, for tests and demos).",
    )
    concurrency: int = Field(default=8, ge=1, le=64, description="Assets worked on at once.")
    batch: int = Field(default=200, ge=1, le=500, description="Assets per durable batch.")
    tranche: int = Field(
        default=1000, ge=1, le=20000, description="Assets looked at and worked off before the next; bounds memory."
    )
    large_file: int = Field(
        default=64 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes above which a file is streamed through instead of kept on disk on its way.",
    )
    attempts: int = Field(
        default=5, ge=1, le=20, description="Tries within one run before an asset waits for the next."
    )
    overlap: Span = Field(
        default=timedelta(minutes=10), description="How far a poll reaches back before the end of the last one."
    )
    sweep_every: Span = Field(
        default=timedelta(days=1),
        description="How often everything selected is looked at again, whatever the change poll said.",
    )
    poll_every: Span = Field(default=timedelta(minutes=2), description="How often `serve` looks for changes.")
    relook: int = Field(
        default=200, ge=0, description="How many items that wait, or were not approved, are read again in each run."
    )
    retry_after: Span = Field(
        default=timedelta(minutes=15), description="When an item that could not be worked off is tried again."
    )
    deferred_for: Span = Field(
        default=timedelta(days=2),
        description="How long a field may stay unseen where the archive takes it in later (data sync, or inside files).",
    )
    quarantine: str = Field(
        default="dambridge/quarantine", description="The folder in NetX for what was delivered and found wrong."
    )


class HookServerOptions(Options):
    """A receiver for webhooks beside `serve`: systems say what may have changed, and the next round reads it again.

    Addresses are /hooks/ACCOUNT, or /hooks/ACCOUNT/SECRET with a `path_secret`. Put a proxy with a certificate in front of it."""

    host: str = Field(default="127.0.0.1", description="Where to listen; this machine alone unless you say otherwise.")
    port: int = Field(default=8765, ge=0, le=65535, description="The port; 0 lets the system choose one.")
    path_secret: SecretStr | None = Field(
        default=None, description="A secret that ends every address, for senders that sign nothing."
    )
    per_second: float = Field(default=20, gt=0, le=10000, description="Deliveries taken per second; more get 429.")


class StoreOptions(Options):
    """Where the ledger lives: a folder (SQLite) or a PostgreSQL address."""

    path: Path = Field(
        default=Path("dambridge-data"),
        description="The data folder, beside the configuration file unless it is absolute: ledger and spool.",
    )
    url: str | None = Field(
        default=None,
        description="`postgresql://user:password@host/database` for several workers; the folder then holds only the spool. "
        "Write it as `env:NAME`.",
    )
    keep_free: int = Field(default=1024**3, ge=0, description="Bytes of disk that the spool leaves free.")

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
            raise ValueError("write it as postgresql://user@host/database, or leave it out to use the folder `path`")
        return value


AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$")]


class Settings(Options):
    """The whole configuration."""

    accounts: dict[AccountName, Account] = Field(
        min_length=1,
        description="Every PhotoShelter organisation and NetX site by the name that you give it. The name is part of every "
        "record that is kept: never change it later.",
    )
    flows: FlowOptions = Field(description="What runs.")
    maps: dict[str, dict[str, str | dict[str, Any]]] = Field(
        default_factory=dict,
        description="Per account: canonical field to the system's field; what is not named keeps its default, an empty text "
        "leaves the field out. Instead of a name a group may stand: to, direction, separator, limit, new_terms, default, "
        "constant, expression.",
    )
    map_file: Path | None = Field(
        default=None,
        description="The map as a file of its own, beside the configuration file unless it is absolute: fields, tables, "
        "classification, folders and names (`docs/reference/map.md`). Rules under `maps` go before its own.",
    )
    store: StoreOptions = Field(default=StoreOptions(), description="Where the ledger lives.")
    engine: EngineOptions = Field(default=EngineOptions(), description="How the loop works.")
    hooks: HookServerOptions | None = Field(
        default=None, description="The receiver for webhooks; there is none where this is absent."
    )
    clock: str = Field(
        default="system", description="`system`, or the address of a simulator whose clock is the domain's."
    )
    exiftool: Path | None = Field(default=None, description="ExifTool's program file, where it is not found by itself.")

    _site_map: SiteMap | None = PrivateAttr(default=None)

    @property
    def site_map(self) -> SiteMap | None:
        """What `map_file` says, once the file was read."""
        return self._site_map

    def with_map(self, site_map: SiteMap) -> Settings:
        """The same settings with the map that was read."""
        made = self.model_copy()
        made._site_map = site_map  # noqa: SLF001 - its own class
        return made

    @field_validator("clock")
    @classmethod
    def _is_a_clock(cls, value: str) -> str:
        if value != "system" and not value.startswith(("http://", "https://")):
            raise ValueError("write `system`, or the address of a simulator")
        return value

    def secrets_written_in(self, text: str) -> bool:
        """Whether one of the accounts' secrets, or the store's password, stands in this text itself."""
        return any(it in text for it in self.secrets() if it)

    def secrets(self) -> tuple[str, ...]:
        """Every secret in here, for the mask over texts."""
        groups: list[BaseModel] = [*self.accounts.values(), *([self.hooks] if self.hooks else [])]
        found = [it for group in groups for it in _secrets_of(group)]
        password = urlsplit(self.store.url).password if self.store.url else None
        return (*found, password) if password else tuple(found)


def _secrets_of(options: BaseModel) -> list[str]:
    found: list[str] = []
    for name in type(options).model_fields:
        match getattr(options, name):
            case SecretStr() as secret:
                found.append(secret.get_secret_value())
            case BaseModel() as group:
                found += _secrets_of(group)
    return found
