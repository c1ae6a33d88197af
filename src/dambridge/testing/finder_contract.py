"""What every finder must do: one suite for the in-memory fake, a connector on its simulator, and a live account.

Subclass `FinderContract` and give it the fixtures `finder` and `librarian`; where a search lags, `settle` waits for it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import NativeValue
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.finding import Finder, Found
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import small_jpeg

LANE = Lane.NORMAL
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")


class Librarian(Protocol):
    """Somebody who puts assets there in the system itself."""

    async def add(
        self,
        file_name: str,
        content: bytes,
        *,
        containers: Sequence[str] = (),
        fields: Mapping[str, NativeValue] | None = None,
    ) -> RemoteId: ...


class FinderContract(ABC):
    """The promises of `Finder`. Words stand in the field that `text_field` names."""

    @pytest.fixture
    @abstractmethod
    def finder(self) -> Finder | AsyncIterator[Finder]:
        """The finder under test."""

    @pytest.fixture
    @abstractmethod
    def librarian(self) -> Librarian:
        """Somebody in the same library."""

    @pytest.fixture
    def text_field(self) -> str:
        """A native field that the search looks into."""
        return "caption"

    @pytest.fixture
    def settle(self) -> Callable[[], Awaitable[None]]:
        """Lets an index catch up."""
        return lambda: asyncio.sleep(0)

    @pytest.fixture
    async def library(
        self, librarian: Librarian, text_field: str, settle: Callable[[], Awaitable[None]]
    ) -> dict[str, RemoteId]:
        """Three assets by a word of their own."""
        words = {
            "kestrel": "Kestrel over the harbour",
            "lighthouse": "Lighthouse and harbour",
            "zürich": "Zürich at night",
        }
        made = {}
        for number, (name, text) in enumerate(words.items()):
            content = small_jpeg(f"finder {name}")
            made[name] = await librarian.add(
                f"f{number}.jpg", content, containers=["Finder"], fields={text_field: text}
            )
        await settle()
        return made

    # words ---------------------------------------------------------------------------------------------------------

    async def test_a_word_finds_what_bears_it_and_nothing_else(
        self, finder: Finder, library: dict[str, RemoteId]
    ) -> None:
        assert _ids(await finder.search("kestrel", limit=10, lane=LANE)) == {library["kestrel"]}
        found = await finder.search("harbour", limit=10, lane=LANE)
        assert _ids(found) == {library["kestrel"], library["lighthouse"]}
        assert found.total in {2, None}

    async def test_all_the_words_must_match(self, finder: Finder, library: dict[str, RemoteId]) -> None:
        assert _ids(await finder.search("harbour lighthouse", limit=10, lane=LANE)) == {library["lighthouse"]}
        assert _ids(await finder.search("kestrel lighthouse", limit=10, lane=LANE)) == set()

    async def test_case_does_not_matter_and_words_may_be_in_any_script(
        self, finder: Finder, library: dict[str, RemoteId]
    ) -> None:
        assert _ids(await finder.search("KESTREL", limit=10, lane=LANE)) == {library["kestrel"]}
        assert _ids(await finder.search("Zürich", limit=10, lane=LANE)) == {library["zürich"]}

    async def test_what_is_nowhere_is_not_found(self, finder: Finder, library: dict[str, RemoteId]) -> None:
        assert library
        found = await finder.search("quokka", limit=10, lane=LANE)
        assert found.sightings == ()
        assert found.total in {0, None}

    async def test_a_limit_holds_and_the_total_is_that_of_all(
        self, finder: Finder, library: dict[str, RemoteId]
    ) -> None:
        found = await finder.search("harbour", limit=1, lane=LANE)
        assert len(found.sightings) == 1
        assert _ids(found) < {library["kestrel"], library["lighthouse"]}
        assert found.total in {2, None}

    @pytest.mark.parametrize("words", ["", "   ", '""', "***", "(", "?!", "--"])
    async def test_without_a_word_nothing_is_found_and_never_everything(
        self, finder: Finder, library: dict[str, RemoteId], words: str
    ) -> None:
        assert library
        assert (await finder.search(words, limit=10, lane=LANE)).sightings == ()

    @pytest.mark.parametrize(
        "words",
        [
            '"kestrel',
            "kestrel*",
            "(kestrel)",
            "-kestrel",
            "kestrel;",
            "+kestrel!",
            "kestrel\\",
            "kestrel ' \"",
            "{kestrel}",
            "kestrel\n",
        ],
    )
    async def test_signs_in_a_persons_words_are_no_syntax(
        self, finder: Finder, library: dict[str, RemoteId], words: str
    ) -> None:
        assert _ids(await finder.search(words, limit=10, lane=LANE)) == {library["kestrel"]}

    @pytest.mark.parametrize("word", ["OR", "AND", "NOT"])
    async def test_words_that_some_systems_take_for_orders_are_words(
        self, finder: Finder, library: dict[str, RemoteId], word: str
    ) -> None:
        assert library
        assert _ids(await finder.search(f"kestrel {word} quokka", limit=10, lane=LANE)) == set()

    # pictures ------------------------------------------------------------------------------------------------------

    async def test_a_picture_is_one(self, finder: Finder, library: dict[str, RemoteId]) -> None:
        async with finder.picture(library["kestrel"], longest_side=200, lane=LANE) as stream:
            content = b"".join([chunk async for chunk in stream.chunks])
        assert content.startswith(_PICTURES)

    async def test_there_is_no_picture_of_nothing(self, finder: Finder) -> None:
        with pytest.raises((Refused, MovedOn)):
            async with finder.picture(RemoteId("99999999"), longest_side=200, lane=LANE):
                pass


def _ids(found: Found) -> set[RemoteId]:
    ids = [it.remote_id for it in found.sightings]
    assert len(ids) == len(set(ids))
    return set(ids)
