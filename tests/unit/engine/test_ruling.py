"""Orders about the inbox, on a ledger: who wins, what is told, what a second execution does, what stands in the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.orders import ruling as ruling_module
from dambridge.engine.orders.ruling import rule
from dambridge.model.commands import Command, CommandKind
from dambridge.model.conflicts import Conflict, ConflictState, Ruling, Side
from dambridge.model.identity import CommandId
from dambridge.model.reasons import Code, Reason
from dambridge.ports.errors import MovedOn, NextMove, Refused
from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.agreeing_contract import HERE, THERE, accord, conflict, titled
from dambridge.testing.ledger_samples import HOUR, T0, order

LATER = T0 + HOUR


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def ledger(store: str) -> AsyncIterator[SqlLedger]:
    ledger = open_ledger(store)
    yield ledger
    await ledger.close()


def asked(kind: CommandKind, entry: Conflict, name: str = "co1", by: str = "ana", **scope: Any) -> Command:
    given = {"conflict": entry.id, **scope}
    return replace(order(name), id=CommandId(name), kind=kind, actor=by, scope=given, created_at=LATER)


def settle(entry: Conflict, name: str = "co1", by: str = "ana", **scope: Any) -> Command:
    return asked(CommandKind.SETTLE, entry, name, by, **scope)


def undo(entry: Conflict, name: str = "co9", by: str = "ben") -> Command:
    return asked(CommandKind.UNDO, entry, name, by)


async def inbox(ledger: SqlLedger, *entries: Conflict) -> list[Conflict]:
    return list(await ledger.put_conflicts(entries or [conflict()]))


async def now(ledger: SqlLedger, entry: Conflict) -> Conflict:
    found = await ledger.conflict(entry.id)
    assert found is not None
    return found


async def events(ledger: SqlLedger, entry: Conflict) -> list[tuple[str, str]]:
    return [(it.entry.event, it.entry.actor) for it in await ledger.audit_trail(subject=entry.link, after=0, limit=99)]


async def carried_out(ledger: SqlLedger, entry: Conflict) -> Conflict:
    """The ruling as the engine's next round carries it out."""
    entry = await now(ledger, entry)
    assert entry.ruling is not None
    lost = tuple(it for it in entry.sides if it.fields != entry.ruling.fields)
    (written,) = await ledger.put_conflicts([replace(entry, state=ConflictState.SETTLED, kept=lost)])
    return written


