"""Who was let in, by which permission entry: invited people, groups, passwords and share tokens (PS 3, E14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter.containers import Containers


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who looks at the library from outside: what they are known by and what they bring."""

    email: str | None = None
    known_as: frozenset[str] = frozenset()
    """Ids of the contact and of the groups that the address book has for the e-mail address."""
    password: str | None = None
    token: str | None = None


def entries(container: Document, containers: Containers, context: str | None = None) -> Iterator[Document]:
    """Yield the entries of a container, its own first, then what it inherits (through `context` alone if that is a parent)."""
    yield from container["permissions"]
    if not container.get("access_inherit", True):
        return
    parents = [context] if context in container["parents"] else container["parents"]
    for parent_id in parents:
        parent = containers.get(parent_id) if parent_id else None
        if parent is not None:
            yield from entries(parent, containers)


def lets_in(entry: Document, guest: Guest, at_ms: int) -> bool:
    """Say whether an entry lets a guest in now."""
    if (end := entry.get("expires_ms")) is not None and end <= at_ms:
        return False
    match entry["type"]:
        case "contact":
            email = entry.get("contact_email")
            named = guest.email is not None and email is not None and email.casefold() == guest.email.casefold()
            return named or entry.get("contact_id") in guest.known_as
        case "group":
            return entry.get("group_id") in guest.known_as
        case "password" | "token" as kind:
            brought = guest.password if kind == "password" else guest.token
            return brought is not None and entry.get(kind) == brought
    return False


def way_in(
    container: Document, containers: Containers, guest: Guest, at_ms: int, context: str | None = None
) -> Document | None:
    """Return the entry by which a guest may see a container, an empty one where everyone may; None where they may not."""
    mode = containers.effective(container, context)
    if mode == "private":
        return None
    found = (entry for entry in entries(container, containers, context) if lets_in(entry, guest, at_ms))
    return next(found, {} if mode == "everyone" else None)
