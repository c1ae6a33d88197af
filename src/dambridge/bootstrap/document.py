"""The configuration file as written: YAML with line numbers, secrets fetched from where it points, nothing guessed.

A value `env:NAME` is read from the environment and `file:PATH` from a file (its last line end taken off), so that no
secret needs to stand in the file itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Location = tuple[str | int, ...]
"""Where something stands in the file: names and positions from the top."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the configuration: where it stands, what is wrong, what to do. `file` is named where it is not
    the configuration file itself, `code` where the linter of maps has one for it."""

    where: str
    line: int | None
    what: str
    remedy: str
    file: str = ""
    code: str = ""

    def sentence(self, file: str) -> str:
        file = self.file or file
        place = f"{file}:{self.line}" if self.line else file
        return f"{place}: {self.where}: {self.what} {self.remedy}".rstrip()


class ConfigurationWrong(Exception):
    """The configuration cannot be used; `mistakes` holds all of them at once."""

    def __init__(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes, key=lambda it: it.line or 0))
        super().__init__("\n".join(it.sentence(str(file)) for it in self.mistakes))


@dataclass(frozen=True, slots=True)
class Document:
    """The parsed file. `data` has references resolved; `raw` keeps ruamel's nodes for line numbers; `unresolved` are the
    places whose reference leads nowhere, each with its mistake. `text` is what was read."""

    path: Path
    data: Mapping[str, Any]
    raw: Any
    unresolved: Mapping[Location, Mistake] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    def line_of(self, location: Sequence[str | int]) -> int | None:
        """The line on which the deepest known part of `location` stands, counted from 1."""
        node: Any = self.raw
        line: int | None = None
        for part in location:
            marks = getattr(node, "lc", None)
            try:
                line = (marks.key(part) if isinstance(node, Mapping) else marks.item(part))[0] + 1  # type: ignore[union-attr]
                node = node[part]
            except (KeyError, IndexError, TypeError, AttributeError):
                break
        return line

    def mistake(self, location: Sequence[str | int], what: str, remedy: str = "") -> Mistake:
        """A mistake at this place of the file."""
        return Mistake(dotted(location), self.line_of(location), what, remedy)


def read_document(path: Path, *, typed: str | None = None) -> Document:
    """Read the file and fetch what it refers to; `typed` stands for what would be in the file. Raises `ConfigurationWrong`
    when it is no configuration at all."""
    try:
        text = path.read_text(encoding="utf-8") if typed is None else typed
        raw = _parsed(text)
    except FileNotFoundError:
        raise _unusable(
            path,
            "file",
            None,
            "There is no such file.",
            "Make one with `dambridge init`, or name another with --config.",
        ) from None
    except UnicodeDecodeError:
        raise _unusable(path, "file", None, "The file is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise _unusable(
            path, "file", None, f"It cannot be read: {error.strerror}.", "Name a file that you may read."
        ) from None
    except YAMLError as error:
        raise _unusable(path, "YAML", *_what_yaml_says(error)) from None
    if not isinstance(raw, Mapping):
        raise _unusable(path, "file", 1, "The file holds no settings.", "Start from `dambridge init`.")
    unresolved: dict[Location, Mistake] = {}
    document = Document(path, {}, raw, unresolved)
    return Document(path, _resolve(raw, (), document, unresolved), raw, unresolved, text)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """ruamel's nodes, which nobody changes: one command reads the same file several times, and a server for each order."""
    return YAML(typ="rt").load(text)


def _unusable(path: Path, where: str, line: int | None, what: str, remedy: str) -> ConfigurationWrong:
    return ConfigurationWrong(path, [Mistake(where, line, what, remedy)])


def _what_yaml_says(error: YAMLError) -> tuple[int | None, str, str]:
    """Line, sentence and remedy; never a value, for a secret may stand on that very line."""
    line = error.problem_mark.line + 1 if isinstance(error, MarkedYAMLError) and error.problem_mark else None
    said = str(getattr(error, "problem", None) or "it cannot be parsed")
    if isinstance(error, DuplicateKeyError):
        name = re.search(r'duplicate key "([^"]*)"', said)
        return line, f"`{name[1] if name else '?'}` is given twice.", "Keep one of the two."
    if "'\\t'" in said:
        return line, "A tab stands where the line begins.", "YAML takes blanks alone there: put two for each step."
    said = re.sub(r"(['\"])[^<'\"][^'\"]+\1", "…", said.splitlines()[0])
    return line, f"This is not YAML: {said}.", "Check indentation, quotes and colons there."


def _resolve(node: Any, at: Location, document: Document, unresolved: dict[Location, Mistake]) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _resolve(value, (*at, key), document, unresolved) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(value, (*at, index), document, unresolved) for index, value in enumerate(node)]
    if not isinstance(node, str):
        return node
    match node.partition(":"):
        case ("env", ":", name):
            found, what, remedy = _from_environment(name)
        case ("file", ":", name):
            found, what, remedy = _from_file(document.path.parent / Path(name).expanduser())
        case _:
            return str(node)
    if what:
        unresolved[at] = document.mistake(at, what, remedy)
    return found


def _from_environment(name: str) -> tuple[str, str, str]:
    if name not in os.environ:
        return "", f"The environment has no variable {name}.", f"Set it: export {name}=…"
    return os.environ[name], "" if os.environ[name] else f"The variable {name} is empty.", f"Set it: export {name}=…"


def _from_file(path: Path) -> tuple[str, str, str]:
    try:
        text = path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        return "", f"{path} cannot be read: {why}.", "Put the secret there, readable by this user."
    return text, "" if text else f"{path} is empty.", "Put the secret there."


def dotted(location: Sequence[str | int]) -> str:
    return ".".join(str(it) for it in location) or "file"
