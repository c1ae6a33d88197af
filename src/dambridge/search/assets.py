"""Which copies are one asset: those of one link, and of links that share a copy, as those of several flows do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dambridge.model.identity import AssetKey, CopyRole, Link, LinkId


class Links(Protocol):
    """What the ledger is asked for."""

    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]: ...
    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]: ...


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset by its entry: the first of its links, or the key of its only copy. `master` is the copy that a link calls the
    record; None where it is in no link, or none of them has one."""

    entry: str
    master: AssetKey | None
    copies: frozenset[AssetKey]


async def assets_of(ledger: Links, keys: Iterable[AssetKey]) -> list[Asset]:
    """The assets of these copies, each with all its copies, in the order of their entries."""
    wanted, open_keys = set(keys), set(keys)
    links: dict[LinkId, Link] = {}
    while open_keys:
        of = await ledger.links_of(sorted(open_keys))
        fresh = await ledger.links(sorted(set(of.values()) - links.keys()))
        links |= fresh
        found = {copy.key for it in fresh.values() for copy in it.copies}
        open_keys = found - wanted
        wanted |= found
    linked = together(links)
    inside = {key for it in linked for key in it.copies}
    alone = [Asset(str(it), None, frozenset({it})) for it in wanted - inside]
    return sorted([*linked, *alone], key=lambda it: it.entry)


def together(links: Mapping[LinkId, Link]) -> list[Asset]:
    """The links put together where they share a copy."""
    found: list[Asset] = []
    for link in sorted(links.values(), key=lambda it: it.id):
        copies = frozenset(it.key for it in link.copies)
        master = next((it.key for it in link.copies if it.id.role is CopyRole.RECORD), None)
        same = [it for it in found if it.copies & copies]
        entry = same[0].entry if same else str(link.id)
        master = next((it.master for it in same if it.master is not None), master)
        found = [it for it in found if it not in same]
        found.append(Asset(entry, master, copies.union(*(it.copies for it in same))))
    return found
