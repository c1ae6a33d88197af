"""What of a list one person is shown: everything of their flows, or, who answers for some regions or selections alone, what they
would find by search. An entry that tells of several copies is shown where every one of them is theirs to see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cryptography.fernet import Fernet, InvalidToken

from dambridge.console.desk import Desk
from dambridge.console.guarding import Stop
from dambridge.model.access import Searcher
from dambridge.model.identity import AssetKey, FlowName, LinkId
from dambridge.model.reasons import Code, Reason
from dambridge.policy.duties import flows_of, of_a_part
from dambridge.telemetry import wording

T = TypeVar("T")
CHUNK = 200
MOST_LOOKED = 4000
"""Entries that are looked through for one page of somebody's part."""
OTHERS = frozenset(
    {
        Code.SAME_BYTES_EXIST,
        Code.PAIRED,
        Code.TWO_COPIES,
        Code.SIDE_CAR,
        Code.ARCHIVED_BEFORE,
        Code.ARCHIVED_FORGOTTEN,
        Code.PAPER_WAITS,
    }
)
"""Reasons that name another asset than the one they are about."""
OTHER = "It has to do with another asset. Whoever answers for the whole library can say with which."
_SEALED = Fernet(Fernet.generate_key())
"""Where a page ended may be at an entry that is not theirs: its name leaves the server sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """One person's sight of lists. `part` where they answer for some regions or selections alone."""

    desk: Desk
    searcher: Searcher
    part: bool
    flows: tuple[FlowName, ...] = field(default_factory=lambda: tuple(FlowName))

    @property
    def blind(self) -> bool:
        """Whether nothing is open that knows what is theirs."""
        return self.part and self.desk.search is None

    @property
    def named(self) -> str:
        """What they answer for, as a page says it."""
        scope = self.searcher.scope
        named = [("region", scope.regions), ("selection", scope.selections)]
        return " and ".join(_listed(kind, sorted(some)) for kind, some in named if some is not None)

    async def seen(self, keys: Collection[AssetKey]) -> frozenset[AssetKey]:
        """Those of these copies that they may see; none where nothing here can tell: `blind`."""
        if not self.part:
            return frozenset(keys)
        if self.desk.search is None:
            return frozenset()
        return frozenset(await self.desk.search.index.seen(sorted(set(keys)), self.searcher))

    async def chosen(self, entries: Sequence[T], keys: Mapping[int, Collection[AssetKey]]) -> list[T]:
        """Those of the entries of whose `keys` (by their place) all may be seen; nothing is known of one that names none."""
        if not self.part:
            return list(entries)
        seen = await self.seen({key for several in keys.values() for key in several})
        return [it for at, it in enumerate(entries) if keys.get(at) and seen.issuperset(keys[at])]

    async def by_key(self, entries: Sequence[T], key: Callable[[T], AssetKey | None]) -> list[T]:
        """Those of the entries whose one copy may be seen."""
        found = {at: [it] for at, entry in enumerate(entries) if (it := key(entry)) is not None}
        return await self.chosen(entries, found)

    async def by_link(self, entries: Sequence[T], link: Callable[[T], LinkId]) -> list[T]:
        """Those of the entries about links whose copies all may be seen."""
        if not self.part:
            return list(entries)
        known = await self.desk.ledger.links(list({link(it) for it in entries}))
        keys = {at: [copy.key for copy in known[link(it)].copies] for at, it in enumerate(entries) if link(it) in known}
        return await self.chosen(entries, keys)

    async def by_copies(self, entries: Sequence[T], of: Callable[[T], tuple[LinkId, AssetKey]]) -> list[T]:
        """Those of the entries of which this copy and all others that its link has by now may be seen."""
        if not self.part:
            return list(entries)
        known = await self.desk.ledger.links(list({of(it)[0] for it in entries}))
        copies = {link: [copy.key for copy in it.copies] for link, it in known.items()}
        return await self.chosen(
            entries, {at: [of(it)[1], *copies.get(of(it)[0], ())] for at, it in enumerate(entries)}
        )

    async def needs(self, keys: Collection[AssetKey], says: str) -> None:
        """Raises `Stop`, with what is said of something that there is not, where one of the copies is not theirs to see."""
        if self.part and (not keys or not (await self.seen(keys)).issuperset(keys)):
            raise Stop(404, says)

    def tells(self, reason: Reason) -> bool:
        """Whether the reason speaks of nothing but the asset that it is about."""
        return not (self.part and reason.code in OTHERS)

    def words(self, reason: Reason) -> str:
        return wording.words(reason) if self.tells(reason) else OTHER

    def next_move(self, reason: Reason) -> str:
        return wording.next_move(reason) if self.tells(reason) else ""


def _listed(kind: str, some: Sequence[str]) -> str:
    match some:
        case []:
            return f"no {kind}"
        case [one]:
            return f"the {kind} {one}"
    return f"the {kind}s {', '.join(some[:-1])} and {some[-1]}"


def lens_for(desk: Desk, searcher: Searcher) -> Lens:
    return Lens(
        desk=desk,
        searcher=searcher,
        part=of_a_part(searcher),
        flows=flows_of(searcher, tuple(FlowName)),
    )


@dataclass(frozen=True)
class Page(Generic[T]):
    """The entries of one page, and the cursor of the following one; None at the end."""

    rows: list[T]
    next: str | None


Fetch = Callable[[str, int], Awaitable[Sequence[T]]]
Choose = Callable[[Sequence[T]], Awaitable[list[T]]]


async def page_of(
    lens: Lens, fetch: Fetch[T], choose: Choose[T], *, name: Callable[[T], str], after: str, limit: int
) -> Page[T]:
    """Read on behind `after` until the page is full. `fetch` gives so many entries behind one of that name, `choose` those of
    them that are shown. Raises `Stop` for a cursor that is none of ours."""
    place, found, looked = opened(lens, after), list[T](), 0
    size = max(CHUNK, limit + 1) if lens.part else limit + 1
    while True:
        rows = await fetch(place, size)
        found += await choose(rows)
        looked += len(rows)
        if len(found) > limit:
            return Page(found[:limit], sealed(lens, name(found[limit - 1])))
        if len(rows) < size:
            return Page(found, None)
        place = name(rows[-1])
        if looked >= MOST_LOOKED:
            return Page(found, sealed(lens, place))


def sealed(lens: Lens, name: str) -> str:
    """The cursor behind an entry."""
    return _SEALED.encrypt(name.encode()).decode() if lens.part else name


def opened(lens: Lens, after: str) -> str:
    """The entry that a cursor names. Raises `Stop` for one that is none of ours."""
    if not after or not lens.part:
        return after
    try:
        return _SEALED.decrypt(after.encode()).decode()
    except InvalidToken:
        raise Stop(404, "The list has changed since; begin it again.") from None
