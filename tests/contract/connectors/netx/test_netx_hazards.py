"""The NetX connector on a site that misbehaves: each hazard with what the connector makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive, Body
from dambridge.testing.archive_samples import body_of, small_jpeg

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.NORMAL


async def filled(archive: AssetArchive, path: str, count: int) -> tuple[RemoteId, list[RemoteId]]:
    folder = await archive.ensure_folder(path, lane=LANE)
    made = [
        await archive.deliver(folder, body_of(small_jpeg(f"{path} {it}")), file_name=f"{it}.jpg", lane=LANE)
        for it in range(count)
    ]
    return folder, made


@pytest.fixture
async def archive(site: Site) -> AsyncIterator[AssetArchive]:
    async with site.archive() as archive:
        yield archive


class TestTokens:
    @pytest.mark.parametrize("status", [200, 401])
    async def test_a_token_that_is_not_valid_stops_the_run(self, site: Site, status: int) -> None:
        site.switch(bad_token_status=status)
        async with site.archive(token="canary-not-a-token") as archive:
            for call in (archive.whoami(), archive.ensure_folder("x", lane=LANE), _deliver(archive)):
                with pytest.raises(CannotGoOn) as stopped:
                    await call
                assert "canary" not in str(stopped.value)

    @pytest.mark.hazard("P44")
    async def test_an_access_token_that_runs_out_is_renewed_in_mid_run(self, site: Site) -> None:
        async with site.archive(oauth=await _grant(site)) as archive:
            folder, _ = await filled(archive, "oauth", 1)
            for status in (200, 401):
                site.switch(bad_token_status=status)
                site.fault({"match": {"rpc": "getAssetsByFolder"}, "action": "expire_token", "times": 1})
                assert len(await archive.contents(folder, lane=LANE)) == 1

    @pytest.mark.hazard("P44")
    async def test_a_write_under_a_token_that_ran_out_happens_once_or_is_put_off(self, site: Site) -> None:
        async with site.archive(oauth=await _grant(site)) as archive:
            folder, _ = await filled(archive, f"oauth write {site.mark}", 1)
            site.fault({"match": {"path": "/api/import/asset"}, "action": "expire_token", "times": 1})
            try:
                await archive.deliver(folder, body_of(small_jpeg("after")), file_name="after.jpg", lane=LANE)
            except TryLater:
                await archive.deliver(folder, body_of(small_jpeg("after")), file_name="after.jpg", lane=LANE)
            assert len(await archive.contents(folder, lane=LANE)) == 2

    async def test_a_refresh_token_that_is_refused_says_what_to_do(self, site: Site) -> None:
        oauth = {**await _grant(site), "refresh_token": "canary-gone"}
        async with site.archive(oauth=oauth) as archive:
            with pytest.raises(CannotGoOn, match="consent page") as stopped:
                await archive.whoami()
            assert "canary" not in str(stopped.value)


@pytest.mark.hazard("P49")
class TestSecrets:
    async def test_a_token_that_the_site_repeats_in_its_error_is_masked(
        self, site: Site, archive: AssetArchive
    ) -> None:
        token = site.served.credentials["token"]
        body = {"error": {"code": 1000, "message": f"nothing to be had with {token}"}}
        site.fault({"match": {"path": "/api/*"}, "action": "status", "status": 200, "body": body})
        for call in (archive.whoami(), archive.attributes(), _deliver(archive)):
            with pytest.raises(Refused, match="nothing to be had") as refused:
                await call
            assert token not in f"{refused.value} {refused.value!r}"
            assert refused.value.__cause__ is None

    async def test_nothing_shows_it_in_its_text_form(self, site: Site, archive: AssetArchive) -> None:
        shown = f"{archive!r} {vars(archive)!r} {vars(archive._client)!r}"  # type: ignore[attr-defined]
        assert site.served.credentials["token"] not in shown

    async def test_no_address_holds_it(self, site: Site, archive: AssetArchive) -> None:
        mark = site.mark
        _, (asset,) = await filled(archive, "addresses", 1)
        async with archive.original(asset, lane=LANE) as stream:
            _ = [chunk async for chunk in stream.chunks]
        assert site.served.credentials["token"] not in str(site.served.world.journal.lines(mark))


class TestTroubledSite:
    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_reads_are_repeated_through_passing_trouble(
        self, site: Site, archive: AssetArchive, status: int
    ) -> None:
        folder, made = await filled(archive, f"trouble {status}", 2)
        rule = {"action": "status", "status": status, "headers": {"Retry-After": "7"}, "times": 2}
        site.fault({"match": {"rpc": "getAssets*"}, **rule})
        assert len(await archive.contents(folder, lane=LANE)) == 2
        site.fault({"match": {"rpc": "getAssets"}, **rule})
        assert set(await archive.read(made, lane=LANE)) == set(made)
        if status == 429:
            assert timedelta(seconds=7) in site.pacer.waits

    @pytest.mark.parametrize(
        ("fault", "move"),
        [
            ({"action": "status", "status": 429}, TryLater),
            ({"action": "status", "status": 503}, Unclear),
            ({"action": "drop_request"}, Unclear),
            ({"action": "drop_reply"}, Unclear),
            ({"action": "truncate", "bytes": 5}, Unclear),
            ({"action": "status", "status": 413}, Refused),
            ({"action": "status", "status": 200, "body": "not JSON"}, Unclear),
            ({"action": "status", "status": 200, "body": {"name": "no id"}}, Unclear),
        ],
    )
    @pytest.mark.hazard("P20")
    async def test_a_delivery_is_sent_once_and_ends_as_its_next_move(
        self, site: Site, archive: AssetArchive, fault: dict[str, Any], move: type[NextMove]
    ) -> None:
        folder = await archive.ensure_folder("once", lane=LANE)
        site.fault({"match": {"path": "/api/import/asset"}, **fault})
        mark = site.mark
        with pytest.raises(move):
            await archive.deliver(folder, body_of(small_jpeg("once")), file_name="once.jpg", lane=LANE)
        assert site.methods(mark).count("/api/import/asset") <= 1

    async def test_a_refused_version_whose_reply_is_no_json_still_counts(
        self, site: Site, archive: AssetArchive
    ) -> None:
        _, (asset,) = await filled(archive, "odd reply", 1)
        path = {"path": "/api/import/asset/*/version"}
        site.fault({"match": path, "action": "status", "status": 200, "body": "", "after": True, "times": 1})
        await archive.add_version(asset, body_of(small_jpeg("v2 odd")), file_name="0.jpg", lane=LANE)
        assert _present(await archive.read([asset], lane=LANE), asset).size == len(small_jpeg("v2 odd"))

    async def test_a_site_that_hangs_is_given_up_on(self, site: Site) -> None:
        async with site.archive(read_timeout=0.2) as archive:
            folder = await archive.ensure_folder("hang", lane=LANE)
            site.fault({"match": {"path": "/api/import/asset"}, "action": "hang", "seconds": 2, "times": 1})
            with pytest.raises(Unclear):
                await archive.deliver(folder, body_of(small_jpeg("hang")), file_name="hang.jpg", lane=LANE)

    async def test_another_address_is_said_to_be_no_netx(self, site: Site) -> None:
        async with site.archive(base_url=f"{site.served.url}/elsewhere") as archive:
            with pytest.raises(CannotGoOn, match="base_url"):
                await archive.whoami()


class TestListings:
    @pytest.mark.hazard("P08")
    async def test_a_folder_of_many_pages_is_listed_whole(self, site: Site) -> None:
        async with site.archive(page_size=7) as archive:
            folder, made = await filled(archive, "many pages", 23)
            assert {it.key.remote_id for it in await archive.contents(folder, lane=LANE)} == set(made)

    @pytest.mark.hazard("P08")
    @pytest.mark.parametrize(
        "fault",
        [
            {"action": "page_drift", "change": "remove", "count": 3},
            {"action": "page_drift", "change": "insert", "count": 3},
            {"action": "half_list", "keep_total": True},
            {"action": "empty_list", "keep_total": True},
        ],
    )
    async def test_a_listing_is_whole_or_said_to_be_unproven(self, site: Site, fault: dict[str, Any]) -> None:
        async with site.archive(page_size=7) as archive:
            folder, made = await filled(archive, f"drift {fault}", 23)
            site.fault({"match": {"rpc": "getAssetsByFolder"}, "times": 2, **fault})
            assert {it.key.remote_id for it in await archive.contents(folder, lane=LANE)} >= set(made)
            site.fault({"match": {"rpc": "getAssetsByFolder"}, **fault})
            try:
                seen = {it.key.remote_id for it in await archive.contents(folder, lane=LANE)}
            except TryLater:
                return
            assert seen >= set(made)

    @pytest.mark.hazard("P08")
    async def test_an_item_shown_twice_is_one(self, site: Site) -> None:
        async with site.archive(page_size=7) as archive:
            folder, made = await filled(archive, "twice", 16)
            site.fault({"match": {"rpc": "getAssetsByFolder"}, "action": "duplicate_item"})
            assert sorted(it.key.remote_id for it in await archive.contents(folder, lane=LANE)) == sorted(made)

    async def test_assets_are_read_many_to_a_call(self, site: Site, archive: AssetArchive) -> None:
        _, made = await filled(archive, "in bulk", 12)
        mark = site.mark
        assert len(await archive.read(made, lane=LANE)) == 12
        assert site.methods(mark) == ["getAssets"]


class TestAbsence:
    @pytest.mark.parametrize("policy", ["error", "error_if_single", "omit"])
    async def test_deleted_ones_among_others_are_told_apart(self, site: Site, policy: str) -> None:
        site.switch(get_assets_missing=policy, unknown_object="failure")
        async with site.archive() as archive:
            _, made = await filled(archive, f"absent {policy}", 5)
            for gone in (made[1], made[4]):
                site.served.simulator.vendor.person_deletes(gone)
            seen = await archive.read(made, lane=LANE)
            assert [isinstance(seen[it], NativeRecord) for it in made] == [True, False, True, True, False]
            missing = seen[made[1]]
            assert isinstance(missing, Missing)
            assert missing.absence is Absence.DELETED
            assert "1000" in missing.evidence

    async def test_where_the_site_hides_the_difference_an_asset_counts_as_hidden(
        self, site: Site, archive: AssetArchive
    ) -> None:
        site.switch(unknown_object="access")
        missing = (await archive.read([RemoteId("987654")], lane=LANE))[RemoteId("987654")]
        assert isinstance(missing, Missing)
        assert missing.absence is Absence.HIDDEN
        assert "3004" in missing.evidence

    @pytest.mark.hazard("P01")
    async def test_a_reply_that_leaves_out_what_exists_is_not_believed(self, site: Site, archive: AssetArchive) -> None:
        _, (asset,) = await filled(archive, "left out", 1)
        empty = {"status": 200, "body": {"jsonrpc": "2.0", "id": None, "result": []}}
        site.fault({"match": {"rpc": "getAssets"}, "action": "status", **empty})
        with pytest.raises(TryLater):
            await archive.read([asset], lane=LANE)


class TestFolders:
    async def test_a_folder_costs_one_call_when_it_is_there_and_none_when_it_is_known(
        self, site: Site, archive: AssetArchive
    ) -> None:
        await archive.ensure_folder("costs/once", lane=LANE)
        mark = site.mark
        await archive.ensure_folder("costs/once", lane=LANE)
        assert site.methods(mark) == []
        async with site.archive() as fresh:
            await fresh.ensure_folder("costs/once", lane=LANE)
        assert site.methods(mark) == ["getFolderByPath"]

    @pytest.mark.parametrize("fault", ["drop_reply", "drop_request"])
    async def test_a_folder_whose_making_got_no_reply_is_made_once(
        self, site: Site, archive: AssetArchive, fault: str
    ) -> None:
        site.fault({"match": {"rpc": "createFolderFromPath"}, "action": fault, "times": 1})
        path = f"lost/{fault}"
        try:
            folder = await archive.ensure_folder(path, lane=LANE)
        except TryLater:
            folder = await archive.ensure_folder(path, lane=LANE)
        async with site.archive() as fresh:
            assert await fresh.ensure_folder(path, lane=LANE) == folder

    async def test_two_workers_settle_on_one_folder(self, site: Site) -> None:
        async with site.archive() as one, site.archive() as two:
            made = await asyncio.gather(*(it.ensure_folder("race/a/b", lane=LANE) for it in (one, two, one, two)))
        assert len(set(made)) == 1

    @pytest.mark.hazard("P23")
    async def test_a_folder_known_in_the_other_unicode_form_is_used(self, site: Site) -> None:
        async with site.archive() as first:
            made = await first.ensure_folder("forms/Cafe\u0301", lane=LANE)
        async with site.archive() as second:
            assert await second.ensure_folder("forms/Caf\u00e9", lane=LANE) == made
            assert await second.ensure_folder("forms/Cafe\u0301", lane=LANE) == made

    async def test_a_folder_that_a_person_deleted_is_made_anew_at_the_next_attempt(
        self, site: Site, archive: AssetArchive
    ) -> None:
        folder = await archive.ensure_folder("deleted/soon", lane=LANE)
        async with site.archive() as person:
            await person._client.write("deleteFolder", [int(folder)], about="delete", lane=LANE)  # type: ignore[attr-defined]
        with pytest.raises(Refused):
            await archive.deliver(folder, body_of(small_jpeg("gone")), file_name="gone.jpg", lane=LANE)
        assert await archive.ensure_folder("deleted/soon", lane=LANE) != folder


class TestPlacing:
    async def test_it_takes_two_calls(self, site: Site, archive: AssetArchive) -> None:
        berth, (asset,) = await filled(archive, "placing/berth", 1)
        final = await archive.ensure_folder("placing/final", lane=LANE)
        mark = site.mark
        await archive.place(asset, into=final, out_of=berth, lane=LANE)
        assert site.methods(mark) == ["addAssetToFolder", "removeAssetFromFolder"]

    async def test_an_asset_that_could_not_be_taken_in_is_not_taken_out(self, archive: AssetArchive) -> None:
        berth, (asset,) = await filled(archive, "stays/berth", 1)
        with pytest.raises(Refused):
            await archive.place(asset, into=RemoteId("999999"), out_of=berth, lane=LANE)
        assert [it.key.remote_id for it in await archive.contents(berth, lane=LANE)] == [asset]

    @pytest.mark.parametrize("method", ["addAssetToFolder", "removeAssetFromFolder"])
    async def test_after_a_lost_reply_placing_again_ends_it(
        self, site: Site, archive: AssetArchive, method: str
    ) -> None:
        berth, (asset,) = await filled(archive, f"lost place/{method}", 1)
        final = await archive.ensure_folder("lost place/final", lane=LANE)
        site.fault({"match": {"rpc": method}, "action": "drop_reply", "times": 1})
        with pytest.raises(Unclear):
            await archive.place(asset, into=final, out_of=berth, lane=LANE)
        await archive.place(asset, into=final, out_of=berth, lane=LANE)
        seen = _present(await archive.read([asset], lane=LANE), asset)
        assert [it.id for it in seen.containers] == [final]


class TestSameBytes:
    async def test_an_import_of_known_bytes_answers_the_older_asset_and_shows_it_in_the_berth(
        self, site: Site, archive: AssetArchive
    ) -> None:
        site.switch(duplicate_detection=True)
        _, (older,) = await filled(archive, "same/final", 1)
        berth = await archive.ensure_folder("same/berth", lane=LANE)
        answered = await archive.deliver(
            berth, body_of(small_jpeg("same/final 0")), file_name="transport.jpg", lane=LANE
        )
        assert answered == older
        (standing,) = await archive.contents(berth, lane=LANE)
        assert standing.key.remote_id == older
        assert standing.file_name == "0.jpg"


class TestDownloads:
    @pytest.mark.parametrize("fault", [{"action": "truncate", "bytes": 40}, {"action": "wrong_length", "delta": 9}])
    async def test_a_file_that_is_cut_is_never_taken_for_whole(
        self, site: Site, archive: AssetArchive, fault: dict[str, Any]
    ) -> None:
        _, (asset,) = await filled(archive, "cut", 1)
        site.fault({"match": {"path": "/api/file/*"}, **fault})
        with pytest.raises(TryLater):
            async with archive.original(asset, lane=LANE) as stream:
                _ = [chunk async for chunk in stream.chunks]

    async def test_a_file_that_may_not_be_had_is_refused(self, site: Site, archive: AssetArchive) -> None:
        _, (asset,) = await filled(archive, "approval", 1)
        site.switch(download_approval=True)
        with pytest.raises(Refused):
            async with archive.original(asset, lane=LANE):
                pytest.fail("there is nothing to read")

    async def test_an_error_in_the_guise_of_a_file_is_an_error(self, site: Site, archive: AssetArchive) -> None:
        _, (asset,) = await filled(archive, "guise", 1)
        body = {"error": {"code": 3004, "message": "Access not allowed"}}
        site.fault({"match": {"path": "/api/file/*"}, "action": "status", "status": 200, "body": body})
        with pytest.raises(Refused, match="3004"):
            async with archive.original(asset, lane=LANE):
                pytest.fail("there is nothing to read")

    async def test_a_file_that_is_json_comes_through(self, archive: AssetArchive) -> None:
        folder = await archive.ensure_folder("json", lane=LANE)
        content = b'{"a": [1, 2, 3]}'
        asset = await archive.deliver(folder, body_of(content), file_name="data.json", lane=LANE)
        async with archive.original(asset, lane=LANE) as stream:
            assert b"".join([chunk async for chunk in stream.chunks]) == content

    @pytest.mark.hazard("P41")
    async def test_a_file_is_streamed_in_both_directions(self, archive: AssetArchive) -> None:
        size, piece = 24 * 1024 * 1024, bytes(range(256)) * 256

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(size // len(piece)):
                yield piece

        folder = await archive.ensure_folder("large", lane=LANE)
        asset = await archive.deliver(folder, Body(size, pieces), file_name="large.bin", lane=LANE)
        largest = total = 0
        async with archive.original(asset, lane=LANE) as stream:
            assert stream.size == size
            async for chunk in stream.chunks:
                largest, total = max(largest, len(chunk)), total + len(chunk)
        assert total == size
        assert largest <= 4 * 1024 * 1024


async def test_the_checksum_is_unproven_until_one_was_read(site: Site, archive: AssetArchive) -> None:
    _, (asset,) = await filled(archive, "proof", 1)
    known = [archive.capabilities.checksum]
    for shown in (False, True, False):
        site.switch(metadata__checksumEnabled=shown)
        await archive.read([asset], lane=LANE)
        known.append(archive.capabilities.checksum)
    assert known == [Proof.UNPROVEN, Proof.UNPROVEN, Proof.PROVEN, Proof.PROVEN]


async def test_every_call_takes_from_the_accounts_budget_in_its_own_lane(site: Site, archive: AssetArchive) -> None:
    mark, before = site.mark, len(site.pacer.taken)
    await archive.ensure_folder("budget", lane=Lane.URGENT)
    await archive.whoami()
    assert len(site.pacer.taken) - before == site.mark - mark
    assert set(site.pacer.taken[before:]) == {Lane.URGENT, Lane.NORMAL}


async def test_a_site_that_only_serves_what_is_confirmed_says_so(fresh_site: Callable[..., Site]) -> None:
    strict = fresh_site(strict=True)
    async with strict.archive() as archive:
        with pytest.raises(Refused, match="by hand"):
            await archive.ensure_folder("new", lane=LANE)
        folder = await archive.ensure_folder("Intake", lane=LANE)
        asset = await archive.deliver(folder, body_of(small_jpeg("strict")), file_name="s.jpg", lane=LANE)
        assert [it.key.remote_id for it in await archive.contents(folder, lane=LANE)] == [asset]
        await archive.write(asset, attributes={}, name="Named", file_name="n.jpg", lane=LANE)
        assert _present(await archive.read([asset], lane=LANE), asset).name == "Named"


def _present(seen: Any, asset: RemoteId) -> NativeRecord:
    record = seen[asset]
    assert isinstance(record, NativeRecord), record
    return record


async def _deliver(archive: AssetArchive) -> RemoteId:
    return await archive.deliver(RemoteId("1"), body_of(small_jpeg("x")), file_name="x.jpg", lane=LANE)


async def _grant(site: Site) -> dict[str, str]:
    """What a person would have after NetX's consent page: a refresh token, taken from the site's own store of tokens."""
    client = site.served.credentials["oauth"][0]
    tokens = site.served.simulator.vendor.tokens  # type: ignore[attr-defined]
    tokens.keep("refresh-for-tests", "integration", "refresh", note=client["client_id"])
    return {**client, "refresh_token": "refresh-for-tests"}
