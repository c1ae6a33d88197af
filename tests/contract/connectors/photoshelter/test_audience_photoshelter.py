"""The audience suite on the PhotoShelter connector: by v4, by v3, with no proven way, and strict; and on the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from dambridge.ports.audience import AudienceKeeper, Visibility
from dambridge.ports.errors import TryLater
from dambridge.testing.archive_samples import Losing
from dambridge.testing.audience_contract import LANE, OPEN, PRESS, AudienceContract
from dambridge.testing.fake_audience import FakeAudience

from .administrator import PhotoShelterAdministrator
from .positions import NO_VISIBILITY, positions

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite


class TestFakeAudience(AudienceContract):
    @pytest.fixture
    def keeper(self) -> FakeAudience:
        return FakeAudience()

    @pytest.fixture
    def administrator(self, keeper: FakeAudience) -> FakeAudience:
        return keeper

    @pytest.fixture
    def losing(self, keeper: FakeAudience) -> Losing:
        async def lose(_method: str) -> None:
            keeper.lose_next_reply()

        return lose


class TestFakeAudienceThatCannotBeSet(TestFakeAudience):
    @pytest.fixture
    def keeper(self) -> FakeAudience:
        return FakeAudience(settable=False)

    @pytest.fixture
    def settable(self) -> bool:
        return False


class _OnTheSimulator(AudienceContract):
    more: dict[str, Any] = {}  # noqa: RUF012 - an instance of a grid has its own
    with_v3: ClassVar[bool] = False

    @pytest.fixture
    async def site(self, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return photoshelter

    @pytest.fixture
    def administrator(self, site: PhotoShelterSite) -> PhotoShelterAdministrator:
        return PhotoShelterAdministrator(site.served)

    @pytest.fixture
    async def keeper(self, site: PhotoShelterSite) -> AsyncIterator[AudienceKeeper]:
        key = {"v3_api_key": site.v3_key} if self.with_v3 else {}
        async with site.connection(**{**self.more, **key}) as connection:
            assert connection.audience is not None
            yield connection.audience

    @pytest.fixture
    def settable(self) -> bool:
        return "visibility_via" in self.more

    @pytest.fixture
    def losing(self, site: PhotoShelterSite) -> Losing:
        async def lose(_method: str) -> None:
            rules = [{"method": "PATCH", "path": "*/galleries/*"}, {"path": "*/visibility/update"}]
            await site.fault(*({"match": it, "action": "drop_reply", "times": 1} for it in rules))

        return lose


class TestPhotoShelterAsItComes(_OnTheSimulator):
    """No proven way to open or shut."""


class TestPhotoShelterByV4(_OnTheSimulator):
    more: ClassVar[dict[str, Any]] = {"visibility_via": "v4"}  # type: ignore[misc]


class TestPhotoShelterByV3(_OnTheSimulator):
    more: ClassVar[dict[str, Any]] = {"visibility_via": "v3"}  # type: ignore[misc]
    with_v3 = True


class TestPhotoShelterInEveryPosition(_OnTheSimulator):
    """Each switch in each position that is not its default, one at a time."""

    @pytest.fixture(params=positions(), ids=lambda it: f"{it[0]}={it[1]}")
    async def site(self, request: pytest.FixtureRequest, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        await photoshelter.switch(**dict([request.param]))
        self.more = {} if request.param in NO_VISIBILITY else {"visibility_via": "v4"}
        return photoshelter

    @pytest.fixture
    def settable(self, site: PhotoShelterSite) -> bool:
        return bool(self.more)


class TestPhotoShelterWithConfirmedCallsAlone(_OnTheSimulator):
    """Strict: a gallery tells its permissions, a collection is seen from above, and one at the root not at all."""

    @pytest.fixture
    async def site(self, strict_photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return strict_photoshelter

    @pytest.mark.parametrize("mode", list(Visibility))
    async def test_a_collection_has_an_audience_too(
        self, keeper: AudienceKeeper, administrator: Any, mode: Visibility
    ) -> None:
        top = await administrator.collection("Top", mode)
        inner = await administrator.collection("Top/Inner", mode, grants=[PRESS])
        seen = await keeper.audience(inner, lane=LANE)
        assert (seen.own, seen.effective, seen.grants) == (mode, mode, (PRESS,))
        with pytest.raises(TryLater, match="no call that shows"):
            await keeper.audience(top, lane=LANE)


async def test_dates_of_permissions_are_in_the_zone_that_the_options_name(photoshelter: PhotoShelterSite) -> None:
    administrator = PhotoShelterAdministrator(photoshelter.served)
    above = await administrator.collection("Above", OPEN)
    it = await administrator.gallery("Press", OPEN, within=[above], grants=[PRESS])
    async with photoshelter.connection(container_zone="Europe/Zurich") as connection:
        assert connection.audience is not None
        (grant,) = (await connection.audience.audience(it, lane=LANE)).grants
    assert PRESS.expires is not None
    assert grant.expires == datetime(2031, 1, 31, 11, tzinfo=UTC)
