"""Plans: exactly what a run would do, what it costs, and a named person's word that it may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from dambridge.bootstrap import open_matching
from dambridge.bootstrap.loading import configuration_digest
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Seer, Signed, Stop, needing
from dambridge.console.lens import Lens, lens_for
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page, text_of
from dambridge.engine.orders import activating
from dambridge.model.actions import Action, ActionKind
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName, PlanId
from dambridge.model.plans import LeftItem, Plan, read_plan
from dambridge.planning.provenance import changes_by_rule
from dambridge.policy.duties import Duty, flows_of

router = APIRouter(include_in_schema=False)
MOST = 100
SAMPLES = 25
LOOKED = 2000
"""Actions of a plan that are looked through for those of somebody's part."""


@router.get("/plans")
async def plans(request: Request, who: PartSeer) -> Response:
    desk = desk_of(request)
    mine = flows_of(who.person.searcher, tuple(FlowName))
    return page(
        request,
        "plans.html",
        now=await desk.clock.now(),
        plans=[it for it in await desk.ledger.plans(limit=MOST) if it.flow in mine],
        flows=[it for it in flows_of(who.person.searcher, desk.flows) if who.may(Duty.RUN, it)],
        lens=lens_for(desk, who.person.searcher),
        retention=has_retention(desk) and who.may(Duty.RUN, FlowName.LIFECYCLE),
        notice=await notice_of(request, who),
    )


def has_retention(desk: Desk) -> bool:
    lifecycle = desk.settings.flows.lifecycle
    return lifecycle is not None and lifecycle.retention is not None


async def known(desk: Desk, who: Signed, plan: str) -> Plan:
    lines = await desk.ledger.plan_lines(PlanId(plan))
    if lines is None:
        raise Stop(404, f"There is no plan {plan}.")
    found = read_plan(lines)
    who.needs(Duty.SEE_ASSETS, found.header.flow, partly=True)
    return found


@router.get("/plans/{plan}")
async def one(request: Request, plan: str, who: PartSeer) -> Response:
    desk = desk_of(request)
    found, lens = await known(desk, who, plan), lens_for(desk, who.person.searcher)
    actions, left = await of_plan(lens, found)
    row = next((it for it in await desk.ledger.plans(limit=1000) if it.id == found.id), None)
    now = await desk.clock.now()
    old = found.header.configuration != configuration_digest(desk.settings)
    return page(
        request,
        "plan.html",
        now=now,
        plan=found,
        row=row,
        samples=[(it, {str(name): text_of(value) for name, value in it.fields.items()}) for it in actions],
        changes=changes_by_rule(found.actions)[:20] if not lens.part else [],
        left=left,
        lens=lens,
        activates=activates(found),
        applicable=row is not None and row.state == "made" and found.header.expires_at > now and not old,
        old=old and row is not None and row.state == "made",
        notice=await notice_of(request, who),
    )


async def of_plan(lens: Lens, plan: Plan) -> tuple[Sequence[Action], Sequence[LeftItem]]:
    """The first of what it would do, and of what it would leave, as one person sees it."""
    most = LOOKED if lens.part else SAMPLES
    actions = await lens.by_copies(plan.actions[:most], lambda it: (it.link, it.source))
    left = await lens.by_key(plan.left[:most], lambda it: it.key)
    return actions[:SAMPLES], left[:SAMPLES]


def activates(plan: Plan) -> bool:
    """Whether it lets what is only watched go to work."""
    return bool(plan.actions) and all(it.kind is ActionKind.ACTIVATE for it in plan.actions)


@router.get("/plans/{plan}/file")
async def file(request: Request, plan: str, who: Seer) -> Response:
    """The plan itself, as JSON Lines."""
    found = await known(desk_of(request), who, plan)
    head = {"Content-Disposition": f'attachment; filename="{found.id}.jsonl"'}
    return PlainTextResponse("".join(f"{it}\n" for it in found.lines()), media_type="application/jsonl", headers=head)


@router.post("/plans/make")
async def make(request: Request, who: Annotated[Signed, Depends(needing(Duty.RUN))]) -> Response:
    form = await request.form()
    flow = _flow(str(form.get("flow") or ""))
    who.needs(Duty.RUN, flow)
    scope = {"flow": str(flow), "full": form.get("full") == "1"}
    return await order(request, who, CommandKind.PLAN, scope, back="/plans")


@router.post("/plans/retention")
async def retention(request: Request, who: Annotated[Signed, Depends(needing(Duty.RUN))]) -> Response:
    """Plan what need not be kept any more by the rules of flow lifecycle; a person applies it, by name."""
    who.needs(Duty.RUN, FlowName.LIFECYCLE)
    return await order(request, who, CommandKind.PLAN_RETENTION, {"flow": str(FlowName.LIFECYCLE)}, back="/plans")


def _flow(name: str) -> FlowName:
    try:
        return FlowName(name)
    except ValueError:
        raise Stop(422, "Say which flow is to be planned.") from None


@router.post("/plans/{plan}/apply")
async def apply(request: Request, plan: str, who: Annotated[Signed, Depends(needing(Duty.APPROVE))]) -> Response:
    """By name: whoever approves writes theirs."""
    found, form = await known(desk_of(request), who, plan), await request.form()
    who.needs(Duty.APPROVE, found.header.flow)
    if str(form.get("name") or "").strip().casefold() != who.name:
        raise Stop(422, f"Write your name as you sign in with it, {who.name}, to approve this plan.")
    if activates(found):
        return await _activate(request, who, found)
    given = {it: int(str(form.get(it) or 0)) if str(form.get(it) or "0").isdecimal() else 0 for it in ("pilot", "wave")}
    scope = {
        "plan": found.id,
        **given,
        "allow_tripped": form.get("allow_tripped") == "1",
        "flow": str(found.header.flow),
    }
    return await order(request, who, CommandKind.APPLY, scope, back=f"/plans/{found.id}")


async def _activate(request: Request, who: Signed, plan: Plan) -> Response:
    """Of an outlet by an order; of pairs here, for that is no order of the worker's."""
    back = f"/plans/{plan.id}"
    if plan.header.flow in {FlowName.PUBLISH, FlowName.SYNDICATE}:
        who.needs(Duty.RIGHTS, plan.header.flow)
        return await order(request, who, CommandKind.ACTIVATE_OUTLET, {"plan": plan.id}, back=back)
    who.needs(Duty.PAIR, plan.header.flow)
    async with open_matching(desk_of(request).settings, source="", target="") as it:
        await activating.activate(it, plan, by=who.name)
    return RedirectResponse(back, status_code=303)
