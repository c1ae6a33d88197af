"""The page and the API of search: what a person sees is what search lets them see, and the filter stands in the address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine import people
from dambridge.model.access import Role, Scope
from support.console import Stand, console
from support.search_world import SearchWorld, search_world


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("found"), count=12) as made:
        asyncio.run(made.fill())
        yield made


@pytest.fixture
async def stand(tmp_path: Path, known: SearchWorld) -> AsyncIterator[Stand]:
    async with known.desk() as desk, console(tmp_path, search=desk, pictures=desk.thumbnails) as it:
        await it.person("ada", "administrator")
        await it.person("vic", "viewer")
        yield it


def found(text: str) -> int:
    return text.count('<article class="tile"')


async def test_everybody_finds_what_they_may_see_with_its_picture(stand: Stand) -> None:
    ada, vic = await stand.signed_in("ada"), await stand.signed_in("vic")
    everything, usable = (await ada.get("/search?whole=1")).text, (await ada.get("/search")).text
    assert found(everything) > found(usable) >= 1
    theirs = (await vic.get("/search?whole=1")).text
    assert found(everything) > found(theirs) >= 1
    picture = re.search(r'src="(/pictures/300/[^"]+)"', usable)
    assert picture is not None
    assert (await ada.get(picture[1])).headers["content-type"] == "image/jpeg"
    assert "/search/order" in everything
    assert "/search/order" not in theirs, "a viewer orders nothing"
    wish = re.search(r'name="asset" value="([^"]+)"><input type="hidden" name="outlet" value="">', everything)
    assert wish is not None
    for who, status in ((ada, 303), (vic, 409)):
        assert (await who.post("/search/order", asset=wish[1], outlet="", back="/search")).status_code == status


async def test_a_mistake_is_told_at_its_place_and_a_question_is_kept_and_forgotten(stand: Stand) -> None:
    ada = await stand.signed_in("ada")
    text = (await ada.get("/search?q=fog+date%3Anever")).text
    assert "<mark>" in text
    assert found(text) == 0
    assert "another answer" in (await ada.get("/search?cursor=MQ")).text
    kept = await ada.post("/search/saved", name="Pictures", asked="q=type:image&home=archive")
    assert kept.headers["location"] == "/search?q=type%3Aimage&home=archive"
    text = (await ada.get("/search")).text
    link = re.search(r'href="(/search\?q=type%3Aimage&amp;home=archive&amp;saved=(\w+))"', text)
    assert link is not None
    assert (await ada.post(f"/search/saved/{link[2]}/forget")).status_code == 303
    assert "You keep none." in (await ada.get("/search")).text


async def test_the_api_reaches_as_far_as_its_token(stand: Stand) -> None:
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None

    async def asked(scope: Scope, path: str, status: int = 200) -> Any:
        mine, lasts = frozenset({Role.ADMINISTRATOR}), timedelta(days=1)
        secret = await people.make_token(
            stand.desk.people, ada, name=f"t{len(path)}", roles=mine, scope=scope, lasts=lasts
        )
        async with stand.browser(headers={"authorization": f"Bearer {secret}"}) as client:
            answer = await client.get(f"/api/v1/search{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    everything, nothing = await asked(Scope(), ""), await asked(Scope(selections=frozenset()), "")
    assert everything["total"] >= 5
    assert nothing["total"] == 0
    first = await asked(Scope(), "?limit=1&facets=true&filter=home=archive")
    assert first["facets"]["home"][0]["value"] == "archive"
    assert (await asked(Scope(), f"?limit=1&filter=home=archive&cursor={first['cursor']}"))["hits"] != first["hits"]
    for path in ("?q=date:never", "?cursor=MQ", "?filter=colour=red", "?live=true&cursor=x"):
        assert (await asked(Scope(), path, 422))["detail"]
    assert "photographer:" in (await asked(Scope(), "/suggestions?q=photo"))["fields"]
    document = stand.app.openapi()["paths"]
    assert {"/api/v1/search", "/api/v1/search/suggestions"} <= set(document)
