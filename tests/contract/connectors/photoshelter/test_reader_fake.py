"""The reader suite on the fake, in the ways that a source can be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from dambridge.ports.capabilities import Proof, ReaderCapabilities
from dambridge.ports.systems import AssetReader
from dambridge.testing.fake_reader import EVERYTHING_WORKS, FakeSource
from dambridge.testing.reader_contract import ReaderContract


class TestFakeReader(ReaderContract):
    """Everything works."""

    can: ClassVar[ReaderCapabilities] = EVERYTHING_WORKS

    @pytest.fixture
    def person(self) -> FakeSource:
        return FakeSource(capabilities=self.can)

    @pytest.fixture
    def reader(self, person: FakeSource) -> AssetReader:
        return person.reader()

    @pytest.fixture
    def time_passes(self, person: FakeSource) -> Callable[[timedelta], Awaitable[None]]:
        async def advance(by: timedelta) -> None:
            person.advance(by)

        return advance


class TestFakeReaderThatTellsLittle(TestFakeReader):
    """Edits do not move the modified time."""

    can = replace(EVERYTHING_WORKS, metadata_moves_modified=Proof.ABSENT, membership_moves_modified=Proof.ABSENT)
