"""The second act of `make demo`: what may be shown goes out to a partner and two markets, and comes back ahead of its end.

People's acts are those of the manifest (`outward`), by the simulators' control API; everything else is the product's own
commands. Whether it was right is compared with the manifest and with PhotoShelter's record of who saw what.
"""

from __future__ import annotations

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import compare_outward as compare
import yaml

HERE = Path(__file__).resolve().parent.parent / "examples" / "demo"
FOLDER = "PhotoShelter/2026/Harbour 2026"
BY = "Ada Lovelace"
Command: TypeAlias = Callable[..., tuple[int, Any]]
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the second act plays: both simulators, the folder with the configuration, the product's commands."""

    photoshelter: str
    netx: str
    work: Path
    dambridge: Command
    says: Callable[[str], None]


def configure_outward(stand: Stand) -> None:
    """Let the configuration of the first act grow: the gate, the flows that show something, the clock to go by."""
    path = stand.work / "dambridge.yaml"
    known, more = yaml.safe_load(path.read_text("utf-8")), yaml.safe_load((HERE / "outward.yaml").read_text("utf-8"))
    flows = {**known["flows"], **more["flows"]}
    path.write_text(
        yaml.safe_dump(
            {**known, **more, "flows": flows, "clock": stand.photoshelter}, allow_unicode=True, sort_keys=False
        ),
        encoding="utf-8",
    )
    shutil.copyfile(HERE / "watermark.png", stand.work / "watermark.png")


def second_act(stand: Stand, manifest: Mapping[str, Any]) -> Json:
    """Prove the way back, agree, then stage by stage: what people do, a run, the comparison; at the end the records."""
    configure_outward(stand)
    today = _now(stand).astimezone(ZoneInfo(manifest["zone"])).date()
    manifest = {**manifest, "today": today}
    told: Json = {"today": str(today), "agreed": [], "stages": [], "differences": _prepared(stand)}
    for name in manifest["outlets"]:
        code, agreed = stand.dambridge("outlets", "agree", name, "--by", BY)
        told["agreed"].append(agreed)
        told["differences"] += [] if code == 0 else [f"the gallery of {name} could not be agreed on: {agreed}"]
    for stage in manifest["stages"]:
        stand.says(stage["says"])
        told["stages"].append(_stage(stand, manifest, stage, today))
    told["differences"] += [f"{it['stage']}: {one}" for it in told["stages"] for one in it["differences"]]
    return _closing(stand, manifest, told)


def _prepared(stand: Stand) -> list[str]:
    """Nothing goes out through an account on which no way back is proven: the probe tries it."""
    stand.says("Proving on PhotoShelter that what goes out can be taken back …")
    code, probed = stand.dambridge("probe", "--account", "agency", "--write", "--yes")
    wrong = [] if code in {0, 3} else [f"the probe failed: {str(probed)[:300]}"]
    code, check = stand.dambridge("check")
    return [*wrong, *([] if code == 0 else [f"`check` found mistakes: {check}"])]


def _stage(stand: Stand, manifest: Mapping[str, Any], stage: Mapping[str, Any], today: date) -> Json:
    if "clock" in stage:
        at = compare.instant(today, stage["clock"]["day"], manifest["zone"], minutes=stage["clock"]["minutes"])
        for url in (stand.photoshelter, stand.netx):
            _send(url, "POST", "/__sim__/clock", {"now": at.isoformat()})
    _people(stand, manifest, stage, today)
    before = max((it["seq"] for it in compare.read_lines(stand.photoshelter, "journal")), default=0)
    code, run = stand.dambridge("run", "--once")
    after = [it for it in compare.read_lines(stand.photoshelter, f"journal?after={before}") if it["changed"]]
    state = compare.read_lines(stand.photoshelter, "state")
    exposure = compare.read_lines(stand.photoshelter, "exposure")
    wrong = compare.differences_outside(manifest, stage, state, run.get("flows", {}))
    wrong += compare.differences_over_time({**manifest, "permitted": _so_far(manifest, stage)}, state, exposure, today)
    wrong += compare.still_seen(manifest, exposure, state, _now(stand))
    wrong += compare.differences_of_files(manifest, state, stand.photoshelter)
    if stage.get("quiet") and after:
        wrong.append(f"the run changed PhotoShelter {len(after)} times")
    return {
        "stage": stage["name"],
        "at": _now(stand).astimezone(ZoneInfo(manifest["zone"])).isoformat(),
        "exit_code": code,
        "run": run,
        "in_sight": {name: len(files) for name, files in _in_sight(manifest, state).items()},
        "differences": wrong,
    }


