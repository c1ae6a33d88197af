"""Five hundred mixed assets from real photographs, with a table of what must come of each. Deterministic, built once.

    library = build()                    # below .cache/library500, some seconds the first time
    library.folder                       # a seed folder for the PhotoShelter simulator
    library.truths                       # one `Truth` per file

The truths are made beside the files from the same words; no code of the product takes part.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import embedding
import photographs
import pictures
import yaml
from alone import alone
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "library500"
COUNT = 500
UPLOADED = "2026-10-01 08:00:00 GMT"
SOURCES = (
    Path(__file__),
    *(ROOT / "scripts" / name for name in ("embedding.py", "pictures.py", "photographs.py")),
    ROOT / "examples" / "demo" / "photographs.yaml",
)

KINDS = ("jpeg",) * 21 + ("png", "tiff", "tiff_lzw") + ("dng",)
RARE: Mapping[int, str] = {
    **dict.fromkeys((60, 160, 260, 360, 460), "mp4"),
    **dict.fromkeys((70, 170, 270, 370, 470), "m4a"),
    **dict.fromkeys((80, 180, 280, 380, 480), "pdf"),
}
MEDIA = {"mp4": "video", "m4a": "audio", "pdf": "document", "dng": "raw"}
GALLERIES = ("Harbour", "Gärten", "Archive 資料", "Café Lumière", "Space & Sky", "Ålesund", "Łódź", "Ωmega")
PLACES: Sequence[tuple[str, str, str]] = (
    ("Nagasaki", "Japan", "JPN"),
    ("Köln", "Germany", "DEU"),
    ("Łódź", "Poland", "POL"),
    ("Göteborg", "Sweden", "SWE"),
    ("Lyon", "France", "FRA"),
    ("İzmir", "Türkiye", "TUR"),
    ("Houston", "United States", "USA"),
    ("القاهرة", "Egypt", "EGY"),
)
PEOPLE = ("Émilie Krüger", "田中 美咲", "ليلى حداد", "Łukasz Żółć", "Åsa Öberg", "Ana López", 'O\'Neil "Bo" Byrne')
TITLES = (
    "Morning at the quay",
    "Über den Dächern",
    "静かな朝",
    "Été indien",
    "צילום ראשון",
    "Ferry ⛴ №",
    "Tom & Jerry <b>",
)
WORDS = ("harbour", "Fluß", "長崎", "été", "a, b", "x|y", "leaf/flower", "007", "true", "⚓", "ميناء", "null")
STATUSES = ("approved",) * 6 + ("draft",) * 3 + ("rejected",)


@dataclass(frozen=True, slots=True)
class Truth:
    """What one file is and what must come of it: `attributes` as NetX must show them, texts or lists of texts."""

    path: str
    gallery: str
    file_name: str
    media_type: str
    status: str
    sha256: str
    size: int
    name: str
    folder: str
    attributes: Mapping[str, str | Sequence[str]]

    @property
    def approved(self) -> bool:
        return self.status == "approved"

    @property
    def key(self) -> str:
        return f"{self.gallery}/{self.file_name}"


@dataclass(frozen=True, slots=True)
class Library500:
    """The built library: a seed folder and its truths, in the order of the files."""

    folder: Path
    truths: tuple[Truth, ...]

    @property
    def approved(self) -> tuple[Truth, ...]:
        return tuple(it for it in self.truths if it.approved)


def build(target: Path = CACHE, *, count: int = COUNT) -> Library500:
    """The library below `target`, built if it is not there or its makers have changed."""
    with alone(target):
        return _build(target, count)


def _build(target: Path, count: int) -> Library500:
    stamp = target / "built.json"
    fingerprint = hashlib.sha256(b"".join(it.read_bytes() for it in SOURCES) + bytes(str(count), "ascii")).hexdigest()
    if stamp.is_file():
        kept = json.loads(stamp.read_text(encoding="utf-8"))
        if kept["inputs"] == fingerprint:
            return Library500(target / "seed", tuple(Truth(**it) for it in kept["truths"]))
    shutil.rmtree(target, ignore_errors=True)
    (target / "seed" / "originals").mkdir(parents=True)
    plans = [_plan(number) for number in range(count)]
    truths = _make(target / "seed", plans)
    stamp.write_text(
        json.dumps({"inputs": fingerprint, "truths": [asdict(it) for it in truths]}, ensure_ascii=False), "utf-8"
    )
    return Library500(target / "seed", truths)


def _plan(number: int) -> dict[str, Any]:
    """All that is decided about one asset, from its number alone."""
    random = Random(number)
    kind = RARE.get(number) or KINDS[number % len(KINDS)]
    city, country, code = PLACES[number % len(PLACES)]
    day = f"20{random.randint(19, 26)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    time = random.choice(("", "T06:30:00", "T23:59:59+09:00", "T00:00:00-05:00"))
    values: dict[str, Any] = {
        "description": f"Number {number}: " + "a long look along the quay, " * random.choice((1, 2, 3, 90)) + "ende ß.",
        "keywords": random.sample(WORDS, random.randint(1, 5)),
        "creator": PEOPLE[number % len(PEOPLE)],
        "credit": random.choice(
            ("Riverbend", "Riverbend Picture Desk / Archives Générales de la Ville", "Bildstelle Köln")
        ),
        "copyright_notice": f"© {day[:4]} Riverbend Trust",
        "usage_terms": random.choice(("Editorial use only.", "Keine Werbung. Nur redaktionell.")),
        "date_created": day + time,
        "city": city,
        "country": country,
        "country_code": code,
    }
    if number % 11:
        values["title"] = f"{TITLES[number % len(TITLES)]} {number}"
    if number % 5 == 0:
        values |= {
            "headline": f"Headline {number}",
            "job_id": f"JOB-{number}",
            "instructions": "Do not crop.",
            "source": "Desk",
        }
    left, top = random.uniform(0, 0.3), random.uniform(0, 0.3)
    return {
        "number": number,
        "kind": kind,
        "values": values,
        "gallery": f"Intake/{GALLERIES[number % len(GALLERIES)]}",
        "file_name": f"{random.choice(('DSC', 'Bild', '写真', 'été'))}_{number:04d}{pictures.SUFFIX[kind]}",
        "status": STATUSES[random.randrange(len(STATUSES))],
        "crop": (left, top, left + random.uniform(0.4, 0.7), top + random.uniform(0.4, 0.7)),
        "longest": random.choice((320, 480, 640, 900)),
    }


def _make(folder: Path, plans: Sequence[Mapping[str, Any]]) -> tuple[Truth, ...]:
    originals = [pictures.load(path) for path in photographs.fetch().values()]
    paths = [folder / "originals" / f"{plan['number']:03d}{pictures.SUFFIX[plan['kind']]}" for plan in plans]
    for plan, path in zip(plans, paths, strict=True):
        pictures.save(_picture(plan, originals), path, plan["kind"])
    embedding.embed(
        {
            path: embedding.tags_for(plan["values"], suffix=path.suffix, homes=("xmp", "iim", "exif"))
            for plan, path in zip(plans, paths, strict=True)
        }
    )
    truths = tuple(_truth(plan, path, folder) for plan, path in zip(plans, paths, strict=True))
    files = {
        it.path: {
            "file_name": it.file_name,
            "containers": [it.gallery],
            "uploaded_at": UPLOADED,
            "iptc": {"edit_status": it.status},
        }
        for it in truths
    }
    text = yaml.safe_dump({"files": files}, allow_unicode=True, sort_keys=False)
    (folder / "library.yaml").write_text(text, encoding="utf-8")
    return truths


def _picture(plan: Mapping[str, Any], originals: Sequence[Image.Image]) -> Image.Image:
    source = originals[plan["number"] % len(originals)]
    return pictures.shape(source, crop=plan["crop"], longest=plan["longest"])


def _truth(plan: Mapping[str, Any], path: Path, folder: Path) -> Truth:
    content = path.read_bytes()
    values = plan["values"]
    day = values["date_created"][:10]
    attributes = {
        "Caption": values["description"],
        "Keywords": values["keywords"],
        "Creator": values["creator"],
        "Credit": values["credit"],
        "Copyright Notice": values["copyright_notice"],
        "Usage Terms": values["usage_terms"],
        "Date Created": day,
        "City": values["city"],
        "Country": values["country"],
        "Country Code": values["country_code"],
    }
    names = {
        "title": "Title",
        "headline": "Headline",
        "job_id": "Job ID",
        "instructions": "Instructions",
        "source": "Source",
    }
    attributes |= {attribute: values[name] for name, attribute in names.items() if name in values}
    return Truth(
        path=path.relative_to(folder).as_posix(),
        gallery=plan["gallery"],
        file_name=plan["file_name"],
        media_type=MEDIA.get(plan["kind"], "image"),
        status=plan["status"],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        name=values.get("title") or Path(plan["file_name"]).stem,
        folder=f"PhotoShelter/{day[:4]}/{plan['gallery'].rpartition('/')[2]}",
        attributes=attributes,
    )
