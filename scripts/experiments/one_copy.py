"""One copy after a lost import reply: which protocol leaves exactly one asset, on which kind of site?

    python scripts/experiments/one_copy.py [--replies 100] [--json FILE]

NetX takes no idempotency key and an import carries no external id, so after a lost reply nobody knows whether the asset is
there. This runs nine protocols against the NetX simulator in all sixteen positions of {queries lag, folder listings lag too,
checksums shown, duplicate detection}. Per cell 100 imports lose their reply after the deed and 20 their request before
it; every tenth pair of source assets has the same bytes. It counts copies too many, assets missed, links that took another
link's asset, calls and waits. The client is its own: it shares no code with the connector. The report that goes with
it is docs/decisions/0001-one-copy-after-a-lost-reply.md.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from dambridge_sim.kit.bodies import FaultRules
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.netx import make_vendor

LAG = 30.0
SETTLE = 45.0
BERTHS = 4
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
WHOLE = ["asset.id", "asset.base", "asset.file", "asset.folders"]


class LostError(Exception):
    """No answer came: it may have happened."""


@dataclass(frozen=True)
class Item:
    """One source asset that has to arrive once. `lost` is how its first import fails."""

    number: int
    content: bytes
    lost: str

    @property
    def name(self) -> str:
        return f"picture-{self.number:04}.jpg"

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


@dataclass
class Site:
    """The simulator and a client of its own: blocking, one connection, no retries."""

    served: Served
    calls: int = 0
    waits: int = 0
    line: http.client.HTTPConnection | None = None

    def rpc(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        answer = self._send("POST", "/api/rpc", body, "application/json")
        return answer.get("result", answer)

    def upload(self, path: str, content: bytes, **form: str) -> int:
        edge = "edge-of-the-part"
        fields = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in form.items()
        )
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
        body = (fields + head).encode() + content + f"\r\n--{edge}--\r\n".encode()
        answer = self._send("POST", path, body, f"multipart/form-data; boundary={edge}")
        assert "id" in answer, answer
        return int(answer["id"])

    def import_into(self, folder: int, content: bytes, name: str) -> int:
        return self.upload("/api/import/asset", content, folderId=str(folder), fileName=name)

    def folder(self, path: str) -> int:
        found = self.rpc("getFolderByPath", path, {"data": ["folder.id"]})
        found = found or self.rpc("createFolderFromPath", path, {"data": ["folder.id"]})
        return int(found["id"])

    def listed(self, folder: int) -> list[dict[str, Any]]:
        page = {"page": {"startIndex": 0, "size": 50}, "data": WHOLE}
        rows: list[dict[str, Any]] = self.rpc("getAssetsByFolder", folder, False, page)["results"]
        return rows

    def standing(self, folder: int) -> list[dict[str, Any]]:
        """What a listing shows and a direct read confirms: listings may lag, direct reads are believed."""
        ids = [it["id"] for it in self.listed(folder)]
        rows = self.rpc("getAssets", ids, {"data": WHOLE}) if ids else []
        return [it for it in rows if folder in {one["id"] for one in it["folders"]}]

    def query(self, criterion: dict[str, str]) -> list[int]:
        page = {"page": {"startIndex": 0, "size": 50}, "data": ["asset.id"]}
        answer = self.rpc("getAssetsByQuery", {"query": [{"operator": "and", "exact": criterion}]}, page)
        return [it["id"] for it in answer["results"]]

    def describe(self, asset: int, item: Item) -> None:
        values = {"Source Id": [str(item.number)]}
        members = {"id": asset, "name": item.name, "fileName": item.name, "attributes": values}
        self.rpc("updateAsset", members, {"data": ["asset.id"]})

    def move(self, asset: int, into: int, out_of: int) -> None:
        self.rpc("addAssetToFolder", asset, into, {"data": ["asset.id"]})
        self.rpc("removeAssetFromFolder", asset, out_of, {"data": ["asset.id"]})

    def bytes_of(self, asset: int) -> bytes:
        return self._raw("GET", f"/api/file/asset/{asset}", None, "")

    def wait(self, seconds: float) -> None:
        self.waits += 1
        self.served.world.clock.advance(timedelta(seconds=seconds))

    def lose(self, action: str) -> None:
        rule = {"match": {"path": "/api/import/*"}, "action": action, "times": 1}
        self.served.world.faults.load(FaultRules.model_validate({"rules": [rule]}))

    def _send(self, method: str, path: str, body: bytes, media_type: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._raw(method, path, body, media_type))
        return answer

    def _raw(self, method: str, path: str, body: bytes | None, media_type: str) -> bytes:
        self.calls += 1
        line = self.line or http.client.HTTPConnection(self.served.url.removeprefix("http://"), timeout=10)
        headers = {"Authorization": f"apiToken {self.served.credentials['token']}", "Content-Type": media_type}
        try:
            line.request(method, path, body, headers)
            content = line.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            line.close()
            self.line = None
            raise LostError from error
        self.line = line
        return content


@dataclass
class Taken:
    """What a protocol says became of an item: the asset, and whether it says that it is an older one with the same bytes."""

    asset: int
    same_bytes: bool = False
    twins_noticed: int = 0


Position = tuple[bool, bool, bool, bool]
Protocol = Callable[[Site, Item], Taken]


def naive(site: Site, item: Item) -> Taken:
    """Import until an answer comes."""
    final = site.folder("Final")
    while True:
        try:
            asset = site.import_into(final, item.content, item.name)
        except LostError:
            continue
        site.describe(asset, item)
        return Taken(asset)


def by_attribute(site: Site, item: Item) -> Taken:
    """Look for the external id before each import; it is written after the import."""
    return _by_query(site, item, {"attribute": "Source Id", "value": str(item.number)})


def by_checksum(site: Site, item: Item) -> Taken:
    """Look for the checksum before each import."""
    return _by_query(site, item, {"field": "fileChecksum", "value": item.md5})


def _by_query(site: Site, item: Item, criterion: dict[str, str]) -> Taken:
    final = site.folder("Final")
    while True:
        found = site.query(criterion)
        try:
            asset = found[0] if found else site.import_into(final, item.content, item.name)
        except LostError:
            continue
        site.describe(asset, item)
        return Taken(asset)


def _staged(site: Site, item: Item, stage: int, *, settle: float, trusting: bool = False) -> Taken:
    """Import into `stage` under a name of its own, look there after a lost reply, adopt, then name and move.

    `trusting` takes whatever the listing shows; otherwise it has to carry our name, or our bytes."""
    transport, final = f"ac{item.number:018}.jpg", site.folder("Final")
    asset: int | None = None
    unclear = settled = False
    while asset is None:
        if unclear:
            seen = site.listed(stage) if trusting else _ours(site, item, site.standing(stage), transport)
            if seen:
                asset = min(int(it["id"]) for it in seen)
                break
            if settle and not settled:
                site.wait(settle)
                settled = True
                continue
        try:
            asset = site.import_into(stage, item.content, transport)
        except LostError:
            unclear, settled = True, False
    (record,) = site.rpc("getAssets", [asset], {"data": WHOLE})
    if record["file"]["name"] != transport:
        site.move(asset, final, stage)  # an older asset with our bytes: linked, never written to
        return Taken(asset, same_bytes=True)
    site.describe(asset, item)
    site.move(asset, final, stage)
    left = len(_ours(site, item, site.standing(stage), transport)) if unclear else 0
    return Taken(asset, twins_noticed=left)


def _ours(site: Site, item: Item, rows: list[dict[str, Any]], transport: str) -> list[dict[str, Any]]:
    named = [it for it in rows if it["file"]["name"] == transport]
    return named or [it for it in rows if _same_bytes(site, item, it)]


def _same_bytes(site: Site, item: Item, row: dict[str, Any]) -> bool:
    if row["file"].get("checksum"):
        return bool(row["file"]["checksum"] == item.md5)
    return bool(row["file"]["size"] == len(item.content)) and site.bytes_of(row["id"]) == item.content


def folder_per_link(site: Site, item: Item) -> Taken:
    """A staging folder of each link's own, listed at once."""
    return _staged(site, item, site.folder(f"dambridge/arrivals/ln{item.number}"), settle=0)