def _so_far(manifest: Mapping[str, Any], stage: Mapping[str, Any]) -> Json:
    """What may have been seen by the end of this stage, so that each thing is asked for when it is due."""
    names = [it["name"] for it in manifest["stages"]]
    reached = manifest["stages"][: names.index(stage["name"]) + 1]
    found: Json = {}
    for file, rule in manifest["permitted"].items():
        shown = [it for it in rule["outlets"] if any(file in one["in_sight"][it] for one in reached)]
        if shown:
            found[file] = {**rule, "outlets": shown}
    return found


def _in_sight(manifest: Mapping[str, Any], state: list[Json]) -> dict[str, list[str]]:
    return {
        name: [it["file_name"] for it in state if outlet["gallery"] in it["containers"] and not it.get("deleted")]
        for name, outlet in manifest["outlets"].items()
    }


def _people(stand: Stand, manifest: Mapping[str, Any], stage: Mapping[str, Any], today: date) -> None:
    """What people say about rights in NetX, and what a market's people write into their own copy."""
    masters = {compare.plain(it["file_name"]): it["id"] for it in _living(stand.netx) if FOLDER in it["containers"]}
    for file, said in stage.get("rights", {}).items():
        attributes = {name: _value(value, today) for name, value in said.items()}
        _send(stand.netx, "PATCH", f"/__sim__/assets/{masters[compare.plain(file)]}", {"attributes": attributes})
    for outlet, texts in stage.get("captions_by_people", {}).items():
        gallery = manifest["outlets"][outlet]["gallery"]
        copies = {
            compare.plain(it["file_name"]): it["id"]
            for it in _living(stand.photoshelter)
            if gallery in it["containers"]
        }
        for file, text in texts.items():
            asset = urllib.parse.quote(copies[compare.plain(file)])
            _send(stand.photoshelter, "PATCH", f"/__sim__/assets/{asset}", {"iptc": {"caption": text}})


def _living(url: str) -> list[Json]:
    return [it for it in compare.read_lines(url, "state") if not it.get("deleted") and not it.get("trash")]


def _value(given: Any, today: date) -> list[str]:
    if isinstance(given, Mapping):
        return [str(date.fromordinal(today.toordinal() + given["day"]))]
    return list(given)


def _closing(stand: Stand, manifest: Mapping[str, Any], told: Json) -> Json:
    """The records of what came back, that one of them holds, who has what; and the whole proven once more."""
    wrong: list[str] = told["differences"]
    _, listed = stand.dambridge("withdrawals", "list")
    told["withdrawals"] = listed["withdrawals"]
    wrong += compare.differences_of_records(manifest, told["withdrawals"])
    if told["withdrawals"]:
        file = stand.work / "record.json"
        stand.dambridge("withdrawals", "export", told["withdrawals"][0]["id"], "--out", str(file))
        code, told["record"] = stand.dambridge("withdrawals", "verify", str(file))
        wrong += [] if code == 0 else ["a record that was just signed does not hold"]
    _, held = stand.dambridge("rights", "who-has")
    told["who_has"] = {it["outlet"]: it["in_sight"] for it in held["outlets"]}
    last = {name: len(files) for name, files in manifest["stages"][-1]["in_sight"].items()}
    if told["who_has"] != last:
        wrong.append(f"who-has says {told['who_has']}, {last} expected")
    code, told["verify"] = stand.dambridge("verify")
    wrong += [] if code == 0 else ["`verify` found something wrong after the second act"]
    told["as_the_manifest_says"] = not wrong
    return told


def _now(stand: Stand) -> datetime:
    with urllib.request.urlopen(f"{stand.photoshelter}/__sim__/clock", timeout=30) as answer:
        return datetime.fromisoformat(json.load(answer)["now"])


def _send(url: str, method: str, path: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(
        f"{url}{path}", data=json.dumps(body).encode(), method=method, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=30).close()
