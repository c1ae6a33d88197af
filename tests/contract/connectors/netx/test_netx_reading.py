"""The NetX reader on a library that moves, lags, hides and rewrites; and what its search and pictures give."""

from __future__ import annotations

import asyncio
import hashlib
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.connectors.netx.conftest import form_of
from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Window
from dambridge.testing.archive_samples import small_jpeg
from dambridge.testing.reader_contract import listed, present

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Librarian, Site

LANE = Lane.NORMAL
BASE = frozenset({"base"})
ALL = frozenset({"base", "iptc", "custom", "containers"})


async def shelved(person: Librarian, count: int, *, folder: str = "Harbour") -> list[RemoteId]:
    return [await person.add(f"{it}.jpg", small_jpeg(f"{folder} {it}"), containers=[folder]) for it in range(count)]


class TestListings:
    @pytest.mark.hazard("P08")
    @pytest.mark.parametrize("seed", range(8))
    async def test_nothing_that_stays_is_lost_while_people_delete_and_edit_between_pages(
        self, empty_site: Site, seed: int
    ) -> None:
        chance, person = random.Random(seed), empty_site.librarian()
        made = await shelved(person, 60)
        stays = set(made)
        async with empty_site.connection(page_size=10) as connection:
            met: set[RemoteId] = set()
            async for page in connection.reader.everything(lane=LANE):
                met |= {it.remote_id for it in page.sightings}
                for _ in range(chance.randrange(3)):
                    victim = chance.choice(made)
                    if victim in stays and chance.random() < 0.5 and len(stays) > 30:
                        stays.discard(victim)
                        await person.delete(victim)
                    elif victim in stays:
                        await person.describe(victim, {"Caption": f"edited {chance.random()}"})
        assert stays <= met

    @pytest.mark.hazard("P08")
    async def test_a_listing_whose_pages_fall_short_of_the_count_is_no_listing(self, empty_site: Site) -> None:
        await shelved(empty_site.librarian(), 8)
        half = {"action": "half_list", "keep_total": True}
        empty_site.fault({"match": {"rpc": "getAssetsByQuery"}, **half})
        async with empty_site.connection(page_size=20) as connection:
            with pytest.raises(TryLater, match="never matched"):
                await listed(connection.reader.everything(lane=LANE))
            empty_site.fault({"match": {"rpc": "getAssetsByQuery"}, **half, "times": 2})
            assert len(await listed(connection.reader.everything(lane=LANE))) == 8

    @pytest.mark.hazard("P09")
    async def test_many_assets_of_one_instant_are_all_listed(self, empty_site: Site) -> None:
        person = empty_site.librarian()
        stamp = "2026-11-23T10:00:00Z"
        made = {
            RemoteId((await person.control("POST", "assets", _dated(f"same {it}", stamp)))["id"]) for it in range(23)
        }
        async with empty_site.connection(page_size=5) as connection:
            record = present(await connection.reader.read(next(iter(made)), groups=BASE, lane=LANE))
            assert record.modified_at is not None
            window = Window(record.modified_at, record.modified_at)
            assert await listed(connection.reader.changed(window, lane=LANE)) == made

    @pytest.mark.hazard("P09")
    async def test_what_the_index_has_not_seen_yet_is_found_by_a_window_that_reaches_back(
        self, empty_site: Site
    ) -> None:
        empty_site.switch(index_lag_s=30)
        person = empty_site.librarian()
        await person.advance(timedelta(minutes=5))
        (made,) = await shelved(person, 1)
        async with empty_site.connection() as connection:
            at = present(await connection.reader.read(made, groups=BASE, lane=LANE)).modified_at
            assert at is not None
            window = Window(at - timedelta(minutes=1), at + timedelta(minutes=1))
            assert made not in await listed(connection.reader.changed(window, lane=LANE))
            await person.advance(timedelta(seconds=31))
            assert made in await listed(connection.reader.changed(window, lane=LANE))

    async def test_a_window_within_a_millisecond_leaves_nothing_out(self, empty_site: Site) -> None:
        (made,) = await shelved(empty_site.librarian(), 1)
        async with empty_site.connection() as connection:
            at = present(await connection.reader.read(made, groups=BASE, lane=LANE)).modified_at
            assert at is not None
            within = Window(at + timedelta(microseconds=300), at + timedelta(microseconds=600))
            assert made in await listed(connection.reader.changed(within, lane=LANE))

    @pytest.mark.parametrize("moves", [True, False])
    async def test_an_edit_of_attributes_moves_the_modified_time_only_where_the_site_does_so(
        self, empty_site: Site, moves: bool
    ) -> None:
        empty_site.switch(modified_moves_on_attributes=moves)
        person = empty_site.librarian()
        (made,) = await shelved(person, 1)
        async with empty_site.connection() as connection:
            assert not connection.reader.capabilities.metadata_moves_modified.usable
            await person.advance(timedelta(minutes=1))
            before = present(await connection.reader.read(made, groups=ALL, lane=LANE))
            async with empty_site.archive() as archive:
                await archive.write(made, attributes={"Caption": ("x",)}, name=None, file_name=None, lane=LANE)
            after = present(await connection.reader.read(made, groups=ALL, lane=LANE))
            assert (after.modified != before.modified) is moves
            assert after.fields != before.fields


