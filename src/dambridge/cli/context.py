"""What every command gets: the file, the wish for JSON, and a way to open what the file describes."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from dambridge import bootstrap

if TYPE_CHECKING:
    from dambridge.bootstrap import Settings

T = TypeVar("T")
DEFAULT_FILE = Path("dambridge.yaml")


class WrongUse(Exception):
    """The command was asked for something that there is not; the text says what there is. Exit status 2."""


@dataclass(slots=True)
class Context:
    """The common options of one invocation, and the secrets that no output may hold once the file was read."""

    config: Path = DEFAULT_FILE
    json: bool = False
    verbose: bool = False
    secrets: tuple[str, ...] = ()

    def settings(self) -> Settings:
        """The checked configuration. Raises `ConfigurationWrong`."""
        settings = bootstrap.load_settings(self.config)
        self.secrets = settings.secrets()
        return settings

    def masked(self, text: str) -> str:
        """A text without the configuration's secrets, for errors of which nobody knows what they quote."""
        for secret in self.secrets:
            text = text.replace(secret, "***") if len(secret) > 3 else text
        return text


def can_be_written(out: Path | None) -> None:
    """Asked before long work whose end is a file: nobody waits hours to hear of a misspelt folder. Raises `WrongUse`."""
    if out is None:
        return
    if out.is_dir():
        raise WrongUse(f"{out} is a folder. Name the file as well.")
    if not out.parent.is_dir():
        raise WrongUse(f"{out} cannot be written: there is no folder {out.parent}. Make it, or name another.")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise WrongUse(f"{out} cannot be written: nothing may be written there. Name another place.")


def actor(by: str) -> str:
    """Who decides, for the record: the name given, else the user of this machine."""
    given = by or os.environ.get("DAMBRIDGE_USER", "")
    try:
        return given or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container without an entry for its user


def go(work: Callable[[], Awaitable[T]]) -> T:
    """Run one command's work to its end."""
    return bootstrap.run_async(work)


def leave(code: int) -> NoReturn:
    """End the process with this exit status, what was printed flushed."""
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
