"""What both runtimes hold to: names of workflows and queues, small JSON, and how an end is worded."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any

from dambridge.ports.runtime import Json, Workflow, WorkState

QUEUES: Mapping[str, int] = {"batch": 2, "transfer": 2}
"""Every queue, with how many of its works one worker of a durable runtime carries at once. A batch bounds its own assets;
the second one fills the first one's tail, where few assets are left and some of those wait for a retry."""

ENDED = frozenset({WorkState.DONE, WorkState.FAILED, WorkState.CANCELLED})
CLOSED = "The runtime was closed. Unfinished work goes on at the next start."


class Registry:
    """The workflows by name. Closed when the runtime is launched: work must find the same names after a restart."""

    def __init__(self) -> None:
        self._known: dict[str, Workflow] = {}
        self.closed = False

    def add(self, kind: str, workflow: Workflow) -> None:
        """Raises `RuntimeError` after the launch and `ValueError` for a name that is taken."""
        if self.closed:
            raise RuntimeError(f"The workflow {kind!r} comes too late: register every kind before `launch`.")
        if kind in self._known:
            raise ValueError(f"A workflow named {kind!r} is registered already: each kind has one workflow.")
        self._known[kind] = workflow

    def find(self, kind: str) -> Workflow:
        """Raises `ValueError` for a name that nobody registered."""
        if kind not in self._known:
            names = ", ".join(sorted(self._known)) or "none"
            raise ValueError(f"No workflow named {kind!r} is registered (known: {names}): register it before `launch`.")
        return self._known[kind]


def known_queue(queue: str) -> str:
    """Raises `ValueError` for a queue that is not among `QUEUES`."""
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}; the queues are {', '.join(sorted(QUEUES))}.")
    return queue


def last_line(error: BaseException) -> str:
    """The last line of the traceback; of a group, that of its first error, with the number of the others."""
    leaves = list(_leaves(error))
    line = "".join(traceback.format_exception_only(leaves[0])).strip()
    return line if len(leaves) == 1 else f"{line} (and {len(leaves) - 1} more)"


def as_json(value: Mapping[str, Any], *, what: str) -> Json:
    """The value as it comes back out of the store. Raises `TypeError` where it is no JSON object."""
    try:
        copied = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"The {what} must be small JSON, which it is not: {error}") from error
    if not isinstance(copied, dict):
        raise TypeError(f"The {what} must be a JSON object, not {type(value).__name__}.")
    return copied


def unknown_work(work_id: str) -> LookupError:
    return LookupError(f"Nothing is known of the work {work_id!r}: it was never started here, or has been forgotten.")


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
