"""A named person lets adopted files go to work: exactly those of a plan that says what follows, or none if anything moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.publishing.casing import wanted_of
from dambridge.engine.publishing.selecting import why_not
from dambridge.expressions import compile_expression
from dambridge.mapping import expression_variables, to_canonical
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey, PlanId
from dambridge.model.plans import Plan, PlanHeader, read_plan
from dambridge.model.publications import Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, NativeRecord, Present
from dambridge.planning.adoption import taken_over
from dambridge.planning.moved import expected_keys, moved_copies
from dambridge.planning.outlets import Case, ask_gate, said_outside, status_of
from dambridge.planning.outward import field_changes, master_fingerprint
from dambridge.planning.plans import forecast
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.pace import Lane
from dambridge.telemetry.gate_words import gate_words

PAGE = 500
AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """An adopted file with its master, both as they are now."""

    publication: Publication
    master: AssetRecord
    copy: AssetRecord


async def plan_activation(desk: OutletDesk, name: str) -> Mapping[str, Any]:
    """The plan that activates what was adopted and has a master; each action says what follows for it."""
    policy, outlet = desk.named(name)
    now = await desk.clock.now()
    actions: list[Action] = []
    alone = 0
    async for page in _adopted_pages(desk, policy, outlet):
        pairs = await _pairs(desk, policy, page)
        actions += [_activation(desk, policy, outlet, it, now) for it in pairs]
        alone += len(page) - len(pairs)
    if not actions:
        return {"plan": None, "counts": {}, "without_master": alone, "exit_code": 0}
    header = PlanHeader(
        flow=policy.flow,
        made_at=now,
        expires_at=now + policy.plan_ttl,
        policy=desk.digest(policy),
        configuration=desk.configuration,
        capabilities="",
        counts={"activate": len(actions)},
        forecast=forecast(actions, {name: site.rate for name, site in desk.sites.items()}),
    )
    made = Plan(header=header, actions=tuple(sorted(actions, key=lambda it: it.id)), left=())
    await desk.ledger.save_plan(made.id, policy.flow, at=now, lines=list(made.lines()))
    shut = sum(it.reasons[0].code in {Code.GATE_SHUT, Code.UNSELECTED} for it in actions)
    counts = {"activate": len(actions), "stays": len(actions) - shut, "would_be_withdrawn": shut}
    return {"plan": made.id, "counts": counts, "without_master": alone, "exit_code": 0}


async def _adopted_pages(
    desk: OutletDesk, policy: PublishPolicy, outlet: Outlet
) -> AsyncIterator[Sequence[Publication]]:
    after = None
    while True:
        page = await desk.ledger.publications_in(
            policy.flow, outlet=outlet.name, stages=[Stage.ADOPTED], after=after, limit=PAGE
        )
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = (page[-1].link, page[-1].copy)


async def _pairs(desk: OutletDesk, policy: PublishPolicy, page: Sequence[Publication]) -> list[_Pair]:
    """Those of the publications whose master is known and shown now, as is the file itself."""
    links = await desk.ledger.links([it.link for it in page])
    masters = {it: copy.key for it, link in links.items() if (copy := link.copy(policy.source_copy)) is not None}
    keys = [*masters.values(), *(it.key for it in page if it.key is not None and it.link in masters)]
    records = await _records(desk, keys)
    return [
        _Pair(publication=it, master=records[masters[it.link]], copy=records[it.key])
        for it in page
        if it.key in records and it.link in masters and masters[it.link] in records
    ]


async def _records(desk: OutletDesk, keys: Sequence[AssetKey]) -> dict[AssetKey, AssetRecord]:
    found: dict[AssetKey, AssetRecord] = {}
    for account in {it.account for it in keys}:
        site = desk.sites[account]
        ids = sorted({it.remote_id for it in keys if it.account == account})
        for start in range(0, len(ids), AT_ONCE):
            read = await site.archive.read(ids[start : start + AT_ONCE], lane=Lane.NORMAL)
            for remote_id, native in read.items():
                if isinstance(native, NativeRecord):
                    found[AssetKey(account, remote_id)] = to_canonical(native, site.map)
    return found


def _activation(desk: OutletDesk, policy: PublishPolicy, outlet: Outlet, it: _Pair, now: datetime) -> Action:
    case = _case(desk, policy, outlet, it, now)
    return Action(
        kind=ActionKind.ACTIVATE,
        link=it.publication.link,
        source=it.master.key,
        target=it.publication.copy,
        target_id=it.publication.remote_id,
        fields={},
        cleared=(),
        expects={str(policy.source_copy): it.master.version, str(it.publication.copy): it.copy.version},
        reasons=_follows(case, it.master),
        file_name=it.copy.file_name,
        name=it.master.file_name,
        media_type=str(it.master.media_type),
        calls={policy.source: 1, outlet.account: 1},
    )


def _case(desk: OutletDesk, policy: PublishPolicy, outlet: Outlet, it: _Pair, now: datetime) -> Case:
    """The pair as it would stand before its outlet once it is taken over; its gallery is not looked at."""
    source = policy.selection.expression
    program = compile_expression(source, expression_variables()) if source else None
    unselected = why_not(it.master, policy, outlet, program, now)
    return Case(
        link=it.publication.link,
        source=it.master.key,
        master=Present(it.master),
        selected=not unselected,
        unselected=unselected,
        outlet=outlet,
        agreed=None,
        audience=None,
        can=desk.sites[outlet.account].archive.capabilities,
        wanted=wanted_of(policy, it.master, outlet),
        policy=policy,
        now=now,
        horizon=now,
        status=status_of(it.master.fields, policy),
        publication=_taken(policy, outlet, it, now),
        copy=Present(it.copy),
    )


def _taken(policy: PublishPolicy, outlet: Outlet, it: _Pair, now: datetime) -> Publication:
    made = master_fingerprint(it.master.version.content, outlet.rendition, wanted_of(policy, it.master, outlet))
    ours = said_outside(policy)
    return taken_over(it.publication, found=it.copy, outlet=outlet, ours=ours, master=made, at=now)


def _follows(case: Case, master: AssetRecord) -> tuple[Reason, ...]:
    """What becomes of it by being taken over: it goes, or it stays with its id and its links, and these fields are brought."""
    outlet, answer = case.outlet.name, ask_gate(case, master, case.now)
    if not case.selected:
        return (Reason.of(Code.UNSELECTED, outlet=outlet, why=case.unselected),)
    if not answer.permits:
        return (Reason.of(Code.GATE_SHUT, outlet=outlet, blocks=gate_words(answer, case.policy.zone)),)
    until = answer.until.isoformat() if answer.until else "further notice"
    stays = Reason.of(Code.NOTED, outlet=outlet, until=until)
    fields, cleared = field_changes(case, master)
    names = tuple(sorted(map(str, (*fields, *cleared))))
    return (stays, Reason.of(Code.FIELDS_UPDATED, fields=names)) if names else (stays,)


async def activate(desk: OutletDesk, plan_id: PlanId, *, by: str) -> Mapping[str, Any]:
    """Let exactly what this plan names go to work, or none of it if anything moved. The next run does what follows."""
    plan = await _stored(desk, plan_id)
    policy = next((it for it in desk.policies if it.flow == plan.header.flow), None)
    now = await desk.clock.now()
    _fits(desk, plan, policy, now)
    assert policy is not None  # noqa: S101 - `_fits` refuses a plan without one
    todo = await _still_adopted(desk, plan)
    records = await _nothing_moved(desk, plan)
    approved = AuditEntry(at=now, actor=by, event="plan.approved", subject=plan.id, detail={"links": len(todo)})
    masters = {it.link: it.source for it in plan.actions}
    rows = [
        _taken(
            policy,
            policy.outlets[it.outlet],
            _Pair(publication=it, master=records[masters[it.link]], copy=records[it.key]),
            now,
        )
        for it in todo
        if it.key is not None
    ]
    for start in range(0, len(rows), PAGE):
        part = rows[start : start + PAGE]
        told = [_told(it, plan, by, now) for it in part]
        await desk.ledger.put_publications(part, audit=[*([approved] if start == 0 else []), *told])
    await desk.ledger.mark_plan(plan.id, state="applied", approved_by=by)
    return {"plan": plan.id, "activated": len(rows), "exit_code": 0}


async def _stored(desk: OutletDesk, plan_id: PlanId) -> Plan:
    lines = await desk.ledger.plan_lines(plan_id)
    if lines is None:
        raise Refused(f"There is no plan {plan_id} here. Make one with `dambridge outlets plan OUTLET`.")
    return read_plan(lines)


def _fits(desk: OutletDesk, plan: Plan, policy: PublishPolicy | None, now: datetime) -> None:
    again = "Make a new one: `dambridge outlets plan OUTLET`."
    if policy is None or not plan.actions or any(it.kind is not ActionKind.ACTIVATE for it in plan.actions):
        raise Refused(f"Plan {plan.id} activates nothing at an outlet. {again}")
    differs = {
        "the configuration": plan.header.configuration != desk.configuration,
        "the flow's policy": plan.header.policy != desk.digest(policy),
    }
    if changed := [what for what, it in differs.items() if it]:
        raise Refused(f"{' and '.join(changed)} changed since plan {plan.id} was made. {again}")
    if now > plan.header.expires_at:
        raise Refused(f"Plan {plan.id} expired at {plan.header.expires_at:%Y-%m-%d %H:%M} UTC. {again}")


async def _still_adopted(desk: OutletDesk, plan: Plan) -> list[Publication]:
    """The publications that are watched only; one that is not the same file any more stops the whole plan."""
    known = await desk.ledger.publications([it.link for it in plan.actions])
    todo: list[Publication] = []
    for action in plan.actions:
        it = known.get(action.link, {}).get(action.target)
        if it is None or it.remote_id != action.target_id:
            raise MovedOn(
                f"What plan {plan.id} names at {action.target} does not stand any more; nothing was done. Plan again."
            )
        if it.stage is Stage.ADOPTED:
            todo.append(it)
    return todo


async def _nothing_moved(desk: OutletDesk, plan: Plan) -> dict[AssetKey, AssetRecord]:
    """Masters and copies as they are now, each as the plan rests on it. Raises `MovedOn`."""
    records = await _records(desk, [key for it in plan.actions for key in expected_keys(it, None).values()])
    seen = {key: Present(it) for key, it in records.items()}
    moved = {link for link, _ in moved_copies(plan.actions, seen)}
    if moved:
        raise MovedOn(
            f"{len(moved)} of {len(plan.actions)} assets moved since plan {plan.id} was made; nothing was done. Plan again: "
            "`dambridge outlets plan OUTLET`."
        )
    return records


def _told(it: Publication, plan: Plan, by: str, now: datetime) -> AuditEntry:
    detail = {"plan": plan.id, "copy": str(it.copy), "asset": str(it.key)}
    return AuditEntry(at=now, actor=by, event="publication.activated", subject=it.link, detail=detail)
