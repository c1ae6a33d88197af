"""The finder suite on the PhotoShelter connector and on the fake; where its links may lead."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dambridge.connectors.photoshelter.protocol import display_place
from dambridge.ports.errors import Refused
from dambridge.ports.finding import Finder
from dambridge.testing.archive_samples import small_jpeg
from dambridge.testing.fake_finder import FakeFinder
from dambridge.testing.finder_contract import LANE, FinderContract

from .positions import positions

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite


class TestFakeFinder(FinderContract):
    @pytest.fixture
    def finder(self) -> FakeFinder:
        return FakeFinder()

    @pytest.fixture
    def librarian(self, finder: FakeFinder) -> FakeFinder:
        return finder


class TestPhotoShelterAsItComes(FinderContract):
    @pytest.fixture
    async def librarian(self, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return photoshelter

    @pytest.fixture
    async def finder(self, librarian: PhotoShelterSite) -> AsyncIterator[Finder]:
        async with librarian.connection() as connection:
            yield connection.finder

    @pytest.fixture
    def settle(self, librarian: PhotoShelterSite) -> Callable[[], Awaitable[None]]:
        return lambda: librarian.advance(timedelta(minutes=5))


class TestPhotoShelterInEveryPosition(TestPhotoShelterAsItComes):
    """Each switch in each position that is not its default, one at a time; what is about words alone is the same in all."""

    test_signs_in_a_persons_words_are_no_syntax = None  # type: ignore[assignment]
    test_without_a_word_nothing_is_found_and_never_everything = None  # type: ignore[assignment]
    test_words_that_some_systems_take_for_orders_are_words = None  # type: ignore[assignment]

    @pytest.fixture(params=positions(), ids=lambda it: f"{it[0]}={it[1]}")
    async def librarian(self, request: pytest.FixtureRequest, photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        await photoshelter.switch(**dict([request.param]))
        return photoshelter


class TestPhotoShelterWithConfirmedCallsAlone(TestPhotoShelterAsItComes):
    @pytest.fixture
    async def librarian(self, strict_photoshelter: PhotoShelterSite) -> PhotoShelterSite:
        return strict_photoshelter


async def test_a_search_is_one_call(photoshelter: PhotoShelterSite) -> None:
    for number in range(30):
        await photoshelter.add(f"{number}.jpg", small_jpeg(str(number)), fields={"caption": "heron"})
    async with photoshelter.connection() as connection:
        await connection.reader.whoami()
        before = len(await photoshelter.journal())
        found = await connection.finder.search("heron", limit=25, lane=LANE)
    assert (len(found.sightings), found.total) == (25, 30)
    assert [it["path"] for it in (await photoshelter.journal())[before:]][:-1] == ["/psapi/v4.0/media"]


@pytest.mark.hazard("P49")
async def test_a_picture_is_fetched_without_a_word_of_who_we_are(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"))
    seen = []
    async with photoshelter.connection() as connection, connection.finder.picture(asset, longest_side=100, lane=LANE):
        seen = await photoshelter.control("GET", "journal?after=0")
    (shown,) = [it for it in seen if it["path"].startswith("/img-get2/")]
    assert shown["caller"] in {None, ""}


async def test_a_document_has_no_picture(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("notes.txt", b"no picture in here")
    async with photoshelter.connection() as connection:
        with pytest.raises(Refused):
            async with connection.finder.picture(asset, longest_side=100, lane=LANE):
                pass


HOME = "https://www.photoshelter.com"


@pytest.mark.parametrize(
    ("link", "place"),
    [
        (f"{HOME}/img-get2/I0/fit=6x6", (HOME, "/img-get2/I0/fit=6x6")),
        (
            "https://m.psecn.photoshelter.com/img-get2/I0/fit=6x6?seal=a",
            ("https://m.psecn.photoshelter.com", "/img-get2/I0/fit=6x6?seal=a"),
        ),
        ("https://photoshelter.com.evil.example/x", None),
        ("https://evilphotoshelter.com/x", None),
        ("http://m.psecn.photoshelter.com/x", None),
        ("https://user:pw@m.psecn.photoshelter.com/x", None),
        (f"{HOME}/x?api_key=1", None),
        ("https://m.psecn.photoshelter.com/x?auth_token=1", None),
        ("file:///etc/passwd", None),
        ("http://169.254.169.254/latest", None),
        ("", None),
    ],
)
def test_a_display_link_leads_to_photoshelter_or_nowhere(link: str, place: tuple[str, str] | None) -> None:
    assert display_place(link, HOME) == place
