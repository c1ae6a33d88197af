"""`dambridge users`: people are added, changed and kept out from the command line, each change under a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import dambridge
from support.console import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "dambridge.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    file.chmod(0o600)
    return file


def test_people_are_added_changed_reset_and_kept_out(config: Path) -> None:
    added = dambridge(config, "users", "add", "Ada@Example.org", "--role", "administrator", "--by", "root")
    assert added.code == 0, added.err
    assert added.json["name"] == "ada@example.org"
    assert len(added.json["password"]) == 23
    again = dambridge(config, "users", "add", "ada@example.org", "--role", "viewer")
    assert again.code == 2
    assert "already" in again.json["error"]
    dambridge(config, "users", "add", "bea", "--role", "librarian", "--flow", "intake", "--by", "root")
    (ada, bea) = dambridge(config, "users", "list").json["people"]
    assert (ada["roles"], ada["scope"]["flows"]) == (["administrator"], None)
    assert (bea["roles"], bea["scope"]["flows"]) == (["librarian"], ["intake"])
    assert "password" not in ada
    assert dambridge(config, "users", "roles", "bea", "--role", "emperor").code == 2
    changed = dambridge(config, "users", "roles", "bea", "--role", "rights manager", "--region", "DE", "--by", "root")
    assert changed.json["roles"] == ["rights_manager"]
    assert changed.json["scope"] == {"flows": None, "regions": ["DE"], "selections": None}
    fresh = dambridge(config, "users", "reset", "bea", "--by", "root").json["password"]
    assert fresh != added.json["password"]
    assert dambridge(config, "users", "disable", "bea", "--by", "root").json["disabled"]
    assert not dambridge(config, "users", "disable", "bea", "--undo", "--by", "root").json["disabled"]
    assert dambridge(config, "users", "disable", "ada@example.org").code == 2, "somebody has to stay who gives roles"
    trail = dambridge(config, "audit").json
    assert [it["event"] for it in trail] == [
        "person.added",
        "person.added",
        "person.roles",
        "person.reset",
        "person.disabled",
        "person.enabled",
    ]
    assert {it["actor"] for it in trail} == {"root"}
    assert fresh not in str(trail)
