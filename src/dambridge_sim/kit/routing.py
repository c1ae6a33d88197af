"""Find the operation of a path: a tree of segments, so that a hundred operations cost as little as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dambridge_sim.kit.vendor import Operation


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    one: _Node | None = None
    rest: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)
    here: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The operation of a call and the values of its path's parameters."""

    operation: Operation
    params: dict[str, str]


class Routes:
    """All operations by path. Fixed segments win over parameters. HEAD is answered by GET."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Build the tree. Raises `ValueError` for two operations of the same method and path."""
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def find(self, method: str, path: str) -> Found | None:
        """Return what answers a call, or None for an unknown path or a method that it does not take."""
        segments = path.strip("/").split("/")
        found = self._walk(self._root, segments, 0, (), method)
        if found is None and method == "HEAD":
            found = self._walk(self._root, segments, 0, (), "GET")
        return found

    def _add(self, operation: Operation) -> None:
        node, names = self._root, list[str]()
        for segment in operation.path.strip("/").split("/"):
            if segment.startswith("{"):
                name, _, kind = segment[1:-1].partition(":")
                names.append(name)
                if kind == "path":
                    node.rest[operation.method] = (operation, tuple(names))
                    return
                node.one = node.one or _Node()
                node = node.one
            else:
                node = node.fixed.setdefault(segment, _Node())
        if operation.method in node.here:
            raise ValueError(f"two operations for {operation.method} {operation.path}")
        node.here[operation.method] = (operation, tuple(names))

    def _walk(self, node: _Node, segments: list[str], place: int, values: tuple[str, ...], method: str) -> Found | None:
        if place == len(segments):
            return _found(node.here.get(method), values)
        segment = segments[place]
        found: Found | None = None
        if segment in node.fixed:
            found = self._walk(node.fixed[segment], segments, place + 1, values, method)
        if found is None and node.one is not None and segment:
            found = self._walk(node.one, segments, place + 1, (*values, segment), method)
        if found is None and node.rest:
            found = _found(node.rest.get(method), (*values, "/".join(segments[place:])))
        return found


def _found(hit: tuple[Operation, tuple[str, ...]] | None, values: tuple[str, ...]) -> Found | None:
    return None if hit is None else Found(hit[0], dict(zip(hit[1], values, strict=True)))
