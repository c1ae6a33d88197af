"""Which folder and which name an asset gets, by rules over its record: the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dambridge.expressions import Budget, ExpressionFault, Program, record_values
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.policy.naming import name_by
from dambridge.policy.placing import file_name_for, folder_for


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRule:
    """Where `when` holds (None: always), `folder` and `name` are the templates; an empty one leaves the flow's own folder,
    or the source's file name."""

    when: Program | None = None
    folder: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Folder and file name, with open parts as `folder_for` and `name_by` leave them."""

    folder: str
    file_name: str


def place_for(
    record: AssetRecord, rules: Sequence[PlaceRule], folder: str, *, selects: Callable[[str], bool], now: datetime
) -> Place | Reason:
    """Where this record goes; `folder` is the template for what no rule places. A rule that cannot be evaluated places
    nothing: its asset has a reason instead, and is not passed on to the rules after it."""
    chosen = _chosen(record, rules, now)
    if isinstance(chosen, Reason):
        return chosen
    path = folder_for(record, chosen.folder or folder, selects=selects)
    name = name_by(record, chosen.name, selects=selects) if chosen.name else file_name_for(record)
    if isinstance(path, Reason):
        return path
    return name if isinstance(name, Reason) else Place(path, name)


def _chosen(record: AssetRecord, rules: Sequence[PlaceRule], now: datetime) -> PlaceRule | Reason:
    values = record_values(record, now) if rules else {}
    budget = Budget()
    for rule in rules:
        if rule.when is None:
            return rule
        answer = budget.evaluate(rule.when, values)
        if isinstance(answer, ExpressionFault):
            return Reason.of(Code.EXPRESSION_ERROR, field="places", expression=rule.when.source, text=answer.why)
        if answer is True:
            return rule
    return PlaceRule()
