"""Each write of NetX with its reply lost, its request lost, its token revoked: what happened is known or looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import Missing, NativeRecord
from dambridge.ports.connection import Connection
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of, small_jpeg

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.NORMAL


class Scene:
    """A site with one asset in one folder, and another folder."""

    def __init__(self, connection: Connection, asset: RemoteId, here: RemoteId, there: RemoteId) -> None:
        self.archive, self.connection = connection.archive, connection
        self.asset, self.here, self.there = asset, here, there

    async def record(self) -> NativeRecord | Missing:
        return (await self.archive.read([self.asset], lane=LANE))[self.asset]

    async def views(self) -> int:
        assert self.connection.attachments is not None
        return len(await self.connection.attachments.attachments(self.asset, lane=LANE))

    async def attach(self) -> None:
        assert self.connection.attachments is not None
        await self.connection.attachments.attach(
            self.asset, body_of(b"paper"), name="release", description="", file_name="r.pdf", lane=LANE
        )

    async def places(self) -> set[RemoteId]:
        record = await self.record()
        assert isinstance(record, NativeRecord)
        return {it.id for it in record.containers}


async def scene(site: Site, connection: Connection) -> Scene:
    asset = await site.librarian().add("a.jpg", small_jpeg("a"), containers=["Here", "Second"])
    here, there = [await connection.archive.ensure_folder(it, lane=LANE) for it in ("Here", "There")]
    return Scene(connection, asset, here, there)


Deed = tuple[str, Callable[[Scene], Awaitable[Any]], Callable[[Scene], Awaitable[bool]]]


async def _written(it: Scene) -> bool:
    record = await it.record()
    return isinstance(record, NativeRecord) and record.fields.get("Title") == ("x",)


async def _delivered(it: Scene) -> bool:
    return bool(await it.archive.contents(it.there, lane=LANE))


async def _version(it: Scene) -> bool:
    record = await it.record()
    return isinstance(record, NativeRecord) and record.size == len(small_jpeg("longer than before"))


async def _gone(it: Scene) -> bool:
    return isinstance(await it.record(), Missing)


async def _attached(it: Scene) -> bool:
    return await it.views() == 1


async def _in_there(it: Scene) -> bool:
    return it.there in await it.places()


async def _out_of_here(it: Scene) -> bool:
    return it.here not in await it.places()


DEEDS: dict[str, Deed] = {
    "write": (
        "rpc:updateAsset",
        lambda it: it.archive.write(it.asset, attributes={"Title": ("x",)}, name=None, file_name=None, lane=LANE),
        _written,
    ),
    "deliver": (
        "path:/api/import/asset",
        lambda it: it.archive.deliver(it.there, body_of(small_jpeg("new")), file_name="n.jpg", lane=LANE),
        _delivered,
    ),
    "add_version": (
        "path:/api/import/asset/*/version",
        lambda it: it.archive.add_version(
            it.asset, body_of(small_jpeg("longer than before")), file_name="a.jpg", lane=LANE
        ),
        _version,
    ),
    "attach": ("path:/api/import/asset/*/view", lambda it: it.attach(), _attached),
    "place": (
        "rpc:addAssetToFolder",
        lambda it: it.archive.place(it.asset, into=it.there, out_of=None, lane=LANE),
        _in_there,
    ),
    "take_out": (
        "rpc:removeAssetFromFolder",
        lambda it: it.archive.take_out(it.asset, out_of=it.here, lane=LANE),
        _out_of_here,
    ),
    "discard": ("rpc:deleteAsset", lambda it: it.archive.discard(it.asset, lane=LANE), _gone),
}


def match(where: str) -> dict[str, str]:
    kind, _, what = where.partition(":")
    return {kind: what}


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("deed", sorted(DEEDS))
@pytest.mark.parametrize("action", ["drop_reply", "drop_request"])
async def test_a_write_without_an_answer_is_unclear_sent_once_and_seen_by_a_look(
    empty_site: Site, deed: str, action: str
) -> None:
    where, act, happened = DEEDS[deed]
    async with empty_site.connection() as connection:
        it = await scene(empty_site, connection)
        assert not await happened(it)
        empty_site.fault({"match": match(where), "action": action})
        mark = empty_site.mark
        with pytest.raises(Unclear):
            await act(it)
        changed = [line for line in empty_site.served.world.journal.lines(mark) if line["changed"]]
        assert len(changed) == (action == "drop_reply"), "never sent twice"
        empty_site.fault()
        assert await happened(it) is (action == "drop_reply")


@pytest.mark.hazard("P44")
@pytest.mark.parametrize("deed", sorted(DEEDS))
@pytest.mark.parametrize("status", [200, 401])
async def test_a_token_revoked_in_mid_work_stops_before_anything_happened(
    fresh_site: Callable[..., Site], deed: str, status: int
) -> None:
    site = fresh_site()
    site.switch(bad_token_status=status)
    where, act, happened = DEEDS[deed]
    async with site.connection() as connection:
        it = await scene(site, connection)
        site.fault({"match": match(where), "action": "expire_token", "times": 1})
        with pytest.raises(CannotGoOn, match="token") as stopped:
            await act(it)
        assert site.served.credentials["token"] not in str(stopped.value)
    admin = site.served.credentials["tokens"]["admin"]
    async with site.connection(token=admin) as connection:
        assert not await happened(Scene(connection, it.asset, it.here, it.there))


@pytest.mark.hazard("P05")
@pytest.mark.parametrize("deed", ["deliver", "add_version", "attach"])
async def test_an_upload_that_is_cut_is_no_upload(empty_site: Site, deed: str) -> None:
    where, act, happened = DEEDS[deed]
    async with empty_site.connection() as connection:
        it = await scene(empty_site, connection)
        empty_site.fault({"match": match(where), "action": "truncate", "direction": "request", "bytes": 40, "times": 1})
        with pytest.raises((Unclear, TryLater)):
            await act(it)
        assert not await happened(it)
        await act(it)
        assert await happened(it)


@pytest.mark.parametrize("deed", sorted(DEEDS))
@pytest.mark.parametrize(("status", "move"), [(503, Unclear), (429, TryLater), (404, NextMove), (403, Refused)])
async def test_each_answer_to_a_write_names_the_next_move(
    empty_site: Site, deed: str, status: int, move: type[NextMove]
) -> None:
    where, act, happened = DEEDS[deed]
    async with empty_site.connection() as connection:
        it = await scene(empty_site, connection)
        empty_site.fault({"match": match(where), "action": "status", "status": status, "times": 1})
        with pytest.raises(move):
            await act(it)
        assert not await happened(it)
