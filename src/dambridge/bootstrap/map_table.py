"""The fields of one account as a table, and changes of the table as changes of the map file's text."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from dambridge.bootstrap.policies import build_map
from dambridge.bootstrap.settings import Settings
from dambridge.mapping import FIELDS
from dambridge.mapping.displays import SHOWN
from dambridge.mapping.fields import CUSTOM, MARK
from dambridge.mapping.rules import Direction, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of an account: its place there (empty: it is left out), which way it goes, what else its rule says. `fixed` says
    that the configuration file decides about it, before the map."""

    field: str
    to: str
    direction: Direction
    more: tuple[str, ...]
    fixed: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """What somebody wants a row to be."""

    to: str
    direction: Direction


def rows_of(settings: Settings, account: str) -> list[Row]:
    """Every field that has a place in this account, and those that could have one, by name."""
    rules = {it.field: it for it in build_map(settings, account).rules if not it.field.startswith((MARK, SHOWN))}
    fixed = settings.maps.get(account, {})
    names = sorted({*FIELDS, *rules}, key=lambda it: (it.startswith(CUSTOM), it))
    return [
        _row(str(it), rules.get(it), fixed=it in fixed)
        for it in names
        if it in rules or it in fixed or FIELDS[it].written
    ]


def _row(name: str, rule: Rule | None, *, fixed: bool) -> Row:
    if rule is None:
        return Row(field=name, to="", direction=Direction.BOTH, more=(), fixed=fixed)
    return Row(field=name, to=rule.native, direction=rule.direction, more=tuple(_more(rule)), fixed=fixed)


def _more(rule: Rule) -> list[str]:
    """The rest of the rule in a few words each."""
    said = {
        "type": rule.kind,
        "separator": repr(rule.separator) if rule.separator else "",
        "at most": f"{rule.limit} characters" if rule.limit else "",
        "language": rule.language,
        "languages": ", ".join(tag for tag, _ in rule.languages),
        "default": rule.default,
        "always": rule.constant,
        "made by a rule": rule.expression.source if rule.expression else "",
        "spelled by a rule": "yes" if rule.transform else "",
        "must not stay empty": "yes" if rule.required else "",
    }
    return [name if text == "yes" else f"{name} {text}" for name, text in said.items() if text]


def with_cells(text: str, account: str, cells: Mapping[str, Cell]) -> str:
    """The map's text with these rows as somebody wants them."""
    if not cells:
        return text
    yaml = YAML(typ="rt")
    yaml.preserve_quotes, yaml.width = True, 4096
    data = yaml.load(text)
    fields = _at(_at(_at(data, "accounts"), account), "fields")
    for name, it in cells.items():
        fields[name] = _rule(fields.get(name), it)
    nested, item = _indents(data)
    yaml.indent(mapping=nested, sequence=item, offset=item - 2)
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _indents(data: Any) -> tuple[int, int]:
    """How far groups, and the items of lists, stand to the right in this file."""
    blocks: list[Any] = [it for it in data.values() if hasattr(it, "lc") and len(it) and not it.fa.flow_style()]
    groups = [it.lc.key(next(iter(it)))[1] for it in blocks if hasattr(it, "keys")]
    items = [it.lc.item(0)[1] for it in blocks if not hasattr(it, "keys")]
    return next(iter(groups), 2), max(next(iter(items), 4), 2)


def _at(node: Any, name: str) -> Any:
    if node.get(name) is None:
        node[name] = CommentedMap()
    return node[name]


def _rule(before: Any, wanted: Cell) -> Any:
    if not isinstance(before, Mapping):
        if wanted.direction is Direction.BOTH or not wanted.to:
            return wanted.to
        made = CommentedMap(to=wanted.to, direction=str(wanted.direction))
        made.fa.set_flow_style()
        return made
    if not wanted.to:
        return ""
    before["to"] = wanted.to  # type: ignore[index]
    if wanted.direction is not Direction(before.get("direction", Direction.BOTH)):
        before["direction"] = str(wanted.direction)  # type: ignore[index]
    return before
