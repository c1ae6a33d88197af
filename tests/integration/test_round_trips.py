"""Files of every format through both systems on every route and back, each system with its own reading of files and its own maps.

The files are written by our embedder, read by PhotoShelter, carried over, read by NetX where the route goes through the file, and
brought back to PhotoShelter as downloads. What must stand where is written down here, not computed by the product.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from dambridge.files import ExifToolOptions, FileEmbedder
from dambridge.mapping import own_tags
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from support.data_sync import pull
from support.kinds_of_files import MAKERS, sample
from support.world import World, lines, world

CREDIT = "Riverbend Picture Desk/Émilie É"  # 33 bytes, the last letter beyond the old limit of 32
CAPTION = ("Żółć – 港 🌊, " * 400)[:2000] + "é"
KEYWORDS = ["comma, inside", "pipe|inside", "Nature/Water/River", "semi; colon", "港の朝", "007"]
_VALUES: dict[str, Value] = {
    "title": LangAlt.of({"x-default": "Harbour", "de": "Hafen", "ja": "港"}),
    "headline": "true",
    "description": LangAlt.plain(CAPTION),
    "keywords": tuple(KEYWORDS),
    "creator": ("B. Field", "A. Field"),
    "credit": CREDIT,
    "copyright_notice": LangAlt.of({"x-default": "© 2026 Ülm", "fr": "© 2026 réservé"}),
    "usage_terms": LangAlt.plain("<b>Editorial</b> &amp; more"),
    "instructions": "-execute $x\nsecond line",
}
_BEYOND: dict[str, Value] = {
    "description_writer": "W. Riter",
    "creator_job_title": "Staff",
    "source": "Riverbend",
    "web_statement": "https://example.org/?a=1&b=2",
    "job_id": "null",
    "sublocation": "Quay",
    "city": "Łódź",
    "state": "[]",
    "country": "Côte d'Ivoire",
    "country_code": "CIV",
    "rating": 3,
}
"""What no map of the site reads out of a file, so that it goes over the two other routes alone."""
SAID = {FieldName(name): value for name, value in {**_VALUES, **_BEYOND}.items()}
TRUTH: dict[str, list[str]] = {
    "Title": ["Harbour"],
    "Headline": ["true"],
    "Caption": [CAPTION],
    "Keywords": KEYWORDS,
    "Credit": [CREDIT],
    "Copyright Notice": ["© 2026 Ülm"],
    "Usage Terms": ["<b>Editorial</b> &amp; more"],
    "Instructions": ["-execute $x\nsecond line"],
}
BEYOND: dict[str, list[str]] = {
    "Caption Writer": ["W. Riter"],
    "Creator Job Title": ["Staff"],
    "Source": ["Riverbend"],
    "Rights URL": ["https://example.org/?a=1&b=2"],
    "Job ID": ["null"],
    "Location": ["Quay"],
    "City": ["Łódź"],
    "State": ["[]"],
    "Country": ["Côte d'Ivoire"],
    "Country Code": ["CIV"],
}
DATES = [
    "2026-05-04",
    "2026-05-04T00:30:00+14:00",
    "2026-05-04T23:30:00-11:00",
    "2026-05-04T12:00:00",
    "2026-05-04T12:00:00.25Z",
]
"""One for each file in turn: NetX holds the day of the wall clock, whatever day it is elsewhere."""
ROUTES = ["rpc", "data_sync", "embedded"]


def old_block(*items: tuple[int, bytes], declared: bytes = b"") -> bytes:
    """A JPEG that says what it says in the old IPTC block alone."""
    rows = [(1, 90, declared)] if declared else []
    rows += [(2, number, value) for number, value in items]
    raw = b"".join(bytes((0x1C, record, number)) + struct.pack(">H", len(it)) + it for record, number, it in rows)
    body = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(raw)) + raw + b"\x00" * (len(raw) % 2)
    data = sample("a.jpg")
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:]


OLD = {
    "latin.jpg": (
        old_block((110, "Café Ödön".encode("latin-1")), (120, "Straße".encode("latin-1"))),
        "Café Ödön",
        "Straße",
    ),
    "cjk.jpg": (
        old_block((110, "港通信".encode()), (120, "長崎港の船".encode()), declared=b"\x1b%G"),
        "港通信",
        "長崎港の船",
    ),
    "unmarked.jpg": (old_block((110, "Łódź".encode()), (120, "ł".encode())), "Łódź", "ł"),
}
"""File name to the file, and to credit and caption as everybody should read them."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each format, saying everything."""

    async def make() -> dict[str, bytes]:
        folder, embedder = tmp_path_factory.mktemp("files"), FileEmbedder(ExifToolOptions(workers=1))
        found = {}
        for turn, name in enumerate(MAKERS):
            source, target = folder / "source", folder / "target"
            source.write_bytes(sample(name))
            said = {**SAID, FieldName("date_created"): DateValue(DATES[turn % len(DATES)])}
            await embedder.embed(source, target, own_tags(said), file_name=name)
            found[name] = target.read_bytes()
        await embedder.close()
        return found

    return asyncio.run(make())


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pair(tmp_path: Path, route: str) -> Iterator[World]:
    archive: dict[str, Any] = {"write_route": route}
    if route == "data_sync":
        archive["data_sync_file"] = str(tmp_path / "sync.xml")
    managed = ["title", "headline", "description", "keywords", "creator", "credit", "copyright_notice", "usage_terms",
               "instructions", "date_created"]  # fmt: skip
    joined = {"archive": {"creator": {"to": "Creator", "separator": ", "}}}
    flows = {"intake": {"managed": managed}} if route == "embedded" else {}
    with world(tmp_path, accounts={"archive": archive}, maps=joined, flows=flows, engine={"attempts": 1}) as it:
        if route == "embedded":
            it.switch("netx", attribute_write="absent")  # nothing reaches an attribute but what a file says
        # In text a comma within a term and one between two look alike; the file knows.
        it.switch("photoshelter", keywords_form="text" if route == "data_sync" else "list")
        yield it


