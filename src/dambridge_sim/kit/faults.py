"""Faults: rules that say which calls go wrong and how. The wire part is done by `wire.py`, the content part here."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from dambridge_sim.kit.bodies import FaultMatch, FaultRule, FaultRules

T = TypeVar("T")
Fetch = Callable[[int, int], Sequence[T]]


@dataclass(slots=True)
class _Live:
    """A rule with what it has seen and done so far."""

    rule: FaultRule
    chance: random.Random
    seen: int = 0
    fired: int = 0

    def strikes(self, facts: CallFacts) -> bool:
        match = self.rule.match
        if not _matches(match, facts):
            return False
        self.seen += 1
        if not _due(match.nth, self.seen):
            return False
        if self.rule.times is not None and self.fired >= self.rule.times:
            return False
        if self.rule.probability < 1 and self.chance.random() >= self.rule.probability:
            return False
        self.fired += 1
        return True


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What rules match on."""

    method: str
    path: str
    rpc: str | None = None
    ids: frozenset[str] = frozenset()


def _matches(match: FaultMatch, facts: CallFacts) -> bool:
    return (
        (match.method is None or match.method.upper() == facts.method)
        and (match.path is None or fnmatchcase(facts.path, match.path))
        and (match.rpc is None or (facts.rpc is not None and fnmatchcase(facts.rpc, match.rpc)))
        and (match.id is None or match.id in facts.ids)
    )


def _due(nth: int | list[int] | None, seen: int) -> bool:
    if nth is None:
        return True
    return seen in nth if isinstance(nth, list) else seen == nth


class FaultEngine:
    """All rules of a simulator. `keep` is called with the state to store whenever a rule fired or rules changed."""

    def __init__(self, keep: Callable[[dict[str, Any]], None] = lambda _state: None) -> None:
        """Start without rules."""
        self._live: list[_Live] = []
        self._seed = 1
        self._keep = keep

    @property
    def active(self) -> bool:
        """Whether there is any rule at all."""
        return bool(self._live)

    def load(self, rules: FaultRules) -> None:
        """Replace all rules and begin counting anew."""
        self._seed = rules.seed
        self._live = [_Live(rule, self._chance(place)) for place, rule in enumerate(rules.rules)]
        self._store()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `keep` was given."""
        self.load(FaultRules.model_validate({"rules": state.get("rules", []), "seed": state.get("seed", 1)}))
        for live, (seen, fired) in zip(self._live, state.get("counts", []), strict=False):
            live.seen, live.fired = seen, fired

    def describe(self) -> dict[str, Any]:
        """Return the rules with how often each matched and fired."""
        rules = [
            {**live.rule.model_dump(exclude_none=True), "seen": live.seen, "fired": live.fired} for live in self._live
        ]
        return {"rules": rules, "seed": self._seed}

    def strike(self, facts: CallFacts) -> CallFaults:
        """Return the faults of one call. Rules on webhooks are asked by `strike_webhook`."""
        if not self._live:
            return NO_FAULTS
        return self._fired([live for live in self._live if live.rule.action != "webhook" and live.strikes(facts)])

    def strike_webhook(self, event: str, identifier: str) -> CallFaults:
        """Return the faults of one webhook delivery: `match.path` is held against the event's name."""
        facts = CallFacts("WEBHOOK", event, None, frozenset({identifier}))
        return self._fired([live for live in self._live if live.rule.action == "webhook" and live.strikes(facts)])

    def _fired(self, struck: Sequence[_Live]) -> CallFaults:
        if not struck:
            return NO_FAULTS
        self._store()
        return CallFaults([live.rule for live in struck])

    def _chance(self, place: int) -> random.Random:
        return random.Random(f"{self._seed}:{place}")  # noqa: S311 - repeatable on purpose

    def _store(self) -> None:
        rules = [live.rule.model_dump(exclude_none=True) for live in self._live]
        self._keep({"rules": rules, "seed": self._seed, "counts": [(one.seen, one.fired) for one in self._live]})


@dataclass(slots=True)
class CallFaults:
    """The faults that strike one call."""

    rules: Sequence[FaultRule] = field(default_factory=list)

    def get(self, action: str, direction: str | None = None) -> FaultRule | None:
        """Return the first rule of an action (and direction) that strikes this call."""
        for rule in self.rules:
            if rule.action == action and (direction is None or rule.direction == direction):
                return rule
        return None

    @property
    def names(self) -> list[str]:
        """The actions, for the journal."""
        return [rule.action for rule in self.rules]

    @property
    def stale(self) -> bool:
        """Whether reads see the state before the last write."""
        return self.get("stale_read") is not None

    def listing(self, total: int, fetch: Fetch[T]) -> Listing[T]:
        """Return a view of a list with `empty_list`, `half_list`, `page_drift` and `duplicate_item` applied."""
        return Listing(self, total, fetch)


NO_FAULTS = CallFaults(())


class Listing(Generic[T]):
    """A list as a faulty server shows it. `total` is what it claims, `page` what it delivers."""

    def __init__(self, faults: CallFaults, total: int, fetch: Fetch[T]) -> None:
        """Look through `faults` at a list of `total` items that `fetch(offset, limit)` reads."""
        self._faults, self._fetch = faults, fetch
        self.total = self._end = total
        if rule := faults.get("half_list") or faults.get("empty_list"):
            self._end = total // 2 if rule.action == "half_list" else 0
            self.total = total if rule.keep_total else self._end
        self._drift = 0
        if rule := faults.get("page_drift"):
            self._drift = rule.count if rule.change == "remove" else -rule.count
            self.total = max(0, self.total - self._drift)

    def page(self, offset: int, limit: int) -> list[T]:
        """Return the items that the faulty server delivers for a page.

        With `page_drift` every page after the first is shifted: items removed earlier in the list move it up (some are
        never shown), items inserted move it down (some are shown twice). `duplicate_item` repeats the page's first item
        at its end.
        """
        if offset > 0:
            offset = max(0, offset + self._drift)
        items = list(self._fetch(offset, min(limit, self._end - offset))) if offset < self._end else []
        if items and self._faults.get("duplicate_item"):
            items.append(items[0])
        return items
