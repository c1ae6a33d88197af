"""A lost store made anew: the order, what it found, the list for people to look through, and their word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dambridge.bootstrap import open_bridge
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.engine.rebuilding.releasing import held_sources, watched_links
from dambridge.engine.rebuilding.running import intake_of
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.model.reasons import Code, Reason
from dambridge.telemetry.wording import next_move, words


def rebuild(context: Context, *, by: str) -> None:
    result = _ordered(context, CommandKind.REBUILD, {}, by=by)
    told = result.get("rebuilt")
    if told is None:
        _refused(context, result)
    elif context.json:
        print_json(told)
    else:
        _show(told)
    leave(int(result["exit_code"]))


def _show(told: Mapping[str, Any]) -> None:
    rows = [
        ["links that work as before", str(told["active"])],
        *([f"links only watched: {words(Reason.of(Code(it)))}", str(n)] for it, n in told["watched"].items()),
        ["sources held, not delivered by themselves", str(told["held"])],
        ["sources taken down before", str(told["taken_down"])],
        ["assets of the archive with copied marks", str(len(told["copied_marks"]))],
        ["assets of the archive without our marks", str(told["unmarked"])],
        *_outside(told["outside"]),
    ]
    table("The store was made anew", ["what", "how many"], rows)
    for it in told["copied_marks"][:10]:
        reason = Reason.from_json(it["reason"])
        say(f"{words(reason)} {next_move(reason)}")
    for it in told["doubts"]:
        warn(f"The listing of {it} is not proven whole; what it did not show is held all the same once it does.")
    if any(it["unproven"] or it["others"] for it in told["outside"].values()):
        say(
            "Files that are not proven to be ours are left alone; people's are found by `dambridge match`, and adopted."
        )
    if told["held"] or told["watched"]:
        say("Look through it: dambridge store review")


def _outside(told: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    words_for = {
        "visible": "shown, ours, and kept as before",
        "unseen": "ours, out of sight",
        "unproven": "in our holding galleries, and not proven to be ours",
        "others": "in outlets' galleries, and not known to be ours",
    }
    return [
        [f"{flow}: files {words_for[what]}", str(count)]
        for flow, counts in told.items()
        for what, count in counts.items()
        if count
    ]


def review(context: Context, *, limit: int) -> None:
    async def work() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        async with open_bridge(context.settings(), work=False) as bridge:
            parts = intake_of(bridge.flows)
            held = [
                {"asset": str(it.key), "file_name": it.file_name, "why": words(it.reason)}
                for it in await held_sources(parts)
            ]
            watched = [
                {"link": it.link.id, "asset": ", ".join(str(one.key) for one in it.link.copies), "why": _why(it.why)}
                async for it in watched_links(parts)
            ]
            return held, watched

    held, watched = go(work)
    if context.json:
        print_json({"held": held[:limit], "watched": watched[:limit], "counts": [len(held), len(watched)]})
        return
    table("Held sources", ["asset", "file", "why"], [[it["asset"], it["file_name"], it["why"]] for it in held[:limit]])
    table("Watched links", ["assets", "why"], [[it["asset"], it["why"]] for it in watched[:limit]])
    say(f"{len(held)} held, {len(watched)} watched. Let go: dambridge store release ACCOUNT:ID… or --all")


def _why(code: str) -> str:
    return words(Reason.of(Code(code)))


def release(context: Context, *, assets: Sequence[str], everything: bool, by: str) -> None:
    if bool(assets) == everything:
        raise WrongUse("Name the assets as `account:id`, or say --all.")
    pairs = [it.partition(":")[::2] for it in assets]
    if wrong := [it for it, (account, one) in zip(assets, pairs, strict=True) if not account or not one]:
        raise WrongUse(f"{wrong[0]} is no asset. Write it as `account:id`, as `dambridge store review` does.")
    scope = {"assets": [list(it) for it in pairs], "all": everything}
    result = _ordered(context, CommandKind.RELEASE, scope, by=by)
    if "released" not in result:
        _refused(context, result)
    elif context.json:
        print_json({"released": result["released"]})
    else:
        say(f"{result['released']} let go; the next run does the rest.")
    leave(int(result["exit_code"]))


def _ordered(context: Context, kind: CommandKind, scope: Mapping[str, Any], *, by: str) -> Mapping[str, Any]:
    async def work() -> Mapping[str, Any]:
        return await ordered(context, context.settings(), kind, {**scope, "flow": str(FlowName.INTAKE)}, by=by)

    return go(work)


def _refused(context: Context, result: Mapping[str, Any]) -> None:
    if context.json:
        print_json({"error": result.get("error", ""), "exit_code": result["exit_code"]})
    else:
        warn(str(result.get("error", "")))
