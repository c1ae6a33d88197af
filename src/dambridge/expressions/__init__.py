"""Rules that people write: CEL, compiled and type-checked on load, bounded in time and memory, free of side effects."""

from dambridge.expressions.program import (
    ExpressionFault,
    ExpressionInvalid,
    Kind,
    Outcome,
    Program,
    compile_expression,
)
from dambridge.expressions.record import record_values

__all__ = [
    "ExpressionFault",
    "ExpressionInvalid",
    "Kind",
    "Outcome",
    "Program",
    "compile_expression",
    "record_values",
]
