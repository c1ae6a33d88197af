"""The reader of embedded metadata, on files made here byte by byte or by Pillow."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from dambridge_sim.kit.embedded import read_embedded
from dambridge_sim.kit.synthetic import jpeg_of

_HEAD = b"http://ns.adobe.com/xap/1.0/\x00"


def packet(inside: str, attributes: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:odd="http://ns.adobe.com/photoshop/1.0/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
        ' xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"'
        ' xmlns:prismusagerights="http://prismstandard.org/namespaces/prismusagerights/2.1/"'
        f" {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


TITLE = packet('<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Søster 姉 🎉</rdf:li></rdf:Alt></dc:title>')
EXPECTED = {"dc:title": {"x-default": "Søster 姉 🎉"}}


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def photoshop(iim: bytes) -> bytes:
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\x00\x00" + struct.pack(">I", len(iim)) + iim
    return resource + (b"\x00" if len(iim) % 2 else b"")


def test_xmp_values_of_every_kind(jpeg: bytes) -> None:
    inside = (
        "<dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>one</rdf:li></rdf:Bag></dc:subject>"
        '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">a</rdf:li><rdf:li xml:lang="de">b</rdf:li></rdf:Alt></dc:rights>'
        '<Iptc4xmpCore:CreatorContactInfo rdf:parseType="Resource"><Iptc4xmpCore:CiEmailWork>e@x.example'
        "</Iptc4xmpCore:CiEmailWork></Iptc4xmpCore:CreatorContactInfo>"
        "<plus:CopyrightOwner><rdf:Seq><rdf:li><rdf:Description><plus:CopyrightOwnerName>N</plus:CopyrightOwnerName>"
        "</rdf:Description></rdf:li></rdf:Seq></plus:CopyrightOwner>"
        '<plus:ModelReleaseStatus rdf:resource="http://ns.useplus.org/ldf/vocab/MR-UMR"/>'
        "<prismusagerights:embargoDate><rdf:Bag><rdf:li>2026-01-01</rdf:li></rdf:Bag></prismusagerights:embargoDate>"
    )
    data = with_segments(jpeg, segment(0xE1, _HEAD + packet(inside, 'odd:Credit="C"')))
    assert read_embedded(data).xmp == {
        "photoshop:Credit": "C",
        "dc:subject": ["one", "one"],
        "dc:rights": {"x-default": "a", "de": "b"},
        "Iptc4xmpCore:CreatorContactInfo": {"Iptc4xmpCore:CiEmailWork": "e@x.example"},
        "plus:CopyrightOwner": [{"plus:CopyrightOwnerName": "N"}],
        "plus:ModelReleaseStatus": "http://ns.useplus.org/ldf/vocab/MR-UMR",
        "pur:embargoDate": ["2026-01-01"],
    }


def test_no_entity_is_expanded(jpeg: bytes) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + packet("<dc:format>&a;</dc:format>")
    found = read_embedded(with_segments(jpeg, segment(0xE1, _HEAD + bomb)))
    assert found.xmp.get("dc:format", "") == ""


def test_extended_xmp_is_put_together_only_when_it_belongs(jpeg: bytes) -> None:
    long = "k" * 70_000
    more = packet(f"<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{long}</rdf:li></rdf:Alt></dc:description>")
    guid = hashlib.md5(more, usedforsecurity=False).hexdigest().upper().encode()
    note = b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="' + guid + b'"'
    main = packet("<dc:format>image/jpeg</dc:format>", note.decode())
    pieces = [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\x00"
            + guid
            + struct.pack(">II", len(more), at)
            + more[at : at + 60_000],
        )
        for at in (60_000, 0)
    ]
    found = read_embedded(with_segments(jpeg, segment(0xE1, _HEAD + main), *pieces))
    assert found.xmp["dc:description"] == {"x-default": long}
    assert found.xmp["dc:format"] == "image/jpeg"
    stranger = read_embedded(with_segments(jpeg, segment(0xE1, _HEAD + TITLE), *pieces))
    assert stranger.xmp == EXPECTED
    gap = read_embedded(with_segments(jpeg, segment(0xE1, _HEAD + main), pieces[0]))
    assert "dc:description" not in gap.xmp
    assert "not complete" in str(gap.problem)


@pytest.mark.parametrize(
    ("prefix", "raw", "text"),
    [
        (dataset(1, 90, b"\x1b%G"), "Zoë".encode(), "Zoë"),
        (b"", "Zoë".encode(), "Zoë"),
        (b"", "Zoë".encode("cp1252"), "Zoë"),
        (dataset(1, 90, b"\x1b%G"), "Zoë".encode()[:-1], "Zo\ufffd"),
    ],
)
def test_iim_text_in_the_character_set_it_declares_or_seems_to_have(
    jpeg: bytes, prefix: bytes, raw: bytes, text: str
) -> None:
    iim = prefix + dataset(2, 120, raw) + dataset(2, 25, b"one") + dataset(2, 25, b"two")
    found = read_embedded(with_segments(jpeg, segment(0xED, b"Photoshop 3.0\x00" + photoshop(iim))))
    assert found.iim["2:120"] == [text]
    assert found.iim["2:25"] == ["one", "two"]
    assert found.problem is None


def test_iim_that_breaks_off_keeps_what_came_before(jpeg: bytes) -> None:
    iim = dataset(2, 5, b"title") + b"\x1c\x02\x78\x0f\xff" + b"short"
    found = read_embedded(with_segments(jpeg, segment(0xED, b"Photoshop 3.0\x00" + photoshop(iim))))
    assert found.iim == {"2:05": ["title"]}
    assert "longer than its block" in str(found.problem)


def test_exif_tags_of_a_jpeg(jpeg: bytes) -> None:
    exif = Image.Exif()
    exif[270], exif[315], exif[33432] = "caption", "Jane", "(c)"
    exif.get_ifd(34665).update({36867: "2026:01:02 03:04:05", 36881: "+01:00"})
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).save(out, "JPEG", exif=exif)
    assert read_embedded(out.getvalue()).exif == {
        "ImageDescription": "caption",
        "Artist": "Jane",
        "Copyright": "(c)",
        "DateTimeOriginal": "2026:01:02 03:04:05",
        "OffsetTimeOriginal": "+01:00",
    }


def test_tiff_with_xmp_iim_and_exif(tmp_path: Path) -> None:
    tags = ImageFileDirectory_v2()
    tags[700] = TITLE
    tags.tagtype[700] = 1
    tags[33723] = dataset(2, 5, b"name")
    tags.tagtype[33723] = 7
    tags[270] = "described"
    path = tmp_path / "a.tif"
    Image.new("RGB", (8, 8)).save(path, tiffinfo=tags)
    found = read_embedded(path)
    assert (found.container, found.xmp, found.iim) == ("tiff", EXPECTED, {"2:05": ["name"]})
    assert found.exif["ImageDescription"] == "described"


@pytest.mark.parametrize("compressed", [False, True])
def test_png(compressed: bool) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", TITLE.decode(), zip=compressed)
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    assert read_embedded(out.getvalue()).xmp == EXPECTED


def test_webp() -> None:
    exif = Image.Exif()
    exif[315] = "Jane"
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP", xmp=TITLE, exif=exif)
    found = read_embedded(out.getvalue())
    assert (found.xmp, found.exif) == (EXPECTED, {"Artist": "Jane"})


def test_psd() -> None:
    resources = photoshop(dataset(2, 5, b"name"))
    resources += b"8BIM" + struct.pack(">H", 0x0424) + b"\x00\x00" + struct.pack(">I", len(TITLE)) + TITLE
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3)
    found = read_embedded(head + struct.pack(">I", 0) + struct.pack(">I", len(resources)) + resources)
    assert (found.xmp, found.iim) == (EXPECTED, {"2:05": ["name"]})


@pytest.mark.parametrize("deflated", [False, True])
def test_pdf(deflated: bool) -> None:
    body = zlib.compress(TITLE) if deflated else TITLE
    data = b"%PDF-1.7\n1 0 obj << /Type /Metadata /Subtype /XML >>\nstream\n" + body + b"\nendstream endobj\n%%EOF\n"
    assert read_embedded(data).xmp == EXPECTED


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


@pytest.mark.parametrize(
    "tail",
    [
        box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + TITLE),
        box(b"moov", box(b"udta", box(b"XMP_", TITLE) + b"\x00\x00\x00\x00")),
    ],
)
def test_mp4_and_quicktime(tail: bytes) -> None:
    found = read_embedded(box(b"ftyp", b"isom\x00\x00\x00\x00") + box(b"mdat", b"x" * 50) + tail)
    assert (found.container, found.xmp, found.problem) == ("mp4", EXPECTED, None)


def test_other_files_have_none_and_no_problem() -> None:
    assert read_embedded(b"plain words").to_json() == {"xmp": {}, "iim": {}, "exif": {}}
    assert read_embedded(b"") == read_embedded(b"other")


def test_a_broken_container_is_said_to_be_broken(jpeg: bytes) -> None:
    assert "breaks off" in str(read_embedded(jpeg[:20]).problem)
    assert "TIFF" in str(read_embedded(b"II*\x00\x08\x00\x00\x00\xff\xff").problem)
    assert read_embedded(with_segments(jpeg, segment(0xE1, _HEAD + b"<x:xmpmeta"))).problem


def _samples() -> list[bytes]:
    picture = with_segments(
        jpeg_of(1),
        segment(0xED, b"Photoshop 3.0\x00" + photoshop(dataset(2, 5, b"a"))),
        segment(0xE1, b"Exif\x00\x00II*\x00"),
    )
    movie = box(b"ftyp", b"isom") + box(b"moov", box(b"udta", box(b"XMP_", TITLE)))
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "TIFF")
    return [
        picture,
        movie,
        out.getvalue(),
        b"8BPS" + b"\x00" * 40,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 30,
        b"%PDF-1.4 /Type /Metadata stream",
    ]


@settings(max_examples=300, deadline=None)
@given(
    which=st.integers(0, 5), cut=st.integers(0, 4000), at=st.integers(0, 4000), value=st.binary(min_size=1, max_size=4)
)
def test_no_damage_makes_the_reader_fail(which: int, cut: int, at: int, value: bytes) -> None:
    data = bytearray(_samples()[which][: cut or None])
    at = min(at, len(data))
    data[at : at + len(value)] = value
    read_embedded(bytes(data))


def test_a_computed_file_says_what_its_number_says() -> None:
    data = jpeg_of(12)
    assert data == jpeg_of(12) != jpeg_of(13)
    found = read_embedded(data)
    assert found.xmp["dc:subject"] == ["workshop", "Bergen", "lot-0"]
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (192, 128)
    large = jpeg_of(12, 500_000)
    assert 500_000 <= len(large) < 570_000
    with Image.open(io.BytesIO(large)) as image:
        image.load()
