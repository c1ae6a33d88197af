"""Whether an asset matches a query. Letters compare without regard to case, for `exact` by switch (not documented)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dambridge_sim.netx.query import Contains, Criterion, Exact, Group, InFolder, Range, Target
from dambridge_sim.netx.records import Asset

Predicate = Callable[[Asset], bool]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a predicate must know beside the asset: the folders below one, which attributes hold numbers, and two switches."""

    below: Callable[[int], frozenset[int]]
    numbers: frozenset[str]
    checksums: bool = True
    match_case: bool = False


def predicate(criterion: Criterion, around: Surroundings) -> Predicate:
    """Turn a criterion into a test of one asset."""
    match criterion:
        case Group():
            return _group(criterion, around)
        case InFolder(folder, recursive):
            wanted = around.below(folder) if recursive else frozenset({folder})
            return lambda asset: not wanted.isdisjoint(asset.folders)
        case Exact(Target("fileChecksum", is_attribute=False)) if not around.checksums:
            return lambda _asset: False
        case Exact(target, value) if around.match_case:
            return lambda asset: value in texts(asset, target)
        case Exact(target, value):
            sought = value.lower()
            return lambda asset: sought in (text.lower() for text in texts(asset, target))
        case Contains(target, value):
            part = value.lower()
            return lambda asset: any(part in text.lower() for text in texts(asset, target))
        case Range():
            return _range(criterion, around.numbers)


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
    "keywords": lambda asset: (asset.name, asset.file.name, *(v for held in asset.attributes.values() for v in held)),
}


def texts(asset: Asset, target: Target) -> Iterable[str]:
    """The values of a target as text."""
    if target.is_attribute:
        return asset.attributes.get(target.name, ())
    if target.name in _TEXTS:
        return _TEXTS[target.name](asset)
    return (str(_TIMES[target.name](asset)),)


def _range(criterion: Range, numbers: frozenset[str]) -> Predicate:
    target = criterion.target
    if not target.is_attribute and target.name in _TIMES:
        read = _TIMES[target.name]
        return lambda asset: within(float(read(asset)), criterion)
    if target.is_attribute and target.name in numbers:
        bounds = _numeric(criterion)
        return lambda asset: any(within(float(text), bounds) for text in texts(asset, target))
    return lambda asset: any(within(text, criterion) for text in texts(asset, target))


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
