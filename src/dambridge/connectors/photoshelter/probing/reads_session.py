"""Questions about signing in, the session and the limits (PS 4.7, 5; section 10, points 1, 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, unanswered
from dambridge.connectors.photoshelter.wire import parse_rate, text
from dambridge.ports.errors import NextMove

_SHOWN: Final = frozenset({"org_id", "organization_id", "tz", "time_zone"})


async def version(look: Look) -> Answer:
    """What `/version` says; two places are known where a version stands."""
    said = await look.calls.get("/version")
    if not said.ok:
        return unanswered(f"/version was refused: {said.in_words}.")
    header = text(said.headers.get("X-PS-Api-Version"))
    value = {
        "body": _shape(said.raw),
        "version": said.attributes().get("version", said.dig("version")),
        "header": header,
    }
    return Answer(value=value, told=f"The API names itself {value['version'] or header or 'nothing'}.")


async def session(look: Look) -> Answer:
    """Which attributes a session has."""
    said = await look.calls.get("/user/session", include="organizations")
    found = said.item()
    if found is None:
        return unanswered(f"The session could not be read: {said.in_words}.")
    known = {k: found.attributes[k] for k in _SHOWN if k in found.attributes}
    inside = found.includes.get("organizations")
    organizations = inside.get("data") if isinstance(inside, Mapping) else None
    value = {"attributes": sorted(found.attributes), **known, "organizations": len(organizations or ())}
    ours = [it for it in organizations or () if isinstance(it, Mapping) and it.get("id") == look.options.org_id]
    told = f"The session shows {', '.join(value['attributes']) or 'nothing'}"
    return Answer(value=value, told=f"{told}{'; the organisation is named' if ours else ''}.")


async def two_factor(look: Look) -> Answer:
    """The flag of a sign-in (SINGLE)."""
    headers, raw = await look.calls.sessions.fresh(look.calls.lane)
    flag = raw.get("two_factor")
    if headers.get("X-PS-Auth-Token"):
        await look.calls.sessions.end(headers, look.calls.lane)
    if not isinstance(flag, bool):
        return unanswered("The sign-in says nothing of a second factor.", ask_vendor=_TWO_FACTOR)
    told = "The user has a second factor, which no program can give." if flag else "The user has no second factor."
    remedy = "Give us a service user without a second factor, or an OAuth client." if flag else ""
    return Answer(value=flag, told=told, administrator=remedy, ask_vendor=_TWO_FACTOR if flag else "")


async def before_organization(look: Look) -> Answer:
    """What a session sees of the organisation that it has not entered (PS A3)."""
    headers, _ = await look.calls.sessions.fresh(look.calls.lane)
    try:
        library = await look.calls.get_as(headers, "/library", page="1", per_page="20")
        search = await look.calls.get_as(headers, "/media", org_id=look.options.org_id, page="1", per_page="20")
    finally:
        await look.calls.sessions.end(headers, look.calls.lane)
    if library.status in {401, 403}:
        return Answer(
            value="unauthorized", told=f"Before it enters an organisation a session is refused ({library.status})."
        )
    if not library.ok:
        return unanswered(f"The library answered {library.in_words} to a session in no organisation.")
    if library.items() or search.items():
        return Answer(value="visible", told="The library can be seen without entering the organisation.")
    seen = bool((await look.calls.get("/library", page="1", per_page="20")).items())
    if not seen:
        return unanswered("The library looks empty before and after entering the organisation; nothing can be told.")
    return Answer(
        value="empty",
        told="Before it enters an organisation a session sees an empty library instead of a refusal.",
        warning="An empty listing may mean that the session left the organisation.",
    )


async def oauth(look: Look) -> Answer:
    """Lifetime of an access token and whether the refresh token is replaced, as the last renewal showed it (PS A5)."""
    if look.options.oauth is None:
        return unanswered("Nothing tells how long a session of e-mail and password lasts.", ask_vendor=_LIFETIME)
    await look.calls.get("/user/session")
    told = look.calls.client.oauth_told
    if told is None or told.lasts is None:
        return unanswered("The last renewal named no lifetime.", ask_vendor=_LIFETIME)
    value = {"expires_in": told.lasts.total_seconds(), "rotates": told.rotated}
    words = "each refresh token works once" if told.rotated else "the refresh token stays"
    bare = told.rotated and look.options.oauth.token_file is None
    return Answer(
        value=value,
        told=f"An access token lasts {told.lasts.total_seconds():.0f} s; {words}.",
        warning="Set `token_file`: without it a restart uses a refresh token that is spent." if bare else "",
    )


async def rate_limit(look: Look) -> Answer:
    """The window that replies show (PS 4.7)."""
    said = await look.calls.get("/version")
    again = await look.calls.get("/user/session")
    rates = [it for it in (parse_rate(said.raw), parse_rate(again.raw)) if it is not None]
    if not rates:
        return Answer(value={"shown": False}, told="Replies show no rate limit.", ask_vendor=_RATE)
    last = rates[-1]
    value = {"shown": True, "limit": last.limit}
    return Answer(value=value, told=f"{last.limit} calls per window, of which {last.expires:.0f} s were left.")


async def time_zone(look: Look) -> Answer:
    """The account's zone, which only v3 names (PS U4)."""
    said = await look.calls.v3("GET", "/mem/user/session")
    found = text(said.dig("data", "Session", "tz"))
    if not found:
        return unanswered(f"The v3 session names no zone ({said.in_words}).")
    return Answer(value=found, told=f"The account's time zone is {found}.")


