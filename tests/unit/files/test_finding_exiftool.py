"""Which ExifTool is used, and how an old or missing one is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dambridge.files.finding import IN_TOOLS, find_exiftool
from dambridge.ports.errors import CannotGoOn

Fake = Callable[..., Path]


def placed(program: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, target)
    return target


def test_the_order_is_setting_environment_tools_path(tmp_path: Path, fake_exiftool: Fake) -> None:
    fake = fake_exiftool("13.45")
    checkout, on_path = tmp_path / "checkout", tmp_path / "bin"
    in_tools = placed(fake, checkout / IN_TOOLS)
    placed(fake, on_path / "exiftool")
    named = placed(fake, tmp_path / "named")
    env = {"PATH": str(on_path), "DAMBRIDGE_EXIFTOOL": str(named)}
    assert find_exiftool(fake, environment=env, folders=[checkout]).program == fake
    assert find_exiftool(environment=env, folders=[checkout]).program == named
    assert find_exiftool(environment={"PATH": str(on_path)}, folders=[checkout]).program == in_tools
    found = find_exiftool(environment={"PATH": str(on_path)}, folders=[])
    assert (found.program, found.version) == (on_path / "exiftool", (13, 45))


@pytest.mark.parametrize("version", ["12.57", "13.39"])
def test_one_that_is_named_and_too_old_is_refused_and_not_passed_over(fake_exiftool: Fake, version: str) -> None:
    with pytest.raises(CannotGoOn, match=f"names ExifTool {version} .* 13.40 or newer is needed"):
        find_exiftool(fake_exiftool(version))


def test_an_old_one_on_the_path_is_named_in_the_refusal(tmp_path: Path, fake_exiftool: Fake) -> None:
    placed(fake_exiftool("12.57"), tmp_path / "bin" / "exiftool")
    with pytest.raises(CannotGoOn, match=r"13\.40 or newer was not found .*12\.57, which is too old.*setup_tools\.py"):
        find_exiftool(environment={"PATH": str(tmp_path / "bin")}, folders=[])


def test_the_floor_itself_is_new_enough(fake_exiftool: Fake) -> None:
    assert find_exiftool(fake_exiftool("13.40")).version == (13, 40)
