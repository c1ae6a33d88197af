"""Records of withdrawals as documents, and as people read them."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from dambridge.model.canonical import canonical_bytes, document_from
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.publications import Place, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import FieldName
from dambridge.telemetry.withdrawal_record import record_document
from dambridge.telemetry.withdrawal_words import record_html, record_text

END = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
COPY = CopyId(AccountId("agency"), CopyRole.PUBLISHED, "press-eu", "web")
RECORD = Withdrawal(
    id="wd1",
    flow=FlowName.PUBLISH,
    link=LinkId("ln1"),
    copy=COPY,
    key=AssetKey(COPY.account, RemoteId("I0001")),
    file_name="Hafen <früh>.jpg",
    sha256="ab" * 32,
    causes=(Reason.of(Code.GONE_AT_SOURCE, absence="deleted"),),
    deadline=END,
    visible_since=END - timedelta(days=90),
    decided_at=END - timedelta(minutes=30),
    begun_at=END - timedelta(minutes=20),
    verified_at=END - timedelta(seconds=95),
    how=("Put into the holding gallery.", "Taken out of Press / EU."),
    places=(
        Place(
            container=RemoteId("G1"), path="Press / EU", effective="public", held_before=True, held_after=False,
            at=END - timedelta(seconds=95),
        ),
        Place(
            container=RemoteId("G2"), path="Holding", effective="private", held_before=False, held_after=True,
            at=END - timedelta(seconds=95),
        ),
    ),
    unchecked=("Downloads: anybody who had the address since 2026-09-02.", "Caches of <others>."),
    own_fields=(FieldName("headline"),),
)  # fmt: skip


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def page(document: dict[str, Any]) -> Words:
    words = Words()
    words.feed(record_html(document, "It holds."))
    return words


def test_a_document_says_everything_that_the_record_says_and_is_the_same_every_time() -> None:
    document = record_document(RECORD)
    assert document_from(canonical_bytes(document)) == document == record_document(RECORD)
    spelled = canonical_bytes(document).decode()
    for name in (it.name for it in dataclasses.fields(Withdrawal)):
        value = getattr(RECORD, name)
        texts = [str(value)] if isinstance(value, str) and name != "copy" else []
        texts += [str(it) for it in value if isinstance(it, str)] if isinstance(value, tuple) else []
        texts += [value.isoformat()] if isinstance(value, datetime) else []
        assert all(it in spelled for it in texts), name
    assert document["places"][0] == {
        "container": "G1",
        "path": "Press / EU",
        "effective": "public",
        "held_before": True,
        "held_after": False,
        "at": "2026-11-30T23:58:25+00:00",
    }
    assert document["causes"] == [
        {
            "code": "gone_at_source",
            "params": {"absence": "deleted"},
            "says": "It is no longer at its source (deleted); what was archived stays.",
        }
    ]
    assert len(document["places"]) == len(RECORD.places)


def test_no_part_of_a_record_is_left_out_of_the_document_when_records_grow() -> None:
    known = {
        *(
            "id",
            "flow",
            "link",
            "copy",
            "key",
            "file_name",
            "sha256",
            "causes",
            "deadline",
            "visible_since",
            "decided_at",
        ),
        *("begun_at", "verified_at", "how", "places", "unchecked", "own_fields"),
    }
    assert {it.name for it in dataclasses.fields(Withdrawal)} <= known
    assert {it.name for it in dataclasses.fields(Place)} == set(record_document(RECORD)["places"][0])


def test_instants_are_in_utc_whatever_zone_they_came_in() -> None:
    other = replace(RECORD, verified_at=datetime.fromisoformat("2026-12-01T00:58:25+01:00"))
    assert record_document(other) == record_document(RECORD)


@pytest.mark.parametrize(
    ("record", "in_time", "says"),
    [
        (RECORD, True, "1 min 35 s before it had to be"),
        (replace(RECORD, verified_at=END), True, "0 min 0 s before it had to be"),
        (replace(RECORD, verified_at=END + timedelta(microseconds=1)), False, "0 min 0 s AFTER it had to be"),
        (replace(RECORD, verified_at=END + timedelta(hours=2, seconds=5)), False, "2 h 0 min 5 s AFTER it had to be"),
        (replace(RECORD, deadline=None), None, "No instant was known ahead"),
        (replace(RECORD, verified_at=None), None, "NOT PROVEN"),
    ],
)
def test_people_are_told_first_whether_it_was_in_time(record: Withdrawal, in_time: bool | None, says: str) -> None:
    document = record_document(record)
    assert document["in_time"] is in_time
    assert says in record_text(document, "")
    assert says in " ".join(page(document).said)


def test_a_record_that_is_not_proven_never_reads_like_one_that_is() -> None:
    text = record_text(record_document(replace(RECORD, verified_at=None)), "")
    assert "was withdrawn" not in text
    assert "was withdrawn" in record_text(record_document(RECORD), "")


def test_both_forms_show_places_times_acts_and_what_nobody_can_check() -> None:
    document = record_document(RECORD)
    signature = {"algorithm": "Ed25519", "key": "k1", "signed_at": END.isoformat(), "value": "c2ln"}
    document["signature"] = signature
    words = page(document)
    for shown in (record_text(document, "It holds."), "\n".join(words.said)):
        for it in (
            "Hafen <früh>.jpg", "ab" * 32, "press-eu", "rendition web", "agency: I0001", "2026-09-02 00:00:00",
            "2026-12-01 00:00:00",
            "2026-11-30 23:58:25", "Put into the holding gallery.", "Taken out of Press / EU.", "Press / EU (G1)", "public",
            "Holding (G2)", "private", "Downloads: anybody who had the address since 2026-09-02.", "Caches of <others>.",
            "headline", "It is no longer at its source (deleted)", "k1 (Ed25519)", "c2ln", "It holds.",
            "Of 2 places that were looked at, 1 still held it",
        ):  # fmt: skip
            assert it in shown, it
    assert "script" not in words.tags
    assert "früh" not in words.tags
    assert words.attributes <= {"lang", "charset"}


def test_what_is_missing_is_said_to_be_missing() -> None:
    bare = record_document(
        replace(RECORD, places=(), how=(), unchecked=(), own_fields=(), causes=(), visible_since=None)
    )
    text = record_text(bare, "")
    for it in (
        "No place was looked at.",
        "No act is on record.",
        "No cause is on record.",
        "not known",
        "This record is not signed.",
    ):
        assert it in text
    assert "No place was looked at." in page(bare).said
