"""Texts whose languages have attributes of their own: read into one value, written back to each, and nothing else touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import MapInvalid, account_map, derived_fields, equal, fingerprint, to_canonical, to_native
from dambridge.mapping import unread_fields as unread
from dambridge.mapping.discovery import discover
from dambridge.mapping.languages import ALPHA2, tag_mistake
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code
from dambridge.model.records import AssetRecord, MediaType, NativeRecord
from dambridge.model.values import FieldName, LangAlt

CAPTION = FieldName("description")
HOMES = {"en": "Caption", "de": "Beschreibung", "fr": "Légende"}
SHARED = account_map(System.NETX, {"description": {"languages": HOMES}})
APART = account_map(System.NETX, {"description": {"to": "Caption (any)", "languages": HOMES}})
NOW = datetime(2026, 11, 28, tzinfo=UTC)


ALL = frozenset({"attributes"})


def native(groups: frozenset[str] = ALL, **fields: str) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("archive"), RemoteId("1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=3,
        modified="m1",
        modified_at=NOW,
        content_stamp="c",
        checksum=None,
        fields={name.replace("_", " "): (text,) for name, text in fields.items()},
        containers=(),
        groups=groups,
        created_at=NOW,
    )


def read(**fields: str) -> AssetRecord:
    return to_canonical(native(ALL, **fields), SHARED)


def written(texts: Mapping[str, str] | None, account: Any = SHARED) -> Mapping[str, tuple[str, ...]]:
    fields = {CAPTION: LangAlt.of(texts)} if texts is not None else {}
    write = to_native(fields, [] if texts is not None else [CAPTION], account)
    assert write.problems == ()
    return write.attributes


def test_the_attributes_of_all_languages_are_one_text_in_languages() -> None:
    said = read(Caption="A boat", Beschreibung="Ein Boot").fields[CAPTION]
    assert said == LangAlt.of({"en": "A boat", "de": "Ein Boot", "x-default": "A boat"})
    assert read(Beschreibung="Ein Boot").fields[CAPTION] == LangAlt.of({"de": "Ein Boot"})
    apart = to_canonical(replace(native(), fields={"Caption (any)": ("Boat",)}), APART)
    assert apart.fields[CAPTION] == LangAlt.plain("Boat")
    assert CAPTION not in read().fields


def test_a_changed_language_is_another_state_of_the_asset_and_an_unread_group_says_nothing() -> None:
    first, second = read(Caption="A boat", Beschreibung="Ein Boot"), read(Caption="A boat", Beschreibung="Ein Kahn")
    assert first.version != second.version
    known = to_canonical(native(frozenset({"base"})), SHARED)
    assert (CAPTION in unread(known), CAPTION in known.fields) == (True, False)
    half = to_canonical(native(frozenset({"base"}), Caption="A boat"), SHARED)
    assert (CAPTION in unread(half), CAPTION in half.fields) == (True, False), "of half of it nothing is said"


def test_a_text_in_languages_is_written_to_each_and_one_without_only_where_it_belongs() -> None:
    assert written({"en": "A boat", "de": "Ein Boot"}) == {
        "Caption": ("A boat",),
        "Beschreibung": ("Ein Boot",),
        "Légende": (),
    }
    assert written({"x-default": "A boat"}) == {"Caption": ("A boat",)}, "of German it says nothing"
    assert written({"x-default": "A boat"}, APART) == {"Caption (any)": ("A boat",)}
    assert written({"x-default": "Boat", "DE": "Ein Boot"}, APART)["Caption (any)"] == ("Boat",)
    assert written(None) == {"Caption": (), "Beschreibung": (), "Légende": ()}, "emptied is emptied everywhere"


def test_what_an_account_is_to_have_of_a_text_is_what_its_places_can_hold() -> None:
    source = replace(read(), fields={CAPTION: LangAlt.of({"x-default": "Boat", "de": "Ein Boot", "ja": "舟"})})
    fields, problems = derived_fields(source, SHARED, NOW)
    assert problems == ()
    assert fields[CAPTION] == LangAlt.of({"de": "Ein Boot", "en": "Boat", "x-default": "Boat"})
    nowhere = replace(read(), fields={CAPTION: LangAlt.of({"ja": "舟"})})
    assert CAPTION not in derived_fields(nowhere, SHARED, NOW)[0]


TEXTS = st.dictionaries(st.sampled_from([*HOMES, "x-default", "ja"]), st.text("abü ", min_size=1).filter(str.strip))


@given(TEXTS.filter(bool), st.sampled_from([SHARED, APART]))
def test_what_is_written_is_read_back_as_what_was_to_be_there(texts: dict[str, str], account: Any) -> None:
    source = replace(read(), fields={CAPTION: LangAlt.of(texts)})
    wanted = derived_fields(source, account, NOW)[0].get(CAPTION)
    if wanted is None:
        return
    write = to_native({CAPTION: wanted}, (), account)
    there = replace(native(), fields={name: it for name, it in write.attributes.items() if it})
    got = to_canonical(there, account).fields[CAPTION]
    assert equal(CAPTION, wanted, got)
    if len(dict(wanted.entries)) > 1:  # type: ignore[union-attr]
        assert fingerprint({CAPTION: wanted}) == fingerprint({CAPTION: got})


def test_each_attribute_has_to_be_there() -> None:
    shown = dict.fromkeys(("Caption", "Beschreibung"), ("textarea", None))
    only = replace(SHARED, rules=(SHARED.by_field[CAPTION],))
    (problem,) = discover(only, shown)
    assert (problem.code, problem["attribute"]) == (Code.ATTRIBUTE_MISSING, "Légende")


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"languages": {"en": "Caption", "de": "Caption"}}, "'Caption' is to hold 'en' and 'de'"),
        ({"languages": {"de": "Caption", "DE": "Beschreibung"}}, "the language 'DE' has two places"),
        ({"languages": {}}, "name an attribute for each language"),
        ({"languages": {"de": "Beschreibung"}, "language": "en"}, "`language` is the one language"),
        ({"languages": {"en": "Caption", "de": "Title"}}, "'Title' is written by 'title' already"),
    ],
)
def test_what_cannot_be_meant_is_refused(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(MapInvalid, match=why) as caught:
        account_map(System.NETX, {"description": rule})
    assert ("description" in caught.value.collisions) is ("is to hold" in why or "written by" in why)


def test_only_texts_have_languages_and_only_netx_has_places_for_them() -> None:
    with pytest.raises(MapInvalid, match="it has no languages"):
        account_map(System.NETX, {"credit": {"languages": {"en": "Credit"}}})
    with pytest.raises(MapInvalid, match="NetX alone"):
        account_map(System.PHOTOSHELTER, {"description": {"languages": {"en": "caption"}}})


@pytest.mark.parametrize("tag", ["x-default", "de", "de-AT", "zh-Hant", "pt-BR", "es-419", "gsw", "sr-Latn-RS"])
def test_tags_of_languages_that_there_are(tag: str) -> None:
    assert tag_mistake(tag) == ""


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("jp", "did you mean 'ja'"),
        ("deu", "is written 'de'"),
        ("xx", "there is no language 'xx'"),
        ("de-UK", "there is no country 'UK'"),
        ("german", "is no language tag"),
    ],
)
def test_tags_that_nobody_asks_for(tag: str, why: str) -> None:
    assert why in tag_mistake(tag)


def test_the_table_of_languages_has_each_code_once() -> None:
    assert len(ALPHA2) == len(set(ALPHA2.values())) >= 180
