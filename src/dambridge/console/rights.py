"""Rights: what ends, what opens, what is outside without clear rights, who has what, and whether something may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from dambridge.bootstrap import rights_desk
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import PartSeer, Signed, Stop, needing
from dambridge.console.lens import Lens, lens_for, opened, sealed
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page, table_stream
from dambridge.engine import rights_pages as pages
from dambridge.engine.rights_calendar import calendar
from dambridge.engine.rights_desk import Asked, RightsDesk, ask_about, question_for, standing_pages
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience
from dambridge.model.standing import OutletStanding
from dambridge.planning import rights_reports as reports
from dambridge.policy.duties import Duty, flows_of
from dambridge.policy.gate import may
from dambridge.ports.errors import NextMove, Refused
from dambridge.telemetry.gate_words import gate_words

router = APIRouter(include_in_schema=False)
MOST = 300
MOST_EVENTS = 5000
"""Ends in a calendar file: those that come first."""
REPORTS: Mapping[str, str] = {
    "ends": "What ends",
    "opens": "What opens",
    "unclear": "Shown without clear rights",
    "people": "People shown",
    "contracts": "Contracts",
    "who": "Who has what",
    "ordered": "Ordered by people",
}
OF_ALL = frozenset({"who"})
"""Reports that are counts of everything an outlet has."""
LOOKED: Mapping[str, Callable[[Sequence[OutletStanding]], list[Any]]] = {
    "unclear": reports.unclear,
    "people": reports.consent,
    "contracts": reports.contracts,
}
"""Reports for which copies have to be looked at one by one."""
Days = Annotated[int, Query(ge=0, le=36_500)]
Manager = Annotated[Signed, Depends(needing(Duty.RIGHTS))]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of a report shows: the rows, how `more` there are, and how far copies were `looked` at."""

    found: Sequence[Any] = ()
    more: int = 0
    losses: Sequence[pages.Loss] = ()
    looked: pages.Looked | None = None
    regions: Sequence[str] = ()
    refused: str = ""


async def _desk(desk: Desk) -> RightsDesk:
    return rights_desk(desk.settings, desk.ledger, now=await desk.clock.now(), bridge=desk.bridge)


async def _mine(desk: Desk, who: Signed) -> RightsDesk:
    """Of the flows in scope alone."""
    about, mine = await _desk(desk), flows_of(who.person.searcher, desk.flows)
    return replace(about, policies=[it for it in about.policies if it.flow in mine])


@router.get("/rights")
async def rights(
    request: Request, who: PartSeer, report: str = "ends", region: str = "", days: Days = 90, after: str = ""
) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    lens = lens_for(desk, who.person.searcher)
    reports = {name: it for name, it in REPORTS.items() if not lens.part or name not in OF_ALL}
    report = report if report in reports else "ends"
    shown = Shown()
    try:
        about = await _mine(desk, who)
        if report == "ordered":
            shown = await _ordered(about, lens)
        else:
            shown = await _shown(about, lens, report, region=region, days=days, after=after)
    except Refused as error:
        shown = Shown(refused=str(error))
    gate = desk.settings.gate
    return page(
        request,
        "rights.html",
        now=now,
        report=report,
        reports=reports,
        lens=lens,
        shown=shown,
        region=region,
        days=days,
        zone=ZoneInfo(gate.zone) if gate else None,
        gate_words=gate_words,
        audiences=await desk.ledger.agreed_audiences() if not lens.part else {},
        outlets=_outlets(desk) if not lens.part else [],
        notice=await notice_of(request, who),
    )


async def _shown(about: RightsDesk, lens: Lens, report: str, *, region: str, days: int, after: str) -> Shown:
    """One page of a report."""
    regions = pages.regions(about)
    if lens.part:
        return await _part(about, lens, report, region=region, days=days, after=after)
    if report == "ends":
        counts = await pages.losses(about, days=days)
        ends = await pages.ending(about, region=region, days=days, most=MOST + 1)
        total = max(len(ends), sum(it.loses for it in counts if region in {"", it.region}))
        return Shown(ends[:MOST], total - len(ends[:MOST]), losses=counts, regions=regions)
    if report == "opens":
        opens = await pages.opens(about, region=region, days=days)
        return Shown(opens[:MOST], max(0, len(opens) - MOST), regions=regions)
    if report == "who":
        return Shown(await pages.held(about), regions=regions)
    try:
        looked = await pages.looked(about, region=region, after=after)
    except ValueError:
        raise Stop(422, "There is no such place in the report. Begin it anew.") from None
    rows = LOOKED[report](looked.rows)
    return Shown(rows[:MOST], max(0, len(rows) - MOST), looked=looked, regions=regions)


async def _part(about: RightsDesk, lens: Lens, report: str, *, region: str, days: int, after: str) -> Shown:
    """The same of what somebody sees, which nobody has counted."""
    regions = pages.regions(about)
    if report == "ends":
        ends = await pages.ending(about, region=region, days=days, most=pages.MOST_READ)
        return Shown((await lens.by_key(ends, lambda it: it.row.master))[:MOST], regions=regions)
    if report == "opens":
        opens = await pages.opens(about, region=region, days=days)
        return Shown((await lens.by_key(opens, lambda it: it.row.master))[:MOST], regions=regions)
    try:
        looked = await pages.looked(about, region=region, after=opened(lens, after))
    except ValueError:
        raise Stop(422, "There is no such place in the report. Begin it anew.") from None
    rows = LOOKED[report](await lens.by_key(looked.rows, lambda it: it.master))
    goes_on = sealed(lens, looked.after) if looked.after else ""
    return Shown(rows[:MOST], looked=replace(looked, read=0, total=0, after=goes_on), regions=regions)


