"""Canary secrets: whatever the two accounts are opened with is in no output, no file of ours and no address that we call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.commands import Answer, dambridge
from support.pictures import approved, picture
from support.world import World, world


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "installation", engine={"runtime": "dbos"}) as it:
        yield it


def canaries(pair: World) -> dict[str, str]:
    """Everything that opens an account: what the configuration holds, and every session that was ever made."""
    photoshelter, netx = pair.photoshelter.credentials, pair.netx.credentials
    found = {
        "api key": str(photoshelter["api_key"]),
        "password": str(photoshelter["password"]),
        "token": str(netx["token"]),
        "wrong password": "wr0ng-passw0rd-canary",
        "wrong token": "wr0ng-t0ken-canary",
        "wrong key": "wr0ngk3ycanary",
    }
    documents = pair.photoshelter.world.documents
    sessions = [*documents.every("session"), *(it for it, _ in documents.gone("session"))]
    return found | {f"session {number}": it for number, it in enumerate(sessions)}


def wrong(pair: World, account: str, **options: str) -> World:
    return replace(pair, folder=pair.folder.with_name("wrong"), overrides={"accounts": {account: options}})


def spoken(answers: Mapping[str, Answer]) -> dict[str, str]:
    return {
        f"{name}, {what}": text for name, it in answers.items() for what, text in (("out", it.out), ("err", it.err))
    }


def kept(folder: Path) -> dict[str, str]:
    files = [it for it in folder.rglob("*") if it.is_file() and it.name != "dambridge.yaml"]
    return {str(it.relative_to(folder)): it.read_bytes().decode("latin-1") for it in files}


def called(pair: World) -> dict[str, str]:
    return {
        f"{system} call {it['seq']}": f"{it['path']}?{it['query']}"
        for system in ("photoshelter", "netx")
        for it in pair.journal(system)
    }


@pytest.mark.hazard("P49")
def test_no_secret_is_in_any_output_file_or_address(pair: World) -> None:
    for number in range(3):
        pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Harbour"], iptc=approved())
    config = pair.config
    rough: list[dict[str, Any]] = [
        {"action": "status", "status": 500, "probability": 0.1, "times": 2},
        {"action": "truncate", "bytes": 30, "probability": 0.1, "times": 2},
        {"action": "drop_reply", "probability": 0.1, "times": 2},
    ]
    answers = {
        "check": dambridge(config, "check"),
        "plan": dambridge(config, "plan", "--out", str(config.with_suffix(".plan"))),
    }
    for system in ("photoshelter", "netx"):
        pair.faults(system, *rough)
    answers["rough run"] = dambridge(config, "run", "--once")
    for system in ("photoshelter", "netx"):
        pair.faults(system)
    pair.advance(3600)
    answers["run"] = dambridge(config, "run", "--once")
    for name in ("status", "runs", "audit", "verify", "plans"):
        answers[name] = dambridge(config, name)
    bad = {
        "wrong password": wrong(pair, "agency", password="wr0ng-passw0rd-canary"),
        "wrong key": wrong(pair, "agency", api_key="wr0ngk3ycanary"),
        "wrong token": wrong(pair, "archive", token="wr0ng-t0ken-canary"),
    }
    for name, world_ in bad.items():
        answers[name] = dambridge(world_.config, "run", "--once")
        answers[f"{name}, check"] = dambridge(world_.config, "check")
        assert answers[name].code != 0, name
        assert answers[name].out + answers[name].err, f"{name}: something is said"

    assert answers["run"].code == 0
    assert len(pair.archived()) == 3
    secrets = canaries(pair)
    assert len([it for it in secrets if it.startswith("session")]) >= 3, "sessions were made, and we know them"
    shown = {**spoken(answers), **kept(pair.folder), **kept(pair.folder.with_name("wrong")), **called(pair)}
    assert len(shown) > 60
    assert any("ledger.db" in it for it in shown)
    leaks = [
        f"{secret} in {where}" for secret, value in secrets.items() for where, text in shown.items() if value in text
    ]
    assert leaks == []
