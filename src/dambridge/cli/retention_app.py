"""`dambridge retention` and its options; what it does is in `orders`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import Json, context_of

retention_app = typer.Typer(help="What need not be kept any more: planned here, applied by name.", no_args_is_help=True)


@retention_app.callback()
def retention() -> None:
    """What need not be kept any more: planned here, applied by name."""


@retention_app.command("plan")
def retention_plan(
    ctx: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the plan to this file (JSON Lines).")] = None,
    json: Json = False,
) -> None:
    """Plan what may go by the rules of `flows.lifecycle.retention`, and say what stands in the way of the rest. Nothing is
    touched; `dambridge apply PLAN --by NAME` carries exactly it out."""
    from dambridge.cli import orders

    orders.plan_retention(context_of(ctx, json), out=out)
