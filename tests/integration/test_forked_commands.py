"""A command forked off the nursery is the command: it says and leaves what the installed program says and leaves."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.commands import Answer, dambridge, start, wait_for
from support.pictures import approved, picture
from support.world import World, world


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "forked", engine={"runtime": "dbos"}) as it:
        it.submit(picture(1), file_name="1.jpg", containers=["Intake/Harbour"], iptc=approved())
        yield it


def both(pair: World, *arguments: str, **env: str) -> tuple[Answer, Answer]:
    """The command's answers: forked, and by the program, each in an installation of its own."""
    other = replace(pair, folder=pair.folder.with_name("program"))
    return dambridge(pair.config, *arguments, env=env), dambridge(other.config, *arguments, env=env, program=True)


def test_a_first_plan_is_the_same_in_every_field(pair: World) -> None:
    forked, program = both(pair, "plan")
    assert forked.code == program.code == 0
    assert forked.err == program.err == ""
    assert forked.json.keys() == program.json.keys()
    assert forked.json["counts"] == program.json["counts"]


def test_wrong_use_is_told_alike(pair: World) -> None:
    forked, program = both(pair, "nonsense", COLUMNS="60")
    assert forked.code == program.code == 2
    assert forked.out == program.out
    assert forked.err.split() == program.err.split()


def test_its_environment_is_the_one_given(pair: World) -> None:
    logged = dambridge(pair.config, "--verbose", "run", "--once", env={"DAMBRIDGE_LOG_JSON": "1"})
    assert logged.code == 0
    assert logged.err.startswith("{")
    assert dambridge(pair.config, "runs", "pause", env={"DAMBRIDGE_USER": "Ada"}).json["by"] == "Ada"


def test_it_dies_when_killed_and_not_before(pair: World) -> None:
    with start(pair.config, "serve") as process:
        wait_for(lambda: len(pair.archived()) == 1, about="it works")
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=10) == process.returncode == -signal.SIGKILL
