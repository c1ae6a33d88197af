"""Webhooks of NetX end to end: whatever becomes of them, the end state is that of a full scan (hazard P16)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from dambridge.bootstrap import Bridge, hear_hooks, hint_memory, load_settings
from dambridge.engine import hearing as hearing_module
from dambridge.engine import hinting
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.hints import Hint, Stamp
from support.pictures import approved, picture
from support.world import World, control, world

SECRET = "canary-hook-secret"
COUNT = 6


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    hooks = {"port": 0, "path_secret": "canary-path", "per_second": 500}
    with world(tmp_path, accounts={"archive": {"hooks": {"secret": SECRET}}}, hooks=hooks) as it:
        yield it


@asynccontextmanager
async def hearing(pair: World, *, secret: str = SECRET) -> AsyncIterator[tuple[Bridge, str]]:
    """An installation with its receiver, and NetX told where that is."""
    async with pair.bridge() as bridge, hear_hooks(load_settings(pair.config), bridge) as port:
        url = f"http://127.0.0.1:{port}/hooks/archive/canary-path"
        target = {"url": url, "events": ["asset.*"], "secret": secret}
        control(pair.netx.url, "POST", "/__sim__/webhooks", {"targets": [target]})
        yield bridge, url
        control(pair.netx.url, "POST", "/__sim__/webhooks", {"targets": []})


async def linked(pair: World) -> list[str]:
    """Assets that are in step and older than a poll reaches back; their ids in NetX.

    Edits of fields do not move the modified time here, so that a poll alone finds none of them."""
    pair.switch("photoshelter", iptc_moves_modified=False)
    for it in range(COUNT):
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved(title=f"T{it}"))
    await pair.run()
    pair.advance(3600)
    await pair.run()
    return [str(it["id"]) for it in pair.archived()]


async def delivered(pair: World) -> None:
    """Wait until every hook that is under way has been answered."""
    for _ in range(400):
        told = control(pair.netx.url, "GET", "/__sim__/webhooks")
        if all(it["done"] for it in told["deliveries"]):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(told)


class Courier:
    """A system that says in plain words which of its assets may have changed."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        return [Hint(AssetKey(AccountId("agency"), RemoteId(it)), "edited") for it in body.decode().split()]

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        return Stamp(id="", at=None, window=timedelta(hours=1))


def titles(pair: World) -> dict[str, str]:
    return {source: copy["attributes"]["Title"][0] for source, (copy,) in pair.by_source().items()}


