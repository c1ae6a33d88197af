"""The archive suite on the in-memory fake, in each of its awkward positions."""

from __future__ import annotations

import pytest

from dambridge.testing.archive_contract import ArchiveContract
from dambridge.testing.archive_samples import Losing
from dambridge.testing.fake_archive import FakeArchive


class TestFakeArchive(ArchiveContract):
    @pytest.fixture(params=["plain", "no checksums", "same bytes join"])
    def archive(self, request: pytest.FixtureRequest) -> FakeArchive:
        return FakeArchive(
            checksums=request.param != "no checksums", same_bytes_join=request.param == "same bytes join"
        )

    @pytest.fixture
    def losing(self, archive: FakeArchive) -> Losing:
        async def lose(method: str) -> None:
            archive.lose_next_reply(method)

        return lose
