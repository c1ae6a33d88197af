"""The keyword that the contributors' uploader writes into every file of a delivery (hazard P34).

A contributor describes a delivery in up to 25 characters; PhotoShelter appends the description to the gallery's name and
writes it into each file as an IPTC keyword (PS section 8, HC, CONFIRMED as product behaviour). It is known by both: it
stands where the gallery's pattern has its `*`, and among the keywords. A description with commas comes as several terms
where the account gives keywords as one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dambridge.mapping.normal import is_absent, normal_text
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Container
from dambridge.model.values import FieldName, Value

LONGEST_WORD = 25
KEYWORDS = FieldName("keywords")


@dataclass(frozen=True, slots=True)
class UploaderWord:
    """`galleries` are the paths of the galleries that contributors upload to, with one `*` at the end where the uploader
    puts the description; `to` is the text field that it is routed to where that is empty, None to strip it."""

    galleries: tuple[str, ...]
    to: FieldName | None = None

    def word_of(self, containers: Iterable[Container]) -> tuple[str, ...]:
        """The descriptions by which the galleries of an asset are known."""
        paths = [normal_text(it.path).strip("/") for it in containers]
        matches = (_pattern(pattern).fullmatch(path) for path in paths for pattern in self.galleries)
        return tuple(dict.fromkeys(it[1].strip() for it in matches if it))


def gallery_mistake(pattern: str) -> str | None:
    """What is wrong with such a path, or None."""
    if not pattern.endswith("*") or pattern.count("*") != 1 or len(pattern.strip("/* ")) == 0:
        return f"{pattern!r} must be a gallery's path with one `*` at its end, where the uploader puts the description"
    return None


@lru_cache(maxsize=256)
def _pattern(source: str) -> re.Pattern[str]:
    start = normal_text(source).strip("/").removesuffix("*")
    return re.compile(re.escape(start) + rf"([^/]{{1,{LONGEST_WORD}}})")


def take_out(fields: dict[FieldName, Value], containers: Iterable[Container], rule: UploaderWord) -> Reason | None:
    """Take the uploader's word out of the keywords, into the field that it is routed to; says so where it did."""
    keywords = fields.get(KEYWORDS)
    if not isinstance(keywords, tuple):
        return None
    for word in rule.word_of(containers):
        rest = _without(keywords, word)
        if rest is None:
            continue
        del fields[KEYWORDS]
        if rest:
            fields[KEYWORDS] = rest
        if rule.to is not None and is_absent(fields.get(rule.to)):
            fields[rule.to] = word
        return Reason.of(Code.UPLOADER_WORD, word=word, to=rule.to or "")
    return None


def _without(keywords: tuple[str, ...], word: str) -> tuple[str, ...] | None:
    """The keywords without this one, whole or in the pieces that commas made of it, however often it stands there; None
    where it is not among them."""
    left, at = list(keywords), 0
    ways = ([_folded(word)], [_folded(it) for it in word.split(",") if it.strip()])
    while at < len(left):
        width = next((len(it) for it in ways if [_folded(one) for one in left[at : at + len(it)]] == it), 0)
        del left[at : at + width]
        at += not width
    return tuple(left) if len(left) < len(keywords) else None


def _folded(text: str) -> str:
    return normal_text(text).strip().casefold()
