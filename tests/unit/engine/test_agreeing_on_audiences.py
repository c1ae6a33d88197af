"""What a person agrees to about an outlet's gallery, and what nobody agrees to by accident."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.orders.outlets import carry_out
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, CommandId, FlowName, RemoteId
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.ports.audience import Grant, Visibility
from dambridge.ports.errors import MovedOn, Refused
from dambridge.testing.fake_audience import FakeAudience, FakeContainer
from dambridge.testing.fake_ledger import MemoryLedger

NOW = datetime(2026, 11, 28, tzinfo=UTC)
AGENCY = AccountId("agency")
GALLERY = RemoteId("G1")


class Clock:
    async def now(self) -> datetime:
        return NOW


def desk(mode: Visibility, ledger: MemoryLedger) -> OutletDesk:
    outlet = Outlet(
        name="dealers", account=AGENCY, gallery=f"id:{GALLERY}", channel="portal", territory="DE", audience="dealers"
    )
    policy = PublishPolicy(
        flow=FlowName.PUBLISH,
        source=AccountId("archive"),
        outlets={"dealers": outlet},
        selection=Selection(folders=("**",)),
        gate=GateRules(channels={"portal": Channel(name="portal")}),
        zone=ZoneInfo("Europe/Berlin"),
        fields=frozenset(),
    )
    container = FakeContainer(name="Dealers", mode=mode, grants=(Grant("contact", "17"),))
    site = SimpleNamespace(audience=FakeAudience(containers={GALLERY: container}))
    return OutletDesk(
        ledger=cast("Any", ledger),
        clock=Clock(),
        sites={AGENCY: cast("Any", site)},
        policies=[policy],
        configuration="c",
    )


def order(actor: str = "Ada", **scope: object) -> Command:
    return Command(
        id=CommandId("co1"),
        kind=CommandKind.AGREE_AUDIENCE,
        actor=actor,
        via="cli",
        scope={"outlet": "dealers", **scope},
        idempotency_key="ik1",
        state=CommandState.RUNNING,
        created_at=NOW,
    )


async def test_what_is_agreed_is_what_stands_under_the_persons_name() -> None:
    ledger = MemoryLedger()
    await carry_out(desk(Visibility.PERMISSION, ledger), order())
    agreed = (await ledger.agreed_audiences())["dealers"]
    assert (agreed.gallery, agreed.effective, agreed.grants) == (GALLERY, "permission", ("contact 17",))
    assert (agreed.by, agreed.at) == ("Ada", NOW)
    (entry,) = await ledger.audit_trail(subject="dealers", after=0, limit=9)
    assert (entry.entry.actor, entry.entry.event) == ("Ada", "audience.agreed")


async def test_an_open_gallery_is_agreed_on_only_where_that_is_said() -> None:
    ledger = MemoryLedger()
    with pytest.raises(Refused, match="open to everyone"):
        await carry_out(desk(Visibility.EVERYONE, ledger), order())
    assert not await ledger.agreed_audiences()
    await carry_out(desk(Visibility.EVERYONE, ledger), order(everyone=True))
    assert (await ledger.agreed_audiences())["dealers"].effective == "everyone"


async def test_nobody_and_nothing_agrees_to_nothing() -> None:
    ledger = MemoryLedger()
    with pytest.raises(Refused, match="--by NAME"):
        await carry_out(desk(Visibility.PERMISSION, ledger), order(actor=" "))
    with pytest.raises(Refused, match="no outlet `nowhere`"):
        await carry_out(desk(Visibility.PERMISSION, ledger), order(outlet="nowhere"))
    gone = desk(Visibility.PERMISSION, ledger)
    cast("FakeAudience", gone.sites[AGENCY].audience).containers.clear()
    with pytest.raises(MovedOn):
        await carry_out(gone, order())
    with pytest.raises(Refused, match="No outlet is configured"):
        await carry_out(None, order())
    assert not await ledger.agreed_audiences()
