"""Classification: rules that say what an asset is by what is known of it, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dambridge.expressions import Budget, ExpressionFault, Program
from dambridge.mapping.normal import is_absent
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import FieldName, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """Where `when` holds, `sets` fills fields that are empty (any, with `replace`), and `adds` puts terms into lists."""

    name: str
    when: Program
    sets: Mapping[FieldName, Value] = field(default_factory=dict)
    adds: Mapping[FieldName, tuple[str, ...]] = field(default_factory=dict)
    replace: bool = False


def classify(
    rule: Classification, fields: Mapping[FieldName, Value], values: Mapping[str, object], budget: Budget
) -> Mapping[FieldName, Value] | Reason:
    """The fields that the rule changes; `values` are the record's, as rules speak of them."""
    answer = budget.evaluate(rule.when, values)
    if isinstance(answer, ExpressionFault):
        return Reason.of(Code.EXPRESSION_ERROR, field=rule.name, expression=rule.when.source, text=answer.why)
    if answer is not True:
        return {}
    made = {name: it for name, it in rule.sets.items() if rule.replace or is_absent(fields.get(name))}
    for name, terms in rule.adds.items():
        before = fields.get(name)
        there = before if isinstance(before, tuple) else ()
        if new := tuple(it for it in terms if it not in there):
            made[name] = (*there, *new)
    return made
