"""Finds as tables or as one JSON document, what is missing in a sentence, and a question's mistake at its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dambridge.bootstrap import open_search
from dambridge.cli.context import Context, WrongUse, actor, go, leave
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.mapping import FIELDS
from dambridge.model.access import Searcher, everything
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.queries import Facet, Usable
from dambridge.model.searching import Answered, Hit, Missed, SavedSearch
from dambridge.model.values import FieldName
from dambridge.search.asking import CursorStale, Filters
from dambridge.search.desk import SearchDesk
from dambridge.search.documenting import answer_json
from dambridge.search.query import Misread

T = TypeVar("T")
NEEDS_A_PERSON = 3
_WORDS = {
    Usable.NOW: "usable now",
    Usable.LATER: "not yet",
    Usable.ENDED: "ended",
    Usable.UNKNOWN: "rights not known",
    Usable.SHUT: "held back",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was typed."""

    query: str
    filters: tuple[str, ...]
    live: bool
    facets: bool
    limit: int
    cursor: str


def find(context: Context, asked: Asked, *, by: str) -> None:
    filters = _filters(asked.filters)
    if asked.live and asked.cursor:
        raise WrongUse("A live answer has no pages: leave out --cursor, or --live.")

    async def work(desk: SearchDesk) -> Answered:
        return await desk.ask(
            asked.query,
            _searcher(by),
            filters=filters,
            cursor=asked.cursor or None,
            limit=asked.limit,
            facets=asked.facets,
            live=asked.live,
        )

    answer = _done(context, asked.query, work)
    if context.json:
        print_json(answer_json(answer))
    else:
        _show(answer, asked)
    missing = [it for it in answer.gaps if it.missed in {Missed.LATE, Missed.BROKEN}]
    leave(NEEDS_A_PERSON if missing else 0)


def save(context: Context, name: str, query: str, filters: Sequence[str], *, alert: bool, by: str) -> None:
    chosen = _filters(filters)
    made = _done(context, query, lambda desk: desk.saved.save(name, query, _searcher(by), filters=chosen, alert=alert))
    if context.json:
        print_json(_saved_json(made))
    else:
        say(f"Kept as `{made.name}` ({made.id})." + (" You will hear of what it finds from now on." if alert else ""))


def saved(context: Context, *, by: str) -> None:
    kept = _done(context, "", lambda desk: desk.saved.of(_searcher(by)))
    if context.json:
        print_json([_saved_json(it) for it in kept])
    elif not kept:
        say("You keep no question. Keep one: dambridge search QUERY --save NAME [--alert]")
    else:
        rows = [
            (it.id, it.name, it.query, "yes" if it.alert else "", str(len(it.news)) if it.news else "") for it in kept
        ]
        table("Kept questions", ("id", "name", "question", "alert", "news"), rows)


def drop(context: Context, search: str, *, by: str) -> None:
    if not _done(context, "", lambda desk: desk.saved.drop(search, _searcher(by))):
        raise WrongUse(f"You keep no question with the id {search}. List them: dambridge search --saved")
    print_json({"dropped": search}) if context.json else say("Forgotten.")


def order(context: Context, asset: str, *, outlet: str | None, by: str, until: str = "") -> None:
    """Give an order about a find; the flow carries it out."""
    key = _key(asset)
    if outlet == "":
        raise WrongUse("Say where it shall be shown: --publish ACCOUNT:ID --to OUTLET")
    if until and outlet is None:
        raise WrongUse("What is brought into the archive stays there: leave out --until.")
    who = _searcher(by)

    async def work(desk: SearchDesk) -> Any:
        orders = desk.orders
        if outlet is None:
            return await orders.bring(key, who, via="cli")
        return await orders.publish(key, outlet, who, via="cli", until=orders.end_of(outlet, until))

    command = _done(context, "", work)
    if context.json:
        print_json({"command": command.id, "flow": command.scope["flow"], "asset": str(key)})
    else:
        say(
            f"Flow {command.scope['flow']} is asked for {key}; a running `dambridge serve`, or the next run, sees to it."
        )


def take_back(context: Context, asset: str, *, outlet: str, by: str) -> None:
    """Take back what was ordered to an outlet; the flow takes it out."""
    key = _key(asset)
    command = _done(context, "", lambda desk: desk.orders.take_back(key, outlet, _searcher(by), via="cli"))
    if context.json:
        print_json({"command": command.id, "flow": command.scope["flow"], "asset": str(key)})
    else:
        then = (
            f"a running `dambridge serve`, or the next run, takes {key} out of {outlet}"
            if outlet
            else "what came stays"
        )
        say(f"Taken back; {then}.")


