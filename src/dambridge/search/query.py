"""The query language: words, "phrases", field:value, ranges, -not, OR, parentheses. Text in, a frozen question out.

    asked   = either*                       everything that stands side by side has to hold
    either  = part (OR part)*               OR binds closer than standing side by side
    part    = [- | NOT] ( ( asked ) | [field:] value )
    value   = word | word* | "phrase" | low..high

The reader is written by hand (`docs/decisions/0014-query-language.md`): its errors are its point.
"""

from __future__ import annotations

import difflib
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dambridge.mapping import FIELDS
from dambridge.model.queries import (
    AllOf,
    AnyOf,
    During,
    Facet,
    InRegion,
    Is,
    May,
    Not,
    Query,
    Stands,
    Time,
    Usable,
    Words,
    both,
    words_of,
)
from dambridge.model.records import MediaType
from dambridge.model.rights import EVERYWHERE

MOST = 2000
"""Characters of a question."""
DEEPEST = 12
"""Parentheses within each other."""
OWN = "own."
"""`own.Shoot:…` asks a site's own field by its name in the system."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "caption": "description",
        "author": "creator",
        "by": "photographer",
        "file": "file_name",
        "filename": "file_name",
        "copyright": "copyright_notice",
        "people": "people_shown",
        "person": "people_shown",
        "keyword": "keywords",
        "tag": "keywords",
        "system": "home",
        "account": "home",
        "in": "home",
        "territory": "region",
        "kind": "type",
        "taken": "date",
        "uploaded": "added",
        "changed": "modified",
        "usable": "rights",
        "name": "title",
    }
)
"""Other names that people use."""

_SIGNS = re.compile(r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-(?=\S))|(?P<quote>\"[^\"]*\"?)|(?P<bare>[^\s()\"]+))")
_FIELD = re.compile(r"(?P<name>[^\W\d][\w.]*):(?P<rest>.*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


class Misread(ValueError):
    """The question cannot be read. `at` is the place in the text, counted from 0; the text says what to write instead."""

    def __init__(self, told: str, at: int) -> None:
        super().__init__(told)
        self.at = at


def read_query(text: str) -> Query:
    """The question that `text` asks; of an empty one everything is an answer. Raises `Misread`."""
    if len(text) > MOST:
        raise Misread(f"The question has {len(text)} characters; {MOST} are read. Shorten it.", MOST)
    reader = _Reader(list(_tokens(text)), len(text))
    found = reader.asked(0)
    if (left := reader.next) is not None:
        raise Misread("There is a closing parenthesis too many here. Take it out, or open one before.", left.at)
    return found


def field_names() -> tuple[str, ...]:
    """Every name that can stand before a colon, for completion."""
    own = [*(str(it) for it in Facet), *(str(it) for it in Time), "file_name", *FIELDS, *ALIASES]
    return tuple(sorted(dict.fromkeys(map(str, own))))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    glued: bool
    """Whether it follows the one before without a blank."""


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while found := _SIGNS.match(text, at):
        kind = found.lastgroup or ""
        begin = found.start(kind)
        if kind == "quote" and not (len(found[kind]) > 1 and found[kind].endswith('"')):
            raise Misread('The quotation mark here is never closed. Write another " where the phrase ends.', begin)
        yield _Token(kind, found[kind], begin, glued=begin == at and at > 0)
        at = found.end()


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._end = end

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def asked(self, depth: int) -> Query:
        parts: list[Query] = []
        while (token := self.next) is not None and token.kind != "close":
            if _is_word(token, "AND"):
                self._at += 1
                continue
            parts.append(self._either(depth))
        return both(*parts) if parts else AllOf()

    def _either(self, depth: int) -> Query:
        if (token := self.next) is not None and _is_word(token, "OR"):
            raise Misread(
                "OR needs something before it. Write it between two things, as in `harbour OR port`.", token.at
            )
        found = [self._part(depth)]
        while (token := self.next) is not None and _is_word(token, "OR"):
            self._at += 1
            if self.next is None or self.next.kind == "close" or _is_word(self.next, "OR"):
                raise Misread("OR needs something after it. Write it between two things.", token.at)
            found.append(self._part(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _part(self, depth: int) -> Query:
        token = self._take()
        if token.kind == "minus" or _is_word(token, "NOT"):
            if self.next is None or self.next.kind == "close":
                raise Misread(f"`{token.text}` needs something after it that must not be there.", token.at)
            return Not(self._part(depth))
        if token.kind == "open":
            return self._group(token, depth + 1)
        if token.kind == "quote":
            return _phrase(token, "")
        return self._value(token)

    def _group(self, opened: _Token, depth: int) -> Query:
        if depth > DEEPEST:
            raise Misread(f"More than {DEEPEST} parentheses stand within each other. Ask more simply.", opened.at)
        found = self.asked(depth)
        closed = self.next
        if closed is None:
            raise Misread("The parenthesis here is never closed. Write `)` where the group ends.", opened.at)
        self._at += 1
        if found == AllOf():
            raise Misread("There is nothing between these parentheses. Take them out, or write something.", opened.at)
        return found

    def _value(self, token: _Token) -> Query:
        named = _FIELD.fullmatch(token.text)
        if named is None or named["rest"].startswith("//"):
            return _plain(token.text, "", token.at)
        if named["name"].startswith(OWN):
            name, rest = named["name"], named["rest"]
        else:
            name, rest = _field(named["name"], token.at), named["rest"]
        at = token.at + named.start("rest")
        if not rest:
            follower = self.next
            if follower is not None and follower.glued and follower.kind == "quote":
                self._at += 1
                return _of_field(name, follower.text[1:-1], follower.at, quoted=True)
            if follower is not None and follower.glued and follower.kind == "open":
                raise Misread(f"Write {name}: before each word, or put the words in quotation marks.", follower.at)
            raise Misread(f"`{named['name']}:` needs a value right after the colon, as in `{_example(name)}`.", at)
        return _of_field(name, rest, at, quoted=False)

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token


def _is_word(token: _Token, word: str) -> bool:
    return token.kind == "bare" and token.text == word


def _field(name: str, at: int) -> str:
    """The canonical name. Raises `Misread` with the nearest one."""
    known = field_names()
    wanted = name.casefold()
    wanted = ALIASES.get(wanted, wanted)
    if wanted in known:
        return wanted
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    meant = f"Did you mean `{near[0]}:`? " if near else ""
    raise Misread(
        f"There is no field `{name}`. {meant}To look for the text itself, put it in quotation marks; "
        f"a site's own field is written `{OWN}{name}:`.",
        at,
    )


def _example(name: str) -> str:
    samples = {
        "date": "date:2026-01..2026-06",
        "added": "added:2026",
        "modified": "modified:2026-05-01..",
        "status": "status:approved",
        "type": "type:video",
        "rights": "rights:now",
        "region": "region:DE",
    }
    return samples.get(name, f'{name}:word or {name}:"two words"')


def _of_field(name: str, text: str, at: int, *, quoted: bool) -> Query:
    if name in set(Time):
        return _during(Time(name), text, at)
    match name:
        case Facet.STATUS:
            return Is(Facet.STATUS, status_word(text))
        case Facet.TYPE:
            return Is(Facet.TYPE, _one_of(text, tuple(MediaType), "type", at))
        case Facet.HOME:
            return Is(Facet.HOME, text)
        case Facet.REGION:
            return InRegion(EVERYWHERE if text.casefold() in {"world", "worldwide", "*"} else text.upper())
        case Facet.RIGHTS:
            return _rights(text, at)
    return _phrase_of(text, name, at) if quoted else _plain(text, name, at)


def status_word(text: str) -> str:
    """A status in one spelling."""
    return "_".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _one_of(text: str, known: tuple[str, ...], what: str, at: int) -> str:
    wanted = text.casefold()
    if wanted in known:
        return wanted
    raise Misread(f"`{text}` is no {what}. There are {', '.join(map(str, known))}.", at)


_STANDINGS = {"later": Usable.LATER, "ended": Usable.ENDED, "unknown": Usable.UNKNOWN, "shut": Usable.SHUT}


def _rights(text: str, at: int) -> Query:
    """`now`, a channel (`web`), a territory after `@` (`@FR`), both (`web@FR`), or how they stand (`ended`)."""
    word = text.casefold()
    if word in _STANDINGS:
        return Stands(_STANDINGS[word])
    if word in {"now", "usable", "here"}:
        return May()
    channel, sign, territory = text.partition("@")
    if sign and not territory:
        raise Misread("After `@` stands a territory, as in `rights:web@FR` or `rights:@FR`.", at)
    return May(channel=channel.casefold(), territory=territory.upper())


def _plain(text: str, field: str, at: int) -> Query:
    prefix = text.endswith("*")
    if "*" in text[:-1]:
        raise Misread("A star stands at the end of a word only, as in `harb*`.", at + text.index("*"))
    return _words(text, field, at, prefix=prefix)


def _phrase(token: _Token, field: str) -> Query:
    return _phrase_of(token.text[1:-1], field, token.at)


def _phrase_of(text: str, field: str, at: int) -> Query:
    return _words(text, field, at, prefix=False)


def _words(text: str, field: str, at: int, *, prefix: bool) -> Query:
    found = words_of(text)
    if not found:
        raise Misread(f"There is no letter or digit in `{text}`. Write a word to look for.", at)
    return Words(found, field, prefix, spelled=text.rstrip("*"))


def _during(time: Time, text: str, at: int) -> Query:
    low, dots, high = text.partition("..")
    if not dots:
        return During(time, _day(low, at, last=False), _day(low, at, last=True))
    if not low and not high:
        raise Misread(f"A range needs at least one end, as in `{time}:2026-01..2026-06`.", at)
    first = _day(low, at, last=False) if low else None
    last = _day(high, at + len(low) + 2, last=True) if high else None
    if first and last and first > last:
        raise Misread(f"The range ends before it begins. Write `{time}:{high}..{low}`.", at)
    return During(time, first, last)


def _day(text: str, at: int, *, last: bool) -> str:
    """The first or last day of a year, month or day."""
    found = _DAY.fullmatch(text.strip('"'))
    if found is None:
        raise Misread(f"`{text}` is no date. Write 2026, 2026-05 or 2026-05-17, and `..` between two of them.", at)
    year, month, day = int(found[1]), found[2] and int(found[2]), found[3] and int(found[3])
    if not 1 <= year <= 9999 or (month and not 1 <= month <= 12):
        raise Misread(f"`{text}` is in no calendar. Write 2026-05-17 or 2026-05.", at)
    month = month or (12 if last else 1)
    longest = monthrange(year, month)[1]
    if day and not 1 <= day <= longest:
        raise Misread(f"`{text}` is in no calendar: that month has {longest} days.", at)
    return f"{year:04}-{month:02}-{day or (longest if last else 1):02}"
