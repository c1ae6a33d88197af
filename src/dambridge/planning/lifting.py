"""What a person meant who edited a copy that cannot show all of a value.

A system cuts a text, has one language alone, or spells a term its own way. An edit there is an edit of what is shown; the
rest was not touched and is kept (hazard P29: an echo never takes the place of the original).
"""

from __future__ import annotations

from dambridge.mapping import FIELDS, Kind, equal, is_cut_of
from dambridge.mapping.normal import normal_text, same
from dambridge.model.values import DEFAULT_LANGUAGE, FieldName, LangAlt, Value


def lifted(name: FieldName, now: Value | None, shown: Value | None, stands: Value | None) -> Value | None:
    """`now` in terms of the value that the copy stands for; `shown` is how it showed that value before the edit."""
    if same(name, now, shown) or equal(name, now, stands):
        return stands
    match now, stands:
        case LangAlt(), LangAlt():
            return _with_languages(now, stands)
        case tuple(), tuple() if now:
            return _with_terms(name, now, shown if isinstance(shown, tuple) else (), stands)
    return now


def _with_languages(now: LangAlt, stands: LangAlt) -> LangAlt:
    """An edit in a system without languages changes the text that it shows, wherever that stands, and no translation."""
    if len(now.entries) != 1 or now.entries[0][0] != DEFAULT_LANGUAGE or len(stands.entries) == 1:
        return now
    before = normal_text(stands.default)
    texts = {tag: now.default if normal_text(text) == before else text for tag, text in stands.entries}
    return LangAlt.of({**texts, DEFAULT_LANGUAGE: now.default})


def _with_terms(
    name: FieldName, now: tuple[str, ...], shown: tuple[str, ...], stands: tuple[str, ...]
) -> tuple[str, ...]:
    """A term that is only another's image is that other term. Images are known by their place, or as cuts."""
    if name in FIELDS and FIELDS[name].kind is not Kind.BAG:
        return now
    images = dict(zip(shown, stands, strict=True)) if len(shown) == len(stands) else {}
    return tuple(it if it in stands else _term(name, it, images, stands) for it in now)


def _term(name: FieldName, term: str, images: dict[str, str], stands: tuple[str, ...]) -> str:
    whole = [it for it in stands if is_cut_of(name, (term,), (it,))]
    if len(whole) == 1:
        return whole[0]
    # A place alone is no proof: systems sort. Only a term that was shown before is an image of anything.
    return images.get(term, term) if not whole else term
