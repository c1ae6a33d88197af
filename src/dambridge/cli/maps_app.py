"""`dambridge maps` and its options; what the commands do is in `maps`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import Json, context_of

maps_app = typer.Typer(
    help="The maps between the accounts' fields: look for faults, print the schema.", no_args_is_help=True
)


@maps_app.command("lint")
def maps_lint(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at the files only; call no system.")] = False,
    json: Json = False,
) -> None:
    """Find what the maps would lose, hold back or never do, with samples from real assets."""
    from dambridge.cli import maps

    maps.lint_maps(context_of(ctx, json), offline=offline)


@maps_app.command("schema")
def maps_schema(ctx: typer.Context, json: Json = False) -> None:
    """Print the JSON Schema of the map file, for editors."""
    from dambridge.cli import maps

    del ctx, json
    maps.print_schema()
