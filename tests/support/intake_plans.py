"""One asset before intake's plan: what both systems show of it, what was agreed, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dambridge.mapping import AccountMap, default_map, fingerprint
from dambridge.model.actions import Act, Action, Decision, Leave
from dambridge.model.identity import Link, RemoteId, System
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
from dambridge.testing.strategies import AGENCY, ARCHIVE, SOURCE, TARGET
from dambridge.testing.two_copies import KEY, LINK, LINK_ID, READS, TAKES, TARGET_KEY

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POLICY = IntakePolicy(source=AGENCY, target=ARCHIVE)
MAPS = {AGENCY: default_map(System.PHOTOSHELTER), ARCHIVE: default_map(System.NETX)}
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
        key=TARGET_KEY,
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
