"""The commands and their options; what they do is in `orders`, `looking` and `checking`, how it looks in `rendering`."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dambridge import __version__
from dambridge.bootstrap import ConfigurationWrong
from dambridge.cli.context import DEFAULT_FILE, Context, WrongUse, leave
from dambridge.cli.rendering import print_json, warn
from dambridge.cli.terms_app import terms_app
from dambridge.model.plans import PlanDamaged
from dambridge.ports.errors import NextMove
from dambridge.telemetry import configure

app = typer.Typer(
    name="dambridge",
    help="Joins PhotoShelter and NetX into one governed flow of assets, metadata, rights and status.",
    epilog="Exit status: 0 all well; 1 failed; 2 wrong usage or configuration; 3 done, but something waits for a person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
runs_app = typer.Typer(help="Runs of the flows: what each did, pause and resume.", invoke_without_command=True)
app.add_typer(runs_app, name="runs")
conflicts_app = typer.Typer(
    help="The inbox: edits that contradict each other, for people to settle.", invoke_without_command=True
)
app.add_typer(conflicts_app, name="conflicts")
store_app = typer.Typer(help="The store: make a lost one anew from what the systems show.", no_args_is_help=True)
app.add_typer(store_app, name="store")

match_app = typer.Typer(
    help="Pair two libraries that exist already; what is found is only watched until a person activates it.",
    invoke_without_command=True,
)
app.add_typer(match_app, name="match")
app.add_typer(terms_app, name="terms")

maps_app = typer.Typer(
    help="The maps between the accounts' fields: look for faults, print the schema.", no_args_is_help=True
)
app.add_typer(maps_app, name="maps")

Flow = Annotated[
    str | None, typer.Option("--flow", help="Only this flow, for instance `intake`.", show_default="every flow")
]
By = Annotated[
    str, typer.Option("--by", help="Who decides; the name goes on record.", show_default="the user of this machine")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many.")]


Source = Annotated[
    str, typer.Option("--source", help="The first account.", show_default="where intake takes assets from")
]
Target = Annotated[
    str, typer.Option("--target", help="The second account.", show_default="where intake takes assets to")
]


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

    context = _context(ctx, json)
    checking.init(context, target or context.config)


@app.command()
def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at this machine only; call no system.")] = False,
    json: Json = False,
) -> None:
    """Find every mistake at once: the file, the accounts, the map, the tools."""
    from dambridge.cli import checking

    checking.check(_context(ctx, json), offline=offline)


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

    probing.probe_accounts(_context(ctx, json), account=account, write=write, yes=yes, by=by, report=report)


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

    orders.plan(_context(ctx, json), flow=flow, full=full, out=out)


@app.command()
def plans(ctx: typer.Context, limit: Limit = 20, json: Json = False) -> None:
    """List the plans of the store, the latest first."""
    from dambridge.cli import looking

    looking.plans(_context(ctx, json), limit=limit)


@app.command()
def apply(
    ctx: typer.Context,
    *,
    plan: Annotated[str, typer.Argument(help="A plan's id, or a plan file.")],
    by: By = "",
    pilot: Annotated[int, typer.Option(min=0, help="Stop after so many assets; apply again for the rest.")] = 0,
    wave: Annotated[
        int, typer.Option(min=0, help="Work in waves of so many; a pause takes hold between two of them.")
    ] = 0,
    allow_tripped: Annotated[
        bool, typer.Option("--allow-tripped", help="Go on although a guard stopped the plan.")
    ] = False,
    json: Json = False,
) -> None:
    """Carry out exactly this plan, or refuse the whole of it if anything moved."""
    from dambridge.cli import orders

    orders.apply(_context(ctx, json), plan=plan, by=by, pilot=pilot, wave=wave, allow_tripped=allow_tripped)


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
    orders.run(_context(ctx, json), flow=flow, full=full, reconcile=reconcile)


@app.command()
def serve(ctx: typer.Context, json: Json = False) -> None:
    """Work until stopped: poll, run, take orders. Ctrl-C ends after the order under way."""
    from dambridge.cli import orders

    orders.serve(_context(ctx, json))


@app.command()
def status(ctx: typer.Context, json: Json = False) -> None:
    """How things stand: who works, the last run, what waits for whom."""
    from dambridge.cli import looking

    looking.status(_context(ctx, json))


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

    covering.coverage(_context(ctx, json), since=since, limit=limit)


@runs_app.callback(invoke_without_command=True)
def runs(ctx: typer.Context, limit: Limit = 20, flow: Flow = None, json: Json = False) -> None:
    """List the runs, the latest first; or show, pause, resume."""
    from dambridge.cli import looking

    context = _context(ctx, json)
    if ctx.invoked_subcommand is None:
        looking.runs(context, flow=flow, limit=limit)


@runs_app.command("show")
def runs_show(
    ctx: typer.Context,
    *,
    run_id: Annotated[str, typer.Argument(help="The run's id, for instance run-000017; or `last`.")] = "last",
    outcome: Annotated[str | None, typer.Option(help="Only items that ended so: done, skipped, waiting, …")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most items to list.")] = 200,
    json: Json = False,
) -> None:
    """One run: its sums, and its items with their reasons."""
    from dambridge.cli import looking

    looking.run_items(_context(ctx, json), run_id=run_id, outcome=outcome, limit=limit)


@runs_app.command("pause")
def runs_pause(ctx: typer.Context, by: By = "", flow: Flow = None, json: Json = False) -> None:
    """Hold every flow, or the one named: what is under way ends, nothing new begins."""
    from dambridge.cli import orders

    orders.pause(_context(ctx, json), flow=flow, by=by, hold=True)


@runs_app.command("resume")
def runs_resume(ctx: typer.Context, by: By = "", flow: Flow = None, json: Json = False) -> None:
    """Let held flows go on."""
    from dambridge.cli import orders

    orders.pause(_context(ctx, json), flow=flow, by=by, hold=False)


@conflicts_app.callback(invoke_without_command=True)
def conflicts(
    ctx: typer.Context,
    *,
    flow: Annotated[str | None, typer.Option("--flow", help="Only of this flow.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only about this field or group of fields.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, ruled, settled, moot, or all.")] = "open",
    after: Annotated[str | None, typer.Option("--after", help="Go on after this entry.")] = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """List the inbox, the oldest first; or show, settle, undo."""
    from dambridge.cli import conflicts as inbox

    context = _context(ctx, json)
    if ctx.invoked_subcommand is None:
        inbox.listed(context, flow=flow, group=group, state=state, after=after, limit=limit)


@conflicts_app.command("show")
def conflicts_show(
    ctx: typer.Context, conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")], json: Json = False
) -> None:
    """One entry: every value, whose and when, what was agreed on before, and why no rule could decide."""
    from dambridge.cli import conflicts as inbox

    inbox.show(_context(ctx, json), conflict)


@conflicts_app.command("settle")
def conflicts_settle(
    ctx: typer.Context,
    *,
    conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")],
    side: Annotated[
        str,
        typer.Option("--side", help="The account whose value shall stand everywhere, or `agreed`.", show_default=""),
    ] = "",
    value: Annotated[
        list[str] | None, typer.Option("--value", help="The value itself: field=text (repeatable), or a JSON object.")
    ] = None,
    all_like: Annotated[bool, typer.Option("--all-like", help="Settle all entries like it in the same way.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Say which value shall stand; the next run carries it out. The losing values are kept."""
    from dambridge.cli import conflicts as inbox

    inbox.settle(_context(ctx, json), conflict, side=side, values=value or [], all_like=all_like, by=by)


