"""Which outlets a master is meant for: what stands in a named folder, satisfies the expression and names the outlet."""

from __future__ import annotations

from datetime import datetime

from dambridge.expressions import ExpressionFault, Program, record_values
from dambridge.model.records import AssetRecord
from dambridge.model.values import LangAlt, Value
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.policy.patterns import matches_any

_APPROVED = "approved"


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
    if selection.outlets is not None and outlet.name not in _words(record.fields.get(selection.outlets)):
        return f"{selection.outlets} does not name it"
    return ""


def status_of(record: AssetRecord, policy: PublishPolicy) -> str:
    """The lifecycle word; being selected is being approved where no field holds one."""
    if policy.status is None:
        return _APPROVED
    return next(iter(_words(record.fields.get(policy.status))), "").casefold()


def kit_of(record: AssetRecord, policy: PublishPolicy) -> str:
    return "" if policy.kit is None else next(iter(_words(record.fields.get(policy.kit))), "")


def _words(value: Value | None) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case tuple():
            return tuple(it.strip() for it in value if it.strip())
        case LangAlt():
            return (value.default.strip(),)
    return (str(value).strip(),) if str(value).strip() else ()
