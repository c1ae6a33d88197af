"""Flow `lifecycle` over real HTTP between the two simulators: a status given in either system, at each carrier, stands in both;
and with confirmed operations alone everything that cannot be written waits by name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.running import RunResult
from dambridge.model.identity import FlowName
from support.pictures import approved, picture
from support.world import World, lines, merged, world

STATUSES = ("draft", "in_review", "changes_asked", "approved", "rejected", "archived", "expired", "withdrawn")
PATHS = {it: [f"Desk/{it}"] for it in STATUSES}
RATINGS = {"rejected": ["1"], "in_review": ["2"], "approved": ["5"]}
ATTRIBUTE = {"by": "attribute", "name": "Lifecycle Status", "words": {it: [it] for it in STATUSES}}
FOLDER = {"by": "folder", "words": PATHS}
EDIT_STATUS = {"by": "edit_status", "words": {it: [it] for it in STATUSES}}
GALLERY = {"by": "gallery", "words": PATHS}
RATING = {"by": "rating", "words": RATINGS}
PROVEN = ["write_iptc", "write_media", "places", "folders"]
"""What an administrator has had proven, which the reference alone does not prove (PS E16, E20, E22: SINGLE)."""


def overrides(agency: list[dict[str, Any]], archive: list[dict[str, Any]], proven: list[str]) -> dict[str, Any]:
    lifecycle = {
        "between": ["agency", "archive"],
        "carriers": {"agency": agency, "archive": archive},
        "roles": {"archive": ["reviewer", "librarian", "rights_manager"]},
    }
    return {"accounts": {"agency": {"proven": proven}}, "flows": {"lifecycle": lifecycle}}


async def lifecycle(pair: World, *, full: bool = True) -> RunResult:
    async with open_bridge(load_settings(pair.config)) as bridge:
        return await bridge.flows[FlowName.LIFECYCLE].run(command=None, full=full)


def agency(pair: World, asset: str) -> Mapping[str, Any]:
    return next(it for it in lines(pair.photoshelter.url, "/__sim__/state") if str(it["id"]) == asset)


def archive(pair: World, asset: str) -> Mapping[str, Any]:
    return next(it for it in pair.archived() if str(it["id"]) == asset)


def linked(pair: World, **iptc: Any) -> tuple[str, str]:
    """An asset brought in by intake; its ids here and there."""
    source = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(**iptc))
    asyncio.run(pair.run())
    return source, str(pair.by_source()[source][0]["id"])


def give_agency(pair: World, asset: str, by: str, status: str) -> None:
    """A person gives the status in PhotoShelter."""
    match by:
        case "gallery":
            others = [it for it in agency(pair, asset)["containers"] if not it.startswith("Desk/")]
            pair.edit(asset, containers=[*others, f"Desk/{status}"])
        case "rating":
            pair.edit(asset, rating=int(RATINGS[status][0]))
        case _:
            pair.edit(asset, iptc={"edit_status": status})


def give_archive(pair: World, asset: str, by: str, status: str) -> None:
    if by == "folder":
        others = [it for it in archive(pair, asset)["containers"] if not it.startswith("Desk/")]
        pair.edit_netx(asset, containers=[*others, f"Desk/{status}"])
    else:
        pair.edit_netx(asset, attributes={"Lifecycle Status": [status]})


def shown_agency(pair: World, asset: str, by: str) -> list[str]:
    it = agency(pair, asset)
    match by:
        case "gallery":
            return [one.removeprefix("Desk/") for one in it["containers"] if one.startswith("Desk/")]
        case "rating":
            return [status for status, words in RATINGS.items() if str(it["rating"]) in words]
        case _:
            return [it["metadata"]["edit_status"]]


def shown_archive(pair: World, asset: str, by: str) -> list[str]:
    it = archive(pair, asset)
    if by == "folder":
        return [one.removeprefix("Desk/") for one in it["containers"] if one.startswith("Desk/")]
    return list(it["attributes"].get("Lifecycle Status", []))


def places(pair: World) -> None:
    """People make the galleries and folders that show a status."""
    pair.make_folder(*(f"Desk/{it}" for it in STATUSES))
    for number, it in enumerate(STATUSES):
        pair.submit(picture(50 + number), file_name=f"{it}.jpg", containers=[f"Desk/{it}"], iptc={})


@pytest.mark.parametrize(
    ("here", "there"),
    [(EDIT_STATUS, ATTRIBUTE), (GALLERY, ATTRIBUTE), (EDIT_STATUS, FOLDER), (RATING, ATTRIBUTE)],
    ids=["edit status", "gallery", "folder", "rating"],
)
def test_a_status_given_anywhere_stands_on_both_sides_and_then_nothing_is_written(
    tmp_path: Path, here: dict[str, Any], there: dict[str, Any]
) -> None:
    with world(tmp_path, **overrides([here], [there], PROVEN)) as pair:
        places(pair)
        source, copy = linked(pair)
        give_agency(pair, source, here["by"], "in_review")
        give_archive(pair, copy, there["by"], "in_review")
        asyncio.run(lifecycle(pair))
        pair.advance(3600)
        give_agency(pair, source, here["by"], "approved")
        ran = asyncio.run(lifecycle(pair))
        assert (shown_agency(pair, source, here["by"]), shown_archive(pair, copy, there["by"])) == (
            ["approved"],
            ["approved"],
        ), ran.summary
        pair.advance(3600)
        give_archive(pair, copy, there["by"], "in_review")  # the reviewer takes it back
        ran = asyncio.run(lifecycle(pair))
        assert shown_agency(pair, source, here["by"]) == ["in_review"], ran.summary
        before = pair.seq("photoshelter"), pair.seq("netx")
        for _ in range(3):
            pair.advance(3600)
            ran = asyncio.run(lifecycle(pair))
            assert ran.exit_code == 0, ran.summary
        assert (pair.changes("photoshelter", before[0]), pair.changes("netx", before[1])) == ([], [])


@pytest.mark.parametrize(
    ("here", "there"), [(EDIT_STATUS, ATTRIBUTE), (GALLERY, FOLDER)], ids=["edit status", "gallery and folder"]
)
def test_with_confirmed_operations_alone_a_status_is_read_and_waits_by_name(
    tmp_path: Path, here: dict[str, Any], there: dict[str, Any]
) -> None:
    """As the table of strict mode says: nothing is written, nothing counts as equal, and whoever runs this is told which."""
    given = merged(
        overrides([here], [there], []),
        {
            "accounts": {"archive": {"write_route": "none"}},
            "flows": {"intake": {"place": {"folder": "Archive"}, "unproven_fields": "deliver"}},
        },
    )
    with world(tmp_path, strict=True, **given) as pair:
        pair.make_folder("Archive")
        places(pair)
        source = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved())
        asyncio.run(pair.run())
        (copy,) = [str(it["id"]) for it in pair.archived() if "Archive" in it["containers"]]
        give_agency(pair, source, here["by"], "approved")
        give_archive(pair, copy, there["by"], "archived")
        before = pair.seq("photoshelter"), pair.seq("netx")
        ran = asyncio.run(lifecycle(pair))
        flow = ran.summary["flows"]["lifecycle"]
        assert (flow["waiting"], flow["done"], ran.exit_code) == (1, 0, 3), flow
        assert "capability_unproven" in str(flow), flow
        assert (pair.changes("photoshelter", before[0]), pair.changes("netx", before[1])) == ([], [])
        assert shown_agency(pair, source, here["by"]) == ["approved"]
        give_agency(pair, source, here["by"], "archived")  # a person brings it there
        ran = asyncio.run(lifecycle(pair))
        flow = ran.summary["flows"]["lifecycle"]
        assert (flow["waiting"], ran.exit_code) == (0, 0), flow


@pytest.mark.hazard("P12")
def test_an_approval_inside_the_uploaded_file_is_on_record_as_nobodys(tmp_path: Path) -> None:
    """The file says that it is approved; PhotoShelter shows what the file says. A person's word afterwards counts."""
    given = overrides([EDIT_STATUS], [ATTRIBUTE], PROVEN)
    given = merged(given, {"flows": {"intake": {"mode": "new"}}})
    with world(tmp_path, **given) as pair:
        source = pair.submit(
            inside(picture(1), "approved"),
            file_name="a.jpg",
            containers=["Intake/Harbour"],
            iptc={"credit": "Riverbend", "edit_status": "approved"},
        )
        asyncio.run(pair.run())
        copy = str(pair.by_source()[source][0]["id"])
        pair.edit_netx(copy, attributes={"Lifecycle Status": []})
        asyncio.run(lifecycle(pair))
        assert shown_archive(pair, copy, "attribute") == []
        pair.advance(3600)
        give_agency(pair, source, "edit_status", "in_review")
        asyncio.run(lifecycle(pair))
        assert shown_archive(pair, copy, "attribute") == ["in_review"]
        pair.advance(3600)
        give_agency(pair, source, "edit_status", "approved")
        asyncio.run(lifecycle(pair))
        assert shown_archive(pair, copy, "attribute") == ["approved"]


def inside(data: bytes, edit_status: str) -> bytes:
    """The picture with an IPTC block that names an edit status (IIM 2:07)."""
    record = b"\x1c\x02\x07" + len(edit_status).to_bytes(2, "big") + edit_status.encode()
    block = b"8BIM\x04\x04\x00\x00" + len(record).to_bytes(4, "big") + record + b"\x00" * (len(record) % 2)
    body = b"Photoshop 3.0\x00" + block
    return data[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
