"""Options of the flows that keep fields in step: what they are without a word, and every mistake with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.bootstrap.finding import _owners
from dambridge.bootstrap.flow_options import FlowOptions
from dambridge.bootstrap.loading import known_flow
from dambridge.bootstrap.mirrors import build_mirror, holding_folders
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.bootstrap.settings import Settings
from dambridge.model.accords import CONTENT, FILE_NAME
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.records import Absence
from dambridge.model.values import FieldName
from dambridge.policy.mirror import Authority, MirrorPolicy, Rule, WhenAbsent
from dambridge.ports.errors import Refused

ACCOUNTS = """\
accounts:
  agency: {system: photoshelter, api_key: k, email: jane@example.org, password: p, org_id: O0000abc}
  archive: {system: netx, base_url: "https://dam.example.org", token: t}
  second: {system: netx, base_url: "https://two.example.org", token: t, staging_root: in/}
"""
SOUND = (
    ACCOUNTS
    + """\
maps:
  archive: {edit_status: Lifecycle Status, embargo_until: Embargo Date}
  agency: {embargo_until: custom.embargo}
flows:
  intake: {from: agency, to: archive}
  rights: {between: [agency, archive]}
  lifecycle: {between: [agency, archive]}
"""
)
RIGHTS, STATUS = FlowName.RIGHTS, FlowName.LIFECYCLE


def settings_of(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "dambridge.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def policy_of(tmp_path: Path, text: str, flow: FlowName = RIGHTS) -> MirrorPolicy:
    settings = settings_of(tmp_path, text)
    return build_mirror(settings, flow, build_maps(settings))


def mistakes(tmp_path: Path, text: str) -> Mapping[str, tuple[int | None, str]]:
    with pytest.raises(ConfigurationWrong) as caught:
        settings_of(tmp_path, text)
    return {it.where: (it.line, f"{it.what} {it.remedy}") for it in caught.value.mistakes}


@pytest.mark.hazard("P50")
def test_without_a_word_nothing_is_followed_and_what_permits_less_holds(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, SOUND)
    (group,) = policy.groups
    assert group.authority == Authority(Rule.MOST_RESTRICTIVE)
    assert {"usage_terms", "copyright_notice", "embargo_until"} <= group.fields
    assert "licence_end" not in group.fields, "it has no home in either account"
    assert policy.accounts == ("agency", "archive")
    for absence in Absence:
        for account in policy.accounts:
            assert policy.when_absent(account, absence) is not WhenAbsent.FOLLOW
    assert policy.max_changes == 5000
    assert (policy.max_removals, policy.max_removal_share) == (20, 0.02)
    assert policy.margin > timedelta(0) < policy.stale_for


@pytest.mark.parametrize(
    ("flow", "owner"),
    [
        ("between: [agency, archive]", "archive"),
        ("between: [agency, second, archive]", "second"),
        ("between: [agency, archive], owner: agency", "agency"),
        ("between: [agency, archive], owner: anybody", None),
        ("between: [agency, archive], groups: {a: {fields: [credit], authority: most_restrictive}}", "archive"),
        (
            "between: [agency, archive], groups: {a: {fields: [credit], authority: most_restrictive, owner: anybody}}",
            None,
        ),
        ("between: [agency, archive], groups: {a: {fields: [credit], authority: newest}}", None),
    ],
)
def test_without_a_word_only_netx_may_permit_more(tmp_path: Path, flow: str, owner: str | None) -> None:
    (group,) = policy_of(tmp_path, f"{ACCOUNTS}flows: {{rights: {{{flow}}}}}\n").groups
    assert group.owner == owner


def test_who_owns_rights_is_said_and_a_name_that_is_no_account_is_a_mistake(tmp_path: Path) -> None:
    said = {
        flow: [it.told for it in _owners(settings_of(tmp_path, f"{ACCOUNTS}flows: {{rights: {{{flow}}}}}\n"))]
        for flow in ("between: [agency, archive]", "between: [agency, archive], owner: anybody")
    }
    (default,), (anybody,) = said.values()
    assert "archive: the first account of NetX" in default
    assert "anybody may permit more" in anybody
    wrong = mistakes(tmp_path, f"{ACCOUNTS}flows: {{rights: {{between: [agency, archive], owner: nobody}}}}\n")
    assert set(wrong) == {"flows.rights.owner"}


def test_the_newest_status_holds_without_a_word(tmp_path: Path) -> None:
    (group,) = policy_of(tmp_path, SOUND, STATUS).groups
    assert group.fields == {FieldName("edit_status")}
    assert group.authority == Authority(Rule.NEWEST)


def test_every_option_reaches_the_policy(tmp_path: Path) -> None:
    rights = """\
  rights:
    between: [agency, archive, second]
    groups:
      terms: {fields: [usage_terms, credit], authority: {account: second}}
      words: {fields: [keywords], authority: union}
      names: {fields: [file_name]}
      bytes: {fields: [content], authority: newest}
    absent: {archive: {deleted: let_go, hidden: ask}, agency: {left_selection: follow}}
    margin: 1m
    stale_for: 2h
    guards: {max_changes: 7, max_share: 0.5, max_removals: null, max_removal_share: 0.1}
    plan_ttl: 1d
    holding_folder: Away/Out
