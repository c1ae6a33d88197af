"""What is wrong with a library before anything is paired or moved: duplicates, missing rights, names that make trouble."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AccountId, AssetKey
from dambridge.model.pairing import Subject
from dambridge.model.records import AssetRecord
from dambridge.model.values import FieldName

RIGHTS = (FieldName("copyright_notice"), FieldName("usage_terms"))
"""The fields without which nobody can tell what may be done with an asset."""
_FORBIDDEN = frozenset('\\/:*?"<>|')
_LONGEST = 255


class BadName(StrEnum):
    """What is wrong with a file name."""

    EMPTY = "empty"
    SIGNS = "signs"
    CONTROL = "control"
    EDGES = "edges"
    LONG = "long"
    DECOMPOSED = "decomposed"
    NO_ENDING = "no_ending"
    COLLIDES = "collides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The state of one library. `duplicates` are groups of assets with the same bytes; `unhashed` says of how many nothing
    can be said: another file has their size, and their bytes could not be read."""

    account: AccountId
    assets: int
    duplicates: tuple[tuple[AssetKey, ...], ...]
    unhashed: tuple[AssetKey, ...]
    missing_rights: Mapping[AssetKey, tuple[str, ...]]
    rights_unread: tuple[AssetKey, ...]
    bad_names: Mapping[AssetKey, tuple[BadName, ...]]
    names: Mapping[AssetKey, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "account": self.account,
            "assets": self.assets,
            "duplicates": [[it.remote_id for it in group] for group in self.duplicates],
            "unhashed": [it.remote_id for it in self.unhashed],
            "missing_rights": {it.remote_id: list(fields) for it, fields in self.missing_rights.items()},
            "rights_unread": [it.remote_id for it in self.rights_unread],
            "bad_names": {
                it.remote_id: {"file_name": self.names[it], "what": [str(one) for one in what]}
                for it, what in self.bad_names.items()
            },
            "counts": {
                "duplicate_groups": len(self.duplicates),
                "duplicates": sum(len(it) - 1 for it in self.duplicates),
                "missing_rights": len(self.missing_rights),
                "bad_names": len(self.bad_names),
            },
        }


def preflight(account: AccountId, subjects: Iterable[Subject]) -> Preflight:
    """Look a library over. The order of the assets does not matter."""
    own = sorted(subjects, key=lambda it: it.key)
    gaps = {it.key: it.gaps for it in own}
    names = _bad_names(own)
    return Preflight(
        account=account,
        assets=len(own),
        duplicates=tuple(_duplicates(own)),
        unhashed=tuple(_unhashed(own)),
        missing_rights={key: it for key, it in gaps.items() if it},
        rights_unread=tuple(key for key, it in gaps.items() if it is None),
        bad_names=names,
        names={it.key: it.record.file_name for it in own if it.key in names},
    )


def gaps_of(record: AssetRecord, unread: frozenset[FieldName]) -> tuple[str, ...] | None:
    """The rights fields that a record lacks; None where one of them was not read."""
    if unread & set(RIGHTS):
        return None
    return tuple(str(name) for name in RIGHTS if name not in record.fields)


def _duplicates(own: Sequence[Subject]) -> Iterator[tuple[AssetKey, ...]]:
    groups: defaultdict[str, list[AssetKey]] = defaultdict(list)
    met: set[tuple[AssetKey, ...]] = set()
    for it in own:
        for kind, value in it.digests.items() if it.record.size else ():
            groups[f"{kind}:{value}"].append(it.key)
    for keys in groups.values():
        group = tuple(keys)
        if len(group) > 1 and group not in met:
            met.add(group)
            yield group


def _unhashed(own: Sequence[Subject]) -> list[AssetKey]:
    sizes: defaultdict[int, list[Subject]] = defaultdict(list)
    for it in own:
        if it.record.size:
            sizes[it.record.size].append(it)
    return [it.key for group in sizes.values() if len(group) > 1 for it in group if not it.digests]


def _bad_names(own: Sequence[Subject]) -> dict[AssetKey, tuple[BadName, ...]]:
    found: dict[AssetKey, list[BadName]] = {it.key: list(_troubles(it.record.file_name)) for it in own}
    for key in _collisions(own):
        found[key].append(BadName.COLLIDES)
    return {key: tuple(what) for key, what in found.items() if what}


def _troubles(name: str) -> Iterator[BadName]:
    """What a file system, a URL or another system will stumble over."""
    if not name.strip(". "):
        yield BadName.EMPTY
        return
    if _FORBIDDEN & set(name):
        yield BadName.SIGNS
    if any(unicodedata.category(it) in {"Cc", "Cs"} for it in name):
        yield BadName.CONTROL
    if name != name.strip() or name.endswith("."):
        yield BadName.EDGES
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST:
        yield BadName.LONG
    if unicodedata.normalize("NFC", name) != name:
        yield BadName.DECOMPOSED
    base, dot, ending = name.rpartition(".")
    if not (base and dot and ending.strip()):
        yield BadName.NO_ENDING


def _collisions(own: Sequence[Subject]) -> set[AssetKey]:
    """Assets of one container whose names differ, if at all, in case or in how letters are composed (hazards P23, P24)."""
    places: defaultdict[tuple[str, str], set[AssetKey]] = defaultdict(set)
    for it in own:
        plain = unicodedata.normalize("NFC", it.record.file_name).casefold()
        for container in it.record.containers:
            places[container.id, plain].add(it.key)
    return {key for keys in places.values() if len(keys) > 1 for key in keys}
