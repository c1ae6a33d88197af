"""Orders about words that a vocabulary does not know: a named person's decision is written down; the flows' next runs follow.

An order that is carried out twice, because its worker died in between, has the effect of one: the decision names the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dambridge.mapping.terms import joined
from dambridge.mapping.vocabularies import Term, Vocabulary
from dambridge.model.commands import Command, CommandKind
from dambridge.model.identity import AccountId
from dambridge.model.terms import KEPT, LIVE, TermDecision, TermKey, UnknownTerm, Verdict
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.terms import TermLedger, WholeLedger


async def decide_term(ledger: WholeLedger, command: Command) -> Mapping[str, Any]:
    """Carry out a `decide_term` or an `undo_term`. Raises `Refused` in words for the person who gave it."""
    scope = command.scope
    key = TermKey(AccountId(scope["account"]), scope["attribute"], scope["word"])
    entry = await ledger.unknown_term(key, samples=0)
    if command.kind is CommandKind.UNDO_TERM:
        return await _undo(ledger, key, entry, command)
    if entry is None:
        raise Refused(f"No asset uses the word {key.word!r} in {key.attribute}. List them with `dambridge terms list`.")
    if entry.decision is None:
        decision = await _decision(ledger, entry, command)
        if not await ledger.decide_term(decision, [_told(decision, command, "term.decided")]):
            entry = await ledger.unknown_term(key, samples=0) or entry
        else:
            return _answer(decision, entry)
    if entry.decision is not None and entry.decision.order == command.id:
        return _answer(entry.decision, entry)
    raise Refused(_taken(entry))


def _taken(entry: UnknownTerm) -> str:
    it = entry.decision
    who = (
        f"{it.by} decided about {entry.spelling!r} on {it.at:%Y-%m-%d %H:%M} UTC" if it else "Somebody decided just now"
    )
    return f"{who}. Take that back first: `dambridge terms undo {entry.key.id}`."


async def _decision(ledger: TermLedger, entry: UnknownTerm, command: Command) -> TermDecision:
    verdict = Verdict(command.scope["verdict"])
    term, why = str(command.scope.get("term") or "").strip(), str(command.scope.get("why") or "").strip()
    if not command.actor.strip():
        raise Refused("A decision about a word needs the name of whoever decides: --by NAME.")
    match verdict:
        case Verdict.MAP:
            term = await _chosen(ledger, entry.key, term)
        case Verdict.ADD:
            term = term or entry.spelling
        case Verdict.DROP if not why:
            raise Refused("A word is left out for a reason only: --why TEXT. The reason goes on record.")
        case Verdict.DROP:
            term = ""
    return TermDecision(
        key=entry.key,
        verdict=verdict,
        term=term,
        why=why,
        by=command.actor,
        at=command.created_at,
        order=command.id,
    )


async def _chosen(ledger: TermLedger, key: TermKey, wanted: str) -> str:
    """The account's own spelling of the term that a person named."""
    vocabulary = await vocabulary_of(ledger, key.account, key.attribute)
    found = vocabulary.find(wanted)
    if found is not None:
        return found.label
    near = ", ".join(f"`{it.term.label}`" for it in vocabulary.propose(wanted, 3)) or "none"
    raise Refused(
        f"{key.attribute} of {key.account} has no term {wanted!r}. The closest: {near}. To have it made: "
        f"`dambridge terms add {key.id}`."
    )


async def vocabulary_of(ledger: TermLedger, account: AccountId, attribute: str) -> Vocabulary:
    """The terms that can be chosen there, as the account last showed them; where it has shown none, those imported."""
    stored = {it.origin: it for it in await ledger.vocabularies(account, attribute=attribute)}
    kept = tuple(Term.from_json(it) for it in stored[KEPT].terms) if KEPT in stored else ()
    if LIVE not in stored:
        return Vocabulary(attribute, kept)
    return joined(attribute, [str(it["label"]) for it in stored[LIVE].terms], kept)


async def _undo(ledger: WholeLedger, key: TermKey, entry: UnknownTerm | None, command: Command) -> Mapping[str, Any]:
    decision = entry.decision if entry is not None else None
    if decision is None:
        if any(it.entry.detail.get("undone_by") == command.id for it in await _trail(ledger, key)):
            return {"undone": True, "exit_code": 0}
        raise Refused(
            f"Nobody has decided about the word {key.word!r} in {key.attribute}; there is nothing to take back."
        )
    told = _told(decision, command, "term.undone")
    if not await ledger.undo_term(key, order=decision.order, audit=[told]):
        raise Refused(
            f"Somebody else has just decided anew about the word {key.word!r}. Look again: `dambridge terms show`."
        )
    return {"undone": True, "assets": entry.assets if entry else 0, "exit_code": 0}


async def _trail(ledger: WholeLedger, key: TermKey) -> list[Any]:
    found: list[Any] = []
    while page := await ledger.audit_trail(subject=key.id, after=found[-1].seq if found else 0, limit=1000):
        found += page
    return found


def _answer(decision: TermDecision, entry: UnknownTerm) -> Mapping[str, Any]:
    return {"decision": decision.to_json(), "assets": entry.assets, "waiting": entry.waiting, "exit_code": 0}


def _told(decision: TermDecision, command: Command, event: str) -> AuditEntry:
    key = decision.key
    by = {"undone_by": command.id} if event == "term.undone" else {}
    detail = {"account": key.account, "attribute": key.attribute, "word": key.word, **decision.to_json(), **by}
    return AuditEntry(at=command.created_at, actor=command.actor, event=event, subject=key.id, detail=detail)
