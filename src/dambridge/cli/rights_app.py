"""`dambridge rights` and its options; what the commands do is in `rights` and `releasing`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dambridge.cli.options import Json, Limit, context_of

rights_app = typer.Typer(
    help="What may be done with an asset, what ends, what opens, who has what.", no_args_is_help=True
)

Days = Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days to look ahead.")]
Region = Annotated[str, typer.Option("--region", help="Only this region, or this outlet.", show_default="all of them")]
Live = Annotated[bool, typer.Option("--live", help="Read every master now, instead of telling what the last run knew.")]


@rights_app.command("may")
def rights_may(
    ctx: typer.Context,
    *,
    asset: Annotated[str, typer.Argument(help="An id of the master's account, `account:id` of any copy, or a link.")],
    outlet: Annotated[
        str, typer.Option("--outlet", help="An outlet; it says the rest.", show_default="every outlet")
    ] = "",
    channel: Annotated[str, typer.Option("--channel", help="One of `gate.channels`.", show_default="")] = "",
    territory: Annotated[
        str, typer.Option("--territory", help="An ISO 3166 code, a group, or `worldwide`.", show_default="")
    ] = "",
    audience: Annotated[str, typer.Option("--audience", help="Who shall see it.", show_default="")] = "",
    at: Annotated[
        str,
        typer.Option(
            "--at", help="An instant (ISO 8601); without an offset in the zone of the gate.", show_default="now"
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Ask the gate: yes until when; not before when; no because; unknown, which is no. Exit status 3 unless it is yes."""
    from dambridge.cli import rights

    asked = rights.Wanted(outlet=outlet, channel=channel, territory=territory, audience=audience, at=at)
    rights.may_asset(context_of(ctx, json), asset, asked)


@rights_app.command("expiring")
def rights_expiring(
    ctx: typer.Context, days: Days = 90, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """What is shown and ends within 7, 30 and 90 days, earliest first. Exit status 3 where something is overdue."""
    from dambridge.cli import rights

    rights.expiring(context_of(ctx, json), days=days, region=region, live=live, limit=limit)


@rights_app.command("opening")
def rights_opening(
    ctx: typer.Context, days: Days = 90, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """What waits for its date alone: embargoes and licences about to open."""
    from dambridge.cli import rights

    rights.opening(context_of(ctx, json), days=days, region=region, live=live, limit=limit)


@rights_app.command("unclear")
def rights_unclear(
    ctx: typer.Context, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """What an audience sees without clear rights. Exit status 3 where there is anything."""
    from dambridge.cli import rights

    rights.unclear(context_of(ctx, json), region=region, live=live, limit=limit)


@rights_app.command("contracts")
def rights_contracts(ctx: typer.Context, region: Region = "", live: Live = False, json: Json = False) -> None:
    """The contracts in use: how many assets rest on each, where, and when the first of them ends."""
    from dambridge.cli import rights

    rights.contracts(context_of(ctx, json), region=region, live=live)


@rights_app.command("consent")
def rights_consent(
    ctx: typer.Context, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """Assets that show people, whoever withdrew their consent first. Exit status 3 where one of those is still seen."""
    from dambridge.cli import rights

    rights.consent(context_of(ctx, json), region=region, live=live, limit=limit)


@rights_app.command("who-has")
def rights_who_has(
    ctx: typer.Context, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """Who has what: every outlet with what its audience sees."""
    from dambridge.cli import rights

    rights.who_has(context_of(ctx, json), region=region, live=live, limit=limit)


@rights_app.command("losses")
def rights_losses(
    ctx: typer.Context, days: Days = 90, region: Region = "", live: Live = False, limit: Limit = 100, json: Json = False
) -> None:
    """What each region loses within so many days, month by month."""
    from dambridge.cli import rights

    rights.losses(context_of(ctx, json), days=days, region=region, live=live, limit=limit)


@rights_app.command("calendar")
def rights_calendar(
    ctx: typer.Context,
    *,
    out: Annotated[Path, typer.Option("--out", help="The file to write (iCalendar, .ics); an older one is replaced.")],
    days: Days = 365,
    region: Region = "",
    live: Live = False,
    json: Json = False,
) -> None:
    """Write ends and openings as a calendar that mail programs subscribe to or take in."""
    from dambridge.cli import rights

    rights.write_calendar(context_of(ctx, json), out=out, days=days, region=region, live=live)


@rights_app.command("release")
def rights_release(
    ctx: typer.Context,
    *,
    asset: Annotated[str, typer.Argument(help="An asset as `account:id`, or a link.")],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="Only this field; may be repeated.", show_default="all that was refused"),
    ] = None,
    account: Annotated[
        str, typer.Option("--account", help="Whose word, where several accounts were refused.", show_default="")
    ] = "",
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decides; the name goes on record.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the last release back: the stricter word stands again.")
    ] = False,
    json: Json = False,
) -> None:
    """Let a looser word on rights stand that another account than their owner said; the next run brings it everywhere."""
    from dambridge.cli import releasing

    scope = {"asset": asset, "fields": field or [], "account": account, "why": why, "undo": undo}
    releasing.release(context_of(ctx, json), scope, by=by)
