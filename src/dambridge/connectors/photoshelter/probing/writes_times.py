"""Questions about modified times: which edits move them, when a search sees it, and in which zone (section 10.4, 10.13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.bench import Work, working
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, proof, unanswered
from dambridge.connectors.photoshelter.probing.reads_media import TIME_NAMES
from dambridge.connectors.photoshelter.probing.scratch import Place, media
from dambridge.connectors.photoshelter.probing.writes_fields import FIELDS, Tag, retag, set_field
from dambridge.connectors.photoshelter.probing.writes_files import UPLOADS
from dambridge.connectors.photoshelter.wire import text
from dambridge.ports.capabilities import Proof
from dambridge.ports.probing import Mutation

MEMBERSHIP: Final = Mutation(
    "puts a file of its own into a second scratch gallery and takes it out",
    "nothing that is known",
    "the gallery is deleted",
)
_APART: Final = 2.5
"""Seconds between two acts, so that times of whole seconds tell them apart."""
_SEEN_WITHIN: Final = 300.0
_QUARTER: Final = timedelta(minutes=15)

Act = Callable[[str], Awaitable[bool]]


async def _times(work: Work, media_id: str) -> dict[str, str]:
    said = (await media(work.look.calls, media_id)).attributes()
    return {name: text(said[name]) for name in TIME_NAMES if said.get(name)}


async def _moves(work: Work, what: str, act: Act) -> Answer:
    """Whether an act moves a file's modified time; looked at twice, because it may move late."""
    media_id = await work.file()
    await work.look.rest.sleep(_APART)
    before = await _times(work, media_id)
    if not before:
        return unanswered("The file shows no time at all.")
    if not await act(media_id):
        return unanswered(f"{what} could not be tried: no way of doing it by a call works on this account.")
    after = await _times(work, media_id)
    if after == before:
        await work.look.rest.sleep(_APART)
        after = await _times(work, media_id)
    moved = sorted(name for name in after if after[name] != before.get(name))
    told = f"{what} moves {', '.join(moved)}." if moved else f"{what} moves no time of the file."
    return Answer(value=bool(moved), told=told)


async def by_caption(work: Work) -> Answer:
    async def act(media_id: str) -> bool:
        return bool(await work.caption(media_id, work.look.scratch.stem("moved")))

    return await _moves(work, "An edit of the caption", act)


async def by_rating(work: Work) -> Answer:
    async def act(media_id: str) -> bool:
        now = (await media(work.look.calls, media_id)).attributes().get("rating")
        return bool(await set_field(work, media_id, "rating", 2 if now != 2 else 3))

    return await _moves(work, "An edit of the rating", act)


async def by_custom(work: Work) -> Answer:
    """With the field and option that were met; set where it is not, taken away where it is."""
    read, write = work.look.value("custom.read") or {}, work.look.value("custom.write") or {}
    known, shape = read.get("known") or {}, write.get("shape")
    if not known or shape in (None, "absent"):
        return unanswered("Custom metadata cannot be written here, so it is not known what an edit of it moves.")

    field, option = next(iter(sorted(known.items())))
    tag = Tag(field, option, str((read.get("values") or {}).get(field, option)))

    async def act(media_id: str) -> bool:
        return bool(await retag(work, media_id, tag, str(shape)))

    return await _moves(work, "An edit of custom metadata", act)


async def by_license(work: Work) -> Answer:
    """By a guessed path alone; a date far away, on a file of ours (PS 8: INFERRED)."""

    async def act(media_id: str) -> bool:
        async def holds() -> bool:
            return bool((await work.part(media_id, "/license")).get("license_etime"))

        path = protocol.media_path(media_id, "/license")
        return bool(await work.patch(path, {"license_etime": "2099-01-01 00:00:00 GMT"}, holds))

    answer = await _moves(work, "An edit of the licence date", act)
    return answer if answer.value is not None else unanswered(answer.told, ask_vendor=_LICENSE)


async def by_membership(work: Work) -> Answer:
    """Adding to a second gallery."""

    async def act(media_id: str) -> bool:
        return await joined(work, await work.new_gallery("second"), media_id)

    answer = await _moves(work, "Adding a file to a gallery", act)
    cells = {} if answer.value is None else {"reader.membership_moves_modified": proof(bool(answer.value))}
    return Answer(value=answer.value, told=answer.told, standing=answer.standing, cells=cells)


async def joined(work: Work, gallery: Place, media_id: str) -> bool:
    """Put a file into a gallery (PS E16: SINGLE, body INFERRED) and see it there."""

    async def holds() -> bool:
        return (await work.look.calls.get(f"{gallery.path}/children/{media_id}")).ok

    return bool(await work.patch(f"{gallery.path}/children", {"media_id": media_id}, holds, method="POST"))


