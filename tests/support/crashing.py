"""A ledger that ends the process, as far as anybody can tell, before or after a chosen write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset(
    {
        "open_run",
        "close_run",
        "record_items",
        "put_actions",
        "begin_step",
        "begin_write",
        "put_accords",
        "put_conflicts",
        "sight",
        "forget_sights",
        "end_step",
        "settle",
        "lease_berth",
        "release_berth",
        "move_cursor",
        "save_plan",
        "mark_plan",
        "audit",
        "enqueue",
        "finish_command",
        "set_control",
        "put_links",
        "put_publications",
        "put_submissions",
        "set_hold",
        "lift_hold",
        "add_due",
        "finish_due",
    }
)


class Crash(BaseException):
    """The process died here. Not an `Exception`: nothing may catch it and go on."""


@dataclass(slots=True)
class CrashPlan:
    """Where to die: at the n-th write, or at a step's write; `after` says whether the write itself still happened."""

    at: int | None = None
    method: str | None = None
    step: str | None = None
    after: bool = False
    seen: list[str] = field(default_factory=list)
    crashed: bool = False

    def hits(self, method: str, arguments: tuple[Any, ...]) -> bool:
        self.seen.append(method)
        if self.crashed:
            return False
        if self.at is not None:
            return len(self.seen) == self.at
        if self.method != method:
            return False
        return self.step is None or (len(arguments) > 1 and str(arguments[1]) == self.step)


class CrashingLedger:
    """Passes everything on to the real ledger until the plan says that the process dies."""

    def __init__(self, ledger: Any, plan: CrashPlan) -> None:
        self._ledger = ledger
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._ledger, name)
        return self._watched(name, real) if name in WRITES else real

    def _watched(self, name: str, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def write(*arguments: Any, **named: Any) -> Any:
            if not self._plan.hits(name, arguments):
                return await real(*arguments, **named)
            self._plan.crashed = True
            if self._plan.after:
                await real(*arguments, **named)
            raise Crash(f"{'after' if self._plan.after else 'before'} {name}")

        return write
