"""How answers look: tables for people, one JSON document for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from dambridge.model.outcomes import Outcome

console = Console()
errors = Console(stderr=True)

COLOURS = {
    Outcome.DONE: "green",
    Outcome.UNCHANGED: "dim",
    Outcome.SKIPPED: "dim",
    Outcome.WAITING: "yellow",
    Outcome.QUARANTINED: "magenta",
    Outcome.FAILED: "red",
}


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))  # noqa: T201 - this is what the command is for


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)


def outcome_text(outcome: Outcome) -> str:
    return f"[{COLOURS[outcome]}]{outcome}[/]"


def size(count: int) -> str:
    """A number of bytes as people say it."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """A span of time as people say it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def summary(data: Mapping[str, Any]) -> None:
    """A run's account: the sums that add up, and what needs a person."""
    for name, flow in data["flows"].items():
        rows = [[outcome_text(it), str(flow[str(it)])] for it in Outcome if flow[str(it)]]
        rows.append(["[bold]seen[/]", f"[bold]{flow['seen']}[/]"])
        table(f"{name} · {data['run_id']}", ["outcome", "assets"], rows)
        calls = ", ".join(f"{account} {count}" for account, count in flow["calls"].items())
        console.print(f"{size(flow['bytes'])} moved in {duration(flow['seconds'])}; calls: {calls or 'none'}")
        for note in flow["stopped"]:
            errors.print(f"Stopped: {note}", style="red", markup=False)
        if flow["needs_attention"]:
            told = ", ".join(f"{code} {count}" for code, count in sorted(flow["needs_attention"].items()))
            console.print(
                f"Needs attention: {told}. See them: `dambridge runs show {data['run_id']} --outcome waiting`."
            )
