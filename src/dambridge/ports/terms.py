"""The ledger of words: the vocabularies of accounts, which assets use words that these do not know, and what was decided.

Uses are written with the observation of the asset (`ports.ledger.Observation.words`). Every method that writes is one
transaction and returns after it is durable. The ledger of `ports.ledger` offers this too: both are one store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dambridge.model.identity import AccountId, AssetKey, FlowName
from dambridge.model.terms import StoredVocabulary, TermDecision, TermKey, TermTally, TermUse, UnknownTerm
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.searching import SavedSearches, SearchNews


class TermLedger(Protocol):
    """What mapping, deciding and the command line need of the store about words."""

    # the queue ---------------------------------------------------------------------------------------------------
    async def unknown_terms(
        self, *, account: AccountId | None = None, attribute: str | None = None, waiting_only: bool = True
    ) -> Sequence[UnknownTerm]:
        """Entries without samples: those most assets wait for first, then by key. With `waiting_only` those that some
        asset waits for; else also those that are decided and carried, and decisions that no asset uses any more."""
        ...

    async def count_unknown_terms(self) -> int:
        """How many entries some asset waits for."""
        ...

    async def unknown_term(self, key: TermKey, *, samples: int) -> UnknownTerm | None:
        """One entry with some of the assets that use it, those that wait first."""
        ...

    async def term_tallies(self, flow: FlowName, account: AccountId) -> Sequence[TermTally]:
        """For each word of the account and each decision that the flow's assets were last looked at under: how many use it."""
        ...

    async def assets_using(self, flow: FlowName, tallies: Sequence[TermTally]) -> Sequence[AssetKey]:
        """The source assets of this flow that make these tallies up, each once, by account and id."""
        ...

    async def term_uses(self, flow: FlowName, assets: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[TermUse]]:
        """What is written down of these assets, by word; those of which nothing is are not in the answer."""
        ...

    # decisions ---------------------------------------------------------------------------------------------------
    async def term_decisions(self, account: AccountId) -> Sequence[TermDecision]: ...

    async def term_decision(self, key: TermKey) -> TermDecision | None: ...

    async def decide_term(self, decision: TermDecision, audit: Sequence[AuditEntry] = ()) -> bool:
        """Write it, with what the audit trail says; False, and nothing is written, where one about this word stands."""
        ...

    async def undo_term(self, key: TermKey, *, order: str, audit: Sequence[AuditEntry] = ()) -> bool:
        """Forget the decision that `order` brought; False, and nothing is written, where it does not stand."""
        ...

    # vocabularies ------------------------------------------------------------------------------------------------
    async def vocabularies(
        self, account: AccountId, *, origin: str | None = None, attribute: str | None = None
    ) -> Sequence[StoredVocabulary]:
        """What is kept for the account, by attribute and origin."""
        ...

    async def put_vocabularies(
        self, vocabularies: Sequence[StoredVocabulary], audit: Sequence[AuditEntry] = ()
    ) -> None:
        """Write them in the place of those of the same account, attribute and origin."""
        ...


class WorkingLedger(AgreeingLedger, TermLedger, Protocol):
    """What flows work with: everything agreed on, and the words of vocabularies."""


class WholeLedger(WorkingLedger, SearchNews, SavedSearches, Protocol):
    """The whole store."""
