"""Which entry of the audit trail is news for other programs, who hears of it, and when it is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.model.alarms import Alarm, AlarmKind
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import CopyId, FlowName
from dambridge.model.outcomes import Outcome
from dambridge.model.webhooks import Attempt, Delivery, DeliveryState, Endpoint, HookEvent, HookType, Listener
from dambridge.ports.ledger import ChainedEntry
from dambridge.telemetry.hook_words import hook_words

SCHEDULE = tuple(
    timedelta(seconds=it) for it in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""Pauses between the attempts of one delivery: those of the Standard Webhooks convention, three days and a bit in all."""
LONGEST_REST = timedelta(minutes=5)
"""How long an endpoint that fails is left alone at most before another of its deliveries is tried."""
RAISED = "alarm.raised"
"""The entry that says that something became pressing."""

Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What an event carries: its type and ids, whose it is, and the outlet that it is about."""

    type: HookType
    data: Detail
    flow: FlowName | None = None
    outlet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What an entry does not say itself: the flow of each run, and flow and region of each outlet."""

    runs: Mapping[str, FlowName]
    outlets: Mapping[str, tuple[FlowName, str]]


def runs_in(trail: Iterable[ChainedEntry]) -> set[str]:
    """The runs that these entries name."""
    return {str(it.entry.detail["run"]) for it in trail if it.entry.detail.get("run")}


def event_of(it: ChainedEntry, book: Book) -> HookEvent | None:
    """The event that this entry is to other programs; None where it is none."""
    made = _MEANINGS.get(it.entry.event)
    told = made(it) if made is not None else None
    if told is None:
        return None
    flow, region = book.outlets.get(told.outlet, (told.flow, ""))
    flow = flow or book.runs.get(str(it.entry.detail.get("run", "")))
    data = {name: value for name, value in told.data.items() if value}
    says = hook_words(told.type, data)
    return HookEvent(
        id=f"msg_{it.hash[:32]}", type=told.type, at=it.entry.at, says=says, data=data, flow=flow, region=region
    )


def hears(it: Listener, event: HookEvent) -> bool:
    """Whether this endpoint is told. Where it is bound to flows or regions, what is of none is not for it; that it was disabled
    itself is told to others."""
    about_itself = event.type is HookType.WEBHOOK_DISABLED and event.data.get("endpoint") == it.name
    return (
        event.type in it.types
        and not about_itself
        and (it.flows is None or event.flow in it.flows)
        and (it.regions is None or event.region in it.regions)
    )


def delivery_of(listener: Listener, event: HookEvent, *, seq: int, now: datetime) -> Delivery:
    return Delivery(
        endpoint=listener.name, id=event.id, seq=seq, type=event.type, body=event.body(), made_at=now, next_at=now
    )


# what entries mean ----------------------------------------------------------------------------------------------------


def _asset(kind: HookType) -> Callable[[ChainedEntry], Told | None]:
    def told(it: ChainedEntry) -> Told | None:
        detail, outcome = it.entry.detail, it.entry.detail.get("outcome")
        data = {"link": it.entry.subject, "source": detail.get("source"), "target": detail.get("target")}
        if outcome == Outcome.QUARANTINED:
            return Told(HookType.ASSET_QUARANTINED, {**data, "run": detail.get("run")})
        return Told(kind, {**data, "run": detail.get("run")}) if outcome == Outcome.DONE else None

    return told


def _outlet(kind: HookType) -> Callable[[ChainedEntry], Told | None]:
    def told(it: ChainedEntry) -> Told | None:
        detail = it.entry.detail
        if detail.get("outcome") != Outcome.DONE:
            return None
        copy = CopyId.parse(detail["copy"])
        data = {
            "link": it.entry.subject,
            "source": detail.get("master"),
            "outlet": copy.region,
            "run": detail.get("run"),
        }
        return Told(kind, {**data, "account": copy.account}, outlet=copy.region)

    return told


def _conflict(kind: HookType) -> Callable[[ChainedEntry], Told | None]:
    def told(it: ChainedEntry) -> Told | None:
        detail = it.entry.detail
        if kind is HookType.CONFLICT_OPENED and (detail.get("revision") or detail.get("state") != ConflictState.OPEN):
            return None  # its sides follow what is seen; it was told of when it came
        data = {"conflict": detail.get("id"), "link": it.entry.subject, "group": detail.get("group")}
        return Told(kind, data, FlowName(detail["flow"]) if detail.get("flow") else None)

    return told


def _submission(kind: HookType) -> Callable[[ChainedEntry], Told | None]:
    def told(it: ChainedEntry) -> Told | None:
        data = {"asset": it.entry.subject, "status": it.entry.detail.get("status")}
        return Told(kind, data, FlowName.HANDOFF)

    return told


def _person(kind: HookType, subject: str) -> Callable[[ChainedEntry], Told | None]:
    def told(it: ChainedEntry) -> Told | None:
        flow = it.entry.subject if subject == "flow" else it.entry.detail.get("flow")
        data = {"by": it.entry.actor, "to": it.entry.detail.get("to"), subject: it.entry.subject}
        return Told(kind, data, FlowName(flow) if flow in set(FlowName) else None)

    return told


def _alarm(it: ChainedEntry) -> Told:
    detail = it.entry.detail
    about = str(detail.get("about", ""))
    data = {"about": about, "count": detail.get("count")}
    return Told(HookType(detail["type"]), data, FlowName(about) if about in set(FlowName) else None, outlet=about)