"""
    policy = policy_of(tmp_path, ACCOUNTS + "flows:\n" + rights)
    assert {it.name: it.authority for it in policy.groups} == {
        "terms": Authority(Rule.ACCOUNT, AccountId("second")),
        "words": Authority(Rule.UNION),
        "names": Authority(Rule.ASK),
        "bytes": Authority(Rule.NEWEST),
    }
    assert policy.managed == {"usage_terms", "credit", "keywords", FILE_NAME, CONTENT}
    assert policy.when_absent(AccountId("archive"), Absence.DELETED) is WhenAbsent.LET_GO
    assert policy.when_absent(AccountId("archive"), Absence.HIDDEN) is WhenAbsent.ASK
    assert policy.when_absent(AccountId("agency"), Absence.LEFT_SELECTION) is WhenAbsent.FOLLOW
    assert policy.when_absent(AccountId("second"), Absence.DELETED) is WhenAbsent.ASK
    assert (policy.margin, policy.stale_for) == (timedelta(minutes=1), timedelta(hours=2))
    assert (policy.max_changes, policy.max_share, policy.plan_ttl) == (7, 0.5, timedelta(days=1))
    assert (policy.max_removals, policy.max_removal_share) == (None, 0.1)
    assert holding_folders(settings_of(tmp_path, ACCOUNTS + "flows:\n" + rights), RIGHTS) == {
        "archive": "Away/Out",
        "second": "Away/Out",
    }


def test_retired_copies_stand_below_the_staging_folder_of_each_netx_site(tmp_path: Path) -> None:
    text = ACCOUNTS + "flows: {rights: {between: [agency, archive, second]}}\n"
    assert holding_folders(settings_of(tmp_path, text), RIGHTS) == {
        "archive": "dambridge/arrivals/retired",
        "second": "in/retired",
    }


def test_intake_leaves_to_the_others_what_they_keep_in_step_between_its_accounts(tmp_path: Path) -> None:
    mirrored = build_policy(settings_of(tmp_path, SOUND)).mirrored
    assert {"usage_terms", "edit_status"} <= mirrored
    assert "title" not in mirrored
    elsewhere = SOUND.replace("rights: {between: [agency, archive]}", "rights: {between: [agency, second]}")
    assert "usage_terms" not in build_policy(settings_of(tmp_path, elsewhere)).mirrored
    alone = ACCOUNTS + "flows: {intake: {from: agency, to: archive}}\n"
    assert build_policy(settings_of(tmp_path, alone)).mirrored == frozenset()


def test_each_mistake_is_named_at_its_place_with_the_nearest_right_word(tmp_path: Path) -> None:
    text = (
        ACCOUNTS
        + """\
flows:
  rights:
    between: [agency, archiv]
    groups:
      block: {fields: [usage_trems, credit], authority: {account: agencey}}
      other: {fields: [credit], authority: newset}
    absent: {archve: {deleted: ask}, agency: {deletd: ask, trashed: flolow}}
    guards: {max_removal_share: 2}
  lifecycle:
    between: [archive, agency, archive]
    groups: {status: {fields: [edit_status, credit]}}