def folder_per_link_settled(site: Site, item: Item) -> Taken:
    """The same, listed again after a wait before a second import."""
    return _staged(site, item, site.folder(f"dambridge/arrivals/ln{item.number}"), settle=SETTLE)


def _berth(site: Site, item: Item) -> int:
    # Two after each other in one berth: what a lagging listing still shows there is the one before
    return site.folder(f"dambridge/arrivals/berth-{item.number // 2 % BERTHS:02}")


def berths_trusting(site: Site, item: Item) -> Taken:
    """Leased berths; whatever a listing shows there is taken for ours; with the wait."""
    return _staged(site, item, _berth(site, item), settle=SETTLE, trusting=True)


def berths_at_once(site: Site, item: Item) -> Taken:
    """Leased berths; ours is what a direct read confirms and what carries our name or bytes; no wait."""
    return _staged(site, item, _berth(site, item), settle=0)


def berths(site: Site, item: Item) -> Taken:
    """The same with the wait: what dambridge does."""
    return _staged(site, item, _berth(site, item), settle=SETTLE)


def placeholder(site: Site, item: Item) -> Taken:
    """Import a placeholder first, write the external id, then send the bytes as a version of that id."""
    stage, final = _berth(site, item), site.folder("Final")
    name, asset = f"ph{item.number:018}.jpg", 0
    while not asset:
        mine = [it["id"] for it in site.standing(stage) if it["file"]["name"] == name]
        try:
            asset = min(mine) if mine else site.import_into(stage, JPEG + name.encode(), name)
        except LostError:
            continue
    for _ in range(3):
        try:
            site.upload(f"/api/import/asset/{asset}/version", item.content, fileName=item.name)
        except LostError:
            continue
        break
    site.describe(asset, item)
    site.move(asset, final, stage)
    return Taken(asset)


