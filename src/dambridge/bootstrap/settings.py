"""All options of dambridge, one model: the file is checked against it, its JSON Schema and the reference page come from it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.model.records import MediaType


class Options(BaseModel):
    """A group of options; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
        default=(), description="Patterns over gallery paths (`Intake/**`); empty means the whole library."
    )
    exclude: tuple[str, ...] = Field(default=(), description="Patterns over gallery paths that are left out again.")
    media_types: dict[MediaType, Literal["take", "skip"]] = Field(
        default_factory=dict, description="`skip` leaves a media type out; what is not named is taken."
    )
    expression: str | None = Field(default=None, description="A CEL expression over the record; only true is taken.")


class ApprovalOptions(Options):
    """How an approved asset is recognised, for `mode: approved`. Never a value from inside the uploaded file."""

    carrier: Literal["gallery", "edit_status", "custom", "rating"] = "edit_status"
    approved: tuple[str, ...] = Field(
        default=("approved",), description="Values, or gallery patterns, that mean approved."
    )
    rejected: tuple[str, ...] = Field(
        default=("rejected",), description="Values, or gallery patterns, that mean rejected."
    )
    field: str | None = Field(default=None, description="The custom field's id, for `carrier: custom`.")
    minimum: int | None = Field(default=None, description="The least rating, for `carrier: rating`.")


class PlaceOptions(Options):
    """Where an asset goes in the target."""

    folder: str = Field(
        default="PhotoShelter/{year}/{gallery}",
        description="Template: year, month, day (of upload), gallery, gallery_path, media_type, field names in braces.",
    )


class GuardOptions(Options):
    """Limits above which nothing is done and a person is asked."""

    max_changes: int | None = Field(default=None, ge=1, description="Most changes in one run.")
    max_share: float | None = Field(
        default=None, gt=0, le=1, description="Largest share of what is looked at that may change."
    )


class IntakeOptions(Options):
    """Flow 1: new or approved assets arrive in the system of record."""

    source: str = Field(alias="from", description="The account that assets come from.")
    target: str = Field(alias="to", description="The account that they are archived in.")
    mode: Literal["new", "approved"] = "approved"
    select: SelectOptions = SelectOptions()
    approval: ApprovalOptions = ApprovalOptions()
    place: PlaceOptions = PlaceOptions()
    required: tuple[str, ...] = Field(
        default=(), description="Canonical fields without which an asset waits for its contributor."
    )
    managed: tuple[str, ...] | None = Field(
        default=None, description="Canonical fields that are written; default: all mapped ones."
    )
    rehash: Literal["unexplained", "always", "never"] = "unexplained"
    verify_bytes: Literal["always", "sampled", "never"] = Field(
        default="always", description="Whether stored bytes are read back where the target gives no checksum."
    )
    sample_rate: float = Field(default=0.05, ge=0, le=1)
    target_edits: Literal["keep_target", "source_wins"] = "keep_target"
    guards: GuardOptions = GuardOptions()
    plan_ttl: timedelta = Field(
        default=timedelta(days=2), description="How long a plan may be applied after it was made."
    )


class FlowOptions(Options):
    """The flows that run; one that is not named does not run."""

    intake: IntakeOptions | None = None


class EngineOptions(Options):
    """How the loop works; every default is safe."""

    runtime: Literal["dbos", "local"] = "dbos"
    concurrency: int = Field(default=8, ge=1, le=64)
    batch: int = Field(default=200, ge=1, le=500)
    tranche: int = Field(default=1000, ge=1, le=20000)
    large_file: int = Field(
        default=64 * 1024 * 1024, ge=1024 * 1024, description="Bytes above which a file is streamed through."
    )
    attempts: int = Field(default=5, ge=1, le=20)
    overlap: timedelta = timedelta(minutes=10)
    sweep_every: timedelta = timedelta(days=1)
    poll_every: timedelta = timedelta(minutes=2)
    relook: int = Field(default=200, ge=0)
    retry_after: timedelta = timedelta(minutes=15)
    quarantine: str = "dambridge/quarantine"


class StoreOptions(Options):
    """Where the ledger lives: a folder (SQLite) or a PostgreSQL address."""

    path: Path = Path("dambridge-data")
    url: str | None = Field(default=None, description="`postgresql://…`; the folder then holds only the spool.")
    keep_free: int = Field(default=1024**3, ge=0, description="Bytes of disk that the spool leaves free.")


class Settings(Options):
    """The whole configuration."""

    accounts: dict[str, Account] = Field(min_length=1)
    flows: FlowOptions
    maps: dict[str, dict[str, str | dict[str, object]]] = Field(
        default_factory=dict,
        description="Per account: canonical field to the system's field; what is not named keeps its default.",
    )
    store: StoreOptions = StoreOptions()
    engine: EngineOptions = EngineOptions()
    clock: str = Field(
        default="system", description="`system`, or the address of a simulator whose clock is the domain's."
    )
    exiftool: Path | None = Field(default=None, description="ExifTool's program file, where it is not found by itself.")
