"""What NetX still lets us do where it serves confirmed calls alone; what is not served says so by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import Missing, NativeRecord
from dambridge.ports.connection import Connection
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of, small_jpeg

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.NORMAL


async def prepared(site: Site, connection: Connection) -> tuple[RemoteId, RemoteId]:
    """A folder that an administrator made, and an asset in it."""
    asset = await site.librarian().add("harbour.jpg", small_jpeg("strict"), containers=["dambridge/arrivals/berth-00"])
    return await connection.archive.ensure_folder("dambridge/arrivals/berth-00", lane=LANE), asset


async def test_who_we_are_is_asked_for_without_the_call_that_says_so(strict_site: Site) -> None:
    async with strict_site.connection() as connection:
        who = await connection.archive.whoami()
        assert who.organisation in strict_site.served.url


async def test_a_prepared_folder_takes_files_that_are_named_read_found_and_deleted(strict_site: Site) -> None:
    async with strict_site.connection() as connection:
        archive = connection.archive
        folder, _ = await prepared(strict_site, connection)
        made = await archive.deliver(folder, body_of(small_jpeg("new")), file_name="ac1.jpg", lane=LANE)
        await archive.write(made, attributes={}, name="Harbour", file_name="h.jpg", lane=LANE)
        record = (await archive.read([made], lane=LANE))[made]
        assert isinstance(record, NativeRecord)
        assert (record.name, record.file_name) == ("Harbour", "h.jpg")
        assert made in {it.key.remote_id for it in await archive.contents(folder, lane=LANE)}
        async with archive.original(made, lane=LANE) as stream:
            assert b"".join([it async for it in stream.chunks]) == small_jpeg("new")
        assert list(await archive.find("Title", "nobody", lane=LANE)) == []
        await archive.discard(made, lane=LANE)
        assert isinstance((await archive.read([made], lane=LANE))[made], Missing)


async def test_the_search_works_as_far_as_its_calls_are_confirmed(strict_site: Site) -> None:
    async with strict_site.connection() as connection:
        _, asset = await prepared(strict_site, connection)
        found = await connection.finder.search("harbour", limit=5, lane=LANE)
        assert [it.remote_id for it in found.sightings] == [asset]


Call = Callable[[Connection, RemoteId, RemoteId], Awaitable[Any]]
NOT_SERVED: dict[str, Call] = {
    "making folders": lambda c, _f, _a: c.archive.ensure_folder("never/made", lane=LANE),
    "placing": lambda c, f, a: c.archive.place(a, into=f, out_of=None, lane=LANE),
    "taking out": lambda c, f, a: c.archive.take_out(a, out_of=f, lane=LANE),
    "versions": lambda c, _f, a: c.archive.add_version(a, body_of(b"x"), file_name="h.jpg", lane=LANE),
}


@pytest.mark.parametrize("what", sorted(NOT_SERVED))
async def test_what_is_not_served_is_refused_and_changes_nothing(strict_site: Site, what: str) -> None:
    async with strict_site.connection() as connection:
        folder, asset = await prepared(strict_site, connection)
        mark = strict_site.mark
        with pytest.raises(Refused):
            await NOT_SERVED[what](connection, folder, asset)
        assert not any(it["changed"] for it in strict_site.served.world.journal.lines(mark))


async def test_attributes_that_cannot_be_listed_are_unknown_and_stop_nothing(site: Site, strict_site: Site) -> None:
    async with site.connection() as connection, strict_site.connection() as strict:
        assert await connection.archive.attributes()
        assert await strict.archive.attributes() is None


async def test_a_write_of_attributes_that_the_site_does_not_look_at_is_seen_by_reading_back(strict_site: Site) -> None:
    async with strict_site.connection() as connection:
        _, asset = await prepared(strict_site, connection)
        await connection.archive.write(asset, attributes={"Title": ("x",)}, name=None, file_name=None, lane=LANE)
        record = (await connection.archive.read([asset], lane=LANE))[asset]
        assert isinstance(record, NativeRecord)
        assert "Title" not in record.fields
