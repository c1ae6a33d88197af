"""Options that several commands know, declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.context import Context

Flow = Annotated[
    str | None, typer.Option("--flow", help="Only this flow, for instance `intake`.", show_default="every flow")
]
By = Annotated[
    str, typer.Option("--by", help="Who decides; the name goes on record.", show_default="the user of this machine")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many.")]


Source = Annotated[
    str, typer.Option("--source", help="The first account.", show_default="where intake takes assets from")
]
Target = Annotated[
    str, typer.Option("--target", help="The second account.", show_default="where intake takes assets to")
]


def context_of(ctx: typer.Context, json: bool) -> Context:
    """The common options of this invocation; `--json` may stand before the command or after it."""
    context: Context = ctx.obj
    context.json = context.json or json
    return context
