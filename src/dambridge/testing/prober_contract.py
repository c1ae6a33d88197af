"""What every prober keeps, whatever the account can do. A subclass gives an account that can be looked at from outside."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from dambridge.engine.probing import Examination, Probing, examine, mutations_of
from dambridge.model.identity import AccountId
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import CannotGoOn, Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Prober, Standing

_FACETS = frozenset({"route", "encoding", "reader", "archive", "audience", "attachments", "finder"})


class ProbedAccount(Protocol):
    """An account that holds a few assets, seen from outside."""

    secrets: Sequence[str]

    def prober(self) -> Prober:
        """A prober that remembers nothing, as in a process just begun."""
        ...

    def state(self) -> Any:
        """Everything that the account holds, comparable."""
        ...

    def changes(self) -> int:
        """How many calls have changed something so far."""
        ...

    def calls(self) -> int:
        """How many calls have been made so far."""
        ...

    def expose(self) -> None:
        """From now on everyone sees whatever is in the account."""
        ...

    def fail(self, *, after: int = 0) -> None:
        """From `after` more calls on every call is answered with an error of the server."""
        ...

    def recover(self) -> None:
        """No more errors."""
        ...


@dataclass
class Record:
    """A ledger and a clock, as far as an examination needs them."""

    entries: list[AuditEntry] = field(default_factory=list)

    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        self.entries += entries

    async def now(self) -> datetime:
        return datetime(2026, 11, 28, 12, tzinfo=UTC)


def probing_of(prober: Prober, record: Record | None = None, **more: Any) -> Probing:
    """What an examination of this prober works with."""
    record = record or Record()
    given: dict[str, Any] = {"ledger": record, "clock": record, "actor": "a test", **more}
    return Probing(account=AccountId("account"), prober=prober, **given)


class ProberContract(ABC):
    """The suite; `account` is a fresh one for each test."""

    @abstractmethod
    @pytest.fixture
    def account(self) -> ProbedAccount: ...

    def test_questions_are_told_apart_and_rest_on_earlier_ones(self, account: ProbedAccount) -> None:
        met: set[str] = set()
        for it in account.prober().questions():
            assert it.id not in met
            assert it.asks.endswith("?"), it
            assert it.reference, it
            assert set(it.needs) <= met, it
            met.add(it.id)
        assert len(met) >= 10

    def test_every_mutation_says_what_it_may_set_off(self, account: ProbedAccount) -> None:
        found = mutations_of(account.prober())
        assert found
        assert all(it.what and it.sets_off for it in found)
        assert any(it.cleaned_up for it in found)

    async def test_reading_changes_nothing(self, account: ProbedAccount) -> None:
        before, changes = account.state(), account.changes()
        found = await examine(probing_of(account.prober()), write=False)
        assert account.changes() == changes
        assert account.state() == before
        by_id = {it.id: it for it in account.prober().questions()}
        for it in found.findings.values():
            assert (it.standing is Standing.NOT_ASKED) >= bool(by_id[it.question].mutations)
        assert sum(it.standing is Standing.ANSWERED for it in found.findings.values()) >= 5

    async def test_nothing_is_written_without_a_scratch_container(self, account: ProbedAccount) -> None:
        changes, prober = account.changes(), account.prober()
        for it in prober.questions():
            if it.mutations:
                finding = await prober.ask(it, {}, lane=Lane.NORMAL)
                assert finding.standing is not Standing.ANSWERED
        assert account.changes() == changes

    async def test_a_whole_examination_answers_and_leaves_no_trace(self, account: ProbedAccount) -> None:
        before, changes = account.state(), account.changes()
        found = await examine(probing_of(account.prober()), write=True)
        assert not found.stopped
        assert found.left == []
        assert account.state() == before
        assert account.changes() > changes, "nothing was ever written, so nothing is proven by an equal state"
        asked = {it.id for it in account.prober().questions() if it.mutations}
        answered = [it for it in found.findings.values() if it.question in asked and it.standing is Standing.ANSWERED]
        assert len(answered) >= 5
        assert {it.standing for it in found.findings.values()} <= {Standing.ANSWERED, Standing.UNANSWERED}

    async def test_findings_are_plain_whole_and_without_secrets(self, account: ProbedAccount) -> None:
        found = await examine(probing_of(account.prober()), write=True)
        texts = json.dumps([_plain(it) for it in found.findings.values()], ensure_ascii=False)
        for secret in account.secrets:
            assert secret not in texts
        for it in found.findings.values():
            assert it.told.endswith((".", "?", "…")), it.told
            assert (it.value is not None) == (it.standing is Standing.ANSWERED), it
            assert all(cell.split(".")[0] in _FACETS and isinstance(proof, Proof) for cell, proof in it.cells.items())
            assert not it.cells or it.standing is Standing.ANSWERED
        assert any(it.evidence for it in found.findings.values())
        assert any(it.ask_vendor for it in found.findings.values())
        assert any(it.administrator for it in found.findings.values())

    async def test_asking_twice_finds_the_same(self, account: ProbedAccount) -> None:
        one = await examine(probing_of(account.prober()), write=False)
        other = await examine(probing_of(account.prober()), write=False)
        assert _positions(one) == _positions(other)

    async def test_cleaning_up_what_was_never_dirtied_changes_nothing(self, account: ProbedAccount) -> None:
        before, changes, prober = account.state(), account.changes(), account.prober()
        assert list(await prober.clean_up(lane=Lane.NORMAL)) == []
        assert list(await prober.clean_up(lane=Lane.NORMAL)) == []
        assert account.state() == before
        assert account.changes() == changes

    @pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
    async def test_what_a_killed_probe_left_the_next_one_cleans(self, account: ProbedAccount, share: float) -> None:
        before, begun = account.state(), account.calls()
        await examine(probing_of(account.prober()), write=True)
        whole = account.calls() - begun
        with pytest.raises(_Killed):
            await _killed_after(account, int(whole * share))
        if share > 0.3:
            assert account.state() != before, "it was killed before it made anything, which proves nothing"
        assert list(await account.prober().clean_up(lane=Lane.NORMAL)) == []
        assert account.state() == before

    async def test_a_container_that_everyone_sees_is_not_used(self, account: ProbedAccount) -> None:
        account.expose()
        before, prober = account.state(), account.prober()
        with pytest.raises(Refused):
            await prober.open_scratch(lane=Lane.NORMAL)
        changes = account.changes()
        for it in prober.questions():
            if it.mutations:
                finding = await prober.ask(it, {}, lane=Lane.NORMAL)
                assert finding.standing is Standing.UNANSWERED
        assert account.changes() == changes, "what was not seen to be private was written in"
        assert list(await prober.clean_up(lane=Lane.NORMAL)) == []
        assert account.state() == before
        found = await examine(probing_of(account.prober()), write=True)
        by_id = {it.id: it for it in account.prober().questions()}
        assert all(it.standing is Standing.NOT_ASKED for it in found.findings.values() if by_id[it.question].mutations)
        assert account.state() == before

    async def test_an_account_out_of_order_raises_nothing(self, account: ProbedAccount) -> None:
        prober = account.prober()
        account.fail()
        for it in prober.questions():
            try:
                finding = await prober.ask(it, {}, lane=Lane.NORMAL)
            except CannotGoOn:
                continue
            assert finding.standing is Standing.UNANSWERED
            assert finding.told

    async def test_an_account_that_fails_midway_is_cleaned_up_once_it_is_back(self, account: ProbedAccount) -> None:
        before = account.state()
        account.fail(after=60)
        found = await examine(probing_of(account.prober(), patience=timedelta(seconds=20)), write=True)
        assert found.left, "what could not be cleaned up is said"
        account.recover()
        assert list(await account.prober().clean_up(lane=Lane.NORMAL)) == []
        assert account.state() == before


class _Killed(Exception):
    """The process is gone."""


async def _killed_after(account: ProbedAccount, calls: int) -> None:
    """Examine until so many calls were made, and let nothing of this process work after that."""
    prober, last = account.prober(), account.calls() + calls
    task = asyncio.ensure_future(_through(prober))
    try:
        while not task.done():
            await asyncio.sleep(0)
            if account.calls() >= last:
                task.cancel()
                break
        await asyncio.gather(task, return_exceptions=True)
    finally:
        task.cancel()
    raise _Killed


async def _through(prober: Prober) -> None:
    """Every question in turn, without what the engine does at the end."""
    await prober.open_scratch(lane=Lane.NORMAL)
    found: dict[str, Finding] = {}
    for it in prober.questions():
        found[it.id] = await prober.ask(it, found, lane=Lane.NORMAL)


def _positions(found: Examination) -> dict[str, Any]:
    return {it.question: it.value for it in found.findings.values()}


def _plain(it: Finding) -> Any:
    """The finding as JSON; fails for what is none."""
    return json.loads(
        json.dumps(
            {
                "value": it.value,
                "told": it.told,
                "evidence": it.evidence,
                "cells": {name: str(proof) for name, proof in it.cells.items()},
                "suggests": dict(it.suggests),
                "warning": it.warning,
                "ask_vendor": it.ask_vendor,
                "administrator": it.administrator,
            }
        )
    )
