"""Setting up: a configuration to start from, every mistake in it at once, its schema, the demo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from dambridge.bootstrap import EXAMPLE, ConfigurationWrong, find_problems, settings_schema
from dambridge.cli.context import Context, go, leave
from dambridge.cli.rendering import console, errors, print_json, table


def init(context: Context, target: Path) -> None:
    if target.exists():
        errors.print(
            f"{target} is there already and is left as it is. Name another file, or edit that one.", markup=False
        )
        leave(2)
    target.write_text(EXAMPLE, encoding="utf-8")
    if context.json:
        print_json({"written": str(target)})
    else:
        console.print(
            f"Wrote {target}. Fill in the two accounts, then run: dambridge --config {target} check", markup=False
        )


def check(context: Context, *, offline: bool) -> None:
    try:
        settings = context.settings()
    except ConfigurationWrong as error:
        if context.json:
            print_json({"ok": False, "mistakes": [_mistake(it) for it in error.mistakes], "findings": []})
        else:
            for mistake in error.mistakes:
                errors.print(mistake.sentence(str(error.file)), markup=False, highlight=False, soft_wrap=True)
        leave(2)
    findings = go(lambda: find_problems(settings, file=context.config, offline=offline))
    bad = [it for it in findings if it.bad]
    if context.json:
        found = [{"what": it.what, "ok": not it.bad, "told": it.told, "remedy": it.remedy} for it in findings]
        print_json({"ok": not bad, "mistakes": [], "findings": found})
    else:
        rows = [["[red]wrong[/]" if it.bad else "[green]good[/]", it.what, it.told, it.remedy] for it in findings]
        table("Check", ["", "what", "found", "what to do"], rows)
        console.print("All is well." if not bad else f"{len(bad)} to mend; then check again.")
    leave(2 if bad else 0)


def _mistake(it: Any) -> dict[str, Any]:
    return {"where": it.where, "line": it.line, "what": it.what, "remedy": it.remedy}


def print_schema() -> None:
    print_json(settings_schema())


def demo(context: Context) -> None:
    script = Path(__file__).resolve().parents[3] / "scripts" / "demo.py"
    if not script.is_file():
        errors.print("The demo runs from a checkout of the project: clone it, then `make demo`.")
        leave(2)
    arguments = ["--headless", "--json"] if context.json else []
    leave(subprocess.run([sys.executable, str(script), *arguments], check=False).returncode)  # noqa: S603 - our own script
