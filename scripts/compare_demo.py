"""Compare what stands in the NetX simulator with the demo's hand-written manifest. Imports nothing of the product.

    python scripts/compare_demo.py --stage first_run --netx http://127.0.0.1:8102 [--photoshelter URL] [--run run.json]

`differences` returns one sentence for each thing that is not as `examples/demo/manifest.yaml` says; none means all is well.
The SHA-256 that must be found is computed from the built file, the rest is text that a person wrote down.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import unicodedata
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "examples" / "demo" / "manifest.yaml"
LIBRARY = ROOT / ".cache" / "demo" / "photoshelter"
OUTCOMES = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
State = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """One asset that must be in NetX: what the manifest says of it, and the digest of the built file."""

    key: str
    folder: str
    file_name: str
    name: str
    attributes: Mapping[str, Any]
    sha256: str


def read_state(url: str) -> State:
    """All assets of a simulator that are neither deleted nor in a trash."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/__sim__/state", timeout=60) as answer:
        lines = [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]
    return [line for line in lines if not line.get("deleted") and not line.get("trash")]


def built_digests(library: Path) -> dict[str, str]:
    """Key of the manifest (gallery and file name) to the SHA-256 of the built file."""
    described = yaml.safe_load((library / "library.yaml").read_text(encoding="utf-8"))["files"]
    return {
        f"{meta['containers'][0]}/{meta['file_name']}": hashlib.sha256((library / path).read_bytes()).hexdigest()
        for path, meta in described.items()
    }


def expected_at(manifest: Mapping[str, Any], stage: str, digests: Mapping[str, str]) -> list[Expected]:
    """What must be in NetX at the end of a stage."""
    names = [it["name"] for it in manifest["stages"]]
    reached = set(names[: names.index(stage) + 1])
    return [
        Expected(key=asset["key"], sha256=digests[asset["key"]], **asset["netx"])
        for asset in manifest["assets"]
        if "netx" in asset and (asset["outcome"] == "done" or asset.get("from_stage") in reached)
    ]


def differences(
    netx: State,
    stage: str,
    *,
    photoshelter: State | None = None,
    run: Mapping[str, Any] | None = None,
    manifest_path: Path = MANIFEST,
    library: Path = LIBRARY,
) -> list[str]:
    """Say what is not as the manifest wants it after `stage`; `run` is the flow's object of a run's JSON."""
    manifest = yaml.safe_load(manifest_path.read_text(encoding="utf-8"))
    wanted = expected_at(manifest, stage, built_digests(library))
    found = _by_place(netx)
    sources = _sources(photoshelter) if photoshelter is not None else None
    told: list[str] = []
    for it in wanted:
        here = found.pop((_text(it.folder), _text(it.file_name)), [])
        if len(here) != 1:
            told.append(f"{it.key}: {len(here)} assets in NetX at {it.folder}/{it.file_name}, 1 expected")
            continue
        told += _asset(it, here[0], manifest["own_attributes"])
        if sources is not None:
            told += _source(it, here[0], sources)
    for (folder, name), here in sorted(found.items()):
        told.append(f"{folder}/{name}: {len(here)} in NetX, none expected")
    told += _unique(netx, manifest["unique_attributes"])
    rule = next(it for it in manifest["stages"] if it["name"] == stage)
    if len(netx) != rule["in_netx"]:
        told.append(f"{len(netx)} assets in NetX, {rule['in_netx']} expected")
    if run is not None:
        told += _counts(run, rule)
    return told


def _by_place(netx: State) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    places: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in netx:
        for folder in line.get("containers") or [""]:
            places.setdefault((_text(folder).strip("/"), _text(line["file_name"])), []).append(line)
    return places


