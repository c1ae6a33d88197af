"""Questions about rights and their answers: one asset in words, reports as tables or one JSON document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from dambridge.bootstrap import Settings, open_rights
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.rendering import print_json, say, table
from dambridge.engine.rights_calendar import calendar
from dambridge.engine.rights_desk import Asked, RightsDesk, ask_about, question_for, standings
from dambridge.model.gate import Answer, Question
from dambridge.model.rights import EVERYWHERE, Consent
from dambridge.model.standing import OutletStanding
from dambridge.planning import rights_reports as reports
from dambridge.planning.rights_reports import Ahead
from dambridge.policy.gate import may
from dambridge.policy.outlets import Outlet
from dambridge.telemetry.gate_words import gate_words

NEEDS_A_PERSON = 3
NOT_LIVE = "As far as the last run knew; `--live` reads the masters now."


# one asset ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks about, as typed."""

    outlet: str
    channel: str
    territory: str
    audience: str
    at: str


@dataclass(frozen=True, slots=True)
class Told:
    """One question with its answer; `to` is the outlet, where one was meant."""

    to: str
    question: Question
    answer: Answer


def _gated(context: Context) -> Settings:
    """The configuration, which must have a gate: without one nothing can be said. Raises `WrongUse`."""
    settings = context.settings()
    if settings.gate is None:
        raise WrongUse("No gate is configured, so that nothing can be said about rights. Add `gate:` with `channels:`.")
    return settings


def may_asset(context: Context, asset: str, wanted: Wanted) -> None:
    async def work() -> tuple[Asked, list[Told], tzinfo]:
        async with open_rights(_gated(context)) as desk:
            at = _instant(wanted.at, desk)
            outlets = _outlets(wanted, desk)
            asked = await ask_about(desk, asset)
            if outlets:
                questions = [(it.name, question_for(it, asked, at)) for it in outlets]
            else:
                questions = [("", _question(wanted, asked, at))]
            return asked, [Told(to, it, may(asked.rights, it, desk.gate)) for to, it in questions], desk.zone

    asked, told, zone = go(work)
    if context.json:
        answers = [_answer_json(it, zone) for it in told]
        print_json(
            {
                "asset": str(asked.key),
                "link": asked.link,
                "file_name": asked.file_name,
                "answers": answers,
                "said_by_copies": [str(it) for it in asked.said_by_copies],
            }
        )
    else:
        say(f"{asked.file_name} ({asked.key})", style="bold")
        for it in told:
            about = it.to or f"{it.question.channel}, {it.question.territory}, {it.question.audience}"
            say(f"{about}: {gate_words(it.answer, zone)}")
        for copy in asked.said_by_copies:
            say(f"Somebody said more about its rights in {copy}; that counts too.")
        for word, text in (("Terms", asked.rights.terms), ("Constraints", asked.rights.constraints)):
            if text:
                say(f"{word}, for people to read: {text}", style="dim")
    leave(0 if all(it.answer.permits for it in told) else NEEDS_A_PERSON)


def _outlets(wanted: Wanted, desk: RightsDesk) -> list[Outlet]:
    """The outlets meant: the one named, or all of them where no question of its own is asked."""
    known = {name: it for policy in desk.policies for name, it in policy.outlets.items()}
    own = (wanted.channel, wanted.territory, wanted.audience)
    if wanted.outlet:
        if any(own):
            raise WrongUse("An outlet says channel, territory and audience itself: name it alone, or them.")
        if wanted.outlet not in known:
            raise WrongUse(f"There is no outlet `{wanted.outlet}`. Known: {', '.join(sorted(known)) or 'none'}.")
        return [known[wanted.outlet]]
    if any(own):
        if not all(own):
            raise WrongUse("A question names all three: --channel, --territory, --audience. Or name an --outlet.")
        if wanted.channel.strip().casefold() not in desk.gate.channels:
            raise WrongUse(f"There is no channel `{wanted.channel}`. Known: {', '.join(sorted(desk.gate.channels))}.")
        return []
    if not known:
        raise WrongUse("No outlet is configured here: ask with --channel, --territory and --audience.")
    return list(known.values())


def _question(wanted: Wanted, asked: Asked, at: datetime) -> Question:
    everywhere = wanted.territory.strip().casefold() in {"worldwide", "world", EVERYWHERE}
    return Question(
        channel=wanted.channel.strip().casefold(),
        territory=EVERYWHERE if everywhere else wanted.territory.strip().upper(),
        audience=wanted.audience,
        at=at,
        status=asked.status,
    )


