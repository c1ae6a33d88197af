"""Commands that only read: how things stand, what happened, what is on record, and whether it holds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from dambridge.bootstrap import Settings, open_bridge, open_store, remarks
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import meant
from dambridge.cli.rendering import attention, drifted, outcome_text, print_json, say, table, warn
from dambridge.engine.delivery.proving import prove_links
from dambridge.engine.in_force import in_force, trouble
from dambridge.engine.overview import FlowStanding, flow_standing, live_workers, needs
from dambridge.engine.stories import story_of
from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, RunId
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.values import DEFAULT_LANGUAGE
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import ChainedEntry, Ledger, Observation, RunRow
from dambridge.telemetry.figures import duration, size
from dambridge.telemetry.telling import sentence, teller
from dambridge.telemetry.wording import next_move, words


def plans(context: Context, *, limit: int) -> None:
    async def work() -> Sequence[Mapping[str, Any]]:
        async with open_store(context.settings()) as (ledger, _):
            return [
                {
                    **it.header,
                    "plan": it.id,
                    "flow": it.flow,
                    "made_at": it.made_at,
                    "state": it.state,
                    "approved_by": it.approved_by,
                }
                for it in await ledger.plans(limit=limit)
            ]

    found = go(work)
    if context.json:
        print_json(list(found))
        return
    rows = [
        [it["plan"], str(it["flow"]), f"{it['made_at']:%Y-%m-%d %H:%M}", it["state"], it["approved_by"]] for it in found
    ]
    table("Plans", ["plan", "flow", "made (UTC)", "state", "approved by"], rows)
    if not found:
        say("No plan yet. Make one: `dambridge plan`.")


def runs(context: Context, *, flow: str | None, limit: int) -> None:
    async def work() -> tuple[list[dict[str, Any]], bool]:
        settings = context.settings()
        chosen = meant(settings, flow)[0] if flow is not None else None
        async with open_store(settings) as (ledger, _):
            return [
                {
                    "run": it.id,
                    "flow": it.flow,
                    "started_at": it.started_at,
                    "ended_at": it.ended_at,
                    "state": it.state,
                    "configuration": it.configuration,
                    "summary": it.summary,
                }
                for it in await ledger.runs(flow=chosen, limit=limit)
            ], bool(await live_workers(ledger))

    found, worked_on = go(work)
    if context.json:
        print_json(found)
        return
    rows = []
    for it in found:
        told = (it["summary"] or {}).get("flows", {}).get(str(it["flow"]), {})
        counts = " ".join(f"{name} {told[name]}" for name in map(str, Outcome) if told.get(name))
        state = "broken off" if broken_off(it["state"], worked_on=worked_on) else it["state"]
        rows.append([it["run"], str(it["flow"]), f"{it['started_at']:%Y-%m-%d %H:%M:%S}", state, counts or "-"])
    table("Runs", ["run", "flow", "started (UTC)", "state", "items"], rows)
    if not found:
        say("No run yet. Start one: `dambridge run`.")


def run_items(context: Context, *, run_id: str, outcome: str | None, limit: int) -> None:
    if outcome is not None and outcome not in list(Outcome):
        raise WrongUse(f"There is no outcome {outcome!r}; it is one of {', '.join(Outcome)}.")

    async def work() -> tuple[RunId, Counts, Sequence[ItemOutcome], Mapping[AssetKey, Observation]]:
        async with open_store(context.settings()) as (ledger, _):
            run = await _run_named(ledger, run_id)
            chosen = Outcome(outcome) if outcome else None
            items = await ledger.items(run.id, outcome=chosen, limit=limit)
            seen = await ledger.observations(run.flow, [it.key for it in items])
            return run.id, await ledger.counts(run.id), items, seen

    run, counts, items, seen = go(work)
    names = {key: it.file_name for key, it in seen.items()}
    if context.json:
        print_json({"run": run, "counts": counts.to_json(), "items": [_item_json(it, names) for it in items]})
        return
    table(run, ["outcome", "assets"], [[outcome_text(it), str(getattr(counts, str(it)))] for it in Outcome])
    rows: list[list[str | Text]] = [
        [names.get(it.key, ""), str(it.key), outcome_text(it.outcome), f"{words(it.reason)} {next_move(it.reason)}"]
        for it in items
    ]
    table("Items", ["file", "asset", "outcome", "why, and the next move"], rows)
    if len(items) == limit:
        say(f"The first {limit} alone; more with --limit.")


async def _run_named(ledger: Ledger, name: str) -> RunRow:
    if name == "last":
        last = next(iter(await ledger.runs(flow=None, limit=1)), None)
        if last is None:
            raise WrongUse("No run yet. Start one: `dambridge run`.")
        return last
    found = await ledger.run(RunId(name))
    if found is None:
        raise WrongUse(f"There is no run {name}. List them with `dambridge runs`.")
    return found


def _item_json(item: ItemOutcome, names: Mapping[AssetKey, str]) -> dict[str, Any]:
    return {
        "account": item.key.account,
        "id": item.key.remote_id,
        "file_name": names.get(item.key, ""),
        "link": item.link,
        "outcome": str(item.outcome),
        "reason": item.reason.to_json(),
        "words": words(item.reason),
        "next_move": next_move(item.reason),
        "waits_for": item.waits_for,
    }


def status(context: Context) -> None:
    async def work() -> dict[str, Any]:
        settings = context.settings()
        async with open_store(settings) as (ledger, clock):
            now, files = await clock.now(), await in_force(ledger)
            flows = {it: _flow_status(await flow_standing(ledger, it)) for it in settings.flows.configured}
            return {
                "now": now.isoformat(),
                "workers": [{"name": name, "serving": serving} for name, serving in await live_workers(ledger)],
                "in_force": [{**asdict(it), "since": it.since.isoformat()} for it in files],
                "files": (trouble(files) or ("", ""))[1],
                "flows": flows,
                "needs_attention": await needs(ledger),
                "store_bytes": await ledger.size_bytes(),
                "proof": [
                    {"account": it.account, "told": it.told, "remedy": it.remedy} for it in remarks(settings, now=now)
                ],
            }

    told = go(work)
    if context.json:
        print_json(told)
    else:
        _show_status(told)
    leave(3 if told["needs_attention"] else 0)


def _flow_status(it: FlowStanding) -> dict[str, Any]:
    last = it.runs[0] if it.runs else None
    return {
        "paused": it.held_by is not None,
        "last_run": {"run": last.id, "state": last.state, "ended_at": last.ended_at, "summary": last.summary}
        if last
        else None,
        "needs_attention": dict(it.attention),
        "reconcile": it.reconcile,
    }


def _show_status(told: Mapping[str, Any]) -> None:
    serving = [it["name"] for it in told["workers"] if it["serving"]]
    rows = [
        [
            "server",
            ", ".join(serving) if serving else "none running (start `dambridge serve`, or `dambridge run` once)",
        ],
        *([str(name), how_it_goes(it, worked_on=bool(told["workers"]))] for name, it in told["flows"].items()),
        *([["map and rules", told["files"]]] if told["files"] else []),
        ["store", size(told["store_bytes"])],
    ]
    rows += [[f"proof {it['account']}".strip(), f"{it['told']} (`{it['remedy']}`)"] for it in told["proof"]]
    table("dambridge", ["what", "how it stands"], rows)
    for name, it in told["flows"].items():
        attention(it["needs_attention"], flow=str(name) if len(told["flows"]) > 1 else "")
        if it["reconcile"]:
            say(f"{name}, {drifted(it['reconcile'])}")
    configured: Counter[str] = Counter()
    for it in told["flows"].values():
        configured.update(it["needs_attention"])
    if others := dict(Counter(told["needs_attention"]) - configured):
        attention(others, flow="no flow that runs")
    if not told["needs_attention"]:
        say("Nothing waits for a person.")


def broken_off(state: str, *, worked_on: bool) -> bool:
    """Whether a run that is under way according to the record was left, because nobody works."""
    return state == "running" and not worked_on


def how_it_goes(flow: Mapping[str, Any], *, worked_on: bool) -> str:
    """How a flow stands, in a few words."""
    last = flow["last_run"]
    held = "held by a person (`dambridge runs resume`)" if flow["paused"] else "goes on"
    if last is None:
        return f"{held}; no run yet"
    left = broken_off(last["state"], worked_on=worked_on)
    return f"{held}; last run {last['run']}, {'broken off: the next one goes on from there' if left else last['state']}"


def show(context: Context, asset: str) -> None:
    settings = context.settings()

    async def work() -> dict[str, Any]:
        async with open_store(settings) as (ledger, _):
            return await _story(settings, ledger, asset)

    story = go(work)
    if context.json:
        print_json(story)
        return
    _show_story(story)


async def _story(settings: Settings, ledger: AgreeingLedger, asset: str) -> dict[str, Any]:
    accounts = [AccountId(it) for it in settings.accounts]
    try:
        return (await story_of(ledger, asset, accounts=accounts, flows=settings.flows.configured)).to_json()
    except Refused as error:
        raise WrongUse(str(error)) from None


def _show_story(story: Mapping[str, Any]) -> None:
    say(story["link"] + (" (observed only)" if story["observe_only"] else ""), style="bold")
    if story["copies"]:
        table("Where it is", ["place", "id"], [[_place(it["place"]), it["id"]] for it in story["copies"]])
    else:
        say("It is in no other system.")
    if story["last_seen"]:
        last = story["last_seen"]
        say(f"Last seen {last['at']:%Y-%m-%d %H:%M:%S} UTC in {last['run']}: {last['file_name']}: {last['words']}")
        if last["next_move"]:
            say(f"Next: {last['next_move']}")
    for line in story["handed_in"]:
        say(line)
    for it in story["orders"]:
        say(_ordered(it))
    kept = {it["field"] for it in (*story["in_step"], *story["enriched"])}
    fields = {name: it for name, it in story["agreed"]["fields"].items() if name not in kept}
    if fields:
        table("Agreed", ["field", "value"], [[name, _plain(value)] for name, value in sorted(fields.items())])
    if story["in_step"]:
        rows = [[it["field"], _short(it["value"]), it["origin"], _shown_as(it["shown"])] for it in story["in_step"]]
        table("Kept in step", ["field", "value", "from", "shown otherwise"], rows)
    if story["enriched"]:
        rows = [[it["field"], _short(it["value"]), _by(it), it["rule"]] for it in story["enriched"]]
        table("Enriched", ["field", "value", "whose", "by the rule"], rows)
    rows = [
        [str(it["seq"]), f"{it['at']:%Y-%m-%d %H:%M:%S}", teller(it["actor"]), it["words"]] for it in story["story"]
    ]
    table("What happened", ["no.", "when (UTC)", "who", "what"], rows)


def _ordered(it: Mapping[str, Any]) -> str:
    """An order in a sentence."""
    given = f"{it['by']} ordered it to {it['outlet'] or 'the archive'} on {it['at'][:10]}"
    if it["ended_at"]:
        return f"{given}; {it['ended_by']} took it back on {it['ended_at'][:10]}."
    return f"{given}, until {it['until'][:16]} UTC." if it["until"] else f"{given}."


def _place(text: str) -> str:
    """A copy by its account and what it is for."""
    it = CopyId.parse(text)
    more = [one for one in (it.region, "" if it.rendition == "original" else it.rendition) if one and one != "-"]
    return f"{it.account}: the {it.role}{', ' + ', '.join(more) if more else ''}"


def _shown_as(shown: Mapping[str, Any]) -> str:
    """Where a copy shows something else: the term that its account has for a word, or a text that it cuts."""
    return "\n".join(f"{copy}: {_short(value) or 'nothing'}" for copy, value in shown.items())


def _by(entry: Mapping[str, Any]) -> str:
    """Whose the value is; where it is not the rule's, also what the rule comes to."""
    if entry["by"] == "rule":
        return "the rule" if entry["written"] else "the rule; not written yet"
    return f"{entry['by']}; the rule says {_short(entry['derived']) or 'nothing'}"


