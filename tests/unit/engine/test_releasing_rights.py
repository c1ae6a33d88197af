"""A named person lets a refused word on rights stand, with a reason and on record, and takes it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dambridge.engine.orders.releasing_rights import release_rights
from dambridge.model.accords import Accord, GroupName
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.conflicts import Conflict, ConflictState, Side
from dambridge.model.identity import CommandId, Copy, FlowName, Link, LinkId, RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import DateValue, FieldName, Fields
from dambridge.policy.mirror import Authority, FieldGroup, Rule
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.testing.agreeing_contract import HERE, THERE, make_links
from dambridge.testing.fake_ledger import MemoryLedger
from dambridge.testing.ledger_samples import T0
from support.mirror import policy_of

END, MARK = FieldName("expires_at"), FieldName("embargo_until")
OWNER, OTHER = THERE, HERE
GROUP = FieldGroup(
    name=GroupName("rights"),
    fields=frozenset({END, MARK}),
    authority=Authority(Rule.MOST_RESTRICTIVE),
    owner=OWNER.account,
)
POLICY = policy_of(GROUP)
AGREED: Fields = {END: DateValue("2028-01-01"), MARK: DateValue("2026-06-01")}
REFUSED: Fields = {END: DateValue("2030-01-01"), MARK: DateValue("2026-01-01")}
LINK = LinkId("ln1")


async def store(*, state: ConflictState = ConflictState.MOOT) -> MemoryLedger:
    ledger = MemoryLedger()
    run = await ledger.open_run(FlowName.RIGHTS, at=T0, command=None, plan=None)
    copies = (Copy(OWNER, RemoteId("7")), Copy(OTHER, RemoteId("I7")))
    await make_links(ledger, run, [Link(LINK, FlowName.RIGHTS, copies)])
    await ledger.put_accords([Accord(link=LINK, group=GROUP.name, fields=AGREED, origin=None, since=T0)])
    side = Side(copy=OTHER, fields=REFUSED, version=None, until=T0)
    entry = Conflict(
        link=LINK,
        group=GROUP.name,
        flow=FlowName.RIGHTS,
        base=AGREED,
        sides=(side,),
        kept=(side,),
        reason=Reason.of(Code.LOOSENING_REFUSED, fields=("expires_at",), copies=(str(OTHER),), owner="x"),
        opened_at=T0,
        state=state,
    )
    await ledger.put_conflicts([entry])
    return ledger


def order(number: int = 1, actor: str = "Ada", **scope: Any) -> Command:
    return Command(
        id=CommandId(f"co{number}"),
        kind=CommandKind.RELEASE_RIGHTS,
        actor=actor,
        via="cli",
        scope={"asset": LINK, "why": "The agency sent a new contract.", **scope},
        idempotency_key=f"ik{number}",
        state=CommandState.RUNNING,
        created_at=T0 + timedelta(hours=number),
    )


async def agreed(ledger: MemoryLedger) -> Accord:
    return (await ledger.accords([LINK]))[LINK][GROUP.name]


async def released(ledger: MemoryLedger) -> list[AuditEntry]:
    trail = await ledger.audit_trail(subject=LINK, after=0, limit=99)
    return [it.entry for it in trail if it.entry.event == "rights.released"]


async def test_what_was_refused_stands_under_the_persons_name_and_is_brought_by_the_next_round() -> None:
    ledger = await store()
    await release_rights(ledger, POLICY, order(asset=f"{OTHER.account}:I7"))
    now = await agreed(ledger)
    assert (now.fields, now.by) == (REFUSED, "Ada")
    (entry,) = await released(ledger)
    assert (entry.actor, entry.event) == ("Ada", "rights.released")
    assert entry.detail["why"] == "The agency sent a new contract."
    assert await ledger.count_due(f"hint:{POLICY.flow}") == 1


async def test_single_fields_can_be_released_and_the_rest_stays_strict() -> None:
    ledger = await store()
    await release_rights(ledger, POLICY, order(fields=["expires_at"]))
    assert (await agreed(ledger)).fields == {**AGREED, END: REFUSED[END]}


async def test_a_release_is_taken_back_once_and_only_while_it_stands() -> None:
    ledger = await store()
    with pytest.raises(Refused, match="nothing to undo"):
        await release_rights(ledger, POLICY, order(2, undo=True))
    await release_rights(ledger, POLICY, order(3))
    await release_rights(ledger, POLICY, order(4, actor="Bo", undo=True))
    assert (await agreed(ledger)).fields == AGREED
    with pytest.raises(Refused, match="nothing to undo"):
        await release_rights(ledger, POLICY, order(5, undo=True))
    await release_rights(ledger, POLICY, order(6))
    moved = replace(await agreed(ledger), fields={END: DateValue("2026-12-01")})
    await ledger.put_accords([moved])
    with pytest.raises(Refused, match="edited since"):
        await release_rights(ledger, POLICY, order(7, undo=True))


async def test_the_same_order_twice_has_the_effect_of_one() -> None:
    ledger = await store()
    first = await release_rights(ledger, POLICY, order())
    assert await release_rights(ledger, POLICY, order()) == first
    assert len(await released(ledger)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"why": " "}, "for a reason only"),
        ({"actor": ""}, "named person"),
        ({"asset": "nowhere:1"}, "Nothing is known"),
        ({"asset": "I7"}, "Nothing is known"),
    ],
)
async def test_a_release_needs_a_name_a_reason_and_an_asset(change: dict[str, Any], said: str) -> None:
    ledger = await store()
    with pytest.raises(Refused, match=said):
        await release_rights(ledger, POLICY, order(**change))
    assert (await agreed(ledger)).fields == AGREED


async def test_what_a_person_has_yet_to_rule_about_is_not_released_beside_it() -> None:
    ledger = await store(state=ConflictState.OPEN)
    with pytest.raises(Refused, match="conflicts settle"):
        await release_rights(ledger, POLICY, order())


async def test_nothing_is_released_where_nothing_was_refused() -> None:
    ledger = await store()
    await release_rights(ledger, POLICY, order())
    with pytest.raises(Refused, match="Nothing that was refused is left"):
        await release_rights(ledger, POLICY, order(2))
    with pytest.raises(Refused, match="not configured"):
        await release_rights(ledger, None, order(3))
