"""Found cells over declared capabilities: what does not work beats all, what was shown beats what was said."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.records import MediaType
from dambridge.ports.capabilities import (
    ArchiveCapabilities,
    Proof,
    ReaderCapabilities,
    gathered,
    proven_archive,
    proven_reader,
    stronger,
)
from dambridge.testing.strategies import capabilities

PROOFS = st.sampled_from(Proof)
ORDER = [Proof.ABSENT, Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN]
"""From the word that counts most to the one that counts least."""


def names(facet: str, declared: ReaderCapabilities | ArchiveCapabilities, group: str) -> list[str]:
    plain = [it.name for it in fields(declared) if isinstance(getattr(declared, it.name), Proof)]
    return [f"{facet}.{it}" for it in plain] + [f"{facet}.{group}.{it}" for it in MediaType]


@pytest.mark.parametrize("one", ORDER)
@pytest.mark.parametrize("other", ORDER)
def test_of_two_words_the_stronger_counts(one: Proof, other: Proof) -> None:
    expected = ORDER[min(ORDER.index(one), ORDER.index(other))]
    assert stronger(one, other) is stronger(other, one) is expected


@given(declared=capabilities(), data=st.data())
def test_each_cell_reaches_its_own_place_and_no_other(
    declared: tuple[ReaderCapabilities, ArchiveCapabilities], data: st.DataObject
) -> None:
    reader, archive = declared
    every = [*names("reader", reader, "originals"), *names("archive", archive, "deliver")]
    cells = data.draw(st.dictionaries(st.sampled_from(every), PROOFS))
    laid = {"reader": proven_reader(reader, cells), "archive": proven_archive(archive, cells)}
    before = {"reader": reader, "archive": archive}
    for name in every:
        facet, cell, *within = name.split(".")
        was, now = getattr(before[facet], cell), getattr(laid[facet], cell)
        if within:
            was, now = was.get(MediaType(within[0]), Proof.UNPROVEN), now.get(MediaType(within[0]), Proof.UNPROVEN)
        assert now is stronger(was, cells.get(name, Proof.UNPROVEN)), name


@given(declared=capabilities(), found=st.dictionaries(st.sampled_from(["Credit", "A.B", "Ä ö"]), PROOFS), write=PROOFS)
def test_fields_are_cells_of_their_own_names_with_dots_too(
    declared: tuple[ReaderCapabilities, ArchiveCapabilities], found: dict[str, Proof], write: Proof
) -> None:
    archive = replace(declared[1], write_attributes=write, fields={})
    laid = proven_archive(archive, {f"archive.fields.{name}": proof for name, proof in found.items()})
    for name, proof in found.items():
        expected = Proof.ABSENT if write is Proof.ABSENT else stronger(write, proof)
        assert laid.may_write(name, MediaType.IMAGE) is expected
    assert laid.may_write("another", MediaType.IMAGE) is write


@given(declared=capabilities())
def test_nothing_found_changes_nothing_and_strange_cells_do_not_either(
    declared: tuple[ReaderCapabilities, ArchiveCapabilities],
) -> None:
    reader, archive = declared
    strange = {"": Proof.ABSENT, "reader": Proof.ABSENT, "archive.": Proof.ABSENT, "audience.public": Proof.ABSENT}
    strange |= {
        "reader.nonsense.x": Proof.ABSENT,
        "archive.deliver": Proof.ABSENT,
        "archive.deliver.scroll": Proof.ABSENT,
    }
    strange |= {"archive.rename.more": Proof.ABSENT}
    for cells in ({}, strange):
        assert proven_reader(reader, cells) == reader
        assert proven_archive(archive, cells).to_json() == proven_archive(archive, {}).to_json()
        assert proven_archive(archive, cells).deliver == archive.deliver


@given(several=st.lists(st.dictionaries(st.sampled_from(["a", "b"]), PROOFS)))
def test_cells_of_several_findings_are_one_word_each_in_any_order(several: list[dict[str, Proof]]) -> None:
    assert gathered(several) == gathered(reversed(several))
    for name, proof in gathered(several).items():
        assert proof in {it[name] for it in several if name in it}
