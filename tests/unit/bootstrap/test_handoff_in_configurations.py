"""What a configuration can say about hand-off, and every mistake in it with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.bootstrap.handing_off import build_handoff
from dambridge.model.lifecycle import Status
from support.handing_off import HANDOFF
from support.world import merged

SECRET = "hunter2hunter2"
BASE: dict[str, Any] = {
    "accounts": {
        "agency": {"system": "photoshelter", "api_key": "k", "org_id": "O1", "email": "e", "password": "p"},
        "archive": {"system": "netx", "base_url": "https://dam.example.org", "token": "t"},
    },
    "flows": {"handoff": HANDOFF},
}


def written(folder: Path, over: dict[str, Any]) -> Path:
    path = folder / "dambridge.yaml"
    path.write_text(yaml.safe_dump(merged(BASE, over)), encoding="utf-8")
    return path


def test_what_is_said_is_what_the_policy_has(tmp_path: Path) -> None:
    queue = {"calendar": {"zone": "Europe/Berlin", "country": "DE", "subdivision": "BY"}}
    policy = build_handoff(load_settings(written(tmp_path, {"flows": {"handoff": {"queue": queue}}})))
    calendar = policy.queue.calendar
    assert calendar is not None
    assert not calendar.works_on(date(2026, 12, 25))
    assert not calendar.works_on(date(2027, 1, 6)), "Epiphany in Bavaria"
    assert calendar.works_on(date(2027, 1, 7))
    assert policy.queue.due(datetime(2026, 12, 24, 15, 30, tzinfo=UTC)) == datetime(2026, 12, 28, 15, 30, tzinfo=UTC)
    assert policy.carriers[0].status_of("Approved") is Status.APPROVED
    assert policy.intake.mode == "new", "whether it is approved is not intake's to say"
    assert repr(policy) == repr(build_handoff(load_settings(tmp_path / "dambridge.yaml"))), "plans rest on it"


@pytest.mark.parametrize(
    ("handoff", "place", "words"),
    [
        ({"from": "archive"}, "from", "photoshelter is needed"),
        ({"to": "nowhere"}, "to", "There is no account"),
        ({"select": {"galleries": []}}, "select", "Everything"),
        ({"carriers": [{"by": "custom", "words": {"approved": ["a"]}}]}, "carriers", "needs a name"),
        ({"carriers": [{"by": "rating", "words": {"rejected": ["1"]}}]}, "carriers", "Nothing would ever"),
        (
            {"carriers": [{"by": "edit_status", "words": {"approved": ["a"], "rejected": ["A"]}}]},
            "carriers",
            "says `approved` too",
        ),
        ({"contributor": "nobody"}, "contributor", "no canonical field"),
        ({"queue": {"calendar": {"zone": "Mars/Base"}}}, "zone", "no time zone"),
        ({"queue": {"calendar": {"opens": "18:00"}}}, "closes", "end before"),
        ({"queue": {"calendar": {"country": "XX"}}}, "country", "Nothing is known"),
        ({"queue": {"calendar": {"country": "DE", "subdivision": "QQ"}}}, "subdivision", "no such part"),
        ({"disposition": {"kind": "tag"}}, "disposition", "needs a field"),
        ({"disposition": {"kind": "move"}}, "disposition", "where sources move"),
        ({"disposition": {"kind": "move", "gallery": "Submissions/Done"}}, "gallery", "handed in again"),
        ({"people": {"Mara Lind": {"urls": [f"nothing://{SECRET}"]}}}, "urls", "no way that is known"),
    ],
)
def test_each_mistake_is_told_with_its_place_and_no_secret(
    tmp_path: Path, handoff: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(ConfigurationWrong) as told:
        load_settings(written(tmp_path, {"flows": {"handoff": handoff}}))
    text = str(told.value)
    assert words in text
    assert place in text
    assert SECRET not in text


def test_intake_must_leave_what_is_handed_in(tmp_path: Path) -> None:
    intake = {"from": "agency", "to": "archive"}
    with pytest.raises(ConfigurationWrong, match="whatever its review says"):
        load_settings(written(tmp_path, {"flows": {"intake": intake}}))
    load_settings(written(tmp_path, {"flows": {"intake": {**intake, "select": {"exclude": ["Submissions/**"]}}}}))


def test_ways_to_people_are_secrets(tmp_path: Path) -> None:
    people = {"Mara Lind": {"urls": [f"json://user:{SECRET}@localhost"]}}
    settings = load_settings(written(tmp_path, {"flows": {"handoff": {"people": people}}}))
    assert any(SECRET in it for it in settings.secrets())
    assert SECRET not in repr(settings)


LIFECYCLE: dict[str, Any] = {
    "between": ["agency", "archive"],
    "carriers": {
        "agency": [{"by": "edit_status", "words": {"approved": ["ok"], "archived": ["kept"], "rejected": ["no"]}}],
        "archive": [{"by": "attribute", "name": "Lifecycle Status"}],
    },
}


def test_carriers_of_an_account_are_those_of_flow_lifecycle_where_it_has_any(tmp_path: Path) -> None:
    over = {"flows": {"lifecycle": LIFECYCLE, "handoff": {"carriers": []}}}
    policy = build_handoff(load_settings(written(tmp_path, over)))
    (carrier,) = policy.carriers
    assert carrier.status_of("ok") is Status.APPROVED
    assert carrier.status_of("kept") is None, "that it is archived is not PhotoShelter's to say"
    assert policy.showing[0].words[Status.ARCHIVED] == ("ok",)
    assert policy.showing[0].words[Status.REJECTED] == ("no",)


def test_carriers_of_its_own_that_say_something_else_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationWrong, match="in another way"):
        load_settings(written(tmp_path, {"flows": {"lifecycle": LIFECYCLE}}))
    same = LIFECYCLE["carriers"]["agency"]
    load_settings(written(tmp_path, {"flows": {"lifecycle": LIFECYCLE, "handoff": {"carriers": same}}}))
