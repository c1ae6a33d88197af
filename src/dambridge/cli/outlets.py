"""Outlets for people: what stands in each, who agreed who sees it; orders to agree, adopt, plan and activate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dambridge.bootstrap import open_bridge, open_store
from dambridge.cli.context import Context, WrongUse, can_be_written, go, leave
from dambridge.cli.orders import ordered, take_in
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.orders.outlets import audience_now
from dambridge.model.commands import CommandKind
from dambridge.model.identity import PlanId
from dambridge.model.publications import AgreedAudience, Stage
from dambridge.planning.audiences import drift
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.errors import MovedOn, NextMove

NEEDS_A_PERSON = 3
NONE = "No outlet is configured here. `docs/howto/publish.md` shows how to begin."


def show(context: Context, name: str, *, live: bool) -> None:
    async def work() -> list[dict[str, Any]]:
        async with open_bridge(context.settings(), work=False) as bridge:
            desk = bridge.outlets
            if desk is None:
                raise WrongUse(NONE)
            meant = [desk.named(name)] if name else [(it, one) for it in desk.policies for one in it.outlets.values()]
            agreed = await desk.ledger.agreed_audiences()
            return [await _told(desk, policy, outlet, agreed.get(outlet.name), live=live) for policy, outlet in meant]

    found = go(work)
    if context.json:
        print_json({"outlets": found})
    else:
        _show(found, live=live)
    leave(NEEDS_A_PERSON if any(it["agreed"] is None or it["differs"] for it in found) else 0)


async def _told(
    desk: OutletDesk, policy: PublishPolicy, outlet: Outlet, agreed: AgreedAudience | None, *, live: bool
) -> dict[str, Any]:
    counts = await desk.ledger.count_publications(policy.flow)
    told: dict[str, Any] = {
        "outlet": outlet.name,
        "flow": str(policy.flow),
        "region": outlet.region,
        "account": outlet.account,
        "gallery": outlet.gallery,
        "channel": outlet.channel,
        "territory": outlet.territory,
        "audience": outlet.audience,
        "agreed": _agreed_json(agreed),
        "stages": {str(it): counts.get((outlet.name, it), 0) for it in Stage},
        "differs": [],
        "now": None,
    }
    return {**told, **(await _now(desk, outlet, agreed))} if live else told


def _agreed_json(agreed: AgreedAudience | None) -> dict[str, Any] | None:
    if agreed is None:
        return None
    names = ("gallery", "own", "effective", "grants", "by", "at")
    return {it: getattr(agreed, it) for it in names}


async def _now(desk: OutletDesk, outlet: Outlet, agreed: AgreedAudience | None) -> dict[str, Any]:
    """How the gallery stands now, and how that differs from what was agreed. One that cannot be read says so."""
    try:
        found = await audience_now(desk, outlet)
    except MovedOn:
        return {"now": "gone", "differs": ["the gallery is gone"]}
    except NextMove as error:
        return {"now": None, "differs": [str(error)]}
    differs = drift(agreed, found, await desk.clock.now()).differs if agreed is not None else ()
    return {"now": str(found.effective), "differs": list(differs)}


def _show(found: list[dict[str, Any]], *, live: bool) -> None:
    rows = [
        [
            it["outlet"],
            f"{it['account']}: {it['gallery']}",
            f"{it['agreed']['effective']}, as {it['agreed']['by']} agreed" if it["agreed"] else "nobody has agreed",
            ", ".join(f"{count} {stage}" for stage, count in it["stages"].items() if count) or "nothing",
            "; ".join(it["differs"]) or ("as agreed" if live and it["agreed"] else ""),
        ]
        for it in found
    ]
    table("Outlets", ["outlet", "gallery", "who sees it", "holds", "now"], rows)
    for it in found:
        if it["agreed"] is None:
            say(f"Look at its gallery, then: dambridge outlets agree {it['outlet']} --by NAME")


def agree(context: Context, name: str, *, by: str, everyone: bool) -> None:
    result = _order(context, CommandKind.AGREE_AUDIENCE, {"outlet": name, "everyone": everyone}, by=by)
    agreed = result["agreed"]
    if context.json:
        print_json(agreed)
    else:
        let_in = ", ".join(agreed["grants"]) or "nobody by name"
        say(f"{agreed['by']} agreed: {agreed['path']} is open to {agreed['effective']}; let in: {let_in}.")
        if agreed["before"]:
            say(f"Before, {agreed['before']['by']} had agreed to {agreed['before']['effective']}.")
    leave(int(result["exit_code"]))


def adopt(context: Context, name: str, *, by: str) -> None:
    result = _order(context, CommandKind.ADOPT_OUTLET, {"outlet": name}, by=by)
    adopted = result["adopted"]
    if context.json:
        print_json(adopted)
    else:
        say(
            f"{adopted['adopted']} of {adopted['found']} files are newly watched, {adopted['linked']} of them with a master."
        )
        for it in adopted["twice"]:
            warn(f"{it} is another file of an asset that stands there already; it was left to people.")
        say(f"Let them go to work: dambridge outlets plan {name}")
    leave(int(result["exit_code"]))


def plan(context: Context, name: str, *, out: Path | None) -> None:
    can_be_written(out)
    result = _order(context, CommandKind.PLAN_OUTLET, {"outlet": name}, by="plan")
    if out is not None and result["plan"]:
        lines = go(lambda: _lines(context, PlanId(result["plan"])))
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if context.json:
        told = {it: result[it] for it in ("plan", "counts", "without_master")}
        print_json({**told, "file": str(out) if out and result["plan"] else None})
    elif not result["plan"]:
        say(f"There is nothing to activate; {result['without_master']} files have no master that is known and shown.")
    else:
        counts = result["counts"]
        say(
            f"Plan {result['plan']} lets {counts['activate']} files go to work; {result['without_master']} have no master."
        )
        say(
            f"By what is known now {counts['stays']} may stay, and {counts['would_be_withdrawn']} would be withdrawn by the next "
            "run. Files that lack their rights inside are replaced by ones that carry them."
        )
        say(f"Activate it: dambridge outlets activate {out or result['plan']} --by NAME")
    leave(int(result["exit_code"]))


async def _lines(context: Context, plan_id: PlanId) -> list[str]:
    async with open_store(context.settings()) as (ledger, _):
        return list(await ledger.plan_lines(plan_id) or [])


def activate(context: Context, given: str, *, by: str) -> None:
    if not by.strip():
        raise WrongUse("What is watched is activated by a named person: `--by NAME`.")
    plan_id, _ = take_in(context, given)
    result = _order(context, CommandKind.ACTIVATE_OUTLET, {"plan": plan_id}, by=by)
    if context.json:
        print_json({"plan": plan_id, "activated": result["activated"], "by": by})
    else:
        say(f"{result['activated']} files go to work from the next run on, on the word of {by}.")
    leave(int(result["exit_code"]))


def _order(context: Context, kind: CommandKind, scope: Mapping[str, Any], *, by: str) -> Mapping[str, Any]:
    """Give the order and wait for its end; a refusal ends the command."""
    if not by.strip():
        raise WrongUse("Say who decides: `--by NAME`.")
    settings = context.settings()
    if not settings.flows.outward:
        raise WrongUse(NONE)

    async def work() -> Mapping[str, Any]:
        return await ordered(context, settings, kind, scope, by=by)

    result = go(work)
    if "error" in result:
        if context.json:
            print_json({"error": result["error"], "exit_code": result["exit_code"]})
        else:
            warn(str(result["error"]))
        leave(int(result["exit_code"]))
    return result
