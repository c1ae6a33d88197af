"""A console over a store of its own, with people in it, asked as a browser asks: no simulator, no server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher
from fastapi import FastAPI

from dambridge.bootstrap import Settings, load_settings, people_desk
from dambridge.console import Desk, make_app
from dambridge.console.desk import Pictures
from dambridge.engine import people
from dambridge.engine.passwords import Passwords
from dambridge.model.access import Role, Scope
from dambridge.search.desk import SearchDesk
from dambridge.storage import SqlLedger, open_ledger

START = datetime(2026, 11, 28, 9, tzinfo=UTC)
HOST = "http://127.0.0.1:8390"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""The same hashing, for tests of other things than its cost."""
CONFIG = """\
accounts:
  agency:
    {system: photoshelter, base_url: "http://127.0.0.1:9", api_key: key-7731, email: a@b.example, password: pw-7732, org_id: O1}
  archive: {system: netx, base_url: "http://127.0.0.1:9", token: tk-7733}
flows:
  intake: {from: agency, to: archive, select: {galleries: ["Intake/**"]}}
  publish:
    from: archive
    select: {folders: ["Cleared/**"]}
    outlets:
      partners: {account: agency, gallery: Partners, channel: portal, territory: DE, audience: dealers}
  handoff:
    from: agency
    to: archive
    select: {galleries: ["Handed in/**"]}
    carriers: [{by: edit_status, words: {approved: [approved], rejected: [rejected], changes_asked: [changes asked]}}]
    queue: {owner: Mara Lind, deputy: Ben Koch, within: 8h}
    coordinator: Ida Roth
gate: {zone: Europe/Berlin, channels: {portal: {}}}
clock: system
map_file: map.yaml
console: {port: 8390}
store: {path: data}
"""
MAP = """\
# Mara's map
owner: Mara Lind
review_by: 2027-06-01
classify:
  - name: press
    when: '"press" in keywords'
    set: {usage_terms: Editorial use in news media.}
places:
  - folder: PhotoShelter/{year}/{gallery}
accounts:
  archive:
    fields:
      credit: {to: Credit Line, type: text, limit: 120}
      keywords: {to: Keywords, type: tag, new_terms: send}
      headline: Headline # as on the page
"""


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: datetime = START

    async def now(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(slots=True)
class Stand:
    """The console, its store, its clocks, and the passwords of the people in it."""

    app: FastAPI
    desk: Desk
    ledger: SqlLedger
    clock: Hands
    wall: Hands
    passwords: dict[str, str] = field(default_factory=dict)

    async def person(self, name: str, *roles: str, scope: Scope | None = None) -> str:
        """Somebody new; gives their password."""
        wanted = frozenset(map(Role, roles))
        made = await people.add(self.desk.people, name, roles=wanted, by="test", scope=scope or Scope())
        self.passwords[name] = made
        return made

    def browser(self, **more: Any) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url=HOST, **more)

    async def signed_in(self, name: str) -> Browser:
        client = self.browser()
        answer = await client.post("/sign-in", data={"name": name, "password": self.passwords[name]})
        assert answer.status_code == 303, answer.text
        return Browser(client)


@dataclass(slots=True)
class Browser:
    """Somebody's browser: it follows no redirect by itself, and posts forms with what the page gave it."""

    client: httpx2.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.client.get(path, **more)

    async def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.client.get("/me")).text)
        assert found is not None
        return found[1]

    async def post(self, path: str, **fields: Any) -> httpx2.Response:
        return await self.client.post(path, data={"csrf": await self.csrf(), **fields})


def configured(folder: Path, config: str = CONFIG) -> Path:
    """The file of this configuration, with the map beside it that it names."""
    file = folder / "dambridge.yaml"
    file.write_text(config, encoding="utf-8")
    file.chmod(0o600)
    if "map_file: map.yaml" in config and not (folder / "map.yaml").exists():
        (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    return file


@asynccontextmanager
async def console(
    folder: Path,
    *,
    config: str = CONFIG,
    change: Callable[[Settings], Settings] = lambda it: it,
    pictures: Pictures | None = None,
    search: SearchDesk | None = None,
) -> AsyncIterator[Stand]:
    """A console over an empty store."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = change(load_settings(configured(folder, config)))
    ledger = open_ledger(str(settings.store.path))
    clock, wall = Hands(), Hands()
    desk_of_people = replace(people_desk(settings, ledger), clock=wall, passwords=QUICK)
    desk = Desk(settings=settings, ledger=ledger, clock=clock, people=desk_of_people, pictures=pictures, search=search)
    try:
        yield Stand(make_app(desk), desk, ledger, clock, wall)
    finally:
        await ledger.close()
