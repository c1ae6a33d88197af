"""What rules may speak of: every canonical field with its type, and what is known of the file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from dambridge.expressions import Kind as ExpressionKind
from dambridge.mapping.fields import FIELDS, Kind

_KINDS: Mapping[Kind, ExpressionKind] = {
    Kind.BAG: ExpressionKind.TEXTS,
    Kind.SEQ: ExpressionKind.TEXTS,
    Kind.INT: ExpressionKind.INT,
    Kind.BOOL: ExpressionKind.BOOL,
}


@lru_cache(maxsize=1)
def expression_variables() -> Mapping[str, ExpressionKind]:
    """Names and kinds for `compile_expression`; `expressions.record_values` gives the values. Dates are ISO texts."""
    declared = {str(name): _KINDS.get(field.kind, ExpressionKind.TEXT) for name, field in FIELDS.items()}
    return {
        **declared,
        "file_name": ExpressionKind.TEXT,
        "extension": ExpressionKind.TEXT,
        "name": ExpressionKind.TEXT,
        "media_type": ExpressionKind.TEXT,
        "galleries": ExpressionKind.TEXTS,
        "file_size": ExpressionKind.INT,
        "uploaded_at": ExpressionKind.INSTANT,
        "now": ExpressionKind.INSTANT,
        "custom": ExpressionKind.TEXT_BY_NAME,
        "in_language": ExpressionKind.TEXTS_BY_NAME,
    }
