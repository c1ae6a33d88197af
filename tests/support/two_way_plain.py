"""The plain values in which the witness of two-way flows speaks with the oracle: texts, sets of texts, None."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from dambridge.model.accords import CONTENT
from dambridge.model.values import FieldName
from dambridge.policy.mirror import FieldGroup, Rule
from support.conflict_oracle import Block, OracleRule
from support.two_way_systems import EXPIRES, KEYWORDS, LICENCE_END, TITLE, State, Texts


def place(history: Sequence[State], serial: int) -> int:
    for place in range(len(history) - 1, -1, -1):
        if history[place].serial == serial:
            return place
    raise LookupError(f"there is no state {serial}")


_RULES = {
    Rule.ACCOUNT: "account",
    Rule.NEWEST: "newest",
    Rule.MOST_RESTRICTIVE: "most_restrictive",
    Rule.UNION: "union",
    Rule.ASK: "ask",
}


def rule(group: FieldGroup) -> OracleRule:
    return OracleRule(
        fields=tuple(sorted(group.fields)),
        rule=_RULES[group.authority.rule],  # type: ignore[arg-type]
        account=group.authority.account or "",
        earliest=frozenset({EXPIRES, LICENCE_END}),
        held=group.is_content,
    )


def block(group: FieldGroup, state: State) -> Block:
    return {str(name): plain(name, state.value(name)) for name in group.fields}


def of_fields(group: FieldGroup, fields: Mapping[FieldName, Any]) -> Block:
    return {str(name): plain(name, texts(fields.get(name))) for name in group.fields}


def texts(value: Any) -> Texts:
    match value:
        case None:
            return ()
        case tuple():
            return value
    return (str(getattr(value, "iso", None) or getattr(value, "default", None) or value),)


def plain(name: FieldName, texts: Texts) -> Any:
    if name == KEYWORDS:
        return frozenset(texts) or None
    return texts[0] if texts else None


def alike(one: Block | None, other: Block | None) -> bool:
    left, right = one or {}, other or {}
    return all((left.get(it) or None) == (right.get(it) or None) for it in left.keys() | right.keys())


def is_told(name: FieldName, value: Texts, told: str) -> bool:
    if name == CONTENT:
        return md5(value[0].encode()) in told
    return all(it in told for it in value)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def uncut(name: FieldName, value: Texts) -> Texts:
    return tuple(it.encode()[:64].decode(errors="ignore").rstrip() for it in value) if name == TITLE else value
