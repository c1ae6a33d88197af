"""The commands and their options; what they do is in `orders`, `looking` and `checking`, how it looks in `rendering`."""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from dambridge import __version__
from dambridge.bootstrap import ConfigurationWrong
from dambridge.cli.conflicts_app import conflicts_app
from dambridge.cli.context import DEFAULT_FILE, Context, WrongUse, leave
from dambridge.cli.maps_app import maps_app
from dambridge.cli.match_app import match_app
from dambridge.cli.options import By, Flow, Json, Limit, context_of
from dambridge.cli.outlets_app import outlets_app, withdrawals_app
from dambridge.cli.rendering import print_json, warn
from dambridge.cli.retention_app import retention_app
from dambridge.cli.review_app import hold_app, review_app
from dambridge.cli.rights_app import rights_app
from dambridge.cli.runs_app import runs_app
from dambridge.cli.searching_app import search
from dambridge.cli.store_app import store_app
from dambridge.cli.terms_app import terms_app
from dambridge.cli.users_app import users_app
from dambridge.cli.warnings_app import warnings_app
from dambridge.cli.webhooks_app import webhooks_app
from dambridge.model.plans import PlanDamaged
from dambridge.ports.errors import NextMove
from dambridge.telemetry import configure

COLLECTING = (20_000, 20, 20)
"""How many new objects make Python look for garbage in circles, and how often it looks through older ones. At its own (700, 10,
10) a run spends a tenth of its time looking at what start-up made."""

app = typer.Typer(
    name="dambridge",
    help="Joins PhotoShelter and NetX into one governed flow of assets, metadata, rights and status.",
    epilog="Exit status: 0 all well; 1 failed; 2 wrong usage or configuration; 3 done, but something waits for a person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for name, group in (
    ("runs", runs_app),
    ("conflicts", conflicts_app),
    ("store", store_app),
    ("match", match_app),
    ("terms", terms_app),
    ("maps", maps_app),
    ("rights", rights_app),
    ("outlets", outlets_app),
    ("withdrawals", withdrawals_app),
    ("warnings", warnings_app),
    ("webhooks", webhooks_app),
    ("review", review_app),
    ("hold", hold_app),
    ("users", users_app),
    ("retention", retention_app),
):
    app.add_typer(group, name=name)
app.command("search")(search)


