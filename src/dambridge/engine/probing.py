"""`probe`: an account is asked its open questions in order, one trouble stopping no other, and left as it was found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from dambridge.model.identity import AccountId
from dambridge.ports.clock import Clock
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry, Ledger
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Mutation, Prober, Question, Standing
from dambridge.telemetry.events import AuditEvent

PATIENCE = timedelta(minutes=3)
"""How long one question may take."""
CLEANING = timedelta(minutes=5)
"""How long cleaning up may take."""

Mask = Callable[[str], str]


@dataclass(slots=True, kw_only=True)
class Examination:
    """One account's examination. `left` are sentences about what could not be cleaned up; `stopped` says why the account
    could not be asked further, empty where it was asked to the end."""

    account: AccountId
    findings: dict[str, Finding] = field(default_factory=dict)
    scratch: str = ""
    left: list[str] = field(default_factory=list)
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """What an examination works with. `mask` hides secrets in every text that goes on record; `asked` hears of each question
    before it is asked, `leaves` of each thing that could not be cleaned up, also when the examination is stopped."""

    account: AccountId
    prober: Prober
    ledger: Ledger
    clock: Clock
    actor: str
    mask: Mask = str
    asked: Callable[[Question], None] = lambda _question: None
    leaves: Callable[[str], None] = lambda _sentence: None
    lane: Lane = Lane.NORMAL
    patience: timedelta = PATIENCE


def mutations_of(prober: Prober) -> list[Mutation]:
    """Everything that asking with leave to write may change, each once, in the order of the questions."""
    return list(dict.fromkeys(it for question in prober.questions() for it in question.mutations))


async def examine(probing: Probing, *, write: bool) -> Examination:
    """Ask everything that may be asked. What was made is taken back at the end, also after a failure or when stopped."""
    result = Examination(account=probing.account)
    await _audit(probing, AuditEvent.PROBE_BEGUN, write=write)
    try:
        if write:
            await _with_scratch(probing, result)
        else:
            await _ask_all(probing, result, write=False)
    finally:
        if write:
            await _put_away(probing, result)
        counts = {str(it): sum(one.standing is it for one in result.findings.values()) for it in Standing}
        await _audit(probing, AuditEvent.PROBE_ENDED, write=write, left=len(result.left), **counts)
    return result


async def _with_scratch(probing: Probing, result: Examination) -> None:
    """Take away what an earlier probe left, open the scratch container, ask. What found nothing to be tried on is asked
    once more while there is something."""
    refused = ""
    try:
        async with asyncio.timeout(CLEANING.total_seconds()):
            result.left += await probing.prober.clean_up(lane=probing.lane)
        async with asyncio.timeout(probing.patience.total_seconds()):
            result.scratch = await probing.prober.open_scratch(lane=probing.lane)
    except CannotGoOn as error:
        result.stopped = probing.mask(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, reading can still tell something
        refused = probing.mask(_said(error))
    await _ask_all(probing, result, write=bool(result.scratch), instead=f"No scratch container: {refused}")
    if result.scratch:
        open_ones = [it for it in probing.prober.questions() if not it.mutations and _is_open(result, it)]
        for question in open_ones:
            if not result.stopped:
                await _ask(probing, result, question)


def _is_open(result: Examination, question: Question) -> bool:
    return result.findings[question.id].standing is Standing.UNANSWERED


async def _ask_all(probing: Probing, result: Examination, *, write: bool, instead: str = "") -> None:
    for question in probing.prober.questions():
        why_not = _why_not(result, question, write=write, instead=instead)
        if why_not:
            result.findings[question.id] = _not_asked(question, probing.mask(why_not))
        else:
            await _ask(probing, result, question)


def _why_not(result: Examination, question: Question, *, write: bool, instead: str) -> str:
    """Why this question is not asked; empty where it is."""
    if result.stopped:
        return f"The account could not be asked further: {result.stopped}"
    if question.mutations and not write:
        would = "; ".join(it.what for it in question.mutations)
        return f"{instead} It would have: {would}." if instead else f"Not asked without `--write`: it {would}."
    known = result.findings
    for needed in question.needs:
        if needed not in known or known[needed].standing is not Standing.ANSWERED:
            return f"It rests on `{needed}`, which has no answer."
    return ""


async def _ask(probing: Probing, result: Examination, question: Question) -> None:
    probing.asked(question)
    try:
        async with asyncio.timeout(probing.patience.total_seconds()):
            finding = await probing.prober.ask(question, result.findings, lane=probing.lane)
    except CannotGoOn as error:
        result.stopped = probing.mask(str(error))
        finding = _unanswered(question, str(error))
    except TimeoutError:
        finding = _unanswered(question, f"No answer within {probing.patience.total_seconds():g} seconds.")
    except Exception as error:  # noqa: BLE001 - one question's failure stops no other
        finding = _unanswered(question, _said(error))
    result.findings[question.id] = masked(finding, probing.mask)


async def _put_away(probing: Probing, result: Examination) -> None:
    """Clean up, whatever happened: a stop that came meanwhile waits until it is done."""
    task = asyncio.ensure_future(_clean(probing))
    try:
        result.left += await asyncio.shield(task)
    except asyncio.CancelledError:
        result.left += await task
        raise
    finally:
        result.left = list(dict.fromkeys(map(probing.mask, result.left)))
        for it in result.left:
            probing.leaves(it)


async def _clean(probing: Probing) -> list[str]:
    try:
        async with asyncio.timeout(CLEANING.total_seconds()):
            return list(await probing.prober.clean_up(lane=probing.lane))
    except Exception as error:  # noqa: BLE001 - what could not be cleaned is said, never raised over an answer
        return [f"Cleaning up failed: {_said(error)} Probe again: it begins with cleaning up."]


def masked(finding: Finding, mask: Mask) -> Finding:
    """The finding with secrets hidden in every text, at any depth."""
    return replace(
        finding,
        value=_masked(finding.value, mask),
        told=mask(finding.told),
        evidence=tuple(mask(it) for it in finding.evidence),
        cells=dict(finding.cells),
        suggests=_masked(dict(finding.suggests), mask),
        warning=mask(finding.warning),
        ask_vendor=mask(finding.ask_vendor),
        administrator=mask(finding.administrator),
    )


def _masked(value: Any, mask: Mask) -> Any:
    match value:
        case str():
            return mask(value)
        case Mapping():
            return {mask(str(key)): _masked(it, mask) for key, it in value.items()}
        case list() | tuple():
            return [_masked(it, mask) for it in value]
        case _:
            return value


def _said(error: Exception) -> str:
    """Our own errors are written for people; of others the kind alone is shown, for nobody knows what they quote."""
    if isinstance(error, NextMove):
        return str(error)
    if isinstance(error, TimeoutError):
        return "It took too long."
    return f"It failed by a fault of ours ({type(error).__name__})."


def _not_asked(question: Question, told: str) -> Finding:
    return Finding(question=question.id, standing=Standing.NOT_ASKED, value=None, told=told)


def _unanswered(question: Question, told: str) -> Finding:
    return Finding(question=question.id, standing=Standing.UNANSWERED, value=None, told=told)


async def _audit(probing: Probing, event: AuditEvent, **detail: Any) -> None:
    entry = AuditEntry(
        at=await probing.clock.now(), actor=probing.actor, event=event, subject=probing.account, detail=detail
    )
    await probing.ledger.audit([entry])


def suggestions(findings: Sequence[Finding]) -> dict[str, Any]:
    """The options of the account that findings say should be set."""
    return {name: value for it in findings for name, value in it.suggests.items()}
