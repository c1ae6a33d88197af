"""Pictures for pages that only have to look like a library: drawn, the same on every call; and finds to show."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from dambridge.model.access import Searcher
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import Time, words_of
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, LicenceKind, Rights
from dambridge.model.searching import Document, Profile, Thumbnail, reduced
from dambridge.model.values import FieldName
from dambridge.ports.searching import SearchIndex
from support.console import START
from support.console_scene import FILES

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
TITLES = (
    "Boats at rest",
    "Ferry of tomorrow",
    "Moorings, an overview",
    "The harbour, a film",
    "Guide to the harbour",
    "The port at dawn",
    "Photographer at work",
    "Broken upload",
    "Without a credit",
    "The harbour's horn",
    "Quay at noon",
    "Rocket in the night",
)
KINDS = {"mp4": MediaType.VIDEO, "pdf": MediaType.DOCUMENT, "m4a": MediaType.AUDIO}
CLEAR = Rights(
    holder="Riverbend",
    kind=LicenceKind.OWNED,
    territories=Bounds(permitted=frozenset({"*"})),
    channels=Bounds(permitted=frozenset({"portal"})),
)


class Drawn:
    """Gives out pictures of anything but what has none: papers, sounds, broken files."""

    async def of(self, key: AssetKey, searcher: Searcher, *, longest_side: int = 300) -> Thumbnail | None:
        del searcher
        number = int("0" + "".join(it for it in key.remote_id[-4:] if it.isdigit()))
        if number in {4, 7, 9}:
            return None
        return Thumbnail(data=landscape(number, longest_side), content_type="image/jpeg")


@cache
def landscape(seed: int, side: int) -> bytes:
    """Sky, hills, water and a boat."""
    draw = random.Random(seed)
    wide, high = (side, side * 2 // 3) if seed % 4 != 3 else (side * 2 // 3, side)
    warm = draw.random()
    image = Image.new("RGB", (wide, high))
    pen = ImageDraw.Draw(image)
    for y in range(high):
        at = y / high
        pen.line((0, y, wide, y), fill=(int(90 + 150 * at * warm), int(120 + 70 * at), int(200 - 70 * at * warm)))
    for layer in range(3):
        base, dark = high * (0.45 + layer * 0.08), 110 - layer * 30
        hills = [(x, base - draw.randint(0, high // 6)) for x in range(0, wide + 1, max(1, wide // 6))]
        pen.polygon([(0, high), *hills, (wide, high)], fill=(dark // 2, dark, int(dark * 0.8)))
    water = int(high * 0.66)
    pen.rectangle((0, water, wide, high), fill=(40, 70 + int(40 * warm), 105))
    x, y = draw.randint(wide // 5, wide // 2), draw.randint(int(high * 0.7), int(high * 0.82))
    size = wide // 5
    pen.polygon(
        [(x, y), (x + size, y), (x + size * 4 // 5, y + size // 4), (x + size // 5, y + size // 4)], fill="#5b2c1b"
    )
    pen.polygon([(x + size // 2, y - size), (x + size // 2, y - 4), (x + size, y - 4)], fill="#f3e9d8")
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.6)).save(out, "JPEG", quality=82)
    return out.getvalue()


async def put_finds(index: SearchIndex) -> None:
    """What the search page finds in the scene: most usable, some not yet, some in both homes."""
    found: list[Document] = []
    for number, name in enumerate(FILES):
        rights = replace(CLEAR, not_before=START + timedelta(days=30)) if number == 5 else CLEAR
        made = _copy(number, name, AssetKey(ARCHIVE, RemoteId(str(4100 + number))), rights)
        found.append(made)
        if number % 3 == 0:
            twin = _copy(number, name, AssetKey(AGENCY, RemoteId(f"I0000boat{number:04d}")), rights, entry=made.entry)
            title = TITLES[number] + (", second take" if number == 0 else "")
            fields = {**twin.fields, FieldName("title"): title}
            found.append(replace(twin, main=False, title=title, fields=fields))
    await index.put(found)


def _copy(number: int, name: str, key: AssetKey, rights: Rights, *, entry: str = "") -> Document:
    title, by = TITLES[number], ("Jonas Blum", "Mara Lind")[number % 2]
    campaign = ("Harbour 2026", "Autumn")[number % 5 == 0]
    return Document(
        key=key,
        entry=entry or str(key),
        main=True,
        profile=Profile(rights=reduced(rights), status="approved"),
        rights=rights,
        status="approved",
        media_type=KINDS.get(name.rsplit(".", 1)[-1], MediaType.IMAGE),
        file_name=name,
        title=title,
        campaigns=(campaign,),
        photographers=(by,),
        days={Time.DATE: f"2026-{9 + number % 3:02}-11"},
        paths=("Harbour",),
        texts={"title": (words_of(title),), "file_name": (words_of(name),)},
        free=frozenset({"title", "file_name"}),
        fields={FieldName("title"): title, FieldName("creator"): by},
        size=2_345_678,
        modified="m",
        groups=frozenset({"base"}),
        seen_at=START,
    )
