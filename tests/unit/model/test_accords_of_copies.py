"""Accords and inbox entries: through JSON and back, what asking and leaving do, and that a revision says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dambridge.model.accords import CONTENT, Accord
from dambridge.model.conflicts import Conflict, ConflictState, Ruling
from dambridge.model.identity import CopyId, CopyRole
from dambridge.model.tombstones import Tombstone
from dambridge.testing.agreeing_contract import HERE, THERE, accord, asset, conflict, gone, titled
from dambridge.testing.ledger_samples import T0

PAGES = CopyId(HERE.account, CopyRole.PUBLISHED)


def test_each_comes_back_from_json_as_it_was_with_its_revision() -> None:
    known = replace(accord().asking(THERE, titled("new")), revision=7)
    assert Accord.from_json(known.to_json()) == known
    assert Accord.from_json(known.to_json()).revision == 7
    ruling = Ruling(by="ana", at=T0, fields={}, restore={HERE: titled("a")})
    entry = replace(conflict(), ruling=ruling, state=ConflictState.RULED, revision=3, kept=conflict().sides)
    assert Conflict.from_json(entry.to_json()) == entry
    assert Conflict.from_json(entry.to_json()).revision == 3
    stone = gone(1, kin=[asset(1), asset(2)])
    assert Tombstone.from_json(stone.to_json()) == stone


def test_what_a_copy_showed_of_its_bytes_is_known_again() -> None:
    was = replace(accord().copies[THERE], fields={CONTENT: "md5:1"}, shown={CONTENT: "there@1"})
    moved = was.moved_to(replace(was.version, content="2"), at=T0)
    assert (moved.news_at, moved.past[0], moved.tokens) == (T0, was.version, (("there@1", "md5:1"),))
    later = replace(moved.moved_to(moved.version, at=T0 + timedelta(hours=1)), shown={CONTENT: "md5:1"})
    assert later.news_at == T0, "looked at again it is no news"
    assert later.moved_to(was.version, at=T0).tokens == moved.tokens, (
        "what compares with others by itself is kept nowhere"
    )
    known = accord().with_copy(THERE, later)
    assert Accord.from_json(known.to_json()) == known


def test_a_revision_is_no_part_of_what_is_said() -> None:
    assert replace(accord(), revision=4) == accord()
    assert replace(conflict(), revision=4) == conflict()
    assert "revision" not in accord().to_json()
    assert "revision" not in conflict().to_json()


def test_what_is_asked_is_asked_once_and_of_one_copy() -> None:
    once = accord().asking(THERE, titled("new"))
    assert once.copies[THERE].asked == (titled("new"),)
    assert once.copies[HERE].asked == ()
    assert once.asking(THERE, titled("new")) == once
    assert once.asking(THERE, titled("newer")).copies[THERE].asked == (titled("new"), titled("newer"))
    with pytest.raises(KeyError):
        accord().asking(PAGES, titled("new"))


def test_a_copy_that_leaves_is_no_origin_any_more() -> None:
    known = accord("ln1", "title", "x", HERE, THERE, PAGES)
    assert set(known.without_copy(HERE).copies) == {THERE, PAGES}
    assert known.without_copy(HERE).origin is None
    assert known.without_copy(THERE).origin == HERE
    assert accord().without_copy(PAGES) == accord()


@pytest.mark.parametrize("state", ConflictState)
def test_an_entry_stands_until_it_has_ended(state: ConflictState) -> None:
    assert conflict(state=state).stands == (state in {ConflictState.OPEN, ConflictState.RULED})