class TestFolders:
    async def test_the_walk_asks_no_leaf_where_the_site_shows_children(self, empty_site: Site) -> None:
        await empty_site.librarian().add("a.jpg", small_jpeg("a"), containers=["One/Two", "One/Three"])
        async with empty_site.connection() as connection:
            mark = empty_site.mark
            paths = {it.path async for it in connection.reader.containers(lane=LANE)}
            assert {"One", "One/Two", "One/Three", "Intake"} <= paths
            # root, One (has children) and its two leaves, of which nothing tells that they are leaves
            assert len(empty_site.methods(mark)) == 4

    @pytest.mark.hazard("P01")
    async def test_a_folder_that_is_shown_and_cannot_be_listed_ends_the_walk(self, empty_site: Site) -> None:
        await empty_site.librarian().add("a.jpg", small_jpeg("a"), containers=["One/Two"])
        denied = {"jsonrpc": "2.0", "id": None, "error": {"code": 3004, "message": "Access not allowed"}}
        empty_site.fault(
            {
                "match": {"rpc": "getFoldersByParent", "nth": 2},
                "action": "status",
                "status": 200,
                "body": denied,
            }
        )
        async with empty_site.connection() as connection:
            with pytest.raises(Refused):
                _ = [it async for it in connection.reader.containers(lane=LANE)]


