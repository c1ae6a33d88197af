"""Two libraries that grew apart, made of real photographs: what they have in common under other names and partly re-encoded,
and everything that looks as if it were. Deterministic, built once.

    libraries = build(2000)       # below .cache/two-libraries-2000
    libraries.photoshelter        # a seed folder for each simulator
    libraries.pairs               # what truly belongs together, by file name in either library

File names are unique within a library. The truth is made beside the files; no code of the product takes part.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import photographs
import yaml
from alone import alone
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (Path(__file__), ROOT / "examples" / "demo" / "photographs.yaml")
EXIF_IFD, TAKEN, FRACTION = 0x8769, 0x9003, 0x9291
RIGHTS = {"copyright": "© Riverbend", "rights": "Editorial use only."}
RIGHTS_NX = {"Copyright Notice": ["© Riverbend"], "Usage Terms": ["Editorial use only."]}


@dataclass(frozen=True, slots=True)
class TruePair:
    """Two files that are one asset: `kind` is `same` (bytes), `saved` (re-encoded, moment kept) or `stripped`."""

    one: str
    other: str
    kind: str


@dataclass(slots=True)
class Library:
    """One side: its folder, and what is said of each file."""

    folder: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TwoLibraries:
    """Both seed folders, the true pairs, and what is wrong within each library."""

    photoshelter: Path
    netx: Path
    pairs: tuple[TruePair, ...]
    may: tuple[TruePair, ...]
    """Pairs that are true as well, of which nobody can demand that they are found."""
    wrongs: dict[str, dict[str, int]]


def build(count: int) -> TwoLibraries:
    """Both libraries with `count` files each, three quarters of them in common; built if they are not there yet."""
    target = ROOT / ".cache" / f"two-libraries-{count}"
    with alone(target):
        stamp = target / "built.json"
        inputs = hashlib.sha256(b"".join(it.read_bytes() for it in SOURCES)).hexdigest()
        if stamp.is_file() and (kept := json.loads(stamp.read_text("utf-8")))["inputs"] == inputs:
            pairs = tuple(TruePair(**it) for it in kept["pairs"])
            may = tuple(TruePair(**it) for it in kept["may"])
            return TwoLibraries(target / "ps", target / "nx", pairs, may, kept["wrongs"])
        shutil.rmtree(target, ignore_errors=True)
        made = _Making(count, target).make()
        said = {
            "inputs": inputs,
            "pairs": [asdict(it) for it in made.pairs],
            "may": [asdict(it) for it in made.may],
            "wrongs": made.wrongs,
        }
        stamp.write_text(json.dumps(said), "utf-8")
        return made


class _Making:
    """The making of both libraries, from their size alone."""

    def __init__(self, count: int, target: Path) -> None:
        self.count = count
        self.ps, self.nx = Library(target / "ps"), Library(target / "nx")
        self.pairs: list[TruePair] = []
        self.may: list[TruePair] = []
        self.duplicates = {"ps": 0, "nx": 0}
        self.random = Random(count)
        self.serial = 0
        for it in (self.ps, self.nx):
            (it.folder / "files").mkdir(parents=True)
        self.photographs = [Image.open(it).convert("RGB") for it in sorted(photographs.fetch().values())]
        for photograph in self.photographs:
            photograph.thumbnail((1000, 1000))

    def make(self) -> TwoLibraries:
        common = self.count * 3 // 4
        same = common * 3 // 5
        for number in range(same):
            self._same(twice=number % 230 == 229)
        traps = (
            self._burst, self._lone_frames, self._cut, self._turned, self._grey, self._brightened, self._contact_sheet,
            self._namesakes, self._web_copy, self._plain, self._stripped_burst,
        )  # fmt: skip
        for number in range(self.count // 8):
            traps[number % len(traps)]()
        while len(self.pairs) < common:
            self._saved(stripped=len(self.pairs) % 5 == 4)
        for library, suffix in ((self.ps, "p"), (self.nx, "n")):
            while len(library.files) < self.count:
                self._put(library, self._name(suffix), _jpeg(self._scene(), moment=self._moment()))
        return self._written()

    # what is in common -----------------------------------------------------------------------------------------------
    def _same(self, *, twice: bool) -> None:
        """The same file under another name; now and then it lies in PhotoShelter twice."""
        data = _jpeg(self._scene(), moment=self._moment())
        one = self._put(self.ps, self._name("DSC"), data)
        other = self._put(self.nx, self._name("riverbend"), data)
        if twice:
            self._put(self.ps, self._name("copy of DSC"), data)
            self.duplicates["ps"] += 1
        self.pairs.append(TruePair(one, other, "same"))

    def _saved(self, *, stripped: bool) -> None:
        scene, moment = self._scene(), self._moment()
        one = self._put(self.ps, self._name("IMG"), _jpeg(scene, moment=moment))
        data = self._saved_anew(scene, "" if stripped else moment)
        other = self._put(self.nx, self._name("press", ending=_ending(data)), data)
        self.pairs.append(TruePair(one, other, "stripped" if stripped else "saved"))

    def _saved_anew(self, scene: Image.Image, moment: str) -> bytes:
        """Another size, quality, format or sharpness, as an export makes it."""
        share = self.random.choice((1.0, 0.75, 0.6, 0.5))
        size = (round(scene.width * share), round(scene.height * share))
        picture = scene.resize(size, self.random.choice((Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)))
        if self.random.random() < 0.25:
            picture = picture.filter(ImageFilter.UnsharpMask(1, 50, 2))
        if self.random.random() < 0.05:
            out = BytesIO()
            picture.save(out, "PNG", exif=_exif(moment))
            return out.getvalue()
        return _jpeg(picture, moment=moment, quality=self.random.choice((68, 75, 85, 92)))

    # what only looks as if it were -----------------------------------------------------------------------------------
    def _burst(self) -> None:
        """Four frames of one burst in PhotoShelter, the middle two re-encoded in NetX with their moments, and a fifth."""
        begun = datetime(2025, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=self.serial)
        frames = [*self._frames(5)]
        times = [f"{begun + timedelta(seconds=it):%Y:%m:%d %H:%M:%S}.{it}0" for it in range(5)]
        ones = [self._put(self.ps, self._name("B"), _jpeg(frames[it], moment=times[it])) for it in range(4)]
        for it in (1, 2):
            data = self._saved_anew(frames[it], times[it])
            other = self._put(self.nx, self._name("burst", ending=_ending(data)), data)
            self.pairs.append(TruePair(ones[it], other, "saved"))
        self._put(self.nx, self._name("burst"), _jpeg(frames[4], moment=times[4], quality=80))

    def _stripped_burst(self) -> None:
        """Frames without moments, one of them in both: it may be paired, if with itself."""
        frames = [*self._frames(3)]
        ones = [self._put(self.ps, self._name("SB"), _jpeg(it, moment="")) for it in frames]
        other = self._put(self.nx, self._name("sb"), self._saved_anew(frames[1], ""))
        self.may.append(TruePair(ones[1], other, "burst"))

    def _lone_frames(self) -> None:
        """One frame here and the next one there, with the moments that cameras write or, on one side, without."""
        first, second = self._frames(2)
        moment = datetime(2025, 4, 1, 9, tzinfo=UTC) + timedelta(minutes=self.serial)
        self._put(self.ps, self._name("L"), _jpeg(first, moment=f"{moment:%Y:%m:%d %H:%M:%S}"))
        later = moment + timedelta(seconds=self.random.choice((1, 2, 7)))
        written = self.random.choice((f"{later:%Y:%m:%d %H:%M:%S}", ""))
        self._put(self.nx, self._name("l"), _jpeg(second, moment=written, quality=80))

    def _cut(self) -> None:
        """A cut of the picture, from a trifle to a third, with the moment of the whole."""
        self._derived(lambda it, share: ImageOps.crop(it, round(min(it.size) * share)).resize(it.size))

    def _turned(self) -> None:
        self._derived(
            lambda it, _: it.transpose(self.random.choice((Image.Transpose.ROTATE_90, Image.Transpose.FLIP_LEFT_RIGHT)))
        )

    def _grey(self) -> None:
        self._derived(lambda it, _: it.convert("L").convert("RGB"))

    def _brightened(self) -> None:
        self._derived(lambda it, share: ImageEnhance.Brightness(it).enhance(1.2 + share))

    def _derived(self, change: Callable[[Image.Image, float], Image.Image]) -> None:
        scene, moment = self._scene(colourful=True), self._moment()
        self._put(self.ps, self._name("D"), _jpeg(scene, moment=moment))
        made = change(scene, self.random.choice((0.02, 0.04, 0.1, 0.2)))
        self._put(self.nx, self._name("d"), _jpeg(made, moment=self.random.choice((moment, ""))))

    def _contact_sheet(self) -> None:
        sheet = Image.new("RGB", (620, 420), "white")
        for at in range(6):
            scene = self._scene()
            if at == 0:
                self._put(self.ps, self._name("S"), _jpeg(scene, moment=self._moment()))
            scene.thumbnail((190, 190))
            sheet.paste(scene, (10 + at % 3 * 205, 10 + at // 3 * 205))
        self._put(self.nx, self._name("sheet"), _jpeg(sheet, moment=""))

    def _namesakes(self) -> None:
        """Two photographers, one file name, one second."""
        moment, name = self._moment(), self._name("DSC_0001 ")
        self._put(self.ps, name, _jpeg(self._scene(), moment=moment))
        self._put(self.nx, name, _jpeg(self._scene(), moment=moment))

    def _web_copy(self) -> None:
        """The same file in both, and a small version of it beside the one in NetX."""
        scene, moment = self._scene(), self._moment()
        data = _jpeg(scene, moment=moment)
        one = self._put(self.ps, self._name("W"), data)
        other = self._put(self.nx, self._name("w"), data)
        self.pairs.append(TruePair(one, other, "same"))
        self._put(self.nx, self._name("w-web"), self._saved_anew(scene, moment))

    def _plain(self) -> None:
        """Surfaces that look like every other; one lies in NetX twice."""
        colours = self.random.randrange(256), self.random.randrange(256), self.random.randrange(256)
        plain = _jpeg(Image.new("RGB", (400, 300), colours), moment="")
        self._put(self.ps, self._name("P"), _jpeg(Image.new("RGB", (300, 300), colours), moment=""))
        self._put(self.nx, self._name("p"), plain)
        self._put(self.nx, self._name("p again"), plain)
        self.duplicates["nx"] += 1

    # pictures --------------------------------------------------------------------------------------------------------
    def _scene(self, *, colourful: bool = False) -> Image.Image:
        """A part of a photograph with things of its own before it: like no other scene."""
        random, size = self.random, (self.random.choice((480, 600)), self.random.choice((400, 480)))
        source = random.choice(self.photographs)
        width, height = source.width * random.uniform(0.35, 0.8), source.height * random.uniform(0.35, 0.8)
        left, top = random.uniform(0, source.width - width), random.uniform(0, source.height - height)
        scene = source.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        if random.random() < 0.5:
            scene = ImageOps.mirror(scene)
        draw = ImageDraw.Draw(scene, "RGBA")
        for _ in range(random.randint(5, 9)):
            x, y = random.randint(-60, size[0]), random.randint(-60, size[1])
            box = (x, y, x + random.randint(60, 260), y + random.randint(60, 220))
            colour = (*(random.randrange(256) for _ in range(3)), random.randint(110, 230))
            (draw.ellipse if random.random() < 0.6 else draw.rectangle)(box, fill=colour)
        if colourful:
            draw.rectangle((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill=(220, 40, 30, 255))
        return scene

    def _frames(self, count: int) -> Iterator[Image.Image]:
        """A burst: the camera trembles by one or two hundredths, somebody walks through the picture."""
        scene, person = self._scene(), self._scene().crop((0, 0, 90, 130))
        x, y = self.random.randint(60, 200), self.random.randint(60, 200)
        for number in range(count):
            frame = scene.copy()
            frame.paste(person, (x + number * self.random.randint(14, 40), y))
            shake = round(frame.width * self.random.uniform(0.01, 0.02)) * (number % 3 - 1)
            yield ImageChops.offset(frame, shake, abs(shake) // 2).crop((16, 16, frame.width - 16, frame.height - 16))

    # files -----------------------------------------------------------------------------------------------------------
    def _put(self, library: Library, name: str, data: bytes) -> str:
        place = f"files/{len(library.files):05d}"
        (library.folder / place).write_bytes(data)
        library.files[place] = {"file_name": name}
        return name

    def _name(self, prefix: str, *, ending: str = "jpg") -> str:
        self.serial += 1
        return f"{prefix}_{self.serial:05d}.{ending}"

    def _moment(self) -> str:
        return f"{datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randrange(60_000_000)):%Y:%m:%d %H:%M:%S}.37"

    def _written(self) -> TwoLibraries:
        wrongs: dict[str, dict[str, int]] = {}
        for key, library, member, rights in (
            ("ps", self.ps, "iptc", RIGHTS),
            ("nx", self.nx, "attributes", RIGHTS_NX),
        ):
            wrong = {"duplicates": self.duplicates[key], "missing_rights": 0, "bad_names": 0}
            for number, said in enumerate(library.files.values()):
                said |= {"containers": ["Library/All"], member: dict(rights)}
                if number % 40 == 7:
                    said[member].pop(next(iter(rights)))
                    wrong["missing_rights"] += 1
            wrongs[key] = wrong
            text = yaml.dump({"files": library.files}, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            (library.folder / "library.yaml").write_text(text, "utf-8")
        return TwoLibraries(self.ps.folder, self.nx.folder, tuple(self.pairs), tuple(self.may), wrongs)


def _exif(moment: str) -> Image.Exif:
    exif = Image.Exif()
    if moment:
        taken, _, fraction = moment.partition(".")
        exif.get_ifd(EXIF_IFD)[TAKEN] = taken
        if fraction:
            exif.get_ifd(EXIF_IFD)[FRACTION] = fraction
    return exif


def _jpeg(picture: Image.Image, *, moment: str, quality: int = 90) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=_exif(moment))
    return out.getvalue()


def _ending(data: bytes) -> str:
    return "png" if data.startswith(b"\x89PNG") else "jpg"


def kinds_of(pairs: Sequence[TruePair], *kinds: str) -> set[tuple[str, str]]:
    return {(it.one, it.other) for it in pairs if it.kind in kinds}
