"""Options of flow intake, and those of its parts that other flows have too: what is selected, where it goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dambridge.bootstrap.options import GuardOptions, Options, Span
from dambridge.model.records import MediaType


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


class IntakeOptions(Options):
    """Flow 1: new or approved assets arrive in the system of record."""

    source: str = Field(alias="from", description="The account that assets come from: a PhotoShelter account.")
    target: str = Field(alias="to", description="The account that they are archived in: a NetX account.")
    mode: Literal["new", "approved"] = Field(
        default="approved",
        description="`approved` takes what is selected once it is approved, however late; `new` takes all that is selected.",
    )
    select: SelectOptions = Field(default=SelectOptions(), description="Which assets the flow is about.")
    orders: bool = Field(
        default=False,
        description="Say `true` where people may order single assets into the archive that `select` does not name (media types "
        "that it leaves out stay out). In `mode: approved` they have to be approved like any other.",
    )
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
    side_cars: Literal["read", "ignore"] = Field(
        default="read",
        description="What an XMP file beside a camera's raw file is (`A.xmp` or `A.NEF.xmp` beside `A.NEF`, in one gallery): "
        "`read` takes its words before those inside the file, `ignore` takes it for a file like any other.",
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
