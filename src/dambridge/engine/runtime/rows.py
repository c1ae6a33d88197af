"""Works as DBOS keeps them, over its plain interface; every function blocks its thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowStatus

from dambridge.engine.runtime.rules import ENDED
from dambridge.ports.runtime import Json, Work, WorkState

NAME = "dambridge.work"
"""The one workflow that DBOS knows; its arguments are the kind, the queue and the arguments of the work."""

CRASHES = 25
"""How often a work may be under way when a worker dies, by its own fault or not, before it is given up."""

_STATES = {
    "ENQUEUED": WorkState.QUEUED,
    "DELAYED": WorkState.QUEUED,
    "PENDING": WorkState.RUNNING,
    "SUCCESS": WorkState.DONE,
    "ERROR": WorkState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": WorkState.FAILED,
    "CANCELLED": WorkState.CANCELLED,
}
UNFINISHED = [name for name, state in _STATES.items() if state not in ENDED]
_FINISHED = [name for name, state in _STATES.items() if state in ENDED]


class WorkFailedError(Exception):
    """What DBOS records of a workflow that failed: the last line of its traceback, and no object of ours."""


def enqueue(workflow: Callable[..., Any], work_id: str, kind: str, args: Json, *, queue: str, key: str) -> None:
    """Hand the work to its queue, once; each key is a partition of it, and work without one is alone in its own."""
    with SetWorkflowID(work_id), SetEnqueueOptions(queue_partition_key=key or work_id):
        DBOS.enqueue_workflow(queue, workflow, kind, queue, args)


def forget_all_but(keep: int) -> int:
    """Delete ended works but the latest; returns how many."""
    forgotten = 0
    while old := DBOS.list_workflows(
        status=_FINISHED, name=NAME, sort_desc=True, offset=keep, limit=500, load_input=False, load_output=False
    ):
        DBOS.delete_workflows([it.workflow_id for it in old])
        forgotten += len(old)
    return forgotten


def as_work(status: WorkflowStatus) -> Work:
    state = _STATES[status.status]
    kind, queue, _ = status.input["args"] if status.input else ("", "", {})
    error = ""
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        error = f"given up: {CRASHES} workers ended while it was under way"
    elif state is WorkState.FAILED:
        error = str(status.error)
    result = status.output if state is WorkState.DONE else None
    return Work(id=status.workflow_id, kind=kind, queue=queue, state=state, result=result, error=error)
