"""A search index of a very large library: some thousand different copies, each again and again under other numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from pysqlite3.dbapi2 import connect

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import Time
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, LicenceKind, Rights
from dambridge.model.searching import Document, Profile
from dambridge.model.values import FieldName, LangAlt
from dambridge.storage import open_search_index
from dambridge.storage.search_words import Fts5

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
MODELS = 5000
PROFILES = 2000
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
WORDS = [
    f"{first}{number:x}" for number in range(6000) for first in ("harbour", "quay", "fog")[number % 3 : number % 3 + 1]
]
"""The earlier, the more frequent, as words are: the first stands in every other copy."""
COMMON, USUAL, RARE = WORDS[0], WORDS[60], WORDS[-1]


def models(count: int, draw: Random) -> Iterator[Document]:
    """Copies as observed; one asset in five has one in both systems."""
    weights = list(accumulate(1 / (number + 4) for number in range(len(WORDS))))
    profiles = [_profile(number, draw) for number in range(min(PROFILES, count))]
    for number in range(count):
        twin = number % 6 == 5
        profile = profiles[(number - twin) % len(profiles)]
        words = draw.choices(WORDS, cum_weights=weights, k=24)
        yield _copy(number, words, profile, entry=f"ln{number - twin:06}" if number % 6 in {4, 5} else "")


def _profile(number: int, draw: Random) -> Profile:
    ended = number % 4 == 0
    rights = Rights(
        holder="Riverbend",
        kind=LicenceKind.RIGHTS_MANAGED,
        not_after=datetime(2020 if ended else 2090, 1, 1, tzinfo=UTC) + timedelta(days=number),
        territories=Bounds(permitted=frozenset({"DE", *draw.sample(("FR", "AT", "GB", "CH", "IT", "ES"), 3)})),
        channels=Bounds(permitted=frozenset({"portal"})),
    )
    return Profile(rights=rights, status="approved" if number % 5 else "draft")


def _copy(number: int, words: Sequence[str], profile: Profile, *, entry: str) -> Document:
    account = ARCHIVE if number % 6 in {0, 1, 5} else AGENCY
    key = AssetKey(account, RemoteId(f"{number:06}"))
    title, caption = " ".join(words[:4]), " ".join(words[4:18])
    return Document(
        key=key,
        entry=entry or str(key),
        main=True,
        profile=profile,
        rights=profile.rights,
        status=profile.status,
        media_type=MediaType.VIDEO if number % 9 == 0 else MediaType.IMAGE,
        file_name=f"DSC_{number:06}.jpg",
        title=title,
        campaigns=(f"Campaign {number % 40}",),
        photographers=(f"Photographer {number % 300}",),
        days={
            Time.DATE: f"20{10 + number % 17}-{number % 12 + 1:02}-{number % 28 + 1:02}",
            Time.ADDED: f"2026-{number % 11 + 1:02}-01",
            Time.MODIFIED: f"2026-{number % 11 + 1:02}-02",
        },
        paths=(f"Cleared/Shoot {number % 500}",),
        texts={
            "title": (tuple(words[:4]),),
            "description": (tuple(words[4:18]),),
            "keywords": tuple((it,) for it in words[18:]),
            "file_name": (("dsc", f"{number:06}", "jpg"),),
        },
        free=frozenset({"title", "description", "keywords", "file_name"}),
        fields={
            FieldName("title"): LangAlt.plain(title),
            FieldName("description"): LangAlt.plain(caption),
            FieldName("keywords"): tuple(words[18:]),
            FieldName("creator"): (f"Photographer {number % 300}",),
        },
        size=1_000_000 + number,
        modified="m",
        groups=frozenset({"base"}),
        seen_at=AT,
    )


_AGAIN = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :times)
INSERT INTO {table} ({names}) SELECT {row} FROM n, {source} d
"""
_OTHER = {
    "id": "d.id + n.i * :models",
    "rowid": "d.id + n.i * :models",
    "remote_id": "d.remote_id || '-' || n.i",
    "entry": "d.entry || '-' || n.i",
}


async def fill(store: str, assets: int) -> None:
    """Fill the index that is to stand in this folder; only copies that differ are taken apart one by one."""
    several = list(models(min(MODELS, assets), Random(8)))
    index = open_search_index(store)
    await index.put(several)
    await index.close()
    if assets > len(several):
        words = [dict(Fts5().row(number, it)) for number, it in enumerate(several, 1)]
        _multiply(Path(store) / "ledger-search.db", words, -(-assets // len(several)))


def _multiply(file: Path, words: Sequence[dict[str, Any]], times: int) -> None:
    given = {"times": times, "models": len(words)}
    conn = connect(str(file))
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("CREATE TEMP TABLE said (id INTEGER PRIMARY KEY, words TEXT, fields TEXT)")
    conn.executemany("INSERT INTO said VALUES (:id, :words, :fields)", words)
    for table, source, names in (
        ("search_docs", "search_docs", [row[1] for row in conn.execute("PRAGMA table_info(search_docs)")]),
        ("search_bodies", "search_bodies", ["id", "body"]),
        ("search_words", "said", ["rowid", "words", "fields"]),
    ):
        row = ", ".join(_OTHER.get(it, f"d.{it}") for it in names)
        conn.execute(_AGAIN.format(table=table, source=source, names=", ".join(names), row=row), given)
    conn.commit()
    conn.close()
