"""Section 15 and the beta edition: the older surfaces, called as their clients call them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from lxml import etree

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Answer, Site

LOGIN = ("integration", "nx-integration-password")


@dataclass
class X7:
    """x7 in both of its forms: the key in a cookie, or first in the parameters."""

    site: Site
    versioned: bool
    key: str = ""

    def whole(self, method: str, *params: Any) -> dict[str, Any]:
        signing_in = method == "authenticate"
        path, headers = "/x7/json/", {"Content-Type": "application/json"}
        sent = list(params)
        if self.versioned:
            path = f"/x7/v1.2/json/{method}"
            sent = sent if signing_in else [self.key, *sent]
        elif not signing_in:
            headers["Cookie"] = f"sessionKey={self.key}"
        body = {"id": "nonce", "dataContext": "json", "jsonrpc": "2.0", "method": method, "params": sent}
        answer = self.site.send("POST", path, json.dumps(body).encode(), headers)
        assert answer.status == 200
        reply: dict[str, Any] = answer.json()
        assert reply["id"] == "nonce"
        return reply

    def call(self, method: str, *params: Any) -> Any:
        reply = self.whole(method, *params)
        assert "error" not in reply, reply
        return reply["result"]

    def found(self, *elements: tuple[int, int, str, str], every: int = 0, start: int = 1, size: int = 10) -> list[int]:
        """What `searchAssetBeanObjects` finds, by id."""
        kinds, subs, firsts, seconds = ([one[place] for one in elements] for place in range(4))
        zeros, blanks = [0] * len(elements), [""] * len(elements)
        beans = self.call(
            "searchAssetBeanObjects",
            "name",
            0,
            every,
            kinds,
            subs,
            zeros,
            firsts,
            seconds,
            blanks,
            None,
            0,
            0,
            start,
            size,
        )
        return [one["assetId"] for one in beans]


@pytest.fixture(params=[True, False], ids=["v1.2", "cookie"])
def x7(site: Site, request: pytest.FixtureRequest) -> X7:
    client = X7(site, request.param)
    client.key = client.call("authenticate", *LOGIN)
    return client


class TestX7:
    """The web application's own interface."""

    def test_signing_in(self, x7: X7) -> None:
        assert isinstance(x7.key, str)
        assert x7.call("authenticate", LOGIN[0], "wrong") == "-1"
        me = x7.call("getSelf")
        assert (me["login"], me["userId"]) == ("integration", 41)
        x7.key = "stale"
        assert x7.whole("getSelf")["error"]["code"] == 10000

    def test_categories(self, x7: X7) -> None:
        x7.site.folder("Editorial/Harbour")
        top = x7.call("getCategories", "", 1)
        assert [one["name"] for one in top] == ["Intake", "Released", "Public", "Editorial"]
        assert {one["parentid"] for one in top} == {1}
        assert [one["children"] for one in top] == [0, 0, 0, 1]
        below = x7.call("getCategories", "", top[3]["categoryid"])
        assert [(one["name"], one["parentid"]) for one in below] == [("Harbour", top[3]["categoryid"])]

    def test_an_asset_bean(self, x7: X7) -> None:
        values = {"Title": "Dusk, late", "Keywords": ["harbour", 'a "b", c']}
        asset = x7.site.place({"folders": ["Intake"], "file_name": "a.jpg", "attributes": values})
        bean = x7.call("getAssetBean", asset)
        held = dict(zip(bean["attributeNames"], bean["attributeValues"], strict=True))
        assert (held["Title"], held["Keywords"], held["Caption"]) == ("Dusk, late", '"harbour","a ""b"", c"', "")
        assert (bean["assetId"], bean["name"], bean["file"], bean["filetypelabel"]) == (asset, "a", "a.jpg", "JPG")
        assert x7.site.get(bean["thumbUrl"] + f"?sessionKey={x7.key}", token="").status == 200
        assert x7.call("getAssetObjects", [asset]) == [bean]
        assert x7.whole("getAssetBean", 9)["error"]["code"] == 3004

    def test_searches(self, x7: X7) -> None:
        site = x7.site
        dusk = site.place({"folders": ["Intake/Press"], "name": "Dusk", "attributes": {"Credit": "OK for online"}})
        dawn = site.place({"folders": ["Intake"], "name": "Dawn", "attributes": {"Credit": "No"}}, b"2")
        kit = site.result("createCollection", {"title": "Kit"}, [dawn], None)["id"]
        assert x7.found((1, 4, "dusk", ""), (14, 2, "dusk", "")) == [dusk]
        assert x7.found((3, 4, "OK for online", "Credit")) == [dusk]
        assert x7.found((5, 4, "Intake", ""), (3, 3, "Credit", "OK for online")) == [dawn]
        assert x7.found((5, 2, "Intake", "")) == [dawn]
        assert x7.found((5, 4, "Intake", "")) == [dawn, dusk]
        assert x7.found((5, 4, "Intake", ""), start=2, size=1) == [dusk]
        assert x7.found((10, 4, str(kit), "")) == [dawn]
        assert x7.found((4, 1, "2020-01-01", "")) == [dawn, dusk]
        assert x7.found((4, 1, "2200-01-01", "")) == []
        assert x7.found((1, 4, "dusk", ""), (1, 4, "dawn", ""), every=1) == [dawn, dusk]
        assert x7.found((17, 0, "", "")) == []
        site.edit(dusk, {"expiration_date": "2200-01-01"})
        assert x7.found((17, 0, "", "")) == [dusk]
        assert x7.call("getUserCarts", 41, "all") == [{"cartId": kit, "cartName": "Kit", "count": 1}]
        assert x7.whole("searchAssetBeanObjects", "name", 0, 0, [21], [0], [0], ["x"], [""], [""], None, 0, 0, 1, 9)[
            "error"
        ]

    def test_faceted_search_is_not_recursive_and_reads_lucene(self, x7: X7) -> None:
        site = x7.site
        site.control("POST", "clock", {"now": "2024-12-03T10:00:00Z", "freeze": True})
        deep = site.place({"folders": ["Intake/Press"], "attributes": {"Credit": "Web"}})
        flat = site.place({"folders": ["Intake"]}, b"2")

        def faceted(kinds: list[int], values: list[str]) -> dict[str, Any]:
            subs, zeros = [4] * len(kinds), [0] * len(kinds)
            found: dict[str, Any] = x7.call(
                "facetedSearch", "file", 0, 0, kinds, subs, zeros, values, [""], [""], 1, 41, [], "hybrid"
            )
            return found

        found = faceted([5], ["Intake"])
        assert (found["assetIds"], found["size"], found["facets"]) == ([flat], 1, [])
        span = "modDate:[20241203090000 TO 20241204090000]"
        assert sorted(faceted([8], [span])["assetIds"]) == [deep, flat]
        assert faceted([8, 8], [span, "Credit:Web"])["assetIds"] == [deep]
        assert faceted([8], ["modDate:[20241203100001 TO 20241204999999]"])["assetIds"] == []

    def test_the_rest_of_the_table(self, x7: X7) -> None:
        names = [one["name"] for one in x7.call("getAttributeTemplates")]
        assert names[:3] == ["Title", "Headline", "Caption"]
        assert x7.call("getChoiceList") == []
        assert x7.whole("repurposeAssets", [1])["error"]["code"] == -32601
        x7.site.switch(legacy_api=False)
        assert x7.site.send("POST", "/x7/json/", b"{}").status == 404
        assert x7.site.send("POST", "/x7/v1.2/json/getSelf", b"{}").status == 404


