"""Answers from the index in PostgreSQL. Words that have to be there are looked for among the newest copies first, and further
down in windows as large as it takes: its text index has no order, and every copy that it leads to has to be fetched.

Without such words its planner knows well enough how many copies a day, a home or a profile has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from dambridge.model.queries import AllOf, During, Not, Query, Words, both, leaves
from dambridge.ports.searching import Ask
from dambridge.storage import search_windows as windows
from dambridge.storage.search_finding import Copies, Cut, Finding, asked_words, parts_of, scope
from dambridge.storage.search_words import Bound, TsVector

WALKED = 4096
"""Where the beginning of a word is looked for, so many of the newest copies are gone through one by one: the text index gathers
all copies with any such word first."""
WALKED_AT_MOST = 32_768
"""So many where they are thought to hold what is wanted."""
AT_MOST = 3
"""Where all that is left seems to be no more than is wanted, so many times that is looked at and no more."""
LARGER = 8
"""How much larger than all before it where that cannot be told."""
_LAST = "(SELECT coalesce(max(id), 0) FROM search_docs)"


class PostgresFinding(Finding):
    spelling = TsVector()

    def newest_at_once(self, query: Query) -> bool:
        """Not of days: an index leads to all copies of one, in no order, or the newest copies are gone through."""
        return bool(_leading(query, self.spelling)) or not any(isinstance(it, During) for it in parts_of(query))

    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> Mapping[int, float]:
        asked = asked_words(query, self.spelling)
        if not asked or not numbers:
            return {}
        bound = Bound()
        words = bound.add(self.spelling.words(AllOf(asked)))
        wanted = bound.add("{" + ",".join(map(str, numbers)) + "}")
        ranked = text(
            f"SELECT array_agg(id), array_agg(-ts_rank_cd(tokens, CAST({words} AS tsquery)))"
            f" FROM search_docs WHERE id = ANY(CAST({wanted} AS bigint[]))"
        )
        ids, found = conn.execute(ranked, bound.values).one()
        return dict(zip(ids or (), found or (), strict=True))

    def one(self, query: Query, bound: Bound) -> str:
        return self.spelling.condition(query, bound)

    def select(self, conn: Connection, ask: Ask, cut: Cut) -> Copies:
        look = _Look(conn, ask, cut.shown, _leading(ask.query, self.spelling))
        return look.by_words(cut.limit, cut.below) if look.leading else look.as_planned(cut)

    def scrub(self, engine: Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in ("search_docs", "search_bodies"):
                conn.execute(text(f"VACUUM {table}"))


@dataclass(frozen=True, slots=True)
class _Look:
    """One question, as it is put to ever older copies. `leading` is what the text index is asked."""

    conn: Connection
    ask: Ask
    shown: Sequence[str]
    leading: tuple[Query, ...]

    def as_planned(self, cut: Cut) -> Copies:
        bound, spelling = Bound(), TsVector()
        where = [f"({spelling.condition(self.ask.query, bound)})", *scope(self.ask, bound, spelling)]
        where += [f"d.id < {bound.add(cut.below)}"] if cut.below is not None else []
        return self._newest("d.id", where, bound, cut.limit, at_most=None if cut.newest else cut.limit)[0]

    def by_words(self, limit: int, below: int | None) -> Copies:
        beginnings = any(isinstance(it, Words) and it.prefix for it in leaves(self.ask.query))
        first, low, top = self._walked_first(limit, below) if beginnings else self._looked_up_first(limit, below)
        parts, met = [first], len(first.numbers)
        while low > 0 and met < limit:
            high, size = low, _size(top, low, met, limit)
            if size >= high:
                found, all_of_them = self._rest(limit - met, high)
                if all_of_them:
                    return Copies.joined([*parts, found])
                size = LARGER * (top - high)
            if beginnings and size <= WALKED_AT_MOST:
                low = high - size
                found = self._walked(limit - met, low, high)
            else:
                low = windows.begins_at(high, size)
                found = self._looked_up(limit - met, low, high)
            parts.append(found)
            met += len(found.numbers)
        return Copies.joined(parts)

    def _looked_up_first(self, limit: int, below: int | None) -> tuple[Copies, int, int]:
        """Those in the newest two blocks, with where these begin, and the number below which all are."""
        if below is not None:
            low = windows.newest_begin(below)
            return self._looked_up(limit, low, below), low, below
        bound = Bound()
        where = [*self._leading(bound), f"{windows.blocks_of('d.id')} && {windows.newest_blocks(_LAST)}"]
        found, last, _ = self._newest("d.id + 0", where, bound, limit)
        return found, windows.newest_begin(last), last + 1

    def _looked_up(self, limit: int, low: int, high: int) -> Copies:
        """The newest of those in this window, to which nothing but the text index leads."""
        bound = Bound()
        inside = [f"d.id + 0 < {bound.add(high)}"]
        if low > 0:
            blocks = bound.add(windows.blocks_between(low, high))
            inside.append(f"{windows.blocks_of('d.id')} && CAST({blocks} AS bigint[])")
        return self._newest("d.id + 0", [*self._leading(bound), *inside], bound, limit)[0]

    def _rest(self, limit: int, high: int) -> tuple[Copies, bool]:
        """The newest of all below, and whether it is that: there may be very many of what the newest copies have hardly any, and
        they are not all looked at."""
        bound = Bound()
        where = [*self._leading(bound), f"d.id + 0 < {bound.add(high)}"]
        at_most = AT_MOST * limit
        found, _, seen = self._newest("d.id + 0", where, bound, limit, at_most)
        return found, seen < at_most

    def _leading(self, bound: Bound) -> list[str]:
        spelling = TsVector()
        rest = both(*(it for it in parts_of(self.ask.query) if it not in self.leading))
        where = [spelling.condition(AllOf(self.leading), bound), f"({spelling.condition(rest, bound)})"]
        return where + scope(self.ask, bound, spelling)

    def _walked_first(self, limit: int, below: int | None) -> tuple[Copies, int, int]:
        if below is not None:
            return self._walked(limit, below - WALKED, below), below - WALKED, below
        bound = Bound()
        found, last, _ = self._newest("d.id", [*self._by_itself(bound), f"d.id > {_LAST} - {WALKED}"], bound, limit)
        return found, last + 1 - WALKED, last + 1

    def _walked(self, limit: int, low: int, high: int) -> Copies:
        """The newest of those in this window, which are gone through."""
        bound = Bound()
        inside = [f"d.id >= {bound.add(low)}", f"d.id < {bound.add(high)}"]
        return self._newest("d.id", [*self._by_itself(bound), *inside], bound, limit)[0]

    def _by_itself(self, bound: Bound) -> list[str]:
        """The question so that it is held against one copy after the other."""
        spelling = TsVector(looked_up=False)
        return [f"({spelling.condition(self.ask.query, bound)})", *scope(self.ask, bound, spelling)]

    def _newest(
        self, number: str, where: Sequence[str], bound: Bound, limit: int, at_most: int | None = None
    ) -> tuple[Copies, int, int]:
        """The newest that satisfy these conditions, of `at_most` of them if so many do; the highest number of all copies; and how
        many were looked at. They come a column at a time: to hand over thousands of rows takes longer than to find them."""
        some = ", ".join(f"d.{it}" for it in self.shown)
        found = f"SELECT {some} FROM search_docs d WHERE {' AND '.join(where)}"
        if at_most is not None:
            found = f"SELECT {some}, count(*) OVER () AS seen FROM ({found} LIMIT {at_most}) d"
        found += f" ORDER BY {number} DESC LIMIT {limit}"
        seen = "count(*)" if at_most is None else "coalesce(max(seen), 0)"
        gathered = ", ".join(f"array_agg({it})" for it in self.shown)
        query = text(f"SELECT {_LAST}, {seen}, {gathered} FROM ({found}) found")
        last, looked_at, *columns = self.conn.execute(query, bound.values).one()
        return Copies.of([it or () for it in columns]), last, looked_at


def _leading(query: Query, spelling: TsVector) -> tuple[Query, ...]:
    """Words that have to be there, and where there are any, those that must not be."""
    parts = parts_of(query)
    wanted = [it for it in parts if not isinstance(it, Not) and spelling.words(it) is not None]
    unwanted = [it for it in parts if isinstance(it, Not) and spelling.words(it.item) is not None]
    return (*wanted, *unwanted) if wanted else ()


def _size(top: int, high: int, met: int, limit: int) -> int:
    """How large the window that ends before `high` has to be to hold what is wanted, `met` of it having been met between there
    and `top`."""
    if not met:
        return high
    spare = 1.05 + met**-0.5  # the fewer were met, the less is known of how many there are
    return min(high, int(spare * (limit - met) * (top - high) / met) + 1)
