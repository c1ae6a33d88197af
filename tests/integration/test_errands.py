"""Errands over both systems: the index filled anew, an account asked, two libraries compared, as a server does them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import errands_of, known_capabilities, load_settings, open_store
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId
from dambridge.ports.errors import Refused
from support.console import START
from support.search_world import search_world


def order(kind: CommandKind, **scope: Any) -> Command:
    return Command(
        id=CommandId(f"co{kind}"),
        kind=kind,
        actor="ada",
        via="console",
        scope=scope,
        idempotency_key="",
        state=CommandState.RUNNING,
        created_at=START,
    )


@pytest.mark.long
async def test_what_a_server_does_beside_the_flows_is_what_the_commands_do(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    with search_world(tmp_path / "found", count=6) as known:
        settings = load_settings(known.pair.config)
        errands, said = errands_of(settings), list[str]()
        told = await errands[CommandKind.REFILL](order(CommandKind.REFILL), said.append)
        assert told["read"] == len(known.truth.copies)
        assert told["exit_code"] == 0
        async with known.desk() as desk:
            assert await desk.index.index.count() == len(known.truth.copies)
        told = await errands[CommandKind.COMPARE](order(CommandKind.COMPARE), said.append)
        assert told["certain"] + told["review"] + told["alone"] >= 1
        assert any(" of " in it for it in said)
        with pytest.raises(Refused, match="no account"):
            await errands[CommandKind.PROBE](order(CommandKind.PROBE, account="nowhere"), said.append)
        told = await errands[CommandKind.PROBE](order(CommandKind.PROBE, account="archive", write=False), said.append)
        assert told["asked"] >= told["answered"] >= 5
        found = known_capabilities(settings).accounts
        assert set(found) == {"archive"}
        async with open_store(settings) as (ledger, _):
            trail = [it.entry for it in await ledger.audit_trail(subject=None, after=0, limit=99)]
        assert {it.actor for it in trail if it.event.startswith("probe.")} == {"ada"}
