"""Templates and the words that they need: instants, sizes and spans as people say them, icons, and which page is where."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dambridge import __version__
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed
from dambridge.model.identity import FlowName
from dambridge.model.reasons import Reason
from dambridge.policy.duties import Duty, answers_for_all
from dambridge.telemetry import wording
from dambridge.telemetry.figures import duration, size


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the menu; `whole` where it is for those alone who answer for every flow."""

    path: str
    label: str
    icon: str
    duty: Duty
    group: str
    whole: bool = False

    def is_for(self, who: Signed, flows: tuple[FlowName, ...]) -> bool:
        return who.may(self.duty, partly=not self.whole) and not (
            self.whole and (who.of_a_part or not answers_for_all(who.person.searcher, flows))
        )


PLACES: Final = (
    Place("/", "Overview", "layout-dashboard", Duty.LOOK, "Now"),
    Place("/search", "Search", "search", Duty.LOOK, "Now"),
    Place("/runs", "Runs", "history", Duty.LOOK, "Now"),
    Place("/assets", "Find an asset", "image", Duty.SEE_ASSETS, "Now"),
    Place("/conflicts", "Conflicts", "git-merge", Duty.SEE_ASSETS, "To decide"),
    Place("/terms", "Unknown terms", "book-open", Duty.SEE_ASSETS, "To decide", whole=True),
    Place("/quarantine", "Quarantine", "shield-alert", Duty.SEE_ASSETS, "To decide"),
    Place("/review", "Review", "clipboard-check", Duty.REVIEW, "To decide"),
    Place("/plans", "Plans", "file-check", Duty.SEE_ASSETS, "To decide"),
    Place("/pairing", "Pairing", "link-2", Duty.PAIR, "To decide"),
    Place("/rights", "Rights", "calendar-days", Duty.SEE_ASSETS, "Rights"),
    Place("/withdrawals", "Withdrawals", "undo-2", Duty.SEE_ASSETS, "Rights"),
    Place("/capabilities", "Capabilities", "cpu", Duty.MACHINE, "Set-up"),
    Place("/maps", "Map and rules", "map", Duty.MACHINE, "Set-up"),
    Place("/store", "Store", "archive", Duty.MACHINE, "Set-up"),
    Place("/webhooks", "Webhooks", "link", Duty.MACHINE, "Set-up", whole=True),
    Place("/settings", "Settings", "settings", Duty.MACHINE, "Set-up"),
    Place("/people", "People", "users", Duty.PEOPLE, "Set-up"),
    Place("/audit", "Audit", "scroll-text", Duty.AUDIT, "Set-up", whole=True),
)
TONES: Final = {
    "done": "good",
    "unchanged": "quiet",
    "skipped": "quiet",
    "waiting": "warn",
    "quarantined": "bad",
    "failed": "bad",
}
_PACKAGE: Final = "dambridge.console"


@cache
def icon(name: str) -> Markup:
    """A picture of Lucide's, decorative: words stand beside it."""
    text = (files(_PACKAGE) / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return Markup(  # noqa: S704 - a file of our own
        '<svg class="icon" aria-hidden="true" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" '
        f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{inner.strip()}</svg>'
    )


@cache
def asset_address(path: str) -> str:
    """The address of a file of ours; another content is another address."""
    content = (files(_PACKAGE) / "static" / path).read_bytes()
    return f"/static/{path}?v={sha256(content).hexdigest()[:12]}"


def when(at: datetime | None, now: datetime | None = None) -> Markup:
    """An instant as people say it, exact on hover."""
    if at is None:
        return Markup('<span class="quiet">never</span>')
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, _ago(at, now))


def _ago(at: datetime, now: datetime | None) -> str:
    if now is None:
        return f"{at.day} {at:%B %Y, %H:%M} UTC"
    seconds = (now - at).total_seconds()
    if abs(seconds) < 45:
        return "just now"
    if abs(seconds) > 86400 * 60:
        return f"{at.day} {at:%B %Y}"
    told = duration(abs(seconds)).replace(".0 ", " ")
    return f"{told} ago" if seconds > 0 else f"in {told}"


