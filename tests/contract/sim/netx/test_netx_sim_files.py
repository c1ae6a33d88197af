"""Sections 7, 8 and 10: files in, metadata out of them, files out."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from PIL import Image

from dambridge_sim.kit.embedded import read_embedded
from dambridge_sim.netx.embedding import with_metadata

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

Parts = list[tuple[str, "str | bytes"]]


def picture(
    fields: dict[str, list[str]] | None = None, size: tuple[int, int] = (640, 480), kind: str = "JPEG"
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, kind)
    return with_metadata(out.getvalue(), fields or {})


def attributes_of(site: Site, asset: int) -> dict[str, list[str]]:
    held = site.result("getAssetAttributes", asset)
    return {name: values for name, values in held.items() if values}


class TestImport:
    """What the import endpoints take and refuse."""

    @pytest.mark.parametrize(
        ("parts", "status"),
        [
            ([("fileName", "a.jpg"), ("file", b"x")], 400),
            ([("folderId", "many"), ("fileName", "a.jpg"), ("file", b"x")], 400),
            ([("folderId", "999"), ("fileName", "a.jpg"), ("file", b"x")], 403),
            ([("folderId", "1"), ("fileName", "a.jpg")], 400),
            ([("folderId", "1"), ("fileName", "a.jpg"), ("file", "no file part")], 400),
            ([("folderId", "1"), ("fileName", "a/b.jpg"), ("file", b"x")], 400),
            ([("folderId", "1"), ("fileName", "n" * 252 + ".jpg"), ("file", b"x")], 400),
            ([("folderId", "1"), ("fileName", "n" * 251 + ".jpg"), ("file", b"x")], 200),
            ([("folderId", "1"), ("fileName", "empty.txt"), ("file", b"")], 200),
            ([("folderId", "1"), ("file", b"x")], 200),
        ],
    )
    def test_forms(self, site: Site, parts: Parts, status: int) -> None:
        answer = site.upload("/api/import/asset", parts)
        assert answer.status == status, answer.body
        assert ("id" in answer.json()) == (status == 200)
        assert site.result("getAssetsByFolder", 1, True, None)["size"] == (1 if status == 200 else 0)

    @pytest.mark.parametrize("token", ["wrong", ""])
    def test_a_bad_token_is_refused_with_its_code(self, site: Site, token: str) -> None:
        answer = site.upload("/api/import/asset", [("folderId", "1"), ("file", b"x")], token=token)
        if token:
            assert (answer.status, answer.json()["error"]["code"]) == (401, 10000)
        headers = {"Content-Type": "multipart/form-data; boundary=B"}
        assert site.send("POST", "/api/import/asset", b"--B--\r\n", headers).status == 401

    def test_a_broken_form_makes_no_asset(self, site: Site) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=B", "Authorization": f"apiToken {site.token}"}
        half = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nhalf'
        assert site.send("POST", "/api/import/asset", half, headers).status == 400
        assert site.result("getAssetsByFolder", 1, True, None)["size"] == 0

    def test_bytes_are_kept_as_they_came(self, site: Site) -> None:
        data = picture({"dc:title": ["Harbour"]})
        asset = site.imported(1, "Größe – 文.jpg", data)
        shown = site.result("getAssets", [asset], {"data": ["asset.base", "asset.file"]})[0]
        assert (shown["name"], shown["fileName"]) == ("Größe – 文", "Größe – 文.jpg")
        assert shown["file"] == {
            "name": "Größe – 文.jpg", "size": len(data), "checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "width": 640, "height": 480, "url": f"/file/asset/{asset}/original",
        }  # fmt: skip
        assert site.get(f"/api/file/asset/{asset}").body == data
        assert site.state(asset)["sha256"] == hashlib.sha256(data).hexdigest()
        assert shown["modDate"] == shown["importDate"] == shown["creationDate"]

    def test_what_is_no_image_has_no_dimensions_and_no_proxies(self, site: Site) -> None:
        asset = site.imported(1, "notes.txt", b"just text")
        shown = site.result("getAssets", [asset], {"data": ["asset.file", "asset.proxies"]})[0]
        assert set(shown["file"]) == {"name", "size", "checksum", "url"}
        assert shown["proxies"] == []
        assert site.get(f"/api/file/asset/{asset}/thumbnail").status == 404

    def test_without_checksums_there_is_no_checksum(self, site: Site) -> None:
        site.switch(**{"metadata.checksumEnabled": False})
        asset = site.imported(1)
        assert "checksum" not in site.result("getAssets", [asset], {"data": ["asset.file"]})[0]["file"]

    def test_a_version_keeps_the_earlier_file_and_a_reimport_does_not(self, site: Site) -> None:
        site.control("POST", "clock", {"now": "2026-03-01T10:00:00Z", "freeze": True})
        asset = site.imported(1, "a.jpg", b"first")
        site.result("updateAsset", {"id": asset, "attributes": {"Title": ["kept"]}}, None)
        before = site.result("getAssets", [asset], {"data": ["asset.base"]})[0]["modDate"]
        site.advance(60)
        answer = site.upload(f"/api/import/asset/{asset}/version", [("file", b"second"), ("fileName", "b.jpg")])
        assert (answer.status, answer.json()["id"]) == (200, asset)
        shown = site.result("getAssets", [asset], {"data": ["asset.base", "asset.attributes"]})[0]
        assert (shown["fileName"], shown["attributes"]["Title"]) == ("b.jpg", ["kept"])
        assert shown["modDate"] == before + 60_000
        assert site.get(f"/api/file/asset/{asset}").body == b"second"
        assert site.state(asset)["version_count"] == 2
        site.upload(f"/api/import/asset/{asset}", [("file", b"third"), ("fileName", "c.jpg")], method="PUT")
        assert site.get(f"/api/file/asset/{asset}").body == b"third"
        assert site.state(asset)["version_count"] == 2
        versions = site.result("getVersionsByAsset", asset, None)
        assert [one["file"]["name"] for one in versions["results"]] == ["c.jpg", "a.jpg"]
        assert site.result("getAssetsByFolder", 1, True, None)["size"] == 1

    def test_a_checked_out_or_archived_asset_takes_no_version_and_gives_no_original(self, site: Site) -> None:
        for state in ("checked_out", "archived"):
            asset = site.place({state: True}, b"bytes of " + state.encode())
            answer = site.upload(f"/api/import/asset/{asset}/version", [("file", b"new"), ("fileName", "b.jpg")])
            assert (answer.status, answer.json()["error"]["code"]) == (400, 1000)
            assert site.get(f"/api/file/asset/{asset}").status == 403
            site.edit(asset, {state: False})
            assert site.get(f"/api/file/asset/{asset}").status == 200

    def test_identical_bytes_make_a_second_asset_unless_the_site_looks(self, site: Site) -> None:
        here, there = site.folder("Here"), site.folder("There")
        first, second = site.imported(here, "a.jpg", b"same"), site.imported(there, "b.jpg", b"same")
        assert first != second
        site.switch(duplicate_detection=True)
        third = site.imported(site.folder("Elsewhere"), "c.jpg", b"same")
        assert third == first
        shown = site.result("getAssets", [first], {"data": ["asset.base", "asset.folders"]})[0]
        assert ([one["path"] for one in shown["folders"]], shown["fileName"]) == (["Here", "Elsewhere"], "a.jpg")
        assert site.imported(here, "d.jpg", b"other") not in {first, second}
        site.switch(**{"metadata.checksumEnabled": False})
        assert site.imported(here, "e.jpg", b"same") not in {first, second}

    @pytest.mark.parametrize(
        ("name", "description", "status"),
        [("release", "x" * 255, 200), ("release", "x" * 256, 400), ("", "", 400), ("a/b", "", 400)],
    )
    def test_views_have_a_name_and_a_short_description(
        self, site: Site, name: str, description: str, status: int
    ) -> None:
        asset = site.imported(1)
        parts: Parts = [("file", b"%PDF-"), ("fileName", "r.pdf"), ("viewName", name), ("description", description)]
        assert site.upload(f"/api/import/asset/{asset}/view", parts).status == status
        if status == 200:
            assert site.upload(f"/api/import/asset/{asset}/view", parts).status == 400  # the name is taken
            view = site.result("getViewsByAsset", asset, None)["results"][0]
            assert site.get(f"/api/file/asset/{asset}/view/{view['id']}").body == b"%PDF-"
            assert site.result("updateView", {"id": view["id"], "name": "licence"}, None)["name"] == "licence"
            assert site.result("deleteView", view["id"]) == {}
            assert site.error("deleteView", view["id"]) == 3004


class TestEmbeddedMetadata:
    """What the site reads out of a file by its maps, on import and on a new version."""

    FIELDS: ClassVar[dict[str, list[str]]] = {
        "dc:title": ["Dusk"], "dc:description": ["A harbour, at dusk.\nTwo boats."], "dc:subject": ["harbour", "a, b"],
        "dc:creator": ["Jo Aker", "Mo Beer"], "dc:rights": ["© 2026 Aker"], "photoshop:Credit": ["Aker Pictures"],
        "photoshop:Headline": ["Evening"], "photoshop:Instructions": ["Ask first"],
        "xmpRights:UsageTerms": ["Editorial use"], "photoshop:DateCreated": ["2026-02-03T23:30:00+01:00"],
        "photoshop:City": ["Aarhus"],
    }  # fmt: skip

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_the_default_map(self, site: Site, kind: str) -> None:
        asset = site.imported(1, "a.jpg", picture(self.FIELDS, kind=kind))
        assert attributes_of(site, asset) == {
            "Title": ["Dusk"], "Caption": ["A harbour, at dusk.\nTwo boats."], "Keywords": ["harbour", "a, b"],
            "Creator": ["Jo Aker, Mo Beer"], "Copyright Notice": ["© 2026 Aker"], "Credit": ["Aker Pictures"],
            "Headline": ["Evening"], "Instructions": ["Ask first"], "Usage Terms": ["Editorial use"],
            "Date Created": ["2026-02-03"],
        }  # fmt: skip
        keywords = next(
            one for one in site.result("getAttributes", {"page": {"size": 99}})["results"] if one["name"] == "Keywords"
        )
        terms = site.result("getValuesByAttribute", keywords["id"], None)["results"]
        assert [one["value"] for one in terms] == ["harbour", "a, b"]

    def test_the_map_is_the_sites_own_and_the_last_one_counts(self, site: Site) -> None:
        rows = [
            {"field": "dc:title", "attribute": "Headline"},
            {"field": "photoshop:Headline", "attribute": "Headline"},
            {"field": "photoshop:City", "attribute": "Country"},
            {"field": "photoshop:Credit", "attribute": "Credit", "import": False},
            {"field": "dc:title", "attribute": "Name"},
        ]
        site.extend({"metadata_map": rows})
        asset = site.imported(1, "a.jpg", picture(self.FIELDS))
        assert attributes_of(site, asset) == {"Headline": ["Evening"]}  # Aarhus is no term of Country
        assert site.result("getAssets", [asset], None)[0]["name"] == "Dusk"

    def test_a_new_version_brings_its_values_and_leaves_the_others(self, site: Site) -> None:
        asset = site.imported(1, "a.jpg", picture(self.FIELDS))
        parts: Parts = [("file", picture({"dc:title": ["Dawn"]})), ("fileName", "a.jpg")]
        assert site.upload(f"/api/import/asset/{asset}/version", parts).status == 200
        held = attributes_of(site, asset)
        assert (held["Title"], held["Headline"]) == (["Dawn"], ["Evening"])

    def test_a_long_value_is_cut_where_the_site_has_a_limit(self, site: Site) -> None:
        site.switch(value_limit=10)
        asset = site.imported(1, "a.jpg", picture({"dc:title": ["0123456789ABC"]}))
        assert attributes_of(site, asset)["Title"] == ["0123456789"]

    def test_iim_and_exif_stand_in_where_there_is_no_xmp(self, site: Site) -> None:
        out = io.BytesIO()
        exif = Image.Exif()
        exif[270], exif[315], exif[33432] = "A caption", "Jo Aker", "(c) Aker"
        Image.new("RGB", (40, 30)).save(out, "JPEG", exif=exif)
        asset = site.imported(1, "a.jpg", out.getvalue())
        held = attributes_of(site, asset)
        assert (held["Caption"], held["Creator"], held["Copyright Notice"]) == (
            ["A caption"],
            ["Jo Aker"],
            ["(c) Aker"],
        )

    def test_export_maps_rewrite_what_is_downloaded_and_not_what_is_kept(self, site: Site) -> None:
        rows = [
            {"field": "dc:description", "attribute": "Caption", "export": True},
            {"field": "dc:subject", "attribute": "Keywords", "export": True},
            {"field": "dc:subject", "attribute": "Title", "export": True, "import": False},
        ]
        site.extend({"metadata_map": rows})
        data = picture()
        asset = site.imported(1, "a.jpg", data)
        values = {"Caption": ["New caption"], "Keywords": ["x", "y"], "Title": ["t"]}
        site.result("updateAsset", {"id": asset, "attributes": values}, None)
        assert site.get(f"/api/file/asset/{asset}").body == data
        site.switch(export_on_download=True)
        sent = site.get(f"/api/file/asset/{asset}").body
        assert sent != data
        found = read_embedded(sent).xmp
        assert found["dc:description"] == {"x-default": "New caption"}
        assert found["dc:subject"] == ["x", "y", "t"]
        checksum = site.result("getAssets", [asset], {"data": ["asset.file"]})[0]["file"]["checksum"]
        assert checksum == hashlib.md5(data, usedforsecurity=False).hexdigest()


class TestProfiles:
    """Attribute profiles rewrite what arrives in their folder (section 4.6)."""

    ROWS: ClassVar[list[dict[str, Any]]] = [
        {"folder": "Intake", "attribute": "Source", "action": "replace", "values": ["Intake desk"], "recursive": True},
        {"folder": "Intake/Press", "attribute": "Keywords", "action": "append", "values": ["press"]},
        {"folder": "Released", "attribute": "Source", "action": "empty"},
    ]

    def test_on_import_add_and_by_a_person(self, site: Site) -> None:
        site.extend({"profiles": self.ROWS})
        press = site.folder("Intake/Press")
        asset = site.imported(press, "a.jpg", picture({"dc:subject": ["own"]}))
        assert attributes_of(site, asset) == {"Keywords": ["own", "press"], "Source": ["Intake desk"]}
        elsewhere = site.imported(site.folder("Elsewhere"), "b.jpg", b"b")
        assert attributes_of(site, elsewhere) == {}
        shown = site.result("addAssetToFolder", elsewhere, press, {"data": ["asset.attributes"]})["attributes"]
        assert (shown["Keywords"], shown["Source"]) == (["press"], ["Intake desk"])
        released = site.result("getFolderByPath", "Released", None)["id"]
        site.result("addAssetToFolder", elsewhere, released, None)
        assert attributes_of(site, elsewhere) == {"Keywords": ["press"]}
        placed = site.place({"folders": ["Intake/Other"]})
        assert attributes_of(site, placed) == {"Source": ["Intake desk"]}


class TestDownload:
    """File URLs of both families."""

    @pytest.mark.parametrize(
        ("path", "longest"),
        [
            ("/api/file/asset/{id}", 640), ("/api/file/asset/{id}/anyname.jpg", 640),
            ("/api/file/asset/{id}/thumbnail", 150), ("/api/file/asset/{id}/thumbnail.jpg", 150),
            ("/api/file/asset/{id}/preview", 500),
            ("/file/asset/{id}/original", 640), ("/file/asset/{id}/original/attachment", 640),
            ("/file/asset/{id}/original/any.jpg", 640), ("/file/asset/{id}/thumb", 150), ("/file/asset/{id}/preview", 500),
            ("/file/asset/{id}/zoom", 640), ("/file/asset/{id}/zoom/attachment", 640),
        ],
    )  # fmt: skip
    def test_renditions(self, site: Site, path: str, longest: int) -> None:
        asset = site.imported(1, "a.jpg", picture())
        site.switch(token_on_file_urls=True)
        answer = site.get(path.format(id=asset))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert max(Image.open(io.BytesIO(answer.body)).size) == longest
        assert ("attachment" in answer.headers.get("content-disposition", "")) == path.endswith("attachment")

    def test_posting_to_a_file_url_answers_like_get(self, site: Site) -> None:
        asset = site.imported(1, "a.jpg", b"bytes")
        headers = {"Authorization": f"apiToken {site.token}"}
        assert site.send("POST", f"/api/file/asset/{asset}", b"", headers).body == b"bytes"

    @pytest.mark.parametrize("path", ["/api/file/asset/9", "/api/file/asset/x", "/file/asset/9/original"])
    def test_what_is_not_there_or_hidden_is_refused(self, site: Site, path: str) -> None:
        site.switch(token_on_file_urls=True)
        assert site.get(path).status == 404
        assert site.send("GET", path).status == 401

    @pytest.mark.parametrize("rest", ["flv", "view/none", "original/a/b", "constituent/page1", "thumb/a/b"])
    def test_other_words_are_not_found(self, site: Site, rest: str) -> None:
        asset = site.imported(1, "a.jpg", b"bytes")
        site.switch(token_on_file_urls=True)
        assert site.get(f"/file/asset/{asset}/{rest}").status == 404

    def test_the_older_urls_take_a_session_key_and_by_switch_the_token(self, site: Site) -> None:
        body = {"jsonrpc": "2.0", "id": 1, "method": "authenticate", "params": ["viewer", "nx-viewer-password"]}
        key = site.post_rpc(body, token="", path="/external/api/json").json()["result"]["sessionKey"]
        asset = site.place({"folders": ["Released"]}, b"bytes")
        path = f"/file/asset/{asset}/original"
        assert site.send("GET", f"{path}?sessionKey={key}").body == b"bytes"
        assert site.send("GET", path, None, {"Cookie": f"a=b; sessionKey={key}"}).body == b"bytes"
        assert site.send("GET", f"/api/file/asset/{asset}?sessionKey={key}").body == b"bytes"
        assert site.get(path).status == 401
        site.switch(token_on_file_urls=True)
        assert site.get(path).body == b"bytes"

    def test_anonymous_callers_get_what_everyone_may_see(self, site: Site) -> None:
        public, staff = site.place({"folders": ["Public"]}, b"all"), site.place({"folders": ["Intake"]}, b"few")
        assert site.send("GET", f"/file/asset/{public}/original/attachment").body == b"all"
        assert site.send("GET", f"/file/asset/{staff}/original").status == 401
        assert site.send("GET", f"/api/file/asset/{public}").status == 401
        site.switch(public_files=False)
        assert site.send("GET", f"/file/asset/{public}/original").status == 401

    def test_ranges_are_answered_whole_unless_the_site_knows_them(self, site: Site) -> None:
        asset = site.imported(1, "a.bin", bytes(range(100)))
        path = f"/api/file/asset/{asset}"
        answer = site.get(path, {"Range": "bytes=10-19"})
        assert (answer.status, len(answer.body)) == (200, 100)
        site.switch(range_requests=True)
        answer = site.get(path, {"Range": "bytes=10-19"})
        assert (answer.status, answer.body) == (206, bytes(range(10, 20)))

    def test_proxies_come_late_by_switch(self, site: Site) -> None:
        site.control("POST", "clock", {"freeze": True})
        site.switch(proxy_delay_s=30.0)
        asset = site.imported(1, "a.jpg", picture())
        options = {"data": ["asset.proxies"]}
        assert site.result("getAssets", [asset], options)[0]["proxies"] == []
        assert site.get(f"/api/file/asset/{asset}/preview").status == 404
        site.advance(30)
        assert len(site.result("getAssets", [asset], options)[0]["proxies"]) == 3
        assert site.get(f"/api/file/asset/{asset}/preview").status == 200

    def test_originals_may_need_an_approval(self, site: Site) -> None:
        asset = site.imported(1, "a.jpg", picture())
        site.switch(download_approval=True)
        assert site.get(f"/api/file/asset/{asset}").status == 403
        assert site.get(f"/api/file/asset/{asset}/preview").status == 200
        assert site.get(f"/api/file/asset/{asset}", token="nx-admin-token").status == 200

    def test_health(self, site: Site) -> None:
        assert site.send("GET", "/health/abc").status == 404
        site.switch(health_token="abc")
        assert (site.send("GET", "/health/abc").status, site.send("GET", "/health/x").status) == (200, 401)


def test_over_the_rate_the_answer_is_429(site: Site) -> None:
    site.control("POST", "traffic", {"rate_per_s": 1, "burst": 2})
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "getSelf", "params": []}
    answers = [site.post_rpc(body) for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
