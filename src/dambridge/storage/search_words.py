"""From a question to SQL, in the two full text languages. Words were taken apart before; nothing of them is ever syntax.

A document's words stand in the text index twice: plain, and with the name of their field before them (`title_fox`). A value of a
facet stands there whole as well (`photographer_=ann=muster`), so that it can be met exactly.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dambridge.model.queries import AllOf, Among, AnyOf, During, Facet, Is, Not, Query, Words, words_of
from dambridge.model.searching import Document

LONGEST = 100
"""Characters of a word that are compared."""
LONGEST_VALUE = 500
"""Characters of a facet's value that are."""
MOST_WORDS = 20_000
"""Words of one copy that are found."""
LISTED = 200
"""Numbers that PostgreSQL looks up one by one; more are told as bits, which costs it the same however many there are."""
LIST_SIGN = "\x1f"


@dataclass(slots=True)
class Bound:
    """Parameters of a statement under names that are handed out one by one."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        name = f"q{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def field_token(name: str, word: str) -> str:
    """The word with its field's name before it. Words hold no `_`, so nothing else is spelled the same."""
    return f"{_slug(name)}_{word[:LONGEST]}"


@lru_cache(maxsize=4096)
def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "=", name.casefold())


def whole_token(facet: Facet, value: str) -> str:
    """A facet's value as one token: people's words by their words, our own letter by letter."""
    people = facet in {Facet.CAMPAIGN, Facet.PHOTOGRAPHER}
    spelled = "=".join(words_of(value)) if people else value.encode().hex()
    return f"{_slug(facet)}_={spelled}"[:LONGEST_VALUE]


def tokens_of(words: Words) -> tuple[bool, tuple[str, ...]]:
    """Whether they are of a field, and how they stand in the text index."""
    if words.field:
        return True, tuple(field_token(words.field, it) for it in words.words)
    return False, tuple(it[:LONGEST] for it in words.words)


def streams(document: Document) -> tuple[list[list[str]], list[list[str]]]:
    """The plain words and those of fields, each value a list of its own."""
    plain: list[list[str]] = []
    named: list[list[str]] = []
    for name, values in sorted(document.texts.items()):
        for value in values:
            if name in document.free:
                plain.append([it[:LONGEST] for it in value])
            named.append([field_token(name, it) for it in value])
    exact = {
        Facet.CAMPAIGN: document.campaigns,
        Facet.PHOTOGRAPHER: document.photographers,
        Facet.STATUS: (document.status,),
        Facet.TYPE: (document.media_type,),
        Facet.HOME: (document.key.account,),
    }
    named += [[whole_token(facet, it)] for facet, several in exact.items() for it in several]
    return plain, named


class Spelling(ABC):
    """One database's way to say it. `d` is the table of copies."""

    @abstractmethod
    def words(self, query: Query) -> str | None:
        """The question in the text index's own language, where it is about words alone and names some."""

    def column(self, name: str) -> str:
        """A column of `d` as conditions name it."""
        return f"d.{name}"

    @abstractmethod
    def has(self, match: str) -> str:
        """The condition that a copy's words match; `match` is a parameter's name."""

    @abstractmethod
    def named(self, column: str, values: Iterable[str], bound: Bound) -> str:
        """The condition that the column is one of these texts."""

    @abstractmethod
    def numbered(self, column: str, values: frozenset[int], bound: Bound) -> str:
        """The condition that the column is one of these numbers, of which there may be thousands."""

    @abstractmethod
    def row(self, number: int, document: Document) -> Mapping[str, Any]:
        """A copy's words as the text index takes them in."""

    def condition(self, query: Query, bound: Bound) -> str:
        """The question as a condition about `d`."""
        if (match := self.words(query)) is not None:
            return self.has(bound.add(match))
        match query:
            case During():
                return self._during(query, bound)
            case Among(profiles):
                return self.numbered(self.column("profile"), profiles, bound)
            case Not(item):
                return f"NOT coalesce({self.condition(item, bound)}, FALSE)"
            case AllOf(items):
                return " AND ".join(f"({self.condition(it, bound)})" for it in items) or "TRUE"
            case AnyOf(items):
                return " OR ".join(f"({self.condition(it, bound)})" for it in items) or "FALSE"
        raise TypeError(f"an index is not asked {query!r}")

    def _during(self, asked: During, bound: Bound) -> str:
        column = self.column(asked.time)
        ends = [f"{column} IS NOT NULL"]
        if asked.first is not None:
            ends.append(f"{column} >= {bound.add(asked.first)}")
        if asked.last is not None:
            ends.append(f"{column} <= {bound.add(asked.last)}")
        return " AND ".join(ends)


