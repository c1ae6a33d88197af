"""Where an account shows the status of an asset, read and written: by galleries or folders, and by fields of its own.

An account has one carrier or several, in an order: the first that says anything wins, and those after it that say something
else are told and brought to say the same. Within one carrier that says several things at once, whatever keeps an asset from
going out wins, and a decision over waiting for one (`STRONGEST`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dambridge.model.lifecycle import LIFECYCLE_STATUS, Status, status_in
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Container, NativeRecord, NativeValue
from dambridge.model.values import FieldName, Value
from dambridge.policy.patterns import matches

STRONGEST = (
    Status.WITHDRAWN,
    Status.EXPIRED,
    Status.REJECTED,
    Status.CHANGES_ASKED,
    Status.ARCHIVED,
    Status.APPROVED,
    Status.IN_REVIEW,
    Status.DRAFT,
)


class CarrierKind(StrEnum):
    """What shows a status."""

    GALLERY = "gallery"
    EDIT_STATUS = "edit_status"
    CUSTOM = "custom"
    RATING = "rating"
    ATTRIBUTE = "attribute"
    FOLDER = "folder"


INSIDE: Mapping[CarrierKind, tuple[str, ...]] = {
    CarrierKind.EDIT_STATUS: ("IPTC:EditStatus",),
    CarrierKind.RATING: ("XMP-xmp:Rating", "IFD0:Rating"),
}
"""Where a file carries what these show (ExifTool's names). What shows in other fields may have come from any place in it."""
PLACES = frozenset({CarrierKind.GALLERY, CarrierKind.FOLDER})
"""Carriers by which an asset stands somewhere; all others are values, which a file may bring with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One of them. `words` are per status what says so there (paths of galleries or folders for a place); the first is what
    is written. A status without a word is shown by saying nothing. `name` is the attribute's, or the custom field's id."""

    kind: CarrierKind
    words: Mapping[Status, tuple[str, ...]]
    name: str = ""

    @property
    def is_place(self) -> bool:
        return self.kind in PLACES

    @property
    def native(self) -> str:
        """The account's own name for the field; empty for a place."""
        match self.kind:
            case CarrierKind.GALLERY | CarrierKind.FOLDER:
                return ""
            case CarrierKind.CUSTOM:
                return f"custom.{self.name}"
            case CarrierKind.ATTRIBUTE:
                return self.name
        return str(self.kind)

    @property
    def label(self) -> str:
        """How people are told of it."""
        return f"{self.kind} {self.name}".strip()

    @property
    def group(self) -> str:
        """The group of a read in which it is shown."""
        match self.kind:
            case CarrierKind.GALLERY | CarrierKind.FOLDER:
                return "containers"
            case CarrierKind.CUSTOM:
                return "custom"
            case CarrierKind.RATING:
                return "base"
            case CarrierKind.EDIT_STATUS:
                return "iptc"
        return "attributes"

    def status_of(self, word: str) -> Status | None:
        """The status that a value, or the path of a place, says there."""
        for status in STRONGEST:
            if any(
                matches(word, it) if self.is_place else _plain(it) == _plain(word) for it in self.words.get(status, ())
            ):
                return status
        return None


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an account shows of a status. `by` is the label of the carrier that won and `words` what stood there;
    `disagreeing` are the labels of carriers that say something else, `strange` the words that say nothing that is known, each
    with its carrier; `unread` the groups that were not read and would have been needed."""

    status: Status | None = None
    by: str = ""
    words: tuple[str, ...] = ()
    disagreeing: tuple[str, ...] = ()
    strange: tuple[tuple[str, str], ...] = ()
    unread: frozenset[str] = frozenset()


Brought = Mapping[str, Sequence[str]]
"""Per field of the account what stood inside the file that was uploaded."""


def read_status(native: NativeRecord, carriers: Sequence[Carrier], brought: Brought | None = None) -> Shown:
    """The status that an account shows of an asset.

    A value that is in `brought` says nothing: whoever made the file wrote it, and nobody here decided it. The caller leaves
    `brought` out once the system was seen with another value. Where a carrier could not be read nothing is known."""
    unread = frozenset(it.group for it in carriers if it.group not in native.groups and it.native not in native.fields)
    if unread:
        return Shown(unread=unread)
    said = [(it, _said(native, it, (brought or {}).get(it.native, ()))) for it in carriers]
    known = [(it, *_strongest(it, words)) for it, words in said]
    strange = tuple(
        (it.label, word) for it, words in said if not it.is_place for word in words if it.status_of(word) is None
    )
    won = next(((it, status, word) for it, status, word in known if status is not None), None)
    if won is None:
        return Shown(strange=strange)
    winner, status, words = won
    differ = tuple(it.label for it, words_ in said if not _agrees(it, words_, status))
    return Shown(status=status, by=winner.label, words=words, disagreeing=differ, strange=strange)


def _said(native: NativeRecord, it: Carrier, brought: Sequence[str]) -> tuple[str, ...]:
    if it.is_place:
        return tuple(one.path for one in native.containers)
    from_file = {_plain(one) for one in brought}
    return tuple(one for one in _texts(native.fields.get(it.native)) if _plain(one) not in from_file)


def _strongest(it: Carrier, words: Sequence[str]) -> tuple[Status | None, tuple[str, ...]]:
    found = {word: status for word in words if (status := it.status_of(word)) is not None}
    if not found:
        return None, ()
    best = min(found.values(), key=STRONGEST.index)
    return best, tuple(word for word, status in found.items() if status is best)


def _agrees(it: Carrier, words: Sequence[str], status: Status) -> bool:
    """Whether the carrier says this status and nothing else, or nothing where it has no word for it."""
    said = {it.status_of(word) for word in words}
    known = said - {None}
    if not it.words.get(status):
        return not known
    return known == {status} and (it.is_place or len(said) == 1)


def _texts(value: NativeValue | None) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case tuple():
            return tuple(it for it in value if it.strip())
    return (str(value),) if str(value).strip() else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What to write so that an account shows a status: values (an empty tuple clears), paths of places to stand in, places to
    leave. `lacks` are labels of carriers that are not known to take it and say something else."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    into: tuple[str, ...] = ()
    out_of: tuple[Container, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        return bool(self.fields or self.into or self.out_of)


def to_carry(
    status: Status | None, native: NativeRecord, carriers: Sequence[Carrier], proven: Callable[[Carrier], bool]
) -> Carry:
    """What has to be written so that all carriers that are `proven` say `status`, and nothing else, beginning with the first.

    None says nothing anywhere. What they say already is not written."""
    fields: dict[str, tuple[str, ...]] = {}
    into: list[str] = []
    out_of: list[Container] = []
    lacks: list[str] = []
    for it in carriers:
        said = _said(native, it, ())
        if (not _knows(it, said)) if status is None else _agrees(it, said, status):
            continue
        if not proven(it):
            lacks.append(it.label)
            continue
        words = it.words.get(status, ()) if status is not None else ()
        if not it.is_place:
            fields[it.native] = words[:1]
            continue
        if words and not any(it.status_of(one.path) is status for one in native.containers):
            into.append(words[0])
        out_of += [one for one in native.containers if it.status_of(one.path) not in {None, status}]
    return Carry(fields=fields, into=tuple(into), out_of=tuple(dict.fromkeys(out_of)), lacks=tuple(lacks))


def _knows(it: Carrier, words: Sequence[str]) -> bool:
    return any(it.status_of(word) is not None for word in words)


@dataclass(frozen=True, slots=True)
class StatusField:
    """The status as a field of the records of one account: what `mapping` takes for a field that has no single place."""

    carriers: tuple[Carrier, ...]

    @property
    def field(self) -> FieldName:
        return LIFECYCLE_STATUS

    def tell(self, native: NativeRecord) -> tuple[Value | None, Reason | None, bool]:
        """The status, what is to be told with it, and whether it is known at all: it is not where a carrier was not read, or
        where nothing stands but words that nobody knows."""
        it = read_status(native, self.carriers)
        if it.status is None:
            return None, (_strange(it) if it.strange else None), not (it.unread or it.strange)
        told = Reason.of(Code.STATUS_SHOWN, by=it.by, words=it.words, disagreeing=it.disagreeing)
        return str(it.status), told, True

    def shown(self, value: Value | None) -> Value | None:
        """How the account shows this status: as itself, or by nothing where it has no word for it."""
        status = status_in(value) if isinstance(value, str) else None
        return value if any(it.words.get(status) for it in self.carriers if status is not None) else None


def _strange(it: Shown) -> Reason:
    label, word = it.strange[0]
    text = f"{word[:60]!r} is no word for a status"
    return Reason.of(Code.VALUE_UNREADABLE, field=str(LIFECYCLE_STATUS), native=label, text=text)
