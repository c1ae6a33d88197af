"""How one account spells a field's texts: a rule each way, over the variable `value`.

A transform changes the spelling alone and never what is meant: `write` makes the account's text of ours, `read` ours of
the account's. With both a field may go both ways; with one of them it goes that way only, or the linter says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dambridge.expressions import ExpressionFault, ExpressionInvalid, Kind, Program, compile_expression

VALUE = "value"


class TransformFailed(ValueError):
    """The rule could not be evaluated over a text, or made nothing of it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """The two rules; None leaves the text as it is that way."""

    write: Program | None = None
    read: Program | None = None

    def written(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Our texts in the account's spelling. Raises `TransformFailed`."""
        return _each(self.write, texts)

    def as_read(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The account's texts in ours. Raises `TransformFailed`."""
        return _each(self.read, texts)


def compile_transform(given: Any) -> Transform:
    """A transform from its options. Raises `ValueError` in words."""
    if not isinstance(given, Mapping) or not given or set(given) - {"write", "read"}:
        raise ValueError("a transform has `write`, `read`, or both")
    made = {way: _compiled(way, source) for way, source in given.items()}
    return Transform(write=made.get("write"), read=made.get("read"))


def _compiled(way: str, source: object) -> Program:
    try:
        return compile_expression(str(source), {VALUE: Kind.TEXT}, returns=Kind.TEXT)
    except ExpressionInvalid as error:
        raise ValueError(f"`transform.{way}` cannot be used: {error}") from None


def _each(program: Program | None, texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts if program is None else tuple(_one(program, it) for it in texts)


def _one(program: Program, text: str) -> str:
    made = program.evaluate({VALUE: text})
    if isinstance(made, ExpressionFault):
        raise TransformFailed(made.why)
    if not isinstance(made, str) or not made.strip():
        raise TransformFailed(f"it makes nothing of {text[:60]!r}")
    return made
