"""Options of warnings: who is told what, and how often it is looked at."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr

from dambridge.bootstrap.options import Options, Span
from dambridge.model.alarms import AlarmKind


class RecipientOptions(Options):
    """Somebody who is told."""

    urls: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="Ways to them as Apprise writes them (`mailtos://…`, `slack://…`, `json://…`). They hold passwords: write "
        "`env:NAME` or `file:PATH`.",
    )
    about: tuple[AlarmKind, ...] = Field(default=(), description="What they are told of; empty: everything.")


class WarningOptions(Options):
    """Warnings: what is new, worse or overdue is told, each time in one digest to each recipient; nothing is told twice."""

    recipients: dict[str, RecipientOptions] = Field(min_length=1, description="Who is told, by names of your own.")
    every: Span = Field(default=timedelta(minutes=15), description="How often `serve` looks for something to tell.")
    days: int = Field(default=7, ge=1, le=365, description="How far ahead ends and openings are told of.")
