"""Which way fields and files go: shown before said, bytes before files, a person's word before both but never against proof."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.identity import System
from dambridge.model.records import MediaType
from dambridge.planning.routes import Choice, Why, choose, choose_uploads, choose_writes
from dambridge.policy.routes import NO_WAY, UPLOAD_WAYS, WRITE_WAYS
from dambridge.ports.capabilities import Proof, route_cell

P, D, U, A = Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN, Proof.ABSENT
WRITES, UPLOADS = WRITE_WAYS[System.NETX], UPLOAD_WAYS[System.PHOTOSHELTER]
NAMES = [it.name for it in WRITES]
FIELDS = ["Title", "Credit", "A.B"]
PROOFS = st.sampled_from([*Proof])
ALL_PROOFS = [dict(zip(NAMES, row, strict=True)) for row in product(Proof, repeat=len(NAMES))]


@pytest.mark.parametrize(
    ("rpc", "data_sync", "embedded", "told", "way", "why"),
    [
        (P, P, P, None, "rpc", Why.SHOWN),
        (A, P, P, None, "data_sync", Why.SHOWN),
        (A, A, P, None, "embedded", Why.SHOWN),
        (D, P, P, None, "data_sync", Why.SHOWN),
        (D, D, P, None, "rpc", Why.SAID),
        (A, D, P, None, "data_sync", Why.SAID),
        (A, A, D, None, "embedded", Why.SAID),
        (A, A, U, None, "", Why.NO_WAY),
        (A, A, A, None, "", Why.NO_WAY),
        (P, P, P, "embedded", "embedded", Why.TOLD),
        (P, P, U, "embedded", "embedded", Why.TOLD),
        (P, U, A, "embedded", "rpc", Why.SHOWN),
        (A, P, P, "rpc", "data_sync", Why.SHOWN),
        (A, A, P, "rpc", "", Why.NO_WAY),
        (P, P, P, "none", "", Why.FORBIDDEN),
    ],
)
def test_one_cell(rpc: Proof, data_sync: Proof, embedded: Proof, told: str | None, way: str, why: Why) -> None:
    found = choose(WRITES, {"rpc": rpc, "data_sync": data_sync, "embedded": embedded}, told)
    assert (found.way, found.why) == (way, why)


def _better(one: Proof, other: Proof) -> bool:
    order = [Proof.ABSENT, Proof.UNPROVEN, Proof.DECLARED, Proof.PROVEN]
    return order.index(one) > order.index(other)


def test_every_cell_of_every_account_keeps_the_promises() -> None:
    """All 64 states of the three ways, under every word that a person may have said."""
    seen = 0
    for proofs, told in product(ALL_PROOFS, [None, *NAMES, NO_WAY]):
        it = choose(WRITES, proofs, told)
        seen += 1
        exact = [name for name in ("rpc", "data_sync") if proofs[name].usable]
        if told == NO_WAY:
            assert not it.way
            continue
        assert (it.aside == told) is (told is not None and proofs[told] is A), "set aside if and only if it is broken"
        if it.way:
            assert it.proof is proofs[it.way] is not A, "what does not work is never taken"
            assert it.usable or it.way == told, "what nobody has shown or said is taken on a person's word alone"
        if told is not None and proofs[told] is not A:
            assert it.way == told
            continue
        if exact:
            assert it.way in exact, "a file is never written into where a way leaves it alone"
            assert not any(_better(proofs[name], it.proof) for name in exact), "the best proof among those"
        elif told is None and proofs["embedded"].usable:
            assert it.way == "embedded"
        else:
            assert not it.way
    assert seen == 64 * 5


@given(proofs=st.sampled_from(ALL_PROOFS), name=st.sampled_from(NAMES), more=PROOFS)
def test_better_proof_of_a_way_never_leaves_a_cell_without_one(
    proofs: dict[str, Proof], name: str, more: Proof
) -> None:
    if not _better(more, proofs[name]) or not choose(WRITES, proofs, None).usable:
        return
    assert choose(WRITES, {**proofs, name: more}, None).usable


CELLS = [
    *(route_cell(way, "any", it) for way in ("rpc", "data_sync") for it in ("", *FIELDS)),
    *(route_cell("embedded", str(kind), it) for kind in MediaType for it in ("", *FIELDS)),
]
MATRICES = st.dictionaries(st.sampled_from(CELLS), PROOFS)


@given(cells=MATRICES, told=st.sampled_from([None, *NAMES, NO_WAY]))
def test_the_matrix_keeps_the_promises(cells: dict[str, Proof], told: str | None) -> None:
    routes = choose_writes(WRITES, FIELDS, cells, told)
    assert routes == choose_writes(WRITES, [*reversed(FIELDS), *FIELDS], dict(reversed(cells.items())), told)
    for kind, name in product(MediaType, FIELDS):
        it = routes.of(kind, name)
        if not it.usable:
            continue
        place = str(kind) if it.way == "embedded" else "any"
        assert cells.get(route_cell(it.way, place, name)) is not A
        assert cells.get(route_cell(it.way, place)) is not A
        assert told != NO_WAY
    if routes.inside and told != "embedded":
        assert told is None
        assert not any(it.usable for it in routes.exact.values()), "a file is written into for want of any other way"
    for kind, row in routes.inside.items():
        assert any(it.usable for it in row.values())
        for name, it in row.items():
            named = cells.get(route_cell("embedded", str(kind), name), U)
            assert not it.usable or named.usable, "only what was said or shown by name"


@given(cells=MATRICES)
def test_the_matrix_is_never_left_empty_where_something_works(cells: dict[str, Proof]) -> None:
    routes = choose_writes(WRITES, FIELDS, cells, None)
    for way in ("rpc", "data_sync"):
        if cells.get(route_cell(way), U).usable:
            for name in FIELDS:
                if cells.get(route_cell(way, "any", name)) is None:
                    assert routes.exact[name].usable


def test_each_field_takes_its_own_way_and_bytes_are_kept_where_a_call_writes_any() -> None:
    cells = {
        route_cell("rpc"): P,
        route_cell("rpc", "any", "Credit"): A,
        route_cell("rpc", "any", "A.B"): A,
        route_cell("data_sync", "any", "Credit"): D,
        route_cell("embedded", "image"): P,
        **{route_cell("embedded", "image", it): P for it in FIELDS},
    }
    routes = choose_writes(WRITES, FIELDS, cells, None)
    ways = {name: (routes.of(MediaType.IMAGE, name).way, routes.of(MediaType.IMAGE, name).why) for name in FIELDS}
    assert ways == {"Title": ("rpc", Why.SHOWN), "Credit": ("data_sync", Why.SAID), "A.B": ("", Why.BYTES_FIRST)}
    assert routes.inside == {}
    inside = choose_writes(WRITES, FIELDS, cells, "embedded")
    assert {inside.of(MediaType.IMAGE, it).way for it in FIELDS} == {"embedded"}
    assert inside.of(MediaType.RAW, "Title").why is Why.ELSEWHERE


def test_types_fare_by_themselves_inside_files() -> None:
    cells = {
        route_cell("rpc"): A,
        route_cell("data_sync"): A,
        route_cell("embedded", "image"): P,
        route_cell("embedded", "image", "Title"): P,
        route_cell("embedded", "document"): A,
        route_cell("embedded", "document", "Title"): P,
    }
    routes = choose_writes(WRITES, FIELDS, cells, None)
    assert routes.of(MediaType.IMAGE, "Title") == Choice("embedded", P, Why.SHOWN)
    for kind, name in ((MediaType.IMAGE, "Credit"), (MediaType.DOCUMENT, "Title"), (MediaType.RAW, "Title")):
        assert not routes.of(kind, name).way


def test_a_broken_word_is_set_aside_and_files_are_still_not_written_into_against_it() -> None:
    cells = {route_cell("rpc"): A, route_cell("embedded", "image"): P, route_cell("embedded", "image", "Title"): P}
    routes = choose_writes(WRITES, ["Title"], cells, "rpc")
    assert (routes.exact["Title"].way, routes.exact["Title"].aside, routes.inside) == ("", "rpc", {})
    routes = choose_writes(WRITES, ["Title"], {**cells, route_cell("data_sync"): D}, "rpc")
    assert (routes.exact["Title"].way, routes.exact["Title"].aside) == ("data_sync", "rpc")


@given(cells=st.dictionaries(st.sampled_from([route_cell(w, str(k)) for w in ("v4", "v3") for k in MediaType]), PROOFS))
def test_each_kind_of_file_is_uploaded_by_its_best_way(cells: dict[str, Proof]) -> None:
    for kind, it in choose_uploads(UPLOADS, cells, None).items():
        v4, v3 = cells.get(route_cell("v4", str(kind)), U), cells.get(route_cell("v3", str(kind)), U)
        best = "v3" if v3.usable and _better(v3, v4) else "v4" if v4.usable else ""
        assert it.way == best
        told = choose_uploads(UPLOADS, cells, "v4")[kind]
        assert told.way == ("v4" if v4 is not A else "v3" if v3.usable else "")
