"""A named release of rights that somebody else than their owner said, and its undoing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.model.commands import CommandKind


def release(context: Context, scope: Mapping[str, Any], *, by: str) -> None:
    """Order it; who and why are needed, for both go on record."""
    if not by.strip():
        raise WrongUse("Rights are released by a named person: `--by NAME`.")
    if not scope["undo"] and not str(scope["why"]).strip():
        raise WrongUse("Rights are released for a reason only: `--why TEXT`.")

    async def work() -> Mapping[str, Any]:
        return await ordered(context, context.settings(), CommandKind.RELEASE_RIGHTS, scope, by=by)

    result = go(work)
    told = result.get("released_rights")
    if told is None:
        if context.json:
            print_json({"error": result.get("error", ""), "exit_code": result["exit_code"]})
        else:
            warn(str(result.get("error", "")))
    elif context.json:
        print_json({**told, "by": by})
    else:
        names = sorted({*told["before"], *told["after"]})
        changed = [it for it in names if told["before"].get(it) != told["after"].get(it)]
        rows = [[it, str(told["before"].get(it, "-")), str(told["after"].get(it, "-"))] for it in changed]
        table(f"{told['group']} of {told['link']}", ["field", "was agreed", "stands now"], rows)
        say(f"On the word of {by}; the next run of `rights` brings it to every copy.")
    leave(int(result["exit_code"]))
