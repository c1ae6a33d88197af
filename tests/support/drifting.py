"""A library in memory that drifts while it is listed, with its own idea of the truth; no code of the product takes part.

A `Library` keeps every state that an asset has had and when each became visible, so that listings can lag, rows can be
committed late and any past view can be asked for. People work in it between any two calls, by a script.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

SECOND = 1_000_000
EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)
PLACES = {"G0a": "Intake A", "G0b": "Intake B", "G0c": "Elsewhere"}
SELECTED = frozenset({"G0a", "G0b"})


class Lost(AssertionError):
    """Something was lost, doubled, or said of an asset that is not so."""


class PageFails(Exception):
    """The next call gets no answer."""


class Op(NamedTuple):
    """What a person, or the service itself, does between two calls; `which` and `how` choose the asset and the manner."""

    kind: str
    which: int = 0
    how: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A state of an asset: `event` is when it came about, `visible` when it was committed, all in microseconds."""

    number: int
    event: int
    visible: int
    stamp: int
    exists: bool = True
    approved: bool = True
    places: Mapping[str, int] = field(default_factory=dict)
    moved: bool = True

    @property
    def selected(self) -> bool:
        return self.exists and not SELECTED.isdisjoint(self.places)


@dataclass(frozen=True, slots=True)
class Rules:
    """How the service is: the precision of its stamps, how long listings lag, and what its pages are like."""

    precision: int = SECOND
    lag: int = 0
    overlap: int = 600 * SECOND
    cap: int = 5
    per_page: int = 20
    names_total: bool = True
    shuffled: bool = False
    galleries: bool = False


@dataclass(slots=True)
class Asset:
    """An asset and all its states; `uploaded` is its place in listings by time of upload."""

    id: str
    uploaded: int
    rows: list[Row]

    def at(self, when: int) -> Row | None:
        """Its state as committed at an instant, None before the first."""
        found: Row | None = None
        for row in self.rows:
            if row.visible > when:
                break
            found = row
        return found

    @property
    def was_late(self) -> bool:
        """Whether any of its states was committed later than it came about."""
        return any(it.visible > it.event for it in self.rows)

    @property
    def last(self) -> Row:
        return self.rows[-1]


