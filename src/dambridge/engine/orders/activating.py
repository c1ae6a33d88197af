"""A named person lets watched links go to work: exactly those of a plan, or none of them if anything moved."""

from __future__ import annotations

import asyncio

from dambridge.engine.pairing.libraries import LANE, Library
from dambridge.engine.pairing.matching import Matching
from dambridge.engine.together import together
from dambridge.mapping import to_canonical
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey, PlanId, RemoteId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Missing, Present, Seen, Unread
from dambridge.planning import check_moved
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove, Refused
from dambridge.ports.ledger import AuditEntry


async def activate(matching: Matching, plan: Plan, *, by: str) -> int:
    """Activate the links of the plan under this person's name; returns how many were watched only until now.

    Raises `Refused` or `MovedOn` before anything is written where the plan does not fit. What an earlier activation of the
    same plan did is not done again. In the two systems nothing is written at all."""
    await _fits(matching, plan, by)
    watched = {it.id for it in await matching.store.watched(matching.accounts)}
    todo = [it for it in plan.actions if it.link in watched]
    await _all_known(matching, plan, todo)
    await _nothing_moved(matching, plan, todo)
    now = await matching.clock.now()
    approved = AuditEntry(at=now, actor=by, event="plan.approved", subject=plan.id, detail={"links": len(todo)})
    entries = {it.link: _entry(it, approved) for it in todo}
    changed = await matching.store.activate(entries, approved)
    await matching.ledger.mark_plan(PlanId(approved.subject), state="applied", approved_by=by)
    return changed


def _entry(action: Action, approved: AuditEntry) -> AuditEntry:
    detail = {
        "plan": approved.subject,
        "source": str(action.source),
        "target": f"{action.target.account}:{action.target_id}",
        "reasons": [it.to_json() for it in action.reasons],
    }
    return AuditEntry(at=approved.at, actor=approved.actor, event="link.activated", subject=action.link, detail=detail)


async def _fits(matching: Matching, plan: Plan, by: str) -> None:
    if not by.strip():
        raise Refused("Links are activated by a named person: say who with `--by`.")
    if not plan.actions or any(it.kind is not ActionKind.ACTIVATE for it in plan.actions):
        raise Refused(f"Plan {plan.id} activates no links. Make one with `dambridge match plan`.")
    differs = {
        "the configuration": plan.header.configuration != matching.configuration,
        "what is paired, and how,": plan.header.policy != matching.digest,
    }
    if changed := [what for what, it in differs.items() if it]:
        raise Refused(f"{' and '.join(changed)} changed since plan {plan.id} was made: `dambridge match plan`.")
    if await matching.clock.now() > plan.header.expires_at:
        expired = f"{plan.header.expires_at:%Y-%m-%d %H:%M}"
        raise Refused(f"Plan {plan.id} expired at {expired} UTC. Make a new one: `dambridge match plan`.")


async def _all_known(matching: Matching, plan: Plan, todo: list[Action]) -> None:
    """A link that is not watched must be one that is active and still holds the same two assets."""
    watched = {it.link for it in todo}
    others = [it for it in plan.actions if it.link not in watched]
    links = await matching.ledger.links([it.link for it in others])
    for action in others:
        link = links.get(action.link)
        copy = link.copy(action.target) if link else None
        if copy is None or copy.remote_id != action.target_id:
            raise MovedOn(
                f"The pair {action.source} and {action.target_id} of plan {plan.id} does not stand any more; nothing was "
                "done. Make a new plan: `dambridge match plan`."
            )


async def _nothing_moved(matching: Matching, plan: Plan, todo: list[Action]) -> None:
    seen: dict[AssetKey, Seen] = {}
    for library, ids in (
        (matching.one, [it.source.remote_id for it in todo]),
        (matching.other, [it.target_id for it in todo if it.target_id is not None]),
    ):
        seen |= await _seen_now(library, ids)
    open_plan = Plan(header=plan.header, actions=tuple(todo), left=())
    if moved := check_moved(open_plan, seen):
        raise MovedOn(
            f"{len(moved)} assets of {len(todo)} pairs moved since plan {plan.id} was made; nothing was done. Run "
            "`dambridge match` again."
        )


async def _seen_now(library: Library, ids: list[RemoteId]) -> dict[AssetKey, Seen]:
    gate = asyncio.Semaphore(library.at_once)

    async def one(remote_id: RemoteId) -> tuple[AssetKey, Seen]:
        async with gate:
            return AssetKey(library.account, remote_id), await _read(library, remote_id)

    return dict(await together(one(it) for it in ids))


async def _read(library: Library, remote_id: RemoteId) -> Seen:
    try:
        native = await library.reader.read(remote_id, groups=library.groups, lane=LANE)
    except CannotGoOn:
        raise
    except NextMove as error:
        return Unread(Reason.of(Code.SOURCE_UNREAD, text=str(error)))
    return native if isinstance(native, Missing) else Present(to_canonical(native, library.map))
