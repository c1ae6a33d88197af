"""What every group of options is made of: names that are known, spans of time as people write them, limits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

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
