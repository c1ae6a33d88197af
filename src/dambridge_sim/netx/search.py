"""Finding assets: a query or a folder listing becomes an ordered list of ids, of which pages are taken.

Where one index answers the whole question (everything, a folder's tree, a span of modification times, in the order of that
index) nothing is listed at all, so that a library of a million costs what a page costs. Otherwise an index gives candidates,
the rest is tested on each, and the result is remembered until something changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.attributes import Attribute, is_day
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.errors import Refusal, bad_params
from dambridge_sim.netx.folders import ROOT
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library, attribute_value, is_indexed, tree_value
from dambridge_sim.netx.matching import Surroundings, predicate, texts
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.query import FIELDS, Criterion, Exact, Group, InFolder, Range, Target, number_in
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.site import User

_REMEMBERED: Final = 8
_OPEN_END: Final = 10**15 - 1
_MATTERING: Final = ("metadata.checksumEnabled", "exact_case")  # switches that change what a query finds
_SINGLE: Final = {"fileChecksum": "checksum", "fileName": "file_name", "name": "name"}


@dataclass(frozen=True, slots=True)
class Found:
    """A result: how many there are, and a way to read the ids from one place on."""

    total: int
    ids: Callable[[int, int], Sequence[str]]


class Search:
    """Answers queries of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._memory: OrderedDict[Any, tuple[str, ...]] = OrderedDict()

    def query(self, user: User, group: Group, options: Options) -> Found:
        """Run a query as the search index stands, which lags behind by the switch."""
        self._check_names(user, group, options)
        everything = user.level >= Level.ADMINISTRATOR or (
            self._library.access.sees_all(user) and not self._library.withheld()
        )
        if everything and (lookup := self._whole(group, options)) is not None:
            return self._lazily(lookup)
        return self._listed(("query", group), user, options, lambda: self._matches(user, group))

    def folder(self, user: User, folder: int, options: Options, *, recursive: bool) -> Found:
        """List a folder: as the index stands if folder listings lag too or there is no lag, else as it is now."""
        library = self._library
        if recursive and (library.switch("folder_listing_lag") or not library.switch("index_lag_s")):
            return self.query(user, Group(must=(InFolder(folder, recursive=True),)), options)
        if not recursive and library.switch("folder_listing_lag"):
            return self.query(user, Group(must=(InFolder(folder, recursive=False),)), options)
        self._check_sort(user, options)
        return self._listed(
            ("folder", folder, recursive), user, options, lambda: self._present(user, folder, recursive=recursive)
        )

    # One index for all

    def _lazily(self, lookup: Lookup) -> Found:
        documents = self._library.world.documents
        return Found(
            documents.total("asset", lookup), lambda offset, limit: documents.page("asset", lookup, offset, limit)
        )

    def _whole(self, group: Group, options: Options) -> Lookup | None:
        """The lookup that answers the query completely and in order, if there is one."""
        if group.never or (group.should and not group.must):
            return None
        folder: int | None = None
        span: Range | None = None
        for criterion in group.must:
            match criterion:
                case InFolder(folder=wanted, recursive=True) if folder is None or wanted == ROOT:
                    folder = wanted if wanted != ROOT else folder
                case Range(target=Target(name="modDate" | "importDate", is_attribute=False)) if span is None:
                    span = criterion
                case _:
                    return None
        return _in_order(folder, span, options)

    # Candidates and tests

    def _listed(self, key: object, user: User, options: Options, find: Callable[[], Iterable[Asset]]) -> Found:
        """Order what `find` gives and remember it, unless the index lags, when time alone changes the answer."""
        library = self._library
        switches = tuple(library.switch(name) for name in _MATTERING)
        memory_key = (key, user.login, options.sort_field, options.descending, library.changes, switches)
        ids = self._memory.get(memory_key)
        if ids is None:
            ids = tuple(str(asset.id) for asset in self._ordered(find(), options))
            if not library.switch("index_lag_s"):
                self._memory[memory_key] = ids
                if len(self._memory) > _REMEMBERED:
                    self._memory.popitem(last=False)
        known = ids
        return Found(len(known), lambda offset, limit: known[offset : offset + limit])

    def _ordered(self, assets: Iterable[Asset], options: Options) -> list[Asset]:
        found = sorted(assets, key=lambda asset: asset.id)
        if options.sort_field is None:
            return found
        target = self._sort_target(options.sort_field)
        times = {"modDate": "modified_ms", "importDate": "imported_ms", "creationDate": "created_ms", "assetId": "id"}
        if not target.is_attribute and (member := times.get(target.name)):
            return sorted(found, key=lambda asset: getattr(asset, member), reverse=options.descending)
        return sorted(
            found, key=lambda asset: [text.lower() for text in texts(asset, target)], reverse=options.descending
        )

    def _matches(self, user: User, group: Group) -> Iterable[Asset]:
        library = self._library
        test = predicate(group, self._surroundings(user))
        for asset_id in self._candidates(group):
            asset = library.as_indexed(asset_id)
            if asset is not None and test(asset) and library.access.asset(user, asset):
                yield asset

    def _present(self, user: User, folder: int, *, recursive: bool) -> Iterable[Asset]:
        library = self._library
        folders = library.tree.below(folder) if recursive else {folder}
        for asset_id in dict.fromkeys(one for place in sorted(folders) for one in library.in_folder(place)):
            asset = library.find(int(asset_id))
            if asset is not None and library.access.asset(user, asset):
                yield asset

    def _surroundings(self, user: User) -> Surroundings:
        library = self._library

        def below(folder: int) -> frozenset[int]:
            return frozenset(library.tree.below(folder)) if folder in library.tree else frozenset()

        numbers = frozenset(one.name for one in library.site.attributes.values() if one.type == "number")
        return Surroundings(
            below,
            numbers,
            checksums=library.switch("metadata.checksumEnabled"),
            match_case=library.switch("exact_case") == "match",
            seen=frozenset(self._seen(user)),
        )

    def _candidates(self, group: Group) -> Iterable[str]:
        documents = self._library.world.documents
        chosen: list[Lookup] | None = None
        fewest = 0
        for criterion in group.must:
            lookups = _lookups(criterion)
            if lookups is None:
                continue
            count = sum(documents.total("asset", lookup) for lookup in lookups)
            if chosen is None or count < fewest:
                chosen, fewest = lookups, count
        if chosen is None and not group.must:
            chosen = _group_lookups(group)
        if chosen is None:
            chosen = [Lookup("known")]
        return dict.fromkeys(one for lookup in chosen for one in documents.every("asset", lookup))

    # Names

    def _check_names(self, user: User, group: Group, options: Options) -> None:
        """Refuse attributes that the site has not (or, by switch, let them match nothing: INFERRED).

        One that the user does not see is none for him: his searches must not tell what it holds.
        """
        self._check_sort(user, options)
        seen = self._seen(user)
        for leaf in group.leaves():
            target = getattr(leaf, "target", None)
            if target is None or not target.is_attribute:
                continue
            if target.name in seen:
                if isinstance(leaf, Range):
                    _check_bounds(leaf, seen[target.name])
            elif (
                target.name in self._library.site.attributes
                or self._library.switch("unknown_query_attribute") == "error"
            ):
                raise bad_params(f'"{target.name}" is not an attribute of this site')

    def _seen(self, user: User) -> dict[str, Attribute]:
        return {one.name: one for one in self._library.access.attributes(user)}

    def _check_sort(self, user: User, options: Options) -> None:
        if options.sort_field is None:
            return
        target = self._sort_target(options.sort_field)
        if target.is_attribute and target.name not in self._seen(user):
            raise _unsortable(target.name)

    def _sort_target(self, name: str) -> Target:
        if name.lower() in FIELDS and name.lower() != "keywords":
            return Target(FIELDS[name.lower()], is_attribute=False)
        if name in self._library.site.attributes:
            return Target(name, is_attribute=True)
        raise _unsortable(name)


