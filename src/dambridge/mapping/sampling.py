"""The linter's other half: a map held against real assets, by doing with them what a run would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dambridge.mapping.deriving import derive
from dambridge.mapping.faults import ASSETS, Fault, LintFinding, Sample, found
from dambridge.mapping.normal import normal_text
from dambridge.mapping.rules import AccountMap
from dambridge.mapping.terms import Vocabularies, place_in
from dambridge.mapping.transforms import TransformFailed
from dambridge.mapping.writing import to_native
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, LangAlt, Value

MOST_SAMPLES = 3
LONGEST_SHOWN = 80
_BY_CODE = {
    Code.VALUE_CUT: Fault.VALUE_CUT,
    Code.UNKNOWN_TERM: Fault.TERM_WITHOUT_PARTNER,
    Code.EXPRESSION_ERROR: Fault.RULE_FAILS,
    Code.LOOKUP_FAILED: Fault.TABLE_FAILS,
}


def lint_samples(
    account: AccountMap, records: Sequence[AssetRecord], *, terms: Vocabularies, now: datetime
) -> list[LintFinding]:
    """The faults that these assets of the source show in this account's map, each once with a few of them. A word that
    persons have decided about is none."""
    faults: dict[tuple[Fault, str], LintFinding] = {}
    for record in records:
        made = derive(record, account, now)
        written = to_native(made.fields, (), account, definitions=terms.definitions, aliases=terms.aliases)
        for problem in (*made.problems, *written.problems):
            if problem.code is not Code.ATTRIBUTE_MISSING:
                _add(faults, _of_problem(problem, account, terms), record, made.everything)
        for it in _of_languages(record, account):
            _add(faults, it, record, record.fields)
        for it in _of_inverses(made.fields, account):
            _add(faults, it, record, made.fields)
    return list(faults.values())


def with_samples(it: LintFinding, records: Sequence[AssetRecord]) -> LintFinding:
    """A fault that the map shows by itself, with a few assets that have the field which it is about."""
    name = FieldName(it.field)
    having = [one for one in records if name in one.fields]
    if it.samples or not having:
        return it
    samples = tuple(Sample(str(one.key), _shown(one.fields[name])) for one in having[:MOST_SAMPLES])
    return replace(it, samples=samples, assets=len(having))


def _add(
    faults: dict[tuple[Fault, str], LintFinding],
    it: LintFinding,
    record: AssetRecord,
    fields: Mapping[FieldName, Value],
) -> None:
    before = faults.get((it.fault, it.field), it)
    sample = Sample(str(record.key), _shown(fields.get(FieldName(it.field))))
    samples = before.samples if len(before.samples) >= MOST_SAMPLES else (*before.samples, sample)
    faults[it.fault, it.field] = replace(before, samples=samples, assets=before.assets + 1)


def _of_problem(problem: Reason, account: AccountMap, terms: Vocabularies) -> LintFinding:
    params = {name: ", ".join(it) if isinstance(it, tuple) else str(it) for name, it in problem.params}
    name = params.pop("field", params.get("table", ""))
    rule = account.by_field.get(FieldName(name))
    fault = _BY_CODE.get(problem.code, Fault.VALUE_REFUSED)
    place = place_in(terms.definitions, rule, terms.aliases) if rule else None
    if place is not None and place[1] == ():
        params["empty"] = "yes"
    return found(fault, name, place=rule.native if rule else name, origin=ASSETS, **params)


def _of_languages(record: AssetRecord, account: AccountMap) -> list[LintFinding]:
    """Texts in other languages than the one that the place holds have no home in this account."""
    shown = {name for it in account.displays for name in it.speaks_of}
    faults: list[LintFinding] = []
    for rule in account.rules:
        value = record.fields.get(rule.field)
        if not rule.write or rule.expression is not None or rule.field in shown or not isinstance(value, LangAlt):
            continue
        kept = {rule.language or DEFAULT_LANGUAGE, *(tag for tag, _ in rule.languages)}
        texts = {normal_text(text) for tag, text in value.entries if tag in kept}
        lost = [tag for tag, text in value.entries if tag != DEFAULT_LANGUAGE and normal_text(text) not in texts]
        if lost:
            faults.append(found(Fault.LANGUAGES_LOST, rule.field, place=rule.native, languages=", ".join(lost)))
    return faults


def _of_inverses(fields: Mapping[FieldName, Value], account: AccountMap) -> list[LintFinding]:
    faults: list[LintFinding] = []
    for rule in account.rules:
        it, value = rule.transform, fields.get(rule.field)
        if it is None or it.write is None or it.read is None or not (rule.read and rule.write):
            continue
        text = _shown(value, whole=True)
        try:
            back = it.as_read(it.written((text,)))[0] if text else text
        except TransformFailed:
            continue  # told as a value that cannot be spelled
        if normal_text(back) != normal_text(text):
            faults.append(found(Fault.INVERSE_DIFFERS, rule.field, place=rule.native, text=text[:60], back=back[:60]))
    return faults


def _shown(value: Value | None, *, whole: bool = False) -> str:
    match value:
        case None:
            text = ""
        case LangAlt():
            text = value.default
        case DateValue():
            text = value.iso
        case tuple():
            text = value[0] if whole else "; ".join(value)
        case _:
            text = str(value)
    return text if whole or len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
