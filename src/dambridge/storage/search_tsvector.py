"""Answers from the index in PostgreSQL. Words that have to be there are looked for among the newest copies first, and further
down in windows as large as it takes: its text index has no order, and every copy that it leads to has to be fetched.

Without such words its planner knows well enough how many copies a day, a home or a profile has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from dambridge.model.queries import AllOf, Not, Query, Words, both, leaves
from dambridge.ports.searching import Ask
from dambridge.storage.search_finding import Copies, Finding, asked_words, parts_of, scope
from dambridge.storage.search_windows import begins_at, blocks_between
from dambridge.storage.search_words import Bound, TsVector

WALKED = 4096
"""Of the newest copies so many are gone through one by one: enough for what many have, and to tell how many have the rest."""
WALKED_FOR_BEGINNINGS = 32_768
"""So many where the beginning of a word is looked for: the text index would gather all copies with any such word first."""
FEW = 2
"""Where no more than so many times what is wanted seem to be left, all of it is looked at at once."""
SPARE = 1.3
"""How much larger a window is made than it seems that it has to be."""
_LAST = "(SELECT coalesce(max(id), 0) FROM search_docs)"


class PostgresFinding(Finding):
    spelling = TsVector()
    newest_at_once = True

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

    def select(
        self,
        conn: Connection,
        ask: Ask,
        shown: Sequence[str],
        limit: int,
        *,
        newest: bool = False,
        below: int | None = None,
    ) -> Copies:
        look = _Look(conn, ask, shown, _leading(ask.query, self.spelling))
        return look.by_words(limit, below) if look.leading else look.as_planned(limit, below)

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

    def as_planned(self, limit: int, below: int | None) -> Copies:
        bound, spelling = Bound(), TsVector()
        where = [f"({spelling.condition(self.ask.query, bound)})", *scope(self.ask, bound, spelling)]
        where += [f"d.id < {bound.add(below)}"] if below is not None else []
        return self._newest("d.id", where, bound, limit)[0]

    def by_words(self, limit: int, below: int | None) -> Copies:
        first, top = self._gone_through(limit, WALKED, below)
        parts, met, low = [first], len(first.numbers), top - WALKED
        beginnings = any(isinstance(it, Words) and it.prefix for it in leaves(self.ask.query))
        while low > 0 and met < limit:
            high, size = low, _size(top, low, met, limit)
            if beginnings and size <= WALKED_FOR_BEGINNINGS:
                low = high - size
                found, _ = self._gone_through(limit - met, size, high)
            else:
                low = begins_at(high, size)
                found = self._looked_up(limit - met, low, high)
            parts.append(found)
            met += len(found.numbers)
        return Copies.joined(parts)

    def _gone_through(self, limit: int, size: int, below: int | None) -> tuple[Copies, int]:
        """The newest of so many copies, each held against the question, and the number below which they are."""
        bound, spelling = Bound(), TsVector(looked_up=False)
        where = [f"({spelling.condition(self.ask.query, bound)})", *scope(self.ask, bound, spelling)]
        if below is None:
            where.append(f"d.id > {_LAST} - {size}")
        else:
            where += [f"d.id >= {bound.add(below - size)}", f"d.id < {bound.add(below)}"]
        found, last = self._newest("d.id", where, bound, limit)
        return found, last + 1 if below is None else below

    def _looked_up(self, limit: int, low: int, high: int) -> Copies:
        """The newest of those in this window, to which nothing but the text index leads."""
        bound, spelling = Bound(), TsVector()
        words = str(spelling.words(AllOf(self.leading)))
        if low > 0:
            words = f"{words} & ({' | '.join(blocks_between(low, high))})"
        rest = both(*(it for it in parts_of(self.ask.query) if it not in self.leading))
        where = [spelling.has(bound.add(words)), f"({spelling.condition(rest, bound)})"]
        where += [*scope(self.ask, bound, spelling), f"d.id < {bound.add(high)}"]
        return self._newest("d.id + 0", where, bound, limit)[0]

    def _newest(self, number: str, where: Sequence[str], bound: Bound, limit: int) -> tuple[Copies, int]:
        """Those that satisfy these conditions, and the highest number of all. They come a column at a time: to hand over
        thousands of rows takes longer than to find them."""
        gathered = ", ".join(f"array_agg({it})" for it in self.shown)
        some = ", ".join(f"d.{it}" for it in self.shown)
        found = f"SELECT {some} FROM search_docs d WHERE {' AND '.join(where)} ORDER BY {number} DESC LIMIT {limit}"
        query = text(f"SELECT {_LAST}, {gathered} FROM ({found}) found")
        last, *columns = self.conn.execute(query, bound.values).one()
        return Copies.of([it or () for it in columns]), last


def _leading(query: Query, spelling: TsVector) -> tuple[Query, ...]:
    """Words that have to be there, and where there are any, those that must not be."""
    parts = parts_of(query)
    wanted = [it for it in parts if not isinstance(it, Not) and spelling.words(it) is not None]
    unwanted = [it for it in parts if isinstance(it, Not) and spelling.words(it.item) is not None]
    return (*wanted, *unwanted) if wanted else ()


def _size(top: int, high: int, met: int, limit: int) -> int:
    """How large the window that ends before `high` has to be to hold what is wanted, `met` of it having been met between there
    and `top`."""
    passed = top - high
    if met * high <= FEW * limit * passed:
        return high
    return int(SPARE * (limit - met) * passed / met)
