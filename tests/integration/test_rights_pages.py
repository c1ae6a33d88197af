"""Reports about rights a page at a time say what the reports over everything say, however the copies lie in the store."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dambridge.bootstrap import load_settings, rights_desk
from dambridge.console.rendering import table_stream
from dambridge.console.rights import COLUMNS
from dambridge.engine import rights_pages as pages
from dambridge.engine.rights_desk import RightsDesk, standings
from dambridge.model.identity import CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.model.standing import OutletStanding
from dambridge.model.values import DateValue, FieldName, Fields
from dambridge.planning import rights_reports as reports
from dambridge.storage import SqlLedger, open_ledger, publications
from support.console import CONFIG, START, configured, console
from support.console_scene import AGENCY

OUTLETS = ("partners", "press", "gone")
DAYS = 90
MORE = """\
      press: {account: agency, gallery: Press, channel: portal, territory: FR, audience: dealers}
"""


@pytest.fixture
def ledger(tmp_path: Path) -> SqlLedger:
    return open_ledger(tmp_path / "data")


async def desk_over(tmp_path: Path, ledger: SqlLedger, count: int) -> RightsDesk:
    """So many copies at three outlets, one of them configured no more, under all sorts of rights."""
    draw = random.Random(8)
    for start in range(0, count, 100):
        await ledger.put_publications([_publication(it, draw) for it in range(start, min(start + 100, count))])
    file = configured(tmp_path, CONFIG.replace("  handoff:\n", MORE + "  handoff:\n"))
    return rights_desk(load_settings(file), ledger, now=START)


def _publication(number: int, draw: random.Random) -> Publication:
    outlet = draw.choice(OUTLETS)
    stage = draw.choice([Stage.VISIBLE, Stage.VISIBLE, Stage.LEAVING, Stage.ADOPTED, Stage.WITHDRAWN, Stage.STAGED])
    end = START + timedelta(days=draw.randint(-5, 120)) if draw.random() < 0.7 else None
    fields: Fields = {
        FieldName("contract_reference"): draw.choice(("C-1", "C-2", "")),
        FieldName("copyright_owner"): draw.choice(("Riverbend", "")),
        FieldName("people_shown"): draw.choice((("Ida Roth",), ())),
        FieldName("consent"): draw.choice(("given", "withdrawn", "")),
        FieldName("licence_kind"): draw.choice(("owned", "rights managed")),
    }
    if end is not None:
        fields = {**fields, FieldName("licence_end"): DateValue((end + timedelta(days=1)).date().isoformat())}
    return Publication(
        flow=FlowName.PUBLISH,
        link=LinkId(f"ln{draw.randint(0, 10**6):07d}{number:04d}"),
        copy=CopyId(AGENCY, CopyRole.PUBLISHED, outlet, "web"),
        stage=stage,
        gallery=RemoteId("G1"),
        remote_id=RemoteId(f"P{number:04d}"),
        fields={name: it for name, it in fields.items() if it},
        shown={},
        master="m1",
        sha256="ab",
        file_name=f"{number}.jpg",
        until=None if stage is Stage.ADOPTED else end,
        at=START,
    )


@pytest.mark.parametrize("region", ["", "press", "partners"])
async def test_what_ends_is_the_same_and_in_the_same_order(tmp_path: Path, ledger: SqlLedger, region: str) -> None:
    desk = await desk_over(tmp_path, ledger, 300)
    every = await standings(desk, live=False)
    here = [it for it in every if not region or region in {it.region, it.outlet}]
    whole = [it for it in reports.expiring(here, START, days=DAYS) if it.row.outlet in {"partners", "press"}]
    found = await pages.ending(desk, region=region, days=DAYS, most=301)
    assert [it.row.key for it in found if it.row.outlet != "gone"] == [it.row.key for it in whole]
    assert len(whole) >= 10
    adopted = [it for it in whole if it.row.stage is Stage.ADOPTED]
    assert adopted, "what others put there ends too"
    first = await pages.ending(desk, region=region, days=DAYS, most=3)
    assert [it.row.key for it in first if it.row.stage is not Stage.ADOPTED][:3] == [
        it.row.key for it in found if it.row.stage is not Stage.ADOPTED
    ][:3]


async def test_what_is_counted_is_what_is_there(tmp_path: Path, ledger: SqlLedger) -> None:
    desk = await desk_over(tmp_path, ledger, 300)
    every = await standings(desk, live=False)
    held = {it.outlet: it for it in await pages.held(desk)}
    assert sorted(held) == ["partners", "press"]
    for it in reports.who_has(every):
        if it.outlet in held:
            mine = held[it.outlet]
            assert (mine.in_sight, mine.waiting, mine.withdrawn) == (it.in_sight, it.waiting, it.withdrawn) > (0, 0, 0)
    lost = {it.region: (it.has, it.loses) for it in await pages.losses(desk, days=DAYS)}
    planned = [it for it in every if it.until is not None]
    for region in ("press", "partners"):
        here = [it for it in every if region in {it.region, it.outlet}]
        ending = reports.expiring([it for it in here if it in planned], START, days=DAYS)
        assert lost[region] == (sum(it.in_sight for it in here), len(ending))
    assert pages.regions(desk) == ["partners", "press"]


async def test_pages_one_after_the_other_have_looked_at_everything_once(
    tmp_path: Path, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await desk_over(tmp_path, ledger, 300)
    every = [it for it in await standings(desk, live=False) if it.in_sight]
    monkeypatch.setattr(pages, "MOST_READ", 40)
    for sorted_at_once in (5000, 10):
        monkeypatch.setattr(publications, "SORTED", sorted_at_once)
        rows: list[OutletStanding] = []
        after, asked, read, total = "", 0, 0, 0
        while after or not asked:
            one = await pages.looked(desk, region="", after=after)
            assert one.read <= 40
            assert one.start == read
            read, total = read + one.read, one.total
            rows, after, asked = [*rows, *one.rows], one.after, asked + 1
        assert sorted(it.key for it in rows) == sorted(it.key for it in every)
        assert read == total >= len(every)
        assert asked == -(-total // 40)
        assert [it.key for it in reports.unclear(rows)] == [it.key for it in reports.unclear(every)]
    assert len(reports.unclear(every)) >= 10
    with pytest.raises(ValueError, match=r"."):
        await pages.looked(desk, region="", after="nonsense")


async def test_another_flows_copies_are_not_among_them(tmp_path: Path, ledger: SqlLedger) -> None:
    desk = await desk_over(tmp_path, ledger, 50)
    await ledger.put_publications(
        [replace(_publication(900 + it, random.Random(it)), flow=FlowName.SYNDICATE) for it in range(9)]
    )
    looked = await pages.looked(desk, region="", after="")
    assert {it.flow for it in looked.rows} == {FlowName.PUBLISH}
    assert looked.total == looked.read >= len(looked.rows) >= 20


async def test_the_table_of_everything_is_sent_as_it_is_read(
    tmp_path: Path, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await desk_over(tmp_path, ledger, 130)
    every = await standings(desk, live=False)
    await ledger.close()
    monkeypatch.setattr("dambridge.engine.rights_desk.PAGE", 40)
    async with console(tmp_path, config=(tmp_path / "dambridge.yaml").read_text(encoding="utf-8")) as stand:
        await stand.person("ada", "administrator", "rights_manager")
        browser = await stand.signed_in("ada")
        for region in ("", "press"):
            text = (await browser.get(f"/rights/standing.csv?region={region}")).text
            told = [(it["outlet"], it["copy"], it["permits"]) for it in csv.DictReader(io.StringIO(text))]
            here = [it for it in every if not region or it.outlet == region]
            assert told == [(it.outlet, str(it.copy or ""), str(it.answer.permits)) for it in here]
            assert len(told) >= 20
        sent = table_stream("rights", COLUMNS, _pages_of(every, 40))
        assert len([it async for it in sent.body_iterator]) == 1 + -(-len(every) // 40)


async def _pages_of(rows: Sequence[OutletStanding], size: int) -> AsyncIterator[list[tuple[str, ...]]]:
    for start in range(0, len(rows), size):
        yield [(it.outlet,) for it in rows[start : start + size]]
