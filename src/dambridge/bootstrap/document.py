"""The configuration file as written: YAML with line numbers, secrets fetched from where it points, nothing guessed.

A value `env:NAME` is read from the environment and `file:PATH` from a file (its last line end taken off), so that no
secret needs to stand in the file itself.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the configuration: where it stands, what is wrong, what to do."""

    where: str
    line: int | None
    what: str
    remedy: str

    def sentence(self, file: str) -> str:
        place = f"{file}:{self.line}" if self.line else file
        return f"{place}: {self.where}: {self.what} {self.remedy}".rstrip()


class ConfigurationWrong(Exception):
    """The configuration cannot be used; `mistakes` holds all of them at once."""

    def __init__(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        self.file = file
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(it.sentence(str(file)) for it in mistakes))


@dataclass(frozen=True, slots=True)
class Document:
    """The parsed file. `data` has references resolved; `raw` keeps ruamel's nodes for line numbers."""

    path: Path
    data: Mapping[str, Any]
    raw: Any

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


def read_document(path: Path) -> Document:
    """Read the file and fetch what it refers to. Raises `ConfigurationWrong` with every mistake met."""
    try:
        raw = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        mistake = Mistake(
            "file", None, "There is no such file.", "Make one with `dambridge init`, or name another with --config."
        )
        raise ConfigurationWrong(path, [mistake]) from error
    except UnicodeDecodeError as error:
        mistake = Mistake("file", None, "The file is not UTF-8 text.", "Save it as UTF-8.")
        raise ConfigurationWrong(path, [mistake]) from error
    except YAMLError as error:
        line = error.problem_mark.line + 1 if isinstance(error, MarkedYAMLError) and error.problem_mark else None
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        mistake = Mistake("YAML", line, f"This is not YAML: {problem}.", "Check indentation, quotes and colons there.")
        raise ConfigurationWrong(path, [mistake]) from error
    if not isinstance(raw, Mapping):
        mistake = Mistake("file", 1, "The file holds no settings.", "Start from `dambridge init`.")
        raise ConfigurationWrong(path, [mistake])
    document = Document(path, {}, raw)
    mistakes: list[Mistake] = []
    data = _resolve(raw, (), document, mistakes)
    if mistakes:
        raise ConfigurationWrong(path, mistakes)
    return Document(path, data, raw)


def _resolve(node: Any, at: tuple[str | int, ...], document: Document, mistakes: list[Mistake]) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _resolve(value, (*at, key), document, mistakes) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(value, (*at, index), document, mistakes) for index, value in enumerate(node)]
    if isinstance(node, str) and node.startswith("env:"):
        name = node[4:]
        if name in os.environ:
            return os.environ[name]
        mistakes.append(
            Mistake(
                dotted(at), document.line_of(at), f"The environment has no variable {name}.", f"Set it: export {name}=…"
            )
        )
        return ""
    if isinstance(node, str) and node.startswith("file:"):
        return _from_file(node[5:], at, document, mistakes)
    return str(node) if isinstance(node, str) else node


def _from_file(name: str, at: tuple[str | int, ...], document: Document, mistakes: list[Mistake]) -> str:
    path = (document.path.parent / name).expanduser()
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(
            Mistake(
                dotted(at),
                document.line_of(at),
                f"{path} cannot be read ({error.__class__.__name__}).",
                "Put the secret there.",
            )
        )
        return ""


def dotted(location: Sequence[str | int]) -> str:
    return ".".join(str(it) for it in location) or "file"


def mistakes_of(
    error: ValidationError, document: Document, model: type[BaseModel], under: Sequence[str | int] = ()
) -> list[Mistake]:
    """Pydantic's findings as mistakes, with lines and with the nearest right name for a misspelt one."""
    found: list[Mistake] = []
    for it in error.errors(include_url=False, include_input=False):
        location = (*under, *(part for part in it["loc"] if not _is_tag(part)))
        line = document.line_of(location)
        what, remedy = _words(it["type"], it["msg"], location, model, tuple(it["loc"]))
        found.append(Mistake(dotted(location), line, what, remedy))
    return found


def _is_tag(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(("function-", "tagged-"))


def _words(
    kind: str, message: str, location: Sequence[str | int], model: type[BaseModel], inner: Sequence[str | int]
) -> tuple[str, str]:
    if kind == "extra_forbidden":
        options = _options_at(model, inner[:-1])
        near = difflib.get_close_matches(str(location[-1]), options, n=1, cutoff=0.5)
        remedy = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(sorted(options))}."
        return "There is no such option.", remedy
    if kind == "missing":
        return "This must be given.", "Add it; `docs/reference/configuration.md` says what it means."
    return f"{message}.", ""


def _options_at(model: type[BaseModel], inner: Sequence[str | int]) -> list[str]:
    """The names that the model knows at this place, as far as plain nesting tells."""
    here: Any = model
    for part in inner:
        fields = getattr(here, "model_fields", {})
        names = {(it.alias or name): it for name, it in fields.items()}
        if part not in names:
            continue
        annotation = names[str(part)].annotation
        here = next((it for it in _classes_in(annotation)), here)
    return [it.alias or name for name, it in getattr(here, "model_fields", {}).items()]


def _classes_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _classes_in(part)]
