"""Stand-ins over both simulators: small, marked, led back to their master, kept in step, withdrawn, never taken for originals."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dambridge.bootstrap import load_settings, open_matching, open_search
from dambridge.connectors.kit import SystemClock
from dambridge.engine.orders import outlets
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.pairing import matching
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.access import everything
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId
from dambridge.model.publications import Stage
from dambridge.model.stand_ins import STAND_IN_FIELD, STAND_IN_MARK, is_stand_in, stand_in_words
from dambridge.model.values import FieldName
from dambridge.policy.outlets import STAND_IN, Rendition
from dambridge.ports.errors import Refused
from dambridge.storage import open_ledger
from support.inside_files import xmp
from support.pictures import approved, picture
from support.publishing import AGENCY, POLICY, PRESS, Portal, anew, ends, portal
from support.world import control

DAY = timedelta(days=1)
SMALL = Rendition(name=STAND_IN, longest=32, quality=60)
PREVIEWS = replace(PRESS, name="previews", gallery="Partners/Press", rendition=SMALL)


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def previews(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.policy = replace(it.policy, outlets={"previews": PREVIEWS})
    it.gallery("Partners/Press")
    it.agree()
    return it


def bytes_of(it: Portal, asset: str) -> bytes:
    with urllib.request.urlopen(f"{it.pair.photoshelter.url}/__sim__/assets/{asset}/file") as answer:
        return bytes(answer.read())


def shown(it: Portal) -> dict[str, Any]:
    (one,) = it.in_gallery()
    return one


def test_a_stand_in_is_small_and_says_what_it_is_and_where_the_original_is(previews: Portal, tmp_path: Path) -> None:
    master = previews.master(1)
    assert ends(previews.run()) == {"seen": 1, "done": 1}, previews.reasons()
    one = shown(previews)
    assert one["file_name"] == "boat1 stand-in.jpg"
    said = one["metadata"]["instructions"]
    assert said.startswith(STAND_IN_MARK)
    assert said.endswith(f"/{master}") or f"/{master}" in said
    assert previews.pair.netx.url in said
    assert one["metadata"]["caption"] == "A boat in the harbour"
    data = bytes_of(previews, one["id"])
    with Image.open(BytesIO(data)) as opened:
        assert max(opened.size) == 32
    (tmp_path / "out.jpg").write_bytes(data)
    inside = xmp(tmp_path / "out.jpg", "jpg")
    assert inside["photoshop:Instructions"] == said, "it says so wherever people carry the file"
    assert inside["photoshop:Credit"] == "Riverbend"
    (known,) = previews.publications()
    assert (known.copy.rendition, known.stage) == (STAND_IN, Stage.VISIBLE)
    after = previews.pair.seq("photoshelter")
    assert "done" not in ends(previews.run(full=True))
    assert previews.pair.changes("photoshelter", after) == []


def test_it_is_kept_in_step_and_its_mark_comes_back(previews: Portal) -> None:
    master = previews.master(1)
    previews.run()
    one = shown(previews)
    previews.say(master, Caption="A boat at sea")
    previews.run(full=True)
    assert shown(previews)["metadata"]["caption"] == "A boat at sea"
    previews.pair.edit(one["id"], iptc={"instructions": "Use freely"})
    previews.run(full=True)
    again = shown(previews)
    assert again["metadata"]["instructions"].startswith(STAND_IN_MARK)
    assert again["id"] == one["id"], "no bytes were moved for that"


@pytest.mark.hazard("P36")
@pytest.mark.parametrize(
    "why", ["territory", *(pytest.param(it, marks=pytest.mark.long) for it in ("selection", "deletion"))]
)
def test_what_is_not_to_be_seen_has_no_stand_in(previews: Portal, why: str) -> None:
    """Beside each that goes stands one that stays."""
    master = previews.master(1)
    previews.master(2)
    previews.master(3, Territories=["US"])
    previews.run()
    assert len(previews.visible()) == 2, "the gate is asked for a preview as for any file"
    match why:
        case "territory":
            previews.say(master, Territories=["US"])
        case "selection":
            previews.pair.edit_netx(master, containers=["Elsewhere"])
        case "deletion":
            control(previews.pair.netx.url, "DELETE", f"/__sim__/assets/{master}")
    previews.run(full=True)
    assert [it["file_name"] for it in previews.in_gallery()] == ["boat2 stand-in.jpg"], previews.reasons()
    (record,) = previews.withdrawals()
    assert record.verified_at is not None


@pytest.mark.hazard("P38")
def test_a_licence_that_ends_takes_it_along_in_time(previews: Portal) -> None:
    end = f"{previews.now + 2 * DAY:%Y-%m-%d}"
    previews.master(1, Licence_End=end)
    previews.run()
    assert len(previews.visible()) == 1
    over = datetime.fromisoformat(f"{end}T00:00:00+00:00") + DAY
    previews.at(over - timedelta(minutes=4))
    previews.run()
    assert previews.visible() == []
    ((_, gone),) = next(iter(previews.exposure().values()))
    assert gone is not None
    assert gone < over


def test_one_that_does_not_say_what_it_is_is_not_shown(previews: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an account does that neither reads the field out of the file nor takes it by a call."""
    once = {**previews.pair.overrides["engine"], "attempts": 1}
    previews.pair.overrides = {**previews.pair.overrides, "engine": once}
    for module in ("casing", "staging"):
        monkeypatch.setattr(f"dambridge.engine.publishing.{module}.stand_in_words", lambda page: "Call first")
    previews.master(1)
    assert "done" not in ends(previews.run())
    assert len(previews.files()) == 1, "it is there, and nobody sees it"
    assert previews.exposure() == {}
    monkeypatch.undo()
    previews.run(full=True)
    assert len(previews.visible()) == 1, previews.reasons()


