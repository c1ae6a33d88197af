"""A group of which nothing was ever agreed on: what the copies say is the only thing known.

A copy that says nothing of the group takes what the others say; one that shows another's value cut has no value of its
own; and what a copy cannot show at all is what those say who can, if they are of one mind.

Bytes of accounts without checksums show nothing but a stamp, which can be held against no other copy's. As long as it is the
one that was seen when the link was found again they count for those of the others, for whoever linked the copies took them
for one; once it moved they have to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dambridge.model.accords import CONTENT
from dambridge.model.identity import CopyId
from dambridge.model.records import AssetRecord, Digest
from dambridge.model.values import FieldName, Value
from dambridge.planning.standings import Reading, Stance
from dambridge.planning.views import alike, echoes, is_stamp, kind_of, richest
from dambridge.policy.mirror import FieldGroup


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is known of bytes that their accounts show by a stamp alone: `tokens` that compare with those of the others, by
    copy; and the copies that have to be read before anything is said of them."""

    tokens: Mapping[CopyId, str]
    unread: tuple[CopyId, ...]


def kept_stamps(records: Mapping[CopyId, AssetRecord], digest: Digest | None) -> dict[str, str]:
    """What is written down of copies without checksums, in the evidence of their link: the stamp, and a token of the bytes
    where they were read."""
    token = token_of(digest, records) if digest is not None else ""
    bare = {copy: it for copy, it in records.items() if it.checksum is None}
    return {f"{copy}.stamp": f"{token} {it.version.content}" for copy, it in bare.items()}


def bytes_known(evidence: Mapping[str, str], records: Mapping[CopyId, AssetRecord]) -> Bytes:
    """What the evidence says of the copies as they are now. Where one of them has to be read, so have all of which only the
    stamp is known."""
    tokens: dict[CopyId, str] = {}
    same: list[CopyId] = []
    moved: list[CopyId] = []
    for copy, it in sorted(records.items()):
        if it.checksum is not None:
            continue
        token, known, stamp = evidence.get(f"{copy}.stamp", "").partition(" ")
        if not known or stamp != it.version.content:
            moved.append(copy)
        elif token:
            tokens[copy] = token
        else:
            same.append(copy)
    return Bytes(tokens, (*moved, *same) if moved else ())


def token_of(digest: Digest, records: Mapping[CopyId, AssetRecord]) -> str:
    """The digest in the terms of those copies that have a checksum of their own."""
    given = sorted({it.checksum.algorithm for it in records.values() if it.checksum is not None})
    algorithm = next((it for it in given if getattr(digest, it, None)), "md5")
    return f"{algorithm}:{getattr(digest, algorithm)}"


def at_first_sight(group: FieldGroup, readings: Sequence[Reading], tokens: Mapping[CopyId, str]) -> tuple[Reading, ...]:
    """The readings with cuts and gaps taken for what they are; `tokens` are of bytes that their accounts show by a stamp."""
    if group.is_content:
        return _of_content([replace(it, value=_read(it, tokens)) for it in readings])
    filled = tuple(replace(it, value={**it.value, **_gaps(group, it, readings)}) for it in readings)
    return tuple(replace(it, stance=Stance.BLANK) if _is_cut(it, filled) else it for it in filled)


def _gaps(group: FieldGroup, reading: Reading, readings: Sequence[Reading]) -> dict[FieldName, Value]:
    found: dict[FieldName, Value] = {}
    for name in group.fields - reading.carried if reading.edited else ():
        said = [{name: it.value[name]} for it in readings if name in it.carried and name in it.value]
        if said and all(alike(it, said[0], [name]) for it in said):
            found[name] = richest(said)[name]
    return found


def _is_cut(reading: Reading, readings: Sequence[Reading]) -> bool:
    """Whether another copy says the same in full."""
    return reading.edited and any(
        echoes(reading.value, it.value, reading.carried) and not alike(reading.value, it.value, reading.carried)
        for it in readings
        if it.edited and it is not reading
    )


def _read(reading: Reading, tokens: Mapping[CopyId, str]) -> Mapping[FieldName, Value]:
    known = tokens.get(reading.copy) if reading.edited else None
    return reading.value if known is None else {CONTENT: known}


def _of_content(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Stamps, and digests of different kinds, can be held against no other copy's: whoever linked these copies took them for
    one. Digests of a kind are compared; where those differ nobody knows which of them the others have."""
    edited = [it for it in readings if it.edited]
    kinds: dict[str, set[str]] = {}
    for it in edited:
        kinds.setdefault(kind_of(str(it.value[CONTENT])), set()).add(str(it.value[CONTENT]))
    differ = {kind for kind, tokens in kinds.items() if len(tokens) > 1}
    if differ:
        alone = [it for it in edited if kind_of(str(it.value[CONTENT])) not in differ]
        return tuple(replace(it, stance=Stance.BLANK) if it in alone else it for it in readings)
    known = min(edited, key=lambda it: (is_stamp(str(it.value[CONTENT])), it.copy), default=None)
    return tuple(replace(it, value=known.value) if known is not None and it.edited else it for it in readings)
