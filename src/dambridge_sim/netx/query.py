"""The query language of `getAssetsByQuery` (section 6): read what a client sent, refuse what the site refuses.

A query is a list of clauses. How `and` and `or` bind at one level is not documented; the site's index is Solr (CONFIRMED), so
clauses bind as its boolean query does (INFERRED): every `and` must hold, no `not` may hold, and `or` clauses count only where
there is no `and`. By switch they bind from left to right instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, cast

from dambridge_sim.netx.attributes import is_number
from dambridge_sim.netx.digits import is_long
from dambridge_sim.netx.errors import bad_params, failure

Operator = Literal["and", "or", "not"]
CRITERIA = ("exact", "contains", "range", "folder", "subquery")
FIELDS = {
    name.lower(): name
    for name in (
        "assetId", "name", "fileName", "fileChecksum", "fileType", "creationDate", "importDate", "modDate", "keywords",
    )
}  # fmt: skip
TIME_FIELDS = frozenset({"creationDate", "importDate", "modDate"})
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Target:
    """What a criterion looks at: a system field (its canonical name) or a custom attribute (its display name)."""

    name: str
    is_attribute: bool


@dataclass(frozen=True, slots=True)
class Exact:
    """The field, or any of the attribute's values, equals `value`."""

    target: Target
    value: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The field, or any of the attribute's values, has `value` in it."""

    target: Target
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Between two bounds, each open when None: milliseconds and numbers as `float`, all else as text."""

    target: Target
    low: float | str | None
    high: float | str | None
    include_low: bool
    include_high: bool


@dataclass(frozen=True, slots=True)
class InFolder:
    """In the folder, or anywhere below it."""

    folder: int
    recursive: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses at one level, by operator."""

    must: tuple[Criterion, ...] = ()
    should: tuple[Criterion, ...] = ()
    never: tuple[Criterion, ...] = ()

    def leaves(self) -> Iterator[Exact | Contains | Range | InFolder]:
        """All criteria at any depth."""
        for criterion in (*self.must, *self.should, *self.never):
            if isinstance(criterion, Group):
                yield from criterion.leaves()
            else:
                yield criterion


Criterion = Exact | Contains | Range | InFolder | Group


def read_query(raw: object, *, or_limit: int, in_order: bool = False) -> Group:
    """Read the first parameter of `getAssetsByQuery`; more than `or_limit` clauses with `or` fail (NX 6, CONFIRMED trouble).

    `in_order` lets each operator bind what stands before it to its clause, from left to right.
    """
    group = _group(raw, 0, in_order=in_order)
    count = _count_or(group)
    if count > or_limit:
        raise failure(f"The query has {count} or clauses, more than {or_limit}")
    return group


def _count_or(group: Group) -> int:
    inner = (item for item in (*group.must, *group.should, *group.never) if isinstance(item, Group))
    return len(group.should) + sum(_count_or(item) for item in inner)


def _group(raw: object, depth: int, *, in_order: bool) -> Group:
    if depth > MAX_DEPTH:
        raise bad_params(f"Subqueries go deeper than {MAX_DEPTH} levels")
    if not isinstance(raw, dict) or not isinstance(raw.get("query"), list) or not raw["query"]:
        raise bad_params('A query must be {"query": [clause, ...]} with at least one clause')
    clauses = [_clause(clause, depth, in_order=in_order) for clause in raw["query"]]
    if in_order:
        return _folded(clauses)
    by_operator = {word: tuple(one for operator, one in clauses if operator == word) for word in ("and", "or", "not")}
    return Group(by_operator["and"], by_operator["or"], by_operator["not"])


def _folded(clauses: Sequence[tuple[Operator, Criterion]]) -> Group:
    """Clauses bound from left to right; a run of one operator stays one group."""
    operator, first = clauses[0]
    group = (
        Group(should=(first,)) if operator == "or" else Group((first,)) if operator == "and" else Group(never=(first,))
    )
    for operator, one in clauses[1:]:
        if operator == "or":
            alone = not group.must and not group.never
            group = Group(should=(*(group.should if alone else (group,)), one))
        else:
            before = group if not group.should else Group((group,))
            more = (one,) if operator == "and" else ()
            group = Group((*before.must, *more), (), (*before.never, *(() if more else (one,))))
    return group