PROTOCOLS: dict[str, Protocol] = {
    "naive retry": naive,
    "look-up by attribute": by_attribute,
    "look-up by checksum": by_checksum,
    "placeholder, then version": placeholder,
    "folder per link, at once": folder_per_link,
    "folder per link, settled": folder_per_link_settled,
    "berths, trusting the listing": berths_trusting,
    "berths, at once": berths_at_once,
    "berths, settled (chosen)": berths,
}


@dataclass
class Cell:
    """One protocol on one kind of site."""

    protocol: str
    query_lag: bool
    folder_lag: bool
    checksums: bool
    duplicates: bool
    items: int = 0
    extra: int = 0
    missed: int = 0
    stolen: int = 0
    noticed: int = 0
    folders: int = 0
    calls: float = 0.0
    waits: int = 0
    seconds: float = 0.0
    links: dict[int, Taken] = field(default_factory=dict, repr=False)


def items_of(replies: int) -> Iterator[Item]:
    """`replies` items whose reply is lost, and a fifth more whose request is; each tenth repeats its forerunner's bytes."""
    for number in range(replies + replies // 5):
        twin = number - 1 if number % 10 == 9 else number
        lost = "drop_request" if number % 6 == 5 else "drop_reply"
        yield Item(number, JPEG[:-2] + f"picture {twin}".encode() + JPEG[-2:], lost)


def run_cell(served: Served, name: str, position: Position, replies: int) -> Cell:
    """One cell on an emptied site."""
    query_lag, folder_lag, checksums, duplicates = position
    cell = Cell(name, query_lag, folder_lag, checksums, duplicates)
    served.simulator.reset()
    switches = {
        "index_lag_s": LAG if cell.query_lag else 0.0,
        "folder_listing_lag": cell.folder_lag,
        "metadata.checksumEnabled": cell.checksums,
        "duplicate_detection": cell.duplicates,
    }
    served.world.switches.set(switches)
    site, began = Site(served), time.monotonic()
    for item in items_of(replies):
        site.lose(item.lost)
        cell.links[item.number] = PROTOCOLS[name](site, item)
        site.wait(0.2)  # the next asset is handled a moment later, sooner than any lag
    site.waits -= len(cell.links)
    cell.seconds = round(time.monotonic() - began, 2)
    cell.calls, cell.waits = round(site.calls / len(cell.links), 2), site.waits
    count(cell, served, list(items_of(replies)))
    return cell


def count(cell: Cell, served: Served, items: list[Item]) -> None:
    """Compare what the site holds with what each link says, both read from the site's own state."""
    documents = served.world.documents
    held = {it: documents.get("asset", it) for it in documents.every("asset")}
    shas = Counter(it["file"]["blob"]["sha256"] for it in held.values() if it is not None)
    # With checksums and duplicate detection on, the site itself keeps one asset of the same bytes
    joins = cell.checksums and cell.duplicates
    wanted: Counter[str] = Counter()
    for item in items:
        sha = hashlib.sha256(item.content).hexdigest()
        wanted[sha] = 1 if joins else wanted[sha] + 1
    cell.items = len(items)
    cell.extra = sum((shas - wanted).values())
    owners = Counter(it.asset for it in cell.links.values() if not it.same_bytes)
    cell.stolen = sum(n - 1 for n in owners.values())
    for item in items:
        asset = held.get(str(cell.links[item.number].asset))
        if asset is None or asset["file"]["blob"]["sha256"] != hashlib.sha256(item.content).hexdigest():
            cell.missed += 1
    cell.noticed = sum(it.twins_noticed for it in cell.links.values())
    cell.folders = len(list(documents.every("folder")))


def table(cells: list[Cell]) -> str:
    """The worst and the sum over all positions, per protocol, and the copies too many per position."""
    lines = [
        "| protocol | copies too many | missed | taken from another link | calls per asset | waits |",
        "|---|---|---|---|---|---|",
    ]
    for name in PROTOCOLS:
        of = [it for it in cells if it.protocol == name]
        span = [f"{min(v)} to {max(v)}" if min(v) != max(v) else str(v[0]) for v in _columns(of)]
        lines.append(f"| {name} | {' | '.join(span)} |")
    lines += [
        "",
        "All three together, per position (q: queries lag, f: folder listings too, c: checksums, d: duplicate detection):",
        "",
    ]
    positions = [it for it in cells if it.protocol == next(iter(PROTOCOLS))]
    heads = ["".join(c if on else "-" for c, on in zip("qfcd", _position(it), strict=True)) for it in positions]
    lines += [f"| protocol | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name in PROTOCOLS:
        row = [str(it.extra + it.missed + it.stolen) for it in cells if it.protocol == name]
        lines.append(f"| {name} | {' | '.join(row)} |")
    return "\n".join(lines)


def sweep(served: Served, replies: int) -> str:
    """The chosen protocol with shorter and longer waits, where listings lag and nothing else helps."""
    lines = [f"| wait, in parts of the lag ({LAG:.0f} s) | copies too many | missed or taken |", "|---|---|---|"]
    for part in (0.0, 0.5, 0.9, 1.1, 1.5):
        PROTOCOLS["sweep"] = lambda site, item, part=part: _staged(  # type: ignore[misc]
            site, item, _berth(site, item), settle=part * LAG
        )
        cell = run_cell(served, "sweep", (True, True, False, False), replies)
        lines.append(f"| {part} | {cell.extra} | {cell.missed + cell.stolen} |")
    del PROTOCOLS["sweep"]
    return "\n".join(lines)


def _columns(cells: list[Cell]) -> list[list[float]]:
    return [[getattr(it, column) for it in cells] for column in ("extra", "missed", "stolen", "calls", "waits")]


def _position(cell: Cell) -> Position:
    return (cell.query_lag, cell.folder_lag, cell.checksums, cell.duplicates)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--replies", type=int, default=100, help="lost replies per cell")
    parser.add_argument("--only", default="", help="part of a protocol's name")
    parser.add_argument("--json", type=Path, help="write every cell there")
    chosen = parser.parse_args()
    cells = []
    with serve(make_vendor()) as served:
        for name in [it for it in PROTOCOLS if chosen.only in it]:
            positions = list(itertools.product(*[(False, True)] * 4))
            cells += [run_cell(served, name, (q, f, c, d), chosen.replies) for q, f, c, d in positions]
            print(f"# {name}: {sum(it.seconds for it in cells if it.protocol == name):.1f} s", file=sys.stderr)
        waits = sweep(served, chosen.replies)
    if chosen.json:
        plain = [{k: v for k, v in asdict(it).items() if k != "links"} for it in cells]
        chosen.json.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    for name in [it for it in PROTOCOLS if chosen.only not in it]:
        PROTOCOLS.pop(name)
    print(table(cells), waits, sep="\n\n")
    best = [it for it in cells if it.protocol == "berths, settled (chosen)"]
    return 0 if all(it.extra + it.missed + it.stolen == 0 for it in best) else 1


if __name__ == "__main__":
    raise SystemExit(main())
