"""What the PhotoShelter connector does when the service, or the way to it, goes wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.connectors.kit import Retries
from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.ports.errors import CannotGoOn, MovedOn, Refused, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader, Window
from dambridge.testing.archive_samples import small_jpeg
from dambridge.testing.reader_contract import container_id, listed, present

from .consent import consent

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite

LANE = Lane.NORMAL
BASE = frozenset({"base"})
ALL = frozenset({"base", "iptc", "custom", "containers"})
DOWNLOAD = "*/media/*/download"


async def fill(site: PhotoShelterSite, count: int, containers: tuple[str, ...] = ("Intake",)) -> list[RemoteId]:
    return [await site.add(f"a{n:03}.jpg", small_jpeg(f"asset {n}"), containers=containers) for n in range(count)]


# transport -----------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P44")
async def test_a_429_is_waited_out_and_the_pacer_told(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    rule = {"match": {"path": f"*/media/{asset}"}, "action": "status", "status": 429, "headers": {"retry-after": "7"}}
    async with photoshelter.reader() as reader:
        await photoshelter.fault({**rule, "times": 2})
        assert isinstance(await reader.read(asset, groups=BASE, lane=LANE), NativeRecord)
    assert photoshelter.pacer.waits == [timedelta(seconds=7)] * 2


@pytest.mark.hazard("P44")
async def test_a_429_without_end_is_put_off_with_the_time_named(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"action": "status", "status": 429, "headers": {"retry-after": "9"}})
        with pytest.raises(TryLater) as caught:
            await reader.read(asset, groups=BASE, lane=LANE)
    assert caught.value.after == timedelta(seconds=9)


@pytest.mark.hazard("P44")
async def test_a_long_wait_is_not_sat_out(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"action": "status", "status": 503, "headers": {"retry-after": "3600"}})
        with pytest.raises(TryLater) as caught:
            await reader.read(asset, groups=BASE, lane=LANE)
    assert caught.value.after == timedelta(hours=1)
    assert photoshelter.slept == []


@pytest.mark.hazard("P03")
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 500},
        {"action": "status", "status": 503},
        {"action": "drop_request"},
        {"action": "drop_reply"},
        {"action": "truncate", "bytes": 40},
        {"action": "wrong_length", "delta": 5},
        {"action": "wrong_length", "delta": -5},
        {"action": "expire_token"},
    ],
    ids=str,
)
async def test_a_passing_trouble_at_any_call_leaves_no_trace(
    photoshelter: PhotoShelterSite, fault: dict[str, Any]
) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["X/Y"], fields={"caption": "c"})
    async with photoshelter.reader() as reader:
        calm = await reader.read(asset, groups=ALL, lane=LANE)
    calls = len(await photoshelter.journal())
    for nth in range(1, calls + 1):
        await photoshelter.fault({"match": {"nth": nth, "path": "/psapi/*"}, **fault, "times": 1})
        async with photoshelter.reader() as reader:
            assert await reader.read(asset, groups=ALL, lane=LANE) == calm


@pytest.mark.hazard("P44")
async def test_signing_in_is_repeated_too(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.fault(
        {"match": {"path": "*/authenticate"}, "action": "status", "status": 429, "times": 2},
        {"match": {"path": "*/organization/authenticate"}, "action": "drop_reply", "times": 1},
    )
    async with photoshelter.reader() as reader:
        assert (await reader.whoami()).person


async def test_a_call_without_an_answer_ends_at_its_deadline(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader(read_timeout=0.2, retries=Retries(attempts=2)) as reader:
        await reader.whoami()
        await photoshelter.fault({"match": {"path": f"*/media/{asset}"}, "action": "hang", "times": 1})
        assert isinstance(await reader.read(asset, groups=BASE, lane=LANE), NativeRecord)
        await photoshelter.fault({"match": {"path": f"*/media/{asset}"}, "action": "hang"})
        with pytest.raises(TryLater, match=r"no answer in time.*2 attempts"):
            await reader.read(asset, groups=BASE, lane=LANE)
        await photoshelter.fault()


async def test_a_service_that_is_not_there_is_tried_later(photoshelter: PhotoShelterSite) -> None:
    async with photoshelter.reader(base_url="http://127.0.0.1:9") as reader:
        with pytest.raises(TryLater, match="could not connect"):
            await reader.whoami()


# sessions ------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P44")
async def test_a_session_that_ends_for_many_is_renewed_once(photoshelter: PhotoShelterSite) -> None:
    assets = await fill(photoshelter, 8)
    async with photoshelter.reader() as reader:
        await reader.whoami()
        await photoshelter.advance(timedelta(days=2))
        before = len(await photoshelter.journal())
        records = await asyncio.gather(*(reader.read(it, groups=BASE, lane=LANE) for it in assets))
        journal = (await photoshelter.journal())[before:]
    assert [present(it).key.remote_id for it in records] == assets
    assert sum(it["path"].endswith("/v4.0/authenticate") for it in journal) == 1


async def test_a_session_that_ends_in_mid_listing_loses_nothing(photoshelter: PhotoShelterSite) -> None:
    assets = await fill(photoshelter, 70)
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"match": {"path": "*/search", "nth": [2, 4]}, "action": "expire_token"})
        assert await listed(reader.everything(lane=LANE)) == set(assets)


async def test_an_oauth_session_lives_on_through_rotated_tokens(photoshelter: PhotoShelterSite, tmp_path: Any) -> None:
    (asset,) = await fill(photoshelter, 1)
    kept = tmp_path / "token"
    said: dict[str, Any] = {
        "email": None,
        "password": None,
        "oauth": await consent(photoshelter) | {"token_file": str(kept)},
    }
    for _ in range(2):  # the second reader knows the first's last token from the file alone
        async with photoshelter.reader(**said) as reader:
            assert isinstance(await reader.read(asset, groups=BASE, lane=LANE), NativeRecord)
            await photoshelter.advance(timedelta(hours=5))
            assert isinstance(await reader.read(asset, groups=BASE, lane=LANE), NativeRecord)
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_key": "00000000000"}, "api_key"),
        ({"password": "not-the-word"}, "password"),
        ({"org_id": "O0000nobodys.org"}, "org_id"),
    ],
)
async def test_being_locked_out_names_what_to_check(
    photoshelter: PhotoShelterSite, wrong: dict[str, Any], words: str
) -> None:
    async with photoshelter.reader(**wrong) as reader:
        with pytest.raises(CannotGoOn, match=words):
            await reader.whoami()


async def test_after_being_locked_out_the_next_call_tries_anew(photoshelter: PhotoShelterSite) -> None:
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"match": {"path": "*/authenticate"}, "action": "status", "status": 401, "times": 1})
        with pytest.raises(CannotGoOn):
            await reader.whoami()
        assert (await reader.whoami()).person


async def test_signing_out_ends_the_session(photoshelter: PhotoShelterSite) -> None:
    async with photoshelter.reader() as reader:
        await reader.whoami()
    assert (await photoshelter.journal())[-1]["path"].endswith("/authenticate/logout")


# what is missing -----------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P01")
async def test_a_404_that_is_not_the_services_own_proves_nothing(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader() as reader:
        await photoshelter.fault(
            {"match": {"path": f"*/media/{asset}"}, "action": "status", "status": 404, "body": "<html>no such page"}
        )
        with pytest.raises(TryLater):
            await reader.read(asset, groups=BASE, lane=LANE)


@pytest.mark.hazard("P01")
async def test_hidden_is_only_said_by_a_session_that_is_good(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    refusal = {"errors": [{"id": "AcsPermissionException", "status": "401", "title": "No", "detail": "Not for you."}]}
    no = {"action": "status", "status": 401, "body": refusal}
    async with photoshelter.reader() as reader:
        await reader.whoami()
        await photoshelter.fault({"match": {"path": f"*/media/{asset}"}, **no})
        seen = await reader.read(asset, groups=BASE, lane=LANE)
        assert isinstance(seen, Missing)
        assert seen.absence is Absence.HIDDEN
        await photoshelter.fault({"match": {"path": f"*/media/{asset}"}, **no}, {"match": {"path": "*/user/*"}, **no})
        with pytest.raises(TryLater):
            await reader.read(asset, groups=BASE, lane=LANE)
        await photoshelter.fault({"match": {"path": f"*/media/{asset}"}, **no, "times": 1})
        assert isinstance(await reader.read(asset, groups=BASE, lane=LANE), NativeRecord)


# listings ------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P08")
@pytest.mark.parametrize("change", ["remove", "insert"])
@pytest.mark.parametrize("count", [1, 3, 30])
async def test_pages_that_drift_lose_nothing(photoshelter: PhotoShelterSite, change: str, count: int) -> None:
    assets = await fill(photoshelter, 90)
    fault = {"match": {"path": "*/search", "nth": [2, 3, 4]}, "action": "page_drift", "change": change, "count": count}
    async with photoshelter.reader() as reader:
        await photoshelter.fault(fault)
        assert await listed(reader.everything(lane=LANE)) == set(assets)


@pytest.mark.hazard("P08")
async def test_people_who_delete_between_pages_hide_nothing_else(photoshelter: PhotoShelterSite) -> None:
    assets = await fill(photoshelter, 90)
    met: set[RemoteId] = set()
    doomed = assets[:30]
    async with photoshelter.reader() as reader:
        async for page in reader.everything(lane=LANE):
            met |= {it.remote_id for it in page.sightings}
            for it in doomed[:7]:
                await photoshelter.delete(it)
            del doomed[:7]
    assert met >= set(assets[30:])


@pytest.mark.hazard("P08")
async def test_what_is_put_on_top_meanwhile_is_met(photoshelter: PhotoShelterSite) -> None:
    assets = await fill(photoshelter, 45)
    met: set[RemoteId] = set()
    async with photoshelter.reader() as reader:
        gallery = await container_id(reader, "Intake")
        new: RemoteId | None = None
        async for page in reader.members(gallery, lane=LANE):
            met |= {it.remote_id for it in page.sightings}
            if new is None:
                new = await photoshelter.add("new.jpg", small_jpeg("new"), containers=["Intake"])
    assert met == {*assets, new}


@pytest.mark.hazard("P01")
@pytest.mark.parametrize("action", ["half_list", "empty_list"])
async def test_a_listing_short_of_its_own_count_is_no_listing(photoshelter: PhotoShelterSite, action: str) -> None:
    assets = await fill(photoshelter, 50)
    cut = {"match": {"path": "*/search"}, "action": action, "keep_total": True}
    async with photoshelter.reader() as reader:
        await photoshelter.fault(cut)
        with pytest.raises(TryLater, match="nothing may rest on it"):
            await listed(reader.everything(lane=LANE))
        await photoshelter.fault({**cut, "times": 2})
        assert await listed(reader.everything(lane=LANE)) == set(assets)


async def test_items_that_come_twice_do_no_harm(photoshelter: PhotoShelterSite) -> None:
    assets = await fill(photoshelter, 50)
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"match": {"path": "*/search"}, "action": "duplicate_item", "times": 2})
        assert await listed(reader.everything(lane=LANE)) == set(assets)


@pytest.mark.hazard("P11")
async def test_ten_thousand_between_two_polls_are_all_listed(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.control("POST", "reset", {"seed": "synthetic:10000"})
    async with photoshelter.reader(per_page=500) as reader:
        window = Window(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        assert len(await listed(reader.changed(window, lane=LANE))) == 10_000
        assert len(await photoshelter.journal()) <= 26


@pytest.mark.hazard("P09")
async def test_many_assets_of_one_instant_are_all_listed(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.control("POST", "clock", {"freeze": True})
    assets = await fill(photoshelter, 70)
    async with photoshelter.reader() as reader:
        at = present(await reader.read(assets[0], groups=BASE, lane=LANE)).modified_at
        assert at is not None
        assert await listed(reader.changed(Window(at, at), lane=LANE)) == set(assets)


async def test_a_quiet_window_costs_one_call(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader() as reader:
        at = present(await reader.read(asset, groups=BASE, lane=LANE)).modified_at
        assert at is not None
        before = len(await photoshelter.journal())
        later = Window(at + timedelta(days=1), at + timedelta(days=2))
        pages = [it async for it in reader.changed(later, lane=LANE)]
        assert [it.sightings for it in pages] == [()]
        assert len(await photoshelter.journal()) == before + 1


async def test_a_gallery_in_several_collections_has_every_path(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["One/Shared"])
    await photoshelter.add("b.jpg", small_jpeg("b"), containers=["Two/Other"])
    async with photoshelter.reader() as reader:
        ids = {it.path: it.id async for it in reader.containers(lane=LANE)}
        two = await _collection(photoshelter, reader, "Two")
        await _api(photoshelter, f"/galleries/{ids['One/Shared']}/parents", {"collection_id": two})
        paths = [it.path async for it in reader.containers(lane=LANE)]
        assert sorted(paths) == ["One/Shared", "Two/Other", "Two/Shared"]
        record = present(await reader.read(asset, groups=ALL, lane=LANE))
        assert [it.path for it in record.containers] == ["One/Shared", "Two/Shared"]


async def test_a_gallery_that_got_another_name_is_known_by_it(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["One/Old"])
    async with photoshelter.reader() as reader:
        record = present(await reader.read(asset, groups=ALL, lane=LANE))
        (place,) = record.containers
        assert place.path == "One/Old"
        await _api(photoshelter, f"/galleries/{place.id}", {"name": "New/er"}, method="PATCH")
        (place,) = present(await reader.read(asset, groups=ALL, lane=LANE)).containers
        assert place.path == "One/New\N{DIVISION SLASH}er"
        before = len(await photoshelter.journal())
        await reader.read(asset, groups=ALL, lane=LANE)
        assert len(await photoshelter.journal()) == before + 3  # asset with IPTC, custom fields, galleries: no walk


async def _collection(site: PhotoShelterSite, reader: AssetReader, name: str) -> str:
    found = await _api(site, "/library", {}, method="GET")
    return next(str(it["id"]) for it in found["data"] if it["attributes"]["name"] == name)


async def _api(site: PhotoShelterSite, path: str, form: dict[str, str], *, method: str = "POST") -> Any:
    """A call as another program makes it: somebody who arranges the library."""
    import aiohttp

    said = site.served.credentials
    root, headers = f"{site.served.url}/psapi/v4.0", {"X-PS-Api-Key": str(said["api_key"])}
    async with aiohttp.ClientSession(headers=headers) as session:
        login = {"email": said["email"], "password": said["password"], "mode": "token"}
        async with session.post(f"{root}/authenticate", data=login) as reply:
            token = {"X-PS-Auth-Token": (await reply.json())["token"]}
        async with session.post(f"{root}/organization/authenticate", data={"org_id": said["org_id"]}, headers=token):
            pass
        async with session.request(method, root + path, data=form or None, headers=token) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()


# originals -----------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P05")
@pytest.mark.parametrize(
    "fault", [{"action": "truncate", "bytes": 100_000}, {"action": "wrong_length", "delta": 9}], ids=str
)
async def test_an_original_that_is_cut_says_how_much_came(
    photoshelter: PhotoShelterSite, fault: dict[str, Any]
) -> None:
    content = small_jpeg("cut") + bytes(300_000)
    asset = await photoshelter.add("cut.jpg", content)
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD}, **fault, "times": 1})
        with pytest.raises(TryLater, match=r"\d+ of \d+ bytes"):
            await fetch(reader, asset)
        assert await fetch(reader, asset) == content


@pytest.mark.hazard("P44")
@pytest.mark.parametrize("fault", [{"action": "expire_token"}, {"action": "status", "status": 503}], ids=str)
async def test_an_original_is_asked_for_again_when_it_did_not_begin(
    photoshelter: PhotoShelterSite, fault: dict[str, Any]
) -> None:
    content = small_jpeg("again") + bytes(300_000)
    asset = await photoshelter.add("again.jpg", content)
    async with photoshelter.reader() as reader:
        await reader.whoami()
        await photoshelter.fault({"match": {"path": DOWNLOAD}, **fault, "times": 1})
        assert await fetch(reader, asset) == content


async def test_a_stream_goes_on_when_its_session_ends(photoshelter: PhotoShelterSite) -> None:
    content = small_jpeg("long") + bytes(3_000_000)
    asset = await photoshelter.add("long.jpg", content)
    async with photoshelter.reader() as reader, reader.original(asset, lane=LANE) as stream:
        got = b""
        async for chunk in stream.chunks:
            if not got:
                await photoshelter.advance(timedelta(days=2))
            got += chunk
    intact = got == content  # apart, because a comparison of so many bytes is not worth showing
    assert intact


async def test_a_stream_that_stands_still_ends_at_its_deadline(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("slow.jpg", small_jpeg("slow") + bytes(100_000))
    async with photoshelter.reader(read_timeout=0.2) as reader:
        await reader.whoami()
        await photoshelter.fault({"match": {"path": DOWNLOAD}, "action": "slow", "bytes": 1})
        with pytest.raises(TryLater, match="no answer in time"):
            await fetch(reader, asset)
        await photoshelter.fault()


async def test_an_original_that_may_not_be_had_is_refused(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    no = {"errors": [{"id": "AcsPermissionException", "status": "401", "title": "No", "detail": "No download."}]}
    async with photoshelter.reader() as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD}, "action": "status", "status": 401, "body": no})
        with pytest.raises(Refused) as caught:
            await fetch(reader, asset)
    assert caught.value.code == "AcsPermissionException"


async def test_an_original_of_a_deleted_asset_asks_for_a_new_plan(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    await photoshelter.delete(asset)
    async with photoshelter.reader() as reader:
        with pytest.raises(MovedOn):
            await fetch(reader, asset)


async def fetch(reader: AssetReader, asset: RemoteId) -> bytes:
    async with reader.original(asset, lane=LANE) as stream:
        return b"".join([it async for it in stream.chunks])


# pace and secrets ----------------------------------------------------------------------------------------------------


async def test_every_call_is_paced_in_its_lane(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    async with photoshelter.reader() as reader:
        await reader.read(asset, groups=ALL, lane=Lane.BACKFILL)
        calls = len(await photoshelter.journal())
        assert photoshelter.pacer.taken == [Lane.BACKFILL] * calls


async def test_the_rate_window_is_passed_on(photoshelter: PhotoShelterSite) -> None:
    (asset,) = await fill(photoshelter, 1)
    await photoshelter.control("POST", "traffic", {"rate_per_s": 1000, "burst": 1000})
    async with photoshelter.reader() as reader:
        for _ in range(3):
            await reader.read(asset, groups=BASE, lane=LANE)
    await photoshelter.control("POST", "traffic", {})
    assert photoshelter.pacer.windows
    assert all(limit > 0 and used >= 0 for limit, used, _ in photoshelter.pacer.windows)


@pytest.mark.hazard("P49")
async def test_no_error_shows_a_secret(photoshelter: PhotoShelterSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (asset,) = await fill(photoshelter, 1)
    canaries: dict[str, Any] = {"api_key": "CanaryKey99", "password": "canary-password"}
    echo = {"errors": [{"id": "X", "detail": "you sent CanaryKey99 and canary-password"}]}
    texts = []
    for status in (400, 401, 403, 404, 418, 429, 500, 302):
        async with photoshelter.reader(**canaries, retries=Retries(attempts=1)) as reader:
            await photoshelter.fault({"action": "status", "status": status, "body": echo})
            texts.append(repr(reader))
            with pytest.raises((TryLater, CannotGoOn, Refused, MovedOn)) as caught:
                await reader.read(asset, groups=ALL, lane=LANE)
            texts += _everything_of(caught.value)
    await photoshelter.fault()
    texts += [it.getMessage() for it in caplog.records]
    texts += [repr(photoshelter.options(**canaries)), photoshelter.options(**canaries).model_dump_json()]
    assert not [it for it in texts if "CanaryKey" in it or "canary-pass" in it]


def _everything_of(error: BaseException) -> list[str]:
    """All that a log could show of an error and of those behind it."""
    shown = [str(error), repr(error), repr(error.__dict__)]
    behind = [it for it in (error.__cause__, error.__context__) if it is not None]
    return shown + [text for it in behind for text in _everything_of(it)]
