"""`dambridge webhooks` and its options; what the commands do is in `webhooks`."""

from __future__ import annotations

from typing import Annotated

import typer

from dambridge.cli.options import By, Json, Limit, context_of

webhooks_app = typer.Typer(help="Other programs that are told what happened.", no_args_is_help=True)

Endpoint = Annotated[str, typer.Argument(help="The endpoint's name in the configuration.")]


@webhooks_app.command("list")
def webhooks_list(ctx: typer.Context, *, json: Json = False) -> None:
    """List the endpoints and how each stands. Exit status 3 where one is disabled."""
    from dambridge.cli import webhooks

    webhooks.listed(context_of(ctx, json))


@webhooks_app.command("show")
def webhooks_show(
    ctx: typer.Context,
    *,
    endpoint: Endpoint,
    state: Annotated[str, typer.Option("--state", help="Only those that are waiting, done or failed.")] = "",
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Show what was sent to an endpoint, and how each attempt went, the latest first."""
    from dambridge.cli import webhooks

    webhooks.show(context_of(ctx, json), endpoint, state=state, limit=limit)


@webhooks_app.command("test")
def webhooks_test(ctx: typer.Context, *, endpoint: Endpoint, by: By = "", json: Json = False) -> None:
    """Send a test to an endpoint now, and say what it answered."""
    from dambridge.cli import webhooks

    webhooks.ordered_about(context_of(ctx, json), endpoint, "test", by=by)


@webhooks_app.command("redeliver")
def webhooks_redeliver(
    ctx: typer.Context,
    *,
    endpoint: Endpoint,
    message: Annotated[str, typer.Argument(help="The delivery's id, `msg_…`.")],
    by: By = "",
    json: Json = False,
) -> None:
    """Send one delivery again now, under the same id."""
    from dambridge.cli import webhooks

    webhooks.ordered_about(context_of(ctx, json), endpoint, "redeliver", by=by, message=message)


@webhooks_app.command("enable")
def webhooks_enable(
    ctx: typer.Context,
    *,
    endpoint: Endpoint,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out what happened while it was disabled.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Let an endpoint that was disabled go on, with everything that it missed."""
    from dambridge.cli import webhooks

    webhooks.ordered_about(context_of(ctx, json), endpoint, "enable", by=by, skip=skip)


@webhooks_app.command("send")
def webhooks_send(ctx: typer.Context, *, json: Json = False) -> None:
    """Send what is due now; `serve` does this by itself."""
    from dambridge.cli import webhooks

    webhooks.send(context_of(ctx, json))
