"""The command line without any system: wrong buttons, exit statuses, one JSON document, completion, no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text

from dambridge.bootstrap import EXAMPLE, settings_schema
from dambridge.cli import app as commands
from dambridge.cli import checking, looking, rendering
from dambridge.cli.context import Context, actor
from dambridge.ports.errors import CannotGoOn
from dambridge.telemetry import figures
from support.calling import Call, said

PROGRAM = str(Path(sys.executable).parent / "dambridge")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call `dambridge` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAMBRIDGE_CONFIG", raising=False)
    return lambda *arguments: said(arguments, capsys)


def test_the_version(call: Call) -> None:
    assert call("--version").out.strip() == "0.1.0"
    assert call("--version", "--json").json == {"version": "0.1.0"}


def test_init_writes_a_file_and_never_overwrites(call: Call, tmp_path: Path) -> None:
    assert call("init").code == 0
    assert (tmp_path / "dambridge.yaml").read_text(encoding="utf-8") == EXAMPLE
    (tmp_path / "dambridge.yaml").write_text("mine", encoding="utf-8")
    again = call("init")
    assert (again.code, (tmp_path / "dambridge.yaml").read_text(encoding="utf-8")) == (2, "mine")
    assert "left as it is" in again.err
    assert call("init", "other.yaml", "--json").json == {"written": "other.yaml"}
    assert call("--config", "third.yaml", "init").code == 0
    assert (tmp_path / "third.yaml").exists()
    assert call("init", "no/such/folder/x.yaml").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run", "--nonsense"],
        ["apply"],
        ["plan", "--flow"],
        ["apply", "x", "--pilot", "many"],
        ["runs", "--limit", "0"],
        ["status"],
        ["plan"],
        ["check"],
        ["runs", "show", "--outcome", "wrong"],
        ["--config"],
    ],
)
def test_wrong_usage_and_a_missing_file_end_with_2_and_one_document(call: Call, arguments: list[str]) -> None:
    plain = call(*arguments)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.strip()
    assert "Traceback" not in plain.err
    told = call(*arguments, "--json")
    assert told.code == 2
    assert isinstance(told.json, dict)


def test_a_misspelt_command_is_answered_with_the_right_one(call: Call) -> None:
    assert "'status'" in call("stauts").err


def test_the_configuration_may_be_named_before_and_after_the_command(call: Call) -> None:
    for arguments in (
        ["--config", "one.yaml", "check"],
        ["check", "--config", "one.yaml"],
        ["check", "-c", "one.yaml"],
    ):
        assert "one.yaml" in call(*arguments).err
    assert "one.yaml" in call("check", "--config=one.yaml").err


@pytest.mark.parametrize("place", ["before", "after"])
def test_check_lists_every_mistake_as_json(
    call: Call, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PHOTOSHELTER_API_KEY", "PHOTOSHELTER_PASSWORD", "NETX_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "dambridge.yaml").write_text(EXAMPLE.replace("mode:", "moed:"), encoding="utf-8")
    answer = call("--json", "check") if place == "before" else call("check", "--json")
    assert answer.code == 2
    assert not answer.json["ok"]
    assert [it["where"] for it in answer.json["mistakes"]] == [
        "accounts.agency.api_key",
        "accounts.agency.password",
        "accounts.archive.token",
        "flows.intake.moed",
    ]
    assert all(it["line"] and it["what"] and it["remedy"] for it in answer.json["mistakes"])


def test_a_command_with_a_faulty_file_says_the_same(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dambridge.yaml").write_text("accounts: {}\n", encoding="utf-8")
    answer = call("status", "--json")
    assert answer.code == 2
    assert {it["where"] for it in answer.json["mistakes"]} == {"accounts", "flows"}


def test_the_schema_is_printed_as_json(call: Call) -> None:
    assert call("schema").json == settings_schema() == call("schema", "--json").json


def test_an_expected_error_is_a_sentence_and_an_unexpected_one_names_no_secret(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(context: Context, **_: object) -> None:
        raise CannotGoOn("The disk is full. Free some room.")

    def fail(context: Context, **_: object) -> None:
        context.secrets = ("canary-secret",)
        raise RuntimeError("it knew canary-secret")

    def vanish(context: Context, **_: object) -> None:
        raise OSError(28, "No space left on device", "/data")

    monkeypatch.setattr(checking, "check", refuse)
    assert (call("check").code, call("check").err) == (1, "The disk is full. Free some room.\n")
    assert call("check", "--json").json == {"error": "The disk is full. Free some room.", "exit_code": 1}
    monkeypatch.setattr(checking, "check", vanish)
    assert call("check").err == "/data: No space left on device\n"
    monkeypatch.setattr(checking, "check", fail)
    plain, verbose = call("check", "--json"), call("check", "-v")
    assert plain.code == verbose.code == 1
    assert "Traceback" not in plain.err
    assert "Traceback" in verbose.err
    assert "canary" not in plain.out + plain.err + verbose.out + verbose.err
    assert "it knew ***" in plain.json["error"]


def test_an_interrupt_says_that_nothing_is_lost(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(context: Context, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "check", interrupted)
    assert (call("check").code, "Nothing is lost" in call("check").err) == (130, True)


def test_a_reader_who_has_seen_enough_is_no_failure(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(context: Context, **_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    def failed(context: Context, **_: object) -> None:
        sys.exit(1)

    monkeypatch.setattr(sys, "stderr", sys.stderr)  # both are changed by who is told of it
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(checking, "check", failed)
    assert call("check").code == 1
    monkeypatch.setattr(checking, "check", unread)
    assert call("check").code == 0


@pytest.mark.parametrize(
    ("state", "worked_on", "told"),
    [("running", True, "running"), ("running", False, "broken off"), ("ended", False, "ended")],
)
def test_a_run_that_nobody_works_on_is_not_said_to_be_running(state: str, worked_on: bool, told: str) -> None:
    flow = {"paused": False, "last_run": {"run": "run-000001", "state": state}}
    assert f"run-000001, {told}" in looking.how_it_goes(flow, worked_on=worked_on)
    assert looking.broken_off(state, worked_on=worked_on) == told.startswith("broken off")


def test_whoever_decides_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBRIDGE_USER", "Eva")
    assert (actor("Ida"), actor("")) == ("Ida", "Eva")
    monkeypatch.delenv("DAMBRIDGE_USER")

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert actor("") == "unknown"


def test_names_in_tables_are_text_and_no_mark_up(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    monkeypatch.setattr(rendering.console, "_file", page)
    rendering.table("[/bold]", ["file"], [["[red]harbour[/blue].jpg"], [Text("[x]")]])
    assert "[red]harbour[/blue].jpg" in page.getvalue()
    assert "[/bold]" in page.getvalue()


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**15, "2000.0 TB")])
def test_sizes_are_said_as_people_do(count: int, said: str) -> None:
    assert figures.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.01, "10 ms"), (45, "45 s"), (600, "10 min"), (9000, "2.5 h"), (864000, "10.0 days")]
)
def test_spans_are_said_as_people_do(seconds: float, said: str) -> None:
    assert figures.duration(seconds) == said


CONFIG = """accounts:
  a: {system: photoshelter, base_url: "http://127.0.0.1:9", api_key: k, email: e@example.org, password: p, org_id: o}
  b: {system: netx, base_url: "http://127.0.0.1:9", token: t}
