"""What search asks of the world: an index of what was last observed, a system's own search, pictures, and saved questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import Query
from dambridge.model.records import MediaType
from dambridge.model.searching import Document, Order, Profile, SavedSearch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to the index, in numbers where rights and places are meant (`Among`, and no `May`, `Stands`, `InRegion`).

    What follows bounds everything that is answered, counted or suggested; None is no bound, and an empty set finds nothing.
    `accounts` are the homes, `profiles` and `places` numbers that the index gave out (`numbers()`)."""

    query: Query
    accounts: frozenset[AccountId] | None = None
    profiles: frozenset[int] | None = None
    places: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What facets are counted from: the copies that match, each in the same place of every column. Types are spelled as
    `MediaType` spells them."""

    entries: Sequence[str]
    accounts: Sequence[AccountId]
    statuses: Sequence[str]
    types: Sequence[str]
    campaigns: Sequence[tuple[str, ...]]
    photographers: Sequence[tuple[str, ...]]
    dates: Sequence[str | None]
    profiles: Sequence[int]


@dataclass(frozen=True, slots=True)
class Found:
    """Assets in order, each by its entry once, with those of their copies that satisfy the question. `after` is the place to go
    on from, None at the end. `total` counts assets, up to the index's bound: beyond it not `exact`. `members` are all copies of
    these assets, as `SearchIndex.members` gives them.
    `columns` are of copies that match, where some were to be counted, `whole` where these are all."""

    entries: tuple[str, ...]
    after: str | None
    total: int
    exact: bool
    order: Order
    copies: frozenset[AssetKey]
    members: Mapping[str, Sequence[Document]]
    columns: Columns | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """Profiles of rights, and sets of containers in which copies stand together (account and path of each), under the numbers
    that the index gave out."""

    profiles: Sequence[tuple[int, Profile]]
    places: Sequence[tuple[int, Sequence[tuple[AccountId, str]]]]


@dataclass(frozen=True, slots=True)
class Grouping:
    """To which asset a copy belongs, and the profile of that asset."""

    key: AssetKey
    entry: str
    main: bool
    profile: Profile


class SearchIndex(Protocol):
    """Copies as they were last observed. It is no truth: it may be thrown away and filled anew from the systems.

    Two implementations (SQLite FTS5, PostgreSQL) pass one contract suite. `put` and `forget` are one transaction each."""

    async def put(self, documents: Sequence[Document]) -> int:
        """Write these copies in place of what was known of them; of two of one key the later counts. Returns how many were
        new or changed."""
        ...

    async def regroup(self, groups: Sequence[Grouping]) -> None:
        """Say anew to which asset copies belong; of copies that are not here nothing is written."""
        ...

    async def forget(self, keys: Sequence[AssetKey]) -> int:
        """Take copies out; what is not here is no error."""
        ...

    async def erase(self, keys: Sequence[AssetKey]) -> None:
        """As `forget`, and nothing of their words stays in the store's files."""
        ...

    async def clear(self) -> None:
        """Take everything out."""
        ...

    async def stored(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Document]:
        """Copies by key, without their `texts`, in which nobody is shown anything."""
        ...

    async def members(self, entries: Sequence[str]) -> Mapping[str, Sequence[Document]]:
        """All copies of these assets, as `stored` gives them, in the order of their keys."""
        ...

    async def numbers(self, *, profiles: int, places: int) -> Numbers:
        """What has a number above these, by number. Numbers count up and are never given out twice."""
        ...

    async def find(self, ask: Ask, *, after: str | None, limit: int, counted: int = 0) -> Found:
        """Assets of which one copy satisfies all of it, `limit` of them, with the columns of at most `counted` copies that do.
        `after` is from an earlier answer to the same question. Raises `ValueError` for one that is not."""
        ...

    async def newest(self, ask: Ask, *, limit: int) -> Sequence[Document]:
        """The copies met last that satisfy all of it, with their `texts`."""
        ...

    async def count(self) -> int:
        """How many copies are here."""
        ...

    async def close(self) -> None: ...


class SearchNews(Protocol):
    """What the ledger knows that the index has to follow."""

    async def search_news(self, *, limit: int) -> Sequence[AssetKey]:
        """Copies whose link changed, or that were buried, the oldest news first."""
        ...

    async def heard_news(self, keys: Sequence[AssetKey]) -> None:
        """Forget these."""
        ...


class SavedSearches(Protocol):
    """Questions that people keep."""

    async def save_search(self, search: SavedSearch) -> None:
        """Keep it, in place of an earlier one of the same id."""
        ...

    async def saved_searches(self, *, owner: str | None = None) -> Sequence[SavedSearch]:
        """Of one person, or all of them; by owner and name."""
        ...

    async def drop_search(self, search: str, *, owner: str) -> bool:
        """Forget it; False where this person has none of that id."""
        ...


# a system's own search ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What every match satisfies, as far as a system may be asked for it; all of it has to hold. Words are as people wrote
    them. `texts` are pairs of a native field's name and words that stand in it; `kinds` None is any; days are inclusive."""

    words: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    kinds: frozenset[MediaType] | None = None
    modified: tuple[str | None, str | None] | None = None
    added: tuple[str | None, str | None] | None = None

    @property
    def anything(self) -> bool:
        """Whether nothing is asked at all."""
        return self == Wanted()


@dataclass(frozen=True, slots=True)
class LiveFound:
    """What a system's search gave, in its own order. `total` is what it says that there is, None where it does not say;
    `unsaid` names the parts that it could not be asked."""

    ids: tuple[RemoteId, ...]
    total: int | None
    unsaid: tuple[str, ...] = ()


class PictureCache(Protocol):
    """Small pictures kept for a while; nothing in it is needed."""

    async def get(self, name: str) -> bytes | None: ...

    async def put(self, name: str, data: bytes) -> None:
        """Keep it, and let the oldest go where there is no room."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """News of a saved search for its owner."""

    search: SavedSearch
    entries: tuple[str, ...]
    at: datetime
