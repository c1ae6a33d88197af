"""All options of dambridge, one model: the file is checked against it, its JSON Schema and the reference page come from it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, StringConstraints, field_validator

from dambridge.bootstrap.console_options import ConsoleOptions
from dambridge.bootstrap.flow_options import FlowOptions
from dambridge.bootstrap.map_file import SiteMap
from dambridge.bootstrap.options import Options, Span
from dambridge.bootstrap.publish_options import GateOptions
from dambridge.bootstrap.search_options import SearchOptions
from dambridge.bootstrap.warning_options import WarningOptions
from dambridge.bootstrap.webhook_options import WebhookOptions
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.photoshelter.config import PhotoShelterOptions


class PhotoShelterAccount(PhotoShelterOptions):
    """One PhotoShelter organisation."""

    system: Literal["photoshelter"]


class NetxAccount(NetxOptions):
    """One NetX site."""

    system: Literal["netx"]


Account = Annotated[PhotoShelterAccount | NetxAccount, Field(discriminator="system")]


class MatchOptions(Options):
    """How two libraries that exist already are paired: `dambridge match`."""

    id_fields: tuple[str, ...] = Field(
        default=(),
        description="Canonical fields of which one value means one asset, for instance `image_guid` or `supplier_image_id`. "
        "Our own marks and the bytes count anyway.",
    )
    plan_ttl: Span = Field(
        default=timedelta(days=2), description="How long an activation plan may be applied after it was made."
    )


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
    reconcile_every: Span = Field(
        default=timedelta(days=1),
        description="How often `serve` holds all ids of both sides against the store and reads the next share of assets again.",
    )
    reconcile_calls: int = Field(
        default=2000,
        ge=1,
        description="Calls that one reconcile may spend on reading assets again, the oldest look first.",
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
    tombstones: Path = Field(
        default=Path("dambridge-tombstones.jsonl"),
        description="The journal of what was taken down, beside the configuration file unless it is absolute. It must stand "
        "outside the data folder: it outlives the loss of it, so that nothing comes back.",
    )
    publications: Path = Field(
        default=Path("dambridge-publications.jsonl"),
        description="The journal of what is shown outside, beside the configuration file unless it is absolute, and outside the "
        "data folder as well: by it `store rebuild` knows which files outside are ours, and by when they have to go.",
    )
    orders: Path = Field(
        default=Path("dambridge-orders.jsonl"),
        description="The journal of what people ordered to outlets and took back, beside the configuration file unless it is "
        "absolute, and outside the data folder as well: a store that was lost or is older learns them from it again.",
    )
    keep_free: int = Field(default=1024**3, ge=0, description="Bytes of disk that the spool leaves free.")
    signing_key: Path | None = Field(
        default=None,
        description="A PEM file with the Ed25519 key that signs records of withdrawals, readable by its owner alone, beside "
        "the configuration file unless it is absolute. Left out: one is made in the data folder at first use.",
    )

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
    gate: GateOptions | None = Field(
        default=None,
        description="The rights gate: what has to be known and permitted before anything is shown. Needed by `publish` and "
        "`syndicate`.",
    )
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
    match: MatchOptions = Field(default=MatchOptions(), description="How existing libraries are paired.")
    search: SearchOptions = Field(default=SearchOptions(), description="What the search over all accounts goes by.")
    hooks: HookServerOptions | None = Field(
        default=None, description="The receiver for webhooks; there is none where this is absent."
    )
    console: ConsoleOptions | None = Field(
        default=None, description="The web console and the API; there is none where this is absent."
    )
    warnings: WarningOptions | None = Field(
        default=None, description="Who is told of what is new, worse or overdue; nobody where this is absent."
    )
    webhooks: WebhookOptions | None = Field(
        default=None, description="Other programs that are told what happened; none where this is absent."
    )
    clock: str = Field(
        default="system", description="`system`, or the address of a simulator whose clock is the domain's."
    )
    exiftool: Path | None = Field(default=None, description="ExifTool's program file, where it is not found by itself.")

    _site_map: SiteMap | None = PrivateAttr(default=None)
    _file: Path | None = PrivateAttr(default=None)
    _text: str = PrivateAttr(default="")

    @property
    def site_map(self) -> SiteMap | None:
        """What `map_file` says, once the file was read."""
        return self._site_map

    @property
    def file(self) -> Path | None:
        """The configuration file that they were read from; None where there was none."""
        return self._file

    @property
    def file_digest(self) -> str:
        """SHA-256 of that file as it was read."""
        return hashlib.sha256(self._text.encode()).hexdigest() if self._file is not None else ""

    @property
    def file_text(self) -> str:
        """That file as it was read. Secrets may stand in it: it is for comparing, never for showing."""
        return self._text

    def read_from(self, file: Path, text: str) -> Settings:
        """The same settings with the file that they are from."""
        made = self.model_copy()
        made._file, made._text = file, text  # noqa: SLF001 - its own class
        return made

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
        told = self.warnings.recipients.values() if self.warnings else ()
        hooked = self.webhooks.endpoints.values() if self.webhooks else ()
        handoff = self.flows.handoff
        people = [*handoff.people.values(), *handoff.contributors.values()] if handoff is not None else []
        groups: list[BaseModel] = [
            *self.accounts.values(),
            *(it for it in (self.hooks, self.console) if it),
            *told,
            *hooked,
            *people,
        ]
        found = [it for group in groups for it in _secrets_of(group)]
        password = urlsplit(self.store.url).password if self.store.url else None
        return (*found, password) if password else tuple(found)


def _secrets_of(options: BaseModel) -> list[str]:
    found: list[str] = []
    for name in type(options).model_fields:
        match getattr(options, name):
            case SecretStr() as secret:
                found.append(secret.get_secret_value())
            case tuple() as several:
                found += [it.get_secret_value() for it in several if isinstance(it, SecretStr)]
            case BaseModel() as group:
                found += _secrets_of(group)
    return found
