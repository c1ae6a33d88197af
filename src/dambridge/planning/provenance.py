"""What is on record about values of a link: which its copies agree on; of those that enrichment keeps by which rule each came
about, from what, and whose it is now; and what a plan would change, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dambridge.model.accords import CONTENT, Accord, GroupName, Standing
from dambridge.model.actions import Action
from dambridge.model.identity import CopyId, CopyRole
from dambridge.model.reasons import Code
from dambridge.model.values import Fields, fields_to_json
from dambridge.planning.views import alike
from dambridge.policy.enrich import PAPER, field_of

SAMPLES = 5


def provenance(accords: Mapping[GroupName, Accord]) -> list[dict[str, Any]]:
    """One entry for each field that enrichment keeps of a link, as JSON, by name.

    `by` is `rule`, `people` (of the record copy's account), `both` where lists were joined, or the person who ruled; `rule` and
    `sources` say how the source's value came about; `derived` is that value, `value` what is agreed on, `written` whether
    the record copy shows it."""
    found: list[dict[str, Any]] = []
    for group, accord in sorted(accords.items()):
        name = field_of(group)
        if name is None:
            continue
        source, record = _standing(accord, CopyRole.SOURCE), _standing(accord, CopyRole.RECORD)
        basis = source.basis if source is not None else None
        found.append(
            {
                "field": str(name),
                "value": _json(accord.fields).get(name),
                "by": _whose(accord, source),
                "since": accord.since.isoformat(),
                "rule": basis.rule if basis is not None else "",
                "sources": _json(basis.sources) if basis is not None else {},
                "derived": _json(source.fields).get(name) if source is not None else None,
                "written": record is not None and alike(record.fields, accord.fields, [name]),
            }
        )
    return found


def kept_in_step(accords: Mapping[GroupName, Accord]) -> list[dict[str, Any]]:
    """One entry for each field of which copies of a link agreed, as JSON, by name: the value, the copy that it came from,
    since when, and the accounts that show something else for it (a term, a text cut short, or what they still have)."""
    found = [
        {
            "field": str(name),
            "value": _json(accord.fields)[name],
            "origin": str(accord.origin) if accord.origin is not None else "",
            "by": accord.by,
            "since": accord.since.isoformat(),
            "shown": {
                str(copy): _json(standing.shown).get(name)
                for copy, standing in sorted(accord.copies.items())
                if not alike(standing.shown, accord.fields, [name])
            },
        }
        for group, accord in accords.items()
        if field_of(group) is None and not group.startswith(PAPER)
        for name in accord.fields
        if name != CONTENT
    ]
    return sorted(found, key=lambda it: str(it["field"]))


def _json(fields: Fields) -> dict[str, Any]:
    return fields_to_json(fields)


def _standing(accord: Accord, role: CopyRole) -> Standing | None:
    copies: list[CopyId] = [it for it in sorted(accord.copies) if it.role is role]
    return accord.copies[copies[0]] if copies else None


def _whose(accord: Accord, source: Standing | None) -> str:
    if accord.by:
        return accord.by
    if accord.origin is not None and accord.origin.role is CopyRole.RECORD:
        return "people"
    names = frozenset(accord.fields) | frozenset(source.fields if source is not None else ())
    return "rule" if source is not None and alike(source.fields, accord.fields, names) else "both"


@dataclass(slots=True)
class RuleChange:
    """What one rule would change: in how many record copies, and in the first of them from what to what."""

    name: str
    rule: str
    assets: int = 0
    samples: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"field": self.name, "rule": self.rule, "assets": self.assets, "samples": self.samples}


def changes_by_rule(actions: Iterable[Action]) -> list[RuleChange]:
    """The changes of a plan, the largest first; empty for plans of other flows."""
    found: dict[tuple[str, str], RuleChange] = {}
    for action in sorted(actions, key=lambda it: (it.file_name, it.id)):
        for reason in (it for it in action.reasons if it.code is Code.DERIVED):
            name, rule = str(reason["field"]), str(reason["rule"])
            change = found.setdefault((name, rule), RuleChange(name, rule))
            change.assets += 1
            if len(change.samples) < SAMPLES:
                before, after = str(reason["before"]), str(reason["after"])
                asset = f"{action.target.account}:{action.target_id}"
                change.samples.append({"asset": asset, "file": action.file_name, "before": before, "after": after})
    return sorted(found.values(), key=lambda it: (-it.assets, it.name, it.rule))
