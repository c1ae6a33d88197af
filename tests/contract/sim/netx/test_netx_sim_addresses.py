"""Sections 2.2, 8.2, 8.3 and 14: OAuth, every form of a file's address, deep links, IIIF; and what must not be there."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from PIL import Image

from contract.sim.netx.test_netx_sim_files import picture

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Answer, Site

PDF = b"%PDF-1.4\n1 0 obj<</Type /Pages /Count 2>>endobj 2 0 obj<</Type /Page>>endobj 3 0 obj<</Type/Page /A 1>>endobj"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 64


def tiff() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (80, 60), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.fixture
def open_site(site: Site) -> Site:
    """A site that takes the token on /file/ too."""
    site.switch(token_on_file_urls=True)
    return site


def size_of(answer: Answer) -> tuple[int, int]:
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(answer.body)).size


class TestConstituents:
    """Pages and key frames."""

    @pytest.mark.parametrize(
        ("name", "data", "kind", "count"),
        [("a.pdf", PDF, "page", 2), ("a.tif", tiff(), "page", 3), ("a.mp4", MP4, "keyframe", 4), ("a.jpg", picture(), "page", 0)],
    )  # fmt: skip
    def test_each_has_an_address(self, open_site: Site, name: str, data: bytes, kind: str, count: int) -> None:
        asset = open_site.imported(1, name, data)
        base = f"/file/asset/{asset}/constituent"
        other = "keyframe" if kind == "page" else "page"
        for number in range(1, count + 1):
            assert max(size_of(open_site.get(f"{base}/{kind}{number}"))) <= 540
            assert (
                open_site.get(f"{base}/{kind}{number}/{number}.jpg").body
                == open_site.get(f"{base}/{kind}{number}").body
            )
        for word in (f"{kind}{count + 1}", f"{other}1", f"{kind}0", kind, "cover"):
            assert open_site.get(f"{base}/{word}").status == 404
        attached = open_site.get(f"{base}/{kind}1/attachment")
        assert attached.status == (200 if count else 404)
        assert ("attachment" in attached.headers.get("content-disposition", "")) == bool(count)

    def test_frames_of_an_image_are_its_own(self, open_site: Site) -> None:
        asset = open_site.imported(1, "a.tif", tiff())
        blue = Image.open(io.BytesIO(open_site.get(f"/file/asset/{asset}/constituent/page2").body)).getpixel((5, 5))
        assert isinstance(blue, tuple)
        assert blue[2] > 200
        assert blue[0] < 50


@pytest.mark.parametrize("suffix", ["", "/attachment", "/any.mp4"])
def test_the_proxy_of_a_video(open_site: Site, suffix: str) -> None:
    asset, still = open_site.imported(1, "a.mp4", MP4), open_site.imported(1, "a.jpg", picture())
    assert open_site.get(f"/file/asset/{asset}/flv{suffix}").body == MP4
    assert open_site.get(f"/file/asset/{still}/flv{suffix}").status == 404


def test_a_view_by_name_takes_every_suffix(open_site: Site) -> None:
    asset = open_site.place({"views": [{"name": "release", "content": "signed", "file_name": "r.txt"}]})
    for suffix in ("", "/any.pdf", "/attachment"):
        answer = open_site.get(f"/file/asset/{asset}/view/release{suffix}")
        assert answer.body == b"signed"
        assert ("attachment" in answer.headers["content-disposition"]) == (suffix == "/attachment")
    assert open_site.get(f"/file/asset/{asset}/view/release/a/b").status == 404
    assert open_site.get(f"/file/asset/{asset}/view").status == 404
    view = open_site.result("getViewsByAsset", asset, None)["results"][0]["id"]
    headers = {"Authorization": f"apiToken {open_site.token}"}
    assert open_site.send("POST", f"/api/file/asset/{asset}/view/{view}", b"", headers).body == b"signed"


def test_renditions_take_a_file_name_too(open_site: Site) -> None:
    asset = open_site.imported(1, "a.jpg", picture())
    for word in ("original", "thumb", "preview", "zoom"):
        plain = open_site.get(f"/file/asset/{asset}/{word}")
        assert open_site.get(f"/file/asset/{asset}/{word}/name.jpg").body == plain.body


class TestDeepLinks:
    """Addresses for people: the asset is in the fragment."""

    @pytest.mark.parametrize("path", ["/portals/press/", "/portals/press", "/app/", "/app"])
    def test_they_lead_to_a_page(self, site: Site, path: str) -> None:
        answer = site.send("GET", path)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"location.hash" in answer.body


class TestIiif:
    """Manifests and images (section 14, SINGLE)."""

    def test_a_manifest_leads_to_its_image(self, open_site: Site) -> None:
        asset = open_site.imported(1, "a.jpg", picture({"dc:title": ["Dusk"], "dc:subject": ["a", "b"]}))
        answer = open_site.get(f"/iiif/manifest/asset/{asset}")
        assert answer.headers["x-sim-confidence"] == "SINGLE"
        manifest = answer.json()
        assert manifest["@type"] == "sc:Manifest"
        assert {"label": "Keywords", "value": "a, b"} in manifest["metadata"]
        canvas = manifest["sequences"][0]["canvases"][0]
        assert canvas["@id"].endswith(f"/iiif/manifest/asset/{asset}/canvas/canvas-0")
        resource = canvas["images"][0]["resource"]
        assert (canvas["width"], canvas["height"], resource["width"]) == (640, 480, 640)
        service = urlsplit(resource["service"]["@id"]).path
        assert service.startswith(f"/cantaloupe/iiif/2/{asset}-")
        info = open_site.get(f"{service}/info.json").json()
        assert (info["width"], info["height"]) == (640, 480)
        assert size_of(open_site.get(urlsplit(resource["@id"]).path)) == (640, 480)
        for tail, size in (("full/100,", (100, 75)), ("full/,120", (160, 120)), ("10,10,100,50/full", (100, 50)),
                           ("600,440,100,100/full", (40, 40)), ("full/30,30", (30, 30))):  # fmt: skip
            assert size_of(open_site.get(f"{service}/{tail}/0/default.jpg")) == size
        for tail in (
            "full/full/90/default.jpg",
            "full/full/0/color.png",
            "700,0,9,9/full/0/default.jpg",
            "full/x/0/default.jpg",
        ):
            assert open_site.get(f"{service}/{tail}").status == 400

    def test_who_may_not_look_gets_none_and_what_is_no_image_has_none(self, open_site: Site) -> None:
        staff, public = open_site.place({"folders": ["Intake"]}), open_site.place({"folders": ["Public"]}, picture())
        text = open_site.imported(1, "a.txt", b"text")
        assert open_site.send("GET", f"/iiif/manifest/asset/{staff}").status == 401
        assert open_site.send("GET", f"/iiif/manifest/asset/{public}").status == 200
        assert open_site.get(f"/iiif/manifest/asset/{text}").status == 404
        assert open_site.get(f"/cantaloupe/iiif/2/{public}-00000000.jpg/info.json").status == 404
        open_site.switch(iiif=False)
        assert open_site.get(f"/iiif/manifest/asset/{public}").status == 404


class TestOAuth:
    """Authorisation code and refresh (section 2.2, SINGLE)."""

    def code(self, site: Site) -> str:
        query = {"response_type": "code", "client_id": "nx-oauth-client", "state": "s1", "scope": "",
                 "redirect_uri": "http://127.0.0.1/back"}  # fmt: skip
        answer = site.send("GET", "/app?" + urlencode(query))
        assert answer.status == 302
        sent = parse_qs(urlsplit(answer.headers["location"]).query)
        assert sent["state"] == ["s1"]
        return sent["code"][0]

    def token(self, site: Site, **fields: str) -> Answer:
        form = {"client_id": "nx-oauth-client", "client_secret": "nx-oauth-secret", "redirect_uri": "http://127.0.0.1/back",
                "scope": "", **fields}  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return site.send("POST", "/a/t", urlencode(form).encode(), headers)

    def test_a_code_is_good_once_and_tokens_run_out(self, site: Site) -> None:
        site.control("POST", "clock", {"freeze": True})
        site.switch(oauth_token_lifetime_s=60.0)
        code = self.code(site)
        given = self.token(site, grant_type="authorization_code", code=code).json()
        assert given["expires_in"] == 60
        assert self.token(site, grant_type="authorization_code", code=code).status == 400
        assert site.result("getSelf", None, token=given["access_token"])["login"] == "integration"
        site.advance(60)
        assert site.error("getSelf", None, token=given["access_token"]) == 10000
        again = self.token(site, grant_type="refresh_token", refresh_token=given["refresh_token"]).json()
        assert again["refresh_token"] == given["refresh_token"]
        assert site.result("getSelf", None, token=again["access_token"])["login"] == "integration"
        assert self.token(site, grant_type="refresh_token", refresh_token="x").status == 400
        assert self.token(site, grant_type="password").status == 400
        assert self.token(site, grant_type="refresh_token", refresh_token="x", client_secret="y").status == 401

    def test_refresh_tokens_may_be_replaced(self, site: Site) -> None:
        site.switch(oauth_refresh_rotates=True)
        given = self.token(site, grant_type="authorization_code", code=self.code(site)).json()
        again = self.token(site, grant_type="refresh_token", refresh_token=given["refresh_token"]).json()
        assert again["refresh_token"] != given["refresh_token"]
        assert self.token(site, grant_type="refresh_token", refresh_token=given["refresh_token"]).status == 400


def test_a_429_may_leave_open_when_to_come_back(site: Site) -> None:
    site.switch(retry_after=False)
    site.control("POST", "traffic", {"rate_per_s": 1, "burst": 1})
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "getSelf", "params": []}
    answers = [site.post_rpc(body) for _ in range(3)]
    assert answers[-1].status == 429
    assert "retry-after" not in answers[-1].headers


class TestWhatIsNotThere:
    """What the reference says not to exist is refused, in either mode."""

    @pytest.mark.parametrize(
        "path",
        ["/oai", "/oai-pmh?verb=Identify", "/graphql", "/api/graphql", "/api/batch", "/external/api/import/asset",
         "/x7/v1.1/json/getSelf", "/api/v2/assets", "/api/rpc/getAssets"],
    )  # fmt: skip
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_paths(self, site: Site, strict_site: Site, path: str, method: str) -> None:
        for one in (site, strict_site):
            answer = one.send(
                method, path, b"{}" if method == "POST" else None, {"Authorization": f"apiToken {one.token}"}
            )
            assert answer.status == 404

    @pytest.mark.parametrize(
        "name",
        ["deleteFolderFromPath", "createVocabulary", "updateVocabulary", "checkoutAsset", "getPermissions", "createWebhook",
         "setExpiration", "repurposeAssets", "authenticate", "getassets", ""],
    )  # fmt: skip
    def test_methods(self, site: Site, strict_site: Site, name: str) -> None:
        for one in (site, strict_site):
            body = {"jsonrpc": "2.0", "id": 1, "method": name, "params": []}
            assert one.post_rpc(body).json()["error"]["code"] == (-32601 if name else -32600)

    @pytest.mark.parametrize("path", ["/api/rpc", "/api/rpc/"])
    def test_batches_and_named_parameters(self, site: Site, path: str) -> None:
        call = {"jsonrpc": "2.0", "id": 1, "method": "getSelf", "params": []}
        assert site.post_rpc(call, path=path).json()["result"]["userId"] == 41
        assert site.post_rpc([call], path=path).json()["error"]["code"] == -32600
        assert site.post_rpc([], path=path).json()["error"]["code"] == -32600
        assert site.post_rpc({**call, "params": {"opt": None}}, path=path).json()["error"]["code"] == -32602
        assert site.post_rpc({**call, "dataContext": "json"}, path=path).json()["result"]["userId"] == 41

    def test_a_get_of_the_rpc_endpoint_is_no_call(self, site: Site) -> None:
        assert site.get("/api/rpc").status == 405
        assert json.loads(site.get("/api/rpc").body)["error"]
