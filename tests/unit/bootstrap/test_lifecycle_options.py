"""Carriers and roles in a configuration: what they come to without a word, and every mistake with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.bootstrap.mirrors import build_mirror
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.bootstrap.publishing import build_publish
from dambridge.bootstrap.settings import Settings
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Role, Status
from dambridge.model.values import FieldName
from dambridge.policy.carriers import CarrierKind
from dambridge.policy.mirror import Authority, MirrorPolicy, Rule
from dambridge.policy.retention import Ending

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
ACCOUNTS = """\
accounts:
  agency: {system: photoshelter, api_key: k, email: jane@example.org, password: p, org_id: O0000abc}
  archive: {system: netx, base_url: "https://dam.example.org", token: t}
flows:
  intake: {from: agency, to: archive}
"""
SOUND = (
    ACCOUNTS
    + """\
  lifecycle:
    between: [agency, archive]
    carriers:
      agency:
        - {by: gallery, words: {in_review: [Desk/Inbox], approved: [Desk/Selects, "Shoots/**/Selects"]}}
        - {by: edit_status}
      archive: [{by: attribute, name: Lifecycle Status}]
    roles: {agency: [contributor, reviewer], archive: [librarian]}
"""
)


def settings_of(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "dambridge.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def policy_of(tmp_path: Path, text: str) -> MirrorPolicy:
    settings = settings_of(tmp_path, text)
    return build_mirror(settings, FlowName.LIFECYCLE, build_maps(settings))


def mistakes(tmp_path: Path, carriers: str) -> Mapping[str, str]:
    text = f"{ACCOUNTS}  lifecycle: {{between: [agency, archive], {carriers}}}\n"
    with pytest.raises(ConfigurationWrong) as caught:
        settings_of(tmp_path, text)
    return {it.where: f"{it.what} {it.remedy}" for it in caught.value.mistakes}


def test_the_status_is_a_group_that_moves_by_the_table(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, SOUND)
    (group,) = policy.groups
    assert (set(group.fields), group.authority) == ({LIFECYCLE_STATUS}, Authority(Rule.TRANSITIONS))
    gallery, edit_status = policy.carriers[AGENCY]
    assert (gallery.kind, edit_status.kind) == (CarrierKind.GALLERY, CarrierKind.EDIT_STATUS)
    assert gallery.words == {
        Status.IN_REVIEW: ("Desk/Inbox",),
        Status.APPROVED: ("Desk/Selects", "Shoots/**/Selects"),
    }
    assert edit_status.words[Status.CHANGES_ASKED] == ("Changes asked", "changes_asked")
    assert policy.carriers[ARCHIVE][0].native == "Lifecycle Status"
    assert policy.roles_in(ARCHIVE) == {Role.LIBRARIAN}


def test_every_account_that_has_carriers_shows_the_status(tmp_path: Path) -> None:
    """To every flow, so that the gate is asked with it too."""
    assert all(LIFECYCLE_STATUS in it.reads for it in build_maps(settings_of(tmp_path, SOUND)).values())
    assert all(LIFECYCLE_STATUS not in it.reads for it in build_maps(settings_of(tmp_path, ACCOUNTS)).values())


PUBLISH = """\
  publish:
    from: archive
    status: lifecycle_status
    select: {folders: ["Masters/**"]}
    outlets: {press: {account: agency, gallery: Press, channel: press, territory: DE, audience: press}}
