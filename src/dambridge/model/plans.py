"""The plan file: JSON Lines, a header, sorted entries, a SHA-256 at the end. What it says is exactly what `apply` runs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from dambridge.model.actions import Action, Leave, words_from_json
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AssetKey, FlowName, PlanId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetVersion

FORMAT = 1
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class PlanDamaged(ValueError):
    """The file is not a plan that dambridge wrote; the text says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What carrying the plan out will take: calls per account, bytes moved, seconds at the allowed pace, store growth."""

    calls: Mapping[str, int]
    bytes: int
    seconds: float
    store_bytes: int

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": dict(sorted(self.calls.items())),
            "bytes": self.bytes,
            "seconds": self.seconds,
            "store_bytes": self.store_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHeader:
    """What the plan rests on. `apply` refuses when a hash differs, the plan has expired or anything it expects moved."""

    flow: FlowName
    made_at: datetime
    expires_at: datetime
    policy: str
    configuration: str
    capabilities: str
    counts: Mapping[str, int]
    forecast: Forecast
    tripped: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "plan": FORMAT,
            "flow": str(self.flow),
            "made_at": self.made_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "policy": self.policy,
            "configuration": self.configuration,
            "capabilities": self.capabilities,
            "counts": dict(sorted(self.counts.items())),
            "forecast": self.forecast.to_json(),
            "tripped": [it.to_json() for it in self.tripped],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlanHeader:
        forecast = data["forecast"]
        return cls(
            flow=FlowName(data["flow"]),
            made_at=datetime.fromisoformat(data["made_at"]),
            expires_at=datetime.fromisoformat(data["expires_at"]),
            policy=data["policy"],
            configuration=data["configuration"],
            capabilities=data["capabilities"],
            counts=data["counts"],
            forecast=Forecast(
                calls=forecast["calls"],
                bytes=forecast["bytes"],
                seconds=forecast["seconds"],
                store_bytes=forecast["store_bytes"],
            ),
            tripped=tuple(Reason.from_json(it) for it in data["tripped"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftItem:
    """An item that the plan leaves as it is, with the reason; `expects` is what it was when the plan was made."""

    key: AssetKey
    leave: Leave
    expects: AssetVersion | None
    file_name: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "leave": {"account": self.key.account, "id": self.key.remote_id},
            "outcome": str(self.leave.outcome),
            "reason": self.leave.reason.to_json(),
            "waits_for": self.leave.waits_for,
            "file_name": self.file_name,
            "expects": self.expects.to_json() if self.expects else None,
            **({"words": [it.to_json() for it in self.leave.words]} if self.leave.words is not None else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LeftItem:
        return cls(
            key=AssetKey(data["leave"]["account"], data["leave"]["id"]),
            leave=Leave(
                outcome=Outcome(data["outcome"]),
                reason=Reason.from_json(data["reason"]),
                waits_for=data["waits_for"],
                words=words_from_json(data),
            ),
            expects=AssetVersion.from_json(data["expects"]) if data["expects"] else None,
            file_name=data["file_name"],
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that one round would do and leave, in an order that does not depend on how it was found."""

    header: PlanHeader
    actions: tuple[Action, ...]
    left: tuple[LeftItem, ...]
    conflicts: tuple[Conflict, ...] = ()
    """Entries of the inbox as carrying the plan out leaves them: new ones, and those whose sides moved."""

    @property
    def id(self) -> PlanId:
        return PlanId("pl" + self.digest[:20])

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over all lines but the last. Made once: a plan never changes, and its id is asked for often."""
        seal = hashlib.sha256()
        for line in self._body():
            seal.update(line.encode() + b"\n")
        return seal.hexdigest()

    def _body(self) -> Iterator[str]:
        yield _dump(self.header.to_json())
        for action in sorted(self.actions, key=lambda it: it.id):
            yield _dump(action.to_json())
        for item in sorted(self.left, key=lambda it: it.key):
            yield _dump(item.to_json())
        for conflict in sorted(self.conflicts, key=lambda it: it.id):
            yield _dump({"conflict": conflict.to_json()})

    def lines(self) -> Iterator[str]:
        """The lines of the file, seal included, without line ends."""
        seal = hashlib.sha256()
        for line in self._body():
            seal.update(line.encode() + b"\n")
            yield line
        yield _dump({"sha256": seal.hexdigest()})


def read_plan(lines: Iterable[str]) -> Plan:
    """Read a plan file and check its seal. Raises `PlanDamaged` for anything that was cut, edited or made elsewhere."""
    rows = [line.rstrip("\n") for line in lines if line.strip()]
    if len(rows) < 2:
        raise PlanDamaged("The file is empty or cut short. Make the plan again with `dambridge plan`.")
    _check_seal(rows)
    try:
        head, *entries = (json.loads(row) for row in rows[:-1])
        known = head.get("plan")
        plan = _plan_of(head, entries) if known == FORMAT else None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise PlanDamaged(
            f"A line of the plan cannot be read ({error}). Make it again with `dambridge plan`."
        ) from error
    if plan is None:
        raise PlanDamaged(
            f"This is a plan of format {known}; this version reads format {FORMAT}. Make it again with `dambridge plan`."
        )
    once = (
        len({it.id for it in plan.actions}) + len({it.key for it in plan.left}) + len({it.id for it in plan.conflicts})
    )
    if once < len(entries):
        raise PlanDamaged("An entry stands in the plan twice. Make it again with `dambridge plan`.")
    return plan


def _plan_of(head: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Plan:
    found = [_entry(it) for it in entries]
    return Plan(
        header=PlanHeader.from_json(head),
        actions=tuple(it for it in found if isinstance(it, Action)),
        left=tuple(it for it in found if isinstance(it, LeftItem)),
        conflicts=tuple(it for it in found if isinstance(it, Conflict)),
    )


def _entry(data: Mapping[str, Any]) -> Action | LeftItem | Conflict:
    if "action" in data:
        return Action.from_json(data)
    if "leave" in data:
        return LeftItem.from_json(data)
    if "conflict" in data:
        return Conflict.from_json(data["conflict"])
    raise ValueError("an entry is no action, no item left and no conflict")


def _check_seal(rows: Sequence[str]) -> None:
    seal = hashlib.sha256()
    for row in rows[:-1]:
        seal.update(row.encode(errors="surrogatepass") + b"\n")
    try:
        written = json.loads(rows[-1]).get("sha256")
    except (json.JSONDecodeError, AttributeError) as error:
        raise PlanDamaged("The seal at the end is missing: the file was cut. Make the plan again.") from error
    if written != seal.hexdigest():
        raise PlanDamaged("The seal does not match: the file was changed after it was made. Make the plan again.")


def _dump(data: Mapping[str, Any]) -> str:
    """One line of the file. Whatever a reader may take for the end of a line, or UTF-8 cannot hold, is spelled as JSON's
    escape: captions bring U+2028 from word processors, and halves of emoji from systems that cut."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _UNSAFE.sub(lambda it: f"\\u{ord(it[0]):04x}", text)
