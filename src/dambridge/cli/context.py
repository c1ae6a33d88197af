"""What every command gets: the file, the wish for JSON, and a way to open what the file describes."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from dambridge.bootstrap import Settings, load_settings, run_async

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """The common options of one invocation."""

    config: Path
    json: bool

    def settings(self) -> Settings:
        """The checked configuration. Raises `ConfigurationWrong`."""
        return load_settings(self.config)


def actor(by: str) -> str:
    """Who decides, for the record: the name given, else the user of this machine."""
    return by or os.environ.get("DAMBRIDGE_USER") or getpass.getuser()


def go(work: Callable[[], Awaitable[T]]) -> T:
    """Run one command's work to its end."""
    return run_async(work)


def leave(code: int) -> NoReturn:
    """End the process with this exit status, what was printed flushed."""
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
