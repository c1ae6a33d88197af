"""The API's paths under /api/v1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request

from dambridge.console.api import shapes
from dambridge.console.api.caller import Called, Caller
from dambridge.console.assets import flow_of, story_seen
from dambridge.console.conflicts import conflicts_seen, known_conflict
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Stop
from dambridge.console.lens import Lens, lens_for
from dambridge.console.review import needs_all_of, submissions_seen
from dambridge.console.runs import items_seen, key_of
from dambridge.console.terms import known as known_term
from dambridge.console.withdrawals import withdrawals_seen
from dambridge.engine.in_force import InForce, in_force
from dambridge.engine.ordering import give
from dambridge.engine.overview import FlowStanding, flow_standing, live_workers
from dambridge.model.commands import Command, CommandKind
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import CommandId, FlowName, PlanId, RunId
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import read_plan
from dambridge.model.reasons import Reason
from dambridge.policy.duties import Duty, flows_of
from dambridge.ports.ledger import RunRow
from dambridge.telemetry.withdrawal_record import record_document

_PROBLEM: dict[str, Any] = {
    "model": shapes.Problem,
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {**_PROBLEM, "description": "The request cannot be read."},
    401: {**_PROBLEM, "description": "No token, or none that holds."},
    403: {**_PROBLEM, "description": "The token does not reach so far."},
    404: {**_PROBLEM, "description": "There is no such thing."},
    409: {**_PROBLEM, "description": "It cannot be done as things stand."},
    413: {**_PROBLEM, "description": "The request is too large."},
    422: {**_PROBLEM, "description": "The request does not fit what is documented."},
}
router = APIRouter(prefix="/api/v1", tags=["v1"], responses=RESPONSES)
Limit = Annotated[int, Query(ge=1, le=500, description="How many.")]
After = Annotated[str, Query(max_length=400, pattern=shapes.NUL, description="The cursor of the page before.")]
Id = Annotated[str, Path(min_length=1, max_length=400, pattern=shapes.NUL)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key by the same person is the same order, however often it is sent.",
    ),
]


# reads ----------------------------------------------------------------------------------------------------------------


@router.get("/status")
async def status(request: Request, who: Called) -> shapes.Status:
    """How things stand: who works, each flow, what waits for people."""
    who.needs(Duty.LOOK)
    desk = desk_of(request)
    standings = [await flow_standing(desk.ledger, it) for it in flows_of(who.person.searcher, desk.flows)]
    needs: dict[str, int] = {}
    for it in standings:
        for code, count in it.attention.items():
            needs[code] = needs.get(code, 0) + count
    return shapes.Status(
        now=await desk.clock.now(),
        serving=any(serving for _, serving in await live_workers(desk.ledger)),
        flows=[_flow(it, part=who.of_a_part) for it in standings],
        needs_attention=needs if not who.of_a_part else {},
        in_force=[_in_force(it) for it in await in_force(desk.ledger)],
    )


def _in_force(it: InForce) -> shapes.WorkerInForce:
    return shapes.WorkerInForce(
        worker=it.worker, configuration=it.configuration, since=it.since, says=it.says, broken=it.broken
    )


def _flow(it: FlowStanding, *, part: bool) -> shapes.Flow:
    return shapes.Flow(
        flow=it.flow,
        health=it.health,
        held_by=it.held_by,
        backlog=it.backlog if not part else None,
        lag_seconds=it.lag if not part else None,
        needs_attention=dict(it.attention) if not part else {},
        last_run=it.last.id if it.last else None,
        next_at=it.next_at,
    )


@router.get("/runs")
async def runs(
    request: Request, who: Called, flow: FlowName | None = None, limit: Limit = 50, after: After = ""
) -> shapes.Runs:
    """Runs, the newest first."""
    who.needs(Duty.LOOK, flow)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    found = await desk_of(request).ledger.runs(flow=flow, before=RunId(after) if after else None, limit=limit + 1)
    page = found[:limit]
    shown = [_run(it, part=who.of_a_part) for it in page if it.flow in mine]
    return shapes.Runs(runs=shown, next=page[-1].id if len(found) > limit else None)


def _run(it: RunRow, *, part: bool) -> shapes.Run:
    return shapes.Run(
        run=it.id,
        flow=it.flow,
        state=it.state,
        plan=it.plan,
        started_at=it.started_at,
        ended_at=it.ended_at,
        summary=dict(it.summary) if it.summary and not part else None,
        configuration=it.configuration,
    )


async def _known_run(desk: Desk, who: Caller, run: str, duty: Duty) -> RunRow:
    found = await desk.ledger.run(RunId(run))
    if found is None:
        raise Stop(404, f"There is no run {run}.")
    who.needs(duty, found.flow, partly=True)
    return found


@router.get("/runs/{run}")
async def one_run(request: Request, who: Called, run: Id) -> shapes.Run:
    """One run."""
    who.needs(Duty.LOOK)
    return _run(await _known_run(desk_of(request), who, run, Duty.LOOK), part=who.of_a_part)


@router.get("/runs/{run}/items")
async def items(
    request: Request, who: Called, run: Id, outcome: Outcome | None = None, limit: Limit = 100, after: After = ""
) -> shapes.Items:
    """How each asset ended in a run, by account and id."""
    who.needs(Duty.SEE_ASSETS, partly=True)
    desk = desk_of(request)
    lens = lens_for(desk, who.searcher)
    row = await _known_run(desk, who, run, Duty.SEE_ASSETS)
    page = await items_seen(lens, row, outcome, after, limit)
    shown = [
        shapes.Item(
            asset=str(it.it.key),
            link=it.it.link,
            file_name=it.file_name,
            outcome=it.it.outcome,
            reason=_reason(it.it.reason, lens),
            waits_for=it.it.waits_for,
            bytes_moved=it.it.bytes_moved,
            lag_seconds=it.it.lag,
        )
        for it in page.rows
    ]
    return shapes.Items(items=shown, next=page.next)


def _reason(it: Reason, lens: Lens) -> shapes.Reason:
    told = it if lens.tells(it) else Reason(it.code)
    return shapes.Reason(**told.to_json(), words=lens.words(it), next_move=lens.next_move(it))


@router.get("/assets/{asset}")
async def asset(request: Request, who: Called, asset: Id) -> dict[str, Any]:
    """The story of one asset, named by a link's id, `ACCOUNT:ID`, or an id of either system."""
    who.needs(Duty.SEE_ASSETS, partly=True)
    lens = lens_for(desk_of(request), who.searcher)
    story = await story_seen(lens, asset)
    if (flow := flow_of(story)) is not None:
        who.needs(Duty.SEE_ASSETS, flow, partly=True)
    told = story.to_json()
    if story.seen is not None and not lens.tells(story.seen.reason):
        told["last_seen"] |= {"words": lens.words(story.seen.reason), "next_move": ""}
    return told