def _instant(given: str, desk: RightsDesk) -> datetime:
    if not given:
        return desk.now
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise WrongUse(f"{given!r} is no instant. Write it as 2027-01-31T18:00 or 2027-01-31T18:00+01:00.") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=desk.zone)


def _answer_json(it: Told, zone: tzinfo) -> dict[str, Any]:
    return {
        "outlet": it.to,
        "channel": it.question.channel,
        "territory": it.question.territory,
        "audience": it.question.audience,
        "at": it.question.at,
        "status": it.question.status,
        "permits": it.answer.permits,
        "words": gate_words(it.answer, zone),
        "blocks": [str(one) for one in it.answer.blocks],
        "unknown": [str(one) for one in it.answer.unknown],
        "until": it.answer.until,
        "opens": it.answer.opens,
        "ask_again": it.answer.ask_again,
    }


# reports --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What a report rests on."""

    rows: list[OutletStanding]
    now: datetime
    zone: tzinfo


def _seen(context: Context, *, region: str, live: bool) -> Seen:
    async def work() -> Seen:
        async with open_rights(_gated(context)) as desk:
            if region and region.casefold() not in _places(desk):
                raise WrongUse(f"There is no region or outlet `{region}`. Known: {', '.join(sorted(_places(desk)))}.")
            rows = [it for it in await standings(desk, live=live) if _is_there(it, region)]
            return Seen(rows, desk.now, desk.zone)

    return go(work)


def _places(desk: RightsDesk) -> set[str]:
    outlets = [it for policy in desk.policies for it in policy.outlets.values()]
    return {name.casefold() for it in outlets for name in (it.name, it.region) if name}


def _is_there(it: OutletStanding, region: str) -> bool:
    return not region or region.casefold() in {it.region.casefold(), it.outlet.casefold()}


def _row_json(it: OutletStanding) -> dict[str, Any]:
    return {
        "outlet": it.outlet,
        "region": it.region,
        "flow": str(it.flow),
        "link": it.link,
        "master": str(it.master) if it.master else None,
        "copy": str(it.copy) if it.copy else None,
        "file_name": it.file_name,
        "stage": str(it.stage) if it.stage else None,
        "ends": it.ends,
        "contract": it.rights.contract,
        "holder": it.rights.holder,
    }


