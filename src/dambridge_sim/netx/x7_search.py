"""The search elements of x7 (section 15): parallel lists of types, sub-types and values become a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dambridge_sim.kit.clock import to_ms
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.context import Context
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.errors import bad_params, failure
from dambridge_sim.netx.query import FIELDS, TIME_FIELDS, Contains, Criterion, Exact, Group, InFolder, Range, Target

KEYWORDS, METADATA, DATE, CATEGORY, FILE_FORMAT, RAW, CART, THESAURUS, EXPIRE = 1, 3, 4, 5, 6, 8, 10, 14, 17
_EXACT, _NOT = 1, 3  # sub-types of words (SINGLE)
_RECURSIVE, _EXCLUDING = frozenset({0, 1, 4}), frozenset({1, 3})  # sub-types of categories (SINGLE)
_SPAN: Final = re.compile(r"\[(\d{8,14}|\*) TO (\d{8,14}|\*)\]")
_WORDS: Final = Target("keywords", is_attribute=False)
_NOTHING: Final = Exact(Target("assetId", is_attribute=False), "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a search: its type, its first sub-type, and its values."""

    kind: int
    sub: int
    values: tuple[str, ...]


def as_group(ctx: Context, elements: Sequence[Element], *, every: bool, recursive: bool) -> Group:
    """The query that the elements make; `every` joins them by and, else by or."""
    wanted: list[Criterion] = []
    never: list[Criterion] = []
    for element in elements:
        make = _MAKERS.get(element.kind)
        if make is None:
            raise failure(f"Search type {element.kind} is not simulated")
        excluded = element.sub in _EXCLUDING if element.kind == CATEGORY else element.sub == _NOT
        (never if excluded and element.kind != CART else wanted).append(make(ctx, element, recursive))
    return Group(tuple(wanted), (), tuple(never)) if every else Group((), tuple(wanted), tuple(never))


def _keywords(_ctx: Context, element: Element, _recursive: bool) -> Criterion:
    return Contains(_WORDS, element.values[0])


def _metadata(ctx: Context, element: Element, _recursive: bool) -> Criterion:
    """One client sends value and attribute, another the other way round: the name decides."""
    first, second = element.values[:2]
    name, value = (second, first) if second in ctx.library.site.attributes else (first, second)
    target = Target(name, is_attribute=True)
    return Exact(target, value) if element.sub == _EXACT else Contains(target, value)


def _date(_ctx: Context, element: Element, _recursive: bool) -> Criterion:
    """Modified since a day (INFERRED)."""
    return _span("modDate", element.values[0].replace("-", ""), "*")


def _category(ctx: Context, element: Element, recursive: bool) -> Criterion:
    """A folder by its path (one client) or id (another)."""
    text = element.values[0].strip("/")
    folder = ctx.library.tree.find(text)
    number = folder.id if folder is not None else number_of(text) or 0
    return InFolder(number, recursive=recursive and element.sub in _RECURSIVE)


def _file_format(_ctx: Context, element: Element, _recursive: bool) -> Criterion:
    return Exact(Target("fileType", is_attribute=False), element.values[0])


def _raw(ctx: Context, element: Element, _recursive: bool) -> Criterion:
    """Lucene, as far as clients use it: `field:term`, `field:[a TO b]`, words."""
    name, colon, text = element.values[0].partition(":")
    text = text.strip()
    if not colon:
        return Contains(_WORDS, name)
    if found := _SPAN.fullmatch(text):
        return _span(FIELDS.get(name.lower(), name), found[1], found[2])
    value = text.strip('"')
    if name.lower() in FIELDS:
        return Contains(Target(FIELDS[name.lower()], is_attribute=False), value)
    if name not in ctx.library.site.attributes:
        raise bad_params(f'"{name}" is neither a field nor an attribute')
    return Contains(Target(name, is_attribute=True), value)


def _span(field: str, low: str, high: str) -> Range:
    if field not in TIME_FIELDS:
        raise bad_params(f'"{field}" is not a date')
    return Range(
        target=Target(field, is_attribute=False),
        low=None if low == "*" else _instant(low),
        high=None if high == "*" else _instant(high),
        include_low=True,
        include_high=True,
    )


def _instant(text: str) -> float:
    """`20241203090000`, in UTC (INFERRED), cut as one likes; digits that no clock shows count as the last that it does."""
    digits = text.ljust(14, "0")
    hour, minute, second = (min(int(digits[place : place + 2]), top) for place, top in ((8, 23), (10, 59), (12, 59)))
    try:
        day = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise bad_params(f'"{text}" is not a date of the form yyyymmddhhmmss') from error
    return float(to_ms(day))


def _cart(ctx: Context, element: Element, _recursive: bool) -> Criterion:
    number = number_of(element.values[0])
    if number is None:
        raise bad_params("A cart is named by its id")
    return _one_of(str(one) for one in ctx.collection(number).assets)


def _expire(ctx: Context, _element: Element, _recursive: bool) -> Criterion:
    """Everything that has an expiration date (INFERRED)."""
    return _one_of(ctx.library.world.documents.every("asset", Lookup("expires")))


def _one_of(ids: object) -> Criterion:
    found = tuple(Exact(Target("assetId", is_attribute=False), one) for one in ids)  # type: ignore[attr-defined]
    return Group(should=found) if found else _NOTHING


_MAKERS: Final[dict[int, Callable[[Context, Element, bool], Criterion]]] = {
    KEYWORDS: _keywords,
    METADATA: _metadata,
    DATE: _date,
    CATEGORY: _category,
    FILE_FORMAT: _file_format,
    RAW: _raw,
    CART: _cart,
    THESAURUS: _keywords,
    EXPIRE: _expire,
}
