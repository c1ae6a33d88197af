"""The command line in the test's own process: quick, and what it imports can be replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from dambridge.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call: TypeAlias = Callable[..., Said]


def said(arguments: Sequence[str], printed: pytest.CaptureFixture[Any]) -> Said:
    """Run a command to its end; what was printed before it is left out."""
    printed.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = printed.readouterr()
    return Said(int(ended.value.code or 0), _text(out), _text(err))


def calling(config: Callable[[], Path], printed: pytest.CaptureFixture[Any]) -> Call:
    """Commands with the configuration as it then stands; `config` names another for one of them."""
    usual = config

    def call(*arguments: str, config: Path | None = None) -> Said:
        return said(["--config", str(config or usual()), *arguments], printed)

    return call


def _text(printed: str | bytes) -> str:
    return printed.decode() if isinstance(printed, bytes) else printed
