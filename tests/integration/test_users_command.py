"""`dambridge users`: people are added, changed and kept out from the command line, each change under a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dambridge.cli import main
from support.console import configured

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    config = configured(tmp_path)

    def run(*arguments: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(config), "--json", *arguments])
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_people_are_added_changed_reset_and_kept_out(call: Call) -> None:
    code, added = call("users", "add", "Ada@Example.org", "--role", "administrator", "--by", "root")
    assert code == 0
    assert added["name"] == "ada@example.org"
    assert len(added["password"]) == 23
    code, again = call("users", "add", "ada@example.org", "--role", "viewer")
    assert code == 2
    assert "already" in again["error"]
    call("users", "add", "bea", "--role", "librarian", "--flow", "intake", "--by", "root")
    (ada, bea) = call("users", "list")[1]["people"]
    assert (ada["roles"], ada["scope"]["flows"]) == (["administrator"], None)
    assert (bea["roles"], bea["scope"]["flows"]) == (["librarian"], ["intake"])
    assert "password" not in ada
    assert call("users", "roles", "bea", "--role", "emperor")[0] == 2
    _, changed = call("users", "roles", "bea", "--role", "rights manager", "--region", "DE", "--by", "root")
    assert changed["roles"] == ["rights_manager"]
    assert changed["scope"] == {"flows": None, "regions": ["DE"], "selections": None}
    fresh = call("users", "reset", "bea", "--by", "root")[1]["password"]
    assert fresh != added["password"]
    assert call("users", "disable", "bea", "--by", "root")[1]["disabled"]
    assert not call("users", "disable", "bea", "--undo", "--by", "root")[1]["disabled"]
    assert call("users", "disable", "ada@example.org")[0] == 2, "somebody has to stay who gives roles"
    _, trail = call("audit")
    assert [it["event"].removeprefix("person.") for it in trail] == [
        "added",
        "added",
        "roles",
        "reset",
        "disabled",
        "enabled",
    ]
    assert {it["actor"] for it in trail} == {"root"}
    assert fresh not in str(trail)
