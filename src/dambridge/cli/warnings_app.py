"""`dambridge warnings` and its options; what the commands do is in `warnings`."""

from __future__ import annotations

import typer

from dambridge.cli.options import Json, context_of

warnings_app = typer.Typer(help="What people are told of without asking.", no_args_is_help=True)


@warnings_app.command("show")
def warnings_show(ctx: typer.Context, json: Json = False) -> None:
    """Show what is pressing now, told or not. Exit status 3 where something is overdue, unclear, stopped or drifted."""
    from dambridge.cli import warnings

    warnings.show(context_of(ctx, json))


@warnings_app.command("send")
def warnings_send(ctx: typer.Context, json: Json = False) -> None:
    """Tell every recipient what is new, worse or overdue to them; `serve` does this by itself."""
    from dambridge.cli import warnings

    warnings.send(context_of(ctx, json))
