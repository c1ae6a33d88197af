"""Compare what went out with the demo's hand-written manifest (`outward`). Imports nothing of the product.

What is in sight is PhotoShelter's own state; whether it was ever seen when it must not be is its record of exposure.
`differences_outside` and `differences_over_time` return one sentence for each thing that is not as the manifest says.
"""

from __future__ import annotations

import io
import json
import unicodedata
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

Line = Mapping[str, Any]


def instant(today: date, day: int, zone: str, *, minutes: int = 0) -> datetime:
    """So many minutes after a day begins, counted in days from today."""
    return datetime.combine(today + timedelta(days=day), time(), ZoneInfo(zone)) + timedelta(minutes=minutes)


def read_lines(url: str, what: str) -> list[dict[str, Any]]:
    """`state` or `exposure` of a simulator."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/__sim__/{what}", timeout=60) as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]


def plain(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def differences_outside(
    manifest: Mapping[str, Any], stage: Mapping[str, Any], state: Sequence[Line], flows: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What is in sight, what it says, and what the runs said, against a stage of the manifest."""
    told: list[str] = []
    for name, outlet in manifest["outlets"].items():
        here = [it for it in state if outlet["gallery"] in it["containers"] and not _gone(it)]
        found, wanted = sorted(plain(it["file_name"]) for it in here), sorted(map(plain, stage["in_sight"][name]))
        told += [f"{name} shows {it} and must not" for it in _over(found, wanted)]
        told += [f"{name} does not show {it}" for it in _over(wanted, found)]
        said = {plain(it["file_name"]): it["metadata"].get("caption") for it in here}
        for file, text in stage.get("captions", {}).get(name, {}).items():
            if said.get(plain(file)) != text:
                told.append(f"{name} says of {file}: {said.get(plain(file))!r}, {text!r} expected")
    for flow, wanted_counts in stage["runs"].items():
        run = flows.get(flow, {})
        told += [
            f"{flow} says {outcome}: {run.get(outcome)}, {count} expected"
            for outcome, count in wanted_counts.items()
            if run.get(outcome) != count
        ]
        if run.get("needs_attention") != stage["waits"][flow]:
            told.append(f"{flow} waits for {run.get('needs_attention')}, {stage['waits'][flow]} expected")
    return told


def _gone(it: Line) -> bool:
    return bool(it.get("deleted") or it.get("trash"))


def _over(some: Sequence[str], others: Sequence[str]) -> list[str]:
    """What stands in the first more often than in the second."""
    return sorted((Counter(some) - Counter(others)).elements())


def differences_over_time(
    manifest: Mapping[str, Any], state: Sequence[Line], exposure: Sequence[Line], today: date
) -> list[str]:
    """Everything that was ever seen outside, against what is permitted where and when; and that each was seen at all."""
    names = {it["id"]: plain(it["file_name"]) for it in state}
    rules = {plain(name): rule for name, rule in manifest["permitted"].items()}
    outlets = {it["seen_by"]: name for name, it in manifest["outlets"].items()}
    told: list[str] = []
    seen: set[tuple[str, str]] = set()
    for line in exposure:
        file = names.get(line["id"]) or str(line["id"])
        for span in line["intervals"]:
            for who in span["to_whom"]:
                outlet = outlets.get(who, who)
                seen.add((file, outlet))
                told += _one(file, outlet, span, rules.get(file), partial(instant, today, zone=manifest["zone"]))
    wanted = {(name, outlet) for name, rule in rules.items() for outlet in rule["outlets"]}
    return [*told, *(f"{file} was never seen in {outlet}" for file, outlet in sorted(wanted - seen))]


def _one(
    file: str, outlet: str, span: Line, rule: Mapping[str, Any] | None, begins: Callable[[int], datetime]
) -> Iterable[str]:
    if rule is None or outlet not in rule["outlets"]:
        yield f"{file} was seen in {outlet}, where it may never be"
        return
    begun = datetime.fromisoformat(span["from"])
    if "from" in rule and begun < begins(rule["from"]):
        yield f"{file} was seen in {outlet} at {span['from']}, before it may be"
    if "until" in rule:
        end = begins(rule["until"] + 1)
        ended = datetime.fromisoformat(span["to"]) if span["to"] else None
        if ended is not None and ended > end:
            yield f"{file} was seen in {outlet} until {span['to']}, after its licence had ended"


def still_seen(
    manifest: Mapping[str, Any], exposure: Sequence[Line], state: Sequence[Line], now: datetime
) -> list[str]:
    """What somebody outside sees now although its licence is over."""
    names = {it["id"]: plain(it["file_name"]) for it in state}
    ended = {
        plain(name)
        for name, rule in manifest["permitted"].items()
        if "until" in rule and instant(manifest["today"], rule["until"] + 1, manifest["zone"]) <= now
    }
    return [
        f"{names[line['id']]} is still seen, and its licence has ended"
        for line in exposure
        if names.get(line["id"]) in ended and any(span["to"] is None for span in line["intervals"])
    ]


def differences_of_files(manifest: Mapping[str, Any], state: Sequence[Line], url: str) -> list[str]:
    """Renditions are as small as was asked and no originals; every file carries its credit, and its end where it has one."""
    told: list[str] = []
    originals = {it["sha256"] for it in state if any(path.startswith("Intake/") for path in it["containers"])}
    rules = {plain(name): rule for name, rule in manifest["permitted"].items()}
    for name, outlet in manifest["outlets"].items():
        for it in state:
            if outlet["gallery"] not in it["containers"] or _gone(it):
                continue
            file, inside = plain(it["file_name"]), it["embedded"].get("xmp", {})
            if it["sha256"] in originals:
                told.append(f"{name}: {file} is the bare original, without its rights inside")
            if not inside.get("photoshop:Credit"):
                told.append(f"{name}: {file} carries no credit")
            if "until" in rules.get(file, {}) and not inside.get("pur:expirationDate"):
                told.append(f"{name}: {file} does not say inside until when it may be shown")
            if "longest" in outlet and max(_size(url, it["id"])) > outlet["longest"]:
                told.append(f"{name}: {file} is larger than {outlet['longest']} pixels")
    return told


def _size(url: str, asset: str) -> tuple[int, int]:
    with urllib.request.urlopen(f"{url}/__sim__/assets/{urllib.parse.quote(asset)}/file", timeout=60) as answer:
        return Image.open(io.BytesIO(answer.read())).size


def differences_of_records(manifest: Mapping[str, Any], records: Sequence[Line]) -> list[str]:
    """Every withdrawal that has to be on record is, proven and in time, and no other."""
    wanted = sorted((outlet, plain(file)) for outlet, files in manifest["withdrawn"].items() for file in files)
    found = sorted((it["asset"]["outlet"], plain(it["asset"]["file_name"])) for it in records)
    told = [] if found == wanted else [f"on record as withdrawn: {found}, {wanted} expected"]
    return told + [
        f"the record {it['id']} is not proven in time" for it in records if not it["verified"] or not it["in_time"]
    ]
