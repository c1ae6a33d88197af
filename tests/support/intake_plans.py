"""One asset before intake's plan: what both systems show of it, what was agreed, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dambridge.mapping import AccountMap, default_map, fingerprint
from dambridge.model.actions import Act, Action, Decision, Leave
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    RemoteId,
    System,
    link_id_for,
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
    Seen,
)
from dambridge.model.values import FieldName, Value
from dambridge.planning import decide_intake
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities

NOW = datetime(2026, 11, 24, tzinfo=UTC)
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
SOURCE, TARGET = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
KEY = AssetKey(AGENCY, RemoteId("I1"))
LINK_ID = link_id_for(FlowName.INTAKE, KEY)
LINK = Link(LINK_ID, FlowName.INTAKE, (Copy(SOURCE, KEY.remote_id), Copy(TARGET, RemoteId("4101"))))
POLICY = IntakePolicy(source=AGENCY, target=ARCHIVE)
MAPS = {AGENCY: default_map(System.PHOTOSHELTER), ARCHIVE: default_map(System.NETX)}
READS = ReaderCapabilities(
    modified_window=Proof.PROVEN,
    metadata_moves_modified=Proof.PROVEN,
    membership_moves_modified=Proof.PROVEN,
    newest_members_first=Proof.PROVEN,
    custom_fields=Proof.PROVEN,
    content_hash=Proof.ABSENT,
    byte_ranges=Proof.ABSENT,
    originals=dict.fromkeys(MediaType, Proof.DECLARED),
)
TAKES = ArchiveCapabilities(
    write_attributes=Proof.DECLARED,
    fields={},
    take_out=Proof.DECLARED,
    discard=Proof.DECLARED,
    discard_recoverable=Proof.ABSENT,
    rename=Proof.DECLARED,
    folders=Proof.DECLARED,
    versions=Proof.DECLARED,
    checksum=Proof.DECLARED,
    conditional_write=Proof.ABSENT,
    deliver=dict.fromkeys(MediaType, Proof.DECLARED),
)
Values = Mapping[FieldName, Value]


def f(**values: Any) -> dict[FieldName, Value]:
    return {FieldName(name): value for name, value in values.items()}


def source_record(fields: Values, *, modified: str = "m1", content: str = "c1", **more: Any) -> AssetRecord:
    return AssetRecord(
        key=KEY,
        media_type=more.pop("media_type", MediaType.IMAGE),
        file_name="a.jpg",
        name="a",
        size=10,
        fields=fields,
        containers=(Container(RemoteId("G1"), "Intake/Harbour"),),
        version=AssetVersion(modified=modified, fields=fingerprint(fields), content=content),
        created_at=NOW,
        **more,
    )


def target_record(fields: Values, *, modified: str = "t1", name: str = "a") -> AssetRecord:
    return AssetRecord(
        key=AssetKey(ARCHIVE, RemoteId("4101")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name=name,
        size=10,
        fields=fields,
        containers=(),
        version=AssetVersion(modified=modified, fields=fingerprint(fields), content="t"),
    )


def agreed_on(source: AssetRecord, fields: Values, *, filled: Values | None = None) -> Agreed:
    return Agreed(
        fields=fields,
        filled=filled or {},
        versions={str(SOURCE): source.version, str(TARGET): target_record(fields).version},
        content=Digest(size=10, sha256="s", md5="m"),
    )


def decide(
    here: Seen,
    there: Seen,
    agreed: Agreed | None = None,
    *,
    link: Link | None = LINK,
    policy: IntakePolicy = POLICY,
    netx: AccountMap | None = None,
    **capabilities: Any,
) -> Decision:
    return decide_intake(
        link=link,
        link_id=LINK_ID,
        agreed=agreed,
        seen={TARGET: there, SOURCE: here},
        policy=policy,
        source=SOURCE,
        target=TARGET,
        maps={**MAPS, ARCHIVE: netx or MAPS[ARCHIVE]},
        can_read=capabilities.get("can_read", READS),
        can_archive=capabilities.get("can_archive", TAKES),
        now=NOW,
    )


def the_action(decision: Decision) -> Action:
    assert isinstance(decision, Act), decision
    (action,) = decision.actions
    return action


def left(decision: Decision) -> tuple[Outcome, Code]:
    assert isinstance(decision, Leave), decision
    return decision.outcome, decision.reason.code
