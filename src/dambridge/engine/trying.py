"""One action tried until it ends, is written down for later, or nobody can go on: the same for every flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from dambridge.engine.parts import FlowParts
from dambridge.model.identity import ActionId
from dambridge.ports.errors import CannotGoOn, TryLater, Unclear

End = TypeVar("End")
log = structlog.get_logger()


async def tried(
    parts: FlowParts,
    action: ActionId,
    once: Callable[[int], Awaitable[End]],
    *,
    put_off: Callable[[TryLater | Unclear], End],
    ended_by: Callable[[Exception], Awaitable[End]],
) -> End:
    """What `once` gives, which is told the number of the try, from 1. It is repeated after `TryLater` and `Unclear` as often and
    as long as the settings allow, then `put_off` says the end; `ended_by` says it for every other error. Only `CannotGoOn` gets
    out."""
    pause = parts.settings.backoff
    held = timedelta(0)
    attempt = 1
    while True:
        try:
            return await once(attempt)
        except (TryLater, Unclear) as error:
            wait = max(pause, getattr(error, "after", None) or timedelta(0))
            if attempt >= parts.settings.attempts or held + wait > parts.settings.patience:
                return put_off(error)
            log.info("action.retried", action=action, attempt=attempt, why=str(error))
        except CannotGoOn:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is not a next move is a bug and ends this item alone
            return await ended_by(error)
        await parts.rest(wait)
        held += wait
        pause *= 2
        attempt += 1