_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)")
_LITERAL = re.compile(r"`([^`]+)`")


def spoken(text: str) -> str:
    """A sentence with its instants as people say them."""
    return _INSTANT.sub(
        lambda it: _spoken(datetime.fromisoformat("T".join(it[0].split(" ", 1)).replace(" ", ""))), text
    )


def _spoken(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} {'UTC' if not at.utcoffset() else at.strftime('%z')}"


def shown(text: str) -> Markup:
    """A sentence as a page shows it: what stands between backticks, to be typed as it is, in the type of code."""
    return Markup(_LITERAL.sub(r"<code>\1</code>", str(escape(spoken(text)))))  # noqa: S704 - escaped before


def words(reason: Reason) -> Markup:
    return shown(wording.words(reason))


def foretold(reason: Reason) -> Markup:
    return shown(wording.foretold(reason))


def next_move(reason: Reason) -> Markup:
    return shown(wording.next_move(reason))


def day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", "\u202f")


def many(number: int, one: str, several: str = "") -> str:
    return f"{count(number)} {one if number == 1 else several or one + 's'}"


def said(code: str) -> str:
    """A code of ours as words."""
    return str(code).replace("_", " ")


def address(path: str, **query: Any) -> str:
    """An address with its query; what is empty is left out."""
    given = {name: str(it) for name, it in query.items() if it not in (None, "", False)}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "size": size,
        "duration": duration,
        "words": words,
        "foretold": foretold,
        "next_move": next_move,
        "said": said,
    }
    made.filters |= {"spoken": spoken, "shown": shown, "day": day, "count": count, "many": many}
    made.globals |= {
        "once": partial(secrets.token_hex, 8),
        "icon": icon,
        "file": asset_address,
        "when": when,
        "address": address,
        "TONES": TONES,
        "Duty": Duty,
    }
    return made


def page(request: Request, template: str, *, http_status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page, or a part of one where the template is a part."""
    who: Signed | None = getattr(request.state, "signed", None)
    text = (
        environment()
        .get_template(template)
        .render(
            request=request,
            path=request.url.path,
            who=who,
            places=_places(desk_of(request), who),
            version=__version__,
            pictures=desk_of(request).pictures is not None,
            **{"notice": None, "live": request.headers.get("hx-request") == "true", **context},
        )
    )
    return HTMLResponse(text, status_code=http_status)


def _places(desk: Desk, who: Signed | None) -> list[Place]:
    """The menu of this person; search is there where something answers."""
    mine = [it for it in PLACES if who is not None and it.is_for(who, desk.flows)]
    return [it for it in mine if it.path != "/search" or desk.search is not None]


def table_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A list as CSV. What a spreadsheet would take for a formula is made text."""
    text = _table([columns]) + _table(rows)
    return Response(text, media_type=_CSV, headers=_named(name))


def table_stream(name: str, columns: Sequence[str], pages: AsyncIterable[Iterable[Sequence[Any]]]) -> StreamingResponse:
    """The same, sent as it is read, however long it is."""

    async def parts() -> AsyncIterator[str]:
        yield _table([columns])
        async for rows in pages:
            yield _table(rows)

    return StreamingResponse(parts(), media_type=_CSV, headers=_named(name))


_CSV: Final = "text/csv; charset=utf-8"


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}


def _table(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(it) for it in row] for row in rows)
    return out.getvalue()


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def plain(fields: Mapping[Any, Any]) -> dict[str, str]:
    """Values of fields as one text each."""
    return {str(name): text_of(it) for name, it in sorted(fields.items())}


def text_of(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "; ".join(map(str, value))
    if entries := getattr(value, "entries", None):
        return " | ".join(text if tag == "x-default" else f"{tag}: {text}" for tag, text in entries)
    return str(getattr(value, "iso", value))