def _at(instant: datetime | None, zone: tzinfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M %z") if instant else "-"


def expiring(context: Context, *, days: int, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.expiring(seen.rows, seen.now, days=days)
    _ahead(context, seen, found, "Ends", limit=limit, live=live)
    leave(NEEDS_A_PERSON if any(it.days == 0 for it in found) else 0)


def opening(context: Context, *, days: int, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    _ahead(context, seen, reports.opening(seen.rows, seen.now, days=days), "Opens", limit=limit, live=live)


def _ahead(context: Context, seen: Seen, found: Sequence[Ahead], what: str, *, limit: int, live: bool) -> None:
    counts = {str(it): sum(one.days == it for one in found) for it in sorted({one.days for one in found})}
    if context.json:
        rows = [{"at": it.at, "within_days": it.days, **_row_json(it.row)} for it in found[:limit]]
        print_json({"now": seen.now, "live": live, "within_days": counts, "rows": rows})
        return
    shown = [
        [_at(it.at, seen.zone), "overdue" if it.days == 0 else f"{it.days} days", it.row.outlet, it.row.file_name]
        for it in found[:limit]
    ]
    table(what, ["when", "within", "outlet", "file"], shown)
    _close(len(found), limit, live=live)


def _close(count: int, limit: int, *, live: bool) -> None:
    if count > limit:
        say(f"The first {limit} of {count} alone; more with --limit.")
    elif not count:
        say("Nothing.")
    if not live:
        say(NOT_LIVE, style="dim")


def unclear(context: Context, *, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.unclear(seen.rows)
    _listed(
        context,
        seen,
        found,
        "Shown without clear rights",
        lambda it: gate_words(it.answer, seen.zone),
        limit=limit,
        live=live,
    )
    leave(NEEDS_A_PERSON if found else 0)


def consent(context: Context, *, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.consent(seen.rows)
    _listed(context, seen, found, "People shown", _consent_words, limit=limit, live=live)
    still = any(it.in_sight and it.rights.consent is Consent.WITHDRAWN for it in found)
    leave(NEEDS_A_PERSON if still else 0)


def _consent_words(it: OutletStanding) -> str:
    said = str(it.rights.consent).replace("_", " ") if it.rights.consent else "unknown"
    return f"consent {said}: {', '.join(it.rights.people) or 'nobody named'}"


def _listed(
    context: Context,
    seen: Seen,
    found: Sequence[OutletStanding],
    title: str,
    why: Callable[[OutletStanding], str],
    *,
    limit: int,
    live: bool,
) -> None:
    if context.json:
        rows = [{**_row_json(it), "words": why(it), "people": it.rights.people} for it in found[:limit]]
        print_json({"now": seen.now, "live": live, "count": len(found), "rows": rows})
        return
    shown = [[it.outlet, it.file_name, str(it.stage or "waits"), why(it)] for it in found[:limit]]
    table(title, ["outlet", "file", "stage", "why"], shown)
    _close(len(found), limit, live=live)


def contracts(context: Context, *, region: str, live: bool) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.contracts(seen.rows)
    if context.json:
        rows = [
            {
                "contract": it.contract,
                "assets": it.assets,
                "copies": it.copies,
                "outlets": it.outlets,
                "holders": it.holders,
                "first_end": it.first_end,
            }
            for it in found
        ]
        print_json({"now": seen.now, "live": live, "contracts": rows})
        return
    shown = [
        [
            it.contract or "(none named)",
            str(it.assets),
            str(it.copies),
            ", ".join(it.outlets),
            _at(it.first_end, seen.zone),
        ]
        for it in found
    ]
    table("Contracts in use", ["contract", "assets", "copies", "outlets", "first end"], shown)
    _close(len(found), len(found), live=live)


def who_has(context: Context, *, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.who_has(seen.rows)
    if context.json:
        rows = [
            {
                "outlet": it.outlet,
                "region": it.region,
                "in_sight": it.in_sight,
                "adopted": it.adopted,
                "withdrawn": it.withdrawn,
                "waiting": it.waiting,
                "rows": [_row_json(one) for one in it.rows[:limit]],
            }
            for it in found
        ]
        print_json({"now": seen.now, "live": live, "outlets": rows})
        return
    counts = [
        [it.outlet, it.region, str(it.in_sight), str(it.adopted), str(it.withdrawn), str(it.waiting)] for it in found
    ]
    table("Who has what", ["outlet", "region", "in sight", "of them others'", "withdrawn", "waiting"], counts)
    for it in found if region else ():
        files = [[one.file_name, str(one.master or "-"), _at(one.ends, seen.zone)] for one in it.rows[:limit]]
        table(it.outlet, ["file", "master", "until"], files)
    _close(len(found), len(found), live=live)


def losses(context: Context, *, days: int, region: str, live: bool, limit: int) -> None:
    seen = _seen(context, region=region, live=live)
    found = reports.losses(seen.rows, seen.now, days=days)
    if context.json:
        rows = [
            {
                "region": it.region,
                "has": it.has,
                "loses": it.loses,
                "by_month": dict(it.by_month),
                "rows": [{"at": one.at, **_row_json(one.row)} for one in it.rows[:limit]],
            }
            for it in found
        ]
        print_json({"now": seen.now, "days": days, "live": live, "regions": rows})
        return
    shown = [[it.region, str(it.has), str(it.loses), _months(it.by_month)] for it in found]
    table(f"What each region loses in {days} days", ["region", "has", "loses", "when"], shown)
    _close(len(found), len(found), live=live)


def _months(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{month}: {count}" for month, count in counts.items()) or "-"


def write_calendar(context: Context, *, out: Path, days: int, region: str, live: bool) -> None:
    seen = _seen(context, region=region, live=live)
    ends = reports.expiring(seen.rows, seen.now, days=days)
    opens = reports.opening(seen.rows, seen.now, days=days)
    try:
        out.write_bytes(calendar(ends, opens, now=seen.now))
    except OSError as error:
        raise WrongUse(f"{out} cannot be written: {error.strerror}. Name another place.") from None
    if context.json:
        print_json({"file": str(out), "ends": len(ends), "opens": len(opens)})
    else:
        say(f"Wrote {out}: {len(ends)} ends, {len(opens)} openings.")
