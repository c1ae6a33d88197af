"""The map file: every mistake at once with the line of the map, and what it says is what the flow works with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dambridge.bootstrap import ConfigurationWrong, map_schema
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.map_options import MapOptions
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.mapping import account_map, derive, to_canonical, to_native, to_xmp
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code
from dambridge.model.records import (
    AssetRecord,
    AssetVersion,
    Container,
    EmbeddedMetadata,
    MediaType,
    NativeRecord,
)
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from map_files import CONFIGURATION, Load, put, sound

NOW = datetime(2026, 11, 28, tzinfo=UTC)
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
BROKEN = """\
owner: Mara Lind
review_by: soon
accounts:
  archive:
    fields:
      credit: {to: Credit, limt: 3}
  nowhere: {}
"""
USELESS = """\
owner: Mara Lind
review_by: 2027-06-01
lookups:
  campaigns: {file: campaigns.csv, key: cod, reads: job, pattern: "HB", fields: {credt: credit}}
classify:
  - {name: press, when: 'keywrds == "a"', set: {city: Graz}}
  - {name: lists, when: "true", add: {city: [Graz]}}
places:
  - {folder: "A/{yaer}", name: "a/{counter}{counter}"}
accounts:
  agency:
    uploader: {galleries: ["Intake/*/x"], to: keywords}
  archive:
    fields:
      credit: {to: Title}
      headline: {transform: {write: open(value)}}
      city: {language: de}
    displays:
      - {field: instructions, text: "{embargo_until}"}
  nowhere: {}
