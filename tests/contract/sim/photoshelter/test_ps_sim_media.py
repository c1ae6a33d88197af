"""One file: its resource, metadata, galleries, bytes, versions, upload."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
from urllib.parse import urlsplit

import pytest
from PIL import Image

from .conftest import V3, V4, Site, jpeg

IMAGE = {
    "owner_id", "organization_id", "creator_id", "photographer_id", "file_name", "file_size", "height", "width", "rating",
    "screen_height", "screen_width", "screen_height_max", "screen_width_max", "thumbnail_height", "thumbnail_width", "views",
    "searchable", "model_released", "property_released", "flagged", "focal_point_x", "focal_point_y", "uploaded_at",
    "updated_at", "created_at", "modified_at",
}  # fmt: skip


def test_an_image_has_the_attributes_of_the_reference_and_all_four_times(site: Site) -> None:
    site.set_clock("2025-05-11T16:20:00.750Z")
    data = jpeg(1, (5472, 3648))
    file = site.put(data, "tractor_001.jpg", rating=3, model_released=True)
    doc = site.get(f"/media/{file}").data
    shown = doc["attributes"]
    assert (doc["id"], doc["type"]) == (file, "image")
    assert file.startswith("I0000")
    assert set(shown) == IMAGE
    assert (shown["file_size"], shown["width"], shown["height"]) == (len(data), 5472, 3648)
    assert (shown["screen_width"], shown["screen_height_max"], shown["thumbnail_height"]) == (1200, 1600, 133)
    assert {shown[name] for name in ("uploaded_at", "created_at", "updated_at", "modified_at")} == {
        "2025-05-11 16:20:00 GMT"
    }
    assert (shown["rating"], shown["model_released"], shown["property_released"]) == (3, True, None)
    assert "includes" not in doc


@pytest.mark.parametrize(
    ("name", "data", "kind", "prefix"),
    [
        ("clip.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video", "VD000"),
        ("sound.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio", "AD000"),
        ("contract.pdf", b"%PDF-1.4\n%%EOF", "document", "DO000"),
        ("empty.bin", b"", "document", "DO000"),
        ("shot.nef", b"\x80\x01\xff\xfe no header that we know", "image", "I0000"),
        ("picture.txt", jpeg(), "image", "I0000"),
    ],
)
def test_the_media_type_comes_from_the_content(site: Site, name: str, data: bytes, kind: str, prefix: str) -> None:
    file = site.put(data, name)
    shown = site.get(f"/media/{file}").data
    assert (shown["type"], file[:5]) == (kind, prefix)
    if kind == "image":
        assert "hash" not in shown["attributes"]
    else:
        assert shown["attributes"]["hash"] == hashlib.sha1(data, usedforsecurity=False).hexdigest()


def test_iptc_is_nested_when_asked_for_and_only_for_images(site: Site) -> None:
    image = site.put(iptc={"title": "Tractor at dawn", "keywords": ["tractor", "dawn", "field"]})
    paper = site.put(b"%PDF-1.4\n", "contract.pdf", iptc={"title": "Contract"})
    record = site.get(f"/media/{image}", include="iptc").data["includes"]["iptc"]["data"]
    assert record["attributes"]["title"] == "Tractor at dawn"
    assert record["attributes"]["keywords"] == "tractor, dawn, field"
    assert record["attributes"]["urgency"] is None
    assert record == site.get(f"/media/{image}/iptc").data
    assert "includes" not in site.get(f"/media/{paper}", include="iptc").data
    assert site.get(f"/media/{paper}/iptc").status == 404
    assert site.get(f"/media/{paper}/metadata").data["attributes"]["title"] == "Contract"
    assert site.get(f"/media/{image}/metadata").status == 404
    site.switch(keywords_form="list")
    assert site.get(f"/media/{image}/iptc").data["attributes"]["keywords"] == ["tractor", "dawn", "field"]


def test_raw_metadata_of_a_video_is_text_that_holds_json(site: Site) -> None:
    video = site.put(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "clip.mp4", iptc={"author": "Jane"})
    shown = site.get(f"/media/{video}/metadata").data["attributes"]
    assert shown["author"] == "Jane"
    assert "duration" in json.loads(shown["raw"])["format"]


def test_iptc_is_changed_field_by_field_cleared_by_emptiness_and_unknown_names_do_nothing(site: Site) -> None:
    file = site.put(iptc={"title": "Old", "city": "Leeds", "caption": "stays"})
    form = {"title": "New — ünïcode 東京 🚜", "city": "", "soul": "x", "keywords": "a, b"}
    shown = site.call("PATCH", f"/media/{file}/iptc", form).data["attributes"]
    assert (shown["title"], shown["city"], shown["caption"]) == (form["title"], None, "stays")
    assert "soul" not in shown
    assert shown["keywords"] == "a, b"
    body = json.dumps({"keywords": ["one, with comma", "two"]}).encode()
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Content-Type": "application/json"}
    assert site.send("PATCH", f"{V4}/media/{file}/iptc", body, headers).status == 200
    assert site.state()[file]["metadata"]["keywords"] == ["one, with comma", "two"]


def test_custom_metadata_take_one_known_option_per_field(site: Site) -> None:
    file = site.put(custom={"permit_no": "P-118"})
    entry = {"field_id": "permit_no", "name": "permit_no", "option_id": "opt_p_118", "value": "P-118"}
    assert site.get(f"/media/{file}/custom-metadata").data["attributes"] == {"custom_metadata": [entry]}
    assert site.get(f"/media/{file}/custom_metadata").headers["x-sim-confidence"] == "SINGLE"

    def change(value: object) -> int:
        form = {"custom_metadata": json.dumps({"permit_no": value})}
        return site.call("PATCH", f"/media/{file}/custom-metadata", form).status

    assert change("P-118") == 400
    assert change("opt_unknown") == 400
    assert change(["opt_p_118"]) == 400
    assert site.call("PATCH", f"/media/{file}/custom-metadata", {"custom_metadata": '{"nofield": "x"}'}).status == 400
    assert change(None) == 200
    assert site.get(f"/media/{file}/custom-metadata").data["attributes"] == {"custom_metadata": []}
    paper = site.put(b"%PDF-1.4\n", "contract.pdf")
    assert site.get(f"/media/{paper}/custom-metadata").status == 404


def test_what_a_user_may_set_on_a_file(site: Site) -> None:
    file = site.put()
    form = {"file_name": "renamed.jpg", "rating": "-1", "searchable": "true", "model_released": "false", "views": "999"}
    shown = site.call("PATCH", f"/media/{file}", form).data["attributes"]
    assert (shown["file_name"], shown["rating"], shown["searchable"]) == ("renamed.jpg", -1, True)
    assert (shown["model_released"], shown["views"]) == (False, 0)
    assert site.call("PATCH", f"/media/{file}", {"rating": "6"}).status == 400
    assert site.call("PATCH", f"/media/{file}", {"file_name": "n" * 256}).status == 400
    assert site.call("PATCH", f"/media/{file}", {"file_name": "n" * 255}).status == 200
    assert len(site.call("PATCH", "/media/batch", {"media_ids": file, "rating": "2"}).data) == 1


def test_a_deleted_file_is_in_the_trash_and_can_be_restored(site: Site) -> None:
    file = site.put()
    gallery = site.gallery()
    assert site.call("DELETE", f"/media/{file}").status == 200
    assert site.get(f"/media/{file}").error["id"] == "ResourceNotFoundException"
    assert site.call("DELETE", f"/media/{file}").status == 404
    assert site.get(f"/galleries/{gallery}/children").data == []
    state = site.state()[file]
    assert (state["trash"], state["containers"], state["visible_to"]) == (True, [], ["staff"])
    site.edit(file, trash=False)
    assert site.get(f"/galleries/{gallery}/children").data[0]["id"] == file


def test_the_galleries_of_a_file(site: Site) -> None:
    file = site.put(containers=["Riverbend/One", "Riverside/Two"])
    answer = site.get(f"/media/{file}/galleries", mode="library", include="gallery").data
    names = [each["includes"]["gallery"]["data"]["attributes"]["name"] for each in answer]
    assert names == ["One", "Two"]
    assert "includes" not in site.get(f"/media/{file}/galleries").data[0]
    assert site.get(f"/media/{file}/galleries", mode="invited").data == []


# Bytes


@pytest.mark.hazard("P35")
def test_the_original_comes_back_byte_for_byte(site: Site) -> None:
    data = jpeg(7, (300, 200))
    file = site.put(data, "söme.jpg", iptc={"caption": "edited in the library"})
    answer = site.get(f"/media/{file}/download", download_filetype="original")
    assert answer.body == data
    assert answer.headers["content-type"] == "application/octet-stream"
    explicit = site.get(f"/media/{file}/download", download_filetype="original", download_image_embed="false")
    assert explicit.body == data
    assert site.get(f"/media/{file}/download").body == data


@pytest.mark.hazard("P14")
def test_embedding_rewrites_the_bytes_but_not_the_stored_original(site: Site) -> None:
    data = jpeg(7, (300, 200))
    file = site.put(data, iptc={"caption": "A < B & C", "keywords": ["x"]})
    embedded = site.get(f"/media/{file}/download", download_image_embed="true").body
    assert embedded != data
    back = site.put(embedded, "back.jpg")
    assert site.state()[back]["metadata"] == {"caption": "A < B & C", "keywords": ["x"]}
    pixels = [Image.open(io.BytesIO(each)).tobytes() for each in (data, embedded)]
    assert pixels[0] == pixels[1]
    assert site.state()[file]["sha256"] == hashlib.sha256(data).hexdigest()
    site.switch(embed_by_default=True)
    assert site.get(f"/media/{file}/download").body == embedded
    assert site.get(f"/media/{file}/download", download_image_embed="false").body == data


def test_a_jpeg_rendition_has_the_size_that_was_asked_for(site: Site) -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), "teal").save(out, "PNG")
    file = site.put(out.getvalue(), "chart.png")

    def rendition(**query: object) -> tuple[str | None, tuple[int, int]]:
        image = Image.open(io.BytesIO(site.get(f"/media/{file}/download", download_filetype="jpeg", **query).body))
        return image.format, image.size

    assert rendition(download_quality=100) == ("JPEG", (100, 50))
    assert rendition() == ("JPEG", (400, 200))
    assert site.get(f"/media/{file}/download", download_filetype="jpeg", download_quality="big").status == 400
    paper = site.put(b"%PDF-1.4\n", "contract.pdf")
    assert site.get(f"/media/{paper}/download", download_filetype="jpeg").status == 400
    assert site.get(f"/media/{paper}/download", download_filetype="original").body == b"%PDF-1.4\n"
    assert site.get(f"/media/{paper}/download", download_filetype="tiff").status == 400


def test_the_display_address_shows_private_files_only_with_its_seal(site: Site, visitor: Site) -> None:
    file = site.put(jpeg(1, (400, 200)))
    link = site.get(f"/media/{file}/link", image_size="100x100", image_mode="fit").data["attributes"]["link"]
    path = link.removeprefix(site.served.url)
    assert Image.open(io.BytesIO(visitor.get(path).body)).size == (100, 50)
    assert visitor.get(path.partition("?")[0]).status == 401
    site.edit(file, visibility="everyone")
    site.switch(root_visibility="everyone")
    assert visitor.get(path.partition("?")[0]).status == 200
    assert site.get(f"/media/{file}/link", image_size="huge").status == 400


def test_versions_replace_the_bytes_and_keep_the_id(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    file = site.put(jpeg(1), iptc={"caption": "kept"})
    site.advance(60)
    answer = site.upload(f"{V4}/media/{file}/versions", ("v2.jpg", jpeg(2)), version_label="v2", note="retouched")
    assert answer.data["attributes"]["version_label"] == "v2"
    assert site.get(f"/media/{file}/download").body == jpeg(2)
    first, second = site.get(f"/media/{file}/versions").data
    assert (first["attributes"]["active"], second["attributes"]["active"]) == (False, True)
    assert site.get(f"/media/{file}").data["attributes"]["updated_at"] == "2025-01-01 00:01:00 GMT"
    assert site.state()[file]["metadata"]["caption"] == "kept"
    assert site.state()[file]["versions"] == 2
    assert site.call("PUT", f"/media/{file}/versions/{second['id']}/details", {"note": "final"}).status == 200
    assert site.call("DELETE", f"/media/{file}/versions/{second['id']}").status == 400
    assert site.call("POST", f"/media/{file}/versions/{first['id']}/activate").status == 200
    assert site.get(f"/media/{file}/download").body == jpeg(1)
    assert site.call("DELETE", f"/media/{file}/versions/{second['id']}").status == 200
    assert site.upload(f"{V4}/media/{file}/versions", ("v3.pdf", b"%PDF-1.4")).status == 400


# Upload


def test_upload_by_v3_and_v4(site: Site) -> None:
    site.put()
    gallery = site.gallery()
    key3 = str(site.served.credentials["api_key_v3"])
    data = jpeg(3)
    answer = site.upload(f"{V3}/mem/image/upload", ("ünï.jpg", data), key3, gallery_id=gallery, f_searchable="t")
    assert answer.json()["status"] == "ok"
    image = answer.json()["data"]["Image"]["image_id"]
    assert site.get(f"/media/{image}").data["attributes"]["searchable"] is True
    assert site.get(f"/media/{image}").data["attributes"]["file_name"] == "ünï.jpg"
    assert site.get(f"/media/{image}/download").body == data
    made = site.upload(f"{V4}/media", ("four.jpg", jpeg(4)), gallery_id=gallery)
    assert made.data["attributes"]["file_name"] == "four.jpg"
    assert made.headers["x-sim-confidence"] == "SINGLE"
    assert len(site.get(f"/galleries/{gallery}/children").data) == 3


def test_uploads_are_refused_without_file_gallery_or_with_too_long_a_name(site: Site) -> None:
    site.put()
    gallery, key3 = site.gallery(), str(site.served.credentials["api_key_v3"])
    path = f"{V3}/mem/image/upload"
    assert site.upload(path, ("a.jpg", jpeg()), key3).status == 400
    assert site.upload(path, ("a.jpg", jpeg()), key3, gallery_id="G0000nobodyknows").status == 404
    refused = site.upload(path, ("n" * 252 + ".jpg", jpeg()), key3, gallery_id=gallery)
    assert refused.status == 400
    assert refused.json()["status"] == "error"
    assert "255" in refused.json()["error"]["message"]
    assert site.upload(path, ("n" * 251 + ".jpg", jpeg()), key3, gallery_id=gallery).status == 200
    site.switch(v3_upload_types="images")
    assert site.upload(path, ("a.pdf", b"%PDF-1.4"), key3, gallery_id=gallery).status == 415
    assert len(site.get(f"/galleries/{gallery}/children").data) == 2


def test_the_same_file_twice_is_two_files(site: Site) -> None:
    site.put(jpeg(5), "same.jpg")
    site.put(jpeg(5), "same.jpg")
    assert len(site.get(f"/galleries/{site.gallery()}/children").data) == 2


@pytest.mark.hazard("P20")
def test_a_lost_reply_leaves_the_file_there(site: Site) -> None:
    site.put()
    gallery, key3 = site.gallery(), str(site.served.credentials["api_key_v3"])
    site.control("POST", "/faults", {"rules": [{"match": {"path": "*/upload"}, "action": "drop_reply", "times": 1}]})
    with pytest.raises(OSError):  # noqa: PT011 - whichever way the cut line shows
        site.upload(f"{V3}/mem/image/upload", ("lost.jpg", jpeg(9)), key3, gallery_id=gallery)
    site.close()
    assert len(site.get(f"/galleries/{gallery}/children").data) == 2


@pytest.mark.hazard("P30")
def test_embedded_metadata_of_an_upload_fills_the_record_xmp_over_iim(site: Site) -> None:
    iim = b"".join(
        b"\x1c\x02" + bytes((number,)) + len(value).to_bytes(2, "big") + value
        for number, value in (
            (120, "Käse aus IIM".encode()),
            (7, b"approved"),
            (90, "Köln".encode()),
            (25, b"one"),
            (25, b"two"),
        )
    )
    iim = b"\x1c\x01\x5a\x00\x03\x1b%G" + iim
    block = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(iim).to_bytes(4, "big") + iim + b"\0" * (len(iim) % 2)
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        b'<rdf:li xml:lang="de">Deutsch</rdf:li><rdf:li xml:lang="x-default">From XMP</rdf:li></rdf:Alt></dc:description>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    packet = b"http://ns.adobe.com/xap/1.0/\x00" + xmp
    data = jpeg(1)
    for marker, body in ((0xE1, packet), (0xED, block)):
        data = data[:2] + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
    file = site.put(data)
    assert site.state()[file]["metadata"] == {
        "caption": "From XMP", "edit_status": "approved", "city": "Köln", "keywords": ["one", "two"],
    }  # fmt: skip
    site.switch(upload_reads_metadata=False)
    bare = site.put(data, "bare.jpg")
    assert site.state()[bare]["metadata"] == {}


@pytest.mark.hazard("P22")
def test_a_person_replaces_the_bytes_under_the_same_id(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    file = site.put(jpeg(1), "one.jpg", iptc={"caption": "kept"})
    site.advance(60)
    site.edit(file, jpeg(2))
    assert site.get(f"/media/{file}/download").body == jpeg(2)
    shown = site.get(f"/media/{file}").data["attributes"]
    assert (shown["file_name"], shown["updated_at"]) == ("one.jpg", "2025-01-01 00:01:00 GMT")
    assert site.state()[file]["metadata"]["caption"] == "kept"


def test_a_stale_read_shows_the_file_before_the_last_write(site: Site) -> None:
    file = site.put(iptc={"title": "before"})
    site.call("PATCH", f"/media/{file}/iptc", {"title": "after"})
    site.control("POST", "/faults", {"rules": [{"match": {"id": file}, "action": "stale_read", "times": 1}]})
    assert site.get(f"/media/{file}/iptc").data["attributes"]["title"] == "before"
    assert site.get(f"/media/{file}/iptc").data["attributes"]["title"] == "after"


@pytest.mark.hazard("P45")
def test_a_write_that_arrives_while_another_is_still_coming_is_not_lost(site: Site) -> None:
    file = site.put()
    slow = http.client.HTTPConnection(urlsplit(site.served.url).netloc, timeout=20)
    slow.putrequest("PATCH", f"{V4}/media/{file}/iptc")
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Content-Length": "10"}
    for name, value in {**headers, "Content-Type": "application/x-www-form-urlencoded"}.items():
        slow.putheader(name, str(value))
    slow.endheaders()
    slow.send(b"title")
    assert site.call("PATCH", f"/media/{file}/iptc", {"city": "Leeds"}).status == 200
    slow.send(b"=Slow")
    assert slow.getresponse().status == 200
    slow.close()
    assert site.state()[file]["metadata"] == {"title": "Slow", "city": "Leeds"}
