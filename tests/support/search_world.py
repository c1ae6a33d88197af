"""Both simulators filled with a library of known truth, and a desk of ours over them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import yaml

from dambridge.bootstrap import load_settings, open_search, open_store
from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.model.identity import Copy as LinkCopy
from dambridge.search.desk import SearchDesk
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support.pictures import picture
from support.search_truth import CHANNELS, GROUPS, SELECTIONS, Copy, Person, Truth, as_seeded, library
from support.simulated import options
from support.world import World, control

OWN = ["Kind", "End", "Start", "Territories", "Channels", "Status", "Editorial"]
LISTS = {"Territories", "Channels"}
MADE = [{"name": it, "type": "tag", "open": True} if it in LISTS else {"name": it, "type": "text"} for it in OWN]
MAPS = {
    "archive": {
        "licence_kind": "Kind",
        "licence_end": "End",
        "licence_start": "Start",
        "territories": "Territories",
        "channels": "Channels",
        "edit_status": "Status",
        "editorial_only": "Editorial",
    }
}


@dataclass(slots=True)
class SearchWorld:
    """Two systems with their known content."""

    pair: World
    truth: Truth

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[SearchDesk]:
        async with open_search(load_settings(self.pair.config)) as desk:
            yield desk

    async def fill(self) -> None:
        """Write the links down, and fill the index from the systems."""
        settings = load_settings(self.pair.config)
        async with open_store(settings) as (ledger, _):
            await ledger.put_links(list(self._links()), {})
        async with self.desk() as desk:
            await desk.refill(lambda account, count: None)

    def _links(self) -> Iterator[Link]:
        copies: dict[str, list[Copy]] = {}
        for it in self.truth.copies:
            copies.setdefault(it.asset, []).append(it)
        roles = {"archive": CopyRole.RECORD, "agency": CopyRole.SOURCE}
        for asset, several in copies.items():
            if len(several) > 1:
                made = [LinkCopy(CopyId(AccountId(it.home), roles[it.home]), RemoteId(it.id)) for it in several]
                yield Link(LinkId(asset), FlowName.INTAKE, tuple(made))


def searcher(name: str, who: Person) -> Searcher:
    """The person as the product knows them."""
    selections = frozenset({who.selection}) if who.selection is not None else None
    regions = frozenset(who.regions) if who.regions is not None else None
    scope = Scope(regions=regions, selections=selections)
    return Searcher(name=name, roles=frozenset(map(Role, who.roles)), scope=scope)


@contextmanager
def search_world(folder: Path, *, count: int = 36, seed: int = 8) -> Iterator[SearchWorld]:
    (folder / "seed").mkdir()
    (folder / "seed" / "library.yaml").write_text(yaml.safe_dump({"attributes": MADE}), encoding="utf-8")
    settings = {
        "maps": MAPS,
        "gate": {
            "channels": {name: {"commercial": commercial} for name, commercial in CHANNELS.items()},
            "territories": {name: list(members) for name, members in GROUPS.items()},
        },
        "search": {
            "status": "edit_status",
            "at_most": 300,
            "deadline": "60s",
            "selections": {
                name: {"folders": sorted(path for several in homes.values() for path in several)}
                for name, homes in SELECTIONS.items()
            },
        },
    }
    site = options(seed=str(folder / "seed"))
    with serve(make_vendor("photoshelter"), options()) as ps, serve(make_vendor("netx"), site) as nx:
        pair = World(ps, nx, folder / "ours", settings)
        now = datetime.fromisoformat(control(ps.url, "GET", "/__sim__/clock")["now"])
        copies = [_put(pair, it, number) for number, it in enumerate(library(seed, now, count=count))]
        yield SearchWorld(pair, Truth(copies, now))


def _put(pair: World, it: Copy, number: int) -> Copy:
    put = pair.submit if it.home == "agency" else pair.keep_in_netx
    return replace(it, id=put(picture(number), file_name=it.name, containers=[it.place], **as_seeded(it)))
