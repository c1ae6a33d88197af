"""`dambridge match` and its options; what the commands do is in `matching`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import Json, Limit, Source, Target, context_of

match_app = typer.Typer(
    help="Pair two libraries that exist already; what is found is only watched until a person activates it.",
    invoke_without_command=True,
)


@match_app.callback(invoke_without_command=True)
def match(
    ctx: typer.Context,
    *,
    source: Source = "",
    target: Target = "",
    out: Annotated[Path | None, typer.Option("--out", help="Also write the activation plan to this file.")] = None,
    json: Json = False,
) -> None:
    """Compare two libraries: an audit of each, then pairs that are certain, pairs for review, what is unpaired."""
    from dambridge.cli import matching

    context = context_of(ctx, json)
    if ctx.invoked_subcommand is None:
        matching.match(context, source=source, target=target, out=out)


@match_app.command("audit")
def match_audit(ctx: typer.Context, *, source: Source = "", target: Target = "", json: Json = False) -> None:
    """Only look each library over: duplicates, missing rights, names that make trouble."""
    from dambridge.cli import matching

    matching.audit(context_of(ctx, json), source=source, target=target)


@match_app.command("review")
def match_review(
    ctx: typer.Context,
    *,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="ONE=OTHER", help="These two are one asset; may be repeated."),
    ] = None,
    refuse: Annotated[
        list[str] | None, typer.Option("--refuse", metavar="ONE=OTHER", help="These two are not; may be repeated.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides; the name goes on record.")] = "",
    source: Source = "",
    target: Target = "",
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List the pairs that wait for a person, the likeliest first; or take a person's word on some."""
    from dambridge.cli import matching

    matching.review(
        context_of(ctx, json),
        source=source,
        target=target,
        accept=accept or (),
        refuse=refuse or (),
        by=by,
        limit=limit,
    )


@match_app.command("plan")
def match_plan(
    ctx: typer.Context,
    *,
    folder: Annotated[
        list[str] | None,
        typer.Option("--folder", help="Only what stands in such folders of the second account; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the plan to this file (JSON Lines).")] = None,
    source: Source = "",
    target: Target = "",
    json: Json = False,
) -> None:
    """Make the plan that activates the links that are watched; nothing else happens."""
    from dambridge.cli import matching

    matching.plan(context_of(ctx, json), source=source, target=target, folders=folder or (), out=out)


@match_app.command("activate")
def match_activate(
    ctx: typer.Context,
    *,
    plan: Annotated[str, typer.Argument(help="A plan's id, or a plan file.")],
    by: Annotated[str, typer.Option("--by", help="Who decides; the name goes on record.")] = "",
    source: Source = "",
    target: Target = "",
    json: Json = False,
) -> None:
    """Let exactly the links of this plan go to work, or none if anything moved."""
    from dambridge.cli import matching

    matching.activate(context_of(ctx, json), plan=plan, by=by, source=source, target=target)
