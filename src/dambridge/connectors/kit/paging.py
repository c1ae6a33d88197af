"""Listings by page number that stay whole while the set changes (hazards P08, P11).

Pages overlap: each begins at or before the last item of the page before it, which page numbers allow when the page size
varies a little. As long as the order is stable and each page begins with an item already met, nothing that stood in the
set all the while can have been skipped. The count that the service names guards against orders that are not stable.

Where every size that may be asked for divides what was read, as tiny pages have it, no page can overlap: then the last
item before it is asked for once more, after it, and has to be one that was met.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dambridge.ports.errors import TryLater

Item = TypeVar("Item")

_REMEMBERED_PAGES = 50
_MOST_PASSES = 5
_MOST_STALE = 20
"""Pages in a row that bring nothing new: newcomers at the front push known items back, but a service that shows the same page
for ever is not listing anything."""
_PLAIN_PASSES = 2


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page; `total` is the service's count of the whole listing, None where it names none."""

    items: Sequence[Item]
    total: int | None


Fetch = Callable[[int, int], Awaitable[Page[Item]]]
"""Gets a page by its number, the first being 1, and its size."""


@dataclass(slots=True)
class PageScan:
    """One pass over a listing; no input or output of its own. `size` is the largest page to ask for.

    Ids of the latest pages alone are remembered, so memory stays flat however long the listing is.
    """

    size: int
    ended: bool = False
    torn: bool = False
    met: int = 0
    total: int | None = None
    _reach: int = 0
    _offset: int = 0
    _overlaps: bool = True
    _stale: int = 0
    _gap: int = 0
    _done: bool = False
    _recent: deque[frozenset[str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_PAGES))

    def ask(self) -> tuple[int, int]:
        """Number and size of the next page: one that overlaps with what was read, by enough to bear some deletions
        where that can be had, and of those the one that brings most that is new."""
        if not self._recent:
            return 1, self.size
        if self._gap:
            return self._gap, 1
        last, enough = self._reach - 1, max(1, self.size // 50)

        def merit(size: int) -> tuple[int, int]:
            start = last // size * size
            return min(self._reach - start, enough), start + size

        sizes = [it for it in range(max(2, self.size // 2), self.size + 1) if last // it * it + it > self._reach]
        size = max(sizes, key=merit, default=self.size)
        self._offset = (last if sizes else self._reach) // size * size
        self._overlaps = bool(sizes)
        return self._offset // size + 1, size

    def take(self, ids: Sequence[str], total: int | None) -> None:
        """Note the page that was asked for."""
        self.total = total
        if self._gap:
            self._close_gap(ids)
            return
        here = frozenset(ids)
        new = [it for it in here if not any(it in page for page in self._recent)]
        reach = self._offset + len(ids)
        if self._recent:
            # An empty page tears it too: the list has become shorter than the place where this page began.
            known = bool(ids) and any(ids[0] in page for page in self._recent)
            self.torn = self._overlaps and not known
            self._gap = 0 if self._overlaps else self._reach
        elif ids and len(ids) < self.size and (total is None or total > len(ids)):
            self.size = len(ids)  # the service gives smaller pages than asked for
        self.met += len(new)
        self._stale = 0 if new else self._stale + 1
        self.torn = self.torn or self._stale > _MOST_STALE
        stuck = bool(self._recent) and reach <= self._reach
        self._done = stuck or not ids or (total is not None and reach >= total)
        self.ended = self.torn or (self._done and not self._gap)
        self._recent.append(here)
        self._reach = max(reach, self._reach)

    def _close_gap(self, ids: Sequence[str]) -> None:
        """The item before a page without overlap, read after it: what was met before that page, if nothing was skipped."""
        before = list(self._recent)[:-1]
        self.torn = not (ids and any(ids[0] in page for page in before))
        self.ended = self.torn or self._done
        self._gap = 0

    @property
    def proven(self) -> bool:
        """Whether the pass surely met everything that stood in the listing all the while."""
        return self.ended and not self.torn and (self.total is None or self.met >= self.total)


@dataclass(slots=True)
class PlainScan:
    """One pass of pages side by side, all of one size: for a listing whose order is not the same at every size, as equal
    timestamps can have it. Two such passes that are whole and met the same prove it; alone it proves nothing."""

    size: int
    number: int = 0
    ended: bool = False
    whole: bool = True
    ids: set[str] = field(default_factory=set)
    _total: int | None = None

    def take(self, ids: Sequence[str], total: int | None) -> None:
        """Note the page after `number` pages. It breaks the pass when the count is none or not that of the first page."""
        self._total = total if self.number == 0 else self._total
        self.number += 1
        self.ids.update(ids)
        self.whole = total is not None and total == self._total
        self.ended = not self.whole or not ids or self.number * self.size >= (total or 0)
        if self.ended:
            self.whole = self.whole and len(self.ids) == total


async def whole_listing(
    fetch: Fetch[Item],
    *,
    key: Callable[[Item], str],
    size: int,
    about: str,
    count: Callable[[], Awaitable[int | None]] | None = None,
) -> AsyncIterator[Page[Item]]:
    """The pages of a listing; items may repeat. Ends only when a pass is proven, and starts over until one is.

    `count` asks for the number of items where pages do not name it. Raises `TryLater` when no pass can be proven."""
    for _ in range(_MOST_PASSES):
        scan = PageScan(size)
        while not scan.ended:
            page = await fetch(*scan.ask())
            scan.take([key(it) for it in page.items], page.total)
            yield page
        if scan.total is None and count is not None:
            scan.total = await count()
        if scan.proven:
            return
    before = None
    for _ in range(_PLAIN_PASSES):
        plain = PlainScan(scan.size)
        while not plain.ended:
            page = await fetch(plain.number + 1, plain.size)
            plain.take([key(it) for it in page.items], page.total)
            yield page
        if plain.whole and plain.ids == before:
            return
        before = plain.ids
    raise TryLater(
        f"Could not {about} as a whole: it changed while it was read, {_MOST_PASSES + _PLAIN_PASSES} times over, and "
        "nothing may rest on it. It is safe to try again."
    )