# never taken for an original ------------------------------------------------------------------------------------------


def take_in(it: Portal) -> list[dict[str, Any]]:
    """A round of intake by an installation that remembers nothing of what was published; what is in NetX afterwards."""
    fresh = replace(it.pair, folder=it.pair.folder.parent / "another")

    async def work() -> None:
        async with fresh.bridge() as bridge:
            await run_flow(bridge.parts, full=True)

    asyncio.run(work())
    return fresh.archived()


@pytest.mark.hazard("P15")
def test_intake_takes_in_no_stand_in_wherever_it_is_filed_or_carried(previews: Portal) -> None:
    """By an installation that lost its store, and after somebody downloaded one and handed it in again."""
    previews.master(1)
    previews.run()
    one = shown(previews)
    for containers in (["Intake/Harbour"], ["Partners/Press", "Intake/Harbour"]):
        previews.pair.edit(
            one["id"], iptc=approved(instructions=one["metadata"]["instructions"]), containers=containers
        )
    previews.pair.submit(
        bytes_of(previews, one["id"]),
        file_name="mine.jpg",
        containers=["Intake/Harbour"],
        iptc={"edit_status": "approved"},
    )
    previews.pair.submit(picture(9), file_name="new.jpg", containers=["Intake/Harbour"], iptc=approved())
    archived = {it["file_name"] for it in take_in(previews)}
    assert "new.jpg" in archived, "beside the never an always"
    assert not {"mine.jpg", "boat1 stand-in.jpg", "boat1.jpg stand-in"} & archived


async def test_nothing_is_adopted_where_stand_ins_stand(tmp_path: Path) -> None:
    """What others put there is none of them."""
    ledger, policy = open_ledger(str(tmp_path)), replace(POLICY, outlets={"previews": PREVIEWS})
    desk = OutletDesk(ledger=ledger, clock=SystemClock(), sites={}, policies=[policy], configuration="c")
    command = Command(
        id=CommandId("co"),
        kind=CommandKind.ADOPT_OUTLET,
        actor="ada",
        via="cli",
        scope={"outlet": "previews"},
        idempotency_key="k",
        state=CommandState.RUNNING,
        created_at=datetime(2026, 11, 28, tzinfo=UTC),
    )
    with pytest.raises(Refused, match="holds stand-ins"):
        await outlets.carry_out(desk, command)
    await ledger.close()


def test_pairing_never_meets_a_stand_in(previews: Portal) -> None:
    previews.master(1)
    genuine = previews.pair.submit(picture(9), file_name="new.jpg", containers=["Intake/Harbour"], iptc=approved())
    previews.run()
    one = shown(previews)

    async def subjects() -> set[str]:
        async with open_matching(load_settings(previews.pair.config), source="", target="") as it:
            await matching.match(it)
            return {str(one.key.remote_id) for one in await it.store.subjects(AGENCY)}

    found = asyncio.run(subjects())
    assert one["id"] not in found
    assert genuine in found, "beside the never an always"


def test_search_finds_the_original_and_no_stand_in_beside_it(previews: Portal) -> None:
    master = previews.master(1)
    previews.run()
    one = shown(previews)

    async def keys(*, live: bool) -> set[str]:
        async with open_search(load_settings(previews.pair.config)) as desk:
            if not live:
                await desk.refill(lambda account, count: None)
            answer = await desk.ask("boat", everything("ann"), live=live, limit=20)
            return {str(it.key) for hit in answer.hits for it in hit.copies}

    for live in (False, True):
        found = asyncio.run(keys(live=live))
        assert f"archive:{master}" in found
        assert f"agency:{one['id']}" not in found


def test_the_mark_is_known_as_people_may_have_left_it() -> None:
    words = stand_in_words("https://netx.example/app/#asset/7")
    assert is_stand_in({STAND_IN_FIELD: words})
    assert is_stand_in({STAND_IN_FIELD: f"  {words} And more."})
    assert not is_stand_in({STAND_IN_FIELD: "Call first"})
    assert not is_stand_in({FieldName("description"): words})
    assert not is_stand_in({})
    assert len(stand_in_words("https://netx.example/" + "x" * 400)) <= 256
    assert "http" not in stand_in_words("https://netx.example/" + "x" * 400), "left out, never cut"
