"""Vocabularies in and out of files, whoever brings them: what a file knows of terms is kept beside what the account shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dambridge.engine.orders.term_orders import vocabulary_of
from dambridge.mapping.vocabularies import Term, Vocabulary
from dambridge.model.identity import AccountId
from dambridge.model.terms import KEPT, LIVE, StoredVocabulary, TermKey, Verdict
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.terms import WholeLedger


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What came of it: terms of the file, and how many of them are terms there now (None: the account showed none yet)."""

    terms: int
    usable: int | None


async def bring_in(
    ledger: WholeLedger, clock: Clock, *, account: AccountId, attribute: str, terms: Sequence[Term], file: str, by: str
) -> BroughtIn:
    """Keep these terms in the place of what an earlier file said. Raises `Refused` for an attribute without a vocabulary."""
    await known_attribute(ledger, account, attribute)
    now = await clock.now()
    told = tuple(it.to_json() for it in terms)
    kept = StoredVocabulary(account=account, attribute=attribute, origin=KEPT, terms=told, by=by, at=now)
    detail = {"account": account, "attribute": attribute, "file": file, "terms": len(terms)}
    subject = TermKey(account, attribute, "").id
    entry = AuditEntry(at=now, actor=by, event="vocabulary.imported", subject=subject, detail=detail)
    await ledger.put_vocabularies([kept], [entry])
    live = await ledger.vocabularies(account, origin=LIVE, attribute=attribute)
    chosen = await vocabulary_of(ledger, account, attribute)
    ids = {it.id for it in terms}
    return BroughtIn(len(terms), sum(it.id in ids for it in chosen.terms) if live else None)


async def take_out(ledger: WholeLedger, *, account: AccountId, attribute: str) -> tuple[Term, ...]:
    """The terms that can be chosen, with the words that persons mapped to them as synonyms. Raises `Refused`."""
    vocabulary = await known_vocabulary(ledger, account, attribute)
    entries = await ledger.unknown_terms(account=account, attribute=attribute, waiting_only=False)
    mapped: dict[str, list[str]] = {}
    for it in entries:
        if it.decision is not None and it.decision.verdict is Verdict.MAP:
            mapped.setdefault(it.decision.term, []).append(it.spelling)
    return tuple(
        replace(it, synonyms=tuple(dict.fromkeys((*it.synonyms, *sorted(mapped.get(it.label, ()))))))
        for it in vocabulary.terms
    )


async def known_vocabulary(ledger: WholeLedger, account: AccountId, attribute: str) -> Vocabulary:
    """The vocabulary of this attribute. Raises `Refused` where nothing of it is known."""
    vocabulary = await vocabulary_of(ledger, account, attribute)
    if not vocabulary.terms:
        await known_attribute(ledger, account, attribute)
        raise Refused(f"No terms of {attribute} are known yet: they are seen with a run, or imported.")
    return vocabulary


async def known_attribute(ledger: WholeLedger, account: AccountId, attribute: str) -> None:
    """Raises `Refused` for an attribute that the account has no vocabulary for, as far as it has shown its vocabularies."""
    shown = await ledger.vocabularies(account, origin=LIVE)
    known = {it.attribute: Term(id=it.attribute, label=it.attribute) for it in shown}
    if known and attribute not in known:
        near = Vocabulary("attributes", tuple(known.values())).propose(attribute, 1)
        meant = f" Did you mean {near[0].term.label!r}?" if near else f" It has {', '.join(sorted(known))}."
        raise Refused(f"{account} has no attribute {attribute!r} with a vocabulary.{meant}")
