"""Options of the search over all accounts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from dambridge.bootstrap.options import Options, Span


class SelectionOptions(Options):
    """A part of the library that people can be given to see, by where its assets stand."""

    folders: tuple[str, ...] = Field(
        min_length=1,
        description="Patterns over paths of galleries and folders: `*` within a name, `**` over any number.",
    )
    exclude: tuple[str, ...] = Field(default=(), description="Patterns over paths that are left out again.")
    accounts: tuple[str, ...] = Field(default=(), description="The accounts that are meant; empty: all of them.")


class SearchOptions(Options):
    """What search goes by. Left out, it works with these defaults."""

    status: str | None = Field(
        default=None,
        description="The canonical field that holds an asset's status. Left out: what the flow `lifecycle` keeps in step, "
        "else the `status` of an outward flow. Where there is none, nothing counts as approved.",
    )
    campaign: str = Field(default="job_id", description="The canonical field that holds the campaign.")
    photographer: str = Field(default="creator", description="The canonical field that names who made it.")
    selections: dict[str, SelectionOptions] = Field(
        default_factory=dict, description="Parts of the library by name, to which people can be bound."
    )
    deadline: Span = Field(
        default=timedelta(seconds=4),
        description="How long a live search waits for each system before it answers without it.",
    )
    at_most: int = Field(
        default=50, ge=1, le=500, description="How many finds of each system a live search reads; reading takes calls."
    )
    check_every: Span = Field(
        default=timedelta(hours=1), description="How often saved searches with an alert are looked at."
    )
    thumbnails: int = Field(
        default=512 * 1024 * 1024, ge=0, description="Bytes of thumbnails that are kept on disk; the oldest make room."
    )
