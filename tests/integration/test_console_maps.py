"""The map and the rules of flows on a page: looked at without a trace, saved whole or not at all, put back; by administrators."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_search
from dambridge.bootstrap.loading import configuration_digest
from dambridge.engine.in_force import InForce, tell
from dambridge.model.access import Scope
from dambridge.model.identity import FlowName
from support.console import CONFIG, MAP, Browser, Stand, console
from support.console_scene import set_index, set_scene

ASSET = "agency:I0000boat0001"


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it, open_search(it.desk.settings) as search:
        it.app.state.desk = it.desk = replace(it.desk, search=search)
        await set_scene(it.ledger)
        await set_index(search.index.index, it.desk.settings)
        await it.person("ada", "administrator")
        yield it


def file_of(stand: Stand, name: str = "map.yaml") -> Path:
    assert stand.desk.settings.file is not None
    return stand.desk.settings.file.parent / name


async def digest(browser: Browser, **query: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', (await browser.get("/maps", params=query)).text)
    assert found is not None
    return found[1]


def shown(text: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


async def checked(browser: Browser, **fields: Any) -> str:
    """What comes back beside what is typed."""
    token = await browser.csrf()
    answer = await browser.client.post("/maps/check", data={"csrf": token, **fields}, headers={"hx-request": "true"})
    assert answer.status_code == 200, answer.text
    return shown(answer.text)


async def test_a_real_asset_changes_with_what_is_typed_and_nothing_else_does(stand: Stand) -> None:
    ada = await stand.signed_in("ada")
    page = shown((await ada.get("/maps", params={"asset": ASSET})).text)
    assert "Riverbend Picture Desk" in page
    assert "PhotoShelter/2026/Harbour 2026" in page
    assert "nothing otherwise" in page
    before, last = file_of(stand).read_text(), await stand.ledger.last_audit()
    mine = {"part": "map", "asset": ASSET, "account": "archive"}
    told = await checked(ada, **mine, text=MAP, **{"to~credit": "Byline", "to~headline": "", "way~headline": "both"})
    assert "2 fields otherwise" in told
    assert "credit → Byline" in told.replace("credit credit", "credit")
    assert "now: Riverbend Picture Desk in Credit Line" in told
    text = MAP.replace("PhotoShelter/{year}", "Harbour/{credit}").replace("limit: 120", "limit: 9")
    told = await checked(ada, **mine, view="text", text=text)
    assert "Harbour/Riverbend Picture Desk" in told
    assert "waits" in told, "it is too long now"
    assert (file_of(stand).read_text(), await stand.ledger.last_audit()) == (before, last)


async def test_words_stand_at_their_line_and_what_was_typed_stays(stand: Stand) -> None:
    ada, mine = await stand.signed_in("ada"), {"part": "map", "view": "text", "account": "archive"}
    wrong = MAP.replace("limit: 120", "limt: 120")
    line = MAP[: MAP.index("credit:")].count("\n") + 1
    answer = await ada.post("/maps/save", **mine, text=wrong, digest=await digest(ada))
    assert answer.status_code == 422
    told = shown(answer.text)
    assert f"line {line}" in told
    assert "Did you mean `limit`?" in told
    assert "Nothing was saved" in told
    assert "limt: 120" in told, "what was typed stays"
    assert file_of(stand).read_text() == MAP
    answer = await ada.post(
        "/maps/save", part="map", account="archive", text=MAP, digest=await digest(ada), **{"to~credit": "Keywords"}
    )
    assert answer.status_code == 422
    assert 'value="Keywords"' in answer.text
    assert "written by 'keywords' already" in shown(answer.text)


async def test_saved_whole_with_the_version_before_kept_told_under_a_name_and_put_back(stand: Stand) -> None:
    ada = await stand.signed_in("ada")
    file_of(stand).chmod(0o640)
    wish = {"part": "map", "account": "archive", "text": MAP, "to~credit": "Byline"}
    answer = await ada.post("/maps/save", **wish, digest=await digest(ada))
    assert answer.status_code == 303, shown(answer.text)
    assert file_of(stand).read_text() == MAP.replace("to: Credit Line", "to: Byline"), "one word differs, comments stay"
    assert file_of(stand, "map.yaml.previous").read_text() == MAP
    assert file_of(stand).stat().st_mode & 0o777 == 0o640
    assert "Saved." in (await ada.get(answer.headers["location"])).text
    assert "No server works now. The next one goes by what the files say" in (await ada.get("/maps")).text
    assert load_settings(file_of(stand, "dambridge.yaml")).site_map is not None
    answer = await ada.post("/maps/undo", part="map", digest=await digest(ada))
    assert answer.status_code == 303, shown(answer.text)
    assert file_of(stand).read_text() == MAP
    trail = [it.entry for it in await stand.ledger.audit_trail(subject="map", after=0, limit=9)]
    assert [(it.event, it.actor) for it in trail] == [
        ("configuration.changed", "ada"),
        ("configuration.restored", "ada"),
    ]
    assert trail[0].detail["to"] == trail[1].detail["from"] != trail[0].detail["from"]


async def test_what_somebody_else_saved_meanwhile_is_shown_and_never_overwritten(stand: Stand) -> None:
    ada = await stand.signed_in("ada")
    seen = await digest(ada)
    theirs = MAP.replace("Mara Lind", "Ben Koch")
    file_of(stand).write_text(theirs)
    answer = await ada.post(
        "/maps/save", part="map", account="archive", text=MAP, digest=seen, **{"to~credit": "Byline"}
    )
    assert answer.status_code == 409
    told = shown(answer.text)
    assert "changed by somebody else" in told
    assert "+owner: Ben Koch" in told
    assert 'value="Byline"' in answer.text
    assert file_of(stand).read_text() == theirs


async def test_rules_of_a_flow_change_and_nothing_else_of_the_configuration(stand: Stand) -> None:
    config = CONFIG.replace(
        'intake: {from: agency, to: archive, select: {galleries: ["Intake/**"]}}',
        'intake:\n    from: agency\n    to: archive\n    select: {galleries: ["Intake/**"]}',
    )
    file_of(stand, "dambridge.yaml").write_text(config)
    stand.app.state.desk = stand.desk = replace(stand.desk, settings=load_settings(file_of(stand, "dambridge.yaml")))
    ada = await stand.signed_in("ada")
    page = (await ada.get("/maps?part=intake")).text
    assert "key-7731" not in page
    assert "Intake/**" in page
    mine = {"part": "intake", "view": "text", "asset": ASSET}
    text = 'intake:\n  from: agency\n  to: archive\n  select: {galleries: ["Intake/**"]}\n'
    assert "It would be taken" in await checked(ada, **mine, text=text)
    assert "It would be taken" not in await checked(ada, **mine, text=text.replace("Intake/**", "Other/**"))
    seen = await digest(ada, part="intake")
    for bad in (
        text.replace("to: archive", "to: agency"),
        text + "  guards: {max_changes: 1}\n",
        text.replace("intake", "publish"),
    ):
        answer = await ada.post("/maps/save", **mine, text=bad, digest=seen)
        assert answer.status_code == 422, bad
    secret = text.replace('["Intake/**"]}', '["Intake/**"], expression: "env:HOME"}')
    assert "nothing can be fetched" in await checked(ada, **mine, text=secret)
    answer = await ada.post("/maps/save", **mine, text=text.replace("Intake/**", "Other/**"), digest=seen)
    assert answer.status_code == 303, shown(answer.text)
    assert file_of(stand, "dambridge.yaml").read_text() == config.replace("Intake/**", "Other/**")
    assert "Put it back" in (await ada.get("/maps?part=intake")).text
    assert "Put it back" not in (await ada.get("/maps?part=publish")).text, "that one has no other version"
    answer = await ada.post("/maps/undo", part="intake", digest=await digest(ada, part="intake"))
    assert answer.status_code == 303, shown(answer.text)
    assert file_of(stand, "dambridge.yaml").read_text() == config


async def test_rules_of_what_goes_out_are_tried_on_a_master(stand: Stand) -> None:
    ada, mine = await stand.signed_in("ada"), {"part": "publish", "view": "text"}
    assert "Boats, cleared" in shown((await ada.get("/maps?part=publish")).text), "one of the flow's own source"
    text = re.search(
        r'<textarea name="text"[^>]*>\n(.*?)</textarea>', (await ada.get("/maps?part=publish")).text, re.DOTALL
    )
    assert text is not None
    told = await checked(ada, **mine, text=unescape(text[1]))
    assert "publish · partners The rights gate has the last word." in told
    told = await checked(ada, **mine, text=unescape(text[1]).replace("Cleared/**", "Vault/**"))
    assert "publish · partners it stands in no selected folder" in told
    told = await checked(ada, **mine, text=unescape(text[1]).replace("territory: DE", "territory: FR"))
    assert "set on the machine" in told, "outlets are not"


async def test_from_here_no_file_and_no_variable_is_fetched_that_was_not_before(stand: Stand) -> None:
    ada, mine = await stand.signed_in("ada"), {"part": "map", "view": "text", "asset": ASSET}
    file_of(stand, "secret.txt").write_text("key,value\nhush,hush\n")
    table = "lookups:\n  x: {{file: {}, key: key, reads: credit, fields: {{city: value}}}}\n"
    for more in (
        "send: env:HOME\n",
        "x: file:secret.txt\n",
        *map(table.format, ("secret.txt", "../x.csv", "/etc/passwd")),
    ):
        told = await checked(ada, **mine, text=MAP + more)
        assert "From here" in told, more
        assert "hush" not in told


async def test_only_administrators_of_the_whole_save_and_nobody_where_it_is_switched_off(
    stand: Stand, tmp_path: Path
) -> None:
    await stand.person("otto", "operator")
    await stand.person("bea", "administrator", scope=Scope(flows=frozenset({FlowName.INTAKE})))
    await stand.person("lena", "librarian", scope=Scope(regions=frozenset({"FR"})))
    wish = {"part": "map", "account": "archive", "text": MAP, "to~credit": "Byline"}
    seen = await digest(await stand.signed_in("ada"))
    for name in ("otto", "bea", "lena"):
        who = await stand.signed_in(name)
        assert "/maps/save" not in (await who.get("/maps")).text, name
        for path in ("/maps/save", "/maps/undo"):
            assert (await who.post(path, **wish, digest=seen)).status_code == 403, (name, path)
    told = await checked(await stand.signed_in("lena"), **wish, asset=ASSET)
    assert "Riverbend" not in told, "whoever answers for a region sees no asset of others here"
    async with console(tmp_path / "shut", config=CONFIG.replace("{port: 8390}", "{port: 8390, edits: false}")) as shut:
        await shut.person("ada", "administrator")
        ada = await shut.signed_in("ada")
        assert "console.edits: false" in (await ada.get("/maps")).text
        assert (await ada.post("/maps/save", **wish, digest=await digest(ada))).status_code == 403
        assert file_of(shut).read_text() == MAP


async def test_without_a_map_file_it_reads_and_says_how_to_have_one(tmp_path: Path) -> None:
    async with console(
        tmp_path, config=CONFIG.replace("map_file: map.yaml\n", "maps: {archive: {credit: Credits}}\n")
    ) as stand:
        await stand.person("ada", "administrator")
        ada = await stand.signed_in("ada")
        text = shown((await ada.get("/maps")).text)
        assert "names no map file" in text
        assert "Credits" in text
        stand.desk.settings.maps["archive"]["keywords"] = {"to": "Keywords", "type": "text"}
        assert "holds one value" in shown((await ada.get("/maps")).text), "the linter speaks of what stands there, too"
        for part, status in (("intake", 200), ("syndicate", 404), ("outward", 404)):
            assert (await ada.get("/maps", params={"part": part})).status_code == status
        file_of(stand, "dambridge.yaml").write_text("flows: {publish: [")
        assert "cannot be read" in shown((await ada.get("/maps?part=publish")).text)


async def test_the_page_says_from_when_it_holds_and_everybody_hears_of_files_that_cannot_be_used(stand: Stand) -> None:
    ada, one = await stand.signed_in("ada"), "here:1"
    await stand.person("vera", "viewer")
    digest_now = configuration_digest(stand.desk.settings)
    works = InForce(worker=one, configuration=digest_now, since=stand.clock.at)
    await stand.ledger.heartbeat(one, serving=True, beat=time.time())  # noqa: TID251 - heartbeats are real time
    await tell(stand.ledger, works)
    assert re.search(rf"In force since .{{3,40}}, as {works.short}", shown((await ada.get("/maps")).text))
    assert "cannot be used" not in shown((await ada.get("/")).text)
    file_of(stand).write_text(MAP.replace("Mara Lind", "Ben Koch"))
    answer = (await ada.get("/maps/force?part=map&saved=1")).text
    assert "as soon as the order under way has ended" in shown(answer)
    assert "every 2s" in answer, "it looks again by itself"
    await tell(stand.ledger, replace(works, says="map.yaml cannot be used: it says `owner` twice.", broken=True))
    vera = await stand.signed_in("vera")
    for it in (shown((await ada.get("/maps")).text), shown((await vera.get("/")).text)):
        assert "it says `owner` twice" in it
    await tell(stand.ledger, works)
    await stand.ledger.heartbeat("there:2", serving=True, beat=time.time())  # noqa: TID251 - heartbeats are real time
    await tell(stand.ledger, replace(works, worker="there:2", configuration="0" * 64))
    told = shown((await ada.get("/")).text)
    assert "The workers go by different maps or rules" in told
    assert f"{one} by {works.short}; there:2 by 000000000000" in told