async def _ordered(about: RightsDesk, lens: Lens) -> Shown:
    """What people ordered in the flows in scope, and did not take back."""
    found: list[OutletOrder] = []
    for flow in flows_of(lens.searcher, (FlowName.INTAKE, *(it.flow for it in about.policies))):
        found += await lens.desk.ledger.outlet_orders_in(flow, after=None, limit=MOST_EVENTS)
    rows = await lens.by_key(found, lambda it: it.source)
    return Shown(rows[:MOST], max(0, len(rows) - MOST))


def _outlets(desk: Desk) -> list[tuple[str, str, str]]:
    """Name, gallery and audience of every outlet that is configured."""
    found = [
        (name, it.gallery, it.audience)
        for flow in desk.settings.flows.outward.values()
        for name, it in flow.outlets.items()
    ]
    return sorted(found)


@router.get("/rights/calendar.ics")
async def calendar_file(request: Request, who: PartSeer, region: str = "", days: Days = 90) -> Response:
    desk, now = desk_of(request), await desk_of(request).clock.now()
    about = await _mine(desk, who)
    ends = await pages.ending(about, region=region, days=days, most=MOST_EVENTS)
    opens = await pages.opens(about, region=region, days=days)
    lens = lens_for(desk, who.person.searcher)
    ends = await lens.by_key(ends, lambda it: it.row.master)
    opens = await lens.by_key(opens, lambda it: it.row.master)
    head = {"Content-Disposition": 'attachment; filename="rights.ics"'}
    return Response(calendar(ends, opens, now=now), media_type="text/calendar; charset=utf-8", headers=head)


COLUMNS: Final = (
    "outlet",
    "region",
    "file",
    "master",
    "copy",
    "stage",
    "in sight",
    "ends",
    "permits",
    "contract",
    "holder",
)


@router.get("/rights/standing.csv")
async def standing_file(request: Request, who: PartSeer, region: str = "") -> Response:
    """What stands at each outlet of flows in scope, as far as the last runs knew; sent as it is read."""
    about = await _mine(desk_of(request), who)
    lens = lens_for(desk_of(request), who.person.searcher)
    told = (
        [
            _told(it)
            for it in await lens.by_key(rows, lambda it: it.master)
            if not region or region in {it.region, it.outlet}
        ]
        async for rows in standing_pages(about, live=False)
    )
    return table_stream("rights", COLUMNS, told)


def _told(it: OutletStanding) -> tuple[Any, ...]:
    return (
        it.outlet,
        it.region,
        it.file_name,
        it.master,
        it.copy,
        it.stage,
        it.in_sight,
        it.ends.isoformat() if it.ends else "",
        it.answer.permits,
        it.rights.contract,
        it.rights.holder,
    )


@router.get("/rights/may")
async def may_be_shown(request: Request, who: PartSeer, asset: str = "") -> Response:
    """Ask the gate about one master, read now, for every outlet."""
    desk = desk_of(request)
    told: list[tuple[str, bool, str]] = []
    says = name = ""
    if asset.strip():
        try:
            about = await _desk(desk)
            asked = await _asked(lens_for(desk, who.person.searcher), about, asset.strip())
            name = asked.file_name
            for policy in about.policies:
                for outlet in policy.outlets.values():
                    answer = may(asked.rights, question_for(outlet, asked, about.now), about.gate)
                    told.append((outlet.name, answer.permits, gate_words(answer, about.zone)))
        except (NextMove, Stop) as error:
            says = str(error)
    return page(request, "may.html", asset=asset, name=name, told=told, says=says, notice=await notice_of(request, who))


async def _asked(lens: Lens, about: RightsDesk, asset: str) -> Asked:
    """The master that is meant, as far as this person sees it. Raises `NextMove`, `Stop`."""
    if not lens.part:
        return await ask_about(about, asset)
    nothing = f"Nothing of yours is known as {asset}."
    try:
        asked = await ask_about(about, asset)
    except Refused:
        raise Stop(404, nothing) from None
    await lens.needs([asked.key], nothing)
    return asked


@router.post("/outlets/{outlet}/{what}")
async def outlet_order(request: Request, outlet: str, what: str, who: Manager) -> Response:
    """Agree who sees it, watch what stands there, plan to let that go to work."""
    kinds = {
        "agree": CommandKind.AGREE_AUDIENCE,
        "adopt": CommandKind.ADOPT_OUTLET,
        "plan": CommandKind.PLAN_OUTLET,
    }
    if what not in kinds:
        raise Stop(404, "An outlet is agreed on, adopted or planned.")
    form = await request.form()
    scope = {"outlet": outlet, "everyone": form.get("everyone") == "1"}
    return await order(request, who, kinds[what], scope, back="/rights?report=who")


@router.post("/rights/release")
async def release(request: Request, who: Manager) -> Response:
    """Let somebody's looser word stand everywhere, for a reason; or take that back."""
    form = await request.form()
    asset = str(form.get("asset") or "")
    scope = {"asset": asset, "why": str(form.get("why") or ""), "undo": form.get("undo") == "1", "group": "rights"}
    return await order(request, who, CommandKind.RELEASE_RIGHTS, scope, back=f"/assets/{asset}")


def agreed_words(it: AgreedAudience | None) -> str:
    return f"{it.effective}, agreed by {it.by}" if it is not None else "nobody has agreed who sees it"
