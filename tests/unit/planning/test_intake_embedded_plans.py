"""What is planned where fields reach the archive inside files alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dambridge.mapping import fingerprint
from dambridge.model.actions import ActionKind, Decision, Leave
from dambridge.model.identity import (
    AssetKey,
    RemoteId,
)
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.records import (
    Agreed,
    AssetRecord,
    AssetVersion,
    Container,
    Digest,
    MediaType,
    NotYet,
    Present,
    Seen,
)
from dambridge.model.values import LangAlt
from dambridge.planning import decide_intake, forecast
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, proven_archive
from dambridge.testing.strategies import AGENCY, ARCHIVE, SOURCE, TARGET
from dambridge.testing.two_copies import KEY, LINK, READS, TAKES, TARGET_KEY
from support.intake_plans import MAPS, POLICY, Values, f, the_action

NOW = datetime(2026, 5, 4, tzinfo=UTC)
EMBEDS = replace(
    TAKES,
    write_attributes=Proof.ABSENT,
    deferred_writes=Proof.DECLARED,
    embedded={it: {"Title": Proof.DECLARED, "Credit": Proof.DECLARED} for it in MediaType},
)


def record(key: AssetKey, fields: Values, *, modified: str, content: str, file_name: str = "a.jpg") -> AssetRecord:
    return AssetRecord(
        key=key,
        media_type=MediaType.IMAGE,
        file_name=file_name,
        name="a",
        size=1000,
        fields=fields,
        containers=(Container(RemoteId("G1"), "Intake/Harbour"),),
        version=AssetVersion(modified=modified, fields=fingerprint(fields), content=content),
        created_at=NOW,
    )


def source(fields: Values, *, modified: str = "m1", content: str = "c1", file_name: str = "a.jpg") -> AssetRecord:
    return record(KEY, fields, modified=modified, content=content, file_name=file_name)


def target(fields: Values, *, content: str = "t") -> AssetRecord:
    return record(TARGET_KEY, fields, modified="t1", content=content)


def decide(
    here: AssetRecord, there: Seen, before: Values | None = None, *, takes: ArchiveCapabilities = EMBEDS
) -> Decision:
    agreed = Agreed(
        fields=before or {},
        versions={str(SOURCE): source(before or {}).version, str(TARGET): target(before or {}).version},
        content=Digest(size=1000, sha256="s", md5="m"),
    )
    return decide_intake(
        link=LINK if isinstance(there, Present) else None,
        link_id=LINK.id,
        agreed=agreed if isinstance(there, Present) else None,
        seen={SOURCE: Present(here), TARGET: there},
        policy=POLICY,
        source=SOURCE,
        target=TARGET,
        maps=MAPS,
        can_read=READS,
        can_archive=takes,
        now=NOW,
    )


def waits_for(decision: Decision) -> str:
    assert isinstance(decision, Leave), decision
    assert (decision.outcome, decision.reason.code) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)
    return str(decision.reason["what"])


TITLE = LangAlt.plain("T")


def test_a_new_asset_is_made_though_our_marks_have_no_home_and_waits_where_a_field_has_none() -> None:
    assert the_action(decide(source(f(title=TITLE, credit="C")), NotYet())).kind is ActionKind.CREATE
    assert "City" in waits_for(decide(source(f(credit="C", city="Basel")), NotYet()))


def test_an_edit_is_a_version_whose_bytes_and_calls_are_forecast() -> None:
    action = the_action(decide(source(f(credit="D"), modified="m2"), Present(target(f(credit="C"))), f(credit="C")))
    assert (action.kind, action.fields, action.size) == (ActionKind.ADD_VERSION, f(credit="D"), 1000)
    takes = forecast([action], {AGENCY: 1.0, ARCHIVE: 1.0})
    assert takes.bytes == 1000
    assert takes.calls == {"agency": 1, "archive": 5}
    plain = replace(EMBEDS, embedded={}, write_attributes=Proof.DECLARED)
    cheap = the_action(
        decide(source(f(credit="D"), modified="m2"), Present(target(f(credit="C"))), f(credit="C"), takes=plain)
    )
    assert (cheap.kind, cheap.size) == (ActionKind.UPDATE_FIELDS, 0)


def test_an_edit_that_the_archive_has_already_moves_no_bytes_unless_its_file_is_another() -> None:
    now = source(f(credit="D"), modified="m2")
    assert the_action(decide(now, Present(target(f(credit="D"))), f(credit="C"))).kind is ActionKind.UPDATE_FIELDS
    moved = the_action(decide(now, Present(target(f(credit="D"), content="t2")), f(credit="C")))
    assert moved.kind is ActionKind.ADD_VERSION


def test_without_versions_an_edit_waits() -> None:
    takes = replace(EMBEDS, versions=Proof.ABSENT)
    decision = decide(source(f(credit="D"), modified="m2"), Present(target(f(credit="C"))), f(credit="C"), takes=takes)
    assert waits_for(decision) == "add versions"


def test_an_emptied_field_waits_unless_it_is_empty_in_the_archive_too() -> None:
    before, now = f(title=TITLE, credit="C"), source(f(title=TITLE), modified="m2")
    assert "Credit" in waits_for(decide(now, Present(target(before)), before))
    assert the_action(decide(now, Present(target(f(title=TITLE))), before)).kind is ActionKind.UPDATE_FIELDS


@pytest.mark.parametrize("file_name", ["a.nef", "a.cr3", "a.gif", "a"])
def test_a_kind_that_is_not_written_into_waits(file_name: str) -> None:
    assert "kind" in waits_for(decide(source(f(credit="C"), file_name=file_name), NotYet()))


def test_a_type_whose_files_carry_nothing_waits_where_calls_do_not_work_and_is_written_by_calls_where_they_do() -> None:
    pictures = {MediaType.IMAGE: {"Credit": Proof.PROVEN}}
    film = replace(source(f(credit="C"), file_name="a.mp4"), media_type=MediaType.VIDEO)
    assert "attributes" in waits_for(decide(film, NotYet(), takes=replace(EMBEDS, embedded=pictures)))
    calls = replace(EMBEDS, embedded=pictures, write_attributes=Proof.PROVEN)
    assert the_action(decide(film, NotYet(), takes=calls)).kind is ActionKind.CREATE


def test_an_attribute_that_the_account_is_not_shown_is_not_written_by_any_way() -> None:
    hidden = proven_archive(EMBEDS, {"archive.fields.Credit": Proof.ABSENT})
    assert not hidden.may_write("Credit", MediaType.IMAGE).usable
    assert hidden.may_write("Title", MediaType.IMAGE).usable
    assert not hidden.may_write("City", MediaType.IMAGE).usable


def test_what_is_seen_later_is_said_of_single_fields_where_others_are_seen_at_once() -> None:
    assert EMBEDS.defers("Credit")
    some = replace(EMBEDS, deferred_fields={"Title": Proof.DECLARED})
    assert (some.defers("Title"), some.defers("Credit")) == (True, False)
    assert not replace(some, deferred_writes=Proof.ABSENT).defers("Title")
