"""How answers look: tables for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dambridge.model.identity import FlowName
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.policy.rounds import in_order
from dambridge.telemetry.figures import duration, size
from dambridge.telemetry.wording import MOVES

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

COLOURS = {
    Outcome.DONE: "green",
    Outcome.UNCHANGED: "dim",
    Outcome.SKIPPED: "dim",
    Outcome.WAITING: "yellow",
    Outcome.QUARANTINED: "magenta",
    Outcome.FAILED: "red",
}


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))  # noqa: T201 - this is what the command is for


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def say(text: str, *, style: str = "") -> None:
    """One sentence for people; what stands in brackets is text and no mark-up."""
    console.print(text, markup=False, soft_wrap=True, style=style or None)


def warn(text: str, *, style: str = "") -> None:
    """One sentence on standard error."""
    errors.print(text, markup=False, soft_wrap=True, style=style or None)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """A table; its cells are text as it is, for names of files and galleries may hold anything."""
    drawn = Table(title=Text(title), title_justify="left", title_style="bold", header_style="bold", expand=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(it if isinstance(it, Text) else Text(it) for it in row))
    console.print(drawn)


def outcome_text(outcome: Outcome) -> Text:
    return Text(str(outcome), style=COLOURS[outcome])


def summary(data: Mapping[str, Any]) -> None:
    """A run's account: the sums that add up, and what needs a person."""
    for name in in_order(map(FlowName, data["flows"])):
        flow = data["flows"][name]
        rows: list[list[str | Text]] = [[outcome_text(it), str(flow[str(it)])] for it in Outcome if flow[str(it)]]
        rows.append([Text("seen", style="bold"), Text(str(flow["seen"]), style="bold")])
        table(f"{name} · {flow['run_id'] or 'no run'}", ["outcome", "assets"], rows)
        calls = ", ".join(f"{account} {count}" for account, count in flow["calls"].items())
        say(f"{size(flow['bytes'])} moved in {duration(flow['seconds'])}; calls: {calls or 'none'}.")
        if "reconcile" in flow:
            say(drifted(flow["reconcile"]))
        for note in flow["stopped"]:
            warn(f"Stopped: {note}", style="red")
        attention(flow["needs_attention"])
        if flow["needs_attention"]:
            say(f"See each asset: dambridge runs show {flow['run_id']}")


def drifted(it: Mapping[str, Any]) -> str:
    """What a reconcile found, in a sentence."""
    listed = ", ".join(f"{count} in {account}" for account, count in it["listed"].items())
    return (
        f"reconciled: listed {listed or 'nothing'}; {it['gone']} not shown any more, {it['new']} new. Read again: "
        f"{it['looked']} of {it['links']}, {it['differed']} differed unannounced (drift {it['drift']:.2%}). "
        f"All have had their turn within {duration(it['cycle_seconds'])}."
    )


def attention(counts: Mapping[str, int], *, flow: str = "") -> None:
    """What waits for a person, by reason, with the next move of each."""
    if not counts:
        return
    rows = [[code, str(count), MOVES.get(Code(code), "")] for code, count in sorted(counts.items())]
    table(f"Waits for a person{f' ({flow})' if flow else ''}", ["why", "assets", "next move"], rows)
