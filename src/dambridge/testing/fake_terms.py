"""Words in memory: the `TermLedger` port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dambridge.model.identity import AccountId, AssetKey, FlowName
from dambridge.model.terms import StoredVocabulary, TermDecision, TermKey, TermTally, TermUse, UnknownTerm
from dambridge.ports.ledger import AuditEntry, Observation
from dambridge.testing.fake_agreeing import MemoryAgreeing

_Use = tuple[FlowName, AssetKey, TermUse]


class MemoryTerms(MemoryAgreeing):
    """Implements `ports.terms.TermLedger`."""

    def _put_uses(self, seen: Sequence[Observation]) -> None:
        for it in seen:
            if it.words:
                self.memory.words[it.flow, it.key] = tuple(sorted(it.words, key=lambda use: use.key))
            elif it.words is not None:
                self.memory.words.pop((it.flow, it.key), None)

    def _uses(self) -> Iterator[_Use]:
        for (flow, asset), uses in sorted(self.memory.words.items()):
            yield from ((flow, asset, it) for it in uses)

    # the queue ---------------------------------------------------------------------------------------------------
    async def unknown_terms(
        self, *, account: AccountId | None = None, attribute: str | None = None, waiting_only: bool = True
    ) -> Sequence[UnknownTerm]:
        keys = {use.key for _, _, use in self._uses()}
        if not waiting_only:
            keys |= self.memory.decisions.keys()
        wanted = [it for it in keys if account in {None, it.account} and attribute in {None, it.attribute}]
        found = [it for key in wanted if (it := self._entry(key, samples=0)) is not None]
        return sorted((it for it in found if it.waiting or not waiting_only), key=lambda it: (-it.waiting, it.key))

    async def count_unknown_terms(self) -> int:
        return len(await self.unknown_terms())

    async def unknown_term(self, key: TermKey, *, samples: int) -> UnknownTerm | None:
        return self._entry(key, samples)

    def _entry(self, key: TermKey, samples: int) -> UnknownTerm | None:
        uses = [(flow, asset, use) for flow, asset, use in self._uses() if use.key == key]
        decision = self.memory.decisions.get(key)
        if not uses and decision is None:
            return None
        spelt: dict[str, set[AssetKey]] = {}
        for _, asset, use in uses:
            for text in use.spellings:
                spelt.setdefault(text, set()).add(asset)
        order = sorted(uses, key=lambda it: (not it[2].waiting, it[1], it[0]))
        return UnknownTerm(
            key=key,
            assets=len({asset for _, asset, _ in uses}),
            waiting=len({asset for _, asset, use in uses if use.waiting}),
            spellings=tuple(sorted(((it, len(by)) for it, by in spelt.items()), key=lambda it: (-it[1], it[0]))),
            samples=tuple((flow, asset) for flow, asset, _ in order[:samples]),
            decision=decision,
        )

    async def term_tallies(self, flow: FlowName, account: AccountId) -> Sequence[TermTally]:
        uses = [it for of, _, it in self._uses() if of == flow and it.key.account == account]
        counts = Counter((it.key, it.under) for it in uses)
        waiting = Counter((it.key, it.under) for it in uses if it.waiting)
        return [
            TermTally(key=key, under=under, assets=counts[key, under], waiting=waiting[key, under])
            for key, under in sorted(counts)
        ]

    async def assets_using(self, flow: FlowName, tallies: Sequence[TermTally]) -> Sequence[AssetKey]:
        wanted = {(it.key, it.under) for it in tallies}
        return sorted({asset for of, asset, it in self._uses() if of == flow and (it.key, it.under) in wanted})

    async def term_uses(self, flow: FlowName, assets: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[TermUse]]:
        words = self.memory.words
        return {it: list(words[flow, it]) for it in assets if (flow, it) in words}

    # decisions ---------------------------------------------------------------------------------------------------
    async def term_decisions(self, account: AccountId) -> Sequence[TermDecision]:
        return [it for key, it in sorted(self.memory.decisions.items()) if key.account == account]

    async def term_decision(self, key: TermKey) -> TermDecision | None:
        return self.memory.decisions.get(key)

    async def decide_term(self, decision: TermDecision, audit: Sequence[AuditEntry] = ()) -> bool:
        if decision.key in self.memory.decisions:
            return False
        self.memory.decisions[decision.key] = decision
        self.memory.tell(audit)
        return True

    async def undo_term(self, key: TermKey, *, order: str, audit: Sequence[AuditEntry] = ()) -> bool:
        known = self.memory.decisions.get(key)
        if known is None or known.order != order:
            return False
        del self.memory.decisions[key]
        self.memory.tell(audit)
        return True

    # vocabularies ------------------------------------------------------------------------------------------------
    async def vocabularies(
        self, account: AccountId, *, origin: str | None = None, attribute: str | None = None
    ) -> Sequence[StoredVocabulary]:
        known = [it for _, it in sorted(self.memory.vocabularies.items()) if it.account == account]
        return [it for it in known if origin in {None, it.origin} and attribute in {None, it.attribute}]

    async def put_vocabularies(
        self, vocabularies: Sequence[StoredVocabulary], audit: Sequence[AuditEntry] = ()
    ) -> None:
        self.memory.vocabularies |= {(it.account, it.attribute, it.origin): it for it in vocabularies}
        self.memory.tell(audit)