@dataclass(slots=True)
class Library:
    """The assets, a clock in microseconds, and the script of what people do after each call."""

    rules: Rules
    prefix: str = "I0"
    now: int = 0
    assets: dict[str, Asset] = field(default_factory=dict)
    script: deque[Op | None] = field(default_factory=deque)
    hints: list[tuple[str, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    troubles: list[str] = field(default_factory=list)
    deaf: int = 0
    denied: set[str] = field(default_factory=set)
    """Ids that were not there when they were last asked for by id."""

    # views ------------------------------------------------------------------------------------------------------------

    def shown(self, where: str | None = None) -> list[tuple[Asset, Row]]:
        """What listings show now, of one place or of all, in no order."""
        return list(self._view(self.now - self.rules.lag, where))

    def _view(self, when: int, where: str | None) -> Iterator[tuple[Asset, Row]]:
        for asset in self.assets.values():
            row = asset.at(when)
            if row is not None and row.exists and (where is None or where in row.places):
                yield asset, row

    def read(self, remote_id: str) -> Row | None:
        """The asset as a read by id shows it, None where there is none."""
        if self.deaf:
            self.deaf -= 1
            self.counts["failed reads"] += 1
            raise PageFails
        asset = self.assets.get(remote_id)
        row = asset.at(self.now) if asset else None
        if row is None or not row.exists:
            self.denied.add(remote_id)
            return None
        self.denied.discard(remote_id)
        return row

    def throughout(self, start: int, holds: Callable[[Row], object]) -> set[str]:
        """The assets that listings had all the while from `start` until now; `holds` says something true of a state, and
        the same of each."""
        first, last = start - self.rules.lag, self.now - self.rules.lag
        found = set()
        for asset in self.assets.values():
            before = asset.at(first)
            rows = [it for it in asset.rows if first < it.visible <= last]
            said = {holds(it) if it.exists else None for it in rows} | {holds(before) if before else None}
            if before is not None and before.exists and len(said) == 1 and said.pop():
                found.add(asset.id)
        return found

    def still(self, start: int) -> bool:
        """Whether listings have shown the same from `start` until now."""
        first, last = start - self.rules.lag, self.now - self.rules.lag
        return not any(first < row.visible <= last for asset in self.assets.values() for row in asset.rows)

    # calls ------------------------------------------------------------------------------------------------------------

    def called(self) -> None:
        """A call was answered: time passes, and people do what the script says."""
        self.calls += 1
        self.now += 50_000
        if self.script and (op := self.script.popleft()) is not None:
            self.counts["changes between calls"] += 1
            self.do(op)

    def page(self, rows: list[tuple[Asset, Row]], start: int, size: int) -> tuple[list[tuple[Asset, Row]], int]:
        """A page and the count of all; a trouble that is due strikes here. Raises `PageFails`."""
        trouble = self.troubles.pop() if self.troubles else None
        if trouble == "fail":
            self.counts["failed pages"] += 1
            raise PageFails
        shown = rows[start : start + min(size, self.rules.cap)]
        if trouble == "half" and self.rules.names_total and len(shown) > 1:
            self.counts["half pages"] += 1
            shown = shown[: len(shown) // 2]
        if start:
            self.counts["further pages"] += 1
        return shown, len(rows)

    def tie(self, asset: Asset, size: int) -> str:
        """What orders equal stamps: the id, or, where the service promises nothing, another order for each page size."""
        return asset.id if not self.rules.shuffled else f"{crc32(f'{asset.id}{size}'.encode()):010}"

    # people -----------------------------------------------------------------------------------------------------------

    def do(self, op: Op) -> None:
        """Carry out an edit. What the asset chosen does not allow is left."""
        late = (0, 0, SECOND, 30 * SECOND, self.rules.overlap // 2, self.rules.overlap)[op.how % 6]
        match op.kind:
            case "fail" | "half":
                self.troubles.append(op.kind)
            case "deaf":
                self.deaf += 1
            case "add" | "burst":
                for _ in range(1 if op.kind == "add" else 3):
                    self._add(op.how, late)
            case _:
                there = [it for it in self.assets.values() if it.last.exists]
                if there:
                    self._edit(there[op.which % len(there)], op, late)

    def _add(self, how: int, late: int) -> None:
        number = len(self.assets)
        stamp = self.now // self.rules.precision * self.rules.precision
        places = {("G0a", "G0b", "G0c")[(how + number) % 3]: self.now}
        visible = self.now + late
        self.counts["late commits"] += late > 0
        row = Row(1, self.now, visible, stamp, approved=how % 4 != 3, places=places)
        self.assets[f"{self.prefix}{number:04}"] = Asset(f"{self.prefix}{number:04}", stamp, [row])
        self.hints.append((f"{self.prefix}{number:04}", 1))

    def _edit(self, asset: Asset, op: Op, late: int) -> None:
        old = asset.last
        stamp = self.now // self.rules.precision * self.rules.precision
        visible = max(old.visible, self.now + (late if op.kind == "touch" else 0))
        self.counts["late commits"] += visible > self.now
        new = replace(old, number=old.number + 1, event=self.now, visible=visible, moved=False)
        match op.kind:
            case "touch":
                new = replace(new, stamp=stamp, moved=True)
            case "approve":
                self.counts["approved later"] += not old.approved
                new = replace(new, approved=True)
            case "remove":
                new = replace(new, exists=False)
            case "into":
                new = replace(new, places={**old.places, ("G0a", "G0b")[op.how % 2]: self.now})
            case "out":
                new = replace(new, places={} if op.how % 2 else {"G0c": self.now})
        asset.rows.append(new)
        self.hints.append((asset.id, new.number))


KINDS = (
    *(
        "add",
        "burst",
        "touch",
        "touch",
        "silent",
        "approve",
        "approve",
        "remove",
        "remove",
        "into",
        "into",
        "into",
        "out",
    ),
    *("fail", "half", "deaf"),
)


def instant(micros: int) -> datetime:
    """Microseconds of a library as a time of day."""
    return EPOCH + timedelta(microseconds=micros)


def micros(said: str) -> int:
    """A PhotoShelter date parameter (PS 4.5) in microseconds of a library."""
    at = datetime.strptime(said, "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)
    return round((at - EPOCH) / timedelta(microseconds=1))


def photoshelter_answer(library: Library, path: str, query: Mapping[str, str]) -> tuple[int, Any]:
    """Status and body of a GET below the API's root, as PS E1, E11, E12, E17, E18 and E19 have them."""
    match path.strip("/").split("/"):
        case ["media"]:
            start, end = (micros(query[it]) if it in query else None for it in ("modify_start", "modify_end"))
            rows = [
                it
                for it in library.shown()
                if (start is None or it[1].stamp >= start) and (end is None or it[1].stamp <= end)
            ]
            return 200, _listed(library, rows, query)
        case ["search"]:
            return 200, _listed(library, library.shown(), query)
        case ["organization", "authenticate"]:
            return 200, {"meta": {"status": "OK"}}
        case ["library"]:
            items = [{"id": it, "type": "gallery", "attributes": {"name": name}} for it, name in PLACES.items()]
            return 200, {"data": items, "meta": {"paging": {"total": len(items)}}}
        case ["galleries", gallery, "children"]:
            rows = library.shown(gallery)
            rows.sort(key=lambda it: (-it[1].places[gallery], it[0].id))
            return 200, _page_of(library, rows, query, named=library.rules.names_total)
        case ["galleries", gallery, "child-count"]:
            return 200, {"meta": {"children_count": {"total": len(library.shown(gallery))}}}
        case ["media", remote_id]:
            row = library.read(remote_id)
            if row is None:
                return 404, {"errors": [{"id": "ResourceNotFoundException", "status": "404", "title": "gone"}]}
            return 200, {"data": _media(remote_id, row)}
        case _:
            raise AssertionError(f"nobody asked for {path}")


def _listed(library: Library, rows: list[tuple[Asset, Row]], query: Mapping[str, str]) -> Any:
    size = min(int(query["per_page"]), library.rules.cap)
    rows.sort(key=lambda it: (it[0].uploaded, library.tie(it[0], size)))
    return _page_of(library, rows, query, named=True)


def _page_of(library: Library, rows: list[tuple[Asset, Row]], query: Mapping[str, str], *, named: bool) -> Any:
    size = min(int(query["per_page"]), library.rules.cap)
    shown, total = library.page(rows, (int(query["page"]) - 1) * size, size)
    items = [{"id": asset.id, "type": "image", "attributes": {}} for asset, _ in shown]
    return {"data": items, "meta": {"paging": {"total": total} if named else {}}}


def _media(remote_id: str, row: Row) -> Any:
    said = {
        "file_name": f"{remote_id}.jpg",
        "file_size": row.number,
        "rating": 1 if row.approved else 0,
        "updated_at": instant(row.stamp).isoformat(),
    }
    return {"id": remote_id, "type": "image", "attributes": said}


def netx_answer(library: Library, method: str, params: list[Any]) -> Any:
    """The `result` of an RPC, or an error as a mapping with `code` (NX 3.1, 5.1)."""
    if method in {"getAssetsByFolder", "getAssetsByQuery"}:
        rows = library.shown("G0a" if method == "getAssetsByFolder" else None)
        asked = params[-1]
        assert asked["sort"] == {"field": "modDate", "order": "asc"}
        rows.sort(key=lambda it: (it[1].stamp, library.tie(it[0], asked["page"]["size"])))
        shown, total = library.page(rows, asked["page"]["startIndex"], asked["page"]["size"])
        return {"results": [_asset(asset.id, row) for asset, row in shown], "size": total}
    ids = params[0] if method == "getAssets" else [params[0]]
    found = [(str(it), library.read(str(it))) for it in ids]
    if method == "getAssets":
        return [_asset(it, row) for it, row in found if row is not None]
    if found[0][1] is None:
        return {"error": {"code": 1000, "message": "no such asset"}}
    return {}


def _asset(remote_id: str, row: Row) -> Any:
    return {"id": int(remote_id), "name": "", "fileName": f"{row.number}.jpg", "modDate": row.stamp // 1000}


def last_selected(library: Library, rules: Rules) -> Iterable[tuple[Asset, Row]]:
    """Every asset that exists and is selected, with its last state: the truth that must have been handed on."""
    for asset in library.assets.values():
        if asset.last.exists and (asset.last.selected or not rules.galleries):
            yield asset, asset.last