def test_strict_x7_serves_what_two_clients_agree_on(strict_site: Site) -> None:
    client = X7(strict_site, versioned=True)
    client.key = client.call("authenticate", *LOGIN)
    assert client.call("getSelf")["userId"] == 41
    assert client.whole("getUserCarts", 41, "all")["error"]["code"] == -32601


class TestXmlRest:
    """Everything by GET, answered as Java beans."""

    @pytest.fixture
    def cookie(self, site: Site) -> dict[str, str]:
        answer = site.send("GET", f"/xml/login?username={LOGIN[0]}&password={LOGIN[1]}")
        assert answer.status == 200
        members = bean(answer)
        assert (members["login"], members["userid"]) == ("integration", 41)
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def test_signing_in_by_basic_and_not_at_all(self, site: Site) -> None:
        asset = site.place({"folders": ["Intake"]})
        basic = base64.b64encode(":".join(LOGIN).encode()).decode()
        assert site.send("GET", f"/xml/asset/{asset}", None, {"Authorization": f"Basic {basic}"}).status == 200
        for headers in ({}, {"Authorization": "Basic !!"}, {"Authorization": "Basic " + basic[:8]}):
            assert site.send("GET", f"/xml/asset/{asset}", None, headers).status == 401
        assert site.send("GET", "/xml/login?username=integration&password=x").status == 401
        assert "nx-integration-password" not in json.dumps(site.control("GET", "journal"))

    def test_an_asset_is_read_written_and_filed(self, site: Site, cookie: dict[str, str]) -> None:
        asset = site.place({"folders": ["Intake"], "file_name": "a & b.jpg", "attributes": {"Title": "<x>"}})
        shown = bean(site.send("GET", f"/xml/asset/{asset}", None, cookie))
        held = dict(zip(shown["attributeNames"], shown["attributeValues"], strict=True))
        assert (shown["assetId"], shown["file"], held["Title"]) == (asset, "a & b.jpg", "<x>")
        path = f"/xml/asset/{asset}/attribute/{quote('Copyright Notice')}/{quote('© A/B')}"
        assert site.send("GET", path, None, cookie).status == 200
        assert site.result("getAssetAttributes", asset)["Copyright Notice"] == ["© A/B"]
        released = site.result("getFolderByPath", "Released", None)["id"]
        filed = bean(site.send("GET", f"/xml/asset/{asset}/addCategory/{released}", None, cookie))
        assert filed["categories"][-1] == released
        assert site.send("GET", f"/xml/asset/{asset}/attribute/Genre/Nonsense", None, cookie).status == 400

    def test_levels_hold_here_too(self, site: Site) -> None:
        asset = site.place({"folders": ["Released"]})
        basic = base64.b64encode(b"viewer:nx-viewer-password").decode()
        headers = {"Authorization": f"Basic {basic}"}
        assert site.send("GET", f"/xml/asset/{asset}", None, headers).status == 200
        for path in (f"/xml/asset/{asset}/attribute/Title/x", "/xml/category/create/New", "/xml/import/Released/a.jpg"):
            assert site.send("GET", path, None, headers).status == 403

    def test_lists(self, site: Site, cookie: dict[str, str]) -> None:
        first = site.place({"folders": ["Intake"], "name": "Dusk", "attributes": {"Credit": "Web"}})
        second = site.place({"folders": ["Intake"], "name": "Dawn"}, b"2")
        intake = site.result("getFolderByPath", "Intake", None)["id"]
        site.switch(default_page_size=1)
        for path, expected in (
            (f"category/id/{intake}", [first, second]), (f"category/id/{intake}/page/2", [second]),
            ("category/path/Intake", [first, second]), ("keyword/dusk", [first]), ("metadata/Credit/Web", [first]),
            ("metadata/Credit/None", []),
        ):  # fmt: skip
            answer = site.send("GET", f"/xml/list/{path}", None, cookie)
            assert [members(one)["assetId"] for one in objects(answer)] == expected, path
        assert site.send("GET", "/xml/list/shoes/1", None, cookie).status == 400

    def test_categories(self, site: Site, cookie: dict[str, str]) -> None:
        assert site.send("GET", "/xml/category/create/Editorial/Harbour", None, cookie).status == 200
        top = [members(one) for one in objects(site.send("GET", "/xml/category/1", None, cookie))]
        assert [one["name"] for one in top] == ["Intake", "Released", "Public", "Editorial"]
        below = [
            members(one) for one in objects(site.send("GET", f"/xml/category/{top[3]['categoryid']}", None, cookie))
        ]
        assert [(one["name"], one["repositorydirectory"]) for one in below] == [("Harbour", "Editorial/Harbour")]
        tree = etree.fromstring(site.send("GET", "/xml/category/0", None, cookie).body)
        assert [one.get("label") for one in tree.iter("node")] == [
            "Intake",
            "Released",
            "Public",
            "Editorial",
            "Harbour",
        ]

    def test_an_upload_is_imported_once(self, site: Site, cookie: dict[str, str]) -> None:
        body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nbytes\r\n--B--\r\n'
        headers = {**cookie, "Content-Type": "multipart/form-data; boundary=B"}
        assert site.send("POST", "/servlet/FileUploader", body, headers).status == 200
        made = bean(site.send("GET", "/xml/import/Intake/a.jpg", None, cookie))
        assert site.get(f"/api/file/asset/{made['assetId']}").body == b"bytes"
        assert site.send("GET", "/xml/import/Intake/a.jpg", None, cookie).status == 400
        site.switch(legacy_api=False)
        assert site.send("GET", "/xml/category/1", None, cookie).status == 404


