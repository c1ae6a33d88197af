"""What a server carries out beside the flows: comparing libraries, asking accounts what they can do, filling the index anew.

Each opens what it needs and closes it again; a lock keeps two of a kind apart, also from those of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dambridge.bootstrap.pairing import open_matching
from dambridge.bootstrap.probing import keep, open_benches, probe, with_progress
from dambridge.bootstrap.search_desk import open_search
from dambridge.bootstrap.settings import Settings
from dambridge.engine.errands import Errands, Tell
from dambridge.engine.pairing import matching
from dambridge.model.commands import Command, CommandKind
from dambridge.model.identity import AccountId
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Standing

NEEDS_A_PERSON = 3


def errands_of(settings: Settings) -> Errands:
    """The errands of this installation."""

    async def compare(command: Command, tell: Tell) -> Mapping[str, Any]:
        del command

        def told(what: str, done: int, total: int) -> None:
            tell(f"{what}: {done} of {total}" if total else f"{what}: {done}")

        async with open_matching(settings, source="", target="", told=told) as it:
            found = await matching.match(it)
        counts = {
            "certain": len(found.pairing.certain),
            "review": len(found.pairing.review),
            "alone": len(found.pairing.unpaired),
        }
        left = bool(found.pairing.review or found.unread)
        return {**counts, "unread": len(found.unread), "exit_code": NEEDS_A_PERSON if left else 0}

    async def ask(command: Command, tell: Tell) -> Mapping[str, Any]:
        return await _ask(settings, command, tell)

    async def refill(command: Command, tell: Tell) -> Mapping[str, Any]:
        del command

        def told(account: AccountId, count: int) -> None:
            tell(f"{account}: {count} read")

        async with open_search(settings) as desk:
            done = await desk.refill(told)
        code = NEEDS_A_PERSON if done.unproven else 0
        unproven = {str(it): why for it, why in done.unproven.items()}
        return {"read": done.read, "taken_out": done.taken_out, "unproven": unproven, "exit_code": code}

    return {CommandKind.COMPARE: compare, CommandKind.PROBE: ask, CommandKind.REFILL: refill}


async def _ask(settings: Settings, command: Command, tell: Tell) -> Mapping[str, Any]:
    """Examine the account named; with `write` what only writing can show, which a person has agreed to change by change."""
    name, write = str(command.scope["account"]), bool(command.scope.get("write"))
    if name not in settings.accounts:
        raise Refused(f"There is no account `{name}`.", code="unknown_account")
    left: list[str] = []
    opened = open_benches(settings, names=[name], actor=command.actor, mask=_masked(settings), leaves=left.append)
    async with opened as benches:
        probed = [await probe(settings, with_progress(it, tell), write=write) for it in benches]
    keep(settings, probed)
    findings = [one for it in probed for one in it.account.findings]
    stopped = next((it.account.examination.stopped for it in probed if it.account.examination.stopped), "")
    if stopped:
        raise Refused(f"{name} could not be asked to the end: {stopped}", code="probe_stopped")
    warned = [one.warning for one in findings if one.warning]
    answered = sum(one.standing is Standing.ANSWERED for one in findings)
    told = {"account": name, "asked": len(findings), "answered": answered, "warnings": warned, "left": left}
    return {**told, "exit_code": NEEDS_A_PERSON if warned or left else 0}


def _masked(settings: Settings) -> Callable[[str], str]:
    """Takes secrets out of a text."""

    def mask(text: str) -> str:
        for secret in settings.secrets():
            text = text.replace(secret, "***") if len(secret) > 3 else text
        return text

    return mask
