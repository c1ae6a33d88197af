"""Who may see a container on the portal (PS 3, CONFIRMED): own mode, inheritance, and several parents.

These modes govern the portal only; library staff always see everything (HC, PS 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

MODES: Final = ("everyone", "permission", "private")
_RANK: Final = {mode: rank for rank, mode in enumerate(MODES)}

Container = Mapping[str, Any]
Find = Callable[[str], Container | None]


def most_restrictive(*modes: str) -> str:
    """Return the narrowest of the modes."""
    return max(modes, key=_RANK.__getitem__)


def least_restrictive(*modes: str) -> str:
    """Return the widest of the modes."""
    return min(modes, key=_RANK.__getitem__)


def native_mode(container: Container, root: str) -> str | None:
    """Return the container's own setting; None when it has none and simply inherits. Roots without one get `root`."""
    own: str | None = container.get("mode")
    if own is None and not (container.get("access_inherit", True) and container.get("parents")):
        return root
    return own


def effective_mode(container: Container, find: Find, root: str, context: str | None = None) -> str:
    """Return the mode after inheritance.

    Without a context the most restrictive parent wins (PS 3, CONFIRMED-2019); with the id of one of the parents, that
    parent counts alone.
    """
    own = native_mode(container, root)
    inherited = [effective_mode(parent, find, root) for parent in _parents(container, find, context)]
    if own is not None:
        inherited.append(own)
    return most_restrictive(*inherited) if inherited else root


def widest_mode(container: Container, find: Find, root: str) -> str:
    """Return the widest mode in which anybody can reach the container, through whichever parent is most open.

    A gallery in an open and in a closed collection can be reached through the open one, so this is what exposure means.
    """
    own = native_mode(container, root)
    through = [widest_mode(parent, find, root) for parent in _parents(container, find, None)]
    inherited = least_restrictive(*through) if through else None
    if own is None:
        return inherited or root
    return most_restrictive(own, inherited) if inherited else own


def _parents(container: Container, find: Find, context: str | None) -> list[Container]:
    if not container.get("access_inherit", True):
        return []
    ids = container.get("parents") or []
    if context is not None and context in ids:
        ids = [context]
    return [parent for parent in map(find, ids) if parent is not None]