def ordered(context: Context, *, by: str) -> None:
    found = _done(context, "", lambda desk: desk.orders.ordered(_searcher(by)))
    if context.json:
        print_json([it.to_json() for it in found])
    elif not found:
        say("Nothing was ordered. Order something: dambridge search --publish ACCOUNT:ID --to OUTLET")
    else:
        rows = [(str(it.source), it.outlet or "archive", it.by, f"{it.at:%Y-%m-%d}", _until(it)) for it in found]
        table("Ordered to outlets", ("asset", "outlet", "by", "since", "until"), rows)


def _until(it: OutletOrder) -> str:
    return f"{it.until:%Y-%m-%d %H:%M} UTC" if it.until is not None else "it is taken back"


def rebuild(context: Context) -> None:
    def told(account: AccountId, count: int) -> None:
        if not context.json:
            warn(f"{account}: {count} read", style="dim")

    done = _done(context, "", lambda desk: desk.refill(told))
    if context.json:
        print_json({"read": done.read, "taken_out": done.taken_out, "unproven": done.unproven})
    else:
        say(f"{done.read} assets were read; {done.taken_out} that are not there any more were taken out.")
        for account, why in done.unproven.items():
            warn(f"{account} was not read whole: {why}", style="yellow")
    leave(NEEDS_A_PERSON if done.unproven else 0)


def _done(context: Context, query: str, work: Callable[[SearchDesk], Awaitable[T]]) -> T:
    """Work at the desk; a question that cannot be read is shown with its place."""

    async def opened() -> T:
        async with open_search(context.settings()) as desk:
            return await work(desk)

    try:
        return go(opened)
    except Misread as error:
        place = f"\n  {query}\n  {' ' * error.at}^" if query else ""
        raise WrongUse(f"{error}{place}") from None
    except CursorStale as error:
        raise WrongUse(str(error)) from None


def _searcher(by: str) -> Searcher:
    """Whoever has the machine sees all."""
    return everything(actor(by))


def _filters(given: Sequence[str]) -> Filters:
    found: dict[Facet, list[str]] = {}
    for it in given:
        name, sign, value = it.partition("=")
        if not sign or name not in set(Facet) or not value:
            raise WrongUse(f"`{it}` is no filter. Write FACET=VALUE; facets are {', '.join(Facet)}.")
        found.setdefault(Facet(name), []).append(value)
    return found


def _key(asset: str) -> AssetKey:
    account, sign, remote_id = asset.partition(":")
    if not sign or not account or not remote_id:
        raise WrongUse(f"`{asset}` names no asset. Write ACCOUNT:ID, as the finds show it.")
    return AssetKey(AccountId(account), RemoteId(remote_id))


# for people -----------------------------------------------------------------------------------------------------------


def _show(answer: Answered, asked: Asked) -> None:
    for gap in answer.gaps:
        warn(gap.told, style="yellow" if gap.partial else "dim")
    if not answer.hits:
        say("Nothing was found." if asked.query else "The index holds nothing yet: dambridge search --rebuild")
    else:
        about = "" if answer.exact else "at least "
        count = "1 asset" if answer.total == 1 else f"{about}{answer.total} assets"
        rows = [_line(it) for it in answer.hits]
        table(count, ("title", "file", "kind", "status", "may it be used", "where"), rows)
    for facet, values in (answer.facets or {}).items():
        if values:
            told = ", ".join(f"{value} ({count})" for value, count in values[:12])
            say(f"{facet}: {told}")
    if answer.facets is not None and not answer.facets_exact:
        say("So many were found that the counts are of a part of them.", style="dim")
    if answer.cursor:
        say(f"There are more: --cursor {answer.cursor}", style="dim")


def _line(hit: Hit) -> tuple[str, ...]:
    first = hit.first
    differ = [FIELDS[it].iptc if it in FIELDS else str(it) for it in (FieldName(one.name) for one in hit.differences)]
    where = ", ".join(str(it.key) for it in hit.copies)
    where += f" (they differ in {', '.join(differ[:4])})" if differ else ""
    return first.title, first.file_name, str(first.media_type), first.status, _WORDS[hit.usable], where


def _saved_json(it: SavedSearch) -> dict[str, Any]:
    return {
        "id": it.id,
        "name": it.name,
        "query": it.query,
        "filters": {name: list(values) for name, values in it.filters.items()},
        "alert": it.alert,
        "checked_at": it.checked_at,
        "news": list(it.news),
    }
