"""Setting up: a configuration to start from, every mistake in it at once, its schema, the demo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.text import Text

from dambridge.bootstrap import EXAMPLE, ConfigurationWrong, find_problems, settings_schema
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.rendering import print_json, say, table, warn


def init(context: Context, target: Path) -> None:
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE)
    except FileExistsError:
        raise WrongUse(
            f"{target} is there already and is left as it is. Name another file, or edit that one."
        ) from None
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror}. Name another place.") from None
    if context.json:
        print_json({"written": str(target)})
    else:
        say(f"Wrote {target}. Fill in the two accounts, then run: dambridge --config {target} check")


def check(context: Context, *, offline: bool) -> None:
    try:
        settings = context.settings()
    except ConfigurationWrong as error:
        if context.json:
            print_json({"ok": False, "mistakes": [_mistake(it) for it in error.mistakes], "findings": []})
        for mistake in error.mistakes:
            warn(mistake.sentence(str(error.file)))
        if not context.json:
            many = "1 mistake" if len(error.mistakes) == 1 else f"{len(error.mistakes)} mistakes"
            warn(f"{many} in the file. Mend it, then check again: the accounts are looked at once the file is sound.")
        leave(2)
    findings = go(lambda: find_problems(settings, file=context.config, offline=offline))
    bad = [it for it in findings if it.bad]
    if context.json:
        found = [{"what": it.what, "ok": not it.bad, "told": it.told, "remedy": it.remedy} for it in findings]
        print_json({"ok": not bad, "mistakes": [], "findings": found})
    else:
        rows: list[list[str | Text]] = [[_verdict(it.bad, it.remedy), it.what, it.told, it.remedy] for it in findings]
        table("Check", ["", "what", "found", "what to do"], rows)
        say("All is well." if not bad else f"{len(bad)} to mend; then check again.")
    leave(2 if bad else 0)


def _verdict(bad: bool, remedy: str) -> Text:
    if bad:
        return Text("wrong", style="red")
    return Text("mind", style="yellow") if remedy else Text("good", style="green")


def _mistake(it: Any) -> dict[str, Any]:
    return {"where": it.where, "line": it.line, "what": it.what, "remedy": it.remedy}


def print_schema() -> None:
    print_json(settings_schema())


def demo(context: Context, *, headless: bool) -> None:
    script = Path(__file__).resolve().parents[3] / "scripts" / "demo.py"
    if not script.is_file():
        raise WrongUse("The demo runs from a checkout of the project: clone it, then `make demo`.")
    arguments = [*(["--headless"] if headless or context.json else []), *(["--json"] if context.json else [])]
    leave(subprocess.run([sys.executable, str(script), *arguments], check=False).returncode)  # noqa: S603 - our own script