"""


def record(*, file_name: str = "a.jpg", galleries: tuple[str, ...] = (), **fields: Value) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AGENCY, RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name=file_name,
        name="a",
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=tuple(Container(RemoteId(it), it) for it in galleries),
        version=AssetVersion(modified="1", fields="f", content="c"),
    )


def native(keywords: tuple[str, ...], gallery: str, **fields: str) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AGENCY, RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a.jpg",
        size=1,
        modified="1",
        modified_at=None,
        content_stamp="1",
        checksum=None,
        fields={"keywords": keywords, **fields},
        containers=(Container(RemoteId("G"), gallery),),
        groups=frozenset({"base", "iptc", "custom", "containers"}),
    )


def test_mistakes_of_form_name_line_and_remedy_in_the_map_file(load: Load) -> None:
    with pytest.raises(ConfigurationWrong) as caught:
        load(BROKEN)
    found = {it.where: it for it in caught.value.mistakes}
    assert set(found) == {"review_by", "accounts.archive.fields.credit.limt"}
    assert found["accounts.archive.fields.credit.limt"].line == 6
    assert "Did you mean `limit`?" in str(caught.value)
    assert all(it.sentence("dambridge.yaml").partition(":")[0].endswith("map.yaml") for it in caught.value.mistakes)


def test_mistakes_of_meaning_are_said_all_at_once_with_their_lines(load: Load) -> None:
    with pytest.raises(ConfigurationWrong) as caught:
        load(USELESS)
    places = {it.where for it in caught.value.mistakes}
    assert places >= {
        "lookups.campaigns.reads",
        "lookups.campaigns.fields.credt",
        "lookups.campaigns.pattern",
        "lookups.campaigns.file",
        "classify.0.when",
        "classify.1.add.city",
        "places.0.folder",
        "places.0.name",
        "accounts.agency.uploader.galleries.0",
        "accounts.agency.uploader.to",
        "accounts.archive.displays.0.text",
    }
    assert all(it.line for it in caught.value.mistakes)


def test_rules_that_cannot_be_and_accounts_that_are_not_there(load: Load) -> None:
    document = put(sound(), ["accounts", "nowhere"], {})
    document = put(document, ["accounts", "archive", "fields", "credit"], {"to": "Title"})
    document = put(document, ["accounts", "archive", "fields", "headline"], {"transform": {"write": "open(value)"}})
    document = put(document, ["accounts", "archive", "fields", "city"], {"language": "de"})
    with pytest.raises(ConfigurationWrong) as caught:
        load(document)
    codes = {it.where: it.code for it in caught.value.mistakes}
    assert codes == {
        "accounts.nowhere": "",
        "accounts.archive.fields.credit": "two_into_one",
        "accounts.archive.fields.headline": "",
        "accounts.archive.fields.city": "",
    }


def test_a_map_that_is_not_there_is_said_with_its_path(load: Load) -> None:
    with pytest.raises(ConfigurationWrong, match=r"elsewhere\.yaml: file: There is no such file"):
        load(sound(), configuration=CONFIGURATION.replace("map.yaml", "elsewhere.yaml"))


def test_rules_of_the_configuration_go_before_those_of_the_map(load: Load) -> None:
    both = load(sound(), configuration=CONFIGURATION + "maps: {archive: {credit: Credit, city: ''}}\n")
    made = build_maps(both)[ARCHIVE]
    assert made.by_field[FieldName("credit")].native == "Credit"
    assert FieldName("city") not in made.by_field
    assert made.by_field[FieldName("creator")].separator == "; "


def test_whatever_the_map_or_its_tables_say_is_part_of_the_digest_and_its_owner_is_not(load: Load) -> None:
    before = configuration_digest(load(sound()))
    assert configuration_digest(load(sound())) == before
    assert configuration_digest(load(put(sound(), ["owner"], "Somebody Else"))) == before
    for at, value in ((["lookups", "campaigns", "key"], "name"), (["accounts", "archive", "displays"], [])):
        changed = put(sound(), at, value)
        if at[-1] == "key":
            changed = put(changed, ["lookups", "campaigns", "fields"], {"credit": "credit"})
        assert configuration_digest(load(changed)) != before


def test_the_schema_is_one_and_takes_a_name_or_a_group_for_a_rule() -> None:
    schema = map_schema()
    rule = schema["$defs"]["AccountMapOptions"]["properties"]["fields"]["additionalProperties"]
    assert {"type": "string"} in rule["anyOf"]
    assert set(MapOptions.model_fields) == set(schema["properties"])


def test_tables_then_classification_then_rules_and_each_value_knows_what_made_it(load: Load) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    made = derive(record(job_id="HB-0001", keywords=("press",)), archive, NOW)
    assert made.problems == ()
    assert made.fields[FieldName("credit")] == "Harbour Board"
    assert made.fields[FieldName("custom:campaign")] == "Harbour at dawn"
    assert made.fields[FieldName("keywords")] == ("press", "media")
    assert made.origins == {
        "credit": "table campaigns",
        "custom:campaign": "table campaigns",
        "usage_terms": "classification press",
        "keywords": "classification press",
    }
    own = derive(record(job_id="hb-0001", credit="Own"), archive, NOW)
    assert own.fields[FieldName("credit")] == "Own"
    assert own.origins == {"custom:campaign": "table campaigns"}
    assert derive(record(job_id="HB-00019"), archive, NOW).origins == {}, "a longer number is another key"


def test_rows_that_contradict_each_other_are_a_problem_and_lists_are_joined(load: Load) -> None:
    document = put(sound(), ["lookups", "campaigns", "reads"], "keywords")
    archive = build_maps(load(document))[ARCHIVE]
    made = derive(record(keywords=("HB-0001", "HB-0002")), archive, NOW)
    assert [it.code for it in made.problems] == [Code.LOOKUP_FAILED]
    lists = put(document, ["lookups", "campaigns", "fields"], {"people_shown": "name"})
    archive = build_maps(load(lists))[ARCHIVE]
    made = derive(record(keywords=("HB-0001", "HB-0002")), archive, NOW)
    assert made.everything[FieldName("people_shown")] == ("Harbour at dawn", "Night ferries")


def test_a_transform_is_the_places_spelling_and_undone_when_it_is_read(load: Load) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    written = to_native({FieldName("job_id"): "HB-0001"}, (), archive)
    assert written.attributes == {"Job ID": ("JOB HB-0001",)}
    back = to_canonical(_shown({"Job ID": "JOB HB-0001"}), archive)
    assert back.fields[FieldName("job_id")] == "HB-0001"


def test_a_transform_that_makes_nothing_is_a_problem_and_writes_nothing(load: Load) -> None:
    document = put(
        sound(),
        ["accounts", "archive", "fields", "job_id"],
        {"to": "Job ID", "transform": {"write": 'after(value, "#")', "read": "value"}},
    )
    archive = build_maps(load(document))[ARCHIVE]
    written = to_native({FieldName("job_id"): "HB-0001"}, (), archive)
    assert dict(written.attributes) == {}
    assert [it.code for it in written.problems] == [Code.VALUE_REFUSED]
    assert to_native({FieldName("job_id"): "x#7"}, (), archive).attributes == {"Job ID": ("7",)}


def _shown(fields: dict[str, str]) -> NativeRecord:
    return replace(native((), "x"), fields=fields)


@pytest.mark.parametrize(
    ("instructions", "embargo"),
    [
        ("Hold for evening", "2026-12-01"),
        ("Hold // for", "2026-12"),
        (None, "2026-12-01T08:00:00+01:00"),
        ("Hold", None),
    ],
)
def test_what_is_shown_stands_before_the_text_and_never_becomes_it(
    load: Load, instructions: str | None, embargo: str | None
) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    seen = {FieldName("instructions"): instructions} if instructions else {}
    fields: dict[FieldName, Value] = {**seen, **({FieldName("embargo_until"): DateValue(embargo)} if embargo else {})}
    made = derive(replace(record(), fields=fields), archive, NOW)
    (text,) = to_native(made.fields, (), archive).attributes["Instructions"]
    assert text.startswith("EMBARGO until ") == bool(embargo)
    back = to_canonical(_shown({"Instructions": text}), archive).fields
    assert back.get(FieldName("instructions")) == instructions
    assert back.get(FieldName("shown:instructions")) == made.fields.get(FieldName("shown:instructions"))


def test_the_half_that_is_not_written_stays_as_it_is_in_the_account(load: Load) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    shown, host = FieldName("shown:instructions"), FieldName("instructions")
    until = "EMBARGO until 2026-12-01"

    def text(fields: dict[FieldName, Value], cleared: tuple[FieldName, ...], beside: dict[FieldName, Value]) -> str:
        return "".join(to_native(fields, cleared, archive, beside=beside).attributes["Instructions"])

    assert text({shown: until}, (), {host: "theirs"}) == f"{until} // theirs"
    assert text({shown: until}, (), {host: "theirs", shown: "EMBARGO until 2025-01-01"}) == f"{until} // theirs"
    assert text({host: "ours"}, (), {host: "theirs", shown: until}) == f"{until} // ours"
    assert text({}, (shown,), {host: "theirs", shown: until}) == "theirs"
    assert text({}, (host,), {host: "theirs", shown: until}) == until
    assert text({}, (shown, host), {host: "theirs", shown: until}) == ""
    assert "Instructions" not in to_native({FieldName("city"): "Graz"}, (), archive, beside={host: "x"}).attributes


def test_a_file_gets_the_same_spelling_as_the_account(load: Load) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    fields: dict[FieldName, Value] = {
        FieldName("instructions"): "Hold",
        FieldName("shown:instructions"): "EMBARGO until 2026-12-01",
        FieldName("job_id"): "HB-0001",
    }
    homes = {"Instructions": "photoshop:Instructions", "Job ID": "photoshop:TransmissionReference"}
    empty = EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags={})
    assert to_xmp(fields, empty, archive, homes) == {
        "XMP-photoshop:Instructions": "EMBARGO until 2026-12-01 // Hold",
        "XMP-photoshop:TransmissionReference": "JOB HB-0001",
    }


def test_what_people_wrote_themselves_is_theirs_even_if_it_begins_alike(load: Load) -> None:
    archive = build_maps(load(sound()))[ARCHIVE]
    back = to_canonical(_shown({"Instructions": "EMBARGO until further notice, ask Jane"}), archive).fields
    assert back[FieldName("instructions")] == "EMBARGO until further notice, ask Jane"
    assert FieldName("shown:instructions") not in back


def test_a_place_for_one_language_holds_it_and_never_another() -> None:
    archive = account_map(System.NETX, {"title": {"language": "de"}})
    both = LangAlt.of({"x-default": "Harbour", "en": "Harbour", "de": "Hafen"})
    assert derive(record(title=both), archive, NOW).fields[FieldName("title")] == LangAlt.plain("Hafen")
    english = LangAlt.of({"x-default": "Harbour", "en": "Harbour"})
    assert FieldName("title") not in derive(record(title=english), archive, NOW).fields
    assert derive(record(title=LangAlt.plain("Hafen")), archive, NOW).fields[FieldName("title")] == LangAlt.plain(
        "Hafen"
    )


@pytest.mark.hazard("P34")
@pytest.mark.parametrize(
    ("keywords", "left"),
    [
        (("tractor", "Harbour day, pier 4"), ("tractor",)),
        (("tractor", "Harbour day", "pier 4", "dawn"), ("tractor", "dawn")),
        (("harbour DAY, pier 4",), None),
        (("Harbour day, pier 4", "tractor", "Harbour day", "pier 4"), ("tractor",)),
        (("Harbour day",), ("Harbour day",)),
        (("pier 4", "Harbour day"), ("pier 4", "Harbour day")),
    ],
)
def test_the_uploaders_word_is_taken_out_whole_or_in_pieces_and_routed(
    load: Load, keywords: tuple[str, ...], left: tuple[str, ...] | None
) -> None:
    agency = build_maps(load(sound()))[AGENCY]
    seen = to_canonical(native(keywords, "Intake/Crew Harbour day, pier 4"), agency)
    assert seen.fields.get(FieldName("keywords")) == left
    routed = left is None or len(left) < len(keywords)
    assert seen.fields.get(FieldName("job_id")) == ("Harbour day, pier 4" if left != keywords else None)
    assert any(it.code is Code.UPLOADER_WORD for it in seen.notes) == (routed and left != keywords)
    raw = to_canonical(native(keywords, "Intake/Crew Harbour day, pier 4"), account_map(System.PHOTOSHELTER, {}))
    assert seen.version == raw.version, "an edit is told by what stood there"


@pytest.mark.hazard("P34")
def test_a_word_of_another_gallery_or_a_longer_one_stays(load: Load) -> None:
    agency = build_maps(load(sound()))[AGENCY]
    for gallery in ("Elsewhere/Crew Harbour", "Intake/Crew " + "x" * 26, "Intake/Crew"):
        word = gallery.rpartition("Crew ")[2]
        seen = to_canonical(native((word, "Harbour"), gallery), agency)
        assert seen.fields[FieldName("keywords")] == (word, "Harbour")
    strip = build_maps(load(put(sound(), ["accounts", "agency", "uploader"], {"galleries": ["Intake/Crew *"]})))[AGENCY]
    seen = to_canonical(native(("Harbour",), "Intake/Crew Harbour", trans_ref="HB-0001"), strip)
    assert seen.fields == {FieldName("job_id"): "HB-0001"}


def test_the_policy_reads_what_the_rules_speak_of(load: Load) -> None:
    assert build_policy(load(sound())).groups >= {"containers"}
    plain = {name: it for name, it in sound().items() if name in {"owner", "review_by"}}
    settings = load(plain, configuration=CONFIGURATION.replace("to: archive}", 'to: archive, place: {folder: "A"}}'))
    assert build_policy(settings).groups == {"base", "iptc"}
    custom = put(plain, ["classify"], [{"name": "a", "when": 'custom["x"] == "1"', "set": {"city": "Graz"}}])
    settings = load(custom, configuration=CONFIGURATION.replace("to: archive}", 'to: archive, place: {folder: "A"}}'))
    assert build_policy(settings).groups == {"base", "iptc", "custom"}
