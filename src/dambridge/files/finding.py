"""Find ExifTool, and refuse one that is too old: earlier ones turn texts into numbers and booleans."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dambridge.ports.errors import CannotGoOn

FLOOR = (13, 40)
VARIABLE = "DAMBRIDGE_EXIFTOOL"
IN_TOOLS = Path(".tools", "node_modules", "exiftool-vendored.pl", "bin", "exiftool")
CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Found:
    """A usable ExifTool: where it is and which version it says it is."""

    program: Path
    version: tuple[int, int]


def find_exiftool(
    setting: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folders: Sequence[Path] | None = None,
) -> Found:
    """The ExifTool to use: the setting, else the environment's, else that of `.tools/`, else a new enough one on PATH.

    One that somebody named (setting, environment) is taken or refused, never passed over in silence. Raises
    `CannotGoOn` with one sentence that says what to install.
    """
    env = os.environ if environment is None else environment
    named = str(setting) if setting is not None else env.get(VARIABLE, "")
    if named:
        return _named(named, "the setting files.exiftool" if setting is not None else VARIABLE)
    too_old: list[str] = []
    for program in _candidates(env, (Path.cwd(), CHECKOUT) if folders is None else folders):
        version = version_of(program)
        if version is not None and version >= FLOOR:
            return Found(program, version)
        if version is not None:
            too_old.append(f"{program} is {_spelled(version)}")
    seen = f" ({'; '.join(too_old)}, which is too old)" if too_old else ""
    raise CannotGoOn(
        f"ExifTool {_spelled(FLOOR)} or newer was not found{seen}: run `python scripts/setup_tools.py`, or install it and "
        f"put it on PATH, or name it in {VARIABLE}."
    )


_ASKED: dict[tuple[Path, int, int], tuple[int, int]] = {}
"""What programs said of themselves, by path, time of change and size: starting one takes a tenth of a second."""


def version_of(program: Path) -> tuple[int, int] | None:
    """The version that a program says it is; None where it is no working ExifTool. The same file is asked once."""
    try:
        facts = program.stat()
        known = (program, facts.st_mtime_ns, facts.st_size)
        if known in _ASKED:
            return _ASKED[known]
        said = subprocess.run(  # noqa: S603 - a program that the site's own settings name
            [str(program), "-config", "", "-ver"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(rb"(\d+)\.(\d+)\s*", said.stdout)
    if found is None:
        return None
    return _ASKED.setdefault(known, (int(found[1]), int(found[2])))


def _named(named: str, by: str) -> Found:
    where = shutil.which(named)
    version = version_of(Path(where)) if where else None
    if where is None or version is None:
        raise CannotGoOn(
            f"{by} names {named}, which is no program that answers as ExifTool: correct it or take it out."
        )
    if version < FLOOR:
        raise CannotGoOn(
            f"{by} names ExifTool {_spelled(version)} at {named}; {_spelled(FLOOR)} or newer is needed: install a newer one."
        )
    return Found(Path(where).absolute(), version)


def _candidates(env: Mapping[str, str], folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        if (program := folder / IN_TOOLS).is_file():
            yield program.absolute()
    if found := shutil.which("exiftool", path=env.get("PATH")):
        yield Path(found).absolute()


def _spelled(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]:02d}"
