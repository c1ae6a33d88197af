"""The demo's library: real photographs, the same bytes every time, and a manifest that fits it."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import photographs
import pytest
import yaml
from build_demo_library import build

from dambridge.files import FileInspector
from dambridge.model.records import Broken, EmbeddedMetadata, MediaType

DEMO = Path(__file__).resolve().parents[3] / "examples" / "demo"


def page(name: str) -> Any:
    return yaml.safe_load((DEMO / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def library() -> Path:
    return build(photographs.CACHE / "demo")


@pytest.fixture(scope="module")
def files(library: Path) -> dict[str, Path]:
    described = yaml.safe_load((library / "library.yaml").read_text(encoding="utf-8"))["files"]
    return {f"{meta['containers'][0]}/{meta['file_name']}": library / path for path, meta in described.items()}


def test_every_asset_has_its_line_in_the_manifest_and_its_file(files: dict[str, Path]) -> None:
    keys = [it["key"] for it in page("assets.yaml")["assets"]]
    assert [it["key"] for it in page("manifest.yaml")["assets"]] == keys == list(files)
    assert len(set(keys)) == len(keys) == 41


def test_the_manifests_counts_are_those_of_its_lines() -> None:
    manifest = page("manifest.yaml")
    counted = Counter(it["outcome"] for it in manifest["assets"])
    first = manifest["stages"][0]["counts"]
    assert {name: counted[name] for name in first if name != "seen"} == {k: v for k, v in first.items() if k != "seen"}
    assert first["seen"] == sum(count for outcome, count in counted.items() if outcome != "unseen")
    assert counted["unseen"] == 1
    assert all(counted[name] for name in ("done", "skipped", "waiting", "quarantined"))


def test_each_photograph_is_credited_with_its_licence() -> None:
    page_of_credits = (DEMO / "CREDITS.md").read_text(encoding="utf-8")
    for it in photographs.listed():
        assert f"| {it.name} |" in page_of_credits
        assert it.author in page_of_credits
        assert it.licence.partition(" (")[0] in page_of_credits


def test_two_files_are_byte_identical_and_no_others(files: dict[str, Path]) -> None:
    digests = Counter(hashlib.sha256(it.read_bytes()).hexdigest() for it in files.values())
    assert sorted(digests.values()) == [1] * 39 + [2]


def test_a_second_build_gives_the_same_bytes(files: dict[str, Path], tmp_path: Path) -> None:
    again = build(tmp_path / "demo")
    for path in files.values():
        assert (again / "originals" / path.name).read_bytes() == path.read_bytes(), path.name


async def test_the_files_are_what_the_demo_says_they_are(files: dict[str, Path]) -> None:
    inspector = FileInspector()
    try:
        found = {key: await inspector.inspect(path, file_name=key.rpartition("/")[2]) for key, path in files.items()}
    finally:
        await inspector.close()
    assert [key for key, it in found.items() if isinstance(it, Broken)] == ["Intake/Harbour 2026/broken-upload.jpg"]
    kinds = Counter(it.media_type for it in found.values() if isinstance(it, EmbeddedMetadata))
    assert kinds == {
        MediaType.IMAGE: 36,
        MediaType.VIDEO: 1,
        MediaType.AUDIO: 1,
        MediaType.DOCUMENT: 1,
        MediaType.RAW: 1,
    }
    guessed = [key for key, it in found.items() if isinstance(it, EmbeddedMetadata) and it.guessed_charset]
    assert guessed == ["Intake/Archive 資料/black-canyon.jpg"]
    empty = [key for key, it in found.items() if isinstance(it, EmbeddedMetadata) and not it.tags]
    assert empty == ["Intake/Archive 資料/dust-bowl-home.jpg"]