@pytest.mark.hazard("P16")
@pytest.mark.parametrize("seed", range(3))
async def test_hints_doubled_shuffled_and_late_end_as_a_full_scan_would(pair: World, seed: int) -> None:
    chance = random.Random(seed)
    await linked(pair)
    async with pair.bridge() as bridge:
        bridge.sites[AccountId("agency")].hints = Courier()
        async with hear_hooks(load_settings(pair.config), bridge) as port:
            url = f"http://127.0.0.1:{port}/hooks/agency/canary-path"
            sources = sorted(pair.by_source())
            told: list[str] = []
            for number in range(12):
                asset = chance.choice(sources)
                pair.edit(asset, iptc={"title": f"edit {number}"})
                told += [asset] * chance.choice([1, 1, 2, 3])
            chance.shuffle(told)
            late = told[: len(told) // 3]
            for it in [*told, "I0000nobodysXXXX"]:
                assert await post(url, it.encode(), secret=None) == 202
            await run_flow(bridge.parts)
            after = titles(pair)
            for it in late:  # old news, after everything has been looked at
                assert await post(url, it.encode(), secret=None) == 202
            mark = pair.seq("netx")
            await run_flow(bridge.parts)
            await run_flow(bridge.parts, full=True)
            assert titles(pair) == after
            assert pair.changes("netx", mark) == []
            assert {it for it in after.values() if it.startswith("edit")}


@pytest.mark.hazard("P16")
async def test_lost_hints_are_made_good_by_the_sweep(pair: World) -> None:
    await linked(pair)
    async with pair.bridge() as bridge:
        before, asset = titles(pair), min(pair.by_source())
        pair.edit(asset, iptc={"title": "edited"})
        await run_flow(bridge.parts)
        assert titles(pair) == before, "the poll alone cannot see it"
        await run_flow(bridge.parts, full=True)
        assert titles(pair) == {**before, asset: "edited"}


@pytest.mark.hazard("P16")
@pytest.mark.parametrize("fate", ["sound", "duplicate", "reorder", "delay"])
async def test_whatever_becomes_of_netx_hooks_each_changed_asset_is_one_row(pair: World, fate: str) -> None:
    copies = await linked(pair)
    async with hearing(pair) as (bridge, _):
        if fate != "sound":
            pair.faults("netx", {"match": {}, "action": f"webhook:{fate}", "probability": 0.6, "seconds": 0.2})
        pair.edit_netx(copies[0], attributes={"Caption": ["one"]})
        pair.edit_netx(copies[0], attributes={"Caption": ["two"]})
        control(pair.netx.url, "DELETE", f"/__sim__/assets/{copies[1]}")
        pair.faults("netx")
        pair.edit_netx(copies[2], attributes={"Caption": ["three"]})  # sends on what was held back
        await delivered(pair)
        assert {it.payload["id"] for it in await hinting.waiting_hints(bridge.parts)} == set(copies[:3])
        assert len(await hinting.hinted_sources(bridge.parts, await hinting.waiting_hints(bridge.parts))) == 3
        mark = pair.seq("photoshelter")
        await run_flow(bridge.parts)
        read = {asset for it in pair.journal("photoshelter", mark) for asset in it["ids"]}
        assert len(read & set(pair.by_source())) >= 2, "their sources were read again"
        assert await hinting.waiting_hints(bridge.parts) == ()


async def test_forged_garbled_oversized_and_unknown_deliveries_leave_no_row(pair: World) -> None:
    copies = await linked(pair)
    async with hearing(pair) as (bridge, url):
        said = {"data": {"asset": {"id": int(copies[0])}}}
        assert await post(url, said, secret="guessed") == 404
        assert await post(url, said, secret=None) == 404
        assert await post(url, b"{", secret=SECRET) == 400
        assert await post(url, b"x" * 70_000, secret=SECRET) == 413
        assert await post(url.replace("canary-path", "guess"), said) == 404
        assert await post(url.replace("archive", "agency"), said) == 404
        assert await post(url, {"event": "test"}) == 202
        kind = hinting.hints_of(bridge.parts)
        assert await bridge.parts.ledger.count_due(kind) == 0
        assert await post(url, said) == 202
        assert await bridge.parts.ledger.count_due(kind) == 1


@pytest.mark.hazard("P16")
@pytest.mark.parametrize("seed", range(2))
async def test_drawn_replays_late_altered_and_doubled_deliveries_cause_nothing(pair: World, seed: int) -> None:
    """Beside each that causes nothing stands a fresh one that does."""
    chance, caused = random.Random(seed), 0
    async with hearing(pair) as (bridge, url):
        kind, ledger = hinting.hints_of(bridge.parts), bridge.parts.ledger
        now = await bridge.parts.clock.now()

        async def rows() -> int:
            count = await ledger.count_due(kind)
            for it in await hinting.waiting_hints(bridge.parts):
                await ledger.finish_due(it.kind, it.key, worker=it.kind, next_at=None)
            return count

        for number in range(25):
            age = chance.choice([0, 5, 3500, -3500])
            body = json.dumps({"assetId": 4000 + number, "timestamp": round((now.timestamp() - age) * 1000)}).encode()
            fate = chance.choice(["doubled", "replayed", "late", "early", "altered", "unsigned"])
            if fate in {"late", "early"}:
                off = 3700 if fate == "late" else -3700
                wrong = json.dumps({"assetId": 1, "timestamp": round((now.timestamp() - off) * 1000)}).encode()
                assert await post(url, wrong) == 400
            if fate == "altered":
                at = chance.randrange(len(body))
                altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
                assert await post(url, altered, signed=body) == 404
            if fate == "unsigned":
                assert await post(url, body, secret=None) == 404
            assert await rows() == 0, fate
            assert await post(url, body) == 202
            caused += await rows()
            if fate in {"doubled", "replayed"}:
                for _ in range(chance.randint(1, 3)):
                    assert await post(url, body) == 202, "a sender whose answer was lost has to be able to stop"
                assert await rows() == 0, fate
        assert caused == 25


async def test_a_middleman_speaks_for_photoshelter_and_a_custom_action_sends_a_selection(tmp_path: Path) -> None:
    """Both through the receiver as the configuration opens it."""
    standard = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
    accounts = {"agency": {"hooks": {"secrets": [standard]}}, "archive": {"custom_action": {"secret": SECRET}}}
    with world(tmp_path, accounts=accounts, hooks={"port": 0}) as pair:
        settings = load_settings(pair.config)
        assert {standard, SECRET} <= set(settings.secrets())
        async with pair.bridge() as bridge, hear_hooks(settings, bridge) as port:
            now = await bridge.parts.clock.now()
            body = json.dumps({"type": "asset.edited", "data": {"ids": ["I0000abc", "I0000def"]}})
            kind, ledger = hinting.hints_of(bridge.parts), bridge.parts.ledger
            for at, status, rows in ((now - timedelta(minutes=6), 400, 0), (now, 202, 2), (now, 202, 2)):
                said = {
                    "webhook-id": "msg_1",
                    "webhook-timestamp": str(int(at.timestamp())),
                    "webhook-signature": Webhook(standard).sign("msg_1", at, body),
                }
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(f"http://127.0.0.1:{port}/hooks/agency", data=body.encode(), headers=said) as reply,
                ):
                    assert reply.status == status
                assert await ledger.count_due(kind) == rows
            picked = {"action": "Send", "user": {"login": "mara"}, "data": {"assets": [{"id": 7}, {"id": 8}]}}
            url = f"http://127.0.0.1:{port}/selections/archive"
            assert await post(url, picked) == 202
            assert await post(url, picked, secret="guessed") == 404
            assert await post(url.replace("archive", "agency"), picked) == 404
            (kept,) = await hint_memory(ledger).selections(since=now, limit=9)
            assert (kept.account, kept.by, kept.assets) == ("archive", "mara", ("7", "8"))


