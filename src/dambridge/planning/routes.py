"""Which way each field and each kind of file goes: a pure function of what is known of every way, and of what a person said.

The order is: what keeps bytes before what does not; among those what was shown before what is only said; then the order of
`policy/routes.py`. A person's word goes before all of it, unless that very way was shown not to work: then it is set aside
and said to be, and files are still never written into against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dambridge.model.records import MediaType
from dambridge.policy.routes import NO_WAY, Way
from dambridge.ports.capabilities import Cells, Proof, route_cell, stronger

_ANY = "any"


class Why(StrEnum):
    """Why a way is taken, or none."""

    SHOWN = "it was shown to work"
    SAID = "documents or configuration say so, and no better way was shown to work"
    TOLD = "the configuration says so"
    FORBIDDEN = "the configuration wants nothing written"
    ELSEWHERE = "the configuration has fields travel inside files, and these cannot"
    BYTES_FIRST = (
        "its file could carry it, but files stay byte for byte where other fields have a way that leaves them so"
    )
    NO_WAY = "no way was shown to work"


@dataclass(frozen=True, slots=True)
class Choice:
    """The way that is taken, empty where none is. `proof` is how far it is known to work; where there is none, ABSENT when
    every way was shown not to work. `aside` names the way that a person wanted and that was shown not to work."""

    way: str
    proof: Proof
    why: Why
    aside: str = ""

    @property
    def usable(self) -> bool:
        return bool(self.way) and self.proof.usable


def choose(ways: Sequence[Way], proofs: Mapping[str, Proof], told: str | None) -> Choice:
    """One cell of the matrix. `proofs` by way; a way without one is unproven."""
    if told == NO_WAY:
        return Choice("", Proof.ABSENT, Why.FORBIDDEN)
    known = {it.name: proofs.get(it.name, Proof.UNPROVEN) for it in ways}
    if told is not None and told in known and known[told] is not Proof.ABSENT:
        return Choice(told, known[told], Why.TOLD)
    aside = told if told in known else ""
    for exact in (True,) if aside else (True, False):
        for wanted, why in ((Proof.PROVEN, Why.SHOWN), (Proof.DECLARED, Why.SAID)):
            for it in ways:
                if it.exact is exact and known[it.name] is wanted:
                    return Choice(it.name, wanted, why, aside or "")
    nothing = known and all(it is Proof.ABSENT for it in known.values())
    return Choice("", Proof.ABSENT if nothing else Proof.UNPROVEN, Why.NO_WAY, aside or "")


@dataclass(frozen=True, slots=True)
class Taken:
    """Cells that go the same way, empty where they go none, for the same reason: for people."""

    way: str
    proof: Proof
    why: Why
    what: Sequence[str]

    @property
    def told(self) -> str:
        how = f"{self.way} ({self.proof})" if self.way else f"no way ({self.proof})"
        return f"{how}, because {self.why}: {', '.join(self.what)}"


@dataclass(frozen=True, slots=True)
class WriteRoutes:
    """How fields reach an account. `exact` is the way of each field that leaves files alone, `other` that of a field nobody
    named; `inside`, for media types whose files carry some field, the way of each there."""

    exact: Mapping[str, Choice] = field(default_factory=dict)
    other: Choice = Choice("", Proof.UNPROVEN, Why.NO_WAY)
    inside: Mapping[MediaType, Mapping[str, Choice]] = field(default_factory=dict)

    def of(self, media_type: MediaType, name: str) -> Choice:
        """The cell of this field for assets of this type."""
        if media_type in self.inside:
            return self.inside[media_type].get(name, Choice("", Proof.ABSENT, Why.NO_WAY))
        return self.exact.get(name, self.other)


def choose_writes(ways: Sequence[Way], fields: Iterable[str], cells: Cells, told: str | None) -> WriteRoutes:
    """The whole matrix for these fields. Files of a type are written into only where no way that leaves them alone reaches
    any field, or where a person says so."""
    names = sorted(set(fields))
    exact_ways, file_ways = [it for it in ways if it.exact], [it for it in ways if not it.exact]
    aside = told if told is not None and _broken(told, ways, cells) else ""
    in_files = told in {it.name for it in file_ways} and not aside
    exact = {it: _exact(exact_ways, cells, it, told, aside, in_files=in_files) for it in names}
    other = _exact(exact_ways, cells, "", told, aside, in_files=in_files)
    if told is not None and not in_files:
        return WriteRoutes(exact, other)
    inside = {it: _inside(file_ways, names, cells, it, told) for it in MediaType}
    carried = {it: row for it, row in inside.items() if any(one.usable for one in row.values())}
    if not in_files and any(it.usable for it in (exact.values() or [other])):
        return WriteRoutes({name: _bytes_first(it, name, carried) for name, it in exact.items()}, other)
    return WriteRoutes(exact, other, carried)


def choose_uploads(ways: Sequence[Way], cells: Cells, told: str | None) -> dict[MediaType, Choice]:
    """The way of each kind of file."""
    return {it: choose(ways, {way.name: _proof(cells, way, it, "") for way in ways}, told) for it in MediaType}


def _exact(ways: Sequence[Way], cells: Cells, name: str, told: str | None, aside: str, *, in_files: bool) -> Choice:
    if in_files:
        return Choice("", Proof.UNPROVEN, Why.ELSEWHERE)
    proofs = {it.name: _proof(cells, it, None, name) for it in ways}
    chosen = choose(ways, proofs, None if aside else told)
    return replace(chosen, aside=aside) if aside else chosen


def _inside(
    ways: Sequence[Way], names: Sequence[str], cells: Cells, media_type: MediaType, told: str | None
) -> dict[str, Choice]:
    """Every field with its way inside files of this type."""
    return {name: choose(ways, {it.name: _proof(cells, it, media_type, name) for it in ways}, told) for name in names}


def _bytes_first(chosen: Choice, name: str, carried: Mapping[MediaType, Mapping[str, Choice]]) -> Choice:
    beyond = not chosen.way and any(row[name].usable for row in carried.values())
    return replace(chosen, why=Why.BYTES_FIRST) if beyond else chosen


def _broken(told: str, ways: Sequence[Way], cells: Cells) -> bool:
    """Whether the way that a person wants was shown not to work for anything."""
    way = next((it for it in ways if it.name == told), None)
    if way is None:
        return False
    types = [_proof(cells, replace(way, named=False), it, "") for it in (None, *MediaType)]
    return Proof.ABSENT in types and not any(it.usable for it in types)


def _proof(cells: Cells, way: Way, media_type: MediaType | None, name: str) -> Proof:
    """How far a way is known to work for this type and field: what holds of the way holds of the field too, unless more is
    known of that; what does not work at all does not work for any."""
    kinds = (_ANY,) if media_type is None else (_ANY, str(media_type))
    whole = _strongest(cells, [route_cell(way.name, it) for it in kinds])
    if not name:
        return whole or Proof.UNPROVEN
    if whole is Proof.ABSENT:
        return Proof.ABSENT
    single = _strongest(cells, [route_cell(way.name, it, name) for it in kinds])
    if single is not None:
        return single
    return Proof.UNPROVEN if way.named else whole or Proof.UNPROVEN


def _strongest(cells: Cells, names: Iterable[str]) -> Proof | None:
    found: Proof | None = None
    for name in names:
        if name in cells:
            found = cells[name] if found is None else stronger(found, cells[name])
    return found
