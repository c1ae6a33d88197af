"""Words on their way into a target: what they mean is read from the ledger, and assets are planned anew where that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from dambridge.engine.sites import Site
from dambridge.mapping import NO_ALIASES, Aliases, Definition
from dambridge.mapping.terms import place_in
from dambridge.mapping.vocabularies import Term
from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.terms import KEPT, LIVE, StoredVocabulary, TermKey, TermTally, TermUse
from dambridge.model.values import Fields
from dambridge.ports.clock import Clock
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.terms import TermLedger


class Remembering(Protocol):
    """Of the parts of a flow, what knowing of words needs."""

    @property
    def flow(self) -> FlowName: ...

    @property
    def ledger(self) -> TermLedger: ...

    @property
    def clock(self) -> Clock: ...


class Speaking(Remembering, Protocol):
    """The same of a flow with one target, in whose terms it says its values."""

    @property
    def target(self) -> Site: ...


async def know_terms(parts: Speaking, *, fresh: bool = False) -> None:
    """Read the target's vocabularies once per process, and what persons gave as meanings: with `fresh` anew."""
    await know_terms_of(parts.ledger, parts.target, fresh=fresh)


async def know_terms_of(ledger: TermLedger, site: Site, *, fresh: bool = False) -> None:
    """The same of any account."""
    if fresh or site.aliases is None:
        site.aliases = await read_aliases(ledger, site)
    await site.definitions()


async def read_aliases(ledger: TermLedger, site: Site) -> Aliases:
    """What persons decided and imported for this account, as it stands in the ledger."""
    decisions = await ledger.term_decisions(site.account)
    kept = await ledger.vocabularies(site.account, origin=KEPT)
    return Aliases.of(
        site.account, decisions, {it.attribute: tuple(Term.from_json(term) for term in it.terms) for it in kept}
    )


def in_target_terms(parts: Speaking, fields: Fields) -> Fields:
    """These values as they will stand in the target, as far as its terms are known; `know_terms` went before."""
    return parts.target.terms.say(fields, parts.target.map).fields


async def learn(parts: Speaking) -> None:
    """What a tranche is decided with: meanings as they are now, vocabularies as this process knows them. The latter are
    written down where they are others than before, for people to choose from."""
    await learn_of(parts, parts.target)


async def learn_of(parts: Remembering, site: Site) -> None:
    """The same of any account."""
    await know_terms_of(parts.ledger, site, fresh=True)
    known = {it.attribute: it.terms for it in await parts.ledger.vocabularies(site.account, origin=LIVE)}
    now = await parts.clock.now()
    changed = [
        StoredVocabulary(account=site.account, attribute=name, origin=LIVE, terms=listed, by="", at=now)
        for name, definition in (site.vocabularies or {}).items()
        if (listed := _listed(definition)) is not None and known.get(name) != listed
    ]
    if changed:
        await parts.ledger.put_vocabularies(changed)


def _listed(definition: Definition) -> tuple[dict[str, object], ...] | None:
    _, terms = definition
    return None if terms is None else tuple(Term(id=it, label=it).to_json() for it in dict.fromkeys(terms))


async def restated(parts: Speaking) -> Sequence[AssetKey]:
    """The assets of which a word means something else than when they were last looked at: a decision came, went or
    changed, or the account has the term by now. Nothing is read of the target unless some asset waits for a word."""
    return await restated_at(parts, parts.target)


async def restated_at(parts: Remembering, site: Site) -> Sequence[AssetKey]:
    """The same of any account."""
    tallies = await parts.ledger.term_tallies(parts.flow, site.account)
    if not tallies:
        return ()
    try:
        if any(it.waiting for it in tallies):
            await site.read_definitions_again()
        await know_terms_of(parts.ledger, site, fresh=True)
    except CannotGoOn:
        raise
    except NextMove:
        return ()  # the target does not answer now; what is to be planned anew is so with the next run too
    stale = [it for it in tallies if _means_another(site, it)]
    return await parts.ledger.assets_using(parts.flow, stale) if stale else ()


def _means_another(site: Site, tally: TermTally) -> bool:
    aliases = site.aliases or NO_ALIASES
    decision = aliases.decisions.get((tally.key.attribute, tally.key.word))
    if (decision.order if decision else "") != tally.under:
        return True
    return bool(tally.waiting) and _has_term(site, aliases, tally.key)


def _has_term(site: Site, aliases: Aliases, key: TermKey) -> bool:
    rule = next((it for it in site.map.rules if it.write and it.native == key.attribute), None)
    place = place_in(site.vocabularies, rule, aliases) if rule is not None else None
    if rule is None or place is None or place[1] is None:
        return False
    return aliases.meaning(rule, key.word, place[1]).term is not None


def news(uses: Iterable[TermUse], before: Sequence[TermUse]) -> tuple[TermUse, ...] | None:
    """The uses of an asset where they are others than those known of it."""
    found = tuple(uses)
    return None if list(found) == list(before) else found
