"""Documents: generated pages are fresh, links resolve, the README's configuration is one, its commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from generate_reference import REFERENCE, pages

from dambridge.bootstrap import EXAMPLE, ConfigurationWrong, load_settings
from dambridge.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], "run python scripts/generate_reference.py"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: it.relative_to(ROOT).as_posix())
def test_links_within_the_project_resolve(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.endswith("bench.json"):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_configuration_of_the_readme_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    for name in re.findall(r"env:(\w+)", block + EXAMPLE):
        monkeypatch.setenv(name, "canary")
    for text in (block, EXAMPLE):
        path = tmp_path / "dambridge.yaml"
        path.write_text(text, encoding="utf-8")
        assert load_settings(path).flows.intake is not None
    misspelt = yaml.safe_load(block)
    misspelt["flows"]["intake"]["requierd"] = ["credit"]
    path.write_text(yaml.safe_dump(misspelt), encoding="utf-8")
    with pytest.raises(ConfigurationWrong, match="required"):
        load_settings(path)


def test_the_figures_of_files_in_the_readme_are_those_of_the_evidence() -> None:
    row = json.loads((ROOT / "docs/evidence/bench_files.json").read_text(encoding="utf-8"))["rows"]["a.jpg"]
    read, wrote = (f"{row[it]['files_per_cpu_s']:.0f}" for it in ("read", "write"))
    (line,) = [it for it in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if "fields of a JPEG" in it]
    assert f"| {read} and {wrote} a second" in line
    assert f"| {row['read_ratio']} and {row['write_ratio']} of a bare ExifTool" in line


def test_every_command_of_the_readme_exists_and_every_command_is_in_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bdambridge ([a-z]+)", text))
    known = {it.name or it.callback.__name__ for it in app.registered_commands if it.callback} | {"runs"}
    asides = {"demo", "schema", "plans", "joins", "apply"}
    assert (
        named & {"init", "check", "plan", "run", "serve", "status", "show", "verify", "audit", "apply", "runs"} <= known
    )
    assert known - asides <= named
