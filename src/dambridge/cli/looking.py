"""Commands that only read: how things stand, what happened, what is on record, and whether it holds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from dambridge.bootstrap import Settings, open_bridge, open_store, remarks
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.lives import life_of
from dambridge.cli.orders import SILENT_AFTER, meant
from dambridge.cli.rendering import attention, drifted, duration, outcome_text, print_json, say, size, table, warn
from dambridge.cli.telling import sentence, teller
from dambridge.engine.proving import prove_links
from dambridge.engine.reconciling import last_reconcile
from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, Link, LinkId, RemoteId, RunId, link_id_for
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.values import DEFAULT_LANGUAGE
from dambridge.planning.provenance import provenance
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.ledger import ChainedEntry, Ledger, Observation, RunRow
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
    async def work() -> list[dict[str, Any]]:
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
                    "summary": it.summary,
                }
                for it in await ledger.runs(flow=chosen, limit=limit)
            ]

    found = go(work)
    if context.json:
        print_json(found)
        return
    rows = []
    for it in found:
        told = (it["summary"] or {}).get("flows", {}).get(str(it["flow"]), {})
        counts = " ".join(f"{name} {told[name]}" for name in map(str, Outcome) if told.get(name))
        rows.append([it["run"], str(it["flow"]), f"{it['started_at']:%Y-%m-%d %H:%M:%S}", it["state"], counts or "-"])
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
            since = time.time() - SILENT_AFTER  # noqa: TID251 - heartbeats are real time
            now = await clock.now()
            flows = {it: await _flow_status(ledger, it) for it in settings.flows.configured}
            return {
                "now": now.isoformat(),
                "workers": [
                    {"name": name, "serving": serving} for name, serving in await ledger.live_workers(since=since)
                ],
                "flows": flows,
                "needs_attention": await _needs(ledger),
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


async def _needs(ledger: Ledger) -> dict[str, int]:
    """What waits for a person, of flows that are not configured any more too: their inbox stands."""
    found: Counter[str] = Counter()
    for flow in FlowName:
        found.update(await ledger.attention(flow))
    return dict(sorted(found.items()))


async def _flow_status(ledger: Ledger, flow: FlowName) -> dict[str, Any]:
    last = next(iter(await ledger.runs(flow=flow, limit=1)), None)
    return {
        "paused": await ledger.control(f"paused:{flow}") is not None,
        "last_run": {"run": last.id, "state": last.state, "ended_at": last.ended_at, "summary": last.summary}
        if last
        else None,
        "needs_attention": dict(await ledger.attention(flow)),
        "reconcile": await last_reconcile(ledger, flow),
    }


def _show_status(told: Mapping[str, Any]) -> None:
    serving = [it["name"] for it in told["workers"] if it["serving"]]
    rows = [
        [
            "server",
            ", ".join(serving) if serving else "none running (start `dambridge serve`, or `dambridge run` once)",
        ],
        *([str(name), _how_it_goes(it)] for name, it in told["flows"].items()),
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


def _how_it_goes(flow: Mapping[str, Any]) -> str:
    last = flow["last_run"]
    held = "held by a person (`dambridge runs resume`)" if flow["paused"] else "goes on"
    return f"{held}; last run {last['run']}, {last['state']}" if last else f"{held}; no run yet"


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
    link_id, link, key = await _find(settings, ledger, asset)
    agreed = (await ledger.agreed([link_id])).get(link_id)
    seen = await _last_seen(ledger, settings.flows.configured, key) if key else None
    trail = [*await ledger.audit_trail(subject=link_id, after=0, limit=1000)]
    if key is not None:
        trail += await ledger.audit_trail(subject=str(key), after=0, limit=1000)
    return {
        "link": link_id,
        "observe_only": link.observe_only if link else None,
        "copies": [{"place": str(it.id), "id": it.remote_id} for it in link.copies] if link else [],
        "agreed": {
            "fields": {**agreed.fields, **agreed.filled} if agreed else {},
            "content": agreed.content if agreed else None,
            "evidence": dict(agreed.evidence) if agreed else {},
        },
        "last_seen": {
            "flow": str(seen.flow),
            "file_name": seen.file_name,
            "outcome": str(seen.outcome),
            "words": words(seen.reason),
            "next_move": next_move(seen.reason),
            "waits_for": seen.waits_for,
            "run": seen.run,
            "at": seen.at,
        }
        if seen
        else None,
        "enriched": provenance((await ledger.accords([link_id])).get(link_id, {})),
        "handed_in": await _handed_in(ledger, key) if key is not None else [],
        "story": await _told(ledger, sorted(trail, key=lambda it: it.seq)),
    }


async def _handed_in(ledger: AgreeingLedger, key: AssetKey) -> list[str]:
    """What became of it since it was handed in, and whether it is under legal hold, in sentences."""
    found = (await ledger.submissions(FlowName.HANDOFF, [key])).get(key)
    hold = (await ledger.holds([key])).get(key)
    told = [f"{hold.by} put it under legal hold on {hold.at:%Y-%m-%d}: {hold.why}"] if hold is not None else []
    return [*(life_of(found) if found is not None else ()), *told]


async def _last_seen(ledger: Ledger, flows: Sequence[FlowName], key: AssetKey) -> Observation | None:
    """The latest look that any of the flows had at the asset."""
    looks = [(await ledger.observations(it, [key])).get(key) for it in flows]
    return max((it for it in looks if it is not None), key=lambda it: it.at, default=None)


async def _find(settings: Settings, ledger: Ledger, asset: str) -> tuple[LinkId, Link | None, AssetKey | None]:
    """The link of an asset named by link id, `account:id` or a bare id. Raises `Refused` when nothing is known of it."""
    if asset.startswith("ln"):
        link = (await ledger.links([LinkId(asset)])).get(LinkId(asset))
        if link is not None:
            return link.id, link, link.copies[0].key
    accounts = [AccountId(it) for it in settings.accounts]
    account, _, rest = asset.partition(":")
    keys = [AssetKey(AccountId(account), RemoteId(rest))] if rest and account in accounts else []
    keys = keys or [AssetKey(it, RemoteId(asset)) for it in accounts]
    found = await ledger.links_of(keys)
    for key in keys:
        if key in found:
            link = (await ledger.links([found[key]])).get(found[key])
            source = next((it.key for it in link.copies if it.id.role == "source"), key) if link else key
            return found[key], link, source
    for key in keys:
        seen = await _last_seen(ledger, settings.flows.configured, key)
        if seen is not None:
            return link_id_for(seen.flow, key), None, key
    raise WrongUse(f"Nothing is known of {asset}. Ids look like I0000abc…, account:id or a link id (ln…).")


async def _told(ledger: AgreeingLedger, trail: Sequence[ChainedEntry]) -> list[dict[str, Any]]:
    """The entries in sentences; of what a plan did, with the name of whoever applied it."""
    runs = {str(it.entry.detail["run"]) for it in trail if it.entry.detail.get("run")}
    names = {it: await _applied_by(ledger, RunId(it)) for it in sorted(runs)}
    told = [_sentence(it) for it in trail]
    for one in told:
        if name := names.get(str(one["detail"].get("run") or "")):
            one |= {"applied_by": name, "words": f"{one['words']} {name} applied the plan."}
    return told


async def _applied_by(ledger: AgreeingLedger, run: RunId) -> str:
    row = await ledger.run(run)
    if row is None or row.plan is None or row.command is None:
        return ""
    command = await ledger.command(row.command)
    return command.actor if command is not None else ""


def _sentence(entry: ChainedEntry) -> dict[str, Any]:
    it = entry.entry
    told = {"seq": entry.seq, "at": it.at, "actor": it.actor, "event": it.event, "detail": dict(it.detail)}
    return {**told, "words": sentence(it.event, it.detail)}


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
    fields = story["agreed"]["fields"]
    if fields:
        table("Agreed", ["field", "value"], [[name, _plain(value)] for name, value in sorted(fields.items())])
    if story["enriched"]:
        rows = [[it["field"], _short(it["value"]), _by(it), it["rule"]] for it in story["enriched"]]
        table("Enriched", ["field", "value", "whose", "by the rule"], rows)
    rows = [
        [str(it["seq"]), f"{it['at']:%Y-%m-%d %H:%M:%S}", teller(it["actor"]), it["words"]] for it in story["story"]
    ]
    table("What happened", ["no.", "when (UTC)", "who", "what"], rows)


def _place(text: str) -> str:
    """A copy by its account and what it is for."""
    it = CopyId.parse(text)
    more = [one for one in (it.region, "" if it.rendition == "original" else it.rendition) if one and one != "-"]
    return f"{it.account}: the {it.role}{', ' + ', '.join(more) if more else ''}"


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


def audit(context: Context, *, subject: str | None, after: int, limit: int) -> None:
    async def work() -> Sequence[ChainedEntry]:
        async with open_store(context.settings()) as (ledger, _):
            return await ledger.audit_trail(subject=subject, after=after, limit=limit)

    trail = go(work)
    if context.json:
        print_json(
            [{**_sentence(it), "subject": it.entry.subject, "previous": it.previous, "hash": it.hash} for it in trail]
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
