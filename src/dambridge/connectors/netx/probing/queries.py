"""Questions that only read and are about lists and queries: how much one takes, and what its words mean (NX 6, 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.probing.answers import Answer, Heard, NoAnswer
from dambridge.connectors.netx.probing.lab import ALL, NOT_THERE, Lab, entry

LARGEST_PAGE: Final = 10_000
MOST_CLAUSES: Final = 256
_WITH_TERMS: Final = ("pulldown", "tag", "multiselect", "multi-select")
_ONE: Final = nx.options(("asset.id",), size=1)


async def default_page_size(lab: Lab) -> Answer:
    return await _page_limit(lab, None, "Without a page size a list shows", suggests=False)


async def max_page_size(lab: Lab) -> Answer:
    return await _page_limit(lab, LARGEST_PAGE, f"A page of {LARGEST_PAGE} is given up to", suggests=True)


async def _page_limit(lab: Lab, size: int | None, words: str, *, suggests: bool) -> Answer:
    """The rows on a page of the longest list at hand; only where the list holds more is that the limit."""
    page = {} if size is None else {"page": {"startIndex": 0, "size": size}}
    longest = 0
    for method, params, more in await _long_lists(lab):
        heard = await lab.ask(method, *params, {**page, **more})
        if heard.said_no:
            if size is not None and (most := await _largest_taken(lab, method, params, more)):
                return _limited(lab, most, f"A page of more than {most} rows is refused.", suggests=suggests)
            continue
        shown = wire.parse_list(heard.result)
        rows = len(shown.results)
        if rows < shown.size and (size is None or rows < size):
            return _limited(lab, rows, f"{words} {rows} rows.", suggests=suggests)
        longest = max(longest, rows)
    if not longest:
        raise NoAnswer("No list that the account can see holds anything.")
    return Answer(value={"at_least": longest}, told=f"{words} {longest} rows or more: no list at hand is longer.")


def _limited(lab: Lab, rows: int, told: str, *, suggests: bool) -> Answer:
    smaller = suggests and rows < lab.setup.page_size
    return Answer(value=rows, told=told, suggests={"page_size": max(rows, 2)} if smaller else {})


async def _largest_taken(lab: Lab, method: str, params: Sequence[Any], more: Mapping[str, Any]) -> int:
    """The largest page that is not refused, by halves; 0 where even one row is, so that the size is not the reason."""

    async def taken(size: int) -> bool:
        heard = await lab.ask(method, *params, {"page": {"startIndex": 0, "size": size}, **more})
        return not heard.said_no

    if not await taken(1):
        return 0
    good, bad = 1, LARGEST_PAGE
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if await taken(middle) else (good, middle)
    return good


async def page_over_max(lab: Lab) -> Answer:
    """What a page that is too large is answered with; a list must be longer than a page may be, or its size refused."""
    for method, params, more in await _long_lists(lab):
        heard = await lab.ask(method, *params, {"page": {"startIndex": 0, "size": LARGEST_PAGE}, **more})
        one = await lab.ask(method, *params, {"page": {"startIndex": 0, "size": 1}, **more})
        if one.said_no:
            continue
        if heard.said_no:
            told = "Too large a page is refused: a `page_size` above the limit stops every listing."
            return Answer(value="error", told=told, warning=told)
        shown = wire.parse_list(heard.result)
        if len(shown.results) < min(shown.size, LARGEST_PAGE):
            return Answer(value="cut", told="Too large a page is cut to what the site gives.")
    raise NoAnswer("No list at hand is longer than the largest page.")


async def _long_lists(lab: Lab) -> list[tuple[str, list[Any], dict[str, Any]]]:
    """Lists that may be long: all assets (ids alone), the attributes, the longest vocabulary among the first few."""
    lists: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("getAssetsByQuery", [ALL], {"data": ["asset.id"]}),
        ("getAttributes", [], {}),
    ]
    chosen = [it for it in await lab.definitions() if it.type in _WITH_TERMS][:6]
    by_length = sorted([(len(await lab.terms(it)), it.id) for it in chosen], reverse=True)
    if by_length:
        lists.append(("getValuesByAttribute", [nx.number(by_length[0][1])], {}))
    return lists


async def or_limit(lab: Lab) -> Answer:
    """How many `or` clauses one query may have, by halves between one and a bound: nine tries at most."""

    async def passes(count: int) -> Heard:
        clauses = [{"operator": "or", "exact": {"field": "assetId", "value": NOT_THERE - it}} for it in range(count)]
        query = {"query": [{"operator": "and", "subquery": {"query": clauses}}]}
        return await lab.ask("getAssetsByQuery", query, nx.options(("asset.id",), size=1))

    if (one := await passes(1)).said_no:
        raise NoAnswer(f"A query with one or clause was refused: {one.text} ({one.code}).")
    if not (await passes(MOST_CLAUSES)).said_no:
        return Answer(value={"at_least": MOST_CLAUSES}, told=f"A query takes {MOST_CLAUSES} or clauses, perhaps more.")
    good, bad = 1, MOST_CLAUSES
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if (await passes(middle)).said_no else (middle, bad)
    return Answer(value=good, told=f"A query takes {good} or clauses and no more.")


# what a query means ------------------------------------------------------------------------------------------------


async def exact_case(lab: Lab) -> Answer:
    """An asset asked for by its id and its file name, as it is spelt and with small and capital letters swapped."""
    for it in await lab.samples():
        swapped = it.file_name.swapcase()
        if swapped == it.file_name or not await _finds(lab, _and(_id(it.id)), _and(_named(it.file_name))):
            continue
        ignores = await _finds(lab, _and(_id(it.id)), _and(_named(swapped)))
        return Answer(
            value="ignore" if ignores else "match",
            told=f"A query by an exact value {'does not look' if ignores else 'looks'} at capital letters.",
        )
    raise NoAnswer("No asset could be found by its file name, so its letters could not be tried.")


async def clause_binding(lab: Lab) -> Answer:
    """An asset that an `or` adds to an `and` that nothing meets: found only where `or` widens what stands before it."""
    asset = (await lab.samples())[0].id
    if not await _finds(lab, _and(_id(asset))):
        raise NoAnswer("An asset could not be found by its id.")
    widens = await _finds(lab, _and(_id(str(NOT_THERE))), {"operator": "or", **_id(asset)})
    return Answer(
        value="left_to_right" if widens else "solr",
        told="Clauses of a query bind from left to right."
        if widens
        else "Beside an `and` an `or` of the same level does not count; groups in a subquery of their own are safe.",
    )


async def _finds(lab: Lab, *clauses: Mapping[str, Any]) -> bool:
    heard = await lab.ask("getAssetsByQuery", {"query": list(clauses)}, _ONE)
    if heard.said_no:
        raise NoAnswer(f"The query was refused: {heard.text} ({heard.code}).")
    return bool(wire.parse_list(heard.result).results)


def _and(criterion: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"operator": "and", **criterion}


def _id(asset: str) -> Mapping[str, Any]:
    return {"exact": {"field": "assetId", "value": nx.number(asset)}}


def _named(file_name: str) -> Mapping[str, Any]:
    return {"exact": {"field": "fileName", "value": file_name}}


QUERIES: Final = (
    entry(default_page_size, "default_page_size", "How many rows has a page when none is asked for?", "NX 9, 17.7"),
    entry(max_page_size, "max_page_size", "How many rows has the largest page?", "NX 9, 17.7"),
    entry(page_over_max, "page_over_max", "Is too large a page cut or refused?", "NX 9, 17.7"),
    entry(or_limit, "or_limit", "How many or clauses does a query take?", "NX 6, 17.7"),
    entry(clause_binding, "clause_binding", "How do and and or bind at one level?", "NX 6"),
    entry(exact_case, "exact_case", "Does an exact value look at capital letters?", "NX 6"),
)
