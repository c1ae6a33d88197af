"""Links that pairing makes are watched; the plan that activates them says exactly which, and what each asset was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dambridge.model.actions import ActionKind
from dambridge.model.identity import AssetKey, FlowName, RemoteId
from dambridge.model.pairing import Pair, Subject
from dambridge.model.plans import Plan, read_plan
from dambridge.model.records import Checksum
from dambridge.planning import Foundation, PairingPolicy, activation_plan, in_common, pair_up, scene_of, watched_link
from support.subjects import ONE, OTHER, subject

NOW = datetime(2026, 11, 28, tzinfo=UTC)
POLICY = PairingPolicy(flow=FlowName.INTAKE, one=ONE, other=OTHER)


def two(**said: object) -> tuple[Pair, Subject, Subject]:
    digests = {"md5": "m", "sha256": "s"}
    one = subject("a", digests=digests, size=5, fields={"title": "Boat", "credit": "R", "city": "Köln"})
    other = subject("1", account=OTHER, digests=digests, size=5, fields={"title": "Boat", "credit": "Q"}, **said)  # type: ignore[arg-type]
    (pair,) = pair_up(scene_of([one], [other])).certain
    return pair, one, other


def plan(pair: Pair, one: Subject, other: Subject, *, folders: tuple[str, ...] = ()) -> Plan:
    given = Foundation(
        policy=POLICY, policy_digest="p", configuration="c", rates={ONE: 1.0, OTHER: 1.0}, now=NOW, folders=folders
    )
    return activation_plan([watched_link(pair, POLICY)], {pair.one: pair}, [], {one.key: one, other.key: other}, given)


def test_a_link_is_watched_only() -> None:
    pair, _, _ = two()
    link = watched_link(pair, POLICY)
    assert link.observe_only
    assert {it.key for it in link.copies} == {pair.one, pair.other}


def test_only_what_both_say_is_taken_for_agreed() -> None:
    pair, one, other = two(checksum=Checksum("md5", "m"))
    agreed = in_common(pair, one, other, POLICY)
    assert agreed.fields == {"title": "Boat"}
    assert agreed.content is not None
    assert (agreed.content.sha256, agreed.content.md5, agreed.content.size) == ("s", "m", 5)
    assert agreed.evidence == {"agency/source/-/original": "source", "archive/record/-/original": "md5"}
    assert agreed.versions["archive/record/-/original"] == other.record.version


def test_what_only_looks_alike_agrees_on_no_bytes() -> None:
    one, other = subject("a", bits=7 << 90), subject("1", account=OTHER, bits=7 << 90)
    (pair,) = pair_up(scene_of([one], [other])).certain
    agreed = in_common(pair, one, other, POLICY)
    assert agreed.content is None
    assert agreed.evidence["archive/record/-/original"] == "paired"


def test_the_plan_names_each_link_with_both_versions_and_reads_back() -> None:
    pair, one, other = two()
    made = plan(pair, one, other)
    (action,) = made.actions
    assert action.kind is ActionKind.ACTIVATE
    assert (action.source, action.target_id) == (pair.one, "1")
    assert action.expects == {
        "agency/source/-/original": one.record.version,
        "archive/record/-/original": other.record.version,
    }
    assert made.header.expires_at == NOW + timedelta(days=2)
    assert read_plan(made.lines()) == made
    moved = replace(one, record=replace(one.record, version=replace(one.record.version, fields="else")))
    assert plan(pair, moved, other).actions[0].id != action.id


def test_only_the_folders_asked_for_are_activated() -> None:
    pair, one, other = two(containers=("Press/2025",))
    assert plan(pair, one, other, folders=("Press/**",)).actions
    assert not plan(pair, one, other, folders=("Other/**",)).actions


def test_what_waits_is_left_with_its_likeliest_partner() -> None:
    digests = {"md5": "m"}
    one = subject("a", digests=digests, size=5)
    others = [subject(it, account=OTHER, digests=digests, size=5) for it in ("1", "2")]
    found = pair_up(scene_of([one], others))
    given = Foundation(policy=POLICY, policy_digest="p", configuration="c", rates={}, now=NOW)
    made = activation_plan([], {}, found.review, {it.key: it for it in (one, *others)}, given)
    (left,) = made.left
    assert left.key == AssetKey(ONE, RemoteId("a"))
    assert (left.leave.outcome, left.leave.waits_for) == ("waiting", "librarian")
    assert made.header.counts == {"waiting": 1}
    assert read_plan(made.lines()) == made
