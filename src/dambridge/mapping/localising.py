"""A master's texts in the languages of an outlet: what its copy there should say.

An outlet names tags in order of preference. For each, the text of that very tag is taken, else that of the tag with its last
part taken off, and so on (de-AT, de: the lookup of RFC 4647, section 3.4); a text for more than was asked (de-AT where de
is wanted) is taken before another language is. If none of the outlet's languages is there, the master's default text stands
in, and where it has none, the first by tag. Nothing is translated, and no text is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dambridge.mapping.normal import is_absent
from dambridge.model.values import DEFAULT_LANGUAGE, FieldName, Fields, LangAlt, Value


class Fit(StrEnum):
    """How near the text that was found is to what was asked."""

    EXACT = "exact"
    """The language that the outlet asks for first."""
    BROADER = "broader"
    """The same language without its region or script: `de` for `de-AT`."""
    NARROWER = "narrower"
    """The same language of one region or script: `de-AT` for `de`."""
    FURTHER = "further"
    """A language that the outlet names further down."""
    DEFAULT = "default"
    """None that the outlet names: the master's own default."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Which language a field came out in: `wanted` what the outlet asks for first, `found` the tag of the text that was
    taken, and how near that is."""

    wanted: str
    found: str
    fit: Fit

    @property
    def lacking(self) -> bool:
        """Whether the outlet's first language is missing, so that somebody should be told."""
        return self.fit in {Fit.FURTHER, Fit.DEFAULT}


@dataclass(frozen=True, slots=True)
class Localised:
    """What a copy says, and for each text in languages which one was taken. Other fields are as the master has them."""

    fields: Fields
    spoken: Mapping[FieldName, Spoken] = field(default_factory=dict)

    @property
    def lacking(self) -> tuple[str, ...]:
        """`field: wanted → found`, for every field whose first language is missing, sorted: words for a reason."""
        return tuple(f"{name}: {it.wanted} → {it.found}" for name, it in sorted(self.spoken.items()) if it.lacking)


def localised(fields: Fields, languages: Sequence[str], *, keep: bool = False) -> Localised:
    """These fields in an outlet's languages, in order of preference; without any they are the master's own default.

    Texts in languages become one text (`LangAlt` with `x-default` alone), as a system shows it that knows no languages. With
    `keep` the other languages stay beside it, for files and systems that hold several. Blank texts count as missing."""
    said: dict[FieldName, Value] = {}
    spoken: dict[FieldName, Spoken] = {}
    for name, value in fields.items():
        if not isinstance(value, LangAlt):
            said[name] = value
        elif not is_absent(value):
            said[name], spoken[name] = _one(value, languages, keep=keep)
    return Localised(said, spoken)


def text_in(value: LangAlt, languages: Sequence[str]) -> tuple[str, Spoken]:
    """The text for these languages, and which it is. `value` says something in some language."""
    texts = {tag: text for tag, text in value.entries if text.strip()}
    by_name = {tag.casefold(): tag for tag in texts if tag != DEFAULT_LANGUAGE}
    wanted = languages[0] if languages else DEFAULT_LANGUAGE
    for place, language in enumerate(languages):
        for tag, fit in _candidates(language, by_name):
            return texts[tag], Spoken(wanted, tag, fit if place == 0 else Fit.FURTHER)
    fallback = DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in texts else min(texts)
    is_asked = not languages or wanted.casefold() == DEFAULT_LANGUAGE
    return texts[fallback], Spoken(wanted, fallback, Fit.EXACT if is_asked and fallback == wanted else Fit.DEFAULT)


def _candidates(language: str, by_name: Mapping[str, str]) -> Iterator[tuple[str, Fit]]:
    """Tags that serve a language, the best first."""
    asked = language.casefold()
    if asked == DEFAULT_LANGUAGE:
        return
    for tag in _shortened(asked):
        if tag in by_name:
            yield by_name[tag], Fit.EXACT if tag == asked else Fit.BROADER
    for tag in sorted(it for it in by_name if it.startswith(f"{asked}-")):
        yield by_name[tag], Fit.NARROWER


def _shortened(tag: str) -> Iterator[str]:
    """A tag, then what is left when its parts are taken off from the end; a single letter goes with the part after it."""
    parts = tag.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if len(parts) > 1 and len(parts[-1]) == 1:
            parts.pop()


def _one(value: LangAlt, languages: Sequence[str], *, keep: bool) -> tuple[LangAlt, Spoken]:
    text, spoken = text_in(value, languages)
    others = {tag: it for tag, it in value.entries if tag != DEFAULT_LANGUAGE and it.strip()} if keep else {}
    return LangAlt.of({**others, DEFAULT_LANGUAGE: text}), spoken
