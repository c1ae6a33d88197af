"""Completion while somebody types: words that they would find something with, and nothing that only others' assets say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dambridge.model.access import Searcher
from dambridge.model.queries import Facet, Words, words_of
from dambridge.model.searching import Document, Suggestion
from dambridge.model.values import FieldName
from dambridge.planning.outlets import words_in
from dambridge.search.asking import IndexSearch
from dambridge.search.documents import FREE, NAMES
from dambridge.search.query import Misread, field_names, read_query

LOOKED_AT = 200
"""Copies, those met last, whose words are proposed."""
_LAST = re.compile(r"(?P<name>[\w.]+:)?(?P<word>[^\s:()\"]*)\Z")
_SPELLED = re.compile(r"[^\W_]+")


async def suggest(search: IndexSearch, text: str, searcher: Searcher, *, limit: int = 10) -> tuple[Suggestion, ...]:
    """How the last word of `text` may go on: the most frequent first. An unfinished word alone is completed, after `field:`
    with words of that field."""
    found = _LAST.search(text)
    prefix = words_of(found["word"]) if found else ()
    if found is None or len(prefix) != 1:
        return ()
    field = _field(found["name"] or "")
    if field is None:
        return ()
    viewer = await search.viewer(searcher)
    ask = search.bounded(Words(prefix, field, prefix=True), viewer)
    copies = [it for it in await search.index.newest(ask, limit=LOOKED_AT) if viewer.sees(it)]
    return _most(copies, prefix[0], field, search, limit)


def names(text: str) -> tuple[str, ...]:
    """Fields that begin so, to be written before a colon."""
    wanted = text.casefold()
    return tuple(f"{it}:" for it in field_names() if wanted and it.startswith(wanted))


def _field(name: str) -> str | None:
    """The canonical field meant, empty for none; None where there is no such field, or none with words."""
    if not name:
        return ""
    try:
        found = read_query(f"{name}x")
    except Misread:
        return None
    return found.field if isinstance(found, Words) else None


def _most(copies: list[Document], prefix: str, field: str, search: IndexSearch, limit: int) -> tuple[Suggestion, ...]:
    entries: dict[str, set[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    for it in copies:
        for spelled in _words(it, field, search):
            word = words_of(spelled)
            if len(word) == 1 and word[0].startswith(prefix):
                entries.setdefault(word[0], set()).add(it.entry)
                spellings.setdefault(word[0], Counter())[spelled] += 1
    ordered = sorted(entries, key=lambda it: (-len(entries[it]), it))
    return tuple(Suggestion(word=spellings[it].most_common(1)[0][0], assets=len(entries[it])) for it in ordered[:limit])


def _words(it: Document, field: str, search: IndexSearch) -> Iterator[str]:
    """The words of the copy as they are spelled there."""
    if not field or field == NAMES:
        yield from _SPELLED.findall(it.file_name)
    policy = search.policy
    named = {str(Facet.CAMPAIGN): policy.campaign, str(Facet.PHOTOGRAPHER): policy.photographer}
    wanted = {named.get(field, FieldName(field))} if field else {FieldName(one) for one in FREE}
    for name in sorted(wanted & it.fields.keys()):
        for value in words_in(it.fields[name]):
            yield from _SPELLED.findall(value)
