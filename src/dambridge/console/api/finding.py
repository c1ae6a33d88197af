"""The API's search: the same question as the page's, in the name of whoever made the token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from dambridge.console.api import shapes
from dambridge.console.api.caller import Called
from dambridge.console.guarding import Stop
from dambridge.console.searching import last_word, opened
from dambridge.model.queries import Facet
from dambridge.policy.duties import Duty
from dambridge.search.asking import MOST_A_PAGE, CursorStale, Filters
from dambridge.search.documenting import answer_json
from dambridge.search.query import Misread
from dambridge.search.suggesting import names

Asked = Annotated[str, Query(max_length=4000, pattern=shapes.NUL, description="The question; empty finds everything.")]
Chosen = Annotated[
    list[Annotated[str, Query(max_length=400, pattern=shapes.NUL)]],
    Query(
        max_length=50, description="FACET=VALUE; several of one facet are alternatives. `rights=usable`: here and now."
    ),
]


async def search(
    request: Request,
    who: Called,
    q: Asked = "",
    filter: Chosen = [],  # noqa: A002, B006 - the name in the address; FastAPI copies it
    facets: bool = False,
    live: bool = False,
    limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="How many.")] = 50,
    cursor: Annotated[str, Query(max_length=2000, pattern=shapes.NUL, description="Of the page before.")] = "",
) -> shapes.Found:
    """Assets in all accounts, as last observed, or `live` by the systems themselves (without pages)."""
    who.needs(Duty.LOOK)
    if live and cursor:
        raise Stop(422, "A live answer has no pages: leave out `cursor`, or `live`.")
    try:
        found = await opened(request).ask(
            q,
            who.person.searcher,
            filters=_filters(filter),
            cursor=cursor or None,
            limit=limit,
            facets=facets,
            live=live,
        )
    except Misread as error:
        raise Stop(422, f"{error} (At character {error.at + 1}.)") from None
    except CursorStale as error:
        raise Stop(422, str(error)) from None
    return shapes.Found(**answer_json(found))


async def suggestions(request: Request, who: Called, q: Asked = "") -> shapes.Suggestions:
    """How what is typed may go on."""
    who.needs(Duty.LOOK)
    found = await opened(request).suggest(q, who.person.searcher)
    words = [{"word": it.word, "assets": it.assets} for it in found]
    return shapes.Suggestions(words=words, fields=list(names(last_word(q))))


def _filters(given: list[str]) -> Filters:
    found: dict[Facet, list[str]] = {}
    for it in given:
        name, _, value = it.partition("=")
        if name not in set(Facet) or not value:
            raise Stop(422, f"A filter is FACET=VALUE; facets are {', '.join(Facet)}.")
        found.setdefault(Facet(name), []).append(value)
    return found
