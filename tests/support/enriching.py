"""Two systems, intake and enrich between them, and a work list in NetX: for tests of whole enrichment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.bootstrap.capability_file import (
    CapabilityFile,
    FoundAccount,
    FoundAnswer,
    file_of,
    host_of,
    write_capabilities,
)
from dambridge.bootstrap.settings import NetxAccount
from dambridge.engine.running import RunResult
from dambridge.model.identity import FlowName
from dambridge.ports.capabilities import Proof
from dambridge.ports.probing import Standing
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support.pictures import approved, picture
from support.simulated import options
from support.world import World, merged

CAMPAIGN = 'keywords.exists(it, it == "harbour") ? "HARBOUR-26" : keywords.exists(it, it == "snow") ? "WINTER-26" : ""'
FACETS = ["custom:campaign", "custom:product", "city"]
MAP: dict[str, Any] = {
    "custom:campaign": {"to": "Campaign Code", "expression": CAMPAIGN},
    "custom:product": {"to": "Product Category"},
    "source": {"constant": "Riverbend Pictures"},
    "state": {"default": "unknown"},
}
ENRICH: dict[str, Any] = {
    "from": "agency",
    "to": "archive",
    "facets": FACETS,
    "work_list": {"attribute": "Work List"},
}
SITE: dict[str, Any] = {"attributes": [{"name": "Work List", "type": "tag", "open": True}]}


def overrides(**enrich: Any) -> dict[str, Any]:
    return {"flows": {"enrich": {**ENRICH, **enrich}}, "maps": {"archive": MAP}}


@contextmanager
def enriching(folder: Path, **enrich: Any) -> Iterator[World]:
    """Both simulators, NetX with a work list, and an installation with intake and enrich."""
    seed = folder / "netx-seed"
    seed.mkdir()
    (seed / "library.yaml").write_text(yaml.safe_dump(SITE), encoding="utf-8")
    with (
        serve(make_vendor("photoshelter"), options()) as ps,
        serve(make_vendor("netx"), options(seed=str(seed))) as nx,
    ):
        yield World(ps, nx, folder / "ours", overrides(**enrich))


def changed(pair: World, *, rules: Mapping[str, Any] | None = None, **enrich: Any) -> None:
    """Other rules or options from now on."""
    now = merged(pair.overrides, {"flows": {"enrich": enrich}})
    now["maps"] = {"archive": {**MAP, **(rules or {})}}
    pair.overrides = now


def enrich(pair: World, *, full: bool = False) -> RunResult:
    return flow_run(pair, FlowName.ENRICH, full=full)


def flow_run(pair: World, flow: FlowName, *, full: bool = False) -> RunResult:
    """One run of the flow in a process of its own, as far as the ledger can tell."""

    async def work() -> RunResult:
        async with open_bridge(load_settings(pair.config)) as bridge:
            return await bridge.flows[flow].run(command=None, full=full)

    return asyncio.run(work())


def ends(ran: RunResult) -> dict[str, int]:
    """The outcomes that occurred, with their counts."""
    flow = ran.summary["flows"]["enrich"]
    names = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
    return {it: flow[it] for it in names if flow[it]}


def linked(pair: World, *several: Mapping[str, Any], gallery: str = "Intake/Harbour") -> list[tuple[str, str]]:
    """Assets with these fields brought in by intake: PhotoShelter's ids with NetX's, in this order."""
    made = [
        pair.submit(picture(number), file_name=f"{number:03}.jpg", containers=[gallery], iptc=approved(**iptc))
        for number, iptc in enumerate(several)
    ]
    asyncio.run(pair.run())
    copies = pair.by_source()
    return [(it, str(copies[it][0]["id"])) for it in made]


def held(pair: World) -> dict[str, dict[str, list[str]]]:
    """What NetX's assets hold, by id."""
    return {str(it["id"]): it["attributes"] for it in pair.archived()}


def takes_views(pair: World) -> None:
    """Let this installation know, as a probe would, that NetX takes views."""
    settings = load_settings(pair.config)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    answer = FoundAnswer(
        standing=Standing.ANSWERED, at=at, version="0", told="it does", cells={"attachments.views": Proof.PROVEN}
    )
    account = settings.accounts["archive"]
    assert isinstance(account, NetxAccount)
    found = FoundAccount(system="netx", host=host_of(account), made_at=at, findings={"attachments": answer})
    write_capabilities(file_of(settings), CapabilityFile(accounts={"archive": found}))


def views(pair: World) -> dict[str, list[str]]:
    """The names of the views that hang on NetX's assets, by id."""
    return {str(it["id"]): [one["name"] for one in it.get("views", [])] for it in pair.archived()}
