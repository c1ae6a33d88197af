"""Whether an asset matches a query. Letters compare without regard to case, for `exact` by switch (not documented)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from dambridge_sim.netx.query import Contains, Criterion, Exact, Group, InFolder, Range, Target
from dambridge_sim.netx.records import Asset

Predicate = Callable[[Asset], bool]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a predicate must know beside the asset: the folders below one, which attributes hold numbers, and two switches.

    `seen` names the attributes that a search in all of them may look at, for the user who asks; None is every one.
    """

    below: Callable[[int], frozenset[int]]
    numbers: frozenset[str]
    checksums: bool = True
    match_case: bool = False
    seen: frozenset[str] | None = None


def predicate(criterion: Criterion, around: Surroundings) -> Predicate:
    """Turn a criterion into a test of one asset."""
    match criterion:
        case Group():
            return _group(criterion, around)
        case InFolder(folder, recursive):
            wanted = around.below(folder) if recursive else frozenset({folder})
            return lambda asset: not wanted.isdisjoint(asset.folders)
        case Exact(target, value) if around.match_case:
            read = _reader(target, around)
            return lambda asset: value in read(asset)
        case Exact(target, value):
            read, sought = _reader(target, around), value.lower()
            return lambda asset: sought in (text.lower() for text in read(asset))
        case Contains(target, value):
            read, part = _reader(target, around), value.lower()
            return lambda asset: any(part in text.lower() for text in read(asset))
        case Range():
            return _range(criterion, around)


def _reader(target: Target, around: Surroundings) -> Callable[[Asset], Iterable[str]]:
    """How the values of a target are read, by the user and on the site of these surroundings."""
    if target == _CHECKSUM and not around.checksums:
        return lambda _asset: ()
    if target == _KEYWORDS and (seen := around.seen) is not None:
        return lambda asset: (*_names(asset), *_all_values(asset, seen))
    return lambda asset: texts(asset, target)


_CHECKSUM, _KEYWORDS = (Target(name, is_attribute=False) for name in ("fileChecksum", "keywords"))


def _names(asset: Asset) -> tuple[str, str]:
    return asset.name, asset.file.name


def _all_values(asset: Asset, seen: Collection[str]) -> Iterable[str]:
    return (value for name, held in asset.attributes.items() if name in seen for value in held)


def _group(group: Group, around: Surroundings) -> Predicate:
    must = [predicate(item, around) for item in group.must]
    should = [] if must else [predicate(item, around) for item in group.should]
    never = [predicate(item, around) for item in group.never]

    def holds(asset: Asset) -> bool:
        if not all(test(asset) for test in must) or any(test(asset) for test in never):
            return False
        return not should or any(test(asset) for test in should)

    return holds


_TIMES: Mapping[str, Callable[[Asset], int]] = {
    "creationDate": lambda asset: asset.created_ms,
    "importDate": lambda asset: asset.imported_ms,
    "modDate": lambda asset: asset.modified_ms,
    "assetId": lambda asset: asset.id,
}


_TEXTS: Mapping[str, Callable[[Asset], Iterable[str]]] = {
    "name": lambda asset: (asset.name,),
    "fileName": lambda asset: (asset.file.name,),
    "fileChecksum": lambda asset: (asset.file.blob.md5,),
    "fileType": lambda asset: (asset.file_type,),
    # the general keyword search of the user interface: INFERRED
    "keywords": lambda asset: (*_names(asset), *_all_values(asset, asset.attributes)),
}


def texts(asset: Asset, target: Target) -> Iterable[str]:
    """The values of a target as text."""
    if target.is_attribute:
        return asset.attributes.get(target.name, ())
    if target.name in _TEXTS:
        return _TEXTS[target.name](asset)
    return (str(_TIMES[target.name](asset)),)


def _range(criterion: Range, around: Surroundings) -> Predicate:
    target = criterion.target
    if not target.is_attribute and target.name in _TIMES:
        read = _TIMES[target.name]
        return lambda asset: within(float(read(asset)), criterion)
    if target.is_attribute and target.name in around.numbers:
        bounds = _numeric(criterion)
        return lambda asset: any(within(float(text), bounds) for text in texts(asset, target))
    values = _reader(target, around)
    return lambda asset: any(within(text, criterion) for text in values(asset))


def _numeric(criterion: Range) -> Range:
    def number(bound: float | str | None) -> float | None:
        return None if bound is None else float(bound)

    return Range(
        target=criterion.target,
        low=number(criterion.low),
        high=number(criterion.high),
        include_low=criterion.include_low,
        include_high=criterion.include_high,
    )


def within(value: float | str, bounds: Range) -> bool:
    """Whether `value` lies between the bounds; both are numbers or both are text."""
    low, high = bounds.low, bounds.high
    if low is not None and (value < low or (value == low and not bounds.include_low)):  # type: ignore[operator]
        return False
    return high is None or value < high or (value == high and bounds.include_high)  # type: ignore[operator]
