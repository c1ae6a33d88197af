"""Sections 7, 9, 12 and 13: what a site does by itself at a time, and what people alone can set."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.sim.netx.test_netx_sim_files import attributes_of, picture

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

ADMIN = "nx-admin-token"
ID = {"data": ["asset.id"]}


@pytest.fixture
def still(site: Site) -> Site:
    """A site whose clock stands."""
    site.control("POST", "clock", {"now": "2026-03-01T10:00:00Z", "freeze": True})
    return site


def goes_to(site: Site, instant: str) -> None:
    site.control("POST", "clock", {"now": instant})


def seen(site: Site, asset: int, token: str | None = None) -> bool:
    """Whether a token sees the asset, by id and in listings alike."""
    reply = site.call("getAssets", [asset], ID, token=token)
    query: dict[str, Any] = {"query": [{"operator": "and", "folder": {"folderId": 1, "recursive": True}}]}
    listed = site.result("getAssetsByQuery", query, {**ID, "page": {"startIndex": 0, "size": 500}}, token=token)
    found = {"id": asset} in listed["results"]
    assert listed["size"] == len(listed["results"])
    assert found == ("result" in reply)
    return found


def paths(site: Site, asset: int) -> list[str]:
    shown = site.result("getAssets", [asset], {"data": ["asset.folders"]}, token=ADMIN)[0]
    return [one["path"] for one in shown["folders"]]


class TestExpiration:
    """An expiration date is set by people, takes effect at midnight UTC, and is nowhere to be read in the API."""

    def expiring(self, site: Site) -> int:
        return site.place({"folders": ["Public"], "expiration_date": "2026-03-03", "file_name": "a.jpg"})

    def test_it_hides_from_all_but_administrators(self, still: Site) -> None:
        asset, other = self.expiring(still), still.place({"folders": ["Public"]}, b"other")
        goes_to(still, "2026-03-02T23:59:59Z")
        assert seen(still, asset)
        goes_to(still, "2026-03-03T00:00:00Z")
        assert not seen(still, asset)
        assert seen(still, asset, ADMIN)
        assert seen(still, other)
        assert still.get(f"/file/asset/{asset}/original", token="").status == 401
        assert (still.state(asset)["status"], still.state(asset)["visible_to"]) == ("expired", ["staff"])
        exposed = {one["id"]: one["intervals"] for one in still.control("GET", "exposure")}
        assert [one["to"] for one in exposed[str(asset)]] == ["2026-03-03T00:00:00.000Z"]
        assert exposed[str(other)][0]["to"] is None
        still.edit(asset, {"expiration_date": None})
        assert seen(still, asset)

    def test_the_api_does_not_tell(self, still: Site) -> None:
        asset = self.expiring(still)
        data = [
            "asset.id",
            "asset.base",
            "asset.file",
            "asset.attributes",
            "asset.folders",
            "asset.proxies",
            "asset.views",
        ]
        assert "2026-03-03" not in json.dumps(still.result("getAssets", [asset], {"data": data}))
        clause = {"operator": "and", "exact": {"field": "expirationDate", "value": "2026-03-03"}}
        assert still.error("getAssetsByQuery", {"query": [clause]}, None) == -32602
        assert still.state(asset)["expires"] == "2026-03-03"

    def test_it_deletes(self, still: Site) -> None:
        still.switch(**{"image.expire_assets_action": "delete"})
        asset = self.expiring(still)
        goes_to(still, "2026-03-03T09:00:00Z")
        assert not seen(still, asset, ADMIN)
        assert [one["id"] for one in still.control("GET", "state") if one["deleted"]] == [str(asset)]
        ended = still.control("GET", "exposure")[0]["intervals"][0]["to"]
        assert ended == "2026-03-03T00:00:00.000Z"

    @pytest.mark.parametrize(("path", "expected"), [("/Attic", ["Attic"]), ("/No Such", ["Public"])])
    def test_it_moves_to_a_folder_that_is_there(self, still: Site, path: str, expected: list[str]) -> None:
        still.folder("Attic")
        still.switch(**{"image.expire_assets_action": path})
        asset = self.expiring(still)
        goes_to(still, "2026-03-05T00:00:00Z")
        assert paths(still, asset) == expected

    def test_it_triggers_autotasks(self, still: Site) -> None:
        still.switch(**{"image.expire_assets_action": "autoTask"})
        configure(
            still,
            task('<criteria type="action" value="expire"/>', '<modify type="category" path="Attic" mkdir="true"/>'),
        )
        asset = self.expiring(still)
        goes_to(still, "2026-03-03T00:00:01Z")
        assert paths(still, asset) == ["Attic"]

    def test_without_the_feature_nothing_happens_until_it_is_there(self, still: Site) -> None:
        still.switch(**{"asset.expire.enabled": False})
        asset = self.expiring(still)
        goes_to(still, "2026-03-03T12:00:00Z")
        assert seen(still, asset)
        still.switch(**{"asset.expire.enabled": True})
        goes_to(still, "2026-03-04T00:00:00Z")
        assert not seen(still, asset)


def task(criteria: str, modifications: str, kind: str = "and") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><autotask><task name="T"><matchCriteria type="{kind}">{criteria}'
        f"</matchCriteria><modifications>{modifications}</modifications></task></autotask>"
    )


def configure(site: Site, autotasks: str) -> None:
    site.control("POST", "buttons/configure", {"autotasks": autotasks})


EXPIRED = '<modify type="attribute" name="Lifecycle Status" value="expired"/>'


class TestAutoTasks:
    """XML of administrators: criteria and effects (section 13.3)."""

    @pytest.mark.parametrize(
        ("criteria", "kind", "hit"),
        [
            ('<criteria type="action" value="import"/>', "and", True),
            ('<criteria type="action" value="resync"/>', "and", False),
            ('<criteria type="action" value="import"/><criteria name="Title" type="attribute" value="Dusk"/>', "and", True),
            ('<criteria type="action" value="import"/><criteria name="Title" type="attribute" value="Dawn"/>', "and", False),
            ('<criteria type="action" value="resync"/><criteria name="Title" type="attribute" value="Dusk"/>', "or", True),
            ('<criteria type="action" value="import"/><criteria type="category" path="/Intake"/>', "and", False),
            ('<criteria type="action" value="import"/><criteria type="category" path="/Intake" recursive="true"/>', "and",
             True),
            ('<criteria type="action" value="import"/><criteria type="group" value="Integration"/>', "and", True),
            ('<criteria type="action" value="import"/><criteria type="group" value="Producers"/>', "and", False),
            ('<criteria type="action" value="import"/><criteria type="user" value="integration"/>', "and", True),
            ('<criteria type="action" value="import"/><criteria type="user" value="admin"/>', "and", False),
        ],
    )  # fmt: skip
    def test_criteria(self, still: Site, criteria: str, kind: str, hit: bool) -> None:
        configure(still, task(criteria, EXPIRED, kind))
        asset = still.imported(still.folder("Intake/Press"), "a.jpg", picture({"dc:title": ["Dusk"]}))
        assert ("Lifecycle Status" in attributes_of(still, asset)) == hit

    def test_a_queue_takes_its_time_and_later_edits_do_not_count(self, still: Site) -> None:
        still.switch(autotask_delay_s=60.0)
        configure(still, task('<criteria type="action" value="import"/>', EXPIRED))
        asset = still.imported(1)
        still.advance(59)
        assert attributes_of(still, asset) == {}
        still.advance(1)
        assert attributes_of(still, asset) == {"Lifecycle Status": ["expired"]}
        configure(still, task('<criteria type="action" value="resync"/>', '<modify type="expire"/>'))
        still.result("updateAsset", {"id": asset, "attributes": {"Title": ["x"]}}, None)
        still.advance(60)
        assert seen(still, asset)
        still.upload(f"/api/import/asset/{asset}/version", [("fileName", "b.jpg"), ("file", b"new")])
        still.advance(60)
        assert not seen(still, asset)

    def test_an_edit_of_attributes_by_the_api_triggers_a_move(self, still: Site) -> None:
        status = '<criteria type="attribute" name="Lifecycle Status" value="expired"/>'
        criteria = f'<criteria type="action" value="attributeChange"/>{status}'
        configure(still, task(criteria, '<modify type="category" path="/Withdrawn" mkdir="true"/>'))
        asset, other = still.place({"folders": ["Public"]}), still.place({"folders": ["Public"]}, b"other")
        for one, value in ((asset, "expired"), (other, "approved")):
            still.result("updateAsset", {"id": one, "attributes": {"Lifecycle Status": [value]}}, None)
        assert (paths(still, asset), paths(still, other)) == (["Withdrawn"], ["Public"])
        assert still.state(asset)["history"][0]["who"] == "the site"

    def test_what_does_not_fit_changes_nothing(self, still: Site) -> None:
        wrong = (
            '<modify type="attribute" name="Lifecycle Status" value="no term"/><modify type="category" path="Nowhere"/>'
        )
        configure(still, task('<criteria type="action" value="import"/>', wrong))
        asset = still.imported(still.folder("Intake"))
        assert (attributes_of(still, asset), paths(still, asset)) == ({}, ["Intake"])

    @pytest.mark.parametrize(
        ("offset", "first", "last"),
        [("", "2026-03-10", "2026-03-10"), ("6d", "2026-03-10", "2026-03-16"), ("-3d", "2026-03-07", "2026-03-10")],
    )
    def test_dates_are_looked_at_each_midnight(self, still: Site, offset: str, first: str, last: str) -> None:
        given = f' offset="{offset}"' if offset else ""
        configure(still, task(f'<criteria type="action" value="date" name="Expiry Date"{given}/>', EXPIRED))
        early = still.place({"attributes": {"Expiry Date": "2026-03-10"}})
        still.advance(1)
        day = datetime.fromisoformat(f"{first}T00:00:00+00:00")
        goes_to(still, (day - timedelta(seconds=1)).isoformat())
        assert "Lifecycle Status" not in attributes_of(still, early)
        goes_to(still, day.isoformat())
        assert attributes_of(still, early)["Lifecycle Status"] == ["expired"]
        end = datetime.fromisoformat(f"{last}T00:00:00+00:00")
        if end > day:
            goes_to(still, (end - timedelta(hours=1)).isoformat())
            in_time = still.place({"attributes": {"Expiry Date": "2026-03-10"}}, b"in time")
        goes_to(still, (end + timedelta(hours=1)).isoformat())
        too_late = still.place({"attributes": {"Expiry Date": "2026-03-10"}}, b"too late")
        goes_to(still, (end + timedelta(days=3)).isoformat())
        assert "Lifecycle Status" not in attributes_of(still, too_late)
        if end > day:
            assert attributes_of(still, in_time)["Lifecycle Status"] == ["expired"]

    def test_the_day_before_it_is_not_yet_and_a_week_later_it_was(self, still: Site) -> None:
        configure(still, task('<criteria type="action" value="date" name="Expiry Date"/>', EXPIRED))
        asset = still.place({"attributes": {"Expiry Date": "2026-03-10"}})
        goes_to(still, "2026-03-09T23:59:59Z")
        assert "Lifecycle Status" not in attributes_of(still, asset)
        goes_to(still, "2026-03-17T12:00:00Z")
        assert attributes_of(still, asset)["Lifecycle Status"] == ["expired"]
        moved = still.result("getAssets", [asset], {"data": ["asset.base"]})[0]["modDate"]
        assert moved == 1773100800000  # 2026-03-10T00:00:00Z, when it was due

    def test_import_dates_count_too(self, still: Site) -> None:
        configure(still, task('<criteria type="action" value="date" name="importDate" offset="2d"/>', EXPIRED))
        asset = still.imported(1)
        still.control("GET", "state")
        assert attributes_of(still, asset) == {}
        goes_to(still, "2026-03-02T00:00:00Z")
        assert attributes_of(still, asset) == {"Lifecycle Status": ["expired"]}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("<autotask><task>", "not well-formed"),
            (task('<criteria type="category" path="/x"/>', EXPIRED), "must be an action"),
            (task('<criteria type="action" value="userLevelChange"/>', EXPIRED), "is none of"),
            (task('<criteria type="action" value="import"/>', ""), "needs a modification"),
            (task('<criteria type="action" value="import"/>', '<modify type="attribute" name="Title"/>'), "needs name and value"),
            (task('<criteria type="action" value="import"/>', '<modify type="attribute" name="No" value="x"/>'), "no attribute"),
            (task('<criteria type="action" value="date" name="Expiry Date" offset="soon"/>', EXPIRED), "offset"),
            (task('<criteria type="action" value="import"/>', EXPIRED).replace("<modifications>", "<repurpose/><modifications>"),
             "repurpose is not simulated"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_with_its_name(self, site: Site, text: str, words: str) -> None:
        answer = site.send("POST", "/__sim__/buttons/configure", json.dumps({"autotasks": text}).encode())
        assert answer.status == 400
        assert words in answer.json()["error"]


SYNC = """<?xml version="1.0" encoding="UTF-8"?>
<metadatasync version="1.0"><sync type="{kind}" name="Records"><source type="xml" path="{path}" row="record"/>
{link}<map source="caption" attribute="Caption"/><map source="word" attribute="Keywords"/></sync></metadatasync>"""
LINK = '<link source="guid" attribute="Source Id"/>'
ROWS = """<records><record><guid>A1</guid><caption>From the source</caption><word>one</word><word>two</word></record>
<record><guid>B2</guid><caption/></record><record><guid>A1</guid><caption>Later row</caption></record></records>"""


class TestDataSourceSync:
    """The site pulls XML, by a button and on its schedule (section 13.4)."""

    def set_up(self, site: Site, folder: Path, kind: str = "scalar", rows: str = ROWS, **more: Any) -> Path:
        source = folder / "records.xml"
        source.write_text(rows, encoding="utf-8")
        text = SYNC.format(kind=kind, path=source, link="" if kind == "multivalue" else LINK)
        site.control("POST", "buttons/configure", {"data_source_sync": text, **more})
        return source

    def test_scalars_follow_their_link_and_the_last_row_wins(self, site: Site, tmp_path: Path) -> None:
        first = site.place({"attributes": {"Source Id": "A1", "Caption": "Ours"}})
        second = site.place({"attributes": {"Source Id": "B2", "Caption": "Ours", "Title": "Kept"}}, b"2")
        third = site.place({"attributes": {"Source Id": "C3", "Caption": "Ours"}}, b"3")
        self.set_up(site, tmp_path)
        done = site.control("POST", "buttons/data-source-sync")
        assert done["tasks"] == [{"name": "Records", "rows": 3, "changed": 3, "problem": None}]
        assert attributes_of(site, first) == {"Source Id": ["A1"], "Caption": ["Later row"], "Keywords": ["one", "two"]}
        assert attributes_of(site, second) == {"Source Id": ["B2"], "Title": ["Kept"]}
        assert attributes_of(site, third)["Caption"] == ["Ours"]
        assert (
            site.control("POST", "buttons/data-source-sync")["tasks"][0]["changed"] == 2
        )  # two rows disagree each time

    def test_multivalue_replaces_the_terms(self, site: Site, tmp_path: Path) -> None:
        text = SYNC.replace('attribute="Keywords"', 'attribute="Topics"')
        source = tmp_path / "terms.xml"
        source.write_text(
            "<t><record><word>tides</word><word>ships</word></record><record><word>tides</word></record></t>"
        )
        body = {"data_source_sync": text.format(kind="multivalue", path=source, link="")}
        site.control("POST", "buttons/configure", body)
        site.control("POST", "buttons/data-source-sync")
        topics = next(
            one for one in site.result("getAttributes", {"page": {"size": 99}})["results"] if one["name"] == "Topics"
        )
        terms = site.result("getValuesByAttribute", topics["id"], None)["results"]
        assert [one["value"] for one in terms] == ["tides", "ships"]
        asset = site.imported(1)
        assert site.error("updateAsset", {"id": asset, "attributes": {"Topics": ["weather"]}}, None) == 1000

    def test_a_look_up_fills_a_new_asset_alone(self, still: Site, tmp_path: Path) -> None:
        old = still.place({"attributes": {"Source Id": "A1"}})
        self.set_up(still, tmp_path, kind="valuelookup")
        new = still.place({"attributes": {"Source Id": "A1"}}, b"2")
        assert attributes_of(still, new)["Caption"] == ["From the source"]
        assert "Caption" not in attributes_of(still, old)

    def test_on_the_schedule_of_the_simulated_clock(self, still: Site, tmp_path: Path) -> None:
        asset = still.place({"attributes": {"Source Id": "A1"}})
        source = self.set_up(still, tmp_path, data_source_every_s=3600)
        still.advance(3599)
        assert "Caption" not in attributes_of(still, asset)
        still.advance(1)
        assert attributes_of(still, asset)["Caption"] == ["Later row"]
        source.write_text(ROWS.replace("Later row", "Newer row"), encoding="utf-8")
        still.advance(3600)
        assert attributes_of(still, asset)["Caption"] == ["Newer row"]

    def test_a_source_that_is_gone_changes_nothing_and_says_so(self, site: Site, tmp_path: Path) -> None:
        asset = site.place({"attributes": {"Source Id": "A1", "Caption": "Ours"}})
        self.set_up(site, tmp_path).unlink()
        done = site.control("POST", "buttons/data-source-sync")["tasks"][0]
        assert (done["changed"], "cannot be read" in done["problem"]) == (0, True)
        assert attributes_of(site, asset)["Caption"] == ["Ours"]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('type="scalar"', 'type="other"', "is none of"),
            ("<link", "<nolink", "a link and a map"),
            ('path="', 'url="http://example.org/', "on this machine"),
            ('attribute="Caption"', 'attribute="No Such"', "no attribute"),
        ],
    )
    def test_what_cannot_be_is_refused_with_its_name(self, site: Site, old: str, new: str, words: str) -> None:
        text = SYNC.format(kind="scalar", path="records.xml", link=LINK).replace(old, new)
        answer = site.send("POST", "/__sim__/buttons/configure", json.dumps({"data_source_sync": text}).encode())
        assert (answer.status, words in answer.json()["error"]) == (400, True)


class TestLateSync:
    """Embedded metadata stands in the attributes some time after the import, by switch."""

    def test_values_appear_later_and_the_outcome_is_the_same(self, still: Site) -> None:
        rows = [
            {"folder": "Intake", "attribute": "Headline", "action": "replace", "values": ["Desk"], "recursive": True}
        ]
        still.extend({"profiles": rows})
        data = picture({"dc:title": ["Dusk"], "photoshop:Headline": ["Evening"]})
        at_once = still.imported(still.folder("Intake"), "a.jpg", data)
        still.switch(sync_delay_s=30.0)
        later = still.imported(still.folder("Intake"), "b.jpg", data)
        assert attributes_of(still, at_once) == {"Title": ["Dusk"], "Headline": ["Desk"]}
        assert attributes_of(still, later) == {"Headline": ["Desk"]}
        before = still.result("getAssets", [later], {"data": ["asset.base"]})[0]["modDate"]
        still.advance(30)
        assert attributes_of(still, later) == attributes_of(still, at_once)
        assert still.result("getAssets", [later], {"data": ["asset.base"]})[0]["modDate"] == before + 30_000

    def test_an_asset_that_is_gone_by_then_is_left_alone(self, still: Site) -> None:
        still.switch(sync_delay_s=30.0)
        asset = still.imported(1, "a.jpg", picture({"dc:title": ["Dusk"]}))
        still.result("deleteAsset", asset)
        still.advance(60)
        assert still.error("getAssetAttributes", asset) == 3004


@pytest.mark.parametrize(
    ("instant", "down"),
    [
        ("2026-01-14T02:00:00Z", False),  # a Tuesday evening there
        ("2026-01-15T02:00:00Z", True),  # second Wednesday, 18:00 PST
        ("2026-01-15T01:59:59Z", False),
        ("2026-01-15T04:59:59Z", True),
        ("2026-01-15T05:00:00Z", False),
        ("2026-01-22T03:00:00Z", False),  # third Wednesday
        ("2026-01-29T03:00:00Z", True),  # fourth Wednesday
        ("2026-07-09T01:00:00Z", True),  # second Wednesday, 18:00 PDT
        ("2026-07-09T04:00:00Z", False),
        ("2026-03-12T01:30:00Z", True),  # after the change to summer time, 8 March
        ("2026-11-12T01:30:00Z", False),  # after the change back, 1 November
    ],
)
def test_the_maintenance_window(site: Site, instant: str, down: bool) -> None:
    site.control("POST", "clock", {"now": instant, "freeze": True})
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "getSelf", "params": []}
    assert site.post_rpc(body).status == 200  # off unless the site says so
    site.switch(maintenance_window=True)
    assert site.post_rpc(body).status == (503 if down else 200)


def test_an_archived_original_comes_back_after_four_hours_for_three_days(still: Site) -> None:
    asset = still.place({"archived": True}, b"bytes")
    path = f"/api/file/asset/{asset}"
    still.advance(1000 * 3600)
    assert still.get(path).status == 403
    still.edit(asset, {"unarchive": "temporary"})
    for hours, status in ((3.9, 403), (0.2, 200), (71.8, 200), (0.2, 403)):
        still.advance(hours * 3600)
        assert still.get(path).status == status
    still.edit(asset, {"unarchive": "permanent"})
    still.advance(100 * 3600)
    assert still.get(path).status == 200
    assert still.edit(asset, {"unarchive": "maybe"}).status == 400


def test_only_the_holder_or_an_administrator_checks_in(site: Site) -> None:
    parts: list[tuple[str, str | bytes]] = [("fileName", "b.jpg"), ("file", b"new")]
    for token, status in (("nx-integration-token", 400), ("nx-producer-token", 200), (ADMIN, 200)):
        asset = site.place({"checked_out": "producer"}, token.encode())
        assert site.get(f"/api/file/asset/{asset}", token=ADMIN).status == 403
        reimport = site.upload(f"/api/import/asset/{asset}", parts, method="PUT", token=token)
        assert reimport.status == 400  # a reimport is blocked for everybody
        assert site.upload(f"/api/import/asset/{asset}/version", parts, token=token).status == status
        assert site.get(f"/api/file/asset/{asset}", token=ADMIN).status == (200 if status == 200 else 403)
    assert site.edit(asset, {"checked_out": "nobody"}).status == 400


def test_hidden_assets_are_for_producers(site: Site) -> None:
    asset = site.place({"folders": ["Released"], "hidden": True})
    assert site.call("getAssets", [asset], ID, token="nx-viewer-token")["error"]["code"] == 3004
    assert seen(site, asset, "nx-producer-token")
    site.edit(asset, {"hidden": False})
    assert seen(site, asset, "nx-viewer-token")


def test_related_assets(site: Site) -> None:
    one = site.place({})
    two = site.place({"related": [one]}, b"2")
    shown = site.result("getAssets", [one, two], {"data": ["asset.relatedAssets"]})
    assert shown == [{"relatedAssets": []}, {"relatedAssets": [{"id": one}]}]
