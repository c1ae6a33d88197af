"""What fewer clients want: ZIPs, renditions, machine tags, XMP, subtitles, faces, tokens, workspaces, v3's search."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dambridge_sim.kit.embedded import read_embedded
from dambridge_sim.kit.serving import serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.photoshelter import make_vendor

from .conftest import V3, V4, Site, jpeg, multipart

PDF = b"%PDF-1.4\n"
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
SOUND = b"RIFF\0\0\0\0WAVEfmt "


def test_many_files_come_in_one_zip(site: Site) -> None:
    files = [site.put(jpeg(1), "same.jpg"), site.put(jpeg(2), "same.jpg"), site.put(PDF, "käse.pdf")]
    answer = site.get("/media/batch/download", media_ids=",".join(files))
    assert answer.headers["x-sim-confidence"] == "INFERRED"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        assert packed.testzip() is None
        found = {name: packed.read(name) for name in packed.namelist()}
    assert found == {"same.jpg": jpeg(1), "same-2.jpg": jpeg(2), "käse.pdf": PDF}
    options = site.get("/media/batch/download/options", media_ids=",".join(files)).data["attributes"]["options"]
    assert [each["type"] for each in options] == ["document", "image"]
    assert site.get("/media/batch/download").status == 400
    assert site.get("/media/batch/download", media_ids="I0000nobodyknows").status == 404


def test_a_transformed_download_is_a_jpeg_of_the_size(site: Site) -> None:
    file = site.put(jpeg(1, (400, 200)))
    for query, size in (({"image_size": "100x80"}, (100, 50)), ({"download_quality": "50"}, (50, 25))):
        answer = site.get(f"/media/{file}/download/transform", **query)
        assert Image.open(io.BytesIO(answer.body)).size == size
        assert answer.headers["x-sim-confidence"] == "SINGLE"
    assert site.get(f"/media/{site.put(PDF, 'a.pdf')}/download/transform").status == 400


def test_machine_tags_are_read_and_written_in_v4_and_read_in_v3(site: Site) -> None:
    file = site.put(ml_tags=["dog", "beach"])
    wanted: dict[str, object] = {"ml_data": {"tag_status": {"objects": [{"dog": {}}, {"beach": {}}]}}}
    assert site.get(f"/media/{file}/ml-metadata").data["attributes"] == wanted
    assert site.get(f"/media/{file}/ml_metadata").data["attributes"] == wanted
    assert site.call("PATCH", f"/media/{file}/ml-metadata", {}).status == 400
    changed = site.call("PATCH", f"/media/{file}/ml-metadata", {"tags": "cat"}).data["attributes"]
    assert changed["ml_data"]["tag_status"]["objects"] == [{"cat": {}}]
    record = _gallery_media(site, {"ML_Metadata": {}})[0]["GalleryImage"]
    assert record["ML_Metadata"] == changed
    assert site.state()[file]["ml_tags"] == ["cat"]


def _gallery_media(site: Site, extend: dict[str, object]) -> list[dict[str, dict[str, object]]]:
    answer = site.v3("GET", f"/gallery/{site.gallery()}/media", extend=json.dumps(extend)).json()
    found: list[dict[str, dict[str, object]]] = answer["data"]["GalleryMedia"]
    return found


def test_xmp_properties_overlay_what_stands_in_the_file(site: Site) -> None:
    file = site.put()
    assert site.get(f"/media/{file}/xmp").data["attributes"] == {}
    site.call("PATCH", f"/media/{file}/xmp", {"photoshop:Headline": "New", "headline": "ignored"})
    assert site.get(f"/media/{file}/xmp").data["attributes"] == {"photoshop:Headline": "New"}
    assert site.v3("GET", f"/mem/image/{file}/xmp").json()["data"]["Xmp"] == {"photoshop:Headline": "New"}
    assert site.get(f"/media/{file}/download").body == jpeg()


def test_descriptions_of_several_videos_change_at_once_and_of_nothing_else(site: Site) -> None:
    clips = [site.put(CLIP + bytes((number,)), f"{number}.mp4") for number in range(2)]
    image = site.put()
    answer = site.call("PATCH", "/media/batch/metadata", {"media_ids": ",".join(clips), "author": "Jane"})
    assert [each["attributes"]["author"] for each in answer.data] == ["Jane", "Jane"]
    assert (
        site.call("PATCH", "/media/batch/metadata", {"media_ids": f"{clips[0]},{image}", "author": "Bob"}).status == 400
    )
    assert site.call("PATCH", "/media/batch/metadata", {"author": "Bob"}).status == 400
    assert {site.state()[each]["metadata"]["author"] for each in clips} == {"Jane"}


def test_all_files_of_a_gallery_change_at_once(site: Site) -> None:
    inside, outside = site.put(), site.put(jpeg(1), containers=["Elsewhere/One"])
    assert site.call("PATCH", f"/galleries/{site.gallery()}/media", {"rating": "4"}).status == 200
    assert (site.state()[inside]["rating"], site.state()[outside]["rating"]) == (4, None)


def test_subtitles_of_a_video(site: Site) -> None:
    clip, image = site.put(CLIP, "clip.mp4"), site.put()
    made = site.upload(f"{V4}/media/{clip}/subtitle", ("en.srt", b"1"), language="en").data
    changed = site.call("PATCH", f"/media/{clip}/subtitle/{made['id']}", {"name": "English"}).data["attributes"]
    assert (changed["language"], changed["name"], changed["file_name"]) == ("en", "English", "en.srt")
    assert site.call("PATCH", f"/media/{clip}/subtitle/ST000nobodyknows", {"name": "x"}).status == 404
    assert site.upload(f"{V4}/media/{image}/subtitle", ("en.srt", b"1")).status == 404
    assert site.call("POST", f"/media/{clip}/subtitle", {}).status == 400


@pytest.mark.parametrize("path", ["/embed-tokens", "/embed_tokens"])
def test_embed_tokens_are_made_changed_and_deleted(site: Site, path: str) -> None:
    assert site.call("POST", path, {"description": "no name"}).status == 400
    made = site.call("POST", path, {"name": "Website", "description": "front"}).data
    assert [each["id"] for each in site.get(path).data] == [made["id"]]
    changed = site.call("PATCH", f"{path}/{made['id']}", {"description": "back"}).data["attributes"]
    assert (changed["name"], changed["description"]) == ("Website", "back")
    assert site.get(f"{path}/{made['id']}").data["attributes"] == changed
    assert site.call("DELETE", f"{path}/{made['id']}").status == 200
    assert site.get(f"{path}/{made['id']}").status == 404


def test_faces_are_tagged(site: Site) -> None:
    assert site.upload(f"{V4}/faces", ("face.jpg", jpeg(1))).status == 400
    made = site.upload(f"{V4}/faces", ("face.jpg", jpeg(1)), person_id="P1").data
    assert site.get(f"/faces/{made['id']}").data["attributes"]["person_id"] == "P1"
    assert site.call("PATCH", f"/faces/{made['id']}", {"person_id": "P2"}).data["attributes"]["person_id"] == "P2"
    assert site.call("DELETE", f"/faces/{made['id']}").status == 200
    assert site.get(f"/faces/{made['id']}").status == 404


def test_of_custom_metadata_gettys_four_fields_alone_are_embedded(site: Site) -> None:
    file = site.put(custom={"Image Rank": "1", "personality": "Jane Doe", "permit_no": "P-118"}, iptc={"title": "t"})
    found = read_embedded(site.get(f"/media/{file}/download", download_image_embed="true").body).xmp
    assert {name: value for name, value in found.items() if name.startswith("GettyImagesGIFT:")} == {
        "GettyImagesGIFT:ImageRank": "1",
        "GettyImagesGIFT:Personality": "Jane Doe",
    }
    assert "P-118" not in json.dumps(found)
    assert site.get(f"/media/{file}/download").body == jpeg()


# Workspaces and v3


def test_people_put_files_into_workspaces_and_review_them(site: Site) -> None:
    site.set_clock("2025-01-01T00:00:00Z")
    first = site.put(jpeg(1), "one.jpg", reviews={"Spring": ""})
    site.advance(1)
    second = site.put(
        PDF, "two.pdf", reviews={"Spring": {"thumb": "down", "comment": "no release", "by": "kim@acme.example"}}
    )
    (workspace,) = site.v3("GET", "/workspace/query", extend='{"MediaCount": {}}').json()["data"]["Workspace"]
    assert (workspace["name"], workspace["MediaCount"]) == ("Spring", {"total": 2})
    path = f"/workspace/{workspace['workspace_id']}/media"
    extend = json.dumps({"Media": {"fields": "file_name"}, "CommentCount": {}, "Group": {}, "Link": {}, "Iptc": {}})
    media = site.v3("GET", path, extend=extend).json()["data"]["WorkspaceMedia"]
    assert [next(iter(each)) for each in media] == ["WorkspaceImage", "WorkspaceDoc"]
    assert media[0]["WorkspaceImage"]["Media"] == {"file_name": "one.jpg"}
    assert media[1]["WorkspaceDoc"]["CommentCount"] == {"total": 1}

    def review(file: str) -> dict[str, object]:
        found: dict[str, object] = site.v3("GET", f"{path}/{file}/review").json()["data"]["Review"]
        return found

    assert review(first)["thumb"] is None
    assert (review(second)["thumb"], review(second)["user"]) == ("down", "kim@acme.example")
    site.advance(60)
    site.edit(first, reviews={"Spring": "up"})
    assert (review(first)["thumb"], review(first)["reviewed_at"]) == ("up", "2025-01-01 00:01:01 GMT")
    assert site.state()[first]["reviews"] == {"Spring": "up"}
    with zipfile.ZipFile(
        io.BytesIO(site.get("/media/batch/download", workspace_id=workspace["workspace_id"]).body)
    ) as packed:
        assert packed.namelist() == ["one.jpg", "two.pdf"]
    site.edit(second, reviews={"Spring": None})
    assert site.v3("GET", f"{path}/{second}/review").status == 404
    assert site.v3("GET", "/workspace/W0000nobodyknows/media").status == 404
    for bad in ({"Spring": "sideways"}, {"Spring": {"thmb": "up"}}, ["Spring"]):
        assert site.control("PATCH", f"/assets/{first}", {"reviews": bad}).status == 400


def test_v3_searches_all_kinds_of_media(site: Site) -> None:
    site.put(jpeg(1), "harbour.jpg", iptc={"title": "boats"})
    site.put(PDF, "boats.pdf")
    site.put(jpeg(2), "other.jpg")
    found = site.v3("GET", "/media/search", terms="boats", sort_by="file_name", sort_dir="asc").json()["data"]
    assert [next(iter(each)) for each in found["Media"]] == ["Doc", "Image"]
    extended = site.v3(
        "GET", "/media/search", terms="harbour", fields="file_name", extend='{"Iptc": {"fields": "title"}}'
    )
    assert extended.json()["data"]["Media"] == [{"Image": {"file_name": "harbour.jpg"}, "Iptc": {"title": "boats"}}]
    first = site.v3("GET", "/media/search", page=1, per_page=2).json()["data"]
    assert (len(first["Media"]), first["Paging"]["next"]) == (2, 2)
    assert "next" not in site.v3("GET", "/media/search", page=2, per_page=2).json()["data"]["Paging"]


def test_v3_extends_by_nested_records_and_picks_fields_of_each_kind(site: Site) -> None:
    site.put(iptc={"title": "t"}, license_expires="2026-01-01", custom={"permit_no": "A"})
    for data, name in ((CLIP, "clip.mp4"), (SOUND, "sound.wav"), (PDF, "paper.pdf")):
        site.put(data, name)
    extend = {
        "GalleryImage": {
            "fields": "*",
            "params": {"extend": {"Image": {"fields": "file_name", "Iptc": {"fields": "title"}}}},
        },
        "Video": {"fields": "file_name", "VideoMetadata": {"fields": "author"}, "VideoLink": {}},
        **{name: {"fields": "file_name"} for name in ("Audio", "Doc")},
        **{name: {} for name in ("AudioLink", "AudioMetadata", "DocLink", "DocMetadata", "License")},
    }
    image, video, audio, doc = _gallery_media(site, extend)
    assert image["GalleryImage"]["Image"] == {"file_name": "tractor_001.jpg"}
    assert image["GalleryImage"]["Iptc"] == {"title": "t"}
    assert video["GalleryVideo"]["VideoMetadata"] == {"author": None}
    assert "VideoLink" in video["GalleryVideo"]
    assert {"Audio", "AudioLink", "AudioMetadata"} <= set(audio["GalleryAudio"])
    assert {"Doc", "DocLink", "DocMetadata"} <= set(doc["GalleryDoc"])
    assert ("License" in image["GalleryImage"], "License" in doc["GalleryDoc"]) == (True, False)


def test_v3_takes_several_files_in_one_upload(site: Site) -> None:
    site.put()
    parts = b""
    for number in range(3):
        kind, body = multipart({}, (f"{number}.jpg", jpeg(number)))
        parts += body.removesuffix(b"------simtest--\r\n")
    end = multipart({"gallery_id": site.gallery()}, None)[1]
    headers = {
        "X-PS-Api-Key": str(site.served.credentials["api_key_v3"]),
        "X-PS-Auth-Token": site.token,
        "Content-Type": kind,
    }
    answer = site.send("POST", f"{V3}/mem/image/upload", parts + end, headers).json()
    assert [each["file_name"] for each in answer["data"]["Image"]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert len(site.get(f"/galleries/{site.gallery()}/children").data) == 4


def test_v3_takes_key_and_token_in_the_query_and_changes_by_get(site: Site) -> None:
    site.put()
    query = {"api_key": str(site.served.credentials["api_key_v3"]), "auth_token": str(site.token)}
    path = (
        f"{V3}/mem/gallery/insert?name=By+get&mode=private&api_key={query['api_key']}&auth_token={query['auth_token']}"
    )
    assert site.send("GET", path).json()["data"]["Gallery"]["name"] == "By get"
    assert site.send("GET", path.partition("&auth_token")[0]).status == 401
    found = site.v3("GET", "/mem/gallery/query", fields="name").json()["data"]["Gallery"]
    assert found == [{"name": "Harvest 2025"}, {"name": "By get"}]
    last = json.loads(site.control("GET", "/journal").body.splitlines()[0])
    assert query["api_key"] not in json.dumps(last)


def test_v3_reads_licence_and_custom_metadata_of_an_image(site: Site) -> None:
    file = site.put(license_expires="2026-01-01", custom={"permit_no": "A"})
    answer = site.v3("GET", f"/mem/image/{file}/license")
    assert answer.json()["data"]["License"] == {"license_etime": "2026-01-01 00:00:00 GMT"}
    assert answer.headers["x-sim-confidence"] == "INFERRED"
    assert site.v3("GET", f"/mem/image/{file}/custom_metadata").json()["data"]["CustomMetadata"][0]["value"] == "A"


def test_faults_of_listings_strike_v3_too(site: Site) -> None:
    for seed in range(4):
        site.put(jpeg(seed))
    site.control("POST", "/faults", {"rules": [{"match": {"path": "*/images"}, "action": "half_list"}]})
    assert len(site.v3("GET", f"/mem/gallery/{site.gallery()}/images").json()["data"]["GalleryImage"]) == 2


# Display addresses


def test_video_and_sound_play_where_they_can_be_seen(site: Site, visitor: Site) -> None:
    clip, sound = site.put(CLIP, "clip.mp4"), site.put(SOUND, "sound.wav")
    path = f"/video-get/{clip}/fmt=hls/{clip}.m3u8"
    assert visitor.send("GET", path).status == 401
    site.switch(root_visibility="everyone")
    playlist = visitor.send("GET", path)
    assert playlist.body.startswith(b"#EXTM3U")
    assert visitor.send("GET", path.replace(".m3u8", ".ts")).body == CLIP
    assert visitor.send("GET", f"/audio-get/{sound}/fmt=hls/{sound}.m3u8").status == 200
    assert visitor.send("GET", f"/audio-get/{clip}/fmt=hls/{clip}.m3u8").status == 404


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "application/octet-stream"])
def test_a_body_of_a_foreign_type_is_refused(site: Site, method: str, kind: str) -> None:
    file = site.put()
    path = f"{V4}/galleries" if method == "POST" else f"{V4}/media/{file}/iptc"
    headers = {"X-PS-Api-Key": site.key, "X-PS-Auth-Token": site.token, "Content-Type": kind}
    refused = site.send(method, path, b'{"name": "x"}', headers)
    assert (refused.status, refused.error["id"]) == (415, "ResourceNotFoundException")
    assert site.send("GET", f"{V4}/library", None, headers).status == 200


def test_v3_links_have_the_size_that_is_asked_for(site: Site) -> None:
    file = site.put(jpeg(1, (400, 200)))
    params = {"image_size": "90x90", "image_mode": "fill"}
    record = _gallery_media(site, {"ImageLink": {"fields": "link", "params": params}})[0]["GalleryImage"]["ImageLink"]
    assert isinstance(record, dict)
    assert "/fill=90x90" in record["link"]
    assert (
        "/fit=50x50"
        in site.v3("GET", f"/mem/image/{file}/link", image_size="50x50").json()["data"]["ImageLink"]["link"]
    )
    assert site.v3("GET", f"/mem/image/{file}/link", image_size="big").status == 400


def test_a_computed_library_shows_what_was_changed_in_it(seeded: Callable[[str], Site]) -> None:
    site = seeded("synthetic:30")
    gallery = site.gallery("Lot 000000")
    first, second, third = (each["id"] for each in site.get(f"/galleries/{gallery}/children", page=1, per_page=3).data)
    assert site.call("DELETE", f"/media/{first}").status == 200
    site.call("PATCH", f"/media/{second}", {"file_name": "renamed.jpg"})
    site.put(PDF, "paper.pdf", containers=["Synthetic/Lot 000000"])
    counts = site.get(f"/galleries/{gallery}/child-count").json()["meta"]["children_count"]
    assert counts == {"total": 30, "images": 29, "videos": 0, "audio": 0, "documents": 1}
    children = [each["id"] for each in site.get(f"/galleries/{gallery}/children", page=1, per_page=2).data]
    assert children == [second, third]
    hits = {each["id"]: each["attributes"]["file_name"] for each in site.get("/media", org_id=site.org).data}
    assert (len(hits), hits[second], first in hits) == (30, "renamed.jpg", False)


def _mp4(seconds: int, *, wide: bool, last: bool) -> bytes:
    """A film of nothing: the smallest boxes that say how long it lasts, the index before or after the pictures."""
    times = struct.pack(">QQIQ", 0, 0, 600, 600 * seconds) if wide else struct.pack(">IIII", 0, 0, 600, 600 * seconds)
    header = bytes((int(wide), 0, 0, 0)) + times
    inner = struct.pack(">I4s", len(header) + 8, b"mvhd") + header
    moov = struct.pack(">I4s", len(inner) + 8, b"moov") + inner
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    start = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    return start + (mdat + moov if last else moov + mdat)


@pytest.mark.parametrize(
    ("data", "name", "seconds"),
    [
        (_mp4(12, wide=False, last=False), "a.mp4", 12.0),
        (_mp4(90_000, wide=True, last=True), "b.mp4", 90_000.0),
        (CLIP, "no-index.mp4", None),
        (_mp4(12, wide=False, last=True)[:-4], "cut.mp4", None),
        (
            b"RIFF\0\0\0\0WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
            + b"data"
            + struct.pack("<I", 12_000),
            "c.wav",
            1.5,
        ),
        (SOUND, "no-data.wav", None),
    ],
)
def test_how_long_a_film_or_sound_lasts(site: Site, data: bytes, name: str, seconds: float | None) -> None:
    file = site.put(data, name)
    assert site.get(f"/media/{file}").data["attributes"]["duration"] == seconds
    raw = json.loads(site.get(f"/media/{file}/metadata").data["attributes"]["raw"])
    assert raw["format"]["duration"] == seconds


def test_an_upload_that_is_being_processed_survives_a_restart(tmp_path: Path) -> None:
    with serve(make_vendor(), Options(data=tmp_path)) as served:
        site = Site(served)
        site.sign_in()
        site.put()
        site.switch(upload_processing_s=3600.0)
        file = site.upload(f"{V4}/media", ("late.jpg", jpeg(8)), gallery_id=site.gallery()).data["id"]
        token = site.token
        site.close()
    with serve(make_vendor(), Options(data=tmp_path)) as served:
        again = Site(served, key=str(served.credentials["api_key"]), token=token)
        assert again.get(f"/media/{file}").status == 404
        again.advance(3601)
        assert again.get(f"/media/{file}/download").body == jpeg(8)
        again.close()