@router.get("/conflicts")
async def conflicts(
    request: Request,
    who: Called,
    state: ConflictState = ConflictState.OPEN,
    flow: FlowName | None = None,
    limit: Limit = 50,
    after: After = "",
) -> shapes.Conflicts:
    """The conflict inbox, the oldest first."""
    who.needs(Duty.SEE_ASSETS, flow, partly=True)
    lens = lens_for(desk_of(request), who.searcher)
    found = await conflicts_seen(lens, state, flow, after, limit)
    shown = [{**it.to_json(), "words": lens.words(it.reason)} for it in found.rows]
    return shapes.Conflicts(conflicts=shown, next=found.next)


@router.get("/terms")
async def terms(request: Request, who: Called, everything: bool = False) -> shapes.Terms:
    """Words that a vocabulary does not know, those that most assets wait for first."""
    who.needs_all(Duty.SEE_ASSETS, desk_of(request).flows)
    found = await desk_of(request).ledger.unknown_terms(waiting_only=not everything)
    shown = [
        {
            "id": it.key.id,
            "account": it.key.account,
            "attribute": it.key.attribute,
            "word": it.spelling,
            "assets": it.assets,
            "waiting": it.waiting,
            "decision": it.decision.to_json() if it.decision else None,
        }
        for it in found
    ]
    return shapes.Terms(terms=shown)


