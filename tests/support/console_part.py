"""A library of which some people answer for a part: what lies in their part, what does not, and the words that give each away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dambridge.bootstrap import open_search
from dambridge.model.access import Scope
from dambridge.model.identity import AssetKey, FlowName, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, Rights
from dambridge.model.searching import Document, Profile
from support.console import CONFIG, START, Stand, console
from support.console_scene import AGENCY, ARCHIVE, FILES, _publication, _withdrawal, key, set_scene

INSIDE = (0, 3, 6, 7)
"""Assets of the scene that lie in the part; the others of it lie elsewhere."""
OUTSIDE = tuple(it for it in range(12) if it not in INSIDE)
HANDED_INSIDE = (0,)
TWIN = "I0000elsewhere"
"""An asset elsewhere that a reason of one inside names."""
SECRETS = (
    *(FILES[it] for it in OUTSIDE),
    *(str(key(it)) for it in OUTSIDE),
    *(f"archive:{4100 + it}" for it in OUTSIDE),
    *(f"regatta-{it:03d}" for it in (1, 2, 3)),
    *(f"I0000hand{it:04d}" for it in (1, 2, 3)),
    "Handed in/Market",
    "wdboats0002",
    TWIN,
)
PART = Scope(selections=frozenset({"harbour"}))
GERMAN = Scope(regions=frozenset({"DE"}))
_CONFIG = CONFIG + "search: {selections: {harbour: {folders: [Harbour/**]}}}\n"


@asynccontextmanager
async def parted(folder: Path) -> AsyncIterator[Stand]:
    """The console over it, with search open. Inside lies what stands in Harbour, and is known to be free in Germany."""
    async with console(folder, config=_CONFIG) as stand, open_search(stand.desk.settings) as search:
        stand.app.state.desk = stand.desk = replace(stand.desk, search=search)
        await set_scene(stand.ledger)
        gone = replace(_withdrawal(), id="wdboats0002", link=_publication(2).link, file_name=FILES[2])
        await stand.ledger.put_publications([], withdrawals=[gone])
        await _twins(stand)
        await search.index.index.put([*_documents()])
        yield stand


async def _twins(stand: Stand) -> None:
    """One inside waits for what is elsewhere."""
    run = (await stand.ledger.runs(flow=None, limit=1))[0].id
    reason = Reason.of(Code.TWO_COPIES, copies=(TWIN, "4106"), name="x")
    before = (await stand.ledger.observations(FlowName.INTAKE, [key(6)]))[key(6)]
    seen = replace(before, outcome=Outcome.WAITING, reason=reason, at=START - timedelta(minutes=5), words=())
    await stand.ledger.record_items(run, [], [seen])


def _documents() -> Sequence[Document]:
    found: list[Document] = []
    for number in range(12):
        copies = (key(number), AssetKey(ARCHIVE, RemoteId(str(4100 + number))))
        found += [_document(it, FILES[number], inside=number in INSIDE) for it in copies]
    handed = [AssetKey(AGENCY, RemoteId(f"I0000hand{it:04d}")) for it in range(4)]
    found += [
        _document(it, f"regatta-{number:03d}.jpg", inside=number in HANDED_INSIDE) for number, it in enumerate(handed)
    ]
    return found


def _document(at: AssetKey, name: str, *, inside: bool) -> Document:
    rights = Rights(territories=Bounds(permitted=frozenset({"DE" if inside else "FR"})))
    return Document(
        key=at,
        entry=str(at),
        main=True,
        profile=Profile(rights=rights, status="in_review"),
        rights=rights,
        status="in_review",
        media_type=MediaType.IMAGE,
        file_name=name,
        title=name,
        campaigns=(),
        photographers=(),
        days={},
        paths=("Harbour/2026" if inside else "Elsewhere/2026",),
        texts={},
        free=frozenset(),
        fields={},
        size=1,
        modified="m",
        groups=frozenset({"base"}),
        seen_at=START,
    )
