"""What has to become of a status that people change in several places: told from the words of the requirement, by trying.

It shares nothing with the product. Its table is its own, read off the sentences that stand beside it; a walk is found by
trying every walk, an order of edits by trying every order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, permutations

STATUSES = ("draft", "in_review", "changes_asked", "approved", "rejected", "archived", "expired", "withdrawn")

_SENTENCES = """
on   draft          in_review      contributor reviewer librarian   # whoever has it hands it in
on   in_review      changes_asked  reviewer                         # a reviewer decides, in one of three ways
on   in_review      approved       reviewer
on   in_review      rejected       reviewer
on   approved       archived       librarian dambridge              # what is approved is archived, and nothing else is
on   draft          expired        rights rights_manager            # a licence ends wherever the asset stands
on   in_review      expired        rights rights_manager
on   changes_asked  expired        rights rights_manager
on   approved       expired        rights rights_manager
on   archived       expired        rights rights_manager
on   draft          withdrawn      contributor librarian            # until it was decided, whoever gave it may take it away
on   in_review      withdrawn      contributor librarian
on   changes_asked  withdrawn      contributor librarian
on   approved       withdrawn      librarian rights_manager dambridge  # after that only who answers for it
on   archived       withdrawn      librarian rights_manager dambridge
on   expired        withdrawn      librarian rights_manager dambridge
back in_review      draft          contributor                      # taken home
back changes_asked  in_review      contributor reviewer             # handed in again
back approved       in_review      reviewer dambridge               # a decision undone; a file that changed
back rejected       in_review      reviewer
back archived       approved       librarian
back expired        approved       rights_manager                   # a licence renewed
back expired        archived       rights_manager
back withdrawn      draft          librarian                        # begun anew
"""


def _table() -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    found = {}
    for line in _SENTENCES.strip().splitlines():
        way, start, end, *roles = line.partition("#")[0].split()
        found[start, end] = (way, frozenset(roles))
    return found


TABLE = _table()


def walks(start: str, end: str, roles: frozenset[str]) -> Iterator[list[str]]:
    """Every walk without a circle that these people may go: first back, then on. `anybody` may go all of them."""

    def go(path: list[str], way: str) -> Iterator[list[str]]:
        if path[-1] == end:
            yield path
            return
        for (a, b), (kind, who) in TABLE.items():
            open_ = "anybody" in roles or "coordinator" in roles or bool(who & roles)
            if a == path[-1] and b not in path and open_ and not (way == "on" and kind == "back"):
                yield from go([*path, b], kind)

    yield from go([start], "")


def legal(start: str, end: str, roles: frozenset[str]) -> bool:
    return start == end or any(True for _ in walks(start, end, roles))


def follows(start: str, end: str, roles: frozenset[str]) -> bool:
    """Whether `end` can be given after `start` without anything being taken back."""
    found = [[TABLE[step][0] for step in pairwise(walk)] for walk in walks(start, end, roles)]
    return any(it and "back" not in it for it in found)


@dataclass(slots=True)
class TransitionOracle:
    """One asset. `roles` are per copy those of its people. `seen` is told after everything that people did; between two of
    them nobody but people changes anything."""

    roles: Mapping[str, frozenset[str]]
    agreed: str
    shown: dict[str, str] = field(default_factory=dict)
    waits: bool = False
    """Whether a person has to decide."""

    def __post_init__(self) -> None:
        self.shown = dict.fromkeys(self.roles, self.agreed)

    def edit(self, copy: str, status: str) -> None:
        self.shown[copy] = status

    def seen(self) -> None:
        """Everything is looked at, and comes to rest."""
        claims: dict[str, set[str]] = {}
        for copy, status in self.shown.items():
            if status != self.agreed:
                claims.setdefault(status, set()).update(self.roles[copy])
        self.waits = False
        if not claims:
            return
        last = self._last(self.agreed, {it: frozenset(who) for it, who in claims.items()})
        if last is None:
            self.waits = True
            return
        self._stands(last)

    def crossed(self, first: tuple[str, str], second: tuple[str, str]) -> None:
        """The first edit was seen and agreed on; the second was made without knowing, before it had got there."""
        base = self.agreed
        self.edit(*first)
        self.seen()
        if self.waits or self.agreed == base or second[0] == first[0]:
            self.edit(*second)
            self.seen()
            return
        copy, status = second
        if status == base:  # nothing was done there
            return
        if status == self.agreed:
            return
        last = self._last(base, {self.agreed: self.roles[first[0]], status: self.roles[copy]})
        if last is None:
            self.shown[copy] = status
            self.waits = True
            return
        self._stands(last)

    def _stands(self, status: str) -> None:
        self.agreed = status
        self.shown = dict.fromkeys(self.roles, status)
        self.waits = False

    def _last(self, base: str, claims: Mapping[str, frozenset[str]]) -> str | None:
        found = set()
        for order in permutations(claims):
            steps = [legal(base, order[0], claims[order[0]])]
            steps += [follows(a, b, claims[b]) for a, b in pairwise(order)]
            if all(steps):
                found.add(order[-1])
        assert len(found) < 2, f"from {base} both {found}"
        return found.pop() if found else None
