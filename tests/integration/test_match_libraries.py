"""Two libraries that grew apart are paired over the real connectors, and nothing in them is touched before a named person says
so; nor then by the activation itself. The same shape as the full size in `tests/e2e/test_match_2000.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_matching
from dambridge.engine.orders import activating
from dambridge.engine.pairing import libraries, matching
from dambridge.engine.pairing.matching import Matched
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.pairing import Bucket, Verdict
from dambridge.model.plans import Plan
from dambridge.ports.errors import CannotGoOn, MovedOn, Refused, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader, ListingPage
from support.matching import Laid, laid_out
from support.pictures import picture
from support.two_libraries import kinds_of
from support.world import World, send, world

SIZE = 120


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    with laid_out(tmp_path_factory.mktemp("laid"), SIZE) as it:
        yield it


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path) -> World:
    return systems.anew(tmp_path)


def both(pair: World, number: int, **meta: Any) -> tuple[str, str]:
    """The same file in both systems under two names."""
    here = pair.submit(picture(number), file_name=f"DSC_{number}.jpg", containers=["Library"], **meta)
    answer = pair.keep_in_netx(picture(number), file_name=f"archive-{number}.jpg", containers=["Library"])
    return here, answer


async def matched(pair: World) -> Matched:
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        return await matching.match(it)


async def activated(pair: World, plan: Plan, *, by: str = "Ada") -> int:
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        return await activating.activate(it, plan, by=by)


def writes(pair: World, since: dict[str, int]) -> list[str]:
    """Every call that changed something in either system; signing in is none."""
    return [
        f"{system} {it['path']}"
        for system, seq in since.items()
        for it in pair.changes(system, seq)
        if "authenticate" not in it["path"]
    ]


def now(pair: World) -> dict[str, int]:
    return {it: pair.seq(it) for it in ("photoshelter", "netx")}


# the libraries of photographs ---------------------------------------------------------------------------------------
async def test_what_is_one_is_paired_and_nothing_else(laid: Laid) -> None:
    found = await laid.matched()
    pairs = laid.named(found)
    true = kinds_of((*laid.made.pairs, *laid.made.may), "same", "saved", "stripped", "burst")
    assert pairs - true == set(), "no automatic pair is wrong"
    same, saved = kinds_of(laid.made.pairs, "same"), kinds_of(laid.made.pairs, "saved", "stripped")
    assert len(same) >= 50
    assert len(saved) >= 25
    assert len(pairs & same) >= 0.99 * len(same)
    assert len(pairs & saved) >= 0.95 * len(saved)
    assert writes(laid.world, laid.since) == []
    assert len(found.pairing.review) >= 3, "what only looks so is left to a person"


@pytest.mark.hazard("P25")
async def test_the_look_at_each_library_counts_exactly_what_is_wrong_in_it(laid: Laid) -> None:
    async with open_matching(load_settings(laid.world.config), source="", target="") as it:
        found = await matching.examine(it)
    for told, key in zip(found.preflights, ("ps", "nx"), strict=True):
        counts = told.to_json()["counts"]
        assert {name: counts[name] for name in laid.made.wrongs[key]} == laid.made.wrongs[key]
    assert writes(laid.world, laid.since) == []


async def test_a_second_comparison_asks_for_no_file_again(laid: Laid) -> None:
    first = await laid.matched()
    again = await matched(laid.world)
    assert again.pairing == first.pairing
    assert again.adopted == 0
    assert again.calls[AccountId("agency")] <= SIZE + 10, "a record each, and the listing"
    assert again.calls[AccountId("archive")] <= 10


# links and their activation -----------------------------------------------------------------------------------------
async def test_links_are_watched_until_a_named_person_activates_them(pair: World) -> None:
    ours = [both(pair, number, iptc={"edit_status": "approved", "credit": "R"}) for number in range(4)]
    since = now(pair)
    found = await matched(pair)
    assert {(it.one.remote_id, it.other.remote_id) for it in found.pairing.certain} == set(ours)
    assert found.plan is not None
    watched = replace(pair, overrides={"flows": {"intake": {"select": {"galleries": ["Library"]}}}})
    ran = await watched.run()
    flow = ran.summary["flows"]["intake"]
    assert (flow["seen"], flow["unchanged"]) == (4, 4), "a flow that meets them leaves them alone"
    pair.advance(3600)
    pair.edit(ours[0][0], iptc={"caption": "Edited before anybody activated it"})
    ran = await watched.run(full=True)
    flow = ran.summary["flows"]["intake"]
    assert (flow["unchanged"], flow["skipped"]) == (3, 1), "an edit is not carried over either"
    assert writes(pair, since) == []

    plan = (await matched(watched)).plan
    assert plan is not None
    with pytest.raises(Refused, match="named person"):
        await activated(watched, plan, by=" ")
    assert await activated(watched, plan) == 4
    assert await activated(watched, plan) == 0, "what is done is not done again"
    assert writes(pair, since) == []
    ran = await watched.run(full=True)
    flow = ran.summary["flows"]["intake"]
    assert (flow["seen"], flow["unchanged"], flow["done"]) == (4, 3, 1), (
        "what was edited since they were paired goes over now"
    )
    assert {it["id"] for it in pair.archived()} == {there for _, there in ours}, "what is paired counts as archived"
    async with watched.bridge() as bridge:
        trail = [it.entry for it in await bridge.parts.ledger.audit_trail(subject=None, after=0, limit=100)]
    assert [it.actor for it in trail if it.event == "link.adopted"] == ["dambridge"] * 4
    assert [it.actor for it in trail if it.event == "link.activated"] == ["Ada"] * 4
    assert [it.subject for it in trail if it.event == "plan.approved"] == [plan.id, plan.id]


async def test_an_edit_after_activation_goes_over_and_creates_nothing(pair: World) -> None:
    here, there = both(pair, 1, iptc={"edit_status": "approved", "credit": "R", "caption": "A boat"})
    pair.edit_netx(there, attributes={"Caption": ["A boat"], "Credit": ["R"]})
    open_flow = replace(pair, overrides={"flows": {"intake": {"select": {"galleries": ["Library"]}}}})
    plan = (await matched(open_flow)).plan
    assert plan is not None
    await activated(open_flow, plan)
    pair.advance(3600)
    pair.edit(here, iptc={"caption": "A red boat"})
    await open_flow.run(full=True)
    (only,) = pair.archived()
    assert (only["id"], only["attributes"]["Caption"]) == (there, ["A red boat"])


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("side", ["photoshelter", "netx"])
async def test_an_activation_is_refused_whole_when_an_asset_moved(pair: World, side: str) -> None:
    ours = [both(pair, number) for number in range(3)]
    found = await matched(pair)
    assert found.plan is not None
    pair.advance(60)
    if side == "photoshelter":
        pair.edit(ours[1][0], iptc={"caption": "New"})
    else:
        pair.edit_netx(ours[1][1], attributes={"Caption": ["New"]})
    with pytest.raises(MovedOn, match="nothing was done"):
        await activated(pair, found.plan)
    async with pair.bridge() as bridge:
        links = await bridge.parts.ledger.links([it.link for it in found.plan.actions])
    assert all(it.observe_only for it in links.values())
    again = await matched(pair)
    assert again.plan is not None
    assert await activated(pair, again.plan) == 3, "planned anew it goes through"


@pytest.mark.hazard("P47")
async def test_an_activation_plan_ends_and_fits_its_configuration_alone(pair: World) -> None:
    both(pair, 1)
    plan = (await matched(pair)).plan
    assert plan is not None
    other = replace(pair, overrides={"match": {"id_fields": ["image_guid"]}})
    with pytest.raises(Refused, match="changed since"):
        await activated(other, plan)
    pair.advance(49 * 3600)
    with pytest.raises(Refused, match="expired"):
        await activated(pair, plan)


async def test_a_person_decides_what_waits_and_a_refusal_is_remembered(pair: World) -> None:
    """Two of the same file in NetX: which one is meant only a person can say."""
    here, first = both(pair, 1)
    second = pair.keep_in_netx(picture(1), file_name="again.jpg", containers=["Library"])
    found = await matched(pair)
    assert found.pairing.certain == ()
    assert found.plan is None
    one = found.pairing.review[0].one
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        keys = {pair_.other.remote_id: pair_.other for pair_ in found.pairing.review}
        await matching.decide(it, one, keys[RemoteId(second)], Verdict.ACCEPTED, by="Grace")
        stored = await matching.compared(it)
        assert [(p.one.remote_id, p.other.remote_id, p.bucket) for p in stored.pairing.certain] == [
            (here, second, Bucket.CERTAIN)
        ]
        with pytest.raises(Refused, match="accepted as one asset before"):
            await matching.decide(it, one, keys[RemoteId(first)], Verdict.ACCEPTED, by="Grace")
        plan = await matching.plan_activation(it, folders=())
        assert plan is not None
        await matching.decide(it, one, keys[RemoteId(second)], Verdict.REFUSED, by="Grace")
        assert await matching.plan_activation(it, folders=()) is None, "what is refused is not watched any more"
        with pytest.raises(Refused, match="no pair"):
            await matching.decide(
                it, one, AssetKey(AccountId("archive"), RemoteId("999")), Verdict.ACCEPTED, by="Grace"
            )
    again = await matched(pair)
    assert {(p.one.remote_id, p.other.remote_id) for p in again.pairing.certain} == set()
    assert (here, second) not in {(p.one.remote_id, p.other.remote_id) for p in again.pairing.review}
    assert (here, first) in {(p.one.remote_id, p.other.remote_id) for p in again.pairing.review}


async def test_a_link_that_a_flow_made_counts_as_paired(pair: World) -> None:
    """What intake archived needs no finding, and its link is not made anew."""
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/X"], iptc={"edit_status": "approved", "credit": "R"})
    await pair.run()
    found = await matched(pair)
    (only,) = found.pairing.certain
    assert only.confidence == 100
    assert found.adopted == 0
    assert found.plan is None


async def test_our_mark_pairs_after_the_loss_of_the_store(pair: World, tmp_path: Path) -> None:
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/X"], iptc={"edit_status": "approved", "credit": "R"})
    await pair.run()
    lost = replace(pair, folder=tmp_path / "anew")
    found = await matched(lost)
    (only,) = found.pairing.certain
    assert "mark" in [str(it) for it in only.evidence]
    assert found.adopted == 1


# trouble --------------------------------------------------------------------------------------------------------------
class Troubled:
    """A reader that answers so many reads, or lists so many pages, and then fails."""

    def __init__(self, inner: AssetReader, error: Exception, *, reads: int = 10_000, pages: int = 10_000) -> None:
        self.inner, self.error, self.reads, self.pages = inner, error, reads, pages
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> Any:
        self.asked.append(remote_id)
        if len(self.asked) > self.reads:
            raise self.error
        return await self.inner.read(remote_id, groups=groups, lane=lane)

    async def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        shown = 0
        async for page in self.inner.everything(lane=lane):
            shown += 1
            if shown > self.pages:
                raise self.error
            yield page


async def troubled(pair: World, error: Exception, **limits: int) -> tuple[Troubled, Matched | Exception]:
    """A comparison whose NetX fails in this way; what came of it."""
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        reader = Troubled(it.other.reader, error, **limits)
        try:
            return reader, await matching.match(replace(it, other=replace(it.other, reader=reader, at_once=1)))
        except (CannotGoOn, TryLater) as stopped:
            return reader, stopped


async def test_a_look_that_was_interrupted_goes_on_where_it_was(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "TOGETHER", 2)
    for number in range(6):
        both(pair, number)
    before = now(pair)
    first, stopped = await troubled(pair, CannotGoOn("the disk is full"), reads=5)
    assert isinstance(stopped, CannotGoOn)
    second, found = await troubled(pair, CannotGoOn("never"))
    assert isinstance(found, Matched)
    assert len(found.pairing.certain) == 6
    assert len(second.asked) == 2, "what was written down before the end is not read again"
    assert not set(second.asked) & set(first.asked[:4])
    third, _ = await troubled(pair, CannotGoOn("never"))
    assert len(third.asked) == 6, "a look that ended is begun anew"
    assert writes(pair, before) == []


async def test_what_cannot_be_read_is_told_and_concludes_nothing(pair: World) -> None:
    for number in range(4):
        both(pair, number)
    _, found = await troubled(pair, TryLater("busy"), reads=1)
    assert isinstance(found, Matched)
    assert list(found.unread.values()) == ["busy"] * 3
    assert len(found.pairing.certain) == 1
    again = await matched(pair)
    assert len(again.pairing.certain) == 4
    _, found = await troubled(pair, TryLater("busy"), reads=0)
    assert isinstance(found, Matched)
    assert len(found.pairing.certain) == 4, "unread is not gone: what was known of it counts"


@pytest.mark.hazard("P01")
async def test_nothing_is_concluded_from_half_a_listing(pair: World) -> None:
    for number in range(4):
        both(pair, number)
    assert len((await matched(pair)).pairing.certain) == 4
    _, stopped = await troubled(pair, TryLater("the listing broke off"), pages=0)
    assert isinstance(stopped, TryLater)
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        assert len((await matching.compared(it)).pairing.certain) == 4
        assert len(await it.store.watched(it.accounts)) == 4
        assert len(await it.store.subjects(AccountId("archive"))) == 4


async def test_what_is_gone_is_watched_no_more(pair: World) -> None:
    """Beside the never an always: a listing that is whole does tell what was deleted."""
    ours = [both(pair, number) for number in range(3)]
    assert len((await matched(pair)).pairing.certain) == 3
    send(pair.netx.url, "DELETE", f"/__sim__/assets/{ours[1][1]}", meta={}, data=None)
    found = await matched(pair)
    assert len(found.pairing.certain) == 2
    async with open_matching(load_settings(pair.config), source="", target="") as it:
        assert len(await it.store.watched(it.accounts)) == 2
        trail = [one.entry.event for one in await it.ledger.audit_trail(subject=None, after=0, limit=100)]
    assert trail.count("link.dropped") == 1


async def test_bytes_are_told_where_no_account_shows_a_checksum(pair: World) -> None:
    pair.switch("netx", **{"metadata.checksumEnabled": False})
    ours = [both(pair, number) for number in range(3)]
    found = await matched(pair)
    assert {(it.one.remote_id, it.other.remote_id) for it in found.pairing.certain} == set(ours)
    assert all("bytes" in [str(one) for one in it.evidence] for it in found.pairing.certain)