def _clause(raw: object, depth: int, *, in_order: bool) -> tuple[Operator, Criterion]:
    if not isinstance(raw, dict):
        raise bad_params("A clause must be an object")
    operator = raw.get("operator")
    if operator not in {"and", "or", "not"}:
        raise bad_params('A clause needs "operator": "and", "or" or "not"')
    named = [name for name in raw if name != "operator"]
    if len(named) != 1 or named[0] not in CRITERIA:
        raise bad_params(f"A clause needs exactly one of {', '.join(CRITERIA)}; got {', '.join(named) or 'none'}")
    return cast("Operator", operator), _criterion(named[0], raw[named[0]], depth, in_order=in_order)


def _criterion(kind: str, raw: object, depth: int, *, in_order: bool) -> Criterion:
    if kind == "subquery":
        return _group(raw, depth + 1, in_order=in_order)
    if not isinstance(raw, dict):
        raise bad_params(f'"{kind}" must be an object')
    if kind == "folder":
        return _in_folder(raw)
    target = _target(kind, raw)
    if kind == "range":
        return _range(target, raw)
    value = _value(target, raw)
    return Exact(target, value) if kind == "exact" else Contains(target, value)


def _in_folder(raw: dict[str, Any]) -> InFolder:
    folder, recursive = raw.get("folderId"), raw.get("recursive", False)
    if isinstance(folder, bool) or not isinstance(folder, int) or not isinstance(recursive, bool):
        raise bad_params('"folder" needs a numeric "folderId" and a boolean "recursive"')
    return InFolder(folder, recursive)


def _target(kind: str, raw: dict[str, Any]) -> Target:
    if ("field" in raw) == ("attribute" in raw):
        raise bad_params(f'"{kind}" needs either "field" or "attribute"')
    name = raw.get("field", raw.get("attribute"))
    if not isinstance(name, str):
        raise bad_params(f'"{kind}" names its field or attribute as text')
    if "attribute" in raw:
        return Target(name, is_attribute=True)
    if name.lower() not in FIELDS:
        raise bad_params(f'"{name}" is not a field that can be searched')
    return Target(FIELDS[name.lower()], is_attribute=False)


def _value(target: Target, raw: dict[str, Any]) -> str:
    value = raw.get("value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise bad_params(f'The value for "{target.name}" must be text or a number')
    return str(value)


def _range(target: Target, raw: dict[str, Any]) -> Range:
    if "min" not in raw and "max" not in raw:
        raise bad_params('"range" needs "min" or "max"')
    include = (raw.get("includeMin", True), raw.get("includeMax", True))
    if not all(isinstance(flag, bool) for flag in include):
        raise bad_params('"includeMin" and "includeMax" must be booleans')
    numeric = not target.is_attribute and (target.name in TIME_FIELDS or target.name == "assetId")
    return Range(
        target=target,
        low=_bound(target, raw.get("min"), numeric=numeric),
        high=_bound(target, raw.get("max"), numeric=numeric),
        include_low=include[0],
        include_high=include[1],
    )


def _bound(target: Target, raw: object, *, numeric: bool) -> float | str | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise bad_params(f'A bound for "{target.name}" must be a number, text or null')
    if not numeric:
        return str(raw)
    number = number_in(raw)  # epoch milliseconds, as a number or in text (NX 6, CONFIRMED)
    if number is None:
        raise bad_params(f'A bound for "{target.name}" must be epoch milliseconds, got "{raw}"')
    return number


def number_in(raw: str | float) -> float | None:
    """The number that a bound is, or says in plain digits; None for what is none, or larger than the site can hold."""
    if isinstance(raw, str) and not is_number(raw):
        return None
    if isinstance(raw, int) and not is_long(raw):
        return None
    number = float(raw)
    return number if isfinite(number) else None