@pytest.mark.hazard("P18")
async def test_what_could_not_be_kept_is_not_taken_for_heard(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(pair) as (bridge, url):
        now = await bridge.parts.clock.now()
        said = {"assetId": 7, "timestamp": round(now.timestamp() * 1000)}
        with monkeypatch.context() as full:
            full.setattr(hearing_module, "MOST_WAITING", 0)
            assert await post(url, said) == 503
        assert await post(url, said) == 202
        assert await bridge.parts.ledger.count_due(hinting.hints_of(bridge.parts)) == 1


async def test_one_asset_is_one_row_and_rows_have_a_bound(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing_module, "MOST_WAITING", 3)
    async with hearing(pair) as (bridge, url):
        kind = hinting.hints_of(bridge.parts)
        for number in (1, 1, 1, 2, 2, 3):
            await post(url, {"assetId": number})
        assert await bridge.parts.ledger.count_due(kind) <= 3
        assert await post(url, {"assetId": 4}) == 503
        await run_flow(bridge.parts)
        assert await bridge.parts.ledger.count_due(kind) == 0
        assert await post(url, {"assetId": 4}) == 202


async def test_a_round_that_dies_leaves_its_hints_to_the_next(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = await linked(pair)
    async with hearing(pair) as (bridge, url):
        await post(url, {"assetId": int(copies[0])})

        async def die(*_: object) -> None:
            raise RuntimeError("planted")

        with monkeypatch.context() as broken:
            broken.setattr("dambridge.engine.taking_in.running.remember_position", die)
            with pytest.raises(RuntimeError, match="planted"):
                await run_flow(bridge.parts)
        assert len(await hinting.waiting_hints(bridge.parts)) == 1


@pytest.mark.hazard("P49")
async def test_no_secret_of_hooks_is_shown(pair: World, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(pair.config)
    async with hearing(pair) as (_, url):
        await post(url, b"{", secret="guessed")
    shown = capsys.readouterr()
    assert "canary" not in f"{settings!r} {shown.out} {shown.err}"
    assert {SECRET, "canary-path"} <= set(settings.secrets())


async def post(
    url: str, body: Mapping[str, Any] | bytes, *, secret: str | None = SECRET, signed: bytes | None = None
) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "text/plain"}
    if secret is not None:
        headers["X-Netx-Signature"] = hmac.new(secret.encode(), signed or data, hashlib.sha256).hexdigest()
    async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as reply:
        return reply.status
