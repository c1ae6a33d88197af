"""Runs: what was done, item by item, in sums that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Looker, PartSeer, Signed, Stop
from dambridge.console.lens import Lens, Page, lens_for, page_of
from dambridge.console.notices import notice_of
from dambridge.console.rendering import page, table_file
from dambridge.engine.overview import progress_of
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, RunId
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.policy.duties import Duty, flows_of
from dambridge.ports.ledger import RunRow

router = APIRouter(include_in_schema=False)
PAGE = 50
WHOLE = 1_000_000
PART = 2000
"""Rows of a list that is taken away as a file."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a run with its file's name."""

    it: ItemOutcome
    file_name: str


@router.get("/runs")
async def runs(request: Request, who: Looker, flow: FlowName | None = None, after: str = "") -> Response:
    desk = desk_of(request)
    if flow is not None:
        who.needs(Duty.LOOK, flow)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    found = await desk.ledger.runs(flow=flow, before=RunId(after) if after else None, limit=PAGE + 1)
    return page(
        request,
        "runs.html",
        now=await desk.clock.now(),
        runs=[it for it in found[:PAGE] if it.flow in mine],
        sums={it.id: sums_of(it) if not who.of_a_part else {} for it in found},
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        flow=flow,
        flows=flows_of(who.person.searcher, desk.flows),
        notice=await notice_of(request, who),
    )


def sums_of(run: RunRow) -> dict[str, int]:
    """How its items ended, as its own account says; empty while it has not ended."""
    told = (run.summary or {}).get("flows", {}).get(str(run.flow), {})
    return {str(it): int(told[str(it)]) for it in Outcome if told.get(str(it))}


@router.get("/runs/{run}")
async def one_run(request: Request, run: str, who: Looker, outcome: Outcome | None = None, after: str = "") -> Response:
    desk = desk_of(request)
    found = await known_run(desk, who, run)
    counts = await desk.ledger.counts(found.id)
    lens = lens_for(desk, who.person.searcher)
    sees = who.may(Duty.SEE_ASSETS, found.flow, partly=True)
    items = await items_seen(lens, found, outcome, after, PAGE) if sees else Page([], None)
    told = (found.summary or {}).get("flows", {}).get(str(found.flow), {})
    return page(
        request,
        "run.html",
        now=await desk.clock.now(),
        run=found,
        told=told if not lens.part else {},
        counts={str(it): getattr(counts, str(it)) for it in Outcome},
        seen=counts.seen,
        sees=sees,
        items=items.rows,
        next=items.next,
        lens=lens,
        outcome=outcome,
        progress=await progress_of(desk.ledger, found.flow) if found.ended_at is None else None,
        notice=await notice_of(request, who),
    )


async def known_run(desk: Desk, who: Signed, run: str) -> RunRow:
    found = await desk.ledger.run(RunId(run))
    if found is None:
        raise Stop(404, f"There is no run {run}.")
    who.needs(Duty.LOOK, found.flow)
    return found


async def items_seen(lens: Lens, run: RunRow, outcome: Outcome | None, after: str, limit: int) -> Page[Item]:
    """A page of how items ended, as one person sees it."""

    async def fetch(after: str, limit: int) -> Sequence[ItemOutcome]:
        place = key_of(after) if after else None
        return await lens.desk.ledger.items(run.id, outcome=outcome, after=place, limit=limit)

    async def choose(some: Sequence[ItemOutcome]) -> list[ItemOutcome]:
        return await lens.by_key(some, lambda it: it.key)

    found = await page_of(lens, fetch, choose, name=lambda it: str(it.key), after=after, limit=limit)
    return Page(await named(lens.desk, run.flow, found.rows), found.next)


async def named(desk: Desk, flow: FlowName, items: Sequence[ItemOutcome]) -> list[Item]:
    seen: Mapping[AssetKey, object] = await desk.ledger.observations(flow, [it.key for it in items])
    return [Item(it, getattr(seen.get(it.key), "file_name", "")) for it in items]


def key_of(text: str) -> AssetKey:
    """An asset as `ACCOUNT:ID`. Raises `Stop` for anything else."""
    account, colon, remote = text.partition(":")
    if not (account and colon and remote):
        raise Stop(422, f"{text!r} names no asset: it is written ACCOUNT:ID.")
    return AssetKey(AccountId(account), RemoteId(remote))


@router.get("/runs/{run}/items.csv")
async def items_file(
    request: Request,
    run: str,
    who: PartSeer,
    outcome: Outcome | None = None,
) -> Response:
    desk = desk_of(request)
    found = await known_run(desk, who, run)
    who.needs(Duty.SEE_ASSETS, found.flow, partly=True)
    lens = lens_for(desk, who.person.searcher)
    items = await items_seen(lens, found, outcome, "", PART if lens.part else WHOLE)
    columns = ("asset", "file", "outcome", "code", "why", "next move", "waits for", "bytes", "lag seconds")
    rows = (
        (
            item.it.key,
            item.file_name,
            item.it.outcome,
            item.it.reason.code,
            lens.words(item.it.reason),
            lens.next_move(item.it.reason),
            item.it.waits_for,
            item.it.bytes_moved,
            "" if item.it.lag is None else item.it.lag,
        )
        for item in items.rows
    )
    return table_file(f"{found.id}-{outcome or 'items'}", columns, rows)
