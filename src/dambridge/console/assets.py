"""One asset: all copies beside each other, what was agreed, its rights through time, and its story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Signed, Stop, needing
from dambridge.console.lens import Lens, lens_for
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import address, page, plain, spoken
from dambridge.engine.stories import Story, story_of
from dambridge.mapping.rights import rights_of
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId, CopyId, FlowName
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code
from dambridge.model.rights import Rights
from dambridge.model.values import FieldName, Value
from dambridge.planning.provenance import provenance
from dambridge.policy.duties import Duty
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import ActionRow, StepRow
from dambridge.telemetry.telling import teller

router = APIRouter(include_in_schema=False)
ACTIONS = 5
HELD = frozenset({Code.UNKNOWN_SINCE_LOSS, Code.TAKEN_DOWN, Code.OBSERVE_ONLY, Code.COPY_NOT_SEEN, Code.BYTES_UNPROVEN})
"""Why somebody has to say that an asset may go on."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a copy, and whether it is another one than was agreed on."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One field across all copies; a copy that says nothing of it has None."""

    field: str
    agreed: str
    cells: tuple[Cell | None, ...]

    @property
    def differs(self) -> bool:
        return any(it is not None and it.differs for it in self.cells)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time on the band, in hundredths of its width."""

    name: str
    kind: str
    x: float
    width: float
    says: str


@dataclass(frozen=True, slots=True)
class Band:
    """Rights through time: `now` in hundredths, and the instants at both ends."""

    spans: tuple[Span, ...]
    now: float
    begins: datetime
    ends: datetime


@router.get("/assets")
async def find(request: Request, who: PartSeer, q: str = "") -> Response:
    """Look one up by any of its ids, or by a part of its file's name among those last seen."""
    desk, wanted = desk_of(request), q.strip()
    if wanted:
        try:
            await story_seen(lens_for(desk, who.person.searcher), wanted)
        except (Refused, Stop) as error:
            return page(request, "find.html", q=wanted, says=str(error), notice=None)
        return RedirectResponse(address(f"/assets/{wanted}"), status_code=303)
    return page(request, "find.html", q="", says="", notice=await notice_of(request, who))


async def story_seen(lens: Lens, asset: str) -> Story:
    """The story of an asset as far as this person sees it. Who answers for a part is not told what was done with it, for that
    may name others; what is not theirs is to them as if it were not there. Raises `Stop`."""
    desk, nothing = lens.desk, f"Nothing of yours is known as {asset}."
    accounts = [AccountId(it) for it in desk.settings.accounts]
    try:
        story = await story_of(desk.ledger, asset, accounts=accounts, flows=desk.flows)
    except Refused as error:
        raise Stop(404, nothing if lens.part else str(error)) from None
    if not lens.part:
        return story
    keys = [it.key for it in story.link.copies] if story.link is not None else [story.key] if story.key else []
    flow = flow_of(story)
    await lens.needs(keys if flow is None or flow in lens.flows else [], nothing)
    return replace(story, trail=(), appliers={})


@router.get("/assets/{asset:path}")
async def one(request: Request, asset: str, signed: PartSeer) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    lens = lens_for(desk, signed.person.searcher)
    story = await story_seen(lens, asset)
    if (flow := flow_of(story)) is not None:
        signed.needs(Duty.SEE_ASSETS, flow, partly=True)
    fields = _agreed(story)
    rights = rights_of({FieldName(it): value for it, value in fields.items()}, _zone(desk))
    places, lines = table_of(story, fields)
    return page(
        request,
        "asset.html",
        now=now,
        story=story,
        name=_name(story, asset),
        asset=asset,
        columns=places,
        lines=lines,
        enriched=provenance(story.accords),
        rights=rights,
        band=band_of(story, rights, now),
        told=[(it, spoken(story.told(it)), teller(it.entry.actor)) for it in reversed(story.trail)],
        work=await work_of(desk, story) if not lens.part else [],
        lens=lens,
        release=story.seen is not None and story.seen.reason.code in HELD,
        loosening=story.seen is not None and story.seen.reason.code is Code.LOOSENING_REFUSED,
        open_conflicts=[it for it in story.conflicts.values() if it.stands],
        notice=await notice_of(request, signed),
    )


async def work_of(desk: Desk, story: Story) -> list[tuple[ActionRow, Sequence[StepRow]]]:
    """The latest actions with their steps: what was asked of the systems, and what came back."""
    rows = sorted(await desk.ledger.actions_of(story.id), key=lambda it: it.run, reverse=True)
    return [(it, await desk.ledger.steps(it.action.id)) for it in rows[:ACTIONS]]


def flow_of(story: Story) -> FlowName | None:
    """The flow that an asset is of, as far as anybody knows: the one that saw it last, else that of its link."""
    if story.seen is not None:
        return story.seen.flow
    return story.link.flow if story.link is not None else None


