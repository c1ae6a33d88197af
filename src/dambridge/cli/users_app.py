"""`dambridge users` and its options; what the commands do is in `users`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Json, context_of

users_app = typer.Typer(help="People who may sign in to the console, and what they may do.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name they sign in with: one word, or an e-mail address.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role",
        help="viewer, searcher, reviewer, librarian, rights_manager, operator or administrator; several if need be.",
    ),
]
Flows = Annotated[list[str] | None, typer.Option("--flow", help="Only this flow; several if need be.")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="Only this region; several if need be.")]
Selections = Annotated[list[str] | None, typer.Option("--selection", help="Only this selection; several if need be.")]


@users_app.command("add")
def users_add(
    ctx: typer.Context,
    *,
    name: Name,
    role: Roles,
    display: Annotated[str, typer.Option("--display", help="Their name as people say it.")] = "",
    flow: Flows = None,
    region: Regions = None,
    selection: Selections = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Add somebody; prints the password that lets them in, this once."""
    from dambridge.cli import users

    users.add(
        context_of(ctx, json),
        name,
        roles=role,
        display=display,
        scope=users.scope_of(flow or [], region or [], selection or []),
        by=by,
    )


@users_app.command("list")
def users_list(ctx: typer.Context, *, json: Json = False) -> None:
    """List everybody with their roles."""
    from dambridge.cli import users

    users.listed(context_of(ctx, json))


@users_app.command("roles")
def users_roles(
    ctx: typer.Context,
    *,
    name: Name,
    role: Roles,
    flow: Flows = None,
    region: Regions = None,
    selection: Selections = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Say anew what somebody may do: these roles, within these limits, and nothing else."""
    from dambridge.cli import users

    users.set_roles(
        context_of(ctx, json),
        name,
        roles=role,
        scope=users.scope_of(flow or [], region or [], selection or []),
        by=by,
    )


@users_app.command("reset")
def users_reset(ctx: typer.Context, *, name: Name, by: By = "", json: Json = False) -> None:
    """Give somebody a new password, printed this once; their sessions end."""
    from dambridge.cli import users

    users.reset(context_of(ctx, json), name, by=by)


@users_app.command("disable")
def users_disable(
    ctx: typer.Context,
    *,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Keep somebody out, at once; what they decided stays on record."""
    from dambridge.cli import users

    users.set_disabled(context_of(ctx, json), name, disabled=not undo, by=by)