"""
    )
    found = mistakes(tmp_path, text)
    expected = {
        "flows.rights.between.1": (7, "`archive`"),
        "flows.rights.groups.block.fields.0": (9, "`usage_terms`"),
        "flows.rights.groups.block.authority.account": (9, "`agency`"),
        "flows.rights.groups.other.fields.0": (10, "`block`"),
        "flows.rights.groups.other.authority": (10, "`newest`"),
        "flows.rights.absent.archve": (11, "no account of this flow"),
        "flows.rights.absent.agency.deletd": (11, "`deleted`"),
        "flows.rights.absent.agency.trashed": (11, "`follow`"),
        "flows.rights.guards.max_removal_share": (12, "less than or equal"),
        "flows.lifecycle.between.2": (14, "twice"),
        "flows.lifecycle.groups.status.fields.0": (15, "archive: {edit_status: Lifecycle Status}"),
        "flows.lifecycle.groups.status.fields.1": (15, "`rights`"),
    }
    assert set(found) == set(expected)
    for where, (line, word) in expected.items():
        assert found[where][0] == line, where
        assert word in found[where][1], (where, found[where])


@pytest.mark.parametrize(
    ("flow", "word"),
    [
        ("rights: {}", "must be given"),
        ("rights: {between: agency}", "[one, two]"),
        ("rights: {between: [agency]}", "at least 2"),
        ("rights: {between: [agency, archive], groups: {}}", "empty"),
        ("rights: {between: [agency, archive], groups: {a: {}}}", "must be given"),
        ("rights: {between: [agency, archive], groups: {a: {fields: []}}}", "empty"),
        ("rights: {between: [agency, archive], groups: {a: {fields: [credit], authority: {}}}}", "must be given"),
        ("rights: {between: [agency, archive], groups: {a: {fields: [credit], authority: {acount: x}}}}", "`account`"),
        (
            "rights: {between: [agency, archive], groups: {a: {fields: [licence_end]}}}",
            "agency: {licence_end: …}, archive: {lic",
        ),
        ("lifecycle: {between: [agency, archive]}", "No field of this flow"),
        ("rihgts: {between: [agency, archive]}", "`rights`"),
    ],
)
def test_each_mistake_has_its_words(tmp_path: Path, flow: str, word: str) -> None:
    found = mistakes(tmp_path, f"{ACCOUNTS}flows:\n  {flow}\n")
    assert word in " ".join(text for _, text in found.values()), found


def test_the_same_field_may_be_kept_in_step_twice_where_no_account_is_shared(tmp_path: Path) -> None:
    third = '  third: {system: netx, base_url: "https://three.example.org", token: t}\n'
    groups = "groups: {a: {fields: [credit]}}"
    flows = (
        f"flows: {{rights: {{between: [agency, archive], {groups}}}, lifecycle: {{between: [X, third], {groups}}}}}\n"
    )
    assert settings_of(tmp_path, ACCOUNTS + third + flows.replace("X", "second"))
    assert "`rights`" in str(mistakes(tmp_path, ACCOUNTS + third + flows.replace("X", "archive")))


def test_a_flow_is_known_by_its_name_and_another_is_answered_with_the_nearest(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, SOUND)
    assert settings.flows.configured == (FlowName.INTAKE, STATUS, RIGHTS)
    assert [known_flow(settings, it) for it in ("rights", "intake")] == [RIGHTS, FlowName.INTAKE]
    with pytest.raises(Refused, match=r"no flow `rihgts`\. Did you mean `rights`"):
        known_flow(settings, "rihgts")
    alone = settings_of(tmp_path, ACCOUNTS + "flows: {intake: {from: agency, to: archive}}\n")
    with pytest.raises(Refused, match=r"`rights` is not configured here\. Configured: intake"):
        known_flow(alone, "rights")


def test_every_option_of_a_flow_is_a_flow() -> None:
    assert set(FlowOptions.model_fields) <= set(FlowName)