def _version(ctx: typer.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        print_json({"version": __version__}) if ctx.ensure_object(Context).json else typer.echo(__version__)
        raise typer.Exit


@app.callback()
def common(
    ctx: typer.Context,
    *,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="DAMBRIDGE_CONFIG", help="The configuration file.")
    ] = DEFAULT_FILE,
    json: Json = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", envvar="DAMBRIDGE_LOG_JSON", help="Log as JSON lines on standard error.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is done, not only what goes wrong.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Options that every command knows."""
    del version
    configure(json=log_json, level=logging.INFO if verbose else logging.WARNING)
    context = ctx.ensure_object(Context)
    context.config, context.json, context.verbose = config, context.json or json, verbose


@app.command()
def init(
    ctx: typer.Context,
    target: Annotated[Path | None, typer.Argument(help="The file to write.", show_default="dambridge.yaml")] = None,
    json: Json = False,
) -> None:
    """Write a commented configuration to start from; never overwrites."""
    from dambridge.cli import checking

    context = context_of(ctx, json)
    checking.init(context, target or context.config)


@app.command()
def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at this machine only; call no system.")] = False,
    json: Json = False,
) -> None:
    """Find every mistake at once: the file, the accounts, the map, the tools."""
    from dambridge.cli import checking

    checking.check(context_of(ctx, json), offline=offline)


@app.command()
def probe(
    ctx: typer.Context,
    *,
    account: Annotated[
        str | None, typer.Option("--account", help="Only this account.", show_default="every account")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Also what only writing shows, in a scratch container that is cleaned up.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to the changes without being asked.")] = False,
    by: By = "",
    report: Annotated[Path | None, typer.Option("--report", help="Write a report in Markdown to this file.")] = None,
    json: Json = False,
) -> None:
    """Find out what the accounts can really do; changes nothing without --write, which names every change first."""
    from dambridge.cli import probing

    probing.probe_accounts(context_of(ctx, json), account=account, write=write, yes=yes, by=by, report=report)


@app.command()
def plan(
    ctx: typer.Context,
    *,
    flow: Annotated[
        str | None, typer.Option("--flow", help="The flow that is planned.", show_default="the only one")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Look at everything selected, for a backfill.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the plan to this file (JSON Lines).")] = None,
    json: Json = False,
) -> None:
    """Show exactly what a run would do, with a forecast of calls, bytes and hours; nothing else happens."""
    from dambridge.cli import orders

    orders.plan(context_of(ctx, json), flow=flow, full=full, out=out)


@app.command()
def plans(ctx: typer.Context, limit: Limit = 20, json: Json = False) -> None:
    """List the plans of the store, the latest first."""
    from dambridge.cli import looking

    looking.plans(context_of(ctx, json), limit=limit)


@app.command()
def apply(
    ctx: typer.Context,
    *,
    plan: Annotated[str, typer.Argument(help="A plan's id, or a plan file.")],
    by: By = "",
    pilot: Annotated[
        int, typer.Option(min=0, help="Stop after so many assets, 0 for all; apply again for the rest.")
    ] = 0,
    wave: Annotated[
        int, typer.Option(min=0, help="Work in waves of so many, 0 for none; a pause takes hold between two of them.")
    ] = 0,
    allow_tripped: Annotated[
        bool, typer.Option("--allow-tripped", help="Go on although a guard stopped the plan.")
    ] = False,
    json: Json = False,
) -> None:
    """Carry out exactly this plan, or refuse the whole of it if anything moved."""
    from dambridge.cli import orders

    orders.apply(context_of(ctx, json), plan=plan, by=by, pilot=pilot, wave=wave, allow_tripped=allow_tripped)


@app.command()
def run(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Drain what there is and end; `run` always does.")] = True,
    flow: Flow = None,
    full: Annotated[bool, typer.Option("--full", help="Look at everything selected, as a sweep does.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Hold all ids against the store and read a share of the assets again.")
    ] = False,
    json: Json = False,
) -> None:
    """Run every flow once, in turn, or the one named. Beside a running `serve` the order goes there and its progress is shown."""
    from dambridge.cli import orders

    del once
    orders.run(context_of(ctx, json), flow=flow, full=full, reconcile=reconcile)


@app.command()
def serve(ctx: typer.Context, json: Json = False) -> None:
    """Work until stopped: poll, run, take orders. Ctrl-C ends after the order under way."""
    from dambridge.cli import orders

    orders.serve(context_of(ctx, json))


@app.command()
def status(ctx: typer.Context, json: Json = False) -> None:
    """How things stand: who works, the last run, what waits for whom."""
    from dambridge.cli import looking

    looking.status(context_of(ctx, json))


@app.command()
def coverage(
    ctx: typer.Context,
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="Hold it against what was counted in this run (run-000017).")
    ] = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """The share of assets with each facet field filled, before and now, by gallery and contributor."""
    from dambridge.cli import coverage as covering

    covering.coverage(context_of(ctx, json), since=since, limit=limit)


@app.command()
def show(
    ctx: typer.Context,
    asset: Annotated[str, typer.Argument(help="An id of either system, `account:id`, or a link id.")],
    json: Json = False,
) -> None:
    """Tell the story of one asset: where it is, what was agreed, what happened when and why."""
    from dambridge.cli import looking

    looking.show(context_of(ctx, json), asset)


@app.command()
def verify(
    ctx: typer.Context,
    links: Annotated[int, typer.Option(min=0, help="How many linked assets to hold against the target.")] = 50,
    json: Json = False,
) -> None:
    """Prove what is on record: the audit chain, every run's sums, and stored bytes against their digests."""
    from dambridge.cli import looking

    looking.verify(context_of(ctx, json), links=links)


