"""Which outlets a master is meant for: what stands in a named folder, satisfies the expression and names the outlet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dambridge.expressions import ExpressionFault, Program, record_values
from dambridge.model.identity import AssetKey
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.records import AssetRecord
from dambridge.planning.outlets import words_in
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.policy.patterns import matches_any
from dambridge.ports.publishing import Publishing

Orders = Mapping[AssetKey, Mapping[str, OutletOrder]]
"""By master and the name of the outlet."""


def selects_folder(selection: Selection, path: str) -> bool:
    return matches_any(path, selection.folders) and not matches_any(path, selection.exclude)


def why_not(record: AssetRecord, policy: PublishPolicy, outlet: Outlet, program: Program | None, now: datetime) -> str:
    """Why the selection does not name this master for the outlet; empty where it does. Default deny."""
    selection = policy.selection
    if not any(selects_folder(selection, it.path) for it in record.containers):
        return "it stands in no selected folder"
    if program is not None:
        answer = program.evaluate(record_values(record, now))
        if isinstance(answer, ExpressionFault):
            return f"the expression could not be evaluated: {answer.why}"
        if answer is not True:
            return "it does not satisfy the expression"
    if selection.outlets is not None and outlet.name not in words_in(record.fields.get(selection.outlets)):
        return f"{selection.outlets} does not name it"
    return ""


async def orders_of(ledger: Publishing, policy: PublishPolicy, keys: Sequence[AssetKey]) -> Orders:
    """What people ordered of these masters; nobody is asked where no outlet lets anybody order."""
    ordered = any(it.orders for it in policy.outlets.values())
    return await ledger.outlet_orders(keys) if ordered else {}


def kit_of(record: AssetRecord, policy: PublishPolicy) -> str:
    return "" if policy.kit is None else next(iter(words_in(record.fields.get(policy.kit))), "")
