"""What a reply, or the want of one, means for the caller: one pure function, the only place that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dambridge.connectors.kit.messages import Effect


class FaultKind(StrEnum):
    """How a call can fail without a whole reply."""

    NOT_CONNECTED = "could not connect"
    UNTRUSTED = "the certificate is not trusted"
    TIMED_OUT = "no answer in time"
    LOST = "the connection was cut before the answer"
    CUT = "the answer was cut"
    GARBLED = "the answer was not what the service sends"
    PAGE = "a page for people came where data was due"
    TOO_LARGE = "the answer was far larger than any that is due"
    BODY_FAILED = "the file to be sent could not be read to its end"


@dataclass(frozen=True, slots=True)
class Fault:
    """A call without a whole reply. `detail` names the kind of error, never its text: that may hold headers."""

    kind: FaultKind
    detail: str = ""


class Verdict(StrEnum):
    """What the caller does next. Only `AGAIN` and `RENEW` send anything again, and `AGAIN` is for reads alone."""

    ANSWER = "answer"
    RENEW = "renew"
    AGAIN = "again"
    SLOW_DOWN = "slow down"
    LATER = "later"
    UNCLEAR = "unclear"
    STOP = "stop"


_BY_STATUS = {304: Verdict.ANSWER, 401: Verdict.RENEW, 429: Verdict.SLOW_DOWN}
_AGAIN_STATUSES = frozenset({408, 425})


def verdict_on(effect: Effect, outcome: int | Fault) -> Verdict:
    """Judge an HTTP status, or a fault, for a call with this effect."""
    if isinstance(outcome, Fault):
        return _on_fault(effect, outcome.kind)
    if outcome in _BY_STATUS:
        return _BY_STATUS[outcome]
    if outcome in _AGAIN_STATUSES or not 200 <= outcome < 500:
        return Verdict.AGAIN if effect is Effect.READ else Verdict.UNCLEAR
    return Verdict.STOP if 300 <= outcome < 400 else Verdict.ANSWER


def _on_fault(effect: Effect, kind: FaultKind) -> Verdict:
    if kind is FaultKind.UNTRUSTED:
        return Verdict.STOP
    if effect is Effect.READ:
        return Verdict.LATER if kind is FaultKind.TOO_LARGE else Verdict.AGAIN
    # Nothing was sent where no connection was made; anywhere later the service may have acted on what it got.
    return Verdict.LATER if kind is FaultKind.NOT_CONNECTED else Verdict.UNCLEAR