async def v3_numbers(look: Look) -> Answer:
    """Whether v3 writes numbers as numbers; it may write them as text (PS 7)."""
    said = await look.calls.v3("GET", "/mem/collection/root/children")
    children = said.dig("data", "Children")
    records = [it for rows in (children or {}).values() if isinstance(rows, list) for it in rows]
    orders = [
        it.get("display_order") for it in records if isinstance(it, Mapping) and it.get("display_order") is not None
    ]
    if not orders:
        return unanswered(f"v3 shows no container with a number ({said.in_words}).")
    found = "strings" if isinstance(orders[0], str) else "numbers"
    return Answer(value=found, told=f"API v3 writes numbers as {found}.")


async def errors_form(look: Look) -> Answer:
    """The shape of `errors`, shown by a file that cannot be there (PS 4.6)."""
    said = await look.calls.get("/media/I00000000000000x")
    found = said.raw.get("errors", said.raw.get("error")) if isinstance(said.raw, Mapping) else None
    shapes = {list: "array", dict: "object"}
    shape = next((name for kind, name in shapes.items() if isinstance(found, kind)), None)
    if said.ok or shape is None:
        return unanswered(f"An unknown id gave {said.in_words} without an error that is known.")
    return Answer(value=shape, told=f"Errors come as an {shape}; an unknown id is {said.in_words}.")


_SECTIONS: Final = ("contacts", "embed-tokens", "integrations", "workspaces", "people", "trash", "users", "settings")


async def sections(look: Look) -> Answer:
    """Which other sections answer to a plain read. What they hold are people's data and is not looked at."""
    value: dict[str, int] = {}
    for name in _SECTIONS:
        try:
            value[name] = (await look.calls.get(f"/{name}", page="1", per_page="20")).status
        except NextMove:
            value[name] = 0
    if not any(value.values()):
        return unanswered("No section gave any answer.", ask_vendor=_SECTIONS_TEXT)
    there = [name for name, status in value.items() if status == 200]
    told = (
        f"These further sections answer: {', '.join(there)}." if there else "No further section answers a plain read."
    )
    return Answer(value=value, told=told, ask_vendor=_SECTIONS_TEXT)


def _shape(raw: Any, depth: int = 3) -> Any:
    """A body's names without its values."""
    if isinstance(raw, Mapping) and depth:
        return {str(k): _shape(v, depth - 1) for k, v in raw.items()}
    return type(raw).__name__


_TWO_FACTOR: Final = (
    "How does a client of API v4 sign in a user with two-factor authentication: which call takes the code, and does a token "
    "that was given before stay valid?"
)
_LIFETIME: Final = (
    "How long does a session token of POST /authenticate last, does each call prolong it, and how long does an OAuth refresh "
    "token last?"
)
_RATE: Final = (
    "How many calls per which window may our API v4 key make, and are they counted per key, user or organization?"
)
_SECTIONS_TEXT: Final = (
    "Which operations do the sections `trash`, `workspaces`, `resource-tickets`, `squirrel` and `permissions` of API v4 have? "
    "Could you send us the current OpenAPI document?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    entry("version", "What does /version answer?", "PS 10.1, A8", version),
    entry("session", "What does a session show?", "PS 10.1, A6", session),
    entry("two_factor", "Does the user have a second factor?", "PS 10.8, A1", two_factor),
    entry(
        "before_organization",
        "What does a session see before it enters the organisation?",
        "PS 9.10, A3",
        before_organization,
    ),
    entry("oauth", "How long does a token last, and is the refresh token replaced?", "PS 10.8, A5", oauth),
    entry("rate_limit", "Which rate limit do replies show?", "PS 10.7, 4.7", rate_limit),
    entry("time_zone", "Which time zone does the account have?", "PS 10.13, U4", time_zone),
    entry("v3_numbers", "Does v3 write numbers as numbers or as text?", "PS 7", v3_numbers),
    entry("errors_form", "Do errors come as an array or as an object?", "PS 4.6", errors_form),
    entry("sections", "Which further sections answer?", "PS 10.9, 10.11, 6.4", sections),
)
