"""The conflict inbox for people: looking into it, settling entries, taking rulings back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dambridge.bootstrap import Settings, open_store
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.model.accords import GroupName
from dambridge.model.commands import CommandKind
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState, Side
from dambridge.model.identity import CopyId, FlowName, RemoteId
from dambridge.model.values import Fields, Value
from dambridge.planning.ruling import AGREED, is_about_absence, names_of
from dambridge.telemetry.wording import next_move, words

EVERY = "all"
LINE = 60
"""Characters of a value in a list; the whole of it is shown with its entry."""
Places = Mapping[CopyId, RemoteId]


def listed(context: Context, *, flow: str | None, group: str | None, state: str, after: str | None, limit: int) -> None:
    wanted = list(ConflictState) if state == EVERY else [_state(state)]
    of_flow = _flow(flow) if flow else None

    async def work() -> Sequence[Conflict]:
        async with open_store(context.settings()) as (ledger, _):
            if after is not None and await ledger.conflict(ConflictId(after)) is None:
                raise WrongUse(f"There is no conflict {after} to go on after.")
            return await ledger.conflicts(
                flow=of_flow,
                states=wanted,
                group=GroupName(group) if group else None,
                after=ConflictId(after) if after else None,
                limit=limit + 1,
            )

    found = go(work)
    page, further = found[:limit], len(found) > limit
    if context.json:
        print_json({"conflicts": [_told(it) for it in page], "next": page[-1].id if further else None})
        return
    rows = [[it.id, it.group, f"{it.opened_at:%Y-%m-%d}", _short(it)] for it in page]
    table("Conflicts", ["conflict", "about", "since", "what contends"], rows)
    if not page:
        say("Nothing here." if after or state != ConflictState.OPEN else "Nothing contends.")
    if further:
        say(f"There are more: dambridge conflicts --after {page[-1].id}")


def _short(entry: Conflict) -> str:
    """The values side by side, each with its side's name, and how it stands where it is not open any more."""
    sides = (f"{name}: {_line(it.fields)}" for name, it in zip(names_of(entry), entry.sides, strict=True))
    return "\n".join([*sides, *([f"({entry.state})"] if entry.state is not ConflictState.OPEN else [])])


def _line(fields: Fields) -> str:
    text = "; ".join(_plain(fields[name]) for name in sorted(fields)) or "(empty)"
    return text if len(text) <= LINE else f"{text[: LINE - 1]}…"


def _state(name: str) -> ConflictState:
    if name not in list(ConflictState):
        raise WrongUse(f"There is no state {name!r}; it is one of {', '.join(ConflictState)}, or {EVERY}.")
    return ConflictState(name)


def _flow(name: str) -> FlowName:
    if name not in list(FlowName):
        raise WrongUse(f"There is no flow {name!r}; it is one of {', '.join(FlowName)}.")
    return FlowName(name)


def show(context: Context, conflict: str) -> None:
    async def work() -> tuple[Conflict, Places]:
        return await _known(context.settings(), conflict)

    entry, places = go(work)
    if context.json:
        print_json({**_told(entry), "copies": {str(it): remote for it, remote in sorted(places.items())}})
    else:
        _show(entry, places)


async def _known(settings: Settings, conflict: str) -> tuple[Conflict, Places]:
    async with open_store(settings) as (ledger, _):
        entry = await ledger.conflict(ConflictId(conflict))
        if entry is None:
            raise WrongUse(f"There is no conflict {conflict}. List them with `dambridge conflicts`.")
        link = (await ledger.links([entry.link])).get(entry.link)
        return entry, {it.id: it.remote_id for it in link.copies} if link else {}


def _told(entry: Conflict) -> dict[str, Any]:
    return {
        **entry.to_json(),
        "revision": entry.revision,
        "names": names_of(entry),
        "words": words(entry.reason),
        "next_move": next_move(entry.reason) if entry.state is ConflictState.OPEN else "",
    }


def _show(entry: Conflict, places: Places) -> None:
    say(f"{entry.id}: {entry.group} of {entry.link}, {entry.state}", style="bold")
    say(words(entry.reason))
    rows = [
        [name, _where(it, places), _who(it), _when(it), text_of(it.fields)]
        for name, it in zip(names_of(entry), entry.sides, strict=True)
    ]
    rows.append(["(before)", "", "", "last agreed on", text_of(entry.base)])
    columns = ["side", "where", "who", "when (UTC)", "value"]
    table("What contends", columns, rows)
    if entry.kept:
        kept = [
            [it.copy.account if it.copy else AGREED, _where(it, places), _who(it), _when(it), text_of(it.fields)]
            for it in entry.kept
        ]
        table("Kept: what contended once and does not stand", columns, kept)
    _show_ruling(entry)


