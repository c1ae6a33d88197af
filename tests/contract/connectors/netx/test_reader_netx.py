"""The reader suite on the NetX connector: every position of every switch that a reader can meet, one at a time, and strict."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contract.connectors.netx.positions import positions_that_touch
from dambridge.model.identity import RemoteId
from dambridge.ports.systems import AssetReader
from dambridge.testing.reader_contract import ReaderContract

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Librarian, Site


class _OnTheSimulator(ReaderContract):
    """The suite with switches and options of its own."""

    caption = "Caption"
    keywords = "Keywords"
    tells_gone_from_hidden = False
    switches: ClassVar[dict[str, Any]] = {}
    more: ClassVar[dict[str, Any]] = {"page_size": 20}

    @pytest.fixture
    def here(self, empty_site: Site) -> Site:
        empty_site.switch(**self.switches)
        return empty_site

    @pytest.fixture
    def person(self, here: Site) -> Librarian:
        return here.librarian()

    @pytest.fixture
    async def reader(self, here: Site) -> AsyncIterator[AssetReader]:
        async with here.connection(**self.more) as connection:
            yield connection.reader

    @pytest.fixture
    def time_passes(self, person: Librarian) -> Callable[[timedelta], Awaitable[None]]:
        return person.advance

    def nobodys_id(self) -> RemoteId:
        return RemoteId("987654321")


class TestNetxReaderAsItComes(_OnTheSimulator):
    """Every switch at its default."""


class TestNetxReaderInEveryPosition(_OnTheSimulator):
    """One switch off its default at a time."""

    @pytest.fixture(params=positions_that_touch("reader"), ids=lambda it: f"{it[0]}={it[1]}")
    def here(self, empty_site: Site, request: pytest.FixtureRequest) -> Site:
        name, value = request.param
        empty_site.set(name, value)
        self.byte_exact = name != "export_on_download"
        return empty_site


class TestNetxReaderTheOtherWay(_OnTheSimulator):
    """The positions that are not the defaults, as far as they can stand together, and small pages."""

    tells_gone_from_hidden = True
    switches: ClassVar[dict[str, Any]] = {
        "metadata__checksumEnabled": False,
        "get_assets_missing": "omit",
        "unknown_object": "failure",
        "modified_moves_on_membership": True,
        "modified_moves_on_attributes": False,
        "folder_children": "objects",
        "max_page_size": 7,
    }
    more: ClassVar[dict[str, Any]] = {"page_size": 9, "ids_per_call": 2}


class TestNetxReaderWithConfirmedCallsAlone(_OnTheSimulator):
    """Strict: what nobody confirmed is not served."""

    @pytest.fixture
    def here(self, strict_site: Site) -> Site:
        return strict_site
