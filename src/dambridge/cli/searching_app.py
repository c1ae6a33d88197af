"""`dambridge search` and its options; what it does is in `searching`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Json, context_of


def search(
    ctx: typer.Context,
    *,
    query: Annotated[
        str,
        typer.Argument(help='What to look for: words, "phrases", field:value, date:2026-01..2026-06, -not, OR, ( ).'),
    ] = "",
    live: Annotated[
        bool, typer.Option("--live", help="Ask the systems themselves now, each for as long as its deadline lets it.")
    ] = False,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="FACET=VALUE, as `--facets` shows them; several of one facet are alternatives."),
    ] = None,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count the finds by status, rights, region and so on.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many assets a page holds.")] = 20,
    cursor: Annotated[
        str, typer.Option("--cursor", help="The place that the page before ended with.", show_default="the beginning")
    ] = "",
    save: Annotated[str, typer.Option("--save", help="Keep this question under a name.", show_default=False)] = "",
    alert: Annotated[bool, typer.Option("--alert", help="With --save: tell of what it finds from now on.")] = False,
    saved: Annotated[bool, typer.Option("--saved", help="List the questions that you keep, and their news.")] = False,
    drop: Annotated[str, typer.Option("--drop", help="Forget a kept question, by its id.", show_default=False)] = "",
    bring: Annotated[
        str, typer.Option("--bring", help="Ask for ACCOUNT:ID to be brought into the archive.", show_default=False)
    ] = "",
    publish: Annotated[
        str, typer.Option("--publish", help="Ask for ACCOUNT:ID to be shown at the outlet of --to.", show_default=False)
    ] = "",
    to: Annotated[
        str, typer.Option("--to", help="With --publish and --take-back: the outlet.", show_default=False)
    ] = "",
    until: Annotated[
        str,
        typer.Option(
            "--until",
            help="With --publish: the last day there, or an instant; for outlets that take orders.",
            show_default="until it is taken back",
        ),
    ] = "",
    take_back: Annotated[
        str,
        typer.Option(
            "--take-back",
            help="Take back what was ordered: ACCOUNT:ID to the outlet of --to, else into the archive.",
            show_default=False,
        ),
    ] = "",
    ordered: Annotated[bool, typer.Option("--ordered", help="List what was ordered to outlets and stands.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Fill the index anew: every asset of every account is read again.")
    ] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Find assets in all accounts at once. Exit status 3 where a system is missing from a live answer."""
    from dambridge.cli import searching

    context = context_of(ctx, json)
    if rebuild:
        searching.rebuild(context)
    elif saved:
        searching.saved(context, by=by)
    elif drop:
        searching.drop(context, drop, by=by)
    elif bring or publish:
        searching.order(context, bring or publish, outlet=to if publish else None, until=until, by=by)
    elif take_back:
        searching.take_back(context, take_back, outlet=to, by=by)
    elif ordered:
        searching.ordered(context, by=by)
    elif save:
        searching.save(context, save, query, filters or [], alert=alert, by=by)
    else:
        asked = searching.Asked(query, tuple(filters or ()), live=live, facets=facets, limit=limit, cursor=cursor)
        searching.find(context, asked, by=by)
