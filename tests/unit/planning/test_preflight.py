"""The look at a library before anything is done: exact counts of what is wrong (hazard P25)."""

from __future__ import annotations

import pytest

from dambridge.model.values import FieldName
from dambridge.planning import gaps_of, preflight
from dambridge.planning.preflight import BadName
from support.subjects import ONE, subject


@pytest.mark.hazard("P25")
def test_duplicates_are_counted_exactly() -> None:
    found = preflight(
        ONE,
        [
            subject("a", digests={"md5": "x", "sha256": "xx"}, size=5),
            subject("b", digests={"md5": "x", "sha256": "xx"}, size=5),
            subject("c", digests={"md5": "x", "sha256": "xx"}, size=5),
            subject("d", digests={"md5": "y"}, size=5),
            subject("e", digests={"md5": "y"}, size=5),
            subject("f", digests={"md5": "z"}, size=5),
            subject("g", digests={"md5": "0"}, size=0),
            subject("h", digests={"md5": "0"}, size=0),
            subject("i", size=5),
            subject("j", size=6),
        ],
    )
    assert [[key.remote_id for key in group] for group in found.duplicates] == [["a", "b", "c"], ["d", "e"]]
    assert [it.remote_id for it in found.unhashed] == ["i"]
    assert found.to_json()["counts"] == {
        "duplicate_groups": 2, "duplicates": 3, "missing_rights": 0, "bad_names": 0,
    }  # fmt: skip


@pytest.mark.hazard("P25")
def test_missing_rights_are_named_and_unread_ones_are_not_missing() -> None:
    full = subject("a", fields={"copyright_notice": "©", "usage_terms": "Editorial"})
    bare = subject("b", fields={"copyright_notice": "©"})
    assert gaps_of(full.record, frozenset()) == ()
    assert gaps_of(bare.record, frozenset()) == ("usage_terms",)
    assert gaps_of(bare.record, frozenset({FieldName("usage_terms")})) is None
    found = preflight(ONE, [full, subject("b", gaps=("usage_terms",)), subject("c", gaps=None)])
    assert {it.remote_id: what for it, what in found.missing_rights.items()} == {"b": ("usage_terms",)}
    assert [it.remote_id for it in found.rights_unread] == ["c"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("boat.jpg", ()),
        ("Ängel 資料 ⚓.jpg", ()),
        (" .. ", (BadName.EMPTY,)),
        ("a/b.jpg", (BadName.SIGNS,)),
        ("a\x07.jpg", (BadName.CONTROL,)),
        (" a.jpg", (BadName.EDGES,)),
        ("a.jpg.", (BadName.EDGES, BadName.NO_ENDING)),
        ("ä" * 130 + ".jpg", (BadName.LONG,)),
        ("A\u0308.jpg", (BadName.DECOMPOSED,)),
        ("readme", (BadName.NO_ENDING,)),
        (".jpg", (BadName.NO_ENDING,)),
    ],
)
def test_names(name: str, what: tuple[BadName, ...]) -> None:
    found = preflight(ONE, [subject("a", file_name=name)])
    assert tuple(found.bad_names.values()) == ((what,) if what else ())


@pytest.mark.hazard("P24")
def test_names_that_differ_in_case_alone_collide_within_a_container() -> None:
    found = preflight(
        ONE,
        [
            subject("a", file_name="A.jpg", containers=("x",)),
            subject("b", file_name="a.JPG", containers=("x", "y")),
            subject("c", file_name="a.jpg", containers=("z",)),
        ],
    )
    assert {it.remote_id: what for it, what in found.bad_names.items()} == {
        "a": (BadName.COLLIDES,),
        "b": (BadName.COLLIDES,),
    }
