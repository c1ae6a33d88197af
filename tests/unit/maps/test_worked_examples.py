"""Every example of the how-to is a sound map and does what the page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dambridge.bootstrap import Settings, lint_settings
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.mapping import derive, to_native
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.policy.naming import numbered
from dambridge.policy.places import Place, place_for
from map_files import Load

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "maps.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(re.findall(r"^## (.*?)\n.*?```yaml map\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
NOW = datetime(2026, 11, 28, tzinfo=UTC)
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")


def record(*, file_name: str = "a.jpg", **fields: Value) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AGENCY, RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name=file_name,
        name="a",
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=(Container(RemoteId("G"), "Intake/Harbour"),),
        version=AssetVersion(modified="1", fields="f", content="c"),
        created_at=NOW,
    )


def written(settings: Settings, it: AssetRecord) -> dict[str, tuple[str, ...]]:
    account = build_maps(settings)[ARCHIVE]
    made = derive(it, account, NOW)
    assert made.problems == ()
    native = to_native(made.fields, (), account)
    assert native.problems == ()
    return dict(native.attributes)


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 7
    assert PAGE.count("```yaml map") == 7


@pytest.mark.parametrize("heading", EXAMPLES)
def test_an_example_is_a_map_without_fault(load: Load, heading: str) -> None:
    assert lint_settings(load(EXAMPLES[heading]), now=NOW) == []


def test_fields_as_the_page_says(load: Load) -> None:
    title = LangAlt.of({"x-default": "Hafen", "de": "Hafen", "en": "Harbour"})
    shown = written(
        load(EXAMPLES["Fields"]),
        record(credit="Board", city="Graz", creator=("A", "B"), title=title, job_id="7"),
    )
    assert shown == {
        "Credit Line": ("Board",),
        "Creator": ("A; B",),
        "Title": ("Harbour",),
        "Source": ("Riverbend Archive",),
        "Job ID": ("JOB 7",),
        "Copyright Notice": ("© A",),
    }


def test_a_table_as_the_page_says(load: Load) -> None:
    shown = written(load(EXAMPLES["Tables"]), record(file_name="HB-0002_pier.jpg"))
    assert shown == {"Job ID": ("HB-0002",), "Credit": ("Harbour Board",)}


def test_classification_as_the_page_says(load: Load) -> None:
    shown = written(load(EXAMPLES["Classification"]), record(keywords=("press",)))
    assert shown == {"Keywords": ("press", "media"), "Usage Terms": ("Editorial use in news media only.",)}


def test_places_as_the_page_says(load: Load) -> None:
    rules = build_policy(load(EXAMPLES["Folders and names"])).places
    made = place_for(record(job_id="HB-0001"), rules, "Rest", selects=bool, now=NOW)
    assert isinstance(made, Place)
    assert made.folder == "Campaigns/HB-0001/{year|2026}"
    assert numbered(made.file_name, 1) == "HB-0001_0001.jpg"


def test_a_display_as_the_page_says(load: Load) -> None:
    account = build_maps(load(EXAMPLES["What people see in another place"]))[AGENCY]
    it = record(instructions="Hold for the evening edition", embargo_until=DateValue("2026-12-01"))
    (display,) = account.displays
    shown = display.render(it.fields)
    assert shown is not None
    native = to_native({display.shown: shown}, (), account, beside=it.fields)
    assert native.problems == ()
    assert native.attributes == {"instructions": ("EMBARGO until 2026-12-01 // Hold for the evening edition",)}