class TestOneAsset:
    async def test_reads_side_by_side_share_calls(self, empty_site: Site) -> None:
        made = await shelved(empty_site.librarian(), 30)
        async with empty_site.connection() as connection:
            mark = empty_site.mark
            seen = await asyncio.gather(*(connection.reader.read(it, groups=ALL, lane=LANE) for it in made))
            assert [present(it).key.remote_id for it in seen] == made
            assert len(empty_site.methods(mark)) <= 2

    async def test_whoever_gives_up_waiting_takes_no_other_along(self, empty_site: Site) -> None:
        made = await shelved(empty_site.librarian(), 4)
        empty_site.fault({"match": {"rpc": "getAssets"}, "action": "hang", "seconds": 0.3, "times": 1})
        async with empty_site.connection() as connection:
            reads = [asyncio.ensure_future(connection.reader.read(it, groups=ALL, lane=LANE)) for it in made]
            await asyncio.sleep(0.1)
            reads[0].cancel()
            seen = await asyncio.gather(*reads, return_exceptions=True)
        assert isinstance(seen[0], asyncio.CancelledError)
        assert [present(it).key.remote_id for it in seen[1:]] == made[1:]  # type: ignore[arg-type]

    async def test_one_missing_among_many_does_not_hurt_the_others(self, empty_site: Site) -> None:
        person = empty_site.librarian()
        made = await shelved(person, 6)
        await person.delete(made[3])
        for policy in ("error", "error_if_single", "omit"):
            empty_site.switch(get_assets_missing=policy, unknown_object="failure")
            async with empty_site.connection() as connection:
                seen = await asyncio.gather(*(connection.reader.read(it, groups=ALL, lane=LANE) for it in made))
            assert [isinstance(it, NativeRecord) for it in seen] == [True, True, True, False, True, True]
            assert isinstance(seen[3], Missing)
            assert seen[3].absence is Absence.DELETED

    async def test_the_sweep_by_ids_shows_what_is_there_in_chunks_that_the_site_bears(self, empty_site: Site) -> None:
        empty_site.switch(or_limit=75)
        person = empty_site.librarian()
        made = await shelved(person, 160)
        for gone in made[10:13]:
            await person.delete(gone)
        async with empty_site.connection() as connection:
            mark = empty_site.mark
            shown = await connection.reader.shown(made, lane=LANE)  # type: ignore[attr-defined]
            assert shown == set(made) - set(made[10:13])
            assert len(empty_site.methods(mark)) == 3

    async def test_a_checksum_proves_that_the_site_keeps_them(self, empty_site: Site) -> None:
        (made,) = await shelved(empty_site.librarian(), 1)
        async with empty_site.connection() as connection:
            assert not connection.reader.capabilities.content_hash.usable
            await connection.reader.read(made, groups=BASE, lane=LANE)
            assert connection.reader.capabilities.content_hash is Proof.PROVEN

    @pytest.mark.hazard("P35")
    async def test_bytes_that_are_rewritten_on_the_way_out_are_told_by_the_checksum(self, empty_site: Site) -> None:
        site_maps(empty_site)
        empty_site.switch(export_on_download=True)
        content = small_jpeg("exported")
        made = await empty_site.librarian().add("e.jpg", content, fields={"Title": "Written in"})
        async with empty_site.connection() as connection:
            record = present(await connection.reader.read(made, groups=ALL, lane=LANE))
            async with connection.reader.original(made, lane=LANE) as stream:
                got = b"".join([it async for it in stream.chunks])
        assert record.checksum is not None
        assert hashlib.md5(content).hexdigest() == record.checksum.hexdigest  # noqa: S324
        assert hashlib.md5(got).hexdigest() != record.checksum.hexdigest  # noqa: S324

    @pytest.mark.parametrize("how", ["download_approval", "archived", "checked_out"])
    async def test_an_original_that_may_not_be_had_is_refused(self, empty_site: Site, how: str) -> None:
        person = empty_site.librarian()
        (made,) = await shelved(person, 1)
        if how == "download_approval":
            empty_site.switch(download_approval=True)
        else:
            await person._edit(made, {how: True})
        async with empty_site.connection() as connection:
            with pytest.raises(Refused, match=str(made)):
                async with connection.reader.original(made, lane=LANE):
                    pass

    @pytest.mark.hazard("P05")
    async def test_an_original_that_is_cut_says_so(self, empty_site: Site) -> None:
        made = await empty_site.librarian().add("c.jpg", small_jpeg("cut") + bytes(300_000))
        empty_site.fault({"match": {"path": "/api/file/*"}, "action": "truncate", "bytes": 1000})
        async with empty_site.connection() as connection:
            with pytest.raises(TryLater):
                async with connection.reader.original(made, lane=LANE) as stream:
                    _ = [it async for it in stream.chunks]


def site_maps(site: Site) -> None:
    """Let the site export Title into `dc:title`."""
    library = site.served.simulator.vendor.library  # type: ignore[attr-defined]
    library.extend({"metadata_map": [{"field": "dc:title", "attribute": "Title", "import": True, "export": True}]})


def _dated(text: str, stamp: str) -> Any:
    meta = {"file_name": "same.jpg", "containers": ["Intake"], "mod_date": stamp}
    return form_of(meta, small_jpeg(text))
