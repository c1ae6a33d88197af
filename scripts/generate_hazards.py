"""Write docs/explanation/hazards.md: each hazard, what it would do to people, how dambridge answers, and what proves it.

The words come from `docs/explanation/hazards.yaml`, the tests from the marks that stand on them, the planted faults from
`tests/planted/faults.yaml`.

python scripts/generate_hazards.py            writes the page
python scripts/generate_hazards.py --check    exit status 1 when it is stale
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "hazards.md"
WORDS = PAGE.with_suffix(".yaml")
FAULTS = ROOT / "tests" / "planted" / "faults.yaml"
PLACES = (ROOT / "tests", ROOT / "src" / "dambridge" / "testing")
NOTE = (
    "<!-- Written by scripts/generate_hazards.py from hazards.yaml, the tests' marks and tests/planted/faults.yaml. -->"
)
INTRODUCTION = """\
What goes wrong in systems like this one, as their users have reported it. The numbers are stable: a test that answers for
a hazard is marked `@pytest.mark.hazard("P19")`, and for each hazard that has tests faults are planted in a copy of the
code and seen to make those tests fail (`make test-long`; the faults are listed below the table). A hazard without tests
says what it waits for."""


@dataclass(frozen=True, slots=True)
class MarkedTest:
    """A test function that answers for a hazard, as it stands in its file."""

    file: str
    name: str


def hazards() -> list[str]:
    """Every number, P01 to P50."""
    return [f"P{number:02}" for number in range(1, 51)]


def marked_tests() -> dict[str, list[MarkedTest]]:
    """Hazard to the tests that are marked with it, contract suites included; read from the files, nothing is imported."""
    found: dict[str, list[MarkedTest]] = {}
    for place in PLACES:
        for file in sorted(place.rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "mark.hazard" not in text:
                continue
            for name, hazard in _marks_in(ast.parse(text).body, (), ()):
                found.setdefault(hazard, []).append(MarkedTest(file.relative_to(ROOT).as_posix(), name))
    return found


def _marks_in(body: Sequence[ast.stmt], outer: Sequence[str], inherited: Sequence[str]) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _marks_in(node.body, (*outer, node.name), (*inherited, *_hazards_of(node)))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for hazard in (*inherited, *_hazards_of(node)):
                yield "::".join((*outer, node.name)), hazard


def _hazards_of(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    calls = [it for it in node.decorator_list if isinstance(it, ast.Call)]
    return [ast.literal_eval(it.args[0]) for it in calls if ast.unparse(it.func) == "pytest.mark.hazard"]


def page() -> str:
    """The page as it should be."""
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    planted = yaml.safe_load(FAULTS.read_text(encoding="utf-8"))
    tests = marked_tests()
    lines = ["# Hazards, and what answers for each", "", NOTE, "", INTRODUCTION, ""]
    lines += ["| no. | hazard | what it would do to you | how dambridge answers | tests | planted faults |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [_row(it, words[it], tests.get(it, []), planted) for it in hazards()]
    lines += ["", "## Planted faults", ""]
    for hazard in hazards():
        lines += _faults_of(hazard, words[hazard], planted)
    return "\n".join(lines).rstrip() + "\n"


def _row(hazard: str, words: Mapping[str, str], tests: Sequence[MarkedTest], planted: Mapping[str, Any]) -> str:
    if hazard in planted["not_yet"]:
        shown, faults = f"none yet: {planted['not_yet'][hazard]}", ""
    else:
        files = Counter(it.file for it in tests)
        shown = ", ".join(f"[{Path(file).stem}](../../{file}) {count}" for file, count in sorted(files.items()))
        faults = f"[{sum(it['hazard'] == hazard for it in planted['faults'])}](#{hazard.lower()})"
    return f"| {hazard} | {words['hazard']} | {words['harm']} | {words['answer']} | {shown} | {faults} |"


def _faults_of(hazard: str, words: Mapping[str, str], planted: Mapping[str, Any]) -> list[str]:
    mine = [it for it in planted["faults"] if it["hazard"] == hazard]
    if not mine:
        return []
    told = [f"- {it['plants']} (`{it['file']}`: {', '.join(_name(test) for test in it['tests'])})" for it in mine]
    return [f"### {hazard}", "", f"{words['hazard'].capitalize()}.", "", *told, ""]


def _name(test: str) -> str:
    return f"`{test.rpartition('::')[2].partition('[')[0]}`"


def main() -> int:
    fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
    if fresh or "--check" in sys.argv:
        print("fresh" if fresh else "stale")
        return 0 if fresh else 1
    PAGE.write_text(page(), encoding="utf-8")
    print("written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