def _zone(desk: Desk) -> ZoneInfo:
    gate = desk.settings.gate
    return ZoneInfo(gate.zone if gate is not None else "UTC")


def _name(story: Story, asset: str) -> str:
    if story.seen is not None and story.seen.file_name:
        return story.seen.file_name
    return next((it.file_name for it in story.publications.values() if it.file_name), asset)


def _agreed(story: Story) -> dict[str, Value]:
    """The agreed values of all groups; those of a copy that was delivered, where no group is kept in step."""
    found: dict[str, Value] = {}
    if story.agreed is not None:
        found |= {str(name): it for name, it in {**story.agreed.fields, **story.agreed.filled}.items()}
    for accord in story.accords.values():
        found |= {str(name): it for name, it in accord.fields.items()}
    return found


def table_of(story: Story, agreed: Mapping[str, Value]) -> tuple[list[CopyId], list[Line]]:
    """The copies that say something, and every field across them."""
    by_copy: dict[CopyId, dict[str, str]] = {}
    for accord in story.accords.values():
        for copy, standing in accord.copies.items():
            by_copy.setdefault(copy, {}).update(plain(standing.fields))
    for copy, it in story.publications.items():
        by_copy.setdefault(copy, {}).update(plain(it.shown or it.fields))
    copies, texts = sorted(by_copy), plain(agreed)
    names = sorted({*texts, *(name for it in by_copy.values() for name in it)})
    return copies, [_line(name, texts, [by_copy[it] for it in copies]) for name in names]


def _line(name: str, agreed: Mapping[str, str], copies: Sequence[Mapping[str, str]]) -> Line:
    base = agreed.get(name, "")
    cells = tuple(Cell(it[name], bool(base) and it[name] != base) if name in it else None for it in copies)
    return Line(name, base, cells)


def band_of(story: Story, rights: Rights, now: datetime) -> Band | None:
    """Embargo, licence and where it was shown, on one line of time; None where no instant is known."""
    shown = [it for it in story.publications.values() if it.stage is not Stage.STAGED]
    instants = [it for it in (rights.not_before, rights.not_after) if it is not None]
    instants += [at for it in shown for at in (it.at, it.until) if at is not None]
    if not instants:
        return None
    begins, ends = min(*instants, now) - timedelta(days=10), max(*instants, now) + timedelta(days=10)

    def at(instant: datetime) -> float:
        return max(0.0, min(100.0, (instant - begins) / (ends - begins) * 100))

    def span(name: str, kind: str, start: datetime | None, stop: datetime | None, says: str) -> Span:
        left, right = at(start or begins), at(stop or ends)
        return Span(name, kind, left, max(right - left, 0.4), says)

    spans = []
    if rights.not_before is not None and rights.not_before > begins:
        spans.append(span("embargo", "shut", None, rights.not_before, f"Not before {rights.not_before:%-d %B %Y}"))
    if rights.not_before is not None or rights.not_after is not None:
        until = f" until {rights.not_after:%-d %B %Y}" if rights.not_after else ""
        spans.append(span("licence", "span", rights.not_before, rights.not_after, f"May be used{until}"))
    for it in sorted(shown, key=lambda one: one.outlet):
        gone = it.stage is Stage.WITHDRAWN
        says = f"{it.outlet}: withdrawn {it.at:%-d %B %Y}" if gone else f"{it.outlet}: shown since {it.at:%-d %B %Y}"
        spans.append(span(it.outlet, "gone" if gone else "shown", it.at, it.at if gone else it.until or ends, says))
    return Band(tuple(spans), at(now), begins, ends)


@router.post("/releases")
async def release(request: Request, who: Annotated[Signed, Depends(needing(Duty.SETTLE))]) -> Response:
    """Let one go on that was held since the store was made anew, or was taken down before."""
    who.needs(Duty.SETTLE, FlowName.INTAKE)
    asset = str((await request.form()).get("asset") or "")
    account, _, remote = asset.partition(":")
    scope = {"assets": [[account, remote]], "all": False, "flow": str(FlowName.INTAKE)}
    return await order(request, who, CommandKind.RELEASE, scope, back=f"/assets/{asset}")


@router.post("/holds")
async def hold(request: Request, who: Annotated[Signed, Depends(needing(Duty.HOLD))]) -> Response:
    """Put an asset under legal hold, or lift it."""
    form = await request.form()
    asset = str(form.get("asset") or "")
    account, _, remote = asset.partition(":")
    scope = {"do": str(form.get("do") or "set"), "why": str(form.get("why") or ""), "assets": [[account, remote]]}
    scope["flow"] = str(FlowName.HANDOFF)
    return await order(request, who, CommandKind.HOLD, scope, back=f"/assets/{asset}")
