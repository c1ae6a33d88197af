"""`dambridge match`: look at two libraries, show what belongs together, and let a named person decide and activate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dambridge.bootstrap import open_matching
from dambridge.cli.context import Context, WrongUse, can_be_written, go, leave
from dambridge.cli.orders import take_in
from dambridge.cli.rendering import errors, print_json, say, table
from dambridge.engine.fitting import stored
from dambridge.engine.orders import activating
from dambridge.engine.pairing import matching
from dambridge.engine.pairing.matching import Matched, Matching
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.pairing import Pair, Verdict
from dambridge.model.plans import Plan
from dambridge.planning import Preflight
from dambridge.telemetry.pairing import doubts_in_words, evidence_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = 10
NEEDS_A_PERSON = 3


def match(context: Context, *, source: str, target: str, out: Path | None) -> None:
    """Compare both libraries; the audit comes first, then the pairs."""
    can_be_written(out)

    async def work(it: Matching) -> Matched:
        return await matching.match(it)

    found = _with(context, source, target, work)
    if out is not None and found.plan is not None:
        _write(found.plan, out)
    pairing = found.pairing
    if context.json:
        print_json(
            {
                "audit": [it.to_json() for it in found.preflights],
                "certain": len(pairing.certain),
                "review": len(pairing.review),
                "unpaired": _by_account(pairing.unpaired),
                "adopted": found.adopted,
                "unread": {str(key): why for key, why in sorted(found.unread.items())},
                "plan": found.plan.id if found.plan else None,
                "file": str(out) if out and found.plan else None,
                "calls": dict(found.calls),
            }
        )
    else:
        _show_audit(found.preflights)
        _show_pairing(found, out)
    leave(NEEDS_A_PERSON if pairing.review or found.unread else 0)


def audit(context: Context, *, source: str, target: str) -> None:
    """Only what is wrong within each library."""

    async def work(it: Matching) -> Matched:
        return await matching.examine(it)

    found = _with(context, source, target, work)
    if context.json:
        unread = {str(key): why for key, why in sorted(found.unread.items())}
        print_json({"audit": [it.to_json() for it in found.preflights], "unread": unread, "calls": dict(found.calls)})
    else:
        _show_audit(found.preflights)
    wrong = any(it.duplicates or it.missing_rights or it.bad_names for it in found.preflights)
    leave(NEEDS_A_PERSON if wrong or found.unread else 0)


def review(
    context: Context, *, source: str, target: str, accept: Sequence[str], refuse: Sequence[str], by: str, limit: int
) -> None:
    """List the pairs that wait for a person, or take a person's word on one of them."""
    words = [*((it, Verdict.ACCEPTED) for it in accept), *((it, Verdict.REFUSED) for it in refuse)]
    if words and not by.strip():
        raise WrongUse("Say who decides: `--by NAME`.")

    async def work(it: Matching) -> Sequence[Pair]:
        for given, verdict in words:
            one, other = _edge(it, given)
            await matching.decide(it, one, other, verdict, by=by)
        return (await matching.compared(it)).pairing.review

    waiting = _with(context, source, target, work)
    if context.json:
        print_json({"review": [it.to_json() for it in waiting[:limit]], "waiting": len(waiting)})
    else:
        _show_pairs("Wait for a person", waiting[:limit])
        say(f"{len(waiting)} pairs wait. Decide: dambridge match review --accept ONE=OTHER --by NAME (or --refuse).")
    leave(NEEDS_A_PERSON if waiting else 0)


def plan(context: Context, *, source: str, target: str, folders: Sequence[str], out: Path | None) -> None:
    can_be_written(out)
    """Make the plan that activates what is watched."""

    async def work(it: Matching) -> Plan | None:
        return await matching.plan_activation(it, folders=folders)

    made = _with(context, source, target, work)
    if made is not None and out is not None:
        _write(made, out)
    if context.json:
        told: dict[str, Any] = {"plan": None, "counts": {}, "file": None}
        if made is not None:
            told = {"plan": made.id, "counts": dict(made.header.counts), "file": str(out) if out else None}
        print_json(told)
    elif made is None:
        say("There is nothing to activate.")
    else:
        say(f"Plan {made.id} activates {len(made.actions)} links and leaves {len(made.left)} assets to be reviewed.")
        say(f"Activate it: dambridge match activate {out or made.id} --by NAME")
    leave(0)


