"""Answers from the index in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text

from dambridge.model.queries import AllOf, Query, Words, leaves
from dambridge.ports.searching import Ask
from dambridge.storage.search_finding import GATHERED, Finding, asked_words
from dambridge.storage.search_words import Bound, TsVector


class PostgresFinding(Finding):
    spelling = TsVector()
    each = "search_docs d JOIN search_words w ON w.id = d.id"

    def sources(self, query: Query, bound: Bound) -> tuple[str, str]:
        return self.each, self.spelling.condition(query, bound)

    def ranks(self, conn: Connection, query: Query, numbers: Sequence[int]) -> dict[int, float]:
        asked = asked_words(query, self.spelling)
        if not asked:
            return {}
        bound = Bound()
        words = bound.add(self.spelling.words(AllOf(asked)))
        wanted = self.spelling.one_of("id", numbers, bound)
        ranked = f"SELECT id, -ts_rank_cd(tokens, CAST({words} AS tsquery)) FROM search_words WHERE {wanted}"
        return {it[0]: float(it[1]) for it in conn.execute(text(ranked), bound.values)}

    def one(self, query: Query, bound: Bound) -> str:
        return self.spelling.condition(query, bound)

    def are_scattered(self, conn: Connection, ask: Ask) -> bool:
        """The text index has no order: for the newest, words are looked for in one copy after the other. How many have a word the
        planner knows well enough; of beginnings of words it knows nothing."""
        if any(isinstance(it, Words) and it.prefix for it in leaves(ask.query)):
            return False
        bound = Bound()
        plan = conn.execute(text(f"EXPLAIN (FORMAT JSON) SELECT 1 {self._matching(ask, bound)}"), bound.values)
        return int(plan.scalar_one()[0]["Plan"]["Plan Rows"]) <= 2 * GATHERED

    def scrub(self, engine: Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in ("search_words", "search_docs", "search_bodies"):
                conn.execute(text(f"VACUUM {table}"))
