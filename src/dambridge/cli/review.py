"""What was handed in, for people: lists, one file with its picture, and orders to decide about it; legal holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dambridge.bootstrap import open_bridge, open_store
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.engine.sites import Site
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.lifecycle import Status, status_in
from dambridge.model.submissions import Submission
from dambridge.ports.errors import NextMove
from dambridge.ports.pace import Lane
from dambridge.telemetry.lives import life_of, when, word

PREVIEW_SIDE = 1024
NEEDS_A_PERSON = 3


def show_list(context: Context, *, shoot: str, status: str, limit: int) -> None:
    wanted = _statuses(status)

    async def work() -> tuple[Sequence[Submission], Mapping[tuple[str, Status], int], datetime]:
        async with open_store(context.settings()) as (ledger, clock):
            found = await ledger.submissions_in(FlowName.HANDOFF, statuses=wanted, shoot=shoot or None, limit=limit)
            return found, await ledger.count_submissions(FlowName.HANDOFF), await clock.now()

    found, counts, now = go(work)
    late = [it for it in found if _is_late(it, now)]
    if context.json:
        shoots: dict[str, dict[str, int]] = {}
        for (name, state), count in sorted(counts.items()):
            shoots.setdefault(name, {})[str(state)] = count
        print_json({"submissions": [_told(it, now) for it in found], "shoots": shoots})
    else:
        rows = [
            [
                it.id,
                it.file_name,
                it.shoot,
                it.contributor,
                _how(it),
                when(it.due_at) + (" LATE" if it in late else ""),
            ]
            for it in found
        ]
        table("Handed in", ["file", "name", "shoot", "by", "stands", "due"], rows)
    leave(NEEDS_A_PERSON if late else 0)


def _statuses(text: str) -> list[Status] | None:
    if text == "all":
        return None
    found = status_in(text)
    if found is None:
        raise WrongUse(f"There is no status `{text}`. Known: {', '.join(map(str, Status))}, or `all`.")
    return [found]


def show_one(context: Context, asset: str, *, preview: Path | None) -> None:
    key = key_of(asset)

    async def work() -> tuple[Submission, str, datetime, Path | None]:
        async with open_bridge(context.settings(), work=False) as bridge:
            found = (await bridge.common.ledger.submissions(FlowName.HANDOFF, [key])).get(key)
            site = bridge.sites.get(key.account)
            if found is None or site is None:
                raise WrongUse(f"Nothing was handed in as {asset}. List what was: `dambridge review list`.")
            made = await _preview(site, found, preview) if preview is not None else None
            return found, site.archive.page_of(key.remote_id), await bridge.common.clock.now(), made

    found, page, now, made = go(work)
    if context.json:
        print_json({**_told(found, now), "page": page, "preview": str(made) if made else None})
        return
    say(f"{found.file_name} of {found.shoot}, handed in by {found.contributor or 'somebody'} as {found.id}")
    for line in life_of(found):
        say(line)
    say(f"Look at it: {page}")
    if made is not None:
        say(f"Its picture: {made}")


async def _preview(site: Site, found: Submission, folder: Path) -> Path:
    """The picture in a file of its own. Raises `Refused` where the account gives none."""
    if site.finder is None:
        raise WrongUse(f"`{site.account}` gives out no small pictures; look at its page instead.")
    path = folder / f"{found.key.account}-{found.key.remote_id}.jpg"
    async with site.finder.picture(found.key.remote_id, longest_side=PREVIEW_SIDE, lane=Lane.NORMAL) as stream:
        data = b"".join([it async for it in stream.chunks])
    await asyncio.to_thread(_write, path, data)
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _told(it: Submission, now: datetime) -> dict[str, Any]:
    return {**it.to_json(), "asset": it.id, "late": _is_late(it, now)}


def _is_late(it: Submission, now: datetime) -> bool:
    return it.status is Status.IN_REVIEW and it.due_at is not None and it.due_at <= now


def _how(it: Submission) -> str:
    made = it.decision
    return word(it.status) if made is None else f"{word(it.status)} by {made.by or 'unknown'}"


def key_of(text: str) -> AssetKey:
    """The asset that somebody named."""
    account, colon, remote_id = text.partition(":")
    if not (account and colon and remote_id):
        raise WrongUse(f"`{text}` names no file: write ACCOUNT:ID, as `dambridge review list` shows it.")
    return AssetKey(AccountId(account), RemoteId(remote_id))


# orders -----------------------------------------------------------------------------------------------------------------


def order(context: Context, verdict: str, assets: Sequence[str], *, shoot: str, note: str, by: str) -> None:
    if bool(assets) is bool(shoot):
        raise WrongUse("Say which files are meant: either ACCOUNT:ID, one or several, or --shoot PATH.")
    scope = {"verdict": verdict, "note": note, "shoot": shoot, "assets": _assets(assets), "flow": str(FlowName.HANDOFF)}
    _finish(context, CommandKind.REVIEW, scope, by, f"{verdict}: done")


def order_hold(context: Context, do: str, assets: Sequence[str], *, why: str, by: str) -> None:
    if not assets:
        raise WrongUse("Say which files are meant: ACCOUNT:ID, one or several.")
    scope = {"do": do, "why": why, "assets": _assets(assets), "flow": str(FlowName.HANDOFF)}
    _finish(context, CommandKind.HOLD, scope, by, f"hold {do}: done")


def _assets(given: Sequence[str]) -> list[list[str]]:
    return [[it.account, it.remote_id] for it in map(key_of, given)]


def _finish(context: Context, kind: CommandKind, scope: Mapping[str, Any], by: str, what: str) -> None:
    async def work() -> Mapping[str, Any]:
        return await ordered(context, context.settings(), kind, scope, by=by)

    try:
        done = go(work)
    except NextMove as error:
        done = {"error": str(error), "exit_code": 1}
    if context.json:
        print_json(done)
    elif "error" in done:
        warn(str(done["error"]))
    else:
        say(f"{what} for {len(done['moved'])} files.")
        for asset, why in done.get("left", {}).items():
            warn(f"{asset}: {why}", style="yellow")
    leave(int(done["exit_code"]))


def show_holds(context: Context) -> None:
    async def work() -> list[dict[str, Any]]:
        async with open_store(context.settings()) as (ledger, _):
            found = await ledger.holds()
        return [{"asset": str(it.key), "by": it.by, "why": it.why, "at": it.at} for it in found.values()]

    found = go(work)
    if context.json:
        print_json({"holds": found})
        return
    table(
        "Under legal hold",
        ["file", "by", "since", "why"],
        [[it["asset"], it["by"], when(it["at"]), it["why"]] for it in found],
    )
