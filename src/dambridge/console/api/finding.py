"""The API's search: the same question as the page's, in the name of whoever made the token."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import Response

from dambridge.console.api import search_shapes, shapes
from dambridge.console.api.caller import Asker, Caller
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Stop
from dambridge.console.pictures import KEPT
from dambridge.console.runs import key_of
from dambridge.console.searching import last_word, opened, ways_of
from dambridge.model.identity import System
from dambridge.model.publications import Stage
from dambridge.model.queries import Facet
from dambridge.model.searching import Answered, Hit
from dambridge.policy.duties import Duty
from dambridge.search.asking import MOST_A_PAGE, CursorStale, Filters
from dambridge.search.desk import SearchDesk
from dambridge.search.documenting import answer_json
from dambridge.search.query import Misread
from dambridge.search.suggesting import names
from dambridge.telemetry.gate_words import use_words


class Picture(Response):
    """Bytes of a picture; what they are is said with them."""

    media_type = "image/jpeg"


Asked = Annotated[str, Query(max_length=4000, pattern=shapes.NUL, description="The question; empty finds everything.")]
Chosen = Annotated[
    list[Annotated[str, Query(max_length=400, pattern=shapes.NUL)]],
    Query(
        max_length=50, description="FACET=VALUE; several of one facet are alternatives. `rights=usable`: here and now."
    ),
]


async def search(
    request: Request,
    who: Asker,
    q: Asked = "",
    filter: Chosen = [],  # noqa: A002, B006 - the name in the address; FastAPI copies it
    facets: bool = False,
    live: bool = False,
    limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="How many.")] = 50,
    cursor: Annotated[str, Query(max_length=2000, pattern=shapes.NUL, description="Of the page before.")] = "",
) -> search_shapes.Found:
    """Assets in all accounts, as last observed, or `live` by the systems themselves (without pages)."""
    who.needs(Duty.LOOK)
    if live and cursor:
        raise Stop(422, "A live answer has no pages: leave out `cursor`, or `live`.")
    try:
        found = await opened(request).ask(
            q,
            who.searcher,
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
    shown = await _shown(desk_of(request), found)
    return search_shapes.Found(**_with_words(answer_json(found), found, opened(request), who, shown))


async def _shown(desk: Desk, found: Answered) -> frozenset[tuple[str, str]]:
    """Which copies stand at which outlets already."""
    links = await desk.ledger.links_of([copy.key for hit in found.hits for copy in hit.copies])
    published = await desk.ledger.publications(list(set(links.values())))
    return frozenset(
        (str(key), place.region)
        for key, link in links.items()
        for place, it in published.get(link, {}).items()
        if it.stage in {Stage.VISIBLE, Stage.ADOPTED}
    )


def _with_words(
    document: dict[str, Any], found: Answered, desk: SearchDesk, who: Caller, there: Collection[tuple[str, str]]
) -> dict[str, Any]:
    """The same, with what people read: the rights as a sentence, each copy's system, and where it may be asked to go."""
    policy = desk.index.policy
    for shown, hit in zip(document["hits"], found.hits, strict=True):
        shown["words"] = use_words(hit.answer, hit.way, policy.zone)
        shown["ways"] = [
            {**_way(desk, *it), "there": it[:2] in there, "twin": _twin(desk, hit, it[1])}
            for it in ways_of(desk, hit, who.searcher)
        ]
        for copy, it in zip(shown["copies"], hit.copies, strict=True):
            copy["system"] = policy.homes[it.key.account].system
    return document


def _way(desk: SearchDesk, asset: str, outlet: str, called: str) -> dict[str, Any]:
    """Into the archive where no outlet is named."""
    system = desk.index.policy.homes[desk.orders.account_of(outlet)].system if outlet else System.NETX
    return {"asset": asset, "outlet": outlet, "system": system, "called": called}


def _twin(desk: SearchDesk, hit: Hit, outlet: str) -> str:
    """Another copy of the asset where the outlet is, as far as the token sees it."""
    account = desk.orders.account_of(outlet) if outlet else None
    return next((str(it.key) for it in hit.copies if it.key.account == account), "")


async def homes(request: Request, who: Asker) -> search_shapes.Homes:
    """The accounts whose assets this token may find."""
    who.needs(Duty.LOOK)
    policy = opened(request).index.policy
    mine = policy.accounts_of(who.searcher.scope)
    shown = [it for name, it in sorted(policy.homes.items()) if mine is None or name in mine]
    return search_shapes.Homes(
        homes=[search_shapes.Home(account=it.account, system=it.system) for it in shown], orders=who.searcher.may_order
    )


async def thumbnail(
    request: Request,
    who: Asker,
    asset: Annotated[str, Path(min_length=1, max_length=400, pattern=shapes.NUL, description="ACCOUNT:ID.")],
    side: Annotated[int, Query(ge=1, le=1200, description="Pixels of the longer side.")] = 300,
) -> Response:
    """A small picture of a copy, as bytes. There is none where the token may not see the asset, either."""
    who.needs(Duty.LOOK)
    pictures = desk_of(request).pictures or opened(request).thumbnails
    found = await pictures.of(key_of(asset), who.searcher, longest_side=side)
    if found is None:
        raise Stop(404, "There is no picture of such an asset that you can see.")
    return Response(found.data, media_type=found.content_type, headers={"Cache-Control": KEPT, "Vary": "Authorization"})


async def suggestions(request: Request, who: Asker, q: Asked = "") -> search_shapes.Suggestions:
    """How what is typed may go on."""
    who.needs(Duty.LOOK)
    found = await opened(request).suggest(q, who.searcher)
    words = [{"word": it.word, "assets": it.assets} for it in found]
    return search_shapes.Suggestions(words=words, fields=list(names(last_word(q))))


def _filters(given: list[str]) -> Filters:
    found: dict[Facet, list[str]] = {}
    for it in given:
        name, _, value = it.partition("=")
        if name not in set(Facet) or not value:
            raise Stop(422, f"A filter is FACET=VALUE; facets are {', '.join(Facet)}.")
        found.setdefault(Facet(name), []).append(value)
    return found
