"""What search goes by in a configuration: what holds without a word, what follows from the flows, and every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.bootstrap.searching import build_search
from dambridge.model.access import Scope
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.policy.searching import SearchPolicy, Way

ACCOUNTS = """\
accounts:
  agency: {system: photoshelter, api_key: k, email: jane@example.org, password: p, org_id: O0000abc}
  archive: {system: netx, base_url: "https://dam.example.org", token: t}
flows:
  intake: {from: agency, to: archive}
"""
OUTWARD = """\
  publish:
    from: archive
    select: {folders: ["**"]}
    outlets:
      partners: {account: agency, gallery: P, channel: Web, territory: de, audience: dealers}
gate: {channels: {web: {}}}
maps: {archive: {licence_kind: K, licence_end: E, territories: T, channels: C, edit_status: Status}}
"""


def policy_of(tmp_path: Path, text: str) -> SearchPolicy:
    path = tmp_path / "dambridge.yaml"
    path.write_text(text, encoding="utf-8")
    return build_search(load_settings(path))


def test_without_a_word_nothing_counts_as_approved_and_nothing_is_permitted(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, ACCOUNTS)
    assert (policy.status, policy.gate.channels, policy.ways) == (None, {}, ())
    assert {name: it.record for name, it in policy.homes.items()} == {"agency": False, "archive": True}
    assert policy.accounts_of(Scope()) is None
    assert policy.accounts_of(Scope(flows=frozenset({FlowName.INTAKE}))) == frozenset(policy.homes)
    assert policy.accounts_of(Scope(flows=frozenset({FlowName.PUBLISH}))) == frozenset()


def test_outlets_say_what_usable_means(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, ACCOUNTS + OUTWARD)
    assert policy.ways == (Way(channel="web", territory="DE"),)


def test_a_selection_holds_what_stands_in_its_folders(tmp_path: Path) -> None:
    given = 'search: {selections: {spring: {folders: ["Spring/**"], exclude: ["**/Drafts"], accounts: [archive]}}}\n'
    spring = policy_of(tmp_path, ACCOUNTS + given).selections["spring"]
    archive, agency = AccountId("archive"), AccountId("agency")
    assert spring.holds(archive, "Spring/Day")
    assert not spring.holds(archive, "Spring/Drafts")
    assert not spring.holds(agency, "Spring/Day")


def test_the_status_is_what_lifecycle_keeps_in_step_unless_it_is_named(tmp_path: Path) -> None:
    named = policy_of(tmp_path, f"{ACCOUNTS}search: {{status: edit_status}}\n")
    assert named.status == "edit_status"
    assert named.status != LIFECYCLE_STATUS


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("{status: nonsense}", "search.status"),
        ("{campaign: job}", "search.campaign"),
        ("{selections: {a: {folders: [x], accounts: [nobody]}}}", "search.selections.a.accounts"),
        ("{at_most: 0}", "search.at_most"),
    ],
)
def test_each_mistake_has_its_place(tmp_path: Path, given: str, where: str) -> None:
    with pytest.raises(ConfigurationWrong) as caught:
        policy_of(tmp_path, f"{ACCOUNTS}search: {given}\n")
    assert [it.where for it in caught.value.mistakes] == [where]
