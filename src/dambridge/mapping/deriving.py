"""What should stand in an account of a record: its values, and what tables, classification and the map's rules make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.expressions import Budget, ExpressionFault, record_values
from dambridge.mapping.classifying import classify
from dambridge.mapping.displays import shown_values
from dambridge.mapping.lookups import look_up
from dambridge.mapping.normal import is_absent
from dambridge.mapping.rules import AccountMap, Rule
from dambridge.mapping.speaking import as_held
from dambridge.mapping.values import Unreadable, canonical_value
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DEFAULT_LANGUAGE, FieldName, Fields, LangAlt, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """`fields` are those that the account is to have, `everything` these and what is known beside them (for folders and
    names). `origins` says of each value that is not the record's own which rule made it: `table campaigns`,
    `classification press`, `rule credit`. A rule that fails is among the `problems` and makes no value."""

    fields: Fields
    everything: Fields
    origins: Mapping[FieldName, str]
    problems: tuple[Reason, ...] = ()


def derived_fields(record: AssetRecord, account: AccountMap, now: datetime) -> tuple[Fields, tuple[Reason, ...]]:
    """The fields that the account is to have of this record, and what was in their way."""
    made = derive(record, account, now)
    return made.fields, made.problems


def derive(record: AssetRecord, account: AccountMap, now: datetime) -> Derivation:
    """Tables first, then classification, then the rules in the order of the map; each sees what those before it made.

    `now` is the instant given to expressions. A rule that fails is a problem (`EXPRESSION_ERROR`, `LOOKUP_FAILED`), never
    an empty value."""
    work = _Work(record, account, now)
    work.look_up()
    work.classify()
    for rule in account.rules:
        if rule.write:
            work.follow(rule)
    work.fields |= (shown := shown_values(work.fields, account.displays))
    work.origins |= {name: f"display {name}" for name in shown}
    return Derivation(
        fields={name: value for name, value in work.fields.items() if name in account.writes},
        everything=work.fields,
        origins=work.origins,
        problems=tuple(work.problems),
    )


class _Work:
    """The values as they grow."""

    def __init__(self, record: AssetRecord, account: AccountMap, now: datetime) -> None:
        self.record, self.account, self.now = record, account, now
        self.fields: dict[FieldName, Value] = dict(record.fields)
        self.origins: dict[FieldName, str] = {}
        self.problems: list[Reason] = []
        self.budget = Budget()
        self._known: Mapping[str, object] | None = None

    def _values(self) -> Mapping[str, object]:
        """The values as rules speak of them, made anew only when one of them changed."""
        if self._known is None:
            self._known = record_values(replace(self.record, fields=self.fields), self.now)
        return self._known

    def _take(self, name: FieldName, value: Value, origin: str) -> None:
        self.fields[name] = value
        self.origins[name] = origin
        self._known = None

    def look_up(self) -> None:
        for it in self.account.derivations.lookups:
            found, problem = look_up(it, replace(self.record, fields=self.fields))
            if problem is not None:
                self.problems.append(problem)
            for name, value in found.items():
                if it.replace or is_absent(self.fields.get(name)):
                    self._take(name, value, f"table {it.name}")

    def classify(self) -> None:
        for it in self.account.derivations.classes:
            made = classify(it, self.fields, self._values(), self.budget)
            if isinstance(made, Reason):
                self.problems.append(made)
                continue
            for name, value in made.items():
                self._take(name, value, f"classification {it.name}")

    def follow(self, rule: Rule) -> None:
        if rule.expression is not None:
            self._compute(rule)
        elif rule.constant is not None:
            self._take(rule.field, rule.constant, f"rule {rule.field}")
        elif rule.default is not None and is_absent(self.fields.get(rule.field)):
            self._take(rule.field, rule.default, f"rule {rule.field}")
        if rule.language:
            self._narrow(rule)
        if rule.languages and (value := self.fields.get(rule.field)) is not None:
            self._hold(rule, as_held(rule, value))

    def _compute(self, rule: Rule) -> None:
        assert rule.expression is not None  # noqa: S101 - asked by the caller
        result = self.budget.evaluate(rule.expression, self._values())
        why = result.why if isinstance(result, ExpressionFault) else ""
        value: Value | None = None
        if not isinstance(result, ExpressionFault):
            try:
                value, _ = canonical_value(rule.field, result)
            except Unreadable as error:
                why = str(error)
        self.fields.pop(rule.field, None)
        self.origins.pop(rule.field, None)
        self._known = None
        if why:
            source = rule.expression.source
            self.problems.append(Reason.of(Code.EXPRESSION_ERROR, field=rule.field, expression=source, text=why))
        elif value is not None:
            self._take(rule.field, value, f"rule {rule.field}")

    def _hold(self, rule: Rule, value: Value | None) -> None:
        """What the places of its languages can hold; a text in none of these has no home here."""
        self._known = None
        if value is None:
            del self.fields[rule.field]
        else:
            self.fields[rule.field] = value

    def _narrow(self, rule: Rule) -> None:
        """The one language that the place holds; another language never stands in for it."""
        value = self.fields.get(rule.field)
        if not isinstance(value, LangAlt):
            return
        texts = {tag.casefold(): text for tag, text in value.entries}
        text = texts.get(rule.language.casefold())
        self._known = None
        if text is None and not any(tag != DEFAULT_LANGUAGE for tag in texts):
            text = value.default  # a text without a language is in the language of whoever wrote it
        if text is None:
            del self.fields[rule.field]
        else:
            self.fields[rule.field] = LangAlt.plain(text)
