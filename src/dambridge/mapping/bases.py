"""What should stand in another account of a record, field by field, and what each value rests on: its rule and its sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dambridge.expressions import record_values
from dambridge.mapping.deriving import derive
from dambridge.mapping.normal import is_absent
from dambridge.mapping.reading import unread_fields
from dambridge.mapping.rules import AccountMap, Rule
from dambridge.mapping.terms import Vocabularies
from dambridge.model.accords import Basis
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.terms import TermUse
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
    uses: tuple[TermUse, ...] = ()
    """The words of these values that some person has to know of (`in_words_of`)."""

    def in_words_of(self, account: AccountMap, terms: Vocabularies) -> Derived:
        """The same with the values in the account's terms, as far as these are known."""
        spoken = terms.say(self.record.fields, account)
        return replace(self, record=replace(self.record, fields=spoken.fields), uses=spoken.uses)

    def moved(self, name: FieldName, was: Basis) -> bool:
        """Whether the source says something else by now of what the field's value rested on then. Of a rule that was
        changed meanwhile only what it found then can be held against it."""
        now = self.bases[name]
        if was.rule == now.rule:
            return was.sources != now.sources
        return any(self.said.get(it) != value for it, value in was.sources.items())


def derive_with_bases(record: AssetRecord, account: AccountMap, names: Collection[FieldName], now: datetime) -> Derived:
    """What the account's map makes of the record in these fields: tables, classification and rules (`derive`). `now` is the
    instant given to expressions."""
    made = derive(record, account, now)
    said = {**record.fields, **_of_the_file(record)}
    rules = {it: account.by_field[it] for it in sorted(names) if it in account.by_field and account.by_field[it].write}
    grounds = {it: _grounds(rule, account, said) for it, rule in rules.items()}
    bases = {
        it: Basis(rule=_made_by(rule, made.origins.get(it, "")), sources=_known_of(grounds[it].fields, said))
        for it, rule in rules.items()
    }
    unread = unread_fields(record)
    failed = {maker for it in made.problems for maker in _makers_of(it)}
    dark = {it for it, ground in grounds.items() if failed & ground.makers or unread & ground.fields}
    note = (Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(dark))),) if dark else ()
    others = tuple(it for it in record.notes if it.code is not Code.FIELDS_UNREAD)
    fields = made.fields
    known = {it: fields[it] for it in rules if it in fields and it not in dark and not is_absent(fields[it])}
    concerned = {maker for it in grounds.values() for maker in it.makers}
    return Derived(
        record=replace(record, fields=known, notes=(*others, *note)),
        said=said,
        bases=bases,
        problems=tuple(it for it in made.problems if _makers_of(it) & concerned),
    )


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What a field rests on: what the record says, and who makes something of it (as `Derivation.origins` names them)."""

    fields: frozenset[FieldName]
    makers: frozenset[str]


def _grounds(rule: Rule, account: AccountMap, said: Fields) -> _Grounds:
    """Through rules that come before it, and through classification and tables, which come before all rules."""
    order = {it.field: at for at, it in enumerate(account.rules) if it.write}
    fields: set[FieldName] = set()
    makers = {f"rule {rule.field}"}
    todo = [(it, order[rule.field]) for it in sorted(_spoken_of(rule, said))]
    while todo:
        name, at = todo.pop()
        fields.add(name)
        found: list[tuple[str, frozenset[FieldName], int]] = []
        if (before := order.get(name, at)) < at:
            found.append((f"rule {name}", _spoken_of(account.by_field[name], said), before))
        derivations = account.derivations
        found += [
            (f"table {it.name}", frozenset({FieldName(it.reads)}), 0) for it in derivations.lookups if name in it.fields
        ]
        found += [
            (f"classification {it.name}", _variables(it.when.variables, said), 0)
            for it in derivations.classes
            if name in it.sets or name in it.adds
        ]
        for maker, spoken, limit in found:
            if maker not in makers:
                makers.add(maker)
                todo += [(it, limit) for it in sorted(spoken)]
    return _Grounds(frozenset(fields), frozenset(makers))


def _made_by(rule: Rule, origin: str) -> str:
    """The maker of the value in words: a table or a classification by name, a rule as it stands in the map."""
    return origin if origin.startswith(("table ", "classification ")) else rule_in_words(rule)


def _makers_of(problem: Reason) -> frozenset[str]:
    """Who failed, as `Derivation.origins` names makers. Rules and classification are told alike."""
    if problem.code is Code.LOOKUP_FAILED:
        return frozenset({f"table {problem['table']}"})
    return frozenset({f"rule {problem['field']}", f"classification {problem['field']}"})


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
    return _variables(rule.expression.variables, said)


def _variables(variables: Collection[str], said: Fields) -> frozenset[FieldName]:
    names = set(variables) - _AT_LARGE
    found = {FieldName(it) for it in names - {"custom", "in_language"}}
    if "custom" in names:
        found |= {it for it in said if it.startswith("custom:")}
    if "in_language" in names:
        found |= {it for it, value in said.items() if isinstance(value, LangAlt)}
    return frozenset(found)


def _known_of(names: Collection[FieldName], said: Fields) -> Fields:
    return {it: said[it] for it in sorted(names) if it in said}


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
