"""Compiling and evaluating one rule. An error is a value: it never counts as false, and nothing is raised at run time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from dambridge.expressions.bounds import LARGEST_TEXT, MOST_WEIGHT, Effort, effort_of, find_excess
from dambridge.expressions.functions import declarations

Outcome = str | bool | int | tuple[str, ...]
"""What a rule can come to."""


class Kind(StrEnum):
    """The types of variables and results."""

    TEXT = "text"
    TEXTS = "texts"
    BOOL = "bool"
    INT = "int"
    INSTANT = "instant"
    TEXT_BY_NAME = "text_by_name"
    BOOL_BY_NAME = "bool_by_name"
    TEXTS_BY_NAME = "texts_by_name"


class ExpressionInvalid(ValueError):
    """The rule cannot be used; the text shows where, with a caret, and is meant for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """The rule could not be evaluated over these values; `why` says why. Never the same as false."""

    why: str


_TYPES = {
    Kind.TEXT: cel.Type.STRING,
    Kind.TEXTS: cel.Type.List(cel.Type.STRING),
    Kind.BOOL: cel.Type.BOOL,
    Kind.INT: cel.Type.INT,
    Kind.INSTANT: cel.Type.TIMESTAMP,
    Kind.TEXT_BY_NAME: cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
    Kind.BOOL_BY_NAME: cel.Type.Map(cel.Type.STRING, cel.Type.BOOL),
    Kind.TEXTS_BY_NAME: cel.Type.Map(cel.Type.STRING, cel.Type.Map(cel.Type.STRING, cel.Type.STRING)),
}
_EMPTY: Mapping[Kind, object] = {
    Kind.TEXT: "",
    Kind.TEXTS: [],
    Kind.BOOL: False,
    Kind.INT: 0,
    Kind.INSTANT: datetime(1970, 1, 1, tzinfo=UTC),
    Kind.TEXT_BY_NAME: {},
    Kind.BOOL_BY_NAME: {},
    Kind.TEXTS_BY_NAME: {},
}
_WORD = re.compile(r"[A-Za-z_]\w*")
PRESENT = "present"
NOW = "now"


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule. `variables` are those of its declared ones that it speaks of."""

    source: str
    returns: Kind
    variables: Mapping[str, Kind]
    declared: frozenset[str]
    effort: Effort = field(repr=False, compare=False)
    _compiled: Any = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, object]) -> Outcome | ExpressionFault:
        """The rule over these values (`record_values` makes them). A declared variable without a value is empty of its
        kind, and `present[name]` says so; only a rule that speaks of `now` without being given one is at fault."""
        if NOW in self.variables and NOW not in values:
            return ExpressionFault("the rule asks for the present instant, and none was given")
        data: dict[str, object] = {}
        for name, kind in self.variables.items():
            given = self._presence(values) if name == PRESENT else values.get(name, _EMPTY[kind])
            if (wrong := _unfit(name, kind, given)) is not None:
                return ExpressionFault(wrong)
            data[name] = list(given) if isinstance(given, tuple) else given
        if self.weight(values) > MOST_WEIGHT:
            return ExpressionFault("the asset's texts are too long for the patterns of the rule")
        try:
            result = self._compiled.eval(data=data)
            if result.type() == cel.Type.ERROR:
                return ExpressionFault(_first_line(str(result.value())))
            return _outcome(result.plain_value(), self.returns)
        except (RuntimeError, ValueError, TypeError, MemoryError) as error:
            return ExpressionFault(_first_line(str(error)))

    def weight(self, values: Mapping[str, object]) -> int:
        """How much this rule is given to look at: characters, and sixteen for each item of a list; more where it holds
        patterns against them."""
        given = [values[it] for it in self.variables if it in values]
        lists = [it for it in given if not isinstance(it, str)]
        items = max((len(it) for it in lists if isinstance(it, list | tuple | Mapping)), default=0)
        texts = sum(_weight(it) for it in given if isinstance(it, str))
        return self.effort.weight(texts=texts, lists=sum(map(_weight, lists)), items=items)

    def _presence(self, values: Mapping[str, object]) -> dict[str, bool]:
        return {name: name in values for name in self.declared | values.keys()}


def compile_expression(source: str, variables: Mapping[str, Kind], *, returns: Kind = Kind.BOOL) -> Program:
    """Compile and type-check a rule over the declared variables. Raises `ExpressionInvalid`, showing the place."""
    if not source.strip():
        raise ExpressionInvalid("The rule is empty. Leave it out, or write `true`.")
    if (excess := find_excess(source)) is not None:
        raise ExpressionInvalid(excess)
    declared = {**variables, PRESENT: Kind.BOOL_BY_NAME}
    try:
        compiled = _environment(tuple(sorted(declared.items()))).compile(source)
    except (RuntimeError, ValueError) as error:
        raise ExpressionInvalid(_tidy(str(error))) from None
    found = compiled.return_type()
    if found not in (_TYPES[returns], cel.Type.DYN):
        raise ExpressionInvalid(f"The rule gives {found.name()} where {returns} is wanted:\n | {source}")
    spoken = {it for it in _WORD.findall(source) if it in declared}
    used = {name: kind for name, kind in declared.items() if name in spoken}
    return Program(source, returns, used, frozenset(variables), effort_of(source), compiled)


@lru_cache(maxsize=32)
def _environment(variables: tuple[tuple[str, Kind], ...]) -> Any:
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in variables}, functions=declarations())


def _unfit(name: str, kind: Kind, value: object) -> str | None:
    """Why this value may not go in, or None. Sizes are counted in bytes of UTF-8."""
    match kind, value:
        case Kind.TEXT, str():
            size = len(value.encode())
        case Kind.TEXTS, tuple() | list():
            size = sum(len(str(it).encode()) for it in value)
        case Kind.INSTANT, datetime():
            return None if value.tzinfo else f"{name} is an instant without a time zone"
        case Kind.BOOL, bool():
            return None
        case Kind.INT, int() if not isinstance(value, bool):
            return None
        case ((Kind.TEXT_BY_NAME | Kind.BOOL_BY_NAME | Kind.TEXTS_BY_NAME), Mapping()):
            size = len(repr(value))
        case _:
            return f"{name} is not {kind} but {type(value).__name__}"
    return None if size <= LARGEST_TEXT else f"{name} has {size:,} bytes; a rule takes {LARGEST_TEXT:,} at most"


def _weight(value: object) -> int:
    match value:
        case str():
            return len(value)
        case list() | tuple():
            return sum(len(str(it)) + 16 for it in value)
        case Mapping():
            return sum(len(str(it)) + 16 for it in value.values())
    return 0


class Budget:
    """How much all rules together may look at for one asset, so that many costly rules are as bounded as one."""

    def __init__(self, most: int = MOST_WEIGHT) -> None:
        self._left = most

    def evaluate(self, program: Program, values: Mapping[str, object]) -> Outcome | ExpressionFault:
        """The rule over these values, while the budget lasts; afterwards every rule is at fault."""
        self._left -= program.weight(values)
        if self._left < 0:
            return ExpressionFault("the asset's texts are too long for all rules of the map together")
        return program.evaluate(values)


def _outcome(value: object, returns: Kind) -> Outcome | ExpressionFault:
    match returns, value:
        case Kind.BOOL, bool():
            return value
        case Kind.INT, int() if not isinstance(value, bool):
            return value
        case Kind.TEXT, str() if len(value.encode()) <= LARGEST_TEXT:
            return value
        case Kind.TEXTS, list() if all(isinstance(it, str) for it in value):
            texts = tuple(str(it) for it in value)
            if sum(len(it.encode()) for it in texts) <= LARGEST_TEXT:
                return texts
    return ExpressionFault(f"the rule gave no {returns}, or one of more than 64 kB")


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["unknown error"])[0][:300]


def _tidy(text: str) -> str:
    """CEL's message without its frame: line, column, what is wrong, and the source with a caret below."""
    cleaned = text.replace("INVALID_ARGUMENT: ", "").replace("ERROR: <input>:", "").replace(" (in container '')", "")
    return re.sub(r"\s*\[[A-Z_]+\]\s*$", "", cleaned).strip()
