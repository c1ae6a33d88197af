"""NetX masters and PhotoShelter outlets on both simulators, and the flow that publishes over them, put together by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from dambridge.bootstrap import Bridge
from dambridge.engine.publishing.flow import PublishFlow
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.running import RunResult
from dambridge.files import FileInspector, FileOutfitter
from dambridge.model.accords import Accord, GroupName
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Publication, Stage, Withdrawal
from dambridge.model.values import FieldName, Fields
from dambridge.planning.audiences import agreement
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.ports.audience import Audience
from dambridge.ports.pace import Lane
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support.pictures import picture
from support.simulated import options
from support.world import World, control, lines

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
GUESSES = ("folders", "upload_v4", "write_iptc", "write_media", "places", "discard", "versions")
"""What an administrator has had proven on the account."""
OVERRIDES: dict[str, Any] = {
    "accounts": {"agency": {"proven": list(GUESSES)}},
    "engine": {"runtime": "local", "concurrency": 4},
    "maps": {
        "archive": {
            "copyright_owner": {"to": "Copyright Owner"},
            "licence_kind": {"to": "Licence Kind"},
            "licence_start": {"to": "Licence Start"},
            "licence_end": {"to": "Licence End"},
            "embargo_until": {"to": "Embargo Date"},
            "expires_at": {"to": "Expiry Date"},
            "territories": {"to": "Territories"},
            "channels": {"to": "Channels"},
            "consent": {"to": "Consent"},
            "custom:kit": {"to": "Kit"},
            "edit_status": {"to": "Lifecycle Status"},
            "supp_categories": {"to": "Outlets"},
        }
    },
}
SITE: dict[str, Any] = {
    "attributes": [
        {"name": "Lifecycle Status", "type": "text"},
        {"name": "Licence Kind", "type": "pulldown", "vocabulary": ["owned", "rights_managed", "royalty_free"]},
        {"name": "Territories", "type": "tag", "open": True},
        {"name": "Channels", "type": "tag", "open": True},
        {"name": "Consent", "type": "pulldown", "vocabulary": ["given", "withdrawn", "not_needed"]},
        {"name": "Kit", "type": "text"},
        {"name": "Outlets", "type": "tag", "open": True},
        {"name": "Beschreibung", "type": "textarea"},
        {"name": "Légende", "type": "textarea"},
    ]
}
RULES = GateRules(channels={"portal": Channel(name="portal")}, groups={"DACH": frozenset({"DE", "AT", "CH"})})
PRESS = Outlet(
    name="press", account=AGENCY, gallery="Partners/Press", channel="portal", territory="DE", audience="partners"
)
POLICY = PublishPolicy(
    flow=FlowName.PUBLISH,
    source=ARCHIVE,
    outlets={"press": PRESS},
    selection=Selection(folders=("Press", "Press/**")),
    gate=RULES,
    zone=ZoneInfo("UTC"),
    fields=frozenset(FieldName(it) for it in ("title", "description", "headline", "credit", "copyright_notice")),
    margin=timedelta(minutes=5),
)
CLEARED: dict[str, list[str]] = {
    "Title": ["A boat"],
    "Caption": ["A boat in the harbour"],
    "Credit": ["Riverbend"],
    "Copyright Notice": ["(c) Riverbend"],
    "Copyright Owner": ["Riverbend"],
    "Licence Kind": ["owned"],
    "Territories": ["DACH"],
    "Channels": ["portal"],
}


@dataclass(slots=True)
class Portal:
    """Two systems, an administrator who prepares galleries, and the flow."""

    pair: World
    policy: PublishPolicy = POLICY
    settings: Mapping[str, Any] = field(default_factory=dict)

    # people ------------------------------------------------------------------------------------------------------
    def gallery(self, path: str, visibility: str = "everyone") -> None:
        """An administrator makes a gallery, or sets it otherwise."""
        dummy = self.pair.submit(
            picture(99), file_name="sign.jpg", containers=[path], visibility=visibility, searchable=False
        )
        control(self.pair.photoshelter.url, "DELETE", f"/__sim__/assets/{dummy}")

    def master(self, number: int = 1, folder: str = "Press", **attributes: Any) -> str:
        """A librarian puts a cleared picture into the archive; attributes that are None are left out."""
        said = {**CLEARED, **{name.replace("_", " "): it for name, it in attributes.items()}}
        given = {name: it if isinstance(it, list) else [it] for name, it in said.items() if it is not None}
        return self.pair.keep_in_netx(
            picture(number), file_name=f"boat{number}.jpg", containers=[folder], attributes=given
        )

    def say(self, master: str, **attributes: Any) -> None:
        """A librarian edits a master."""
        said = {name.replace("_", " "): it if isinstance(it, list) else [it] for name, it in attributes.items()}
        self.pair.edit_netx(master, attributes=said)

    @property
    def now(self) -> datetime:
        told: str = control(self.pair.photoshelter.url, "GET", "/__sim__/clock")["now"]
        return datetime.fromisoformat(told)

    def at(self, instant: datetime) -> None:
        """Both clocks come to this instant."""
        self.pair.advance(max(0.0, (instant - self.now).total_seconds()))

    # ourselves ---------------------------------------------------------------------------------------------------
    @asynccontextmanager
    async def bridge(self) -> AsyncIterator[tuple[Bridge, PublishFlow]]:
        async with self.pair.bridge() as bridge:
            outfitter, inspector = FileOutfitter(), FileInspector()
            parts = PublishParts(
                **bridge.common.given(),
                flow=self.policy.flow,
                policy=self.policy,
                sites=bridge.sites,
                outfitter=outfitter,
                inspector=inspector,
                **self.settings,
            )
            flow = PublishFlow(parts)
            assert isinstance(bridge.flows, dict)
            bridge.flows[self.policy.flow] = flow
            try:
                yield bridge, flow
            finally:
                await outfitter.close()
                await inspector.close()

    def run(self, *, full: bool = False) -> RunResult:
        async def work() -> RunResult:
            async with self.bridge() as (_, flow):
                return await flow.run(command=None, full=full)

        return asyncio.run(work())

    def agree(self, *outlets: str) -> None:
        """A named person agrees to the galleries as they stand."""

        async def work() -> None:
            async with self.bridge() as (bridge, _):
                for name in outlets or tuple(self.policy.outlets):
                    outlet = self.policy.outlets[name]
                    site = bridge.sites[outlet.account]
                    gallery = await site.archive.folder_at(outlet.gallery, lane=Lane.NORMAL)
                    assert gallery is not None
                    assert site.audience is not None
                    found = await site.audience.audience(gallery, lane=Lane.NORMAL)
                    assert isinstance(found, Audience)
                    made = agreement(name, outlet.account, found, by="jane", at=await bridge.common.clock.now())
                    await bridge.common.ledger.agree_audience(made)

        asyncio.run(work())

    def agree_on(self, master: str, fields: Fields) -> None:
        """What the copies of this master agree on, as a flow that keeps them in step would have it."""

        async def work() -> None:
            async with self.bridge() as (bridge, _):
                ledger, group = bridge.common.ledger, GroupName("status")
                key = AssetKey(self.policy.source, RemoteId(master))
                link = (await ledger.links_of([key])).get(key) or link_id_for(self.policy.flow, key)
                old = (await ledger.accords([link])).get(link, {}).get(group)
                since = await bridge.common.clock.now()
                new = Accord(link=link, group=group, fields=fields, origin=None, since=since)
                await ledger.put_accords([replace(new, revision=old.revision if old is not None else 0)])

        asyncio.run(work())

    def publications(self) -> list[Publication]:
        async def work() -> list[Publication]:
            async with self.bridge() as (bridge, _):
                found = await bridge.common.ledger.publications_in(
                    self.policy.flow, stages=list(Stage), after=None, limit=10000
                )
                return list(found)

        return asyncio.run(work())

    def reasons(self) -> list[str]:
        """How every master of the flow ended last, in words for messages of failed tests."""

        async def work() -> list[str]:
            async with self.bridge() as (bridge, _):
                found = await bridge.common.ledger.lingering(self.policy.flow, outcomes=list(Outcome), limit=1000)
                return [f"{it.key.remote_id}: {it.outcome} {it.reason.code} {dict(it.reason.params)}" for it in found]

        return asyncio.run(work())

    def withdrawals(self) -> list[Withdrawal]:
        async def work() -> list[Withdrawal]:
            async with self.bridge() as (bridge, _):
                return list(await bridge.common.ledger.withdrawals(limit=10000))

        return asyncio.run(work())

    # what became of it -------------------------------------------------------------------------------------------
    def files(self) -> list[dict[str, Any]]:
        """PhotoShelter's living files of ours."""
        state = lines(self.pair.photoshelter.url, "/__sim__/state")
        return [it for it in state if not it.get("deleted") and not it.get("trash") and it["file_name"] != "sign.jpg"]

    def in_gallery(self, path: str = "Partners/Press") -> list[dict[str, Any]]:
        return sorted((it for it in self.files() if path in it["containers"]), key=lambda it: str(it["file_name"]))

    def exposure(self) -> dict[str, list[tuple[datetime, datetime | None]]]:
        """When each file was visible outside staff, as the simulator recorded it, the signs of the administrator aside."""
        names = {it["id"]: it["file_name"] for it in lines(self.pair.photoshelter.url, "/__sim__/state")}
        found: dict[str, list[tuple[datetime, datetime | None]]] = {}
        for it in lines(self.pair.photoshelter.url, "/__sim__/exposure"):
            if names.get(it["id"]) != "sign.jpg":
                found[it["id"]] = [
                    (datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]) if one["to"] else None)
                    for one in it["intervals"]
                ]
        return found

    def visible(self) -> list[str]:
        """The files that somebody outside sees now."""
        return sorted(name for name, spans in self.exposure().items() if any(to is None for _, to in spans))


