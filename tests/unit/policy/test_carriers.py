"""Carriers of a status: read and written alone and together, with a winner; and what a file brought counts for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import default_map, to_canonical, unread_fields
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Status
from dambridge.model.reasons import Code
from dambridge.model.records import Container, MediaType, NativeRecord, NativeValue
from dambridge.policy.carriers import (
    PLACES,
    STRONGEST,
    Carrier,
    CarrierKind,
    Carry,
    StatusField,
    read_status,
    to_carry,
)

GROUPS = frozenset({"base", "iptc", "custom", "containers", "attributes"})
WORDS: Mapping[Status, tuple[str, ...]] = {it: (str(it).replace("_", " ").capitalize(),) for it in Status}
RATINGS = {Status.REJECTED: ("-1",), Status.APPROVED: ("5", "4"), Status.IN_REVIEW: ("2",)}
SHOOTS = {it: (f"Desk/{words[0]}",) for it, words in WORDS.items()}

GALLERY = Carrier(kind=CarrierKind.GALLERY, words=SHOOTS)
EDIT_STATUS = Carrier(kind=CarrierKind.EDIT_STATUS, words=WORDS)
CUSTOM = Carrier(kind=CarrierKind.CUSTOM, name="77", words=WORDS)
RATING = Carrier(kind=CarrierKind.RATING, words=RATINGS)
ATTRIBUTE = Carrier(kind=CarrierKind.ATTRIBUTE, name="Lifecycle Status", words=WORDS)
FOLDER = Carrier(kind=CarrierKind.FOLDER, words=SHOOTS)
ALL = (GALLERY, EDIT_STATUS, CUSTOM, RATING, ATTRIBUTE, FOLDER)


def record(
    fields: Mapping[str, NativeValue] | None = None, *places: str, groups: frozenset[str] = GROUPS
) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("agency"), RemoteId("1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a.jpg",
        size=1,
        modified="1",
        modified_at=None,
        content_stamp="c",
        checksum=None,
        fields=fields or {},
        containers=tuple(Container(RemoteId(f"C:{it}"), it) for it in places),
        groups=groups,
    )


def carried(native: NativeRecord, carry: Carry) -> NativeRecord:
    """The record after a system did what was asked."""
    fields = {**native.fields, **{name: texts[0] for name, texts in carry.fields.items() if texts}}
    fields = {name: it for name, it in fields.items() if carry.fields.get(name) != ()}
    places = [it for it in native.containers if it not in carry.out_of]
    places += [Container(RemoteId(f"C:{it}"), it) for it in carry.into]
    return replace(native, fields=fields, containers=tuple(places))


def always(_: Carrier) -> bool:
    return True


SUBSETS = st.lists(st.sampled_from(ALL), min_size=1, max_size=4, unique_by=lambda it: it.label)
RECORDS = st.builds(
    lambda status, custom, attribute, rating, places: record(
        {
            name: it
            for name, it in {
                "edit_status": status,
                "custom.77": custom,
                "Lifecycle Status": attribute,
                "rating": rating,
            }.items()
            if it is not None
        },
        *places,
    ),
    *[st.none() | st.sampled_from([*(it[0] for it in WORDS.values()), "Nonsense"])] * 3,
    st.none() | st.integers(-1, 5),
    st.lists(st.sampled_from([*(it[0] for it in SHOOTS.values()), "Elsewhere"]), max_size=3, unique=True),
)


@given(RECORDS, SUBSETS, st.sampled_from(Status))
def test_what_was_carried_is_read_and_nothing_is_left_to_carry(
    native: NativeRecord, carriers: Sequence[Carrier], status: Status
) -> None:
    after = carried(native, to_carry(status, native, carriers, always))
    sayable = any(it.words.get(status) for it in carriers)
    shown = read_status(after, carriers)
    assert shown.status is (status if sayable else None)
    assert shown.disagreeing == ()
    assert not to_carry(status, after, carriers, always).changes
    assert {it.path for it in after.containers} >= {it.path for it in native.containers if it.path == "Elsewhere"}


@given(RECORDS, SUBSETS)
def test_the_first_carrier_that_says_anything_wins(native: NativeRecord, carriers: Sequence[Carrier]) -> None:
    alone = [(it, read_status(native, [it]).status) for it in carriers]
    said = [(it, status) for it, status in alone if status is not None]
    shown = read_status(native, carriers)
    assert (shown.by, shown.status) == ((said[0][0].label, said[0][1]) if said else ("", None))
    others = {it.label for it, status in said if status is not shown.status}
    assert others <= set(shown.disagreeing)


@given(RECORDS, SUBSETS)
def test_a_status_that_stands_is_brought_to_the_other_carriers(
    native: NativeRecord, carriers: Sequence[Carrier]
) -> None:
    shown = read_status(native, carriers)
    carry = to_carry(shown.status, native, carriers, always)
    assert read_status(carried(native, carry), carriers).status is shown.status
    assert carry.changes == bool(shown.disagreeing)


@given(RECORDS, SUBSETS, st.sampled_from(Status))
def test_what_is_not_proven_is_not_written_and_named(
    native: NativeRecord, carriers: Sequence[Carrier], status: Status
) -> None:
    carry = to_carry(status, native, carriers, lambda _: False)
    assert not carry.changes
    assert bool(carry.lacks) == to_carry(status, native, carriers, always).changes


@given(st.sampled_from([it for it in ALL if it.kind not in PLACES]), st.sampled_from(Status))
@pytest.mark.hazard("P12")
def test_a_value_out_of_the_uploaded_file_never_counts(carrier: Carrier, status: Status) -> None:
    word = carrier.words.get(status, ("5",))[0]
    native = record({carrier.native: word})
    brought = {carrier.native: (word.upper(),)}
    assert read_status(native, [carrier], brought).status is None
    assert read_status(native, [carrier]).status is not None
    other = record({carrier.native: carrier.words[Status.IN_REVIEW][0]})
    if status is not Status.IN_REVIEW:
        assert read_status(other, [carrier], brought).status is Status.IN_REVIEW


def test_a_place_is_never_brought_by_a_file() -> None:
    native = record({}, "Desk/Approved")
    assert read_status(native, [GALLERY], {"": ("Desk/Approved",)}).status is Status.APPROVED


def test_who_stands_in_two_galleries_has_the_status_that_lets_less_out() -> None:
    assert read_status(record({}, "Desk/Approved", "Desk/Rejected"), [GALLERY]).status is Status.REJECTED
    assert read_status(record({}, "Desk/In review", "Desk/Approved"), [GALLERY]).status is Status.APPROVED
    assert read_status(record({}, "Desk/In review", "Desk/Approved"), [GALLERY]).disagreeing == ("gallery",)
    assert set(STRONGEST) == set(Status)


def test_patterns_of_galleries_are_understood_and_the_first_is_written() -> None:
    desk = Carrier(
        kind=CarrierKind.GALLERY,
        words={Status.APPROVED: ("Approved", "Shoots/*/Selects"), Status.IN_REVIEW: ("Inbox",)},
    )
    assert read_status(record({}, "Shoots/Tennis/Selects"), [desk]).status is Status.APPROVED
    carry = to_carry(Status.APPROVED, record({}, "Inbox", "Other"), [desk], always)
    assert (carry.into, [it.path for it in carry.out_of]) == (("Approved",), ["Inbox"])
    assert not to_carry(Status.APPROVED, record({}, "Shoots/Tennis/Selects"), [desk], always).changes


def test_what_was_not_read_says_nothing_and_is_known_to() -> None:
    native = record({"edit_status": "Approved"}, groups=frozenset({"base", "iptc"}))
    assert read_status(native, [GALLERY, EDIT_STATUS]).unread == {"containers"}
    assert read_status(native, [EDIT_STATUS]).status is Status.APPROVED


# as a field of a record ---------------------------------------------------------------------------------------------------


def canonical(native: NativeRecord, *carriers: Carrier) -> tuple[object, set[str], set[Code]]:
    found = to_canonical(native, replace(default_map(System.PHOTOSHELTER), told=StatusField(carriers)))
    return found.fields.get(LIFECYCLE_STATUS), {*unread_fields(found)}, {it.code for it in found.notes}


def test_the_status_is_a_field_of_the_record_and_part_of_its_version() -> None:
    told = replace(default_map(System.PHOTOSHELTER), told=StatusField((GALLERY, EDIT_STATUS)))
    versions = {to_canonical(record({}, *it), told).version.fields for it in ((), ("Desk/Draft",), ("Desk/Expired",))}
    assert len(versions) == 3
    assert canonical(record({}, "Desk/Draft"), GALLERY)[0] == "draft"
    assert Code.STATUS_SHOWN in canonical(record({}, "Desk/Draft"), GALLERY)[2]
    assert LIFECYCLE_STATUS in told.reads
    assert canonical(record(), GALLERY)[:2] == (None, set())


def test_a_word_that_nobody_knows_is_no_status_and_no_silence() -> None:
    value, unread, codes = canonical(record({"edit_status": "Aproved"}), EDIT_STATUS)
    assert (value, unread) == (None, {str(LIFECYCLE_STATUS)})
    assert Code.VALUE_UNREADABLE in codes
    assert canonical(record({"edit_status": "Aproved"}, "Desk/Draft"), GALLERY, EDIT_STATUS)[0] == "draft"


def test_a_status_without_a_word_is_shown_by_nothing() -> None:
    it = StatusField((RATING,))
    assert it.shown("approved") == "approved"
    assert it.shown("archived") is None
    assert StatusField((RATING, GALLERY)).shown("archived") == "archived"
