"""`dambridge runs` and its options; what the commands do is in `looking` and `orders`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Flow, Json, Limit, context_of

runs_app = typer.Typer(help="Runs of the flows: what each did, pause and resume.", invoke_without_command=True)


@runs_app.callback(invoke_without_command=True)
def runs(ctx: typer.Context, limit: Limit = 20, flow: Flow = None, json: Json = False) -> None:
    """List the runs, the latest first; or show, pause, resume."""
    from dambridge.cli import looking

    context = context_of(ctx, json)
    if ctx.invoked_subcommand is None:
        looking.runs(context, flow=flow, limit=limit)


@runs_app.command("show")
def runs_show(
    ctx: typer.Context,
    *,
    run_id: Annotated[str, typer.Argument(help="The run's id, for instance run-000017; or `last`.")] = "last",
    outcome: Annotated[str | None, typer.Option(help="Only items that ended so: done, skipped, waiting, …")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most items to list.")] = 200,
    json: Json = False,
) -> None:
    """One run: its sums, and its items with their reasons."""
    from dambridge.cli import looking

    looking.run_items(context_of(ctx, json), run_id=run_id, outcome=outcome, limit=limit)


@runs_app.command("pause")
def runs_pause(ctx: typer.Context, by: By = "", flow: Flow = None, json: Json = False) -> None:
    """Hold every flow, or the one named: what is under way ends, nothing new begins."""
    from dambridge.cli import orders

    orders.pause(context_of(ctx, json), flow=flow, by=by, hold=True)


@runs_app.command("resume")
def runs_resume(ctx: typer.Context, by: By = "", flow: Flow = None, json: Json = False) -> None:
    """Let held flows go on."""
    from dambridge.cli import orders

    orders.pause(context_of(ctx, json), flow=flow, by=by, hold=False)