def _unsortable(name: str) -> Refusal:
    return bad_params(f'"{name}" is not a field that can be sorted by')


def _check_bounds(leaf: Range, attribute: Attribute) -> None:
    """Bounds of a number are numbers, those of a date days (NX 6, INFERRED); all else is compared as text."""
    for bound in (leaf.low, leaf.high):
        if bound is None:
            continue
        if attribute.type == "number" and number_in(bound) is None:
            raise bad_params(f'A bound for "{attribute.name}" must be a number')
        if attribute.type == "date" and not is_day(str(bound)):
            raise bad_params(f'A bound for "{attribute.name}" must be a day of the form YYYY-MM-DD')


def _in_order(folder: int | None, span: Range | None, options: Options) -> Lookup | None:
    sort = options.sort_field.lower() if options.sort_field else None
    time = span.target.name.lower() if span else sort
    if time not in {"moddate", "importdate", "assetid", None} or sort not in {None, time}:
        return None
    if span is None and time in {None, "assetid"}:
        if folder is None:
            return Lookup("known", descending=options.descending)
        return _tree("tree", folder, _ALL, options)
    bounds = span or _ALL
    if folder is not None:
        return None if time == "importdate" else _tree("tree_modified", folder, bounds, options)
    return Lookup(
        "modified" if time == "moddate" else "imported",
        low=bounds.low,
        high=bounds.high,
        low_open=not bounds.include_low,
        high_open=not bounds.include_high,
        descending=options.descending,
    )