def _short(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return "; ".join(map(str, value))
        case {"lang": dict(texts)}:
            return str(texts.get(DEFAULT_LANGUAGE, next(iter(texts.values()))))
        case {"date": iso}:
            return str(iso)
    return str(value)


def _plain(value: Any) -> str:
    return str(
        getattr(value, "default", getattr(value, "iso", "; ".join(value) if isinstance(value, tuple) else value))
    )


def _detail(detail: Mapping[str, Any]) -> str:
    if (status := detail.get("status")) is not None:
        made = detail.get("decision") or {}
        return f"{status} by {made.get('by') or 'unknown'}" if made else str(status)
    outcome = detail.get("outcome", "")
    fields = ", ".join(sorted(detail.get("to") or {}))
    return f"{outcome}{': ' + fields if fields else ''}"


def _entry_json(entry: ChainedEntry) -> dict[str, Any]:
    it = entry.entry
    told = {"seq": entry.seq, "at": it.at, "actor": it.actor, "event": it.event, "detail": dict(it.detail)}
    return {**told, "words": sentence(it.event, it.detail)}


def audit(context: Context, *, subject: str | None, after: int, limit: int) -> None:
    async def work() -> Sequence[ChainedEntry]:
        async with open_store(context.settings()) as (ledger, _):
            return await ledger.audit_trail(subject=subject, after=after, limit=limit)

    trail = go(work)
    if context.json:
        print_json(
            [{**_entry_json(it), "subject": it.entry.subject, "previous": it.previous, "hash": it.hash} for it in trail]
        )
        return
    rows = [
        [
            str(it.seq),
            f"{it.entry.at:%Y-%m-%d %H:%M:%S}",
            it.entry.actor,
            it.entry.event,
            it.entry.subject,
            _detail(it.entry.detail),
        ]
        for it in trail
    ]
    table("Audit trail", ["no.", "when (UTC)", "who", "what", "about", "how"], rows)


def verify(context: Context, *, links: int) -> None:
    async def work() -> dict[str, Any]:
        settings = context.settings()
        async with open_store(settings) as (ledger, _):
            broken = await ledger.verify_audit()
            sums = [
                it.id
                for it in await ledger.runs(flow=None, limit=1000)
                if it.summary and not await _adds_up(ledger, it.id, it.summary)
            ]
        proven: dict[str, Any] = {"checked": 0, "differ": []}
        if links and FlowName.INTAKE in settings.flows.configured:
            async with open_bridge(settings, work=False) as bridge:
                proven = await prove_links(bridge.parts, limit=links)
        return {
            "audit": {"holds": broken is None, "first_broken": broken},
            "runs_that_do_not_add_up": sums,
            "links": proven,
        }

    begun = time.monotonic()
    told = go(work)
    good = told["audit"]["holds"] and not told["runs_that_do_not_add_up"] and not told["links"]["differ"]
    if context.json:
        print_json(told)
    else:
        holds = "holds" if told["audit"]["holds"] else f"is broken at entry {told['audit']['first_broken']}"
        say(f"The audit chain {holds}.")
        say(
            "Every run's sums match."
            if not told["runs_that_do_not_add_up"]
            else f"Sums differ: {told['runs_that_do_not_add_up']}"
        )
        say(f"{told['links']['checked']} linked assets held against the target, {len(told['links']['differ'])} differ.")
        for it in told["links"]["differ"]:
            warn(f"  {it}")
        say(f"Looked for {duration(time.monotonic() - begun)}.")
    leave(0 if good else 1)


async def _adds_up(ledger: Ledger, run: RunId, summary: Mapping[str, Any]) -> bool:
    counts = (await ledger.counts(run)).to_json()
    return all({name: flow.get(name) for name in counts} == counts for flow in summary.get("flows", {}).values())