@router.get("/plans")
async def plans(request: Request, who: Called, limit: Limit = 20) -> shapes.Plans:
    """The latest plans, the newest first."""
    who.needs(Duty.SEE_ASSETS, partly=True)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    shown = [
        {
            **(it.header if not who.of_a_part else {}),
            "plan": it.id,
            "flow": it.flow,
            "state": it.state,
            "approved_by": it.approved_by,
        }
        for it in await desk_of(request).ledger.plans(limit=limit)
        if it.flow in mine
    ]
    return shapes.Plans(plans=shown)


@router.get("/withdrawals")
async def withdrawals(
    request: Request, who: Called, unproven: bool = False, limit: Limit = 50, after: After = ""
) -> shapes.Withdrawals:
    """Records of withdrawals, the oldest first."""
    who.needs(Duty.SEE_ASSETS, partly=True)
    desk = desk_of(request)
    lens = lens_for(desk, who.searcher)
    if after and not lens.part and await desk.ledger.withdrawal(after) is None:
        raise Stop(404, "There is no such record to go on after.")
    found = await withdrawals_seen(lens, unproven=unproven, after=after, limit=limit)
    return shapes.Withdrawals(withdrawals=[record_document(it) for it in found.rows], next=found.next)


@router.get("/submissions")
async def submissions(
    request: Request, who: Called, status: Status = Status.IN_REVIEW, limit: Limit = 50, after: After = ""
) -> shapes.Submissions:
    """What contributors handed in, by account and id."""
    who.needs(Duty.REVIEW, FlowName.HANDOFF, partly=True)
    found = await submissions_seen(lens_for(desk_of(request), who.searcher), status, after=after, limit=limit)
    return shapes.Submissions(submissions=[it.to_json() for it in found.rows], next=found.next)


