"""The attachments suite on the fake and on the NetX connector, in every position of every switch that views can meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from contract.connectors.netx.positions import positions_that_touch
from dambridge.model.identity import RemoteId
from dambridge.ports.attachments import Attachment, Attachments
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of, small_jpeg
from dambridge.testing.attachments_contract import AttachmentsContract
from dambridge.testing.fake_attachments import FakeAttachments

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.NORMAL


class TestFakeAttachments(AttachmentsContract):
    @pytest.fixture
    def asset(self) -> RemoteId:
        return RemoteId("4101")

    @pytest.fixture
    def attachments(self, asset: RemoteId) -> FakeAttachments:
        return FakeAttachments(assets={asset})

    @pytest.fixture
    def losing(self, attachments: FakeAttachments) -> Callable[[], Awaitable[None]]:
        async def lose() -> None:
            attachments.lose_next = True

        return lose

    @pytest.fixture
    def derivative(self, attachments: FakeAttachments) -> Callable[[RemoteId], Awaitable[None]]:
        async def hang(asset: RemoteId) -> None:
            own = Attachment(id=RemoteId(""), name="preview", description="", file_name=None, size=None)
            attachments.put(asset, own, b"x")

        return hang


class TestNetxViews(AttachmentsContract):
    """Every switch at its default."""

    @pytest.fixture
    def here(self, empty_site: Site) -> Site:
        return empty_site

    @pytest.fixture
    async def asset(self, here: Site) -> RemoteId:
        return await here.librarian().add("harbour.jpg", small_jpeg("with papers"))

    @pytest.fixture
    async def attachments(self, here: Site) -> AsyncIterator[Attachments]:
        async with here.connection(page_size=2) as connection:
            assert connection.attachments is not None
            yield connection.attachments

    @pytest.fixture
    def losing(self, here: Site) -> Callable[[], Awaitable[None]]:
        async def lose() -> None:
            here.fault({"match": {"path": "/api/import/asset/*/view"}, "action": "drop_reply", "times": 1})

        return lose

    @pytest.fixture
    def derivative(self, here: Site) -> Callable[[RemoteId], Awaitable[None]]:
        async def hang(asset: RemoteId) -> None:
            await here.librarian().view(asset, "previewXMP", "<x:xmpmeta/>")

        return hang


class TestNetxViewsInEveryPosition(TestNetxViews):
    """One switch off its default at a time."""

    @pytest.fixture(params=positions_that_touch("attachments"), ids=lambda it: f"{it[0]}={it[1]}")
    def here(self, empty_site: Site, request: pytest.FixtureRequest) -> Site:
        empty_site.set(*request.param)
        return empty_site


async def test_a_view_is_fetched_by_name_where_the_site_has_no_address_by_id(empty_site: Site) -> None:
    empty_site.switch(token_on_file_urls=True)
    asset = await empty_site.librarian().add("a.jpg", small_jpeg("a"))
    async with empty_site.connection() as connection:
        views = connection.attachments
        assert views is not None
        await views.attach(asset, body_of(b"paper"), name="model release", description="", file_name="r.pdf", lane=LANE)
        (found,) = await views.attachments(asset, lane=LANE)
        empty_site.fault({"match": {"path": "/api/file/asset/*/view/*"}, "action": "status", "status": 404})
        async with views.attached(asset, found.id, lane=LANE) as stream:
            assert b"".join([it async for it in stream.chunks]) == b"paper"


async def test_a_name_with_a_slash_is_refused_before_anything_is_sent(empty_site: Site) -> None:
    asset = await empty_site.librarian().add("a.jpg", small_jpeg("a"))
    async with empty_site.connection() as connection:
        assert connection.attachments is not None
        mark = empty_site.mark
        with pytest.raises(Refused, match="slash"):
            await connection.attachments.attach(
                asset, body_of(b"x"), name="a/b", description="", file_name="r.pdf", lane=LANE
            )
        assert empty_site.methods(mark) == []


async def test_where_only_confirmed_calls_are_served_views_are_refused_by_name_of_the_call(strict_site: Site) -> None:
    asset = await strict_site.librarian().add("a.jpg", small_jpeg("a"))
    async with strict_site.connection() as connection:
        assert connection.attachments is not None
        with pytest.raises(Refused, match="does not offer"):
            await connection.attachments.attachments(asset, lane=LANE)
        with pytest.raises(Refused):
            await connection.attachments.attach(
                asset, body_of(b"x"), name="a", description="", file_name="r.pdf", lane=LANE
            )
