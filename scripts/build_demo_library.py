"""Build the demo's PhotoShelter library: real photographs with real embedded metadata, ready to be seeded.

    python scripts/build_demo_library.py [--target .cache/demo]

Reads `examples/demo/assets.yaml`, writes `<target>/photoshelter/` (files and `library.yaml`, see
`docs/reference/simulators.md`). The same input gives the same bytes; a finished library is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import embedding
import photographs
import pictures
import yaml
from alone import alone

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "examples" / "demo" / "assets.yaml"
STAMP = "built.json"
ALL_HOMES = ("xmp", "iim", "exif")
SOURCES = (
    ASSETS,
    ROOT / "examples" / "demo" / "photographs.yaml",
    *(ROOT / "scripts" / name for name in ("build_demo_library.py", "embedding.py", "pictures.py")),
)


def build(target: Path) -> Path:
    """Build the seed folder below `target` unless it is there and current; return it."""
    with alone(target):
        return _build(target)


def _build(target: Path) -> Path:
    folder = target / "photoshelter"
    fingerprint = _fingerprint()
    stamp = target / STAMP
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")).get("inputs") == fingerprint:
        return folder
    plan = yaml.safe_load(ASSETS.read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "originals").mkdir(parents=True)
    stamp.unlink(missing_ok=True)
    assets: Sequence[Mapping[str, Any]] = plan["assets"]
    made = {asset["key"]: folder / "originals" / _disk_name(number, asset) for number, asset in enumerate(assets, 1)}
    _make_files(assets, made)
    _embed(assets, made)
    _finish(assets, made)
    library = {
        **plan["outside"],
        "files": {
            made[asset["key"]].relative_to(folder).as_posix(): _meta(asset, plan["defaults"]["uploaded_at"])
            for asset in assets
        },
    }
    text = yaml.safe_dump(library, allow_unicode=True, sort_keys=False, width=120)
    (folder / "library.yaml").write_text(text, encoding="utf-8")
    stamp.write_text(json.dumps({"inputs": fingerprint}), encoding="utf-8")
    return folder


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _disk_name(number: int, asset: Mapping[str, Any]) -> str:
    """A plain name on disk: the name in PhotoShelter is in `library.yaml`, so that no file system can change it."""
    suffix = Path(asset["key"]).suffix
    return f"{number:03d}{suffix}"


def _make_files(assets: Sequence[Mapping[str, Any]], made: Mapping[str, Path]) -> None:
    originals = {name: pictures.load(path) for name, path in photographs.fetch().items()}
    for asset in assets:
        if "same_bytes_as" in asset:
            continue
        picture = None
        if "photograph" in asset:
            crop = tuple(asset.get("crop", pictures.WHOLE))
            picture = pictures.shape(originals[asset["photograph"]], crop=crop, blur=asset.get("blur", 0))
        pictures.save(picture, made[asset["key"]], asset["format"])


def _embed(assets: Sequence[Mapping[str, Any]], made: Mapping[str, Path]) -> None:
    for charset in ("utf8", "latin1"):
        written: dict[Path, embedding.Tags] = {}
        for asset in assets:
            if "same_bytes_as" in asset or asset.get("iim_charset", "utf8") != charset:
                continue
            path = made[asset["key"]]
            values = {name: _text(value) for name, value in asset["embed"].items()}
            tags = embedding.tags_for(values, suffix=path.suffix, homes=asset.get("homes", ALL_HOMES), charset=charset)
            tags |= {f"IFD0:{name}": value for name, value in asset.get("exif", {}).items()}
            written[path] = tags
        embedding.embed(written, charset=charset)


def _text(value: Any) -> Any:
    if isinstance(value, Mapping) and "times" in value:
        return (str(value["text"]) * int(value["times"])).strip()
    return value


def _finish(assets: Sequence[Mapping[str, Any]], made: Mapping[str, Path]) -> None:
    for asset in assets:
        path = made[asset["key"]]
        if "same_bytes_as" in asset:
            shutil.copyfile(made[asset["same_bytes_as"]], path)
        if "cut" in asset:
            content = path.read_bytes()
            path.write_bytes(content[: int(len(content) * asset["cut"])])


def _meta(asset: Mapping[str, Any], uploaded_at: str) -> dict[str, Any]:
    gallery, _, name = str(asset["key"]).rpartition("/")
    meta: dict[str, Any] = {"file_name": name, "containers": [gallery], "uploaded_at": uploaded_at}
    return meta | {member: asset[member] for member in ("iptc", "custom", "rating") if member in asset}


def main() -> int:
    options = argparse.ArgumentParser(description="Build the demo's PhotoShelter library.")
    options.add_argument("--target", type=Path, default=ROOT / ".cache" / "demo")
    folder = build(options.parse_args().target)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "library.yaml"]
    print(f"{len(files)} assets, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
