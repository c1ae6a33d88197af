"""What is asked of a service and what it answers, as plain values that need no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dambridge.ports.systems import Body


class Effect(StrEnum):
    """Whether a call can change something. A read may be repeated; a write never is."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """The file of a multipart form, sent after the form's other fields."""

    field: str
    file_name: str
    body: Body
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `path` follows the account's base address and is already quoted; `about` finishes the sentence
    "could not ..." for a person (`read asset I0000x`). At most one of `form` (urlencoded, or multipart beside `file`)
    and `json` is given. `expects_json` says whether a good reply has to be JSON, `pages` whether it may be a
    page for people, as a file that is fetched can be; it is otherwise taken for maintenance."""

    method: str
    path: str
    effect: Effect
    about: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    file: FilePart | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorised: bool = True
    expects_json: bool = True
    pages: bool = True


@dataclass(slots=True)
class Reply:
    """What came back. `headers` are looked up in any case. The body is parsed when first asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    _parsed: Any = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError` where it is none, or nested deeper than can be read."""
        if self._parsed is None:
            try:
                self._parsed = json.loads(self.body)
            except RecursionError:
                raise ValueError("nested too deeply") from None
        return self._parsed

    @property
    def is_page(self) -> bool:
        """Whether this is a page for people, as gateways and maintenance answer."""
        says_so = self.headers.get("Content-Type", "").lower().startswith("text/html")
        return says_so or self.body[:512].lstrip()[:1] == b"<"

    def json_or_none(self) -> Any:
        """The body as JSON, None where it is none: for errors, which may be pages for people."""
        try:
            return self.json()
        except ValueError:
            return None