@conflicts_app.command("undo")
def conflicts_undo(
    ctx: typer.Context,
    *,
    conflict: Annotated[str, typer.Argument(help="The entry's id (cf…).")],
    by: By = "",
    json: Json = False,
) -> None:
    """Take a ruling back; where it was carried out, every copy gets its own value again with the next run."""
    from dambridge.cli import conflicts as inbox

    inbox.undo(_context(ctx, json), conflict, by=by)


@store_app.command("rebuild")
def store_rebuild(ctx: typer.Context, by: By = "", json: Json = False) -> None:
    """Find links again by our marks and agree on what both sides show; writes to no system, brings nothing deleted back."""
    from dambridge.cli import rebuilding

    rebuilding.rebuild(_context(ctx, json), by=by)


@store_app.command("review")
def store_review(ctx: typer.Context, limit: Limit = 100, json: Json = False) -> None:
    """List what waits for a person since the store was made anew: sources that are held, links that are only watched."""
    from dambridge.cli import rebuilding

    rebuilding.review(_context(ctx, json), limit=limit)


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

    rebuilding.release(_context(ctx, json), assets=assets or [], everything=everything, by=by)


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

    context = _context(ctx, json)
    if ctx.invoked_subcommand is None:
        matching.match(context, source=source, target=target, out=out)