def ends(ran: RunResult, flow: str = "publish") -> dict[str, int]:
    """The outcomes that occurred, with their counts."""
    found = ran.summary["flows"][flow]
    names = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
    return {it: found[it] for it in names if found[it]}


@contextmanager
def portal(folder: Path, **switches: Any) -> Iterator[Portal]:
    """Both simulators with one open gallery that was agreed; NetX has the attributes of rights."""
    seed = folder / "netx-seed"
    seed.mkdir()
    (seed / "library.yaml").write_text(yaml.safe_dump(SITE), encoding="utf-8")
    with (
        serve(make_vendor("photoshelter"), options()) as ps,
        serve(make_vendor("netx"), options(seed=str(seed))) as nx,
    ):
        it = Portal(World(ps, nx, folder / "ours", OVERRIDES))
        if switches:
            it.pair.switch("photoshelter", **switches)
        yield it


def anew(it: Portal, folder: Path) -> Portal:
    """The same simulators emptied, NetX with its attributes again, and an installation that remembers nothing."""
    seed = it.pair.folder.parent / "netx-seed"
    control(it.pair.photoshelter.url, "POST", "/__sim__/reset")
    control(it.pair.netx.url, "POST", "/__sim__/reset", {"seed": str(seed)})
    return replace(it, pair=World(it.pair.photoshelter, it.pair.netx, folder, it.pair.overrides))
