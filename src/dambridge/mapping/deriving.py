"""What should stand in another account of a record, field by field, and what each value rests on: its rule and its sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dambridge.expressions import record_values
from dambridge.mapping.account_map import AccountMap, Rule
from dambridge.mapping.normal import is_absent
from dambridge.mapping.reading import unread_fields
from dambridge.mapping.writing import derived_fields
from dambridge.model.accords import Basis
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import FieldName, Fields, LangAlt, Value

_AT_LARGE = frozenset({"now", "present"})
"""Variables that are nothing the record says."""
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """`record` is the source's own with the derived values in the place of its fields; a field of which nothing can be told
    (its rule failed, or a source was not read) counts as unread there. `said` is all that rules may speak of; `bases` says
    of each field what it rests on; `problems` are rules that failed."""

    record: AssetRecord
    said: Fields
    bases: Mapping[FieldName, Basis]
    problems: tuple[Reason, ...]

    def moved(self, name: FieldName, was: Basis) -> bool:
        """Whether the source says something else by now of what the field's value rested on then. Of a rule that was
        changed meanwhile only what it found then can be held against it."""
        now = self.bases[name]
        if was.rule == now.rule:
            return was.sources != now.sources
        return any(self.said.get(it) != value for it, value in was.sources.items())


def derive(record: AssetRecord, account: AccountMap, names: Collection[FieldName], now: datetime) -> Derived:
    """What the account's map makes of the record in these fields. `now` is the instant given to expressions."""
    fields, problems = derived_fields(record, account, now)
    said = {**record.fields, **_of_the_file(record)}
    rules = {it: account.by_field[it] for it in sorted(names) if it in account.by_field and account.by_field[it].write}
    bases = {it: Basis(rule=rule_in_words(rule), sources=_sources(rule, said)) for it, rule in rules.items()}
    unread = unread_fields(record)
    failed = {FieldName(str(it["field"])) for it in problems}
    dark = {it for it, rule in rules.items() if it in failed or unread & _spoken_of(rule, said)}
    note = (Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(dark))),) if dark else ()
    others = tuple(it for it in record.notes if it.code is not Code.FIELDS_UNREAD)
    known = {it: fields[it] for it in rules if it in fields and it not in dark and not is_absent(fields[it])}
    return Derived(
        record=replace(record, fields=known, notes=(*others, *note)),
        said=said,
        bases=bases,
        problems=tuple(it for it in problems if it["field"] in rules),
    )


def rule_in_words(rule: Rule) -> str:
    """The rule as it stands in the map, short."""
    if rule.expression is not None:
        return rule.expression.source
    if rule.constant is not None:
        return f"constant {_plain(rule.constant)}"
    if rule.default is not None:
        return f"{rule.field}, else {_plain(rule.default)}"
    return str(rule.field)


def _plain(value: Value) -> str:
    match value:
        case LangAlt():
            return value.default
        case tuple():
            return "; ".join(value)
    return str(getattr(value, "iso", value))


def _spoken_of(rule: Rule, said: Fields) -> frozenset[FieldName]:
    """The fields that the rule rests on, those that the record does not have among them."""
    if rule.constant is not None and rule.expression is None:
        return frozenset()
    if rule.expression is None:
        return frozenset({rule.field})
    names = set(rule.expression.variables) - _AT_LARGE
    found = {FieldName(it) for it in names - {"custom", "in_language"}}
    if "custom" in names:
        found |= {it for it in said if it.startswith("custom:")}
    if "in_language" in names:
        found |= {it for it, value in said.items() if isinstance(value, LangAlt)}
    return frozenset(found)


def _sources(rule: Rule, said: Fields) -> Fields:
    return {it: said[it] for it in sorted(_spoken_of(rule, said)) if it in said}


def _of_the_file(record: AssetRecord) -> dict[FieldName, Value]:
    """What rules may speak of besides fields, as values: times aside, which are told as texts."""
    values = record_values(replace(record, fields={}), _NO_TIME)
    plain: dict[FieldName, Value] = {}
    for name, value in values.items():
        match value:
            case str() | int():
                plain[FieldName(name)] = value
            case list():
                plain[FieldName(name)] = tuple(map(str, value))
            case datetime() if name != "now":
                plain[FieldName(name)] = value.isoformat()
    return plain