gate: {channels: {press: {}}}
"""


def test_the_gate_asks_for_the_status_by_its_name(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, SOUND + PUBLISH)
    policy = build_publish(settings, FlowName.PUBLISH, build_maps(settings))
    assert policy.status == LIFECYCLE_STATUS
    with pytest.raises(ConfigurationWrong) as caught:
        settings_of(tmp_path, ACCOUNTS + PUBLISH)
    assert "carriers" in {it.where: it.remedy for it in caught.value.mistakes}["flows.publish.status"]


def test_without_a_word_people_have_the_roles_of_their_system(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path, SOUND.replace("    roles: {agency: [contributor, reviewer], archive: [librarian]}\n", "")
    )
    assert policy.roles_in(AGENCY) == {Role.CONTRIBUTOR, Role.REVIEWER}
    assert policy.roles_in(ARCHIVE) == {Role.REVIEWER, Role.LIBRARIAN, Role.RIGHTS_MANAGER}


def test_intake_leaves_the_fields_that_carry_a_status_to_the_lifecycle(tmp_path: Path) -> None:
    assert FieldName("edit_status") in build_policy(settings_of(tmp_path, SOUND)).mirrored
    assert FieldName("edit_status") not in build_policy(settings_of(tmp_path, ACCOUNTS)).mirrored


@pytest.mark.parametrize(
    ("given", "where", "word"),
    [
        ("carriers: {agency: [{by: edit_status}]}", "carriers", "Nothing shows the status in `archive`"),
        ("carriers: {agenci: [{by: edit_status}]}", "carriers.agenci", "`agency`"),
        ("carriers: {agency: [{by: folder}]}", "carriers.agency.0.by", "gallery, edit_status, custom, rating"),
        ("carriers: {archive: [{by: rating}]}", "carriers.archive.0.by", "attribute, folder"),
        ("carriers: {archive: [{by: attribute}]}", "carriers.archive.0", "needs a name"),
        ("carriers: {agency: [{by: rating, name: x}]}", "carriers.agency.0", "has no name"),
        ("carriers: {agency: []}", "carriers.agency", "at least one"),
        ("carriers: {agency: [{by: edit_status}, {by: edit_status}]}", "carriers.agency.1", "twice"),
        ("carriers: {agency: [{by: gallery}]}", "carriers.agency.0.words", "Nothing says which"),
        (
            "carriers: {agency: [{by: edit_status, words: {approved: [ok], rejected: [OK]}}]}",
            "carriers.agency.0.words.rejected",
            "says `approved` too",
        ),
        (
            'carriers: {agency: [{by: gallery, words: {approved: ["Shoots/*"]}}]}',
            "carriers.agency.0.words.approved",
            "no place",
        ),
        (
            'select: {agency: ["In/**"]}, carriers: {agency: [{by: gallery, words: {approved: [Out]}}]}',
            "carriers.agency.0.words.approved",
            "not selected",
        ),
        ("roles: {agency: [rights]}", "roles.agency", "no role of people"),
        ("roles: {press: [reviewer]}", "roles.press", "no account of this flow"),
        ("groups: {a: {fields: [credit], authority: transitions}}", "groups.a.authority", "Only a status"),
        ("groups: {a: {fields: [lifecycle_status]}}", "groups.a.fields.0", "no canonical field"),
        ("carriers: {agency: [{by: edit_state}]}", "carriers.agency.0.by", "`edit_status`"),
        (
            "carriers: {agency: [{by: edit_status, words: {aproved: [x]}}]}",
            "carriers.agency.0.words.aproved",
            "`approved`",
        ),
        ("roles: {agency: [reviwer]}", "roles.agency.0", "`reviewer`"),
    ],
)
def test_each_mistake_is_named_at_its_place(tmp_path: Path, given: str, where: str, word: str) -> None:
    found = mistakes(tmp_path, given)
    assert word in found[f"flows.lifecycle.{where}"], found


def test_retention_holds_in_netx_and_keeps_elsewhere_unless_it_is_said(tmp_path: Path) -> None:
    assert policy_of(tmp_path, SOUND).retention is None, "without a word everything is kept"
    plain = policy_of(tmp_path, SOUND + "    retention: {after: {expired: 400d}}\n").retention
    assert plain is not None
    assert (plain.ending(ARCHIVE), plain.ending(AGENCY)) == (Ending.HOLD, Ending.KEEP)
    assert plain.after == {Status.EXPIRED: timedelta(days=400)}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("    retention: {after: {archived: 400d}}\n", "archived"),
        ("    retention: {after: {}}\n", "after"),
        ("    retention: {after: {expired: 1d}, copies: {archive: trash}}\n", "NetX has no trash"),
        ("    retention: {after: {expired: 1d}, copies: {nowhere: hold}}\n", "no account of this flow"),
        ("    superseded_by: nothing\n", "no canonical field"),
    ],
)
def test_mistakes_in_retention_are_told(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(ConfigurationWrong, match=words):
        settings_of(tmp_path, SOUND + said)


def test_retention_needs_carriers(tmp_path: Path) -> None:
    text = f"{ACCOUNTS}  lifecycle: {{between: [agency, archive], retention: {{after: {{expired: 1d}}}}}}\n"
    with pytest.raises(ConfigurationWrong, match="how an asset stands"):
        settings_of(tmp_path, text)
