"""Search: one question over both systems, in the name of whoever is signed in; the whole of it stands in the address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Looker, Stop, inner
from dambridge.console.notices import notice_of, with_order
from dambridge.console.rendering import page
from dambridge.console.runs import key_of
from dambridge.model.access import Searcher
from dambridge.model.queries import Facet, Usable
from dambridge.model.rights import EVERYWHERE
from dambridge.model.searching import Answered, Hit, SavedSearch
from dambridge.search.asking import CursorStale, Filters
from dambridge.search.desk import SearchDesk
from dambridge.search.query import Misread
from dambridge.search.suggesting import names

router = APIRouter(include_in_schema=False)
PAGE = 48
SHOWN = 8
"""Values of a facet that are shown."""
PEOPLES = frozenset({Facet.CAMPAIGN, Facet.PHOTOGRAPHER, Facet.REGION, Facet.HOME})
"""Facets whose values are people's own words."""
USABLE = {
    Usable.NOW: ("good", "usable now"),
    Usable.LATER: ("warn", "not yet"),
    Usable.ENDED: ("bad", "ended"),
    Usable.UNKNOWN: ("warn", "rights not known"),
    Usable.SHUT: ("bad", "held back"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it stands in an address. Without `whole`, only what may be used here and now."""

    text: str = ""
    chosen: tuple[tuple[Facet, str], ...] = ()
    whole: bool = False
    live: bool = False
    cursor: str = ""

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Asked:
        """As these parameters say it; what means nothing here is passed over."""
        said, facets = dict(pairs), set(Facet)
        chosen = ((Facet(name), it) for name, it in pairs if name in facets and it)
        return cls(
            text=said.get("q", "").strip(),
            chosen=tuple(dict.fromkeys(chosen)),
            whole="whole" in said,
            live="live" in said,
            cursor=said.get("cursor", ""),
        )

    @property
    def filters(self) -> Filters:
        found: dict[Facet, list[str]] = {} if self.whole else {Facet.RIGHTS: [str(Usable.NOW)]}
        for facet, value in self.chosen:
            if facet is not Facet.RIGHTS or self.whole:
                found.setdefault(facet, []).append(value)
        return found

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All but the place in the answer."""
        flags = [(name, "1") for name in ("whole", "live") if getattr(self, name)]
        return [*([("q", self.text)] if self.text else []), *((str(it), value) for it, value in self.chosen), *flags]

    @property
    def address(self) -> str:
        more = [("cursor", self.cursor)] if self.cursor else []
        query = urlencode([*self.pairs, *more])
        return f"/search?{query}" if query else "/search"

    def turned(self, facet: Facet, value: str) -> Asked:
        """With this value chosen, or without it where it was."""
        one = (facet, value)
        left = tuple(it for it in self.chosen if it != one)
        return replace(self, chosen=left if one in self.chosen else (*left, one), cursor="")

    def but(self, **more: bool) -> Asked:
        return replace(self, cursor="", **more)  # type: ignore[arg-type]

    def on(self, cursor: str) -> Asked:
        return replace(self, cursor=cursor)


def kept(it: SavedSearch) -> str:
    """The address of a question that somebody keeps; opened by it, its news are seen."""
    chosen = tuple((Facet(name), value) for name, values in it.filters.items() for value in values)
    usable = (Facet.RIGHTS, str(Usable.NOW))
    whole = usable not in chosen
    mine = Asked(text=it.query, chosen=chosen if whole else tuple(one for one in chosen if one != usable), whole=whole)
    return f"{mine.address}{'&' if mine.pairs else '?'}saved={it.id}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet as it is called, how many have it (None: not counted), and where choosing it leads."""

    called: str
    count: int | None
    on: bool
    address: str


def called(facet: Facet, value: str) -> str:
    """The value in words: people's own as they spelled it."""
    if facet is Facet.REGION and value == EVERYWHERE:
        return "worldwide"
    return value if facet in PEOPLES else value.replace("_", " ")


def facets_of(asked: Asked, answer: Answered | None) -> Iterator[tuple[Facet, list[Choice]]]:
    """Facets with something to choose; what is chosen stays, so that it can be let go. One value that all have is no choice."""
    counted = (answer.facets if answer is not None else None) or {}
    for facet in Facet:
        if facet is Facet.RIGHTS and not asked.whole:
            continue
        counts = dict(counted.get(facet, ()))
        on = [value for it, value in asked.chosen if it is facet]
        values = dict.fromkeys([*on, *list(counts)[:SHOWN]])
        same = answer is not None and list(counts.values()) == [answer.total]
        if values and (on or not same):
            yield (
                facet,
                [Choice(called(facet, it), counts.get(it), it in on, asked.turned(facet, it).address) for it in values],
            )


def opened(request: Request) -> SearchDesk:
    """Search of this installation. Raises `Stop` where nothing answers."""
    found = desk_of(request).search
    if found is None:
        raise Stop(409, "Search is open while `dambridge serve` works, and not here.")
    return found


@router.get("/search")
async def search(request: Request, who: Looker, saved: str = "") -> Response:
    """The question, its answer, and what can be done with it."""
    asked, desk, searcher = Asked.of(request.query_params.multi_items()), opened(request), who.person.searcher
    if saved:
        await desk.saved.looked_at(saved, searcher)
    answer, says, at = await _answered(desk, asked, who)
    hits = answer.hits if answer is not None else ()
    ways = {it.entry: ways_of(desk, it, searcher) for it in hits}
    return page(
        request,
        "search.html",
        asked=asked,
        answer=answer,
        says=says,
        at=at,
        facets=list(facets_of(asked, answer)),
        ways=ways,
        sendable={entry: key for entry, its in ways.items() for key, outlet, _ in its if outlet},
        saved=[(it, kept(it)) for it in await desk.saved.of(searcher)],
        USABLE=USABLE,
        notice=await notice_of(request, who),
    )


async def _answered(desk: SearchDesk, asked: Asked, who: Looker) -> tuple[Answered | None, str, int | None]:
    """The answer; or why there is none, with the place in the question where that is one."""
    cursor = None if asked.live else asked.cursor or None
    try:
        found = await desk.ask(
            asked.text,
            who.person.searcher,
            filters=asked.filters,
            cursor=cursor,
            limit=PAGE,
            facets=True,
            live=asked.live,
        )
    except Misread as error:
        return None, str(error), error.at
    except CursorStale as error:
        return None, str(error), None
    return found, "", None


def ways_of(desk: SearchDesk, hit: Hit, searcher: Searcher) -> list[tuple[str, str, str]]:
    """What this person may ask for: a copy, an outlet (empty: the archive), and how the button is called."""
    found = []
    for it in hit.copies:
        inward, outlets = desk.orders.ways(it.key, searcher)
        if inward and hit.link is None:
            found.append((str(it.key), "", "Bring it here"))
        found += [(str(it.key), name, f"Publish to {name}") for name in outlets]
    return found


@router.get("/search/suggestions")
async def suggestions(request: Request, who: Looker, q: str = "") -> Response:
    """How what is typed may go on, whole questions each."""
    found = await opened(request).suggest(q, who.person.searcher)
    begun, word = q[: len(q) - len(last_word(q))], last_word(q)
    before = word[: word.rfind(":") + 1]
    options = [*(begun + it for it in names(word)), *(begun + before + it.word for it in found)]
    return page(request, "_suggestions.html", options=options)


def last_word(text: str) -> str:
    return text[max(map(text.rfind, ' ("-')) + 1 :]


@router.post("/search/order")
async def order(request: Request, who: Looker) -> Response:
    """Ask for an asset to be brought, or shown. Raises `Refused`, which the page says."""
    form, orders = await request.form(), opened(request).orders
    key, outlet = key_of(str(form.get("asset") or "")), str(form.get("outlet") or "")
    searcher = who.person.searcher
    given = await (
        orders.publish(key, outlet, searcher, via="console") if outlet else orders.bring(key, searcher, via="console")
    )
    return RedirectResponse(with_order(inner(str(form.get("back") or "/search")), given.id), status_code=303)


@router.post("/search/order/back")
async def take_back(request: Request, who: Looker) -> Response:
    """Take back what was ordered to an outlet. Raises `Refused`, which the page says."""
    form = await request.form()
    key, outlet = key_of(str(form.get("asset") or "")), str(form.get("outlet") or "")
    given = await opened(request).orders.take_back(key, outlet, who.person.searcher, via="console")
    return RedirectResponse(with_order(inner(str(form.get("back") or "/search")), given.id), status_code=303)


@router.post("/search/saved")
async def save(request: Request, who: Looker) -> Response:
    """Keep the question that stands in `asked`."""
    form = await request.form()
    name, asked = str(form.get("name") or "").strip(), Asked.of(parse_qsl(str(form.get("asked") or "")))
    if not 1 <= len(name) <= 200:
        raise Stop(422, "Give the question a name of at most 200 characters.")
    try:
        await opened(request).saved.save(
            name, asked.text, who.person.searcher, filters=asked.filters, alert=bool(form.get("alert"))
        )
    except Misread as error:
        raise Stop(422, str(error)) from None
    return RedirectResponse(asked.address, status_code=303)


@router.post("/search/saved/{search}/forget")
async def forget(request: Request, who: Looker, search: str) -> Response:
    """Forget one of one's own."""
    if not await opened(request).saved.drop(search, who.person.searcher):
        raise Stop(404, "You keep no such question.")
    return RedirectResponse("/search", status_code=303)
