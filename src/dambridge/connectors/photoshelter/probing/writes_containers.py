"""Questions about making, filling and shutting containers (PS E8, E16, U8, U13; section 10.12)."""

from __future__ import annotations

from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.bench import Work, working
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, proof, unanswered
from dambridge.connectors.photoshelter.probing.scratch import PRIVATE, Place, set_by_v3
from dambridge.connectors.photoshelter.probing.writes_files import UPLOADS
from dambridge.connectors.photoshelter.probing.writes_times import MEMBERSHIP, joined
from dambridge.connectors.photoshelter.wire import text
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Mutation

CONTAINERS: Final = Mutation(
    "makes, renames and deletes empty containers of its own", "nothing that is known", "they are deleted"
)
DOORS: Final = Mutation(
    "sets an empty gallery of its own from private to permission and back; nobody is granted anything, and it never opens to "
    "everyone",
    "nothing that is known",
    "the gallery is deleted",
)
_PERMISSION: Final = "permission"
_LIMIT: Final = 100


async def containers(work: Work) -> Answer:
    """A gallery made, found in its collection, renamed and deleted (PS E16: SINGLE but for the deletion)."""
    gallery = await work.new_gallery("made")
    home = work.look.scratch.home
    inside = home is not None and any(
        it.id == gallery.id
        for it in (await work.look.calls.get(f"{home.path}/children", page="1", per_page="500")).items()
    )
    name = work.look.scratch.stem("renamed")

    async def renamed() -> bool:
        return text((await work.look.calls.get(gallery.path)).attributes().get("name")) == name

    form = await work.patch(gallery.path, {"name": name}, renamed)
    gone = (await work.look.calls.write("DELETE", gallery.path)).ok
    gone = gone and (await work.look.calls.get(gallery.path)).status == 404
    value = {"create": True, "parent": inside, "rename": bool(form), "delete": gone, "collections": home is not None}
    works = ", ".join(name for name, it in value.items() if it)
    return Answer(value=value, told=f"With containers works: {works}.", cells={"archive.folders": Proof.PROVEN})


async def name_limit(work: Work) -> Answer:
    """Names of 100 and 101 characters (PS E10, CONFIRMED-2019: 100 at most)."""
    value: dict[str, str] = {}
    for length in (_LIMIT, _LIMIT + 1):
        name = work.look.scratch.stem("name").ljust(length, "x")
        try:
            made = await work.look.scratch.container(work.look.calls, "galleries", name)
        except Refused:
            value[str(length)] = "refused"
            continue
        shown = text((await work.look.calls.get(made.path)).attributes().get("name"))
        value[str(length)] = "kept" if shown == name else "cut"
    return Answer(value=value, told=", ".join(f"a name of {k} characters is {v}" for k, v in value.items()) + ".")


async def membership(work: Work) -> Answer:
    """A file in two galleries at once, and out of one of them without being lost (PS E16: SINGLE)."""
    media_id, second = await work.file(), await work.new_gallery("members")
    if not await joined(work, second, media_id):
        return Answer(
            value={"add": False},
            told="A file cannot be added to a second gallery.",
            cells={"archive.take_out": Proof.UNPROVEN},
        )
    path = protocol.media_path(media_id, "/galleries")
    both = {it.id for it in (await work.look.calls.get(path, mode="library", page="1", per_page="50")).items()}
    said = await work.look.calls.write("DELETE", f"{second.path}/children/{media_id}")
    out = said.ok and not (await work.look.calls.get(f"{second.path}/children/{media_id}")).ok
    stays = (await work.look.calls.get(protocol.media_path(media_id))).ok
    value = {"add": True, "several": {second.id, work.gallery.id} <= both, "remove": out, "stays": stays}
    told = f"A file can be added to a second gallery{' and taken out again' if out else ''}."
    return Answer(value=value, told=told, cells={"archive.take_out": proof(out and stays)})