@pytest.mark.hazard("P46")
async def test_a_ruling_stands_in_the_inbox_and_in_the_audit_under_the_persons_name(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    result = await rule(ledger, settle(entry, side="archive"))
    assert (result["exit_code"], result["ruled"], result["left"]) == (0, 1, [])
    known = await now(ledger, entry)
    assert known == Conflict.from_json(result["conflict"])
    assert (known.state, known.sides) == (ConflictState.RULED, entry.sides)
    assert known.ruling == Ruling(by="ana", at=LATER, fields=titled("there"), side=THERE)
    (told,) = [it.entry for it in await ledger.audit_trail(subject=entry.link, after=0, limit=9)]
    assert (told.actor, told.event, told.at, told.detail["order"]) == ("ana", "conflict.ruled", LATER, "co1")
    assert told.detail["to"] == {"title": "there"}
    assert [it["fields"] for it in told.detail["sides"]] == [it.to_json()["fields"] for it in entry.sides]


async def test_an_order_carried_out_twice_has_the_effect_of_one(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    command = settle(entry, side="archive", revision=entry.revision)
    assert await rule(ledger, command) == await rule(ledger, command)
    settled = await carried_out(ledger, entry)
    assert (await rule(ledger, command))["exit_code"] == 0
    assert await now(ledger, entry) == settled
    back = undo(entry)
    first = await rule(ledger, back)
    await ledger.put_conflicts([replace(await now(ledger, entry), state=ConflictState.OPEN, ruling=None)])
    await rule(ledger, back)
    assert first["conflict"]["state"] == "ruled"
    assert (await now(ledger, entry)).state is ConflictState.OPEN
    assert await events(ledger, entry) == [("conflict.ruled", "ana"), ("conflict.undone", "ben")]


async def test_another_word_of_the_same_person_in_the_same_instant_is_another_order(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    await rule(ledger, settle(entry, side="archive"))
    with pytest.raises(Refused, match="ana ruled"):
        await rule(ledger, settle(entry, "co2", side="agency"))
    await rule(ledger, undo(entry, "co3", "ana"))
    assert (await now(ledger, entry)).state is ConflictState.OPEN
    await rule(ledger, settle(entry, "co4", side="agency"))
    assert (await now(ledger, entry)).ruling == Ruling(by="ana", at=LATER, fields=entry.sides[0].fields, side=HERE)


@pytest.mark.hazard("P46")
async def test_of_two_persons_who_settle_one_entry_at_once_one_wins_and_the_other_is_told(
    ledger: SqlLedger, store: str
) -> None:
    beside = open_ledger(store)
    entries = await inbox(ledger, *(conflict(f"ln{n}") for n in range(12)))

    async def give(where: SqlLedger, entry: Conflict, by: str, side: str) -> Mapping[str, Any] | NextMove:
        try:
            return await rule(where, settle(entry, f"co{by}", by, side=side, revision=entry.revision))
        except NextMove as error:
            return error

    for entry in entries:
        ends = await asyncio.gather(give(ledger, entry, "ana", "agency"), give(beside, entry, "ben", "archive"))
        (won,) = [it for it in ends if not isinstance(it, NextMove)]
        (told,) = [it for it in ends if isinstance(it, NextMove)]
        known = await now(ledger, entry)
        assert known.ruling is not None
        assert won["conflict"] == known.to_json()
        assert isinstance(told, Refused)
        assert f"{known.ruling.by} ruled about the conflict {entry.id} on 2026-11-24 10:30 UTC" in str(told)
        assert await events(ledger, entry) == [("conflict.ruled", known.ruling.by)]
    await beside.close()


async def test_nobody_rules_about_values_that_they_have_not_seen(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    (changed,) = await ledger.put_conflicts([replace(entry, sides=entry.sides[::-1])])
    with pytest.raises(Refused, match="has changed since you looked"):
        await rule(ledger, settle(entry, side="archive", revision=entry.revision))
    assert (await now(ledger, entry)).state is ConflictState.OPEN
    await rule(ledger, settle(entry, side="archive", revision=changed.revision))


async def test_what_cannot_be_settled_is_refused_in_words(ledger: SqlLedger) -> None:
    entry, moot = await inbox(ledger, conflict(), conflict("ln2", state=ConflictState.MOOT))
    for command, said in (
        (settle(conflict("none"), side="agency"), "There is no conflict"),
        (settle(moot, side="agency"), "ended by itself"),
        (settle(entry, side="nobody"), "no side nobody"),
        (undo(entry), "Nobody has ruled"),
        (undo(moot), "Nobody has ruled"),
    ):
        with pytest.raises(Refused, match=said):
            await rule(ledger, command)
    assert await events(ledger, entry) == []


# all like it ---------------------------------------------------------------------------------------------------------
async def test_all_like_it_are_settled_each_with_its_own_value_of_that_side(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruling_module, "PAGE", 7)
    sides = [
        (Side(copy=HERE, fields=titled(f"a{n}"), version=None), Side(copy=THERE, fields=titled(f"b{n}"), version=None))
        for n in range(30)
    ]
    like = await inbox(ledger, *(conflict(f"ln{n:02d}", sides=it, age=n % 3) for n, it in enumerate(sides)))
    (other,) = await inbox(ledger, conflict("ln90", "rights"))
    command = settle(like[4], side="archive", all_like=True)
    result = await rule(ledger, command)
    assert (result["ruled"], result["left"], result["exit_code"]) == (30, [], 0)
    for n, entry in enumerate(like):
        known = await now(ledger, entry)
        assert known.ruling is not None
        assert (known.state, known.ruling.fields) == (ConflictState.RULED, titled(f"b{n}"))
    assert (await now(ledger, other)).state is ConflictState.OPEN
    assert await rule(ledger, command) == result
    assert await ledger.count_conflicts() == {ConflictState.RULED: 30, ConflictState.OPEN: 1}
    assert len(await ledger.audit_trail(subject=None, after=0, limit=99)) == 30


async def test_a_value_goes_only_where_the_very_same_values_contend(ledger: SqlLedger) -> None:
    other_sides = (conflict().sides[0], replace(conflict().sides[1], fields=titled("else")))
    first, same, other = await inbox(ledger, conflict("ln1"), conflict("ln2"), conflict("ln3", sides=other_sides))
    result = await rule(ledger, settle(first, texts={"title": "mine"}, all_like=True))
    assert result["ruled"] == 2
    ruled = (await now(ledger, same)).ruling
    assert ruled is not None
    assert ruled.fields == titled("mine")
    assert (await now(ledger, other)).state is ConflictState.OPEN


async def test_an_entry_like_it_that_somebody_changes_meanwhile_is_left_and_named(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await inbox(ledger, conflict("ln1"), conflict("ln2"))
    put = ledger.put_conflicts

    async def quicker(entries: Any, audit: Any = ()) -> Any:
        if entries[0].id == second.id:
            raise MovedOn("somebody else")
        return await put(entries, audit)

    monkeypatch.setattr(ledger, "put_conflicts", quicker)
    result = await rule(ledger, settle(first, side="agency", all_like=True))
    assert (result["ruled"], [it["conflict"] for it in result["left"]], result["exit_code"]) == (1, [second.id], 3)


# taking back ---------------------------------------------------------------------------------------------------------
async def test_a_ruling_not_yet_carried_out_is_taken_back_as_if_it_had_not_been(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    await rule(ledger, settle(entry, side="archive"))
    await rule(ledger, undo(entry))
    assert await now(ledger, entry) == entry
    assert await events(ledger, entry) == [("conflict.ruled", "ana"), ("conflict.released", "ben")]


@pytest.mark.hazard("P46")
async def test_a_ruling_carried_out_is_turned_round_and_every_copy_gets_its_own_back(ledger: SqlLedger) -> None:
    (entry,) = await inbox(ledger)
    await ledger.put_accords([accord(entry.link)])
    await rule(ledger, settle(entry, texts={"title": "mine"}))
    await carried_out(ledger, entry)
    await rule(ledger, undo(entry))
    known = await now(ledger, entry)
    own = {it.copy: it.fields for it in entry.sides}
    assert known.ruling == Ruling(by="ben", at=LATER, fields={}, restore=own)  # type: ignore[arg-type]
    assert known.state is ConflictState.RULED
    assert [(it.fields, it.who) for it in known.kept][-1] == (titled("mine"), "ana")
    with pytest.raises(Refused, match="being taken back already, by ben"):
        await rule(ledger, undo(entry, "co10", "cyd"))
    with pytest.raises(Refused, match="ben ruled"):
        await rule(ledger, settle(entry, "co11", side="agency"))


async def test_what_has_been_followed_by_another_conflict_or_an_absence_is_not_taken_back(ledger: SqlLedger) -> None:
    gone = conflict("ln2", "presence", base=titled("x"), reason=Reason.of(Code.COPY_GONE, copy="x"))
    first, second = await inbox(ledger, conflict(), gone)
    await rule(ledger, settle(first, side="archive"))
    await rule(ledger, settle(second, "co2", texts={"title": "let_go"}))
    for entry in (first, second):
        await carried_out(ledger, entry)
    (newer,) = await inbox(ledger, conflict(serial=2))
    with pytest.raises(Refused, match=f"later conflict about the same has come: {newer.id}"):
        await rule(ledger, undo(first))
    with pytest.raises(Refused, match="bring the copy back"):
        await rule(ledger, undo(second))