def _show_ruling(entry: Conflict) -> None:
    ruling = entry.ruling
    if ruling is None:
        if entry.state is ConflictState.OPEN and is_about_absence(entry):
            say(f"Settle it: dambridge conflicts settle {entry.id} --value presence=let_go, or follow, or wait")
        elif entry.state is ConflictState.OPEN:
            names = " or ".join(f"--side {it}" for it in names_of(entry))
            say(f"Settle it: dambridge conflicts settle {entry.id} {names}, or --value …")
        return
    what = "gives every copy its own value back" if ruling.restore is not None else f"rules: {text_of(ruling.fields)}"
    say(f"{ruling.by} {what} ({ruling.at:%Y-%m-%d %H:%M} UTC).")
    say(
        "The next run carries it out."
        if entry.state is ConflictState.RULED
        else f"It is carried out. Take it back: dambridge conflicts undo {entry.id}"
    )


def _where(side: Side, places: Places) -> str:
    if side.copy is None:
        return ""
    return f"{side.copy.account}:{places[side.copy]}" if side.copy in places else str(side.copy)


def _who(side: Side) -> str:
    return side.who or "not known"


def _when(side: Side) -> str:
    """As exactly as it is known: between the last sight without the value and the first with it."""
    until = f"{side.until:%Y-%m-%d %H:%M:%S}" if side.until else ""
    after = f"{side.after:%Y-%m-%d %H:%M:%S}" if side.after else ""
    if until and after:
        return until if until == after else f"between {after} and {until}"
    return f"not after {until}" if until else f"after {after}" if after else "not known"


def text_of(fields: Fields) -> str:
    """Fields with their values, a line each; nothing there is said in words."""
    return "\n".join(f"{name}: {_plain(fields[name])}" for name in sorted(fields)) or "(empty)"


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    if entries := getattr(value, "entries", None):
        return " | ".join(text if tag == "x-default" else f"{tag}: {text}" for tag, text in entries)
    return str(getattr(value, "iso", value))


def settle(context: Context, conflict: str, *, side: str, values: Sequence[str], all_like: bool, by: str) -> None:
    if bool(side) == bool(values):
        raise WrongUse("Say either whose value shall stand (--side) or the value itself (--value).")
    scope = {"side": side, **_values(values), "all_like": all_like}
    result = go(lambda: _order(context, CommandKind.SETTLE, conflict, scope, by=by))
    if context.json or "error" in result:
        _end(context, result)
    count = int(result["ruled"])
    say(f"Settled {count} {'entry' if count == 1 else 'entries'}; the next run carries it out.")
    for it in result["left"]:
        warn(f"Left: {it['why']}", style="yellow")
    say(f"Take it back: dambridge conflicts undo {conflict}")
    leave(int(result["exit_code"]))


def undo(context: Context, conflict: str, *, by: str) -> None:
    result = go(lambda: _order(context, CommandKind.UNDO, conflict, {}, by=by))
    if context.json or "error" in result:
        _end(context, result)
    released = result["conflict"]["state"] == ConflictState.OPEN
    say(
        f"Taken back: {conflict} is open again."
        if released
        else f"Every copy gets its own value back with the next run; then {conflict} is open again."
    )
    leave(int(result["exit_code"]))


async def _order(
    context: Context, kind: CommandKind, conflict: str, scope: Mapping[str, Any], *, by: str
) -> Mapping[str, Any]:
    settings = context.settings()
    entry, _ = await _known(settings, conflict)
    about = {"conflict": entry.id, "revision": entry.revision, "flow": str(entry.flow)}
    return await ordered(context, settings, kind, {**scope, **about}, by=by)


def _values(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`field=text` as it is, a JSON object as what it says."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for it in given:
        name, equals, text = it.partition("=")
        if it.lstrip().startswith("{"):
            values |= _object(it)
        elif equals and name.strip():
            texts[name.strip()] = text
        else:
            raise WrongUse(f"--value {it}: write field=text, or a JSON object of fields.")
    return {"values": values, "texts": texts}


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongUse(f"--value is no JSON object: {error.msg} at character {error.pos + 1}.") from None
    return dict(data)


def _end(context: Context, result: Mapping[str, Any]) -> None:
    if context.json:
        print_json(dict(result))
    else:
        warn(str(result["error"]))
    leave(int(result["exit_code"]))
