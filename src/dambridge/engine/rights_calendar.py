"""Ends and openings as a calendar file (RFC 5545): one event an asset and outlet, the same one whenever it is written again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event

from dambridge import __version__
from dambridge.model.identity import derived_id
from dambridge.planning.rights_reports import Ahead

ENDS, OPENS = "ends", "opens"


def calendar(ends: Iterable[Ahead], opens: Iterable[Ahead], *, now: datetime) -> bytes:
    """The file's bytes; instants are in UTC, so that every calendar shows them in its reader's zone."""
    made = Calendar()
    made.add("prodid", f"-//dambridge//{__version__}//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Rights: what ends and what opens")
    for kind, rows in ((ENDS, ends), (OPENS, opens)):
        for it in rows:
            made.add_component(_event(kind, it, now))
    return bytes(made.to_ical())


def _event(kind: str, it: Ahead, now: datetime) -> Event:
    row = it.row
    event = Event()
    event.add("uid", f"{derived_id('ev', kind, *row.key)}@dambridge")
    event.add("dtstamp", now)
    event.add("dtstart", it.at)
    event.add("summary", f"{row.file_name} {'leaves' if kind == ENDS else 'may go to'} {row.outlet}")
    told = [
        f"Outlet: {row.outlet}",
        f"Region: {row.region}" if row.region else "",
        f"Asset: {row.master or row.copy or ''}",
    ]
    event.add("description", "\n".join([*filter(None, told), *([row.rights.contract] if row.rights.contract else [])]))
    event.add("categories", [kind, row.outlet])
    event.add("transp", "TRANSPARENT")
    return event
