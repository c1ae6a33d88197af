"""The reader suite on the PhotoShelter connector, against the simulator in several of the positions an account may be in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from dambridge.ports.systems import AssetReader
from dambridge.testing.reader_contract import ReaderContract

from .positions import positions

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite


class _OnTheSimulator(ReaderContract):
    """The suite with switches and options of its own."""

    switches: ClassVar[dict[str, Any]] = {}
    more: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    async def person(self, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        await photoshelter.switch(**self.switches)
        return photoshelter

    @pytest.fixture
    async def reader(self, person: PhotoShelterSite) -> AsyncIterator[AssetReader]:
        async with person.reader(**self.more) as reader:
            yield reader

    @pytest.fixture
    def settle(self, person: PhotoShelterSite) -> Callable[[], Awaitable[None]]:
        return lambda: person.advance(timedelta(minutes=5))

    @pytest.fixture
    def time_passes(self, person: PhotoShelterSite) -> Callable[[timedelta], Awaitable[None]]:
        return person.advance


class TestPhotoShelterAsItComes(_OnTheSimulator):
    """Every switch at its default."""


class TestPhotoShelterTheOtherWay(_OnTheSimulator):
    """The positions that are not the defaults, as far as they can stand together."""

    switches: ClassVar[dict[str, Any]] = {
        "iptc_moves_modified": False,
        "custom_moves_modified": True,
        "membership_moves_modified": True,
        "membership_moves_container": False,
        "before_organization": "empty",
        "keywords_form": "list",
        "embed_by_default": True,
        "download_ranges": False,
    }
    more: ClassVar[dict[str, Any]] = {"sweep": "media", "per_page": 33}


class TestPhotoShelterWithConfirmedCallsAlone(_OnTheSimulator):
    """Strict: what nobody confirmed is not served."""

    @pytest.fixture
    async def person(self, strict_photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return strict_photoshelter


class TestPhotoShelterInEveryPosition(_OnTheSimulator):
    """Each switch in each position that is not its default, one at a time."""

    @pytest.fixture(params=positions(), ids=lambda it: f"{it[0]}={it[1]}")
    async def person(self, request: pytest.FixtureRequest, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        await photoshelter.switch(**dict([request.param]))
        return photoshelter
