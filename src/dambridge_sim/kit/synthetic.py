"""Assets made from a number: a small valid JPEG with XMP, always the same for the same number."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

from dambridge_sim.kit.clock import to_datetime

_PLACES = ("Aarhus", "Bergen", "Córdoba", "Dresden", "Évora", "Füssen", "Genève", "Honfleur")
_SUBJECTS = ("harbour", "market", "orchard", "tramway", "workshop", "lighthouse", "festival", "vineyard")
_FIRST_TAKEN_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
_STEP_MS = 60_000
_UNITS = {"": 1, "B": 1, "kB": 1000, "MB": 1_000_000, "KiB": 1024, "MiB": 1024 * 1024}


@dataclass(frozen=True, slots=True)
class SyntheticSpec:
    """How many assets, and at least how many bytes each original has (0: as small as it comes)."""

    count: int
    bytes_each: int = 0

    @classmethod
    def parse(cls, text: str) -> SyntheticSpec | None:
        """Read `synthetic:N` or `synthetic:N@500kB`; None when `text` is not of this form."""
        if not text.startswith("synthetic:"):
            return None
        found = re.fullmatch(r"synthetic:(\d+)(?:@(\d+)(B|kB|MB|KiB|MiB)?)?", text)
        if found is None:
            raise ValueError(f"{text!r}: write synthetic:N or synthetic:N@500kB")
        return cls(int(found[1]), int(found[2] or 0) * _UNITS[found[3] or ""])


@dataclass(frozen=True, slots=True)
class SyntheticFields:
    """What the file of a number says of itself; a vendor's computed record should say the same."""

    title: str
    description: str
    keywords: tuple[str, ...]
    creator: str
    credit: str
    copyright: str
    city: str
    file_name: str
    taken_ms: int


def fields_of(number: int) -> SyntheticFields:
    """Return the fields of a number. `taken_ms` grows by one minute with each number."""
    subject, place = _SUBJECTS[number % 8], _PLACES[number // 8 % 8]
    return SyntheticFields(
        title=f"{subject.capitalize()} {number:07d}",
        description=f"A {subject} in {place}, picture {number} of a computed library.",
        keywords=(subject, place, f"lot-{number // 1000}"),
        creator=f"Photographer {number % 97:02d}",
        credit="Computed Pictures",
        copyright=f"© {2020 + number % 6} Computed Pictures",
        city=place,
        file_name=f"synthetic_{number:07d}.jpg",
        taken_ms=_FIRST_TAKEN_MS + number * _STEP_MS,
    )


def jpeg_of(number: int, bytes_each: int = 0) -> bytes:
    """Return the file of a number, at least `bytes_each` long."""
    base = _picture(number % 64)
    xmp = _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + _packet(fields_of(number)).encode())
    pad = _padding(number, bytes_each - len(base) - len(xmp))
    return base[:2] + xmp + pad + base[2:]


@lru_cache(maxsize=64)
def _picture(variant: int) -> bytes:
    hue = variant * 255 // 64
    image = Image.new("HSV", (192, 128), (hue, 110, 205)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20 + variant, 24, 90 + variant, 94), fill=(255, 255, 255 - hue))
    draw.rectangle((0, 100, 192, 128), fill=(60, 60 + hue // 3, 70))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _packet(fields: SyntheticFields) -> str:
    keywords = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in fields.keywords)
    taken = to_datetime(fields.taken_ms).isoformat()

    def alt(text: str) -> str:
        return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'

    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        f' photoshop:Credit="{escape(fields.credit)}" photoshop:City="{escape(fields.city)}"'
        f' photoshop:DateCreated="{taken}">'
        f"<dc:title>{alt(fields.title)}</dc:title><dc:description>{alt(fields.description)}</dc:description>"
        f"<dc:rights>{alt(fields.copyright)}</dc:rights><dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>"
        f"<dc:creator><rdf:Seq><rdf:li>{escape(fields.creator)}</rdf:li></rdf:Seq></dc:creator>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _padding(number: int, length: int) -> bytes:
    """Return comment segments of together about `length` bytes that no compressor makes small."""
    if length <= 0:
        return b""
    noise = hashlib.shake_128(number.to_bytes(8, "big")).digest(min(length, 65_000))
    parts = [_segment(0xFE, noise)] * (length // len(noise) + (1 if length % len(noise) else 0))
    return b"".join(parts)
