"""What every ledger must do for words: uses written with observations, the queue over them, decisions, vocabularies.

Subclass `TermsContract` and give it the fixtures `ledger` and `beside`: a second handle on the same store, as another
process would have it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.terms import KEPT, LIVE, StoredVocabulary, TermDecision, TermKey, TermUse, Verdict
from dambridge.ports.ledger import WorkStage
from dambridge.ports.terms import WholeLedger
from dambridge.testing.ledger_samples import AWKWARD, FLOW, HOUR, PLAN, SOURCE, T0, TARGET, action, entry, seen, settled

BOATS = "Boats"
OTHER = FlowName.ENRICH


def key(word: str = "skiff", attribute: str = BOATS, account: str = TARGET) -> TermKey:
    return TermKey(AccountId(account), attribute, word)


def use(word: str = "skiff", *spellings: str, under: str = "", waiting: bool = True, **more: Any) -> TermUse:
    return TermUse(key=key(word, **more), spellings=spellings or (word.title(),), under=under, waiting=waiting)


def decision(word: str = "skiff", *, order: str = "co1", verdict: Verdict = Verdict.MAP, **more: Any) -> TermDecision:
    values: dict[str, Any] = {"term": "Single scull", "why": AWKWARD, "by": "ana", "at": T0, **more}
    return TermDecision(key=key(word), verdict=verdict, order=order, **values)


def asset(number: int) -> AssetKey:
    return AssetKey(SOURCE, RemoteId(f"A{number}"))


class TermsContract(ABC):
    """The suite."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> WholeLedger:
        """An opened store in which nothing stands."""

    @abstractmethod
    @pytest.fixture
    def beside(self) -> WholeLedger:
        """Another handle on the store of `ledger`."""

    async def put(
        self, ledger: WholeLedger, number: int, words: Sequence[TermUse] | None, flow: FlowName = FLOW
    ) -> None:
        run = await ledger.open_run(flow, at=T0, command=None, plan=None)
        told = replace(seen(run=run), flow=flow, key=asset(number), words=None if words is None else tuple(words))
        await ledger.record_items(run, [], [told])

    # uses --------------------------------------------------------------------------------------------------------
    async def test_what_is_written_of_an_asset_takes_the_place_of_what_was(self, ledger: WholeLedger) -> None:
        await self.put(ledger, 1, [use("skiff"), use("quad")])
        await self.put(ledger, 2, [use("skiff")])
        await self.put(ledger, 1, [use("skiff", "SKIFF", AWKWARD, waiting=False, under="co7")])
        assert await ledger.term_uses(FLOW, [asset(1), asset(2), asset(3)]) == {
            asset(1): [use("skiff", "SKIFF", AWKWARD, waiting=False, under="co7")],
            asset(2): [use("skiff")],
        }
        await self.put(ledger, 1, [])
        assert set(await ledger.term_uses(FLOW, [asset(1), asset(2)])) == {asset(2)}

    async def test_an_observation_that_says_nothing_of_words_leaves_them(self, ledger: WholeLedger) -> None:
        await self.put(ledger, 1, [use()])
        await self.put(ledger, 1, None)
        assert await ledger.term_uses(FLOW, [asset(1)]) == {asset(1): [use()]}
        assert await ledger.term_uses(OTHER, [asset(1)]) == {}

    async def test_the_end_of_an_action_writes_words_too(self, ledger: WholeLedger) -> None:
        run = await ledger.open_run(FLOW, at=T0, command=None, plan=None)
        it = action(1)
        await ledger.put_actions(run, PLAN, "b1", [it])
        told = replace(seen(run=run), key=it.source, words=(use(),))
        await settled(ledger, run, it, observation=told, stage=WorkStage.LEFT)
        assert await ledger.term_uses(FLOW, [it.source]) == {it.source: [use()]}

    # the queue ---------------------------------------------------------------------------------------------------
    async def test_one_entry_per_account_attribute_and_word_with_right_counts(self, ledger: WholeLedger) -> None:
        for number in range(7):
            spelling = "Skiff" if number < 5 else "SKIFF"
            await self.put(ledger, number, [use("skiff", spelling), *([use("quad")] if number < 2 else [])])
        await self.put(ledger, 7, [use("skiff", attribute="Crew"), use("skiff", account="elsewhere")])
        await self.put(ledger, 8, [use("skiff", waiting=False, under="co1")])
        await self.put(ledger, 0, [use("skiff", "Skiff")], flow=OTHER)  # the same asset, seen by another flow
        await self.put(ledger, 1, [use("quad")])
        found = await ledger.unknown_terms()
        assert await ledger.count_unknown_terms() == len(found)
        assert [(it.key, it.waiting, it.assets) for it in found] == [
            (key("skiff"), 6, 7 + 0),
            (key("quad"), 2, 2),
            *sorted([(key("skiff", "Crew"), 1, 1), (key("skiff", account="elsewhere"), 1, 1)]),
        ]
        assert found[0].spellings == (("Skiff", 5), ("SKIFF", 2))
        assert found[0].spelling == "Skiff"
        assert [it.key for it in await ledger.unknown_terms(attribute="Crew")] == [key("skiff", "Crew")]
        assert [it.key for it in await ledger.unknown_terms(account=AccountId("elsewhere"))] == [
            key("skiff", account="elsewhere")
        ]
        one = await ledger.unknown_term(key("skiff"), samples=3)
        assert one is not None
        assert (one.waiting, one.assets, one.spellings) == (6, 7, found[0].spellings)
        assert len(one.samples) == 3
        assert all(flow in {FLOW, OTHER} for flow, _ in one.samples)
        assert await ledger.unknown_term(key("nobody"), samples=3) is None

    async def test_what_no_asset_waits_for_is_listed_only_when_asked_for(self, ledger: WholeLedger) -> None:
        await self.put(ledger, 1, [use("skiff", waiting=False, under="co1")])
        assert await ledger.decide_term(decision("skiff"))
        assert await ledger.decide_term(decision("gig", order="co2"))
        assert await ledger.unknown_terms() == []
        assert await ledger.count_unknown_terms() == 0
        found = {it.key.word: it for it in await ledger.unknown_terms(waiting_only=False)}
        assert {word: (it.assets, it.waiting, it.spelling) for word, it in found.items()} == {
            "skiff": (1, 0, "Skiff"),
            "gig": (0, 0, "gig"),
        }
        assert found["skiff"].decision == decision("skiff")

    async def test_tallies_tell_under_which_decision_assets_were_looked_at(self, ledger: WholeLedger) -> None:
        for number, under in enumerate(["", "", "co1", "co2"]):
            await self.put(ledger, number, [use("skiff", under=under, waiting=not under)])
        await self.put(ledger, 9, [use("skiff")], flow=OTHER)
        tallies = await ledger.term_tallies(FLOW, AccountId(TARGET))
        assert [(it.key.word, it.under, it.assets, it.waiting) for it in tallies] == [
            ("skiff", "", 2, 2),
            ("skiff", "co1", 1, 0),
            ("skiff", "co2", 1, 0),
        ]
        assert await ledger.assets_using(FLOW, tallies[:1]) == [asset(0), asset(1)]
        assert await ledger.assets_using(FLOW, tallies[1:]) == [asset(2), asset(3)]
        assert await ledger.assets_using(FLOW, []) == []
        assert await ledger.term_tallies(FLOW, AccountId("elsewhere")) == []

    # decisions ---------------------------------------------------------------------------------------------------
    async def test_one_decision_about_a_word_stands_and_the_second_is_refused(
        self, ledger: WholeLedger, beside: WholeLedger
    ) -> None:
        tried = [decision(order=f"co{number}") for number in range(6)]
        written = await asyncio.gather(
            *(handle.decide_term(it, [entry()]) for it, handle in zip(tried, [ledger, beside] * 3, strict=True))
        )
        assert written.count(True) == 1
        assert await beside.term_decision(key()) == tried[written.index(True)]
        assert len(await ledger.audit_trail(subject=None, after=0, limit=99)) == 1

    @pytest.mark.parametrize("verdict", list(Verdict))
    async def test_a_decision_is_remembered_as_it_was_made(self, ledger: WholeLedger, verdict: Verdict) -> None:
        made = decision("a b", verdict=verdict, term=AWKWARD, at=T0 + HOUR)
        assert await ledger.decide_term(made)
        assert await ledger.term_decisions(AccountId(TARGET)) == [made]
        assert await ledger.term_decisions(AccountId("elsewhere")) == []

    async def test_only_the_decision_that_was_seen_is_taken_back(
        self, ledger: WholeLedger, beside: WholeLedger
    ) -> None:
        assert await ledger.decide_term(decision())
        assert not await beside.undo_term(key(), order="another", audit=[entry()])
        assert not await beside.undo_term(key("gig"), order="co1", audit=[entry()])
        assert await ledger.term_decision(key()) is not None
        assert await ledger.audit_trail(subject=None, after=0, limit=9) == []
        assert await beside.undo_term(key(), order="co1", audit=[entry()])
        assert await ledger.term_decision(key()) is None
        assert len(await ledger.audit_trail(subject=None, after=0, limit=9)) == 1
        assert await ledger.decide_term(decision(order="co3"))

    # vocabularies ------------------------------------------------------------------------------------------------
    async def test_vocabularies_are_kept_by_account_attribute_and_origin(self, ledger: WholeLedger) -> None:
        def listed(attribute: str, origin: str, *labels: str) -> StoredVocabulary:
            terms = tuple({"id": it, "label": it} for it in labels)
            return StoredVocabulary(
                account=AccountId(TARGET), attribute=attribute, origin=origin, terms=terms, by="ana", at=T0
            )

        boats, seen_boats, crew = listed(BOATS, KEPT, "b", AWKWARD), listed(BOATS, LIVE, "a"), listed("Crew", LIVE)
        await ledger.put_vocabularies([boats, seen_boats, crew], [entry()])
        assert await ledger.vocabularies(AccountId(TARGET)) == [boats, seen_boats, crew]
        assert await ledger.vocabularies(AccountId(TARGET), origin=LIVE, attribute=BOATS) == [seen_boats]
        await ledger.put_vocabularies([listed(BOATS, LIVE, "z", "a")])
        assert await ledger.vocabularies(AccountId(TARGET), attribute=BOATS) == [boats, listed(BOATS, LIVE, "z", "a")]
        assert await ledger.vocabularies(AccountId("elsewhere")) == []