async def newest_first(work: Work) -> Answer:
    """Whether the children of a gallery come by the time they were added (PS E11)."""
    gallery = await work.new_gallery("order")
    first, second = await work.file(), await work.another()
    for media_id in (second, first):  # added against the order in which they were uploaded
        if not await joined(work, gallery, media_id):
            return unanswered("Files could not be added to a gallery.")
        await work.look.rest.sleep(2.5)
    said = await work.look.calls.get(f"{gallery.path}/children", **protocol.MEMBERS_QUERY, page="1", per_page="50")
    ids = [it.id for it in said.items()]
    if sorted(ids) != sorted([first, second]):
        return unanswered(f"The gallery does not list what was added ({said.in_words}).")
    works = ids == [first, second]
    return Answer(
        value=works,
        told=f"A gallery {'lists' if works else 'does not list'} the latest added first when asked so.",
        cells={"reader.newest_members_first": proof(works)},
    )


async def visibility_v4(work: Work) -> Answer:
    """By `mode` on PATCH (PS 8: INFERRED)."""
    gallery = await work.new_gallery("doors")

    async def set_to(mode: str) -> bool:
        async def holds() -> bool:
            return await _mode(work, gallery) == mode

        return bool(await work.patch(gallery.path, {"mode": mode}, holds))

    opened = await set_to(_PERMISSION)
    shut = await set_to(PRIVATE) if opened else False
    return await _of_doors(work, gallery, "v4", opened=opened, shut=shut, better=False)


async def visibility_v3(work: Work) -> Answer:
    """By `visibility/update` (PS U13: SINGLE)."""
    gallery = await work.new_gallery("doors")
    opened = await _set_v3(work, gallery, _PERMISSION)
    shut = await _set_v3(work, gallery, PRIVATE) if opened else False
    better = bool(work.look.value("visibility.v4"))
    return await _of_doors(work, gallery, "v3", opened=opened, shut=shut, better=better)


async def _set_v3(work: Work, gallery: Place, mode: str) -> bool:
    return (await set_by_v3(work.look.calls, gallery, mode)).ok and await _mode(work, gallery) == mode


async def _mode(work: Work, gallery: Place) -> str:
    """A container's own mode as it is shown (PS E14)."""
    return text((await work.look.calls.get(f"{gallery.path}/permissions")).attributes().get("native_mode"))


async def _of_doors(work: Work, gallery: Place, by: str, *, opened: bool, shut: bool, better: bool) -> Answer:
    gone = (await work.look.calls.write("DELETE", gallery.path)).ok
    if opened and not shut and not gone:
        return unanswered(f"{gallery.name} was set to permission and could not be set back; delete it by hand.")
    told = f"{by} {'sets' if opened and shut else 'does not set'} the visibility of a container."
    works = opened and shut
    suggests = {"visibility_via": by} if works and not better else {}
    return Answer(value=works, told=told, suggests=suggests, ask_vendor="" if works or better else _DOORS)


_DOORS: Final = (
    "Which call of API v4 sets the visibility (everyone, permission, private) of a gallery and of a collection?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    working("container.write", "Can containers be made, renamed and deleted?", "PS E8, E16", containers, CONTAINERS),
    working("container.name_limit", "How long may a container's name be?", "PS E10", name_limit, CONTAINERS),
    working(
        "gallery.members",
        "Can a file be in several galleries, and be taken out?",
        "PS E16",
        membership,
        UPLOADS,
        MEMBERSHIP,
    ),
    working(
        "gallery.newest_first",
        "Does a gallery list the latest added first?",
        "PS E11",
        newest_first,
        UPLOADS,
        MEMBERSHIP,
    ),
    working("visibility.v4", "Can v4 set the visibility of a container?", "PS 10.12, 8", visibility_v4, DOORS),
    working("visibility.v3", "Can v3 set the visibility of a container?", "PS 10.12, U13", visibility_v3, DOORS),
)
