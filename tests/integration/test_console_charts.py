"""Charts: numbers as JSON and the same in tables, of the flows that somebody answers for; what looked at nothing is no point."""

from __future__ import annotations

from pathlib import Path

from dambridge.model.access import Scope
from dambridge.model.identity import FlowName
from support.console import START, console
from support.console_scene import set_history, set_scene


async def test_charts_and_tables_say_what_the_runs_said(tmp_path: Path) -> None:
    async with console(tmp_path) as stand:
        await set_scene(stand.ledger)
        await set_history(stand.ledger)
        await stand.person("ada", "administrator")
        await stand.person("vera", "viewer", scope=Scope(flows=frozenset({FlowName.PUBLISH})))
        ada, vera = await stand.signed_in("ada"), await stand.signed_in("vera")
        found = (await ada.get("/charts/flows.json")).json()
        assert set(found) == {"intake", "handoff", "publish"}
        assert found["intake"]["done"] == [6]
        assert found["intake"]["lag"] == [14.2]
        days = [it for it in range(30, 0, -1) if it % 4]
        assert found["publish"]["done"] == [10 + it * 7 % 23 for it in days]
        assert found["publish"]["at"] == sorted(found["publish"]["at"])
        table = (await ada.get("/charts")).text
        assert table.count("/runs/run-") == len(days) + 1
        assert set((await vera.get("/charts/flows.json")).json()) == {"publish"}
        ends = (await ada.get("/charts/ends.json?days=90")).json()
        assert len(ends["at"]) == len(ends["ends"]) == 91
        assert {at for at, it in enumerate(ends["ends"]) if it} == {20, 40, 60}
        assert sum(ends["ends"]) == 3, "what is withdrawn ends no more"
        assert ends["at"][0] <= START.timestamp()
        assert (await vera.get("/charts/ends.json")).status_code == 403
