"""Whether a stored plan may still be applied, and what of it is left to do: the same for every flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dambridge.engine.parts import FlowParts
from dambridge.model.actions import Action
from dambridge.model.identity import CommandId, PlanId
from dambridge.model.plans import Plan, read_plan
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import Ledger, WorkStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That a named person wants a plan carried out, and how much of it: `pilot` stops after so many items, `wave` works in
    waves of so many and can be paused between them; 0 is all of it. `tripped` plans are applied only where they are allowed."""

    by: str
    command: CommandId | None = None
    pilot: int = 0
    wave: int = 0
    allow_tripped: bool = False


async def stored(ledger: Ledger, plan_id: PlanId) -> Plan:
    """A plan of the store. Raises `Refused` when there is none of that id, `PlanDamaged` when it was tampered with."""
    lines = await ledger.plan_lines(plan_id)
    if lines is None:
        raise Refused(
            f"There is no plan {plan_id} in this store. List them with `dambridge plans`.", code="unknown_plan"
        )
    return read_plan(lines)


async def refuse_unfit(parts: FlowParts, plan: Plan, approval: Approval, *, policy: str, capabilities: str) -> None:
    """Raise `Refused` for a plan that has expired, that a guard stopped, or that rests on another configuration, policy or
    set of capabilities than today's; `policy` and `capabilities` are today's digests."""
    header = plan.header
    now = await parts.clock.now()
    differs = {
        "the configuration": header.configuration != parts.configuration,
        "the policy": header.policy != policy,
        "what the accounts can do": header.capabilities != capabilities,
    }
    if changed := [what for what, it in differs.items() if it]:
        raise Refused(
            f"{' and '.join(changed)} changed since plan {plan.id} was made. Make a new one: `dambridge plan`."
        )
    if now > header.expires_at:
        raise Refused(
            f"Plan {plan.id} expired at {header.expires_at:%Y-%m-%d %H:%M} UTC. Make a new one: `dambridge plan`."
        )
    if header.tripped and not approval.allow_tripped:
        codes = ", ".join(str(it.code) for it in header.tripped)
        raise Refused(
            f"A guard stopped plan {plan.id} ({codes}). Read it, then apply with `--allow-tripped` if it is right."
        )


async def still_to_do(parts: FlowParts, actions: Sequence[Action]) -> list[Action]:
    """Those of the actions that the ledger does not hold for done, in the order of their ids."""
    todo: list[Action] = []
    for action in sorted(actions, key=lambda it: it.id):
        row = await parts.ledger.action(action.id)
        if row is None or row.stage is not WorkStage.DONE:
            todo.append(action)
    return todo