def _disabled(it: ChainedEntry) -> Told:
    return Told(HookType.WEBHOOK_DISABLED, {"endpoint": it.entry.subject})


_MEANINGS: Mapping[str, Callable[[ChainedEntry], Told | None]] = {
    "asset.create": _asset(HookType.ASSET_ARRIVED),
    "asset.update_fields": _asset(HookType.ASSET_UPDATED),
    "asset.add_version": _asset(HookType.ASSET_UPDATED),
    "asset.agree": _asset(HookType.ASSET_UPDATED),
    "asset.asked_for": _person(HookType.ASSET_ASKED_FOR, "asset"),
    "outlet.show": _outlet(HookType.ASSET_PUBLISHED),
    "outlet.publish": _outlet(HookType.ASSET_PUBLISHED),
    "outlet.replace": _outlet(HookType.ASSET_RENEWED),
    "outlet.update_fields": _outlet(HookType.ASSET_RENEWED),
    "outlet.withdraw": _outlet(HookType.ASSET_WITHDRAWN),
    "conflict.open": _conflict(HookType.CONFLICT_OPENED),
    "conflict.settled": _conflict(HookType.CONFLICT_SETTLED),
    "submission.handed_in": _submission(HookType.SUBMISSION_HANDED_IN),
    "submission.decided": _submission(HookType.SUBMISSION_DECIDED),
    "submission.archived": _submission(HookType.SUBMISSION_ARCHIVED),
    "plan.approved": _person(HookType.PLAN_APPROVED, "plan"),
    "flow.paused": _person(HookType.FLOW_PAUSED, "flow"),
    "flow.resumed": _person(HookType.FLOW_RESUMED, "flow"),
    RAISED: _alarm,
    "webhook.disabled": _disabled,
}


# what became pressing -------------------------------------------------------------------------------------------------

ALARMS: Mapping[AlarmKind, HookType] = {
    AlarmKind.OVERDUE: HookType.RIGHTS_OVERDUE,
    AlarmKind.UNCLEAR: HookType.RIGHTS_UNCLEAR,
    AlarmKind.GUARD: HookType.FLOW_STOPPED,
    AlarmKind.DRIFTED: HookType.OUTLET_DRIFTED,
    AlarmKind.LOOSENED: HookType.RIGHTS_OVERRULED,
    AlarmKind.EXPIRING: HookType.RIGHTS_EXPIRING,
    AlarmKind.OPENING: HookType.RIGHTS_OPENING,
}
Counts = Mapping[str, int]
"""How many, by type and what it is about (`rights.expiring|dealers`)."""


def counts_of(alarms: Iterable[Alarm], troubles: Mapping[FlowName, int]) -> dict[str, int]:
    """How things stand. `troubles` are what needs attention since the last run of each flow."""
    found = {f"{ALARMS[it.kind]}|{it.about}": it.count for it in alarms if it.kind in ALARMS}
    return found | {f"{HookType.RUN_TROUBLED}|{flow}": count for flow, count in troubles.items() if count}


def worse(now: Counts, before: Counts) -> dict[str, int]:
    """What is new, or more of it than was told."""
    return {key: count for key, count in now.items() if count > before.get(key, 0)}


# attempts -------------------------------------------------------------------------------------------------------------


def after(delivery: Delivery, attempt: Attempt, now: datetime, *, jitter: float) -> Delivery:
    """The delivery after this attempt; `jitter` from 0 to 1 lengthens the pause by up to a tenth."""
    tried = replace(delivery, attempts=delivery.attempts + 1, last_at=now, status=attempt.status, error=attempt.error)
    if attempt.took:
        return replace(tried, state=DeliveryState.DONE, next_at=now)
    if attempt.gone or tried.attempts > len(SCHEDULE):
        return replace(tried, state=DeliveryState.FAILED, next_at=now)
    pause = SCHEDULE[tried.attempts - 1] * (1 + 0.1 * jitter)
    return replace(tried, next_at=now + max(pause, _asked(attempt)))


def standing(endpoint: Endpoint, delivery: Delivery, attempt: Attempt, now: datetime) -> Endpoint:
    """The endpoint after an attempt that left this delivery so. It is disabled where the receiver wants nothing any more, and
    where a delivery was tried to the end while nothing else was taken either."""
    if attempt.took:
        return replace(endpoint, failures=0, failing_since=None, rest_until=None)
    since = endpoint.failing_since or now
    failures = endpoint.failures + 1
    rest = min(SCHEDULE[0] * 2 ** min(failures - 1, 10), LONGEST_REST)
    failing = replace(endpoint, failures=failures, failing_since=since, rest_until=now + max(rest, _asked(attempt)))
    if attempt.gone:
        return replace(failing, disabled_at=now, why="The receiver said that it wants nothing any more (410).")
    if delivery.state is DeliveryState.FAILED and since <= delivery.made_at + LONGEST_REST:
        days = (now - since).total_seconds() / 86400
        return replace(failing, disabled_at=now, why=f"Nothing was taken for {days:.1f} days.")
    return failing


def _asked(attempt: Attempt) -> timedelta:
    """The pause that the receiver asked for, a day at most."""
    return timedelta(seconds=min(max(attempt.retry_after or 0.0, 0.0), 86400.0))


def enabled(endpoint: Endpoint) -> Endpoint:
    """The endpoint as it goes on after a person let it; what it missed it gets."""
    return Endpoint(name=endpoint.name, cursor=endpoint.cursor)
