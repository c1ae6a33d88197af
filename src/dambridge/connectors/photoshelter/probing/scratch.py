"""The one place where a probe writes: containers of its own that nobody but staff can see, verified before each use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.calls import Calls, Said
from dambridge.connectors.photoshelter.wire import text
from dambridge.ports.errors import Refused, TryLater, Unclear

PREFIX: Final = "dambridge-probe-"
"""Begins the name of every container and file that a probe makes; what an earlier one left is known by it."""
PRIVATE: Final = "private"
COLLECTIONS: Final = "collections"
GALLERIES: Final = "galleries"


@dataclass(frozen=True, slots=True)
class Place:
    """A container: `plural` is `collections` or `galleries`."""

    plural: str
    id: str
    name: str

    @property
    def path(self) -> str:
        return f"/{self.plural}/{quote(self.id, safe='')}"


@dataclass(slots=True)
class Scratch:
    """What this probe made. `home` is the collection around all of it, None where there can be none; `files` are all that
    were uploaded, `trashed` those of them that were deleted."""

    name: str
    home: Place | None = None
    gallery: Place | None = None
    made: list[Place] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    trashed: set[str] = field(default_factory=set)
    _numbers: int = 0

    @property
    def path(self) -> str:
        """The gallery's path for people."""
        names = [it.name for it in (self.home, self.gallery) if it is not None]
        return "/".join(names)

    def stem(self, word: str) -> str:
        """A name that no other file or container has."""
        self._numbers += 1
        return f"{self.name}-{word}-{self._numbers}"

    async def open(self, calls: Calls) -> str:
        """Make the containers and verify them. Raises `Refused`: then what was made is gone again, as far as that goes."""
        if self.gallery is None:
            try:
                self.home = await self.container(calls, COLLECTIONS, self.name)
            except Refused:
                self.home = None  # a gallery alone will do
            self.gallery = await self.container(calls, GALLERIES, f"{self.name}-a")
        await self.verify(calls)
        return self.path

    async def verify(self, calls: Calls) -> None:
        """Raises `Refused` where anybody but staff could see what is put there, or where that cannot be told."""
        if self.gallery is None:
            raise Refused("No scratch container is open; nothing is written.")
        for place in (self.home, self.gallery):
            if place is not None and (why := await visible(calls, place)):
                raise Refused(f"The scratch container {place.name} is not surely private: {why}. Nothing is written.")

    async def container(self, calls: Calls, plural: str, name: str, **fields: str) -> Place:
        """A new container of ours, private. Raises `Refused` where it cannot be made, or cannot be made private: then it is
        taken back at once."""
        place = await self._make(calls, plural, name, fields)
        self.made.append(place)
        why = await visible(calls, place)
        if why and await shut(calls, place):
            why = await visible(calls, place)
        if not why:
            return place
        await calls.write("DELETE", place.path)
        raise Refused(f"The new container {name} is not surely private: {why}. It was deleted; nothing is written.")

    async def _make(self, calls: Calls, plural: str, name: str, fields: Mapping[str, str]) -> Place:
        form = {"name": name, "mode": PRIVATE, "is_listed": "false", **self._inside(), **fields}
        try:
            said = await calls.write("POST", f"/{plural}", form)  # PS E8, E16: SINGLE, body INFERRED
        except (Unclear, TryLater):
            said = None
        found = said.item() if said is not None else None
        place = Place(plural, found.id, name) if found and found.id else await named(calls, plural, name)
        if place is None and plural == GALLERIES and calls.sessions.has_v3:
            place = await self._inserted(calls, name)
        if place is None:
            words = said.in_words if said is not None else "no answer"
            raise Refused(f"PhotoShelter would not make the container {name}: {words}.")
        return place

    def _inside(self) -> dict[str, str]:
        return {"parent": self.home.id} if self.home is not None else {}

    async def _inserted(self, calls: Calls, name: str) -> Place | None:
        """By v3 (PS U8, SINGLE)."""
        said = await calls.v3(
            "POST", "/mem/gallery/insert", {"name": name, "mode": PRIVATE, "f_list": "f", **self._inside()}
        )
        found = text(said.dig("data", "Gallery", "gallery_id"))
        return Place(GALLERIES, found, name) if said.ok and found else None


async def named(calls: Calls, plural: str, name: str) -> Place | None:
    """A container by its whole name."""
    match = {"match": "false"} if plural == COLLECTIONS else {}
    said = await calls.get(f"/{plural}", name=name, page="1", per_page="50", **match)
    for it in said.items():
        if text(it.attributes.get("name")) == name:
            return Place(plural, it.id, name)
    return None


async def shut(calls: Calls, place: Place) -> bool:
    """Try to make a container private by each way that may exist; True where one did not refuse."""
    if (await calls.write("PATCH", place.path, {"mode": PRIVATE})).ok and not await visible(calls, place):
        return True
    if not calls.sessions.has_v3:
        return False
    return (await set_by_v3(calls, place, PRIVATE)).ok


async def set_by_v3(calls: Calls, place: Place, mode: str) -> Said:
    """Set a container's visibility by v3 (PS U13: SINGLE for collections, INFERRED for galleries)."""
    kind = {COLLECTIONS: "collection", GALLERIES: "gallery"}[place.plural]
    path = f"/mem/{kind}/{quote(place.id, safe='')}/visibility/update"
    return await calls.v3("POST", path, {"visibility": mode})


async def visible(calls: Calls, place: Place) -> str:
    """Why a container may be seen by others than staff, empty where it surely may not: every mode that is shown is private,
    the effective one among them, and there is no grant, inherited ones included (PS E14, E15)."""
    permissions = await calls.get(f"{place.path}/permissions")
    access = await calls.get(f"{place.path}/access")
    if not permissions.ok or not access.ok:
        return f"its permissions cannot be read ({permissions.in_words}, {access.in_words})"
    shown, effective = permissions.attributes(), access.attributes()
    modes = [it.get(name) for it in (shown, effective) for name in ("mode", "native_mode", "effective_mode")]
    modes += [it["native"] for it in (shown, effective) if isinstance(it.get("native"), str)]  # entries, or the mode
    if any(it not in (None, PRIVATE) for it in modes):
        return f"its mode is {next(it for it in modes if it not in (None, PRIVATE))}"
    if effective.get("effective_mode", effective.get("mode")) != PRIVATE:
        return "its effective mode is not told"
    if _grants(shown) or _grants(effective):
        return "somebody was granted access to it"
    return ""


def _grants(attributes: Mapping[str, Any]) -> bool:
    inherited = attributes.get("inherited")
    above = (
        [it.get("permissions") for it in inherited if isinstance(it, Mapping)] if isinstance(inherited, list) else []
    )
    listed = (attributes.get("native"), attributes.get("permissions"), *above)
    return any(bool(it) for it in listed if not isinstance(it, str))


async def children(calls: Calls, place: Place) -> list[str] | None:
    """Ids of all that stands in a container; None where that cannot be told."""
    found: dict[str, None] = {}
    for page in range(1, 200):
        said = await calls.get(f"{place.path}/children", page=str(page), per_page="500")
        if not said.ok:
            return None
        ids = [it.id for it in said.items()]
        if not [it for it in ids if it not in found]:
            break
        found |= dict.fromkeys(ids)
        if (total := said.total()) is not None and len(found) >= total:
            break
    return list(found)


async def media(calls: Calls, media_id: str) -> Said:
    """A file as it stands (PS E19)."""
    return await calls.get(protocol.media_path(media_id))