def submit(pair: World, name: str, data: bytes, folder: str = "Intake/Formats") -> str:
    return pair.submit(data, file_name=name, containers=[folder], iptc={"edit_status": "approved"})


def stored(pair: World, asset: str) -> bytes:
    token = pair.netx.credentials["token"]
    request = Request(f"{pair.netx.url}/api/file/asset/{asset}", headers={"Authorization": f"apiToken {token}"})
    with urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def told(result: Any) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    return {it: flow[it] for it in ("done", "unchanged", "waiting", "quarantined", "failed") if flow[it]}


async def carry(pair: World, route: str, tmp_path: Path) -> None:
    """Run until everything has arrived, with the site's own pull where that is the route."""
    result = await pair.run()
    if route == "data_sync" and set(told(result)) == {"waiting"}:
        pull(tmp_path / "sync.xml", lambda asset, values: pair.edit_netx(asset, attributes=values))
        result = await pair.run()
    assert set(told(result)) == {"done"}, result.summary


def iptc_of(pair: World) -> dict[str, dict[str, Any]]:
    """What PhotoShelter says of its files, by id."""
    return {it["id"]: it["metadata"] for it in lines(pair.photoshelter.url, "/__sim__/state")}


@pytest.mark.hazard("P26")
@pytest.mark.hazard("P28")
@pytest.mark.hazard("P29")
async def test_every_property_of_every_format_arrives_and_comes_back(
    pair: World, route: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    sources = {name: submit(pair, name, data) for name, data in files.items()}
    await carry(pair, route, tmp_path)
    assert (tmp_path / "sync.xml").exists() is (route == "data_sync")
    archived = {it["file_name"]: it for it in pair.archived()}
    assert set(archived) == set(MAKERS)
    for turn, (name, asset) in enumerate(archived.items()):
        there = asset["attributes"]
        for attribute, wanted in (TRUTH if route == "embedded" else {**TRUTH, **BEYOND}).items():
            assert sorted(there[attribute]) == sorted(wanted), (name, attribute)
        assert there["Creator"] == ["B. Field, A. Field"], name
        assert there["Date Created"] == ["2026-05-04"], (name, turn)
    first = iptc_of(pair)
    back = {name: submit(pair, name, stored(pair, it["id"]), "Returned") for name, it in archived.items()}
    again = iptc_of(pair)
    for name, source in sources.items():
        assert again[back[name]] == first[source], name
    mark = pair.seq("netx")
    assert set(told(await pair.run(full=True))) == {"unchanged"}
    assert pair.changes("netx", mark) == []


@pytest.mark.hazard("P30")
async def test_old_blocks_of_every_character_set_are_read_alike_on_both_sides(
    pair: World, route: str, tmp_path: Path
) -> None:
    for name, (data, _, _) in OLD.items():
        submit(pair, name, data)
    await carry(pair, route, tmp_path)
    archived = {it["file_name"]: it["attributes"] for it in pair.archived()}
    assert {name: (it["Credit"], it["Caption"]) for name, it in archived.items()} == {
        name: ([credit], [caption]) for name, (_, credit, caption) in OLD.items()
    }


@pytest.mark.hazard("P29")
@pytest.mark.hazard("P30")
@pytest.mark.parametrize("route", ["rpc", "data_sync"], indirect=True)
async def test_a_raw_file_brings_all_that_its_side_car_says_and_stays_as_it_came(
    pair: World, route: str, tmp_path: Path
) -> None:
    raw, beside = tmp_path / "raw", tmp_path / "made.xmp"
    raw.write_bytes(sample("a.nef"))
    embedder = FileEmbedder(ExifToolOptions(workers=1))
    said = {**SAID, FieldName("date_created"): DateValue(DATES[1])}
    await embedder.side_car(raw, beside, own_tags(said), file_name="a.nef")
    await embedder.close()
    place = ["Intake/Formats"]
    pair.submit(
        raw.read_bytes(), file_name="A.NEF", containers=place, iptc={"edit_status": "approved", "credit": CREDIT}
    )
    pair.submit(beside.read_bytes(), file_name="A.xmp", containers=place, iptc={})
    await carry(pair, route, tmp_path)
    (asset,) = pair.archived()
    for attribute, wanted in {**TRUTH, **BEYOND}.items():
        assert sorted(asset["attributes"][attribute]) == sorted(wanted), attribute
    assert asset["attributes"]["Creator"] == ["B. Field, A. Field"]
    assert asset["attributes"]["Date Created"] == ["2026-05-04"]
    assert stored(pair, asset["id"]) == raw.read_bytes()
    mark = pair.seq("netx")
    assert set(told(await pair.run(full=True))) == {"unchanged"}
    assert pair.changes("netx", mark) == []