flows:
  intake: {from: a, to: b, select: {galleries: ["*"]}, place: {folder: X}}
"""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["plan", "--out", "no/such/p.jsonl"], "there is no folder no/such"),
        (["plan", "--out", "."], "is a folder"),
        (["match", "--out", "no/such/p.jsonl"], "there is no folder"),
        (["retention", "plan", "--out", "no/such/p.jsonl"], "there is no folder"),
        (["probe", "--report", "no/such/r.md"], "there is no folder"),
        (["apply", "picture.jpg"], "it is no text"),
        (["apply", "x" * 5000], "There is no plan"),
        (["rights", "may", "b:1"], "No gate is configured"),
        (["rights", "expiring"], "No gate is configured"),
        (["outlets", "agree", "nope", "--by", "Ida"], "No outlet is configured"),
        (["outlets", "show", "nope"], "No outlet is configured"),
        (["webhooks", "test", "nope"], "Nobody is told anything"),
        (["retention", "plan"], "flow `lifecycle` is not configured"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_system_is_asked(
    call: Call, tmp_path: Path, arguments: list[str], why: str
) -> None:
    """Nothing answers at these addresses: whoever asks them first says something else."""
    (tmp_path / "dambridge.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    said_so = call(*arguments, "--json")
    assert (said_so.code, said_so.json["exit_code"]) == (2, 2)
    assert why in said_so.json["error"]


def test_a_shell_is_offered_commands_and_options() -> None:
    def offered(words: str, place: int) -> list[str]:
        asked = {"_DAMBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(place)}
        told = subprocess.run([PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
        return told.stdout.split()

    assert {"init", "check", "run", "runs"} <= set(offered("dambridge ", 1))
    assert set(offered("dambridge runs ", 2)) == {"show", "pause", "resume"}
    assert set(offered("dambridge match ", 2)) == {"audit", "review", "plan", "activate"}
    assert {"--json", "--pilot", "--wave", "--by"} <= set(offered("dambridge apply --", 2))


def test_help_loads_no_engine() -> None:
    """Help and completion answer at once: the heavy libraries are loaded by the commands that need them."""
    look = "import sys, dambridge.cli.app; print([it for it in ('aiohttp', 'sqlalchemy', 'dbos') if it in sys.modules])"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_command_knows_json() -> None:
    groups = [commands.app, *(it.typer_instance for it in commands.app.registered_groups if it.typer_instance)]
    every = [it for group in groups for it in group.registered_commands]
    assert len(groups) >= 10
    assert len(every) > 30
    for it in every:
        assert it.callback is not None
        assert "json" in it.callback.__annotations__, it.callback.__name__