def _tree(index: str, folder: int, bounds: Range, options: Options) -> Lookup:
    low = _first_at_least(bounds)
    high = _last_at_most(bounds)
    return Lookup(index, low=tree_value(folder, low), high=tree_value(folder, high), descending=options.descending)


def _first_at_least(bounds: Range) -> int:
    if bounds.low is None:
        return 0
    low = float(bounds.low)
    whole = int(low) if low == int(low) else int(low) + 1
    return max(0, whole + (1 if low == int(low) and not bounds.include_low else 0))


def _last_at_most(bounds: Range) -> int:
    if bounds.high is None:
        return _OPEN_END
    high = float(bounds.high)
    return max(0, min(_OPEN_END, int(high) - (1 if high == int(high) and not bounds.include_high else 0)))


def _lookups(criterion: Criterion) -> list[Lookup] | None:
    """Lookups that together find at least all that match; None when no index helps."""
    match criterion:
        case Exact(target, value):
            return _exact(target, value)
        case InFolder(folder) if folder != ROOT:  # the tree's index leaves the root out
            return [_tree("tree", folder, _ALL, _UNSORTED)]
        case Range(target=Target(name="modDate" | "importDate" as name, is_attribute=False)):
            return [Lookup("modified" if name == "modDate" else "imported", low=criterion.low, high=criterion.high)]
        case Group():
            return _group_lookups(criterion)
        case _:
            return None


def _group_lookups(group: Group) -> list[Lookup] | None:
    if group.must:
        return next((found for one in group.must if (found := _lookups(one)) is not None), None)
    parts = [_lookups(one) for one in group.should]
    if not parts or any(part is None for part in parts):
        return None
    return [one for part in parts for one in part or ()]


_ALL: Final = Range(target=Target("", is_attribute=False), low=None, high=None, include_low=True, include_high=True)
_UNSORTED: Final = Options(size=0)


def _exact(target: Target, value: str) -> list[Lookup] | None:
    if target.is_attribute:
        return [Lookup("value", equal=attribute_value(target.name, value))] if is_indexed(value) else None
    if target.name == "assetId":
        number = number_of(value)
        return [] if number is None else [Lookup("known", equal=number)]
    if target.name in _SINGLE:
        return [Lookup(_SINGLE[target.name], equal=value.lower())]
    return None
