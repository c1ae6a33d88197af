"""What every keeper of attachments must do: one suite for the in-memory fake and for connectors on their simulators.

Subclass `AttachmentsContract` and give it the fixtures `attachments`, `asset` and `nobody`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from dambridge.model.identity import RemoteId
from dambridge.ports.attachments import Attachments
from dambridge.ports.errors import Refused, Unclear
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of

LANE = Lane.NORMAL
RELEASE = b"%PDF-1.4 a signed release \xff\x00" + bytes(range(256))


class AttachmentsContract(ABC):
    """The promises of `Attachments`."""

    @pytest.fixture
    @abstractmethod
    def attachments(self) -> Attachments | AsyncIterator[Attachments]:
        """What is under test."""

    @pytest.fixture
    @abstractmethod
    def asset(self) -> RemoteId:
        """An asset of the test's own, without attachments."""

    @pytest.fixture
    def nobody(self) -> RemoteId:
        """An id of the right form that no asset has."""
        return RemoteId("987654321")

    @pytest.fixture
    def losing(self) -> Callable[[], Awaitable[None]] | None:
        """A way to lose the reply to the next `attach` after the deed."""
        return None

    @pytest.fixture
    def derivative(self) -> Callable[[RemoteId], Awaitable[None]] | None:
        """A way to let the system hang a derivative of its own on an asset."""
        return None

    async def test_a_new_asset_has_none(self, attachments: Attachments, asset: RemoteId) -> None:
        assert list(await attachments.attachments(asset, lane=LANE)) == []

    async def test_what_is_attached_is_listed_and_comes_back_byte_for_byte(
        self, attachments: Attachments, asset: RemoteId
    ) -> None:
        await _attach(attachments, asset, "model-release", "signed 2026-11-20 – Zürich", "Freigabe Müller.pdf")
        (found,) = await attachments.attachments(asset, lane=LANE)
        assert (found.name, found.description) == ("model-release", "signed 2026-11-20 – Zürich")
        assert found.file_name in {None, "Freigabe Müller.pdf"}
        assert found.size in {None, len(RELEASE)}
        assert await _bytes(attachments, asset, found.id) == RELEASE

    async def test_several_hang_side_by_side(self, attachments: Attachments, asset: RemoteId) -> None:
        for number in range(3):
            await _attach(attachments, asset, f"paper {number}", "", f"{number}.pdf", content=RELEASE + bytes([number]))
        found = {it.name: it.id for it in await attachments.attachments(asset, lane=LANE)}
        assert set(found) == {"paper 0", "paper 1", "paper 2"}
        assert len(set(found.values())) == 3
        assert await _bytes(attachments, asset, found["paper 1"]) == RELEASE + b"\x01"

    async def test_an_empty_file_is_a_file(self, attachments: Attachments, asset: RemoteId) -> None:
        await _attach(attachments, asset, "empty", "", "empty.txt", content=b"")
        (found,) = await attachments.attachments(asset, lane=LANE)
        assert await _bytes(attachments, asset, found.id) == b""

    @pytest.mark.parametrize(("name", "description"), [("", "x"), ("  ", "x"), ("release", "x" * 256)])
    async def test_what_cannot_be_called_so_is_refused_and_nothing_hangs_there(
        self, attachments: Attachments, asset: RemoteId, name: str, description: str
    ) -> None:
        with pytest.raises(Refused):
            await _attach(attachments, asset, name, description, "x.pdf")
        assert list(await attachments.attachments(asset, lane=LANE)) == []

    async def test_the_longest_description_is_kept_whole(self, attachments: Attachments, asset: RemoteId) -> None:
        await _attach(attachments, asset, "release", "ü" * 255, "x.pdf")
        (found,) = await attachments.attachments(asset, lane=LANE)
        assert found.description == "ü" * 255

    async def test_an_asset_that_is_not_there_takes_nothing(self, attachments: Attachments, nobody: RemoteId) -> None:
        with pytest.raises(Refused):
            await _attach(attachments, nobody, "release", "", "x.pdf")
        with pytest.raises(Refused):
            await attachments.attachments(nobody, lane=LANE)

    async def test_an_attachment_that_is_not_there_cannot_be_had(
        self, attachments: Attachments, asset: RemoteId, nobody: RemoteId
    ) -> None:
        with pytest.raises(Refused):
            await _bytes(attachments, asset, nobody)

    @pytest.mark.hazard("P20")
    async def test_a_lost_reply_is_unclear_and_a_look_finds_it_there_once(
        self, attachments: Attachments, asset: RemoteId, losing: Callable[[], Awaitable[None]] | None
    ) -> None:
        if losing is None:
            pytest.skip("replies cannot be lost at will here: the same test on fake and simulator stands for it")
        await losing()
        with pytest.raises(Unclear):
            await _attach(attachments, asset, "release", "", "x.pdf")
        assert [it.name for it in await attachments.attachments(asset, lane=LANE)] == ["release"]

    async def test_what_the_system_made_itself_is_left_out(
        self, attachments: Attachments, asset: RemoteId, derivative: Callable[[RemoteId], Awaitable[None]] | None
    ) -> None:
        if derivative is None:
            pytest.skip("the system cannot be made to hang a derivative here: fake and simulator stand for it")
        await derivative(asset)
        await _attach(attachments, asset, "release", "", "x.pdf")
        assert [it.name for it in await attachments.attachments(asset, lane=LANE)] == ["release"]

    async def test_attaching_to_many_does_not_mix(self, attachments: Attachments, asset: RemoteId) -> None:
        names = [f"p{it}" for it in range(4)]
        for name in names:  # one after the other: a system may keep all views of an asset in one record
            await _attach(attachments, asset, name, "", f"{name}.txt", content=name.encode())
        found = await attachments.attachments(asset, lane=LANE)
        read = await asyncio.gather(*(_bytes(attachments, asset, it.id) for it in found))
        assert {it.name: content for it, content in zip(found, read, strict=True)} == {it: it.encode() for it in names}


async def _attach(
    to: Attachments, asset: RemoteId, name: str, description: str, file_name: str, *, content: bytes = RELEASE
) -> None:
    await to.attach(asset, body_of(content), name=name, description=description, file_name=file_name, lane=LANE)


async def _bytes(attachments: Attachments, asset: RemoteId, attachment: RemoteId) -> bytes:
    async with attachments.attached(asset, attachment, lane=LANE) as stream:
        return b"".join([it async for it in stream.chunks])
