"""What people do with finds: pictures, completion, kept questions, orders; and how the index follows what flows see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image

from dambridge.bootstrap import load_settings, open_store
from dambridge.model.access import Role, Scope, Searcher, everything
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import Refused
from dambridge.search.desk import SearchDesk
from dambridge.search.saving import searcher_from_json, searcher_to_json
from dambridge.search.suggesting import names
from support.pictures import approved, picture
from support.search_truth import PERSONS, Copy, Truth, anywhere, plain_words
from support.search_world import SearchWorld, search_world, searcher
from support.world import world

T = TypeVar("T")
ANN = everything("ann")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("desk"), count=24) as made:
        asyncio.run(made.fill())
        yield made


def at_desk(known: SearchWorld, work: Callable[[SearchDesk], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with known.desk() as desk:
            return await work(desk)

    return asyncio.run(opened())


def key_of(it: Copy) -> AssetKey:
    return AssetKey(AccountId(it.home), RemoteId(it.id))


# pictures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["administrator", "viewer", "librarian of spring"])
def test_a_picture_is_given_to_those_who_see_the_asset_and_to_nobody_else(known: SearchWorld, who: str) -> None:
    person = PERSONS[who]

    async def work(desk: SearchDesk) -> list[tuple[bool, bool]]:
        found = []
        for it in known.truth.copies[:14]:
            thumbnail = await desk.thumbnails.of(key_of(it), searcher(who, person))
            if thumbnail is not None:
                assert thumbnail.content_type == "image/jpeg"
                Image.open(BytesIO(thumbnail.data)).verify()
            found.append((thumbnail is not None, known.truth.sees(it, person)))
        return found

    pairs = at_desk(known, work)
    assert [given for given, _ in pairs] == [seen for _, seen in pairs]
    assert sum(given for given, _ in pairs) >= 2


def test_a_picture_is_fetched_once(known: SearchWorld) -> None:
    it = next(one for one in known.truth.copies if one.home == "archive")

    async def work(desk: SearchDesk) -> None:
        await desk.thumbnails.of(key_of(it), ANN)
        before = known.pair.seq("netx")
        again = await asyncio.gather(*(desk.thumbnails.of(key_of(it), ANN) for _ in range(5)))
        assert all(one is not None for one in again)
        assert known.pair.seq("netx") == before

    at_desk(known, work)


# completion -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PERSONS)
def test_completion_equals_brute_force_for_every_role(known: SearchWorld, who: str) -> None:
    person = PERSONS[who]

    def wanted(prefix: str, texts: Callable[[Copy], list[str]]) -> dict[str, int]:
        found: dict[str, set[str]] = {}
        for it in known.truth.copies:
            if known.truth.sees(it, person):
                for word in (one for text in texts(it) for one in plain_words(text)):
                    if word.startswith(prefix):
                        found.setdefault(word, set()).add(known.truth.entry(it))
        return {word: len(entries) for word, entries in found.items()}

    async def work(desk: SearchDesk) -> int:
        count = 0
        for typed, prefix, texts in (
            ("fog har", "har", anywhere),
            ("o", "o", anywhere),
            ("-(n", "n", anywhere),
            ("title:f", "f", lambda it: [it.title]),
            ("photographer:a", "a", lambda it: [it.by]),
            ("nosuchfield:f", "", lambda it: []),
        ):
            told = await desk.suggest(typed, searcher(who, person), limit=50)
            expected = wanted(prefix, texts)
            assert {plain_words(it.word)[0]: it.assets for it in told} == expected, (typed, who)
            count += len(told)
        return count

    assert at_desk(known, work) >= 3


def test_names_of_fields_are_completed() -> None:
    assert "photographer:" in names("photo")
    assert names("") == ()


# kept questions -------------------------------------------------------------------------------------------------------


def test_an_alert_tells_of_what_is_new_and_only_of_what_its_owner_sees(tmp_path: Path) -> None:
    with search_world(tmp_path, count=3) as known:
        asyncio.run(known.fill())
        viewer = searcher("vic", PERSONS["viewer"])

        async def keep(desk: SearchDesk) -> None:
            kept = await desk.saved.save("Lanterns", "lantern OR type:image", ANN, alert=True)
            await desk.saved.save("Mine", "type:image", viewer, alert=True)
            await desk.saved.save("Silent", "type:image", ANN)
            assert await desk.saved.check_when_due() == ()
            assert [it.name for it in await desk.saved.of(ANN)] == ["Lanterns", "Silent"]
            assert not await desk.saved.drop(kept.id, viewer)

        at_desk(known, keep)
        secret = known.pair.keep_in_netx(
            picture(900), file_name="new.jpg", containers=["Vault"], attributes={"Status": "draft", "Title": "lantern"}
        )
        known.pair.advance(timedelta(hours=2).total_seconds())

        async def hear(desk: SearchDesk) -> None:
            await desk.refill(lambda account, count: None)
            told = await desk.saved.check_when_due()
            assert [(it.search.owner, it.entries) for it in told] == [("ann", (f"archive:{secret}",))]
            assert await desk.saved.check_when_due() == ()
            kept = {it.name: it for it in await desk.saved.of(ANN)}
            assert kept["Lanterns"].news == (f"archive:{secret}",)
            await desk.saved.looked_at(kept["Lanterns"].id, ANN)
            assert all(not it.news for it in await desk.saved.of(ANN))
            assert await desk.saved.drop(kept["Silent"].id, ANN)

        at_desk(known, hear)


def test_who_somebody_is_is_kept_with_their_question() -> None:
    for name, person in PERSONS.items():
        who = searcher(name, person)
        assert searcher_from_json(name, searcher_to_json(who)) == who


# orders ---------------------------------------------------------------------------------------------------------------


def test_an_order_goes_to_the_flow_and_only_from_those_who_may(known: SearchWorld) -> None:
    viewer, person = Searcher(name="vic", roles=frozenset({Role.VIEWER})), PERSONS["viewer"]
    agency = [one for one in known.truth.copies if one.home == "agency"]
    it = next(one for one in agency if not known.truth.sees(one, person))
    shown = next(one for one in agency if known.truth.sees(one, person))
    master = next(one for one in known.truth.copies if one.home == "archive")

    async def work(desk: SearchDesk) -> None:
        command = await desk.orders.bring(key_of(it), ANN, via="api")
        assert (command.scope["flow"], command.actor, command.via) == ("intake", "ann", "api")
        again = await desk.orders.bring(key_of(it), ANN, via="api")
        assert again.id == command.id
        with pytest.raises(Refused, match="you can see"):
            await desk.orders.bring(key_of(it), viewer, via="api")
        with pytest.raises(Refused, match="roles do not let you"):
            await desk.orders.bring(key_of(shown), viewer, via="api")
        with pytest.raises(Refused, match="No flow takes"):
            await desk.orders.bring(key_of(master), ANN, via="api")
        with pytest.raises(Refused, match="no outlet"):
            await desk.orders.publish(key_of(it), "germany", ANN, via="api")

    at_desk(known, work)


GERMANY = {"account": "agency", "channel": "web", "audience": "dealers", "gallery": "Markets/DE", "territory": "DE"}


def test_what_the_gate_holds_back_is_refused_with_its_reason_and_what_it_permits_is_asked_for(
    known: SearchWorld,
) -> None:
    publish = {
        "from": "archive",
        "select": {"folders": ["**"]},
        "status": "edit_status",
        "outlets": {"germany": GERMANY},
    }
    pair = known.pair
    pair.overrides = {**pair.overrides, "flows": {"publish": publish}}
    masters = [one for one in known.truth.copies if one.home == "archive"]

    async def work(desk: SearchDesk) -> tuple[int, int]:
        asked = refused = 0
        for it in masters:
            if known.truth.standing(it, "web", "DE") == "usable":
                command = await desk.orders.publish(key_of(it), "germany", ANN, via="api")
                assert command.scope["flow"] == "publish"
                asked += 1
            else:
                with pytest.raises(Refused, match="Held back from germany"):
                    await desk.orders.publish(key_of(it), "germany", ANN, via="api")
                refused += 1
        return asked, refused

    try:
        asked, refused = at_desk(known, work)
    finally:
        pair.overrides = {name: it for name, it in pair.overrides.items() if name != "flows"}
    assert asked >= 2
    assert refused >= 2


def test_an_outlet_that_takes_orders_keeps_them_for_what_no_selection_names_and_lets_them_be_taken_back(
    known: SearchWorld,
) -> None:
    outlets = {"germany": {**GERMANY, "orders": True}, "shop": {**GERMANY, "gallery": "Shop"}}
    publish = {"from": "archive", "select": {"folders": ["Nowhere"]}, "status": "edit_status", "outlets": outlets}
    pair = known.pair
    pair.overrides = {**pair.overrides, "flows": {"publish": publish}}
    masters = [one for one in known.truth.copies if one.home == "archive"]
    good = [it for it in masters if known.truth.standing(it, "web", "DE") == "usable"]
    bad = [it for it in masters if it not in good]
    anybody = Searcher(name="sue", roles=frozenset({Role.SEARCHER}))
    french = Searcher(name="fre", roles=frozenset({Role.LIBRARIAN}), scope=Scope(regions=frozenset({"FR"})))

    async def work(desk: SearchDesk) -> None:
        orders, now = desk.orders, known.truth.now
        for it in bad:
            with pytest.raises(Refused, match="Held back from germany"):
                await orders.publish(key_of(it), "germany", ANN, via="api")
        assert await orders.ordered(ANN) == [], "what was refused is not kept"
        first, second = good[:2]
        with pytest.raises(Refused, match="Put the asset there first"):
            await orders.publish(key_of(first), "shop", ANN, via="api")
        with pytest.raises(Refused, match="ahead of now"):
            await orders.publish(key_of(first), "germany", ANN, via="api", until=now - timedelta(seconds=1))
        given = await orders.publish(key_of(first), "germany", anybody, via="api")
        again = await orders.publish(key_of(first), "germany", ANN, via="api")
        assert again.actor == "ann"
        assert (await orders.publish(key_of(first), "germany", anybody, via="api")).id == given.id
        assert (given.actor, given.scope["asked"]) == ("sue", {"asset": str(key_of(first)), "outlet": "germany"})
        (kept,) = await orders.ordered(ANN)
        assert (kept.source, kept.outlet, kept.by, kept.until) == (key_of(first), "germany", "sue", None)
        await orders.publish(key_of(second), "germany", ANN, via="api", until=orders.end_of("germany", "2099-01-31"))
        assert {it.by: it.until is not None for it in await orders.ordered(ANN)} == {"sue": False, "ann": True}
        for other in (anybody, french):
            with pytest.raises(Refused, match="that you may take back"):
                await orders.take_back(key_of(second), "germany", other, via="api")
        back = await orders.take_back(key_of(second), "germany", ANN, via="api")
        assert back.scope["asked"]["back"] is True
        await orders.take_back(key_of(first), "germany", ANN, via="api")
        assert await orders.ordered(ANN) == []
        with pytest.raises(Refused, match="No order"):
            await orders.take_back(key_of(first), "germany", ANN, via="api")
        while await desk.index.clock.now() == kept.said_at:  # noqa: ASYNC110 - a clock that is read again after a moment
            await asyncio.sleep(0.01)
        anew = await orders.publish(key_of(first), "germany", anybody, via="api")
        assert anew.id != given.id, "ordered again it is another order"
        prospects = await orders.prospects([key_of(it) for it in masters], ANN)
        assert {it.key for it in prospects if not it.outlets["germany"]} == {key_of(it) for it in good}

    try:
        at_desk(known, work)
    finally:
        pair.overrides = {name: it for name, it in pair.overrides.items() if name != "flows"}
    assert len(good) >= 2
    assert len(bad) >= 2


# keeping in step ------------------------------------------------------------------------------------------------------


def test_the_index_follows_what_a_flow_sees(tmp_path: Path) -> None:
    """An asset that was brought over is one find with two homes; an edit is found after the next look, what is gone no more."""
    with world(tmp_path / "ours") as pair:
        known = SearchWorld(pair, Truth([], datetime.now(UTC)))  # noqa: TID251 - nothing is asked of it
        asset = pair.submit(
            picture(1), file_name="boat.jpg", containers=["Intake/A"], iptc=approved(title="A ferry", keywords=["fog"])
        )
        asyncio.run(pair.run(full=True))
        target = pair.archived()[0]["id"]
        both = sorted([f"agency:{asset}", f"archive:{target}"])

        def found(text: str) -> list[list[str]]:
            answer = at_desk(known, lambda desk: desk.ask(text, ANN))
            return [sorted(str(it.key) for it in hit.copies) for hit in answer.hits]

        assert found("ferry") == [both]
        assert found("home:agency") == [both]
        assert found("tram") == []
        at_desk(known, lambda desk: desk.saved.save("Trams", "tram", ANN, alert=True))
        pair.advance(7200)
        pair.edit(asset, iptc=approved(title="A tram", keywords=["fog"]))
        asyncio.run(pair.run())
        assert found("tram") == [both]
        assert found("title:ferry") == []
        assert [len(it.news) for it in at_desk(known, lambda desk: desk.saved.of(ANN))] == [1]
        _drop(known, AssetKey(AccountId("agency"), RemoteId(asset)))
        assert found("tram") == [[f"archive:{target}"]]


def _drop(known: SearchWorld, key: AssetKey) -> None:
    """A tombstone is all that it takes."""

    async def bury() -> None:
        async with open_store(load_settings(known.pair.config)) as (ledger, clock):
            link = (await ledger.links_of([key]))[key]
            copy = CopyId(key.account, CopyRole.SOURCE)
            reason = Reason.of(Code.IN_STEP)
            await ledger.put_tombstones([Tombstone(key=key, copy=copy, link=link, reason=reason, at=await clock.now())])

    asyncio.run(bury())
    at_desk(known, lambda desk: desk.keeper.flush())