def activate(context: Context, *, plan: str, by: str, source: str, target: str) -> None:
    """Activate exactly the links of this plan."""
    if not by.strip():
        raise WrongUse("Links are activated by a named person: `--by NAME`.")
    plan_id, _ = take_in(context, plan)

    async def work(it: Matching) -> int:
        made = await stored(it.ledger, plan_id)
        return await activating.activate(it, made, by=by)

    changed = _with(context, source, target, work)
    if context.json:
        print_json({"plan": plan_id, "activated": changed, "by": by})
    else:
        say(f"{changed} links go to work from the next run on, on the word of {by}.")
    leave(0)


def _with(context: Context, source: str, target: str, work: Callable[[Matching], Any]) -> Any:
    async def opened() -> Any:
        settings = context.settings()
        with _bar(context) as told:
            async with open_matching(settings, source=source, target=target, told=told) as it:
                return await work(it)

    return go(opened)


@contextmanager
def _bar(context: Context) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=errors, transient=True, disable=context.json or not errors.is_terminal) as bar:

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None)
            bar.update(tasks[what], completed=done, total=total or None)

        yield told


def _edge(it: Matching, given: str) -> tuple[AssetKey, AssetKey]:
    one, separator, other = given.partition("=")
    if not (one and separator and other):
        raise WrongUse(f"{given!r} names no pair: write the two ids as ONE=OTHER.")
    return _key(one, it.one.account), _key(other, it.other.account)


def _key(given: str, account: AccountId) -> AssetKey:
    """An id alone, or after its account and a colon."""
    return AssetKey(account, RemoteId(given.removeprefix(f"{account}:")))


def _write(plan: Plan, out: Path) -> None:
    out.write_text("".join(f"{line}\n" for line in plan.lines()), encoding="utf-8")


def _by_account(keys: Sequence[AssetKey]) -> dict[str, int]:
    found: dict[str, int] = {}
    for it in keys:
        found[it.account] = found.get(it.account, 0) + 1
    return found


def _show_audit(preflights: Sequence[Preflight]) -> None:
    rows = []
    for it in preflights:
        counts = it.to_json()["counts"]
        names = ("duplicate_groups", "duplicates", "missing_rights", "bad_names")
        rows.append([it.account, str(it.assets), *(str(counts[name]) for name in names)])
    columns = ["account", "assets", "groups of duplicates", "too many", "rights missing", "bad names"]
    table("The libraries as they are", columns, rows)
    for it in preflights:
        twins = [[", ".join(one.remote_id for one in group)] for group in it.duplicates[:FIRST]]
        if twins:
            table(f"{it.account}: the same file several times", ["assets"], twins)
        bare = [[key.remote_id, ", ".join(what)] for key, what in list(it.missing_rights.items())[:FIRST]]
        if bare:
            table(f"{it.account}: rights are missing", ["asset", "fields"], bare)
        odd = [[key.remote_id, it.names[key], ", ".join(what)] for key, what in list(it.bad_names.items())[:FIRST]]
        if odd:
            table(f"{it.account}: names that make trouble", ["asset", "file name", "what"], odd)


def _show_pairing(found: Matched, out: Path | None) -> None:
    pairing = found.pairing
    alone = _by_account(pairing.unpaired)
    rows = [
        ["certain", str(len(pairing.certain))],
        ["for review", str(len(pairing.review))],
        *([f"unpaired in {name}", str(count)] for name, count in sorted(alone.items())),
        *([["not read", str(len(found.unread))]] if found.unread else []),
    ]
    table("Pairs", ["what", "how many"], rows)
    _show_pairs("The first that wait for a person", pairing.review[:FIRST])
    if pairing.review:
        say("See and decide them: dambridge match review")
    calls = ", ".join(f"{account} {count}" for account, count in found.calls.items())
    say(f"Nothing was changed in either system; {found.adopted} links are newly watched. Calls: {calls}.")
    if found.plan is not None:
        say(f"Activate what is certain: dambridge match activate {out or found.plan.id} --by NAME")


def _show_pairs(title: str, pairs: Sequence[Pair]) -> None:
    rows = [
        [it.one.remote_id, it.other.remote_id, str(it.confidence), evidence_in_words(it), doubts_in_words(it)]
        for it in pairs
    ]
    if rows:
        table(title, ["one", "other", "sure", "why", "why not"], rows)