async def container_moves(work: Work) -> Answer:
    """Whether a gallery's modified time moves when a file is added."""
    media_id, gallery = await work.file(), await work.new_gallery("pulse")

    async def stands() -> str:
        return text((await work.look.calls.get(gallery.path)).attributes().get("modified_at"))

    before = await stands()
    if not before:
        return unanswered("A gallery shows no modified time.")
    await work.look.rest.sleep(_APART)
    if not await joined(work, gallery, media_id):
        return unanswered("A file could not be added to a gallery.")
    moved = await stands() != before
    told = f"Adding a file {'moves' if moved else 'does not move'} the gallery's modified time."
    return Answer(value=moved, told=told)


async def summary(look: Look) -> Answer:
    """Whether any edit of fields moves the modified time: the weakest of what was found counts."""
    found = {name: look.value(f"modified.{name}") for name in ("caption", "rating", "custom", "license")}
    still = [name for name, moves in found.items() if moves is False]
    unknown = [name for name, moves in found.items() if moves is None]
    if len(unknown) == len(found):
        return unanswered("No edit was tried.")
    cell = Proof.ABSENT if still else Proof.UNPROVEN if unknown else Proof.PROVEN
    told = (
        f"Edits that move no time: {', '.join(still)}."
        if still
        else "Every edit that was tried moves the modified time."
    )
    warning = "Such edits are found by the sweep alone." if still else ""
    return Answer(value=found, told=told, cells={"reader.metadata_moves_modified": cell}, warning=warning)


async def index_lag(work: Work) -> Answer:
    """How long until the search sees a new file: seconds, with what is known on both sides."""
    media_id = await work.another()
    org = work.look.options.org_id
    newest = {"org_id": org, "sort_by": "upload_time", "sort_dir": "desc", "sort_direction": "descending"}

    async def seen() -> bool:
        said = await work.look.calls.get("/media", **newest, page="1", per_page="50")
        return any(it.id == media_id for it in said.items())

    not_before, first = await work.look.rest.until(seen, at_most=_SEEN_WITHIN)
    value = {"not_before": not_before, "seen": first}
    if first is None:
        told = f"The search did not show a new file within {_SEEN_WITHIN:.0f} s."
        return Answer(value=value, told=told, warning="The overlap of scans must be longer than that.")
    return Answer(
        value=value, told=f"The search shows a new file {not_before:.0f} to {first:.0f} s after it was there."
    )


async def zone(work: Work) -> Answer:
    """Zone of the zoneless container times: a gallery and a file made one after the other, in quarters of an hour."""
    gallery = await work.new_gallery("zone")
    media_id = await work.another(gallery=gallery)
    made = text((await work.look.calls.get(gallery.path)).attributes().get("created_at"))
    times = await _times(work, media_id)
    uploaded = protocol.parse_time(times.get("uploaded_at", "") or times.get("created_at", ""))
    container = _as_if_utc(made)
    if uploaded is None or container is None:
        return unanswered(f"The times cannot be compared: {made or 'none'} and {times or 'none'}.")
    apart = container - uploaded
    quarters = round(apart / _QUARTER)
    if abs(apart - quarters * _QUARTER) > timedelta(minutes=3):
        return unanswered(f"A gallery and a file made together are {apart} apart, which is no zone.")
    minutes = quarters * 15
    told = "UTC" if not minutes else f"{minutes:+d} minutes from UTC"
    warning = f"Containers' times are not UTC: at the moment {told}." if minutes else ""
    named = "UTC" if not minutes else _account_zone(work.look)
    suggests = {"container_zone": named} if named else {}
    return Answer(value=minutes, told=f"Containers show their times in {told}.", warning=warning, suggests=suggests)


def _account_zone(look: Look) -> str:
    """The account's own zone, empty where it is not known."""
    return str(look.value("time_zone") or "")


def _as_if_utc(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


_LICENSE: Final = (
    "Which call of API v4 sets the License Expiration Date of a file, and does it move the file's modified time?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    working("modified.caption", "Does an edit of the caption move the modified time?", "PS 10.4", by_caption, FIELDS),
    working("modified.rating", "Does an edit of the rating move the modified time?", "PS 10.4", by_rating, FIELDS),
    working(
        "modified.custom",
        "Does an edit of custom metadata move the modified time?",
        "PS 10.4",
        by_custom,
        FIELDS,
        needs=("custom.read", "custom.write"),
    ),
    working(
        "modified.license", "Does an edit of the licence date move the modified time?", "PS 10.4", by_license, FIELDS
    ),
    working(
        "modified.membership", "Does adding to a gallery move the modified time?", "PS 10.4", by_membership, MEMBERSHIP
    ),
    working(
        "modified.container", "Does adding a file move the gallery's time?", "PS 8, E9", container_moves, MEMBERSHIP
    ),
    entry(
        "modified.fields",
        "Does every edit of fields move the modified time?",
        "PS 10.4",
        summary,
    ),
    working("search.lag", "After how long does the search see a new file?", "PS 10.4", index_lag, UPLOADS),
    working("container.zone", "In which zone are containers' times?", "PS 10.13, 4.5", zone, UPLOADS, MEMBERSHIP),
)