@app.command()
def audit(
    ctx: typer.Context,
    *,
    subject: Annotated[str | None, typer.Option(help="Only entries about this link, plan or flow.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """Read the audit trail, the oldest entry first: who or what changed which field from what to what, when and why."""
    from dambridge.cli import looking

    looking.audit(context_of(ctx, json), subject=subject, after=after, limit=limit)


@app.command()
def schema(ctx: typer.Context, json: Json = False) -> None:
    """Print the JSON Schema of the configuration file, for editors."""
    from dambridge.cli import checking

    del ctx, json
    checking.print_schema()


@app.command()
def demo(
    ctx: typer.Context,
    headless: Annotated[
        bool, typer.Option("--headless", help="End when done instead of leaving the pages open.")
    ] = False,
    json: Json = False,
) -> None:
    """See it run without any account (in a checkout: `make demo`)."""
    from dambridge.cli import checking

    checking.demo(context_of(ctx, json), headless=headless)


@cache
def command_line() -> Callable[..., Any]:
    """All commands with their options, put together once however many are given in this process."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every expected error is one sentence and an exit status, never a traceback."""
    gc.set_threshold(*COLLECTING)
    given = _common_first(sys.argv[1:] if arguments is None else arguments)
    context = Context(json="--json" in given)
    try:
        code = command_line()(args=given, prog_name="dambridge", standalone_mode=False, obj=context)
    except SystemExit as ended:
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        code = _told(ended.__context__, context)  # Typer makes 1 of a reader who has seen enough, as `head` has
    except Exception as error:  # noqa: BLE001 - the last place where an error can become a sentence
        code = _told(error, context)
    except KeyboardInterrupt:
        code = 130
    if code == 130:
        code = _tell(context, 130, ["Stopped. Nothing is lost: the next run goes on from the ledger."])
    leave(code if isinstance(code, int) else 0)


def _common_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with the common options before the command, wherever they were typed."""
    front: list[str] = []
    rest = list(arguments)
    place = 0
    while place < len(rest) and rest[place] != "--":
        word = rest[place]
        width = 2 if word in {"--config", "-c"} else int(word in {"-v", "--verbose", "--log-json"})
        width = width or int(word.startswith("--config="))
        front += rest[place : place + width]
        del rest[place : place + width]
        place += not width
    return front + rest


def _told(error: Exception, context: Context) -> int:
    """Say what went wrong and give the exit status."""
    match error:
        case BrokenPipeError():
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - nobody reads any more
            return 0
        case typer.TyperException():
            from typer.rich_utils import rich_format_error

            rich_format_error(error)  # type: ignore[arg-type] # every one that gets here is a usage error
            return _tell(context, 2, [], said=error.format_message())
        case ConfigurationWrong():
            lines = [it.sentence(str(error.file)) for it in error.mistakes]
            mistakes = [
                {"where": it.where, "line": it.line, "what": it.what, "remedy": it.remedy} for it in error.mistakes
            ]
            return _tell(context, 2, lines, said=f"{error.file} cannot be used.", mistakes=mistakes)
        case WrongUse() | PlanDamaged():
            return _tell(context, 2, [str(error)])
        case NextMove():
            return _tell(context, 1, [context.masked(str(error))])
        case OSError():
            return _tell(context, 1, [f"{error.filename or 'This machine'}: {error.strerror or error}"])
        case _:
            return _tell(context, 1, _of_a_fault(error, context))


def _tell(context: Context, code: int, lines: Sequence[str], *, said: str = "", **more: Any) -> int:
    for line in lines:
        warn(line)
    if context.json:
        print_json({"error": said or "\n".join(lines), "exit_code": code, **more})
    return code


def _of_a_fault(error: Exception, context: Context) -> list[str]:
    """An error that nobody foresaw: its kind and words; the traceback only when asked for."""
    text = context.masked(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}")
    lines = [f"A fault in dambridge itself: {text}", "Run it again with --verbose and report what it prints."]
    if context.verbose:
        lines.append(context.masked("".join(traceback.format_exception(error))))
    return lines
