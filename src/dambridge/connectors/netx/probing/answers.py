"""What passes between the questions of `probe` and their bench: what was heard, what was made, what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dambridge.ports.capabilities import Proof


class NoAnswer(Exception):
    """The question stays open; `args[0]` says why, `ask_vendor` what is left to ask."""

    def __init__(self, why: str, *, ask_vendor: str = "", administrator: str = "", warning: str = "") -> None:
        super().__init__(why)
        self.ask_vendor = ask_vendor
        self.administrator = administrator
        self.warning = warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question's examination found; the rest of a `Finding` is known without it."""

    value: Any
    told: str
    cells: Mapping[str, Proof] = field(default_factory=dict)
    suggests: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    ask_vendor: str = ""
    administrator: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an RPC answered: the site's code where it said no (None where it did not), else the result."""

    code: int | None
    text: str
    result: Any

    @property
    def said_no(self) -> bool:
        return self.code is not None


@dataclass(slots=True)
class Scratch:
    """What this probe has made: folders by path, assets by id with the name of their file."""

    path: str
    id: str
    made_root: bool
    asset: str = ""
    assets: dict[str, str] = field(default_factory=dict)
