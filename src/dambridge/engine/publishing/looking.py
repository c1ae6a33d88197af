"""Which masters may need something: what changed, what was hinted at, what waits, whose hour has come, what stands outside
and is looked for in turn; and everything selected and published on a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dambridge.engine.hinting import forget_hints, waiting_hints
from dambridge.engine.publishing.casing import audience_of
from dambridge.engine.publishing.deciding import asking
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.selecting import selects_folder
from dambridge.engine.sweeping import whole
from dambridge.model.identity import AccountId, AssetKey, CopyId, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import IN_SIGHT, Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.planning.audiences import drift
from dambridge.ports.audience import Audience
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import Due
from dambridge.ports.systems import Window

LINGERING = (Outcome.WAITING, Outcome.FAILED, Outcome.QUARANTINED)
STANDS = (Stage.STAGED, Stage.VISIBLE, Stage.LEAVING, Stage.WITHDRAWN)
"""Stages in which a file of ours stands in an account."""
PAGE = 500
AT_ONCE = 10_000
"""Masters whose hour comes that are decided about in one go."""


@dataclass(slots=True)
class Round:
    """What a round of looking brought. `met` are masters to decide about, those in `closely` with a look at their copies.
    `unproven` says that a listing of the source is not known to be whole: nobody is taken for gone."""

    upto: datetime
    met: dict[AssetKey, None] = field(default_factory=dict)
    closely: set[AssetKey] = field(default_factory=set)
    swept: bool = False
    unproven: bool = False
    notes: list[Reason] = field(default_factory=list)
    hints: Sequence[Due] = ()
    asked: Sequence[Due] = ()
    checked_upto: str = ""

    def doubt(self, what: str, why: str) -> None:
        self.unproven = True
        self.notes.append(Reason.of(Code.LISTING_UNPROVEN, what=what, text=why))

    def meet(self, keys: Sequence[AssetKey], *, closely: bool = False) -> None:
        self.met.update(dict.fromkeys(keys))
        if closely:
            self.closely.update(keys)


async def look_around(parts: PublishParts, *, full: bool) -> Round:
    """Find the masters of this round. A sweep is due when it was never done, or not for `sweep_every`."""
    now = await parts.clock.now()
    found = Round(upto=now)
    found.notes += await _abandoned(parts)
    found.asked = await whose_hour_has_come(parts)
    found.meet([masters_key(parts, it) for it in found.asked])
    await _drifted(parts, found)
    await _in_turn(parts, found)
    await _hinted(parts, found)
    await _lingering(parts, found)
    cursor = await parts.ledger.cursor(parts.policy.source, f"{parts.flow}:changed")
    if full or cursor is None or await _sweep_due(parts, now):
        found.swept = True
        await _sweep(parts, found)
    else:
        start = datetime.fromisoformat(cursor) - parts.settings.overlap
        pages = parts.reader.changed(Window(start, now), lane=parts.lane)
        async for page in whole(pages, "what changed", found.doubt):
            found.meet([_key(parts, it.remote_id) for it in page.sightings])
    return found


async def remember_position(parts: PublishParts, found: Round) -> None:
    """Move the cursors once everything found has been dealt with; where a listing was unproven they stay."""
    await forget_hints(parts, found.hints)
    await forget_asked(parts, found.asked)
    source = parts.policy.source
    await parts.ledger.move_cursor(source, f"{parts.flow}:checked", found.checked_upto)
    if found.unproven:
        return
    await parts.ledger.move_cursor(source, f"{parts.flow}:changed", found.upto.isoformat())
    if found.swept:
        await parts.ledger.move_cursor(source, f"{parts.flow}:swept", found.upto.isoformat())


async def masters_of(parts: PublishParts, several: Sequence[Publication]) -> list[AssetKey]:
    """The masters of what stands outside."""
    links = await parts.ledger.links(list(dict.fromkeys(it.link for it in several)))
    copies = [it.copy(parts.policy.source_copy) for it in links.values()]
    return [it.key for it in copies if it is not None]


def _key(parts: PublishParts, remote_id: RemoteId) -> AssetKey:
    return AssetKey(parts.policy.source, remote_id)


def _worker(parts: PublishParts) -> str:
    return f"flow:{parts.flow}"


async def _sweep_due(parts: PublishParts, now: datetime) -> bool:
    last = await parts.ledger.cursor(parts.policy.source, f"{parts.flow}:swept")
    return last is None or datetime.fromisoformat(last) + parts.settings.sweep_every <= now


async def _sweep(parts: PublishParts, found: Round) -> None:
    """Everything that stands in a selected folder, what people ordered, and everything that ever went out."""
    try:
        async for container in parts.reader.containers(lane=parts.lane):
            if selects_folder(parts.policy.selection, container.path):
                pages = parts.reader.members(container.id, lane=parts.lane)
                async for page in whole(pages, container.path, found.doubt):
                    found.meet([_key(parts, it.remote_id) for it in page.sightings])
    except CannotGoOn:
        raise
    except NextMove as error:
        found.doubt("the list of folders", str(error))
    await _ordered(parts, found)
    after: tuple[LinkId, CopyId] | None = None
    while page_of := await parts.ledger.publications_in(parts.flow, stages=STANDS, after=after, limit=PAGE):
        after = (page_of[-1].link, page_of[-1].copy)
        found.meet(await masters_of(parts, page_of))


async def _ordered(parts: PublishParts, found: Round) -> None:
    """What people ordered to outlets and did not take back."""
    after: tuple[str, AssetKey] | None = None
    while page := await parts.ledger.outlet_orders_in(parts.flow, after=after, limit=PAGE):
        after = (page[-1].outlet, page[-1].source)
        found.meet([it.source for it in page if it.stands(found.upto)])


async def whose_hour_has_come(parts: PublishParts) -> Sequence[Due]:
    """Masters whose answer may be another one since an instant that was known ahead: embargoes that open, ends."""
    now, kind = await parts.clock.now(), asking(parts)
    first = await parts.ledger.next_due(kinds=[kind])
    if first is None or first > now:
        return ()
    return await parts.ledger.take_due(now, kinds=[kind], limit=AT_ONCE, worker=_worker(parts), lease=now)


def masters_key(parts: PublishParts, due: Due) -> AssetKey:
    return _key(parts, RemoteId(due.payload["id"]))


async def forget_asked(parts: PublishParts, asked: Sequence[Due]) -> None:
    """They were asked; one that was set anew meanwhile stays."""
    for due in asked:
        await parts.ledger.finish_due(due.kind, due.key, worker=_worker(parts), next_at=None)


async def _abandoned(parts: PublishParts) -> list[Reason]:
    """Outlets that show something and are not configured any more: said in every run, which is red until somebody acts."""
    counts = await parts.ledger.count_publications(parts.flow)
    shown: dict[str, int] = {}
    for (outlet, stage), count in sorted(counts.items()):
        if stage in IN_SIGHT and outlet not in parts.policy.outlets:
            shown[outlet] = shown.get(outlet, 0) + count
    return [Reason.of(Code.OUTLET_GONE, outlet=it, shown=count) for it, count in shown.items()]


async def _drifted(parts: PublishParts, found: Round) -> None:
    """Everything that is shown in a gallery which stands otherwise than was agreed."""
    for name, agreed in (await parts.ledger.agreed_audiences()).items():
        if name not in parts.policy.outlets:
            continue
        audience = await audience_of(parts, agreed)
        shown = audience if isinstance(audience, Audience) else None
        if audience is not None and drift(agreed, shown, found.upto).differs:
            after: tuple[LinkId, CopyId] | None = None
            while page := await parts.ledger.publications_in(
                parts.flow, outlet=name, stages=(Stage.VISIBLE,), after=after, limit=PAGE
            ):
                after = (page[-1].link, page[-1].copy)
                found.meet(await masters_of(parts, page))


async def _in_turn(parts: PublishParts, found: Round) -> None:
    """Files of ours, so many in each run: whether people put them elsewhere is told by no change of theirs."""
    source = parts.policy.source
    cursor = await parts.ledger.cursor(source, f"{parts.flow}:checked") or ""
    limit = parts.place_checks
    page = await _page_after(parts, cursor, limit)
    if len(page) < limit and cursor:
        page = [*page, *await _page_after(parts, "", limit - len(page))]
    found.meet(await masters_of(parts, page), closely=True)
    found.checked_upto = f"{page[-1].link} {page[-1].copy}" if page else ""


async def _page_after(parts: PublishParts, cursor: str, limit: int) -> list[Publication]:
    link, _, copy = cursor.partition(" ")
    after = (LinkId(link), CopyId.parse(copy)) if copy else None
    return list(await parts.ledger.publications_in(parts.flow, stages=STANDS, after=after, limit=limit))


async def _hinted(parts: PublishParts, found: Round) -> None:
    found.hints = await waiting_hints(parts)
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in found.hints]
    found.meet([it for it in keys if it.account == parts.policy.source])
    ours = await parts.ledger.publications_at([it for it in keys if it.account != parts.policy.source])
    found.meet(await masters_of(parts, list(ours.values())), closely=True)


async def _lingering(parts: PublishParts, found: Round) -> None:
    old = await parts.ledger.lingering(parts.flow, outcomes=LINGERING, limit=parts.settings.relook)
    found.meet([it.key for it in old if it.key.account == parts.policy.source], closely=True)
