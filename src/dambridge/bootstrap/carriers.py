"""What shows a status in an account: from options to carriers, and what in the options cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dambridge.bootstrap.carrier_options import CarrierOptions
from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.model.identity import System
from dambridge.model.lifecycle import Status
from dambridge.policy.carriers import PLACES, Carrier, CarrierKind
from dambridge.policy.patterns import matches_any

KINDS: Mapping[System, tuple[CarrierKind, ...]] = {
    System.PHOTOSHELTER: (CarrierKind.GALLERY, CarrierKind.EDIT_STATUS, CarrierKind.CUSTOM, CarrierKind.RATING),
    System.NETX: (CarrierKind.ATTRIBUTE, CarrierKind.FOLDER),
}
NAMED = frozenset({CarrierKind.CUSTOM, CarrierKind.ATTRIBUTE})
WORDS: Mapping[Status, tuple[str, ...]] = {
    it: tuple(dict.fromkeys((str(it).replace("_", " ").capitalize(), str(it)))) for it in Status
}
"""What is written and read where nobody chose words: `In review`, and `in_review` is understood too."""


def carrier_of(it: CarrierOptions) -> Carrier:
    """The carrier, with the usual words where it shows values and nobody chose any."""
    plain = {} if it.by in PLACES or it.by is CarrierKind.RATING else WORDS
    return Carrier(kind=it.by, name=it.name, words={**(it.words or plain)})


def carrier_mistakes(
    document: Document,
    at: Location,
    several: Sequence[CarrierOptions],
    *,
    account: str,
    system: System,
    selected: Sequence[str],
) -> Iterator[Mistake]:
    """Carriers that the account does not have, that stand there twice, or whose words say two things or nothing; places that
    are not among the `selected` ones (all are where there are no patterns)."""
    known = KINDS[system]
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(several):
        place = (*at, index)
        if one.by not in known:
            what = f"`{account}` has no carrier `{one.by}`."
            yield document.mistake((*place, "by"), what, f"Carriers there: {', '.join(known)}.")
        if (one.by in NAMED) != bool(one.name):
            what = f"A carrier `{one.by}` {'needs a name' if one.by in NAMED else 'has no name'}."
            yield document.mistake(place, what, "Name the field." if one.by in NAMED else "Take it out.")
        if (one.by, one.name) in seen:
            yield document.mistake(place, "This carrier stands here twice.", "Take one of them out.")
        seen.add((one.by, one.name))
        yield from _wrong_words(document, place, one, selected)


def _wrong_words(document: Document, at: Location, one: CarrierOptions, selected: Sequence[str]) -> Iterator[Mistake]:
    if not carrier_of(one).words:
        what = "Nothing says which place or rating means what."
        yield document.mistake((*at, "words"), what, "Write words: {approved: [PATH or rating], in_review: […], …}")
    owners: dict[str, Status] = {}
    for status, words in one.words.items():
        for word in words:
            place = (*at, "words", str(status))
            if (other := owners.setdefault(word.casefold(), status)) is not status:
                yield document.mistake(place, f"`{word}` says `{other}` too.", "A word says one status.")
        if one.by in PLACES and words and any(sign in words[0] for sign in "*?"):
            what = f"`{words[0]}` is no place: the first is where assets are put."
            yield document.mistake((*at, "words", str(status)), what, "Write the path of one place first.")
        if one.by in PLACES and selected and words and not matches_any(words[0], selected):
            what = f"`{words[0]}` is not selected: what is moved there would have left the flow."
            yield document.mistake((*at, "words", str(status)), what, "Add it under `select`.")
