"""`dambridge conflicts` and its options; what the commands do is in `conflicts`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Json, Limit, context_of

conflicts_app = typer.Typer(
    help="The inbox: edits that contradict each other, for people to settle.", invoke_without_command=True
)


@conflicts_app.callback(invoke_without_command=True)
def conflicts(
    ctx: typer.Context,
    *,
    flow: Annotated[str | None, typer.Option("--flow", help="Only of this flow.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only about this field or group of fields.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, ruled, settled, moot, or all.")] = "open",
    after: Annotated[str | None, typer.Option("--after", help="Go on after this entry.")] = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """List the inbox, the oldest first; or show, settle, undo."""
    from dambridge.cli import conflicts as inbox

    context = context_of(ctx, json)
    if ctx.invoked_subcommand is None:
        inbox.listed(context, flow=flow, group=group, state=state, after=after, limit=limit)


@conflicts_app.command("show")
def conflicts_show(
    ctx: typer.Context, conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")], json: Json = False
) -> None:
    """One entry: every value, whose and when, what was agreed on before, and why no rule could decide."""
    from dambridge.cli import conflicts as inbox

    inbox.show(context_of(ctx, json), conflict)


@conflicts_app.command("settle")
def conflicts_settle(
    ctx: typer.Context,
    *,
    conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")],
    side: Annotated[
        str,
        typer.Option("--side", help="The account whose value shall stand everywhere, or `agreed`.", show_default=""),
    ] = "",
    value: Annotated[
        list[str] | None, typer.Option("--value", help="The value itself: field=text (repeatable), or a JSON object.")
    ] = None,
    all_like: Annotated[bool, typer.Option("--all-like", help="Settle all entries like it in the same way.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Say which value shall stand; the next run carries it out. The losing values are kept."""
    from dambridge.cli import conflicts as inbox

    inbox.settle(context_of(ctx, json), conflict, side=side, values=value or [], all_like=all_like, by=by)


@conflicts_app.command("undo")
def conflicts_undo(
    ctx: typer.Context,
    *,
    conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")],
    by: By = "",
    json: Json = False,
) -> None:
    """Take a ruling back; where it was carried out, every copy gets its own value again with the next run."""
    from dambridge.cli import conflicts as inbox

    inbox.undo(context_of(ctx, json), conflict, by=by)
