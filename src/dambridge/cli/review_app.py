"""`dambridge review` and `dambridge hold` and their options; what the commands do is in `review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import By, Json, Limit, context_of

review_app = typer.Typer(help="Files that were handed in: look at them and decide.", no_args_is_help=True)
hold_app = typer.Typer(help="Legal holds: what nobody may dispose of.", no_args_is_help=True)

Assets = Annotated[list[str] | None, typer.Argument(help="Files as ACCOUNT:ID, as `review list` shows them.")]
Shoot = Annotated[str, typer.Option("--shoot", help="All of this shoot instead: its gallery's path.")]
Note = Annotated[str, typer.Option("--note", help="What the contributor is told.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it goes on record.")]


@review_app.command("list")
def review_list(
    ctx: typer.Context,
    *,
    shoot: Annotated[str, typer.Option("--shoot", help="Only this shoot.")] = "",
    status: Annotated[
        str, typer.Option("--status", help="Only those that stand so; `all` for every one.", show_default="in_review")
    ] = "in_review",
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """List what was handed in. Exit status 3 where a review is late."""
    from dambridge.cli import review

    review.show_list(context_of(ctx, json), shoot=shoot, status=status, limit=limit)


@review_app.command("show")
def review_show(
    ctx: typer.Context,
    *,
    asset: Annotated[str, typer.Argument(help="The file as ACCOUNT:ID.")],
    preview: Annotated[
        Path | None, typer.Option("--preview", help="Write a small picture of it into this folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Show one file: what was hashed, who decided what and when, what follows; and where to look at it."""
    from dambridge.cli import review

    review.show_one(context_of(ctx, json), asset, preview=preview)


@review_app.command("approve")
def review_approve(
    ctx: typer.Context, *, assets: Assets = None, shoot: Shoot = "", note: Note = "", by: By = "", json: Json = False
) -> None:
    """Approve files: exactly the bytes that were handed in are archived by the next run."""
    from dambridge.cli import review

    review.order(context_of(ctx, json), "approve", assets or [], shoot=shoot, note=note, by=by)


@review_app.command("reject")
def review_reject(
    ctx: typer.Context, *, assets: Assets = None, shoot: Shoot = "", note: Note = "", by: By = "", json: Json = False
) -> None:
    """Reject files; their contributors hear why."""
    from dambridge.cli import review

    review.order(context_of(ctx, json), "reject", assets or [], shoot=shoot, note=note, by=by)


@review_app.command("ask")
def review_ask(
    ctx: typer.Context, *, assets: Assets = None, shoot: Shoot = "", note: Note = "", by: By = "", json: Json = False
) -> None:
    """Ask for changes; a new file in the place of the old one is up for review by itself."""
    from dambridge.cli import review

    review.order(context_of(ctx, json), "ask", assets or [], shoot=shoot, note=note, by=by)


@review_app.command("undo")
def review_undo(
    ctx: typer.Context, *, assets: Assets = None, shoot: Shoot = "", note: Note = "", by: By = "", json: Json = False
) -> None:
    """Take a decision back; what is archived already stays."""
    from dambridge.cli import review

    review.order(context_of(ctx, json), "undo", assets or [], shoot=shoot, note=note, by=by)


@review_app.command("told")
def review_told(
    ctx: typer.Context, *, assets: Assets = None, shoot: Shoot = "", by: By = "", json: Json = False
) -> None:
    """Say that a contributor to whom no way is known was told of a decision."""
    from dambridge.cli import review

    review.order(context_of(ctx, json), "told", assets or [], shoot=shoot, note="", by=by)


@hold_app.command("set")
def hold_set(ctx: typer.Context, *, assets: Assets = None, why: Why = "", by: By = "", json: Json = False) -> None:
    """Put files under legal hold: as long as it stands their sources stay as they are."""
    from dambridge.cli import review

    review.order_hold(context_of(ctx, json), "set", assets or [], why=why, by=by)


@hold_app.command("lift")
def hold_lift(ctx: typer.Context, *, assets: Assets = None, why: Why = "", by: By = "", json: Json = False) -> None:
    """Lift their legal hold; what waited for that goes on with the next run."""
    from dambridge.cli import review

    review.order_hold(context_of(ctx, json), "lift", assets or [], why=why, by=by)


@hold_app.command("list")
def hold_list(ctx: typer.Context, json: Json = False) -> None:
    """List what is under legal hold."""
    from dambridge.cli import review

    review.show_holds(context_of(ctx, json))
