"""Controlled vocabularies: what a word means there, and which terms to propose for one that is not known. Pure.

A word *is* a term when it equals its label, a synonym or a label in another language, apart from case, accents, punctuation,
spaces and plural; nothing less is taken without a person. What is only like a term is proposed, the likest first.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

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
_KIND_ASIDE = 0.96
"""How far a likeness counts that rests on leaving out the kind of thing, which the term above says."""
_BEHIND = 20.0
"""What is so much less like the word than the likest term is no proposal beside it."""
_MOST = 20
"""Proposals that are kept for one word."""

_EMPTY_WORDS = frozenset({"the", "a", "an", "of", "and", "or", "for", "in", "und", "et", "de", "des", "du", "la", "le"})
_BAR = re.compile(r"(?<!\\)\|")
_LONGEST = 160
"""Characters of a folded word that a key keeps as they are; of a longer one the rest is told apart by its hash."""
_KEPT_SIGNS = "#%"
"""Signs that make another word of the one they follow: a key of music, a share; before a word they say nothing."""
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

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "broader": self.broader,
            "synonyms": list(self.synonyms),
            "labels": dict(self.labels),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Term:
        return cls(
            id=data["id"],
            label=data["label"],
            broader=data["broader"],
            synonyms=tuple(data["synonyms"]),
            labels=data["labels"],
        )

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
        if word not in self._proposed:
            self._proposed[word] = self._likest(word)
        return self._proposed[word][:limit]

    def _likest(self, word: str) -> tuple[Proposal, ...]:
        best: dict[str, Proposal] = {}
        for term, spelling, form in self._forms:
            likeness = max(_likeness(word, form), _KIND_ASIDE * _likeness(self._aside(word, term), form))
            if likeness >= FLOOR and (term.id not in best or likeness > best[term.id].likeness):
                best[term.id] = Proposal(term=term, likeness=round(likeness, 1), spelling=spelling)
        likest = max((it.likeness for it in best.values()), default=0.0)
        near = [it for it in best.values() if it.likeness >= likest - _BEHIND]
        return tuple(sorted(near, key=lambda it: -it.likeness)[:_MOST])

    def _aside(self, word: str, term: Term) -> str:
        """The word without those of its parts that only name the kind of thing: the label of a term above."""
        kinds = self._kinds[term.id]
        words = fold(word)
        if not kinds or not kinds & set(_stems(words)):
            return ""
        return " ".join(it for it in words if _stems((it,))[0] not in kinds)

    @cached_property
    def _proposed(self) -> dict[str, tuple[Proposal, ...]]:
        return {}

    @cached_property
    def _kinds(self) -> Mapping[str, frozenset[str]]:
        above = {it.id: self.path(it)[:-1] for it in self.terms}
        return {
            term: frozenset(stem for it in path for stem in _form(it.label, "").stems) for term, path in above.items()
        }

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
    """The words of a text without case, accents and punctuation. Marks that make another letter, as they do outside of the
    Latin and Greek scripts (vowel signs, voiced kana), are no accents and stay."""
    bare = text.casefold()
    for spoken, plain in _SPOKEN.items():
        bare = bare.replace(spoken, plain)
    words: list[str] = [""]
    for letter in unicodedata.normalize("NFC", _without_accents(bare)):
        if letter.isalnum() or (words[-1] and (letter in _KEPT_SIGNS or unicodedata.category(letter)[0] == "M")):
            words[-1] += letter
        elif words[-1]:
            words.append("")
    return tuple(it for it in words if it)


def _without_accents(text: str) -> str:
    kept: list[str] = []
    plain = False
    for letter in unicodedata.normalize("NFKD", text).casefold():
        if not unicodedata.combining(letter):
            plain = letter.isascii() or unicodedata.name(letter, "").startswith(("LATIN", "GREEK"))
        elif plain:
            continue
        kept.append(letter)
    return "".join(kept)


def word_key(text: str) -> str:
    """The folded word by which a queue knows a text: safe in any store, never empty, never that of another word by mere
    length."""
    folded = " ".join(fold(text)) or text.strip().casefold().encode("unicode_escape").decode("ascii") or "(blank)"
    if len(folded) <= _LONGEST:
        return folded
    return f"{folded[:_LONGEST]}~{hashlib.sha256(folded.encode()).hexdigest()[:16]}"


@lru_cache(maxsize=65536)
def _form(text: str, language: str) -> _Form:
    words = fold(text)
    name = LANGUAGES.get(language.partition("-")[0])
    stems = _stem(tuple(words), name) if name else words
    return _Form(" ".join(words), "".join(words), "".join(stems), frozenset(stems) - _EMPTY_WORDS)


def _stems(words: tuple[str, ...]) -> tuple[str, ...]:
    return _stem(words, LANGUAGES[""])


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
    """Terms from rows of a table with `label` and, where it has them, `id` (else the label), `broader`, `synonyms` (separated
    by `|`, one inside a synonym written `\\|`) and `label_xx` columns.

    Raises `ValueError` naming the row when an id or a label is missing."""
    return tuple(_term(row, number) for number, row in enumerate(rows, start=2))


def _term(row: Mapping[str, str], number: int) -> Term:
    label = (row.get("label") or "").strip()
    term_id = (row.get("id") or "").strip() if "id" in row else label
    if not term_id or not label:
        raise ValueError(f"line {number} names no id or no label; every term needs both")
    labels = {
        column.removeprefix("label_"): text.strip()
        for column, text in row.items()
        if column and column.startswith("label_") and text and text.strip()
    }
    return Term(
        id=term_id,
        label=label,
        broader=(row.get("broader") or "").strip(),
        synonyms=_split(row.get("synonyms") or ""),
        labels=labels,
    )


def _split(text: str) -> tuple[str, ...]:
    """Parted at bars; a bar after a backslash belongs to the text."""
    return tuple(it for part in _BAR.split(text) if (it := part.replace("\\|", "|").strip()))


def rows_from_terms(terms: Sequence[Term]) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows that `terms_from_rows` reads as the same terms."""
    languages = sorted({language for it in terms for language in it.labels})
    columns = ["id", "label", "broader", "synonyms", *(f"label_{it}" for it in languages)]
    rows = [
        {
            "id": it.id,
            "label": it.label,
            "broader": it.broader,
            "synonyms": "|".join(text.replace("|", "\\|") for text in it.synonyms),
            **{f"label_{language}": text for language, text in it.labels.items()},
        }
        for it in terms
    ]
    return columns, rows
