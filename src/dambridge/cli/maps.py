"""`dambridge maps`: the linter's findings, and the schema of the map file."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from dambridge.bootstrap import ConfigurationWrong, faults_of, lint, map_schema
from dambridge.cli.context import Context, go, leave
from dambridge.cli.rendering import print_json, say, table
from dambridge.mapping.faults import LintFinding
from dambridge.telemetry import lint_words


def lint_maps(context: Context, *, offline: bool) -> None:
    """Print every finding; exit status 2 where one of them is bad."""
    try:
        settings = context.settings()
    except ConfigurationWrong as error:
        findings = faults_of(error)
    else:
        findings = go(lambda: lint(settings, offline=offline))
    bad = [it for it in findings if it.bad]
    if context.json:
        print_json({"ok": not bad, "findings": [_json(it) for it in findings]})
    else:
        if findings:
            table("Maps", ["", "where", "found", "what to do"], [_row(it) for it in findings])
        say("No fault in the maps." if not findings else f"{len(bad)} to mend, {len(findings) - len(bad)} to mind.")
    leave(2 if bad else 0)


def _json(it: LintFinding) -> dict[str, Any]:
    told, remedy = lint_words(it.fault, it.field, it.params)
    samples = [{"asset": one.asset, "value": one.value} for one in it.samples]
    return {
        "fault": str(it.fault),
        "bad": it.bad,
        "account": it.account,
        "field": it.field,
        "told": told,
        "remedy": remedy,
        "assets": it.assets,
        "samples": samples,
    }


def _row(it: LintFinding) -> list[str | Text]:
    told, remedy = lint_words(it.fault, it.field, it.params)
    shown = "".join(f"\n  {one.asset}: {one.value}" for one in it.samples)
    count = "1 asset shows" if it.assets == 1 else f"{it.assets} assets show"
    more = f"\n{count} it, for instance:{shown}" if shown else ""
    mark = Text("wrong", style="red") if it.bad else Text("mind", style="yellow")
    return [mark, " ".join(part for part in (it.account, it.field) if part), told + more, remedy]


def print_schema() -> None:
    print_json(map_schema())
