"""Rules that people write: CEL, compiled and type-checked on load, bounded in time and memory, free of side effects."""

from dambridge.expressions.program import (
    Budget,
    ExpressionFault,
    ExpressionInvalid,
    Kind,
    Outcome,
    Program,
    compile_expression,
)
from dambridge.expressions.record import record_values

__all__ = [
    "Budget",
    "ExpressionFault",
    "ExpressionInvalid",
    "Kind",
    "Outcome",
    "Program",
    "compile_expression",
    "record_values",
]
