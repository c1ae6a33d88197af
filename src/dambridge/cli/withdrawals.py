"""Records of withdrawals for people: lists, one in words, signed documents, and whether such a document still holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dambridge.bootstrap import build_signer, open_store
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.rendering import print_json, say, table
from dambridge.model.identity import FlowName
from dambridge.model.publications import Withdrawal
from dambridge.telemetry.withdrawal_record import record_document
from dambridge.telemetry.withdrawal_words import record_html, record_text
from dambridge.telemetry.wording import words

NEEDS_A_PERSON = 3
OUTWARD = (FlowName.PUBLISH, FlowName.SYNDICATE)


def listed(context: Context, *, flow: str, unproven: bool, after: str | None, limit: int) -> None:
    if flow and flow not in OUTWARD:
        raise WrongUse(f"The flow `{flow}` withdraws nothing. It is one of {', '.join(OUTWARD)}.")

    async def work() -> tuple[Sequence[Withdrawal], datetime]:
        async with open_store(context.settings()) as (ledger, clock):
            if after is not None and await ledger.withdrawal(after) is None:
                raise WrongUse(f"There is no record {after} to go on after.")
            chosen = FlowName(flow) if flow else None
            found = await ledger.withdrawals(flow=chosen, unproven=unproven, after=after, limit=limit + 1)
            return found, await clock.now()

    found, now = go(work)
    page, further = found[:limit], len(found) > limit
    late = [it for it in page if _late(it, now)]
    if context.json:
        rows = [{**record_document(it), "overdue": it in late} for it in page]
        print_json({"withdrawals": rows, "next": page[-1].id if further else None})
    else:
        rows_shown = [
            [it.id, it.outlet, it.file_name, words(it.causes[0]) if it.causes else "", _state(it, now)] for it in page
        ]
        table("Withdrawals", ["record", "outlet", "file", "why", "how it stands"], rows_shown)
        if not page:
            say("None.")
        if further:
            say(f"There are more: dambridge withdrawals list --after {page[-1].id}")
    leave(NEEDS_A_PERSON if late else 0)


def _late(it: Withdrawal, now: datetime) -> bool:
    return it.verified_at is None and it.deadline is not None and it.deadline <= now


def _state(it: Withdrawal, now: datetime) -> str:
    if it.verified_at is not None:
        return f"proven gone {it.verified_at:%Y-%m-%d %H:%M:%S} UTC"
    if _late(it, now):
        return f"overdue since {it.deadline:%Y-%m-%d %H:%M:%S} UTC"
    return "under way"


def show(context: Context, record: str) -> None:
    document = _signed(context, record)
    verdict = build_signer(context.settings()).verify(document)
    if context.json:
        print_json(document)
    else:
        say(record_text(document, verdict.says))


def export(context: Context, record: str, out: Path) -> None:
    makers = {".json": _as_json, ".html": record_html, ".txt": record_text}
    if out.suffix not in makers:
        raise WrongUse(f"{out} is none of .json, .html, .txt: name the file so that its kind is known.")
    document = _signed(context, record)
    ring = build_signer(context.settings())
    try:
        out.write_text(makers[out.suffix](document, ring.verify(document).says), encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{out} cannot be written: {error.strerror}. Name another place.") from None
    current = next((it for it in ring.public_keys() if it.current), None)
    if context.json:
        print_json(
            {
                "file": str(out),
                "record": record,
                "key": current.id if current else "",
                "pem": current.pem if current else "",
            }
        )
    else:
        say(
            f"Wrote {out}, signed with the key {current.id if current else '?'}. Whoever verifies it needs that public key:"
        )
        say(current.pem if current else "")


def _as_json(document: dict[str, Any], says: str) -> str:
    del says
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _signed(context: Context, record: str) -> dict[str, Any]:
    settings = context.settings()

    async def work() -> tuple[Withdrawal | None, datetime]:
        async with open_store(settings) as (ledger, clock):
            return await ledger.withdrawal(record), await clock.now()

    found, now = go(work)
    if found is None:
        raise WrongUse(f"There is no record {record}. List them with `dambridge withdrawals list`.")
    return build_signer(settings).sign(record_document(found), at=now)


def verify(context: Context, file: Path, *, keys: Sequence[Path]) -> None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise WrongUse(f"{file} is no JSON document.") from None
    if not isinstance(document, dict):
        raise WrongUse(f"{file} is no record.")
    verdict = build_signer(context.settings(), trusted=keys).verify(document)
    if context.json:
        print_json({"file": str(file), "standing": str(verdict.standing), "key": verdict.key, "says": verdict.says})
    else:
        say(f"{file}: {verdict.says}", style="green" if verdict.holds else "red")
    leave(0 if verdict.holds else 1)