@dataclass(frozen=True, slots=True)
class Fts5(Spelling):
    """SQLite. An index of one column alone may be walked, that of `leader`, which the planner is not asked about: it knows
    neither how many have a word nor that the newest are wanted. `within` a window of numbers words are looked up between `:low`
    and `:high`."""

    leader: str = ""
    within: bool = False

    def column(self, name: str) -> str:
        return f"d.{name}" if name == self.leader else f"+d.{name}"  # with the sign no index is chosen

    def words(self, query: Query) -> str | None:
        match query:
            case Words():
                of_field, tokens = tokens_of(query)
                phrase = " ".join(tokens)
                return f'{{{"fields" if of_field else "words"}}} : "{phrase}"{" *" if query.prefix else ""}'
            case Is(facet, value):
                return f'{{fields}} : "{whole_token(facet, value)}"'
            case AnyOf(items):
                parts = [self.words(it) for it in items]
                return None if None in parts or not parts else "(" + " OR ".join(f"({it})" for it in parts) + ")"
            case AllOf(items):
                return self._all(items)
        return None

    def _all(self, items: Sequence[Query]) -> str | None:
        wanted = [self.words(it) for it in items if not isinstance(it, Not)]
        unwanted = [self.words(it.item) for it in items if isinstance(it, Not)]
        if not wanted or None in wanted or None in unwanted:
            return None
        found = " AND ".join(f"({it})" for it in wanted)
        return f"(({found}) NOT ({' OR '.join(f'({it})' for it in unwanted)}))" if unwanted else f"({found})"

    def has(self, match: str) -> str:
        window = " AND rowid >= :low AND rowid < :high" if self.within else ""
        return f"d.id IN (SELECT rowid FROM search_words WHERE search_words MATCH {match}{window})"

    def named(self, column: str, values: Iterable[str], bound: Bound) -> str:
        return f"{column} IN (SELECT value FROM json_each({bound.add(json.dumps(sorted(values)))}))"

    def numbered(self, column: str, values: frozenset[int], bound: Bound) -> str:
        return f"{column} IN (SELECT value FROM json_each({bound.add(_as_json(values))}))"

    def row(self, number: int, document: Document) -> Mapping[str, Any]:
        plain, named = streams(document)
        return {"id": number, "words": _joined(plain), "fields": _joined(named)}


@lru_cache(maxsize=64)
def _as_json(values: frozenset[int]) -> str:
    """One person asks with the same thousands of numbers again and again."""
    return json.dumps(sorted(values))


@lru_cache(maxsize=64)
def _as_bits(values: frozenset[int]) -> bytes:
    """The same as PostgreSQL is told it: a bit for each number."""
    bits = bytearray((max(values) >> 3) + 1)
    for it in values:
        bits[it >> 3] |= 1 << (it & 7)
    return bytes(bits)


def _joined(values: Sequence[Sequence[str]]) -> str:
    """Values with a sign between them that nobody looks for, so that no phrase goes from one into the next."""
    words = [word for value in values for word in (*value, "_")]
    return " ".join(words[:MOST_WORDS])


@dataclass(frozen=True, slots=True)
class TsVector(Spelling):
    """PostgreSQL. Vectors and questions are spelled out, so that no parser of its own has a say in what a word is. What is not
    to be `looked_up` in an index is spelled so that it cannot be."""

    looked_up: bool = True

    def words(self, query: Query) -> str | None:
        match query:
            case Words():
                tokens = [_quoted(it) for it in tokens_of(query)[1]]
                return "(" + " <-> ".join([*tokens[:-1], tokens[-1] + (":*" if query.prefix else "")]) + ")"
            case Is(facet, value):
                return _quoted(whole_token(facet, value))
            case AnyOf(items) | AllOf(items):
                parts = [self._part(it) for it in items]
                if None in parts or not parts or all(isinstance(it, Not) for it in items):
                    return None
                return "(" + (" | " if isinstance(query, AnyOf) else " & ").join(str(it) for it in parts) + ")"
        return None

    def _part(self, query: Query) -> str | None:
        if isinstance(query, Not):
            inner = self.words(query.item)
            return None if inner is None else f"!{inner}"
        return self.words(query)

    def has(self, match: str) -> str:
        question = f"CAST({match} AS tsquery)"
        return f"d.tokens @@ {question}" if self.looked_up else f"ts_match_vq(d.tokens, {question})"

    def named(self, column: str, values: Iterable[str], bound: Bound) -> str:
        return f"{column} = ANY({bound.add(sorted(values))})"

    def numbered(self, column: str, values: frozenset[int], bound: Bound) -> str:
        if len(values) <= LISTED:
            return f"{column} = ANY(CAST({bound.add(sorted(values))} AS int[]))"
        bits = _as_bits(values)
        told = f"get_bit(CAST({bound.add(bits)} AS bytea), {column})"
        return f"CASE WHEN {column} < {8 * len(bits)} THEN {told} = 1 ELSE FALSE END"

    def row(self, number: int, document: Document) -> Mapping[str, Any]:
        plain, named = streams(document)
        where: dict[str, list[int]] = {}
        for stream in (plain, named):
            at = 1
            for word in (it for value in stream for it in (*value, "")):
                if word and at < 16_000:
                    where.setdefault(word, []).append(at)
                at += 1
        spelled = [f"{_quoted(it)}:{','.join(map(str, places[:250]))}" for it, places in where.items()]
        return {"tokens": " ".join(spelled)}


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