@match_app.command("audit")
def match_audit(ctx: typer.Context, *, source: Source = "", target: Target = "", json: Json = False) -> None:
    """Only look each library over: duplicates, missing rights, names that make trouble."""
    from dambridge.cli import matching

    matching.audit(_context(ctx, json), source=source, target=target)


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
        _context(ctx, json), source=source, target=target, accept=accept or (), refuse=refuse or (), by=by, limit=limit
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

    matching.plan(_context(ctx, json), source=source, target=target, folders=folder or (), out=out)


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

    matching.activate(_context(ctx, json), plan=plan, by=by, source=source, target=target)


@app.command()
def show(
    ctx: typer.Context,
    asset: Annotated[str, typer.Argument(help="An id of either system, `account:id`, or a link id.")],
    json: Json = False,
) -> None:
    """Tell the story of one asset: where it is, what was agreed, what happened when and why."""
    from dambridge.cli import looking

    looking.show(_context(ctx, json), asset)


@app.command()
def verify(
    ctx: typer.Context,
    links: Annotated[int, typer.Option(min=0, help="How many linked assets to hold against the target.")] = 50,
    json: Json = False,
) -> None:
    """Prove what is on record: the audit chain, every run's sums, and stored bytes against their digests."""
    from dambridge.cli import looking

    looking.verify(_context(ctx, json), links=links)


@app.command()
def audit(
    ctx: typer.Context,
    *,
    subject: Annotated[str | None, typer.Option(help="Only entries about this link, plan or flow.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """Read the audit trail: who or what changed which field from what to what, when and why."""
    from dambridge.cli import looking

    looking.audit(_context(ctx, json), subject=subject, after=after, limit=limit)


@maps_app.command("lint")
def maps_lint(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at the files only; call no system.")] = False,
    json: Json = False,
) -> None:
    """Find what the maps would lose, hold back or never do, with samples from real assets."""
    from dambridge.cli import maps

    maps.lint_maps(_context(ctx, json), offline=offline)


@maps_app.command("schema")
def maps_schema(ctx: typer.Context, json: Json = False) -> None:
    """Print the JSON Schema of the map file, for editors."""
    from dambridge.cli import maps

    del ctx, json
    maps.print_schema()


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

    checking.demo(_context(ctx, json), headless=headless)


def _context(ctx: typer.Context, json: bool) -> Context:
    context: Context = ctx.obj
    context.json = context.json or json
    return context


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every expected error is one sentence and an exit status, never a traceback."""
    given = _common_first(sys.argv[1:] if arguments is None else arguments)
    context = Context(json="--json" in given)
    try:
        code = app(args=given, prog_name="dambridge", standalone_mode=False, obj=context)
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
