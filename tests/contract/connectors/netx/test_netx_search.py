"""NetX's search by words, and the pictures and renditions of what it finds."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from dambridge.model.identity import RemoteId
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.finding import Finder, Found
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import small_jpeg

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.URGENT


def large_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3000, 1500), (20, 60, 90)).save(out, "JPEG")
    return out.getvalue()


def ids(found: Found) -> set[RemoteId]:
    return {it.remote_id for it in found.sightings}


class TestWords:
    async def test_all_words_must_match_wherever_they_stand(self, empty_site: Site) -> None:
        person = empty_site.librarian()
        both = await person.add("harbour_01.jpg", small_jpeg("1"), fields={"Keywords": ("dusk", "Zürich")})
        await person.add("harbour_02.jpg", small_jpeg("2"), fields={"Keywords": ("dawn",)})
        await person.add("mountain.jpg", small_jpeg("3"), fields={"Keywords": ("dusk",)})
        async with empty_site.connection() as connection:
            mark = empty_site.mark
            assert ids(await connection.finder.search("harbour dusk", limit=10, lane=LANE)) == {both}
            assert len(empty_site.methods(mark)) == 1
            assert ids(await connection.finder.search("HARBOUR zürich", limit=10, lane=LANE)) == {both}

    async def test_the_total_counts_beyond_the_limit(self, empty_site: Site) -> None:
        for number in range(5):
            await empty_site.librarian().add(f"quay_{number}.jpg", small_jpeg(f"q{number}"))
        async with empty_site.connection() as connection:
            found = await connection.finder.search("quay", limit=2, lane=LANE)
        assert (len(found.sightings), found.total) == (2, 5)
        assert all(it.file_name and it.file_name.startswith("quay_") for it in found.sightings)

    @pytest.mark.parametrize(
        "words", ['"', "*", "harbour OR mountain", "name:mountain", "-mountain", "[a TO z]", "?arbour", "\\", "{}"]
    )
    async def test_nothing_that_is_typed_is_syntax(self, empty_site: Site, words: str) -> None:
        person = empty_site.librarian()
        await person.add("harbour.jpg", small_jpeg("1"))
        await person.add("mountain.jpg", small_jpeg("2"))
        async with empty_site.connection() as connection:
            assert ids(await connection.finder.search(words, limit=10, lane=LANE)) == set()

    async def test_no_words_and_too_many_words(self, empty_site: Site) -> None:
        async with empty_site.connection() as connection:
            mark = empty_site.mark
            assert await connection.finder.search("  ", limit=5, lane=LANE) == Found((), 0)
            assert empty_site.methods(mark) == []
            most = " ".join(f"w{it}" for it in range(25))
            assert ids(await connection.finder.search(most, limit=5, lane=LANE)) == set()
            with pytest.raises(Refused, match="fewer"):
                await connection.finder.search(f"{most} more", limit=5, lane=LANE)

    async def test_what_the_account_may_not_see_is_not_found(self, empty_site: Site) -> None:
        await empty_site.librarian().add("secret harbour.jpg", small_jpeg("1"), containers=["Intake"])
        seen = await empty_site.librarian().add("open harbour.jpg", small_jpeg("2"), containers=["Released"])
        token = empty_site.served.credentials["tokens"]["viewer"]
        async with empty_site.connection(token=token) as connection:
            assert ids(await connection.finder.search("harbour", limit=10, lane=LANE)) == {seen}

    async def test_a_search_that_gets_no_answer_is_tried_later(self, empty_site: Site) -> None:
        empty_site.fault({"match": {"rpc": "getAssetsByQuery"}, "action": "status", "status": 503})
        async with empty_site.connection() as connection:
            with pytest.raises(TryLater):
                await connection.finder.search("harbour", limit=10, lane=LANE)


class TestPictures:
    @pytest.mark.parametrize(("asked", "least"), [(100, 100), (150, 150), (300, 300), (500, 500)])
    async def test_the_picture_is_large_enough_where_one_is(self, empty_site: Site, asked: int, least: int) -> None:
        made = await empty_site.librarian().add("large.jpg", large_picture())
        async with empty_site.connection() as connection:
            assert await longest(connection.finder, made, asked) >= least

    @pytest.mark.parametrize("opens", [True, False])
    async def test_zoom_is_had_where_the_older_addresses_take_a_token_else_the_next_best(
        self, empty_site: Site, opens: bool
    ) -> None:
        empty_site.switch(token_on_file_urls=opens, public_files=False)
        made = await empty_site.librarian().add("large.jpg", large_picture())
        async with empty_site.connection() as connection:
            assert await longest(connection.finder, made, 1200) == (2000 if opens else 500)

    async def test_a_document_has_no_picture_and_neither_has_what_is_not_there(self, empty_site: Site) -> None:
        made = await empty_site.librarian().add("paper.pdf", b"%PDF-1.4 not much")
        async with empty_site.connection() as connection:
            for asset in (made, RemoteId("987654321")):
                with pytest.raises(Refused, match="no picture"):
                    await longest(connection.finder, asset, 100)

    async def test_renditions_are_made_some_time_after_the_import(self, empty_site: Site) -> None:
        empty_site.switch(proxy_delay_s=60)
        person = empty_site.librarian()
        made = await person.add("large.jpg", large_picture())
        async with empty_site.connection() as connection:
            renditions = connection.renditions
            assert renditions is not None
            assert renditions.renditions == ("thumbnail", "preview", "zoom")
            with pytest.raises(Refused):
                async with renditions.rendition(made, "preview", lane=LANE):
                    pass
            await person.advance(timedelta(seconds=61))
            async with renditions.rendition(made, "preview", lane=LANE) as stream:
                picture = Image.open(io.BytesIO(b"".join([it async for it in stream.chunks])))
            assert max(picture.size) == 500
            with pytest.raises(Refused, match="there are thumbnail"):
                async with renditions.rendition(made, "poster", lane=LANE):
                    pass


async def longest(finder: Finder, asset: RemoteId, asked: int) -> int:
    async with finder.picture(asset, longest_side=asked, lane=LANE) as stream:
        content = b"".join([it async for it in stream.chunks])
    return max(Image.open(io.BytesIO(content)).size)
