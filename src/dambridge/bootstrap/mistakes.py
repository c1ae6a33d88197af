"""What pydantic finds, in words that whoever wrote the file understands; never with a value in them, which may be a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.mapping.account_map import ELSEWHERE

SYSTEMS = ("photoshelter", "netx")
_KINDS: Mapping[str, tuple[str, str]] = {
    "string": ("This must be text.", "Put it in quotes."),
    "dict": ("This must be a group of options.", "Put each option on a line of its own below it, indented."),
    "model": ("This must be a group of options.", "Put each option on a line of its own below it, indented."),
    "tuple": ("This must be a list.", "Write it as [one, two], or one to a line with a dash before it."),
    "list": ("This must be a list.", "Write it as [one, two], or one to a line with a dash before it."),
    "bool": ("This must be true or false.", ""),
    "int": ("This must be a whole number.", ""),
    "float": ("This must be a number.", ""),
    "finite": ("This must be a number.", ""),
    "path": ("This must be the path of a file or folder.", ""),
    "time": ("This must be a span of time.", "Write it as 90s, 15m, 12h or 2d."),
}


def mistakes_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Mistake]:
    """Pydantic's findings as mistakes with lines, one for each place; what an unresolved reference explains is left out."""
    found: dict[Location, Mistake] = {}
    for it in error.errors(include_url=False, include_input=False):
        at = place_of(it)
        if at in document.unresolved or at in found:
            continue
        what, remedy = _words(it, at, document, model)
        found[at] = document.mistake(at, what, _elsewhere(it, at) or remedy)
    return list(found.values())


def _elsewhere(error: ErrorDetails, at: Location) -> str:
    """Where that stands which was looked for among the options of a map's rule."""
    return ELSEWHERE.get(str(at[-1]), "") if error["type"] == "extra_forbidden" and "fields" in at else ""


def place_of(error: ErrorDetails) -> Location:
    """Where the error stands in the file: pydantic's path without the marks of unions, keys and validators."""
    inner = [
        it for it in error["loc"] if not (isinstance(it, str) and it.startswith(("function-", "tagged-", "[key]")))
    ]
    if inner[:1] == ["accounts"] and len(inner) > 2 and inner[2] in SYSTEMS:
        del inner[2]
    if inner[:1] == ["maps"]:
        del inner[3:]  # the two shapes that a rule may have
    return tuple(inner)


def _words(error: ErrorDetails, at: Location, document: Document, model: type[BaseModel]) -> tuple[str, str]:
    kind = error["type"]
    if at[:1] == ("maps",) and len(at) == 3:
        return "This must be the name of a field, or a group of options.", "See `docs/reference/configuration.md`."
    match kind:
        case "extra_forbidden":
            return "There is no such option.", near(str(at[-1]), options_at(model, error["loc"][:-1]), "Known here")
        case "missing":
            return "This must be given.", "Add it; `docs/reference/configuration.md` says what it means."
        case "union_tag_not_found":
            return "It does not say which `system` it is.", "Add `system: photoshelter` or `system: netx`."
        case "union_tag_invalid":
            return "There is no such `system`.", "Write `system: photoshelter` or `system: netx`."
        case "literal_error" | "enum":
            expected = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
            given = str(at[-1]) if "[key]" in error["loc"] else _text_at(document, at)
            return "This is not one of the words that can stand here.", near(given, expected, "Known")
        case "string_pattern_mismatch" if "[key]" in error["loc"]:
            return "This cannot be a name.", "Use letters, digits, dots, dashes and underscores."
        case "string_pattern_mismatch":
            return "This cannot be right: it has characters that never stand there.", "Copy it again."
        case "value_error":
            said = error["msg"].removeprefix("Value error, ")
            return f"{said[:1].upper()}{said[1:]}.", ""
        case "too_short" if error.get("ctx", {}).get("actual_length"):
            return "This is too short.", f"Name at least {error['ctx']['min_length']}."
        case "too_short":
            return "This is empty.", "Name at least one."
        case _:
            plain = _KINDS.get(kind.split("_")[0])
            return plain or (f"{error['msg'].replace('Input should', 'This must')}.", "")


def near(given: str, known: Sequence[str], lead: str) -> str:
    """The nearest right name, or all of them."""
    found = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    return f"Did you mean `{found[0]}`?" if found else f"{lead}: {', '.join(sorted(known))}."


def _text_at(document: Document, at: Location) -> str:
    node: Any = document.raw
    for part in at:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return node if isinstance(node, str) else ""


def options_at(model: type[BaseModel], inner: Sequence[str | int]) -> list[str]:
    """The names that the model knows at this place; a union is settled by the tag in pydantic's path."""
    here: list[type[BaseModel]] = [model]
    for part in inner:
        tagged = [it for it in here if part in get_args(_annotation(it, "system"))]
        if tagged:
            here = tagged
            continue
        deeper = [_classes_in(_annotation(it, str(part))) for it in here]
        here = [it for found in deeper for it in found] or here
    return [info.alias or name for it in here for name, info in it.model_fields.items()]


def _annotation(model: type[BaseModel], name: str) -> Any:
    return next((it.annotation for key, it in model.model_fields.items() if name in {key, it.alias}), None)


def _classes_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _classes_in(part)]
