"""`probe`: ask the accounts what they can do, with leave to write only after every change was named."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from dambridge.bootstrap import Bench, Probed, Settings, keep, open_benches, probe, report_of, with_progress
from dambridge.cli.context import Context, WrongUse, actor, can_be_written, go, leave
from dambridge.cli.rendering import errors, print_json, say, table, warn
from dambridge.engine.probing import suggestions
from dambridge.ports.probing import Finding, Standing


def probe_accounts(
    context: Context, *, account: str | None, write: bool, yes: bool, by: str, report: Path | None
) -> None:
    can_be_written(report)
    settings = context.settings()
    names = _names(settings, account)

    async def work() -> tuple[list[Probed], list[str]]:
        opened = open_benches(settings, names=names, actor=actor(by), mask=context.masked, leaves=_left)
        async with opened as benches:
            unknown = [it for it in names if it not in {one.probing.account for one in benches}]
            if write and benches:
                _confirm(context, benches, yes=yes)
            probed = [await probe(settings, _spoken(context, it), write=write) for it in benches]
        return probed, unknown

    probed, unknown = go(work)
    if probed:
        keep(settings, probed)
        if report is not None:
            report.write_text(report_of(probed), encoding="utf-8")
    code = max((_code(it) for it in probed), default=1)
    if context.json:
        print_json({"accounts": [_json(it) for it in probed], "not_examined": unknown, "exit_code": code})
    else:
        _show(probed, unknown, report)
    leave(code)


def _names(settings: Settings, account: str | None) -> list[str]:
    if account is None:
        return sorted(settings.accounts)
    if account not in settings.accounts:
        known = ", ".join(sorted(settings.accounts))
        raise WrongUse(f"There is no account {account!r} in the configuration; there are {known}.")
    return [account]


def _left(sentence: str) -> None:
    """Said at once, for whoever stops a probe sees no table any more."""
    warn(f"Could not be cleaned up: {sentence}", style="red")


def _spoken(context: Context, bench: Bench) -> Bench:
    """The bench saying on a terminal what is being asked."""
    return with_progress(bench, lambda asks: warn(f"  {asks}")) if errors.is_terminal and not context.json else bench


def _confirm(context: Context, benches: Sequence[Bench], *, yes: bool) -> None:
    """Name every change and what it may set off, and have a person agree. Raises `WrongUse` where nobody can."""
    for bench in benches:
        rows = [[it.what, it.sets_off, it.cleaned_up or "CANNOT BE TAKEN BACK"] for it in bench.mutations]
        heading = f"What asking {bench.probing.account} at {bench.host} changes, in a scratch container of its own"
        if context.json:
            for what, sets_off, cleaned_up in rows:
                warn(f"{bench.probing.account}: {what}; may set off: {sets_off}; afterwards: {cleaned_up}")
        else:
            table(heading, ["change", "may set off", "afterwards"], rows)
    if yes:
        return
    if context.json or not sys.stdin.isatty():
        raise WrongUse("Nothing was changed. Read the list of changes, then give `--yes` as well.")
    if not typer.confirm("Go on?", default=False, err=True):
        raise WrongUse("Nothing was changed. Without `--write` nothing is.")


def _code(it: Probed) -> int:
    """1 where the account could not be asked to the end, 3 where something is left to a person, else 0."""
    found = it.account.examination
    findings = list(found.findings.values())
    if found.stopped:
        return 1
    return 3 if found.left or it.account.waiting() or any(one.warning for one in findings) else 0


def _json(it: Probed) -> dict[str, Any]:
    found = it.account.examination
    findings = list(found.findings.values())
    return {
        "account": found.account,
        "system": it.account.system,
        "host": it.account.host,
        "made_at": it.at,
        "wrote": it.account.wrote,
        "scratch": found.scratch,
        "left": found.left,
        "stopped": found.stopped,
        "waits": it.account.waiting(),
        "routes": [
            {"way": one.way, "proof": one.proof, "why": one.why, "what": list(one.what)} for one in it.account.routes
        ],
        "suggests": suggestions(findings),
        "findings": {one.question: _finding(one) for one in findings},
    }


def _finding(it: Finding) -> Mapping[str, Any]:
    return {
        "standing": str(it.standing),
        "value": it.value,
        "told": it.told,
        "evidence": list(it.evidence),
        "cells": {name: str(proof) for name, proof in it.cells.items()},
        "suggests": dict(it.suggests),
        "warning": it.warning,
        "ask_vendor": it.ask_vendor,
        "administrator": it.administrator,
    }


def _show(probed: Sequence[Probed], unknown: Sequence[str], report: Path | None) -> None:
    for it in probed:
        found = it.account.examination
        rows = [
            [question.id, _verdict(found.findings[question.id]), found.findings[question.id].told]
            for question in it.account.questions
        ]
        table(f"{found.account} at {it.account.host}", ["question", "", "found"], rows)
        if found.stopped:
            warn(f"It could not be asked to the end: {found.stopped}", style="red")
        for one in found.findings.values():
            if one.warning:
                warn(f"Look: {one.warning}", style="yellow")
        for one_route in it.account.routes:
            say(f"Route: {one_route.told}.")
        for cell, told in it.account.waiting().items():
            say(f"Will wait: {cell}: {told}.")
        for name, value in suggestions(it.account.findings).items():
            if name not in it.account.takes:
                say(f"Set in the configuration: accounts: {{{found.account}: {{{name}: {value}}}}}")
    for name in unknown:
        say(f"{name} was not examined: this kind of system has no examination yet.")
    say(f"The report is in {report}." if report else "For a report with what to ask whom: --report FILE.md")
    say("What was found counts from the next start on: start a server that is running anew.")


def _verdict(it: Finding) -> str:
    return {Standing.ANSWERED: "found", Standing.NOT_ASKED: "not asked", Standing.UNANSWERED: "open"}[it.standing]