def _asset(wanted: Expected, found: Mapping[str, Any], own: Sequence[str]) -> Iterable[str]:
    if found["sha256"] != wanted.sha256:
        yield f"{wanted.key}: the bytes in NetX are not those of the original"
    if "name" in found and _text(found["name"]) != _text(wanted.name):
        yield f"{wanted.key}: named {found['name']!r} in NetX, {wanted.name!r} expected"
    versions = found.get("versions", 1)
    if (versions if isinstance(versions, int) else len(versions)) != 1:
        yield f"{wanted.key}: {versions} versions in NetX, 1 expected"
    attributes = found["attributes"]
    for name in sorted({*wanted.attributes, *attributes}):
        is_there, should_be = _values(attributes.get(name)), _values(wanted.attributes.get(name))
        if name not in own and is_there != should_be:
            yield f"{wanted.key}: {name} is {_shown(is_there)}, {_shown(should_be)} expected"


def _source(wanted: Expected, found: Mapping[str, Any], sources: Mapping[str, str]) -> Iterable[str]:
    source = _values(found["attributes"].get("Source Id"))
    if list(source) != [sources.get(_text(wanted.key), "")]:
        yield f"{wanted.key}: Source Id is {_shown(source)}, {sources.get(_text(wanted.key))!r} expected"


def _sources(photoshelter: State) -> dict[str, str]:
    return {
        f"{_text(gallery).strip('/')}/{_text(line['file_name'])}": str(line["id"])
        for line in photoshelter
        for gallery in line.get("containers", ())
    }


def _unique(netx: State, names: Sequence[str]) -> Iterable[str]:
    for name in names:
        counted = Counter(value for line in netx for value in _values(line["attributes"].get(name)))
        yield from (f"{name} {value!r} stands on {count} assets" for value, count in counted.items() if count > 1)
        missing = [line["file_name"] for line in netx if not _values(line["attributes"].get(name))]
        if missing:
            yield f"{name} is missing on {', '.join(sorted(missing)[:5])}"


def _counts(run: Mapping[str, Any], rule: Mapping[str, Any]) -> Iterable[str]:
    for outcome, number in rule.get("counts", {}).items():
        if run.get(outcome) != number:
            yield f"the run says {outcome}: {run.get(outcome)}, {number} expected"
    if run.get("seen") != sum(run.get(outcome, 0) for outcome in OUTCOMES[1:]):
        yield "the run's counts do not add up to what it has seen"
    if "newly_done" in rule and run.get("done") != len(rule["newly_done"]):
        yield f"the run says done: {run.get('done')}, {len(rule['newly_done'])} expected"


def _text(value: object) -> str:
    """Text as people compare it: one normal form, line ends alike."""
    return unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _values(value: object) -> tuple[str, ...]:
    """An attribute's values as a sorted multiset of texts; `5`, `"5"` and `5.0` are one number."""
    if value is None or value == "":
        return ()
    if isinstance(value, list | tuple):
        return tuple(sorted(text for it in value for text in _values(it)))
    return (str(int(value)) if isinstance(value, float) and value.is_integer() else _text(value),)


def _shown(values: Sequence[str]) -> str:
    if not values:
        return "empty"
    text = " | ".join(values)
    return repr(text if len(text) <= 120 else text[:117] + "...")


def main() -> int:
    options = argparse.ArgumentParser(description="Compare NetX with the demo's manifest.")
    options.add_argument("--stage", required=True)
    options.add_argument("--netx", required=True)
    options.add_argument("--photoshelter")
    options.add_argument("--run", type=Path, help="a run's JSON; its flow `intake` is compared")
    options.add_argument("--library", type=Path, default=LIBRARY)
    chosen = options.parse_args()
    run = json.loads(chosen.run.read_text(encoding="utf-8"))["flows"]["intake"] if chosen.run else None
    told = differences(
        read_state(chosen.netx),
        chosen.stage,
        photoshelter=read_state(chosen.photoshelter) if chosen.photoshelter else None,
        run=run,
        library=chosen.library,
    )
    print("\n".join(told) or f"{chosen.stage}: all is as the manifest says")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