@router.get("/audit")
async def audit(
    request: Request,
    who: Called,
    subject: Annotated[str, Query(max_length=400, pattern=shapes.NUL)] = "",
    limit: Limit = 100,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> shapes.Entries:
    """The audit trail, from its beginning or after an entry's number."""
    who.needs_all(Duty.AUDIT, desk_of(request).flows)
    found = await desk_of(request).ledger.audit_trail(subject=subject or None, after=after, limit=limit)
    shown = [
        {
            "seq": it.seq,
            "at": it.entry.at,
            "actor": it.entry.actor,
            "event": it.entry.event,
            "subject": it.entry.subject,
            "detail": dict(it.entry.detail),
            "previous": it.previous,
            "hash": it.hash,
        }
        for it in found
    ]
    return shapes.Entries(entries=shown, next=found[-1].seq if len(found) == limit else None)


# orders ---------------------------------------------------------------------------------------------------------------


async def give_order(
    request: Request, who: Caller, kind: CommandKind, scope: Mapping[str, Any], key: str | None
) -> shapes.Order:
    """Give it in the name of the token's maker; the same key is the same order. Raises `Stop` where it was another one's."""
    desk = desk_of(request)
    given = await give(desk.ledger, desk.clock, kind, scope, by=who.name, via="api", key=key or "")
    if (given.kind, _wish(given.scope)) != (kind, _wish(scope)):
        raise Stop(409, "This Idempotency-Key was used for another order.")
    return _told(given)


def _wish(scope: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, whatever it rested on."""
    return {name: it for name, it in scope.items() if name != "revision"}


def _told(it: Command) -> shapes.Order:
    return shapes.Order(
        order=it.id,
        kind=it.kind,
        state=it.state.value,
        by=it.actor,
        created_at=it.created_at,
        result=dict(it.result) if it.result is not None else None,
    )


@router.get("/orders/{order}")
async def order(request: Request, who: Called, order: Id) -> shapes.Order:
    """One of your own orders, as it stands."""
    found = await desk_of(request).ledger.command(CommandId(order))
    if found is None or found.actor != who.name:
        raise Stop(404, "There is no such order of yours.")
    told = _told(found)
    if who.of_a_part and told.result is not None:
        told.result.pop("summary", None)
    return told


@router.post("/runs", status_code=202)
async def run(request: Request, who: Called, wish: shapes.RunWish, key: Key = None) -> shapes.Order:
    """Run a flow now."""
    who.needs(Duty.RUN, wish.flow)
    scope = {"flow": str(wish.flow), "full": wish.full, "reconcile": wish.reconcile}
    return await give_order(request, who, CommandKind.RUN, scope, key)


@router.post("/plans", status_code=202)
async def plan(request: Request, who: Called, wish: shapes.PlanWish, key: Key = None) -> shapes.Order:
    """Make a plan; the order's result names it."""
    who.needs(Duty.RUN, wish.flow)
    return await give_order(request, who, CommandKind.PLAN, {"flow": str(wish.flow), "full": wish.full}, key)


@router.post("/plans/{plan}/apply", status_code=202)
async def apply(request: Request, who: Called, plan: Id, wish: shapes.ApplyWish, key: Key = None) -> shapes.Order:
    """Have exactly this plan carried out, in your name."""
    who.needs(Duty.APPROVE)
    lines = await desk_of(request).ledger.plan_lines(PlanId(plan))
    if lines is None:
        raise Stop(404, f"There is no plan {plan}.")
    flow = read_plan(lines).header.flow
    who.needs(Duty.APPROVE, flow)
    return await give_order(
        request, who, CommandKind.APPLY, {"plan": plan, "flow": str(flow), **wish.model_dump()}, key
    )


async def _known_conflict(request: Request, who: Caller, conflict: str) -> Conflict:
    who.needs(Duty.SETTLE, partly=True)
    found = await known_conflict(lens_for(desk_of(request), who.searcher), conflict)
    who.needs(Duty.SETTLE, found.flow, partly=True)
    return found


@router.post("/conflicts/{conflict}/settle", status_code=202)
async def settle(request: Request, who: Called, conflict: Id, wish: shapes.SettleWish, key: Key = None) -> shapes.Order:
    """Say whose value stands, or the value itself; for all like it where you say so."""
    it = await _known_conflict(request, who, conflict)
    if who.of_a_part and wish.all_like:
        raise Stop(403, "Others like it may lie outside of what you answer for: settle one after the other.")
    about = {"conflict": it.id, "revision": it.revision, "flow": str(it.flow), "values": {}}
    return await give_order(request, who, CommandKind.SETTLE, {**wish.model_dump(), **about}, key)


@router.post("/conflicts/{conflict}/undo", status_code=202)
async def undo(request: Request, who: Called, conflict: Id, key: Key = None) -> shapes.Order:
    """Take a ruling back."""
    it = await _known_conflict(request, who, conflict)
    scope = {"conflict": it.id, "revision": it.revision, "flow": str(it.flow)}
    return await give_order(request, who, CommandKind.UNDO, scope, key)


@router.post("/terms/{term}/decide", status_code=202)
async def decide_term(request: Request, who: Called, term: Id, wish: shapes.TermWish, key: Key = None) -> shapes.Order:
    """Say what a word means."""
    who.needs_all(Duty.TERMS, desk_of(request).flows)
    about = (await known_term(desk_of(request), term)).key
    scope = {"account": about.account, "attribute": about.attribute, "word": about.word, **wish.model_dump()}
    return await give_order(request, who, CommandKind.DECIDE_TERM, scope, key)


@router.post("/reviews", status_code=202)
async def review(request: Request, who: Called, wish: shapes.ReviewWish, key: Key = None) -> shapes.Order:
    """Decide about files that were handed in, or about a whole shoot."""
    who.needs(Duty.REVIEW, FlowName.HANDOFF, partly=True)
    if bool(wish.assets) == bool(wish.shoot):
        raise Stop(422, "Say which files are meant: `assets`, or `shoot`.")
    keys = [key_of(it) for it in wish.assets]
    await needs_all_of(lens_for(desk_of(request), who.searcher), keys)
    assets: Sequence[Sequence[str]] = [[it.account, it.remote_id] for it in keys]
    scope = {**wish.model_dump(), "assets": assets, "flow": str(FlowName.HANDOFF)}
    return await give_order(request, who, CommandKind.REVIEW, scope, key)
