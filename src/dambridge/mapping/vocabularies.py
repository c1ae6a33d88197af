"""Controlled vocabularies: what a word means there, and which terms to propose for one that is not known. Pure.

A word *is* a term when it equals its label, a synonym or a label in another language, apart from case, accents, punctuation,
spaces and plural; nothing less is taken without a person. What is only like a term is proposed, the likest first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rapidfuzz import fuzz
from snowballstemmer import stemmer

LANGUAGES: Mapping[str, str] = {
    "": "english",
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
}
"""Languages whose plurals are folded, by BCP 47 primary tag; others are compared unstemmed."""
FLOOR = 55.0
"""What is less like a term than this (of 100) is not proposed."""

_EMPTY_WORDS = frozenset({"the", "a", "an", "of", "and", "or", "for", "in", "und", "et", "de", "des", "du", "la", "le"})
_SPLIT = re.compile(r"[\W_]+")
_SPOKEN = {"&": " and ", "+": " and ", "’": "", "'": "", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term: `label` is its spelling in the system, `labels` the same in other languages by BCP 47 tag, `broader` the
    id of the term above it, empty at the top."""

    id: str
    label: str
    broader: str = ""
    synonyms: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Every spelling with its language (empty for the vocabulary's own), the label first."""
        yield self.label, ""
        for synonym in self.synonyms:
            yield synonym, ""
        for language, label in sorted(self.labels.items()):
            yield label, language


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A term that may be meant, how like it is (0 to 100), and the spelling that is like the word."""

    term: Term
    likeness: float
    spelling: str


@dataclass(frozen=True)
class Vocabulary:
    """The terms of one vocabulary. Raises `ValueError` when an id stands in it twice or a broader term is missing."""

    name: str
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        known = {it.id for it in self.terms}
        if len(known) < len(self.terms):
            raise ValueError(f"an id stands twice in the vocabulary {self.name}")
        for term in self.terms:
            if term.broader and term.broader not in known:
                raise ValueError(f"{term.id} stands below {term.broader}, which is not in the vocabulary {self.name}")

    def term(self, term_id: str) -> Term | None:
        return self._by_id.get(term_id)

    def path(self, term: Term) -> tuple[Term, ...]:
        """The term and those above it, the topmost first. A ring of broader terms is cut where it closes."""
        above: list[Term] = [term]
        while (upper := self._by_id.get(above[0].broader)) is not None and upper not in above:
            above.insert(0, upper)
        return tuple(above)

    def find(self, word: str) -> Term | None:
        """The one term that the word is; None where it is none, or several."""
        for forms in (self._exact, self._folded, self._stemmed):
            found = forms.get(_key(word, forms is self._stemmed, exact=forms is self._exact), ())
            if len(found) == 1:
                return self._by_id[next(iter(found))]
            if found:
                return None
        return None

    def propose(self, word: str, limit: int = 5) -> tuple[Proposal, ...]:
        """The terms most like the word, the likest first; equal ones in the order of the vocabulary."""
        best: dict[str, Proposal] = {}
        for term, spelling, form in self._forms:
            likeness = _likeness(word, form)
            if likeness >= FLOOR and (term.id not in best or likeness > best[term.id].likeness):
                best[term.id] = Proposal(term=term, likeness=round(likeness, 1), spelling=spelling)
        return tuple(sorted(best.values(), key=lambda it: -it.likeness)[:limit])

    @cached_property
    def _by_id(self) -> dict[str, Term]:
        return {it.id: it for it in self.terms}

    @cached_property
    def _forms(self) -> list[tuple[Term, str, _Form]]:
        return [(term, text, _form(text, language)) for term in self.terms for text, language in term.spellings()]

    @cached_property
    def _exact(self) -> Mapping[str, frozenset[str]]:
        return _index((term.label, term.id) for term in self.terms)

    @cached_property
    def _folded(self) -> Mapping[str, frozenset[str]]:
        return _index((form.joined, term.id) for term, _, form in self._forms)

    @cached_property
    def _stemmed(self) -> Mapping[str, frozenset[str]]:
        return _index((form.stem, term.id) for term, _, form in self._forms)


@dataclass(frozen=True, slots=True)
class _Form:
    """A spelling ready to be compared: its folded words, the same without spaces, and the stems that count."""

    words: str
    joined: str
    stem: str
    stems: frozenset[str]


def _index(pairs: Iterator[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for form, term_id in pairs:
        found.setdefault(form, set()).add(term_id)
    return {form: frozenset(ids) for form, ids in found.items()}


def _key(word: str, stemmed: bool, *, exact: bool) -> str:
    if exact:
        return word
    form = _form(word, "")
    return form.stem if stemmed else form.joined


def fold(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and punctuation."""
    bare = "".join(it for it in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(it))
    bare = bare.casefold()
    for spoken, plain in _SPOKEN.items():
        bare = bare.replace(spoken, plain)
    return tuple(it for it in _SPLIT.split(bare) if it)


@lru_cache(maxsize=65536)
def _form(text: str, language: str) -> _Form:
    words = fold(text)
    name = LANGUAGES.get(language.partition("-")[0])
    stems = _stem(tuple(words), name) if name else words
    return _Form(" ".join(words), "".join(words), "".join(stems), frozenset(stems) - _EMPTY_WORDS)


@lru_cache(maxsize=65536)
def _stem(words: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(stemmer(language).stemWords(list(words)))


def _likeness(word: str, form: _Form) -> float:
    """How like the word is to the form: the whole without spaces, the words in any order, and the words in common."""
    own = _form(word, "")
    if not own.joined or not form.joined:
        return 0.0
    whole = fuzz.ratio(own.joined, form.joined)
    stem = fuzz.ratio(own.stem, form.stem)
    ordered = fuzz.token_sort_ratio(own.words, form.words)
    common = _common(own.stems, form.stems)
    return max(whole, stem, ordered * 0.98, common)


def _common(own: frozenset[str], other: frozenset[str]) -> float:
    """Words in common, each as like as its likest; what only one of the two says counts against it."""
    if not own or not other:
        return 0.0
    forth = sum(max(fuzz.ratio(a, b) for b in other) ** 2 for a in own) / 100
    back = sum(max(fuzz.ratio(a, b) for b in own) ** 2 for a in other) / 100
    return (forth + back) / (len(own) + len(other))


def terms_from_rows(rows: Sequence[Mapping[str, str]]) -> tuple[Term, ...]:
    """Terms from rows of a table with `id`, `label`, `broader`, `synonyms` (separated by `|`) and `label_xx` columns.

    Raises `ValueError` naming the row when an id or a label is missing."""
    return tuple(_term(row, number) for number, row in enumerate(rows, start=2))


def _term(row: Mapping[str, str], number: int) -> Term:
    term_id, label = (row.get("id") or "").strip(), (row.get("label") or "").strip()
    if not term_id or not label:
        raise ValueError(f"line {number} names no id or no label; every term needs both")
    synonyms = tuple(it.strip() for it in (row.get("synonyms") or "").split("|") if it.strip())
    labels = {
        column.removeprefix("label_"): text.strip()
        for column, text in row.items()
        if column and column.startswith("label_") and text and text.strip()
    }
    return Term(id=term_id, label=label, broader=(row.get("broader") or "").strip(), synonyms=synonyms, labels=labels)
