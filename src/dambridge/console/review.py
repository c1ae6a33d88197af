"""Review: what contributors handed in, one picture at a time or a whole shoot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Signed, Stop, needing
from dambridge.console.lens import Lens, Page, lens_for, page_of
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import address, page
from dambridge.console.runs import key_of
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Submission
from dambridge.policy.duties import Duty
from dambridge.telemetry.lives import life_of

router = APIRouter(include_in_schema=False)
PAGE = 60
STATUSES = (Status.IN_REVIEW, Status.CHANGES_ASKED, Status.APPROVED, Status.REJECTED, Status.ARCHIVED)
VERDICTS = frozenset({"approve", "reject", "ask", "undo", "told"})


async def reviewer(who: Annotated[Signed, Depends(needing(Duty.REVIEW, partly=True))]) -> Signed:
    who.needs(Duty.REVIEW, FlowName.HANDOFF, partly=True)
    return who


Reviewer = Annotated[Signed, Depends(reviewer)]


@router.get("/review")
async def queue(
    request: Request, who: Reviewer, status: Status = Status.IN_REVIEW, shoot: str = "", after: str = ""
) -> Response:
    desk = desk_of(request)
    lens = lens_for(desk, who.person.searcher)
    found = await submissions_seen(lens, status, shoot=shoot, after=after, limit=PAGE)
    counts = {} if lens.part else await desk.ledger.count_submissions(FlowName.HANDOFF)
    now = await desk.clock.now()
    return page(
        request,
        "review.html",
        now=now,
        files=found.rows,
        late={it.id for it in found.rows if is_late(it, now)},
        next=found.next,
        lens=lens,
        status=status,
        statuses=[
            (it, None if lens.part else sum(n for (_, one), n in counts.items() if one is it)) for it in STATUSES
        ],
        shoot=shoot,
        shoots=sorted((name, n) for (name, one), n in counts.items() if one is status),
        configured=FlowName.HANDOFF in desk.flows,
        notice=await notice_of(request, who),
    )


async def submissions_seen(lens: Lens, status: Status, *, shoot: str = "", after: str, limit: int) -> Page[Submission]:
    """A page of what was handed in as one person sees it."""

    async def fetch(after: str, limit: int) -> Sequence[Submission]:
        return await lens.desk.ledger.submissions_in(
            FlowName.HANDOFF,
            statuses=[status],
            shoot=shoot or None,
            after=key_of(after) if after else None,
            limit=limit,
        )

    async def choose(some: Sequence[Submission]) -> list[Submission]:
        return await lens.by_key(some, lambda it: it.key)

    return await page_of(lens, fetch, choose, name=lambda it: str(it.key), after=after, limit=limit)


def is_late(it: Submission, now: Any) -> bool:
    return it.status is Status.IN_REVIEW and it.due_at is not None and it.due_at <= now


@router.get("/review/{asset:path}")
async def one(request: Request, asset: str, who: Reviewer) -> Response:
    """One file, large, with what goes before and after it in its shoot."""
    desk, key = desk_of(request), key_of(asset)
    it = (await desk.ledger.submissions(FlowName.HANDOFF, [key])).get(key)
    lens, says = lens_for(desk, who.person.searcher), f"Nothing was handed in as {asset}."
    if it is None:
        raise Stop(404, says)
    await lens.needs([key], says)
    before, after = await _neighbours(lens, it)
    return page(
        request,
        "submission.html",
        now=await desk.clock.now(),
        it=it,
        before=before,
        after=after,
        life=life_of(it),
        notice=await notice_of(request, who),
    )


async def _neighbours(lens: Lens, it: Submission) -> tuple[str | None, str | None]:
    """What waits beside it in its shoot."""
    beside = await lens.desk.ledger.submissions_in(
        FlowName.HANDOFF, statuses=[Status.IN_REVIEW], shoot=it.shoot, limit=1000
    )
    keys = sorted({*await lens.seen([one.key for one in beside]), it.key})
    place = keys.index(it.key)
    before = str(keys[place - 1]) if place else None
    return before, str(keys[place + 1]) if place + 1 < len(keys) else None


async def needs_all_of(lens: Lens, assets: Sequence[AssetKey]) -> None:
    """Raises `Stop` where not all that is decided about is theirs: of a whole shoot nobody knows that it is."""
    if lens.part and not assets:
        raise Stop(403, "A whole shoot may hold files outside of what you answer for: tick those that you mean.")
    await lens.needs(assets, "Not all of these files are there any more. Nothing was decided.")


@router.post("/review")
async def decide(request: Request, who: Reviewer) -> Response:
    """One file, those that are ticked, or a whole shoot."""
    form = await request.form()
    verdict = str(form.get("verdict") or "")
    if verdict not in VERDICTS:
        raise Stop(422, "Say whether it is approved, rejected, or to be changed.")
    assets = [key_of(str(it)) for it in form.getlist("asset")]
    shoot = str(form.get("shoot") or "") if not assets else ""
    if not assets and not shoot:
        raise Stop(422, "Tick the files that are meant, or choose a shoot.")
    await needs_all_of(lens_for(desk_of(request), who.person.searcher), assets)
    scope = {
        "verdict": verdict,
        "note": str(form.get("note") or ""),
        "shoot": shoot,
        "assets": [[it.account, it.remote_id] for it in assets],
        "flow": str(FlowName.HANDOFF),
    }
    return await order(request, who, CommandKind.REVIEW, scope, back=str(form.get("back") or address("/review")))
