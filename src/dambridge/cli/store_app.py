"""`dambridge store` and its options; what the commands do is in `rebuilding`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Json, Limit, context_of

store_app = typer.Typer(help="The store: make a lost one anew from what the systems show.", no_args_is_help=True)


@store_app.command("rebuild")
def store_rebuild(ctx: typer.Context, by: By = "", json: Json = False) -> None:
    """Find links again by our marks and agree on what both sides show; writes to no system, brings nothing deleted back."""
    from dambridge.cli import rebuilding

    rebuilding.rebuild(context_of(ctx, json), by=by)


@store_app.command("review")
def store_review(ctx: typer.Context, limit: Limit = 100, json: Json = False) -> None:
    """List what waits for a person since the store was made anew: sources that are held, links that are only watched."""
    from dambridge.cli import rebuilding

    rebuilding.review(context_of(ctx, json), limit=limit)


@store_app.command("release")
def store_release(
    ctx: typer.Context,
    *,
    assets: Annotated[list[str] | None, typer.Argument(help="Assets as `account:id`.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is held or only watched.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Let held sources be delivered and watched links work again; the next run does the rest."""
    from dambridge.cli import rebuilding

    rebuilding.release(context_of(ctx, json), assets=assets or [], everything=everything, by=by)
