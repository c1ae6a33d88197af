"""What a person's word about a conflict means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dambridge.model.accords import GroupName
from dambridge.model.conflicts import Conflict, Side
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt
from dambridge.planning.ruling import Wish, alike, names_of, restoring, ruling_about
from dambridge.ports.errors import Refused
from dambridge.testing.agreeing_contract import HERE, THERE, accord, conflict, titled
from dambridge.testing.ledger_samples import T0

PAGES = CopyId(HERE.account, CopyRole.PUBLISHED)


def fields(**values: Any) -> Fields:
    return {FieldName(it): value for it, value in values.items()}


def between(here: Fields, there: Fields, *, base: Fields | None = None) -> Conflict:
    sides = (Side(copy=HERE, fields=here, version=None), Side(copy=THERE, fields=there, version=None))
    return conflict(sides=sides, base=base or {})


def ruled(entry: Conflict, **wish: Any) -> Fields:
    ruling = ruling_about(entry, Wish(**wish), by="ana", at=T0)
    assert (ruling.by, ruling.at, ruling.restore) == ("ana", T0, None)
    return ruling.fields


# whose value shall stand ---------------------------------------------------------------------------------------------
def test_a_side_is_named_by_its_account_its_copy_or_as_what_was_agreed() -> None:
    entry = between(titled("a"), titled("b"))
    entry = replace(entry, sides=(*entry.sides, Side(copy=None, fields=titled("c"), version=None)))
    assert names_of(entry) == ["agency", "archive", "agreed"]
    assert ruled(entry, side="agency") == titled("a")
    assert ruled(entry, side=str(THERE)) == titled("b")
    assert ruled(entry, side="agreed") == titled("c")
    assert ruling_about(entry, Wish(side="archive"), by="ana", at=T0).side == THERE
    with pytest.raises(Refused, match=r"no side elsewhere.*agency, archive, agreed"):
        ruled(entry, side="elsewhere")


def test_of_two_copies_in_one_account_each_is_named_in_full() -> None:
    entry = between(titled("a"), titled("b"))
    entry = replace(entry, sides=(*entry.sides, Side(copy=PAGES, fields=titled("c"), version=None)))
    assert names_of(entry) == [str(HERE), "archive", str(PAGES)]
    assert ruled(entry, side=str(PAGES)) == titled("c")
    with pytest.raises(Refused, match="no side agency"):
        ruled(entry, side="agency")


@pytest.mark.parametrize(
    "wish", [{}, {"side": "agency", "texts": {"title": "x"}}, {"side": "agency", "values": {"a": 1}}]
)
def test_a_person_says_one_thing(wish: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="either"):
        ruled(between(titled("a"), titled("b")), **wish)


# the value itself ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("there", "text", "value"),
    [
        ("old", "new; still text", "new; still text"),
        (("a",), " b; c;b;; ", ("b", "c")),
        (DateValue("2026"), "2027-01-05", DateValue("2027-01-05")),
        (True, "False", False),
        (3, "-4", -4),
        (LangAlt.of({"x-default": "t", "de": "d"}), "new", LangAlt.of({"x-default": "new", "de": "d"})),
        (("a",), " ; ", None),
        ("old", "", None),
    ],
)
def test_a_text_becomes_the_kind_of_value_that_the_field_has(there: Any, text: str, value: Any) -> None:
    entry = between({}, fields(x=there))
    assert ruled(entry, texts={"x": text}) == ({} if value is None else fields(x=value))


@pytest.mark.parametrize(
    ("there", "text"),
    [(DateValue("2026"), "soon"), (True, "perhaps"), (3, "many"), (3, "--4")],
)
def test_a_text_that_the_field_cannot_be_is_refused(there: Any, text: str) -> None:
    with pytest.raises(Refused, match="x"):
        ruled(between({}, fields(x=there)), texts={"x": text})


def test_other_languages_that_contend_must_be_given_too() -> None:
    entry = between(fields(x=LangAlt.of({"de": "a", "x-default": "t"})), fields(x=LangAlt.of({"de": "b"})))
    with pytest.raises(Refused, match="several languages"):
        ruled(entry, texts={"x": "new"})
    assert ruled(entry, values={"x": {"lang": {"de": "c"}}}) == fields(x=LangAlt.of({"de": "c"}))


def test_of_a_block_every_field_that_contends_is_to_be_given_and_what_is_alike_stays() -> None:
    entry = between(fields(a="1", b="1", same="s"), fields(a="2", same="s"), base=fields(gone="g"))
    with pytest.raises(Refused, match="b contends as well"):
        ruled(entry, texts={"a": "3"})
    assert ruled(entry, texts={"a": "3"}, values={"b": ["x"]}) == fields(a="3", b=("x",), same="s")
    assert ruled(entry, texts={"a": "3", "b": "", "same": "t"}) == fields(a="3", same="t")
    assert ruled(entry, values={"a": None, "b": [], "gone": "back"}) == fields(same="s", gone="back")
    with pytest.raises(Refused, match=r"strange: no such field contends here\. It is about a, b, gone, same"):
        ruled(entry, texts={"strange": "x"})
    with pytest.raises(Refused, match="a cannot be that"):
        ruled(entry, values={"a": {"b": 1}})


# a copy that is gone -------------------------------------------------------------------------------------------------
def test_where_a_copy_is_gone_a_person_says_what_shall_follow() -> None:
    entry = replace(
        between(fields(presence="deleted"), fields(presence="present"), base=fields(presence="present")),
        group=GroupName("presence"),
        reason=Reason.of(Code.COPY_GONE, copy=str(HERE)),
    )
    for word in ("let_go", "follow", "wait"):
        assert ruled(entry, texts={"presence": word}) == fields(presence=word)
    for wish in ({"side": "agency"}, {"texts": {"presence": "ask"}}, {"texts": {"presence": ""}}):
        with pytest.raises(Refused, match="what shall follow: `--value presence=let_go`"):
            ruled(entry, **wish)


# all like it ---------------------------------------------------------------------------------------------------------
def test_entries_are_like_each_other_in_flow_group_rule_and_accounts() -> None:
    entry = between(titled("a"), titled("b"))
    side, value = Wish(side="agency"), Wish(texts={"title": "x"})
    same = between(titled("a"), titled("b"))
    assert alike(entry, same, side)
    assert alike(entry, replace(same, sides=same.sides[::-1]), value)
    others = between(titled("c"), titled("b"))
    assert alike(entry, others, side)
    assert not alike(entry, others, value)
    swapped = between(titled("b"), titled("a"))
    assert not alike(entry, swapped, value)
    elsewhere = replace(THERE, account=AccountId("elsewhere"))
    for strange in (
        replace(same, flow=FlowName.LIFECYCLE),
        replace(same, group=GroupName("rights")),
        replace(same, reason=Reason.of(Code.CONFLICT, rule="newest")),
        replace(same, reason=Reason.of(Code.EDITED_AND_GONE, rule="ask")),
        replace(same, sides=(same.sides[0], replace(same.sides[1], copy=elsewhere))),
        replace(same, sides=same.sides[:1]),
    ):
        assert not alike(entry, strange, side)
        assert not alike(entry, strange, value)


# taking back ---------------------------------------------------------------------------------------------------------
def test_every_copy_gets_back_what_it_had() -> None:
    entry = replace(
        between(titled("a"), titled("b"), base=titled("base")),
        kept=(Side(copy=HERE, fields=titled("older"), version=None),),
    )
    assert restoring(entry, None) == {HERE: titled("a"), THERE: titled("b")}
    known = accord("ln1", "title", "ruled", HERE, THERE, PAGES)
    assert restoring(entry, known) == {HERE: titled("a"), THERE: titled("b"), PAGES: titled("base")}
    agreed = replace(entry, sides=(*entry.sides, Side(copy=None, fields=titled("agreed"), version=None)))
    assert restoring(agreed, known)[PAGES] == titled("agreed")
