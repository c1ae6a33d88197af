"""The answers of the control calls, as models: for the schemas that are published, and for the tests that hold them to it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """An answer; a simulator may say more than its schema."""

    model_config = ConfigDict(extra="allow")


class Ready(Answer):
    """The first line on standard output."""

    ready: Literal[True]
    system: str
    url: str
    credentials: dict[str, Any]


class EmbeddedState(Answer):
    """Metadata inside the stored file."""

    xmp: dict[str, Any] = Field(description="by `prefix:name`; text, list, language to text, or structure")
    iim: dict[str, list[str]] = Field(description="by `record:dataset`, in file order")
    exif: dict[str, str]
    problem: str | None = Field(None, description="what could not be read")


class StateLine(Answer):
    """One line of `GET /__sim__/state`; `GET /__sim__/assets/{id}` adds `exposure`, `history` and `document`."""

    id: str
    file_name: str
    sha256: str | None
    md5: str | None
    size: int | None
    media_type: str | None
    containers: list[str]
    visible_to: list[str] = Field(description="`staff`, `public`, `group:NAME`; empty once deleted")
    metadata: dict[str, Any] = Field(default_factory=dict, description="native metadata by the vendor's names")
    custom: Any = Field(None, description="PhotoShelter: custom fields")
    attributes: Any = Field(None, description="NetX: attributes")
    embedded: EmbeddedState | None = None
    versions: int
    trash: bool
    deleted: bool


class JournalLine(Answer):
    """One line of `GET /__sim__/journal`."""

    seq: int = Field(ge=1)
    at: str = Field(description="simulated time")
    real: str = Field(description="real time")
    method: str
    path: str
    query: str
    rpc: str | None
    caller: str | None
    status: int | None = Field(description="absent when no reply was made")
    bytes_in: int
    bytes_out: int | None
    ids: list[str]
    changed: bool
    fault: str | None
    confidence: str | None = Field(description="absent for unknown paths")


class Interval(Answer):
    """Who could see an asset from an instant on, until just before another."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    began: str = Field(alias="from")
    ended: str | None = Field(alias="to", description="absent: still")
    to_whom: list[str]


class ExposureLine(Answer):
    """One line of `GET /__sim__/exposure`."""

    id: str
    intervals: list[Interval]


class ClockState(Answer):
    """The answer of `GET` and `POST /__sim__/clock`."""

    now: str
    frozen: bool
