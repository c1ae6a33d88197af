"""The archive suite on the PhotoShelter connector, against the simulator in every position of every switch, one at a
time, by both ways of uploading, and with nothing but what is confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from dambridge.connectors.photoshelter.config import Guess
from dambridge.model.identity import RemoteId
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive
from dambridge.testing.archive_contract import ArchiveContract
from dambridge.testing.archive_samples import ContractFields, Losing, small_jpeg
from dambridge_sim.photoshelter.switches import SWITCHES

from .positions import APART, NOT_SO, guesses_at, positions

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite

REPLIES: dict[str, dict[str, str]] = {
    "deliver": {"method": "POST", "path": "*/media"},
    "deliver_v3": {"method": "POST", "path": "*/mem/image/upload"},
    "add_version": {"method": "POST", "path": "*/versions"},
    "write": {"method": "PATCH", "path": "*/iptc"},
}
TERMS = {"opt_approved": "approved", "opt_draft": "draft"}
NOTHING: dict[str, Any] = {"custom_fields": {"lifecycle": TERMS}}
EVERYTHING: dict[str, Any] = {"proven": [str(it) for it in Guess], **NOTHING}
BY_V3: dict[str, Any] = {**EVERYTHING, "upload_via": "v3"}
FIELDS = ContractFields(
    text="title",
    other_text="headline",
    bag="keywords",
    closed="custom.lifecycle",
    closed_term="approved",
    id_text="trans_ref",
    words=("sea sky", "a|b", "Zürich", "港", "🌅"),
    file_names=("Été à Zürich.jpg", "港の夕暮れ.jpg", "e\u0301.jpg", "🌅 sun; rise.jpg"),
    names=False,
    versions_in_two_steps=True,
)


def test_there_is_a_position_for_every_switch() -> None:
    assert {name for name, _ in positions()} | set(APART) == {it.name for it in SWITCHES}
    assert set(NOT_SO) <= set(positions())
    assert len(positions()) >= 50


class _OnTheSimulator(ArchiveContract):
    """The suite with switches and options of its own."""

    switches: ClassVar[dict[str, Any]] = {}
    more: dict[str, Any] = EVERYTHING
    by_v3: bool = False

    @pytest.fixture
    async def site(self, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        for word in TERMS.values():
            await photoshelter.add(f"{word}.jpg", small_jpeg(word), custom={"lifecycle": word})
        await photoshelter.switch(**self.switches)
        return photoshelter

    @pytest.fixture
    async def archive(self, site: PhotoShelterSite) -> AsyncIterator[AssetArchive]:
        key = {"v3_api_key": site.v3_key} if self.by_v3 else {}
        async with site.connection(**{**self.more, **key}) as connection:
            yield connection.archive

    @pytest.fixture
    def fields(self) -> ContractFields:
        return FIELDS

    @pytest.fixture
    def scratch(self, request: pytest.FixtureRequest) -> str:
        return f"dambridge/contract/{request.node.originalname}"

    @pytest.fixture
    def instant_of(self) -> Callable[[str], datetime]:
        return lambda said: datetime.strptime(said, "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)

    @pytest.fixture
    def settle(self, site: PhotoShelterSite) -> Callable[[], Awaitable[None]]:
        return lambda: site.advance(timedelta(minutes=5))

    @pytest.fixture
    def losing(self, site: PhotoShelterSite) -> Losing:
        async def lose(method: str) -> None:
            match = REPLIES["deliver_v3" if self.by_v3 and method == "deliver" else method]
            await site.fault({"match": match, "action": "drop_reply", "times": 1})

        return lose


class TestPhotoShelterByV4(_OnTheSimulator):
    """Everything proven, uploads by E32."""


class TestPhotoShelterByV3(_OnTheSimulator):
    """Everything proven, images uploaded by U1 with a key and a session of their own."""

    by_v3 = True
    more = BY_V3


class TestPhotoShelterWithNothingProven(_OnTheSimulator):
    """What one source alone knows waits; images arrive by U1, which is confirmed."""

    by_v3 = True
    more = NOTHING


class _Prepared:
    """An archive whose folders a person has made, where the account has no call for it."""

    def __init__(self, archive: AssetArchive, site: PhotoShelterSite) -> None:
        self._archive = archive
        self._site = site

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        await self._site.make_gallery(path)
        return await self._archive.ensure_folder(path, lane=lane)


class TestPhotoShelterWithConfirmedCallsAlone(_OnTheSimulator):
    """Strict: what nobody confirmed is not served; a person has made the galleries."""

    by_v3 = True
    more = NOTHING

    @pytest.fixture
    async def site(self, strict_photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return strict_photoshelter

    @pytest.fixture
    async def archive(self, site: PhotoShelterSite) -> AsyncIterator[AssetArchive]:
        async with site.connection(**self.more, v3_api_key=site.v3_key) as connection:
            prepared: Any = _Prepared(connection.archive, site)
            yield prepared


class TestPhotoShelterWithoutAnyWayIn(TestPhotoShelterWithConfirmedCallsAlone):
    """Strict, and no key of v3: nothing is delivered, and nothing fails strangely."""

    @pytest.fixture
    async def archive(self, site: PhotoShelterSite) -> AsyncIterator[AssetArchive]:
        async with site.connection(**self.more) as connection:
            prepared: Any = _Prepared(connection.archive, site)
            yield prepared


class TestPhotoShelterInEveryPosition(_OnTheSimulator):
    """Each switch of the simulator in each position that is not its default, one at a time."""

    @pytest.fixture(params=positions(), ids=lambda it: f"{it[0]}={it[1]}")
    async def site(self, request: pytest.FixtureRequest, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        name, value = request.param
        for word in TERMS.values():
            await photoshelter.add(f"{word}.jpg", small_jpeg(word), custom={"lifecycle": word})
        await photoshelter.switch(**{name: value})
        self.more = {**NOTHING, "proven": guesses_at((name, value))}
        self.by_v3 = Guess.UPLOAD_V4 in NOT_SO.get((name, value), ())
        return photoshelter
