"""Small files made on the spot, and stand-ins for ExifTool that die, hang or talk nonsense."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from dambridge.files import ExifToolOptions, FileInspector

Maker = Callable[..., Path]

FAKE = """#!{python}
import json, os, sys, time
log = open({log!r}, "a")
if "-ver" in sys.argv:
    print("{version}")
    raise SystemExit
args = []
for line in iter(sys.stdin.readline, ""):
    line = line.rstrip("\\n")
    if not line.startswith("-execute"):
        args.append(line)
        if args[-2:] == ["-stay_open", "False"]:
            break
        continue
    paths = [a for a in args if a.startswith("/")]
    args = []
    log.write(json.dumps(paths) + "\\n"); log.flush()
    for path in paths:
        text = open(path, "rb").read()
        if b"DIE-ONCE" in text and not os.path.exists(path + ".died"):
            open(path + ".died", "w").close(); os._exit(9)
        if b"DIE-ALWAYS" in text:
            sys.stderr.write("Can't locate object method\\n"); sys.stderr.flush(); os._exit(255)
        if b"EATS-MEMORY" in text:
            bytearray(1 << 31)
        if b"HANG" in text:
            time.sleep(600)
        if b"NONSENSE" in text:
            print("this is no JSON"); break
    else:
        print(json.dumps([{{"SourceFile": p, "XMP-dc:Title": os.path.basename(p)}} for p in paths]))
    print("{{ready" + line[len("-execute"):] + "}}", flush=True)
"""


@pytest.fixture
def fake_exiftool(tmp_path: Path) -> Callable[..., Path]:
    """Make a program that answers like ExifTool, or as its input tells it to. `log` beside it lists what it was asked."""

    def make(version: str = "13.59") -> Path:
        program = tmp_path / f"exiftool-{version}"
        log = str(tmp_path / "asked.log")
        program.write_text(FAKE.format(python=sys.executable, log=log, version=version), encoding="utf-8")
        program.chmod(0o755)
        return program

    return make


@pytest.fixture
def inspector() -> Iterator[FileInspector]:
    """A real inspector with the ExifTool of this machine."""
    it = FileInspector(ExifToolOptions(workers=1))
    yield it
    it._pool.close()


@pytest.fixture
def picture() -> Image.Image:
    """A picture with enough detail that its file is long."""
    return Image.effect_noise((320, 240), 80).convert("RGB")


@pytest.fixture
def encoded(picture: Image.Image) -> Callable[..., bytes]:
    """The picture's bytes in a format of the image library."""

    def encode(kind: str, **options: object) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        return buffer.getvalue()

    return encode
