"""An asset on record, tried under a map: under the one that read it nothing differs; under another it is what a run makes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings

from dambridge.mapping import account_map, derive, to_canonical, to_native
from dambridge.mapping.account_map import default_map
from dambridge.mapping.fields import FIELDS
from dambridge.mapping.normal import same
from dambridge.mapping.previewing import EVERY_GROUP, Maps, Preview, Step, preview, rewound
from dambridge.mapping.rules import AccountMap
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code
from dambridge.model.records import AssetRecord, MediaType, NativeRecord
from dambridge.testing.strategies import records

NOW = datetime(2026, 11, 28, tzinfo=UTC)
READ = default_map(System.PHOTOSHELTER)
ARCHIVE = default_map(System.NETX)


def photoshelter(**fields: str) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=1,
        modified="1",
        modified_at=None,
        content_stamp="1",
        checksum=None,
        fields=fields,
        containers=(),
        groups=EVERY_GROUP,
    )


def tried(
    record: AssetRecord, reads: AccountMap = READ, writes: AccountMap | None = ARCHIVE, **more: frozenset[str]
) -> Preview:
    known = frozenset(place for it in READ.rules if it.read for place in it.places)
    return preview(rewound(record, READ, **more), Maps(reads=reads, writes=writes, known=known), NOW)


def steps(it: Preview) -> dict[str, Step]:
    return {one.field: one for one in it.steps}


@settings(max_examples=40)
@given(records(names=tuple(sorted(READ.reads & set(FIELDS)))))
def test_under_the_map_that_read_it_an_asset_is_as_it_was_and_becomes_what_a_run_makes_of_it(
    drawn: AssetRecord,
) -> None:
    record = to_canonical(rewound(drawn, READ), READ)
    found = tried(record)
    assert set(found.record.fields) == set(record.fields)
    assert all(same(name, it, found.record.fields[name]) for name, it in record.fields.items())
    run = to_native(derive(record, ARCHIVE, NOW).fields, (), ARCHIVE).attributes
    shown = {one.to: one.written for one in found.steps if one.written}
    assert shown == {place: texts for place, texts in run.items() if texts}


def test_under_another_map_it_is_read_elsewhere_made_by_rules_and_told_why_it_waits() -> None:
    record = to_canonical(photoshelter(headline="Boats", credit="Riverbend", **{"custom.Slug": "Wide boats"}), READ)
    reads = account_map(
        System.PHOTOSHELTER, {"headline": "custom.Slug", "source": "custom.Nowhere", "city": "custom.Town"}
    )
    rules: dict[str, Any] = {
        "headline": {"to": "Head", "limit": 4},
        "credit": {"to": "By", "constant": "House"},
        "source": "Source",
    }
    found = steps(tried(record, reads, account_map(System.NETX, rules)))
    assert (found["headline"].of, found["headline"].said, found["headline"].to) == (
        "custom.Slug",
        ("Wide boats",),
        "Head",
    )
    assert found["headline"].problem is not None
    assert found["headline"].problem.code is Code.VALUE_CUT
    assert found["headline"].written == ()
    assert (found["credit"].said, found["credit"].written, found["credit"].made) == (
        ("Riverbend",),
        ("House",),
        "rule credit",
    )
    assert "source" not in found, "all of the site's own fields were read, and this one is empty"
    groups = frozenset({"base", "iptc"})
    assert steps(tried(record, reads, None, groups=groups))["city"].unknown, "those were not read then"
    left = account_map(System.PHOTOSHELTER, {"headline": ""})
    assert "headline" not in steps(tried(record, left))
    again = to_canonical(photoshelter(headline="Boats"), left)
    known = frozenset(place for it in left.rules if it.read for place in it.places)
    back = preview(rewound(again, left), Maps(reads=READ, writes=ARCHIVE, known=known), NOW)
    assert steps(back)["headline"].unknown, "nobody read it"


def test_what_was_read_is_said_again_whatever_the_map_does_when_it_writes() -> None:
    rules: dict[str, Any] = {"headline": {"direction": "in", "limit": 2}, "credit": {"constant": "House"}}
    before = account_map(System.PHOTOSHELTER, rules)
    shown = photoshelter(headline="Boats", credit="Riverbend", keywords="river")
    again = rewound(to_canonical(shown, before), before).fields
    assert again == {"headline": ("Boats",), "credit": ("Riverbend",), "keywords": ("river",)}
