"""`dambridge outlets` and `dambridge withdrawals` and their options; what the commands do is in `outlets` and `withdrawals`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import Json, Limit, context_of

outlets_app = typer.Typer(
    help="The ways out: who sees each, what stands there, who agreed on it.", invoke_without_command=True
)
withdrawals_app = typer.Typer(
    help="Records of what was taken out: where it was looked for, when, how; signed.", invoke_without_command=True
)

Outlet = Annotated[str, typer.Argument(help="The outlet's name.")]
Named = Annotated[str, typer.Option("--by", help="Who decides; the name goes on record.")]


@outlets_app.callback()
def outlets_common(ctx: typer.Context, json: Json = False) -> None:
    """List the outlets."""
    context = context_of(ctx, json)
    if ctx.invoked_subcommand is None:
        from dambridge.cli import outlets

        outlets.show(context, "", live=False)


@outlets_app.command("show")
def outlets_show(
    ctx: typer.Context,
    *,
    outlet: Annotated[str, typer.Argument(help="The outlet's name.", show_default="all of them")] = "",
    live: Annotated[bool, typer.Option("--live", help="Read who sees the galleries now.")] = False,
    json: Json = False,
) -> None:
    """What stands in each outlet, who agreed who sees it, and with --live whether that still holds."""
    from dambridge.cli import outlets

    outlets.show(context_of(ctx, json), outlet, live=live)


@outlets_app.command("agree")
def outlets_agree(
    ctx: typer.Context,
    *,
    outlet: Outlet,
    by: Named = "",
    everyone: Annotated[
        bool, typer.Option("--everyone", help="The gallery is open to everyone, and that is meant.")
    ] = False,
    json: Json = False,
) -> None:
    """Read who sees the outlet's gallery now and agree to it; if it ever stands otherwise, nothing is written into it."""
    from dambridge.cli import outlets

    outlets.agree(context_of(ctx, json), outlet, by=by, everyone=everyone)


@outlets_app.command("adopt")
def outlets_adopt(ctx: typer.Context, *, outlet: Outlet, by: Named = "", json: Json = False) -> None:
    """Watch what others have put into the outlet's gallery; none of it is touched until it is activated."""
    from dambridge.cli import outlets

    outlets.adopt(context_of(ctx, json), outlet, by=by)


@outlets_app.command("plan")
def outlets_plan(
    ctx: typer.Context,
    *,
    outlet: Outlet,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the plan to this file (JSON Lines).")] = None,
    json: Json = False,
) -> None:
    """Make the plan that lets what is watched there go to work; it says of each what follows. Nothing else happens."""
    from dambridge.cli import outlets

    outlets.plan(context_of(ctx, json), outlet, out=out)


@outlets_app.command("activate")
def outlets_activate(
    ctx: typer.Context,
    *,
    plan: Annotated[str, typer.Argument(help="A plan's id, or a plan file.")],
    by: Named = "",
    json: Json = False,
) -> None:
    """Let exactly what this plan names go to work, or none of it if anything moved; the next run does what follows."""
    from dambridge.cli import outlets

    outlets.activate(context_of(ctx, json), plan, by=by)


@withdrawals_app.callback()
def withdrawals_common(ctx: typer.Context, json: Json = False) -> None:
    """List the records."""
    context = context_of(ctx, json)
    if ctx.invoked_subcommand is None:
        from dambridge.cli import withdrawals

        withdrawals.listed(context, flow="", unproven=False, after=None, limit=20)


@withdrawals_app.command("list")
def withdrawals_list(
    ctx: typer.Context,
    *,
    flow: Annotated[str, typer.Option("--flow", help="Only of this flow.", show_default="both")] = "",
    unproven: Annotated[bool, typer.Option("--unproven", help="Only what has not been proven gone.")] = False,
    after: Annotated[str | None, typer.Option("--after", help="Go on after this record.")] = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """List the records, the oldest first. Exit status 3 where one listed is past its instant and not proven."""
    from dambridge.cli import withdrawals

    withdrawals.listed(context_of(ctx, json), flow=flow, unproven=unproven, after=after, limit=limit)


@withdrawals_app.command("show")
def withdrawals_show(
    ctx: typer.Context, record: Annotated[str, typer.Argument(help="The record's id.")], json: Json = False
) -> None:
    """One record in words: why, when, where it was looked for, and what nobody can check."""
    from dambridge.cli import withdrawals

    withdrawals.show(context_of(ctx, json), record)


@withdrawals_app.command("export")
def withdrawals_export(
    ctx: typer.Context,
    *,
    record: Annotated[str, typer.Argument(help="The record's id.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write: .json (signed), .html or .txt for people.")],
    json: Json = False,
) -> None:
    """Write a record as a signed document, or as a page that prints. The public key stands in `signature`'s key file."""
    from dambridge.cli import withdrawals

    withdrawals.export(context_of(ctx, json), record, out)


@withdrawals_app.command("verify")
def withdrawals_verify(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="A signed record (.json).")],
    key: Annotated[
        list[Path] | None, typer.Option("--key", help="Also trust this public key (PEM); may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Say whether a record is as it was signed, and by which key. Exit status 1 unless it holds."""
    from dambridge.cli import withdrawals

    withdrawals.verify(context_of(ctx, json), file, keys=key or [])
