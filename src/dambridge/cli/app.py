"""The commands and their options; what they do is in `orders`, `looking` and `checking`, how it looks in `rendering`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from dambridge import __version__
from dambridge.bootstrap import ConfigurationWrong
from dambridge.cli import checking, looking, orders
from dambridge.cli.context import Context, leave
from dambridge.cli.rendering import errors
from dambridge.model.plans import PlanDamaged
from dambridge.ports.errors import NextMove
from dambridge.telemetry import configure

app = typer.Typer(
    name="dambridge",
    help="Joins PhotoShelter and NetX into one governed flow of assets, metadata, rights and status.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
runs_app = typer.Typer(help="Runs of the flows: what each did, pause and resume.", invoke_without_command=True)
app.add_typer(runs_app, name="runs")

Flow = Annotated[str, typer.Option("--flow", help="The flow; `intake` is the one that runs today.")]
By = Annotated[
    str, typer.Option("--by", help="Who decides; the name goes on record.", show_default="the user of this machine")
]


@app.callback()
def common(
    ctx: typer.Context,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="DAMBRIDGE_CONFIG", help="The configuration file.")
    ] = Path("dambridge.yaml"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", envvar="DAMBRIDGE_LOG_JSON", help="Log as JSON lines on standard error.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is done, not only what goes wrong.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    """Options that every command knows."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    configure(json=log_json, level=logging.INFO if verbose else logging.WARNING)
    ctx.obj = Context(config=config, json=json)


@app.command()
def init(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(help="The file to write.")] = Path("dambridge.yaml"),
) -> None:
    """Write a commented configuration to start from; never overwrites."""
    checking.init(_context(ctx), target)


@app.command()
def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at the file only; call no system.")] = False,
) -> None:
    """Find every mistake at once: the file, the accounts, the map, the tools."""
    checking.check(_context(ctx), offline=offline)


@app.command()
def plan(
    ctx: typer.Context,
    flow: Flow = "intake",
    full: Annotated[bool, typer.Option("--full", help="Look at everything selected, for a backfill.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the plan to this file (JSON Lines).")] = None,
) -> None:
    """Show exactly what a run would do, with a forecast of calls, bytes and hours; nothing else happens."""
    orders.plan(_context(ctx), flow=flow, full=full, out=out)


@app.command()
def plans(ctx: typer.Context, limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20) -> None:
    """List the plans of the store, the latest first."""
    looking.plans(_context(ctx), limit=limit)


@app.command()
def apply(
    ctx: typer.Context,
    plan: Annotated[str, typer.Argument(help="A plan's id, or a plan file.")],
    by: By = "",
    pilot: Annotated[int, typer.Option(min=0, help="Stop after so many assets; apply again for the rest.")] = 0,
    wave: Annotated[int, typer.Option(min=0, help="Work in waves of so many assets.")] = 0,
    allow_tripped: Annotated[bool, typer.Option(help="Go on although a guard stopped the plan.")] = False,
) -> None:
    """Carry out exactly this plan, or refuse the whole of it if anything moved."""
    orders.apply(_context(ctx), plan=plan, by=by, pilot=pilot, wave=wave, allow_tripped=allow_tripped)


@app.command()
def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Drain what there is and end (what `run` always does).")] = True,
    flow: Flow = "intake",
    full: Annotated[bool, typer.Option("--full", help="Look at everything selected, as a sweep does.")] = False,
) -> None:
    """Run the flow once. Beside a running `serve` the order goes there, and its progress is shown here."""
    del once
    orders.run(_context(ctx), flow=flow, full=full)


@app.command()
def serve(ctx: typer.Context) -> None:
    """Work until stopped: poll, run, take orders. Ctrl-C ends after the asset under way."""
    orders.serve(_context(ctx))


@app.command()
def status(ctx: typer.Context) -> None:
    """How things stand: who works, the last run, what waits for whom."""
    looking.status(_context(ctx))


@runs_app.callback(invoke_without_command=True)
def runs(ctx: typer.Context, limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20) -> None:
    """List the runs, the latest first."""
    if ctx.invoked_subcommand is None:
        looking.runs(_context(ctx), limit=limit)


@runs_app.command("show")
def runs_show(
    ctx: typer.Context,
    run_id: Annotated[str, typer.Argument(help="The run's id, for instance run-000017.")],
    outcome: Annotated[str | None, typer.Option(help="Only items that ended so: done, skipped, waiting, …")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most items to list.")] = 200,
) -> None:
    """One run: its sums, and its items with their reasons."""
    looking.run_items(_context(ctx), run_id=run_id, outcome=outcome, limit=limit)


@runs_app.command("pause")
def runs_pause(ctx: typer.Context, by: By = "", flow: Flow = "intake") -> None:
    """Hold the flow: what is under way ends, nothing new begins."""
    orders.pause(_context(ctx), flow=flow, by=by, hold=True)


@runs_app.command("resume")
def runs_resume(ctx: typer.Context, by: By = "", flow: Flow = "intake") -> None:
    """Let a held flow go on."""
    orders.pause(_context(ctx), flow=flow, by=by, hold=False)


@app.command()
def show(
    ctx: typer.Context,
    asset: Annotated[str, typer.Argument(help="An id of either system, `account:id`, or a link id.")],
) -> None:
    """Tell the story of one asset: where it is, what was agreed, what happened when and why."""
    looking.show(_context(ctx), asset)


@app.command()
def verify(
    ctx: typer.Context,
    links: Annotated[int, typer.Option(min=0, help="How many linked assets to hold against the target.")] = 50,
) -> None:
    """Prove what is on record: the audit chain, every run's sums, and stored bytes against their digests."""
    looking.verify(_context(ctx), links=links)


@app.command()
def audit(
    ctx: typer.Context,
    subject: Annotated[str | None, typer.Option(help="Only entries about this link or plan.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
) -> None:
    """Read the audit trail: who or what changed which field from what to what, when and why."""
    looking.audit(_context(ctx), subject=subject, after=after, limit=limit)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, for editors."""
    checking.print_schema()


@app.command()
def demo(ctx: typer.Context) -> None:
    """See it run without any account (in a checkout: `make demo`)."""
    checking.demo(_context(ctx))


def _context(ctx: typer.Context) -> Context:
    context: Context = ctx.obj
    return context


def main() -> None:
    """Run the command line; every expected error is one sentence and an exit code, never a traceback."""
    try:
        app()
    except ConfigurationWrong as error:
        for mistake in error.mistakes:
            errors.print(mistake.sentence(str(error.file)), highlight=False, markup=False, soft_wrap=True)
        leave(2)
    except (NextMove, PlanDamaged) as error:
        errors.print(str(error), highlight=False, markup=False, soft_wrap=True)
        leave(1)
    except KeyboardInterrupt:
        errors.print("Stopped. Nothing is lost: the next run goes on from the ledger.")
        leave(130)
    except BrokenPipeError:
        sys.exit(0)