def value(element: etree._Element) -> Any:
    if element.tag == "array":
        return [value(one[0]) for one in element]
    text = element.text or ""
    if element.tag == "boolean":
        return text == "true"
    return int(text) if element.tag in {"int", "long"} else text


def members(element: etree._Element) -> dict[str, Any]:
    return {str(one.get("property")): value(one[0]) for one in element.findall("void")}


def objects(answer: Answer) -> list[etree._Element]:
    assert answer.status == 200, answer.body
    return etree.fromstring(answer.body).findall("array/void/object")


def bean(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    found = etree.fromstring(answer.body).find("object")
    assert found is not None
    return members(found)


class TestBeta:
    """The beta edition: the same methods, the session key first, `dataContext` beside them."""

    def test_every_method_of_the_table_converts(self, site: Site) -> None:
        def beta(method: str, *params: Any) -> Any:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params), "dataContext": "json"}
            return site.post_rpc(body, token="", path="/external/api/json").json()

        key = beta("authenticate", *LOGIN)["result"]["sessionKey"]
        asset = site.place({"folders": ["Intake"]})
        options = {"data": ["asset.id", "asset.relatedFolders"]}
        for method, params in (
            ("getAssets", [[asset], options]),
            ("getSelf", [None]),
            ("getFoldersByParent", [1, None]),
        ):
            assert beta(method, key, *params)["result"] == site.result(method, *params)
        assert beta("getSelf", "stale", None)["error"]["code"] == 10000
        assert beta("deleteFolderFromPath", key, "Intake")["error"]["code"] == -32601
        site.switch(legacy_api=False)
        assert site.post_rpc({}, token="", path="/external/api/json").status == 404
