"""PhotoShelter's writes without a network: what goes into which call, which route a file takes, what v3 says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dambridge.connectors.photoshelter import wire
from dambridge.connectors.photoshelter.abilities import archive_capabilities, plain_uploads
from dambridge.connectors.photoshelter.changes import Change, changes_for
from dambridge.connectors.photoshelter.config import Guess, PhotoShelterOptions, UploadVia
from dambridge.connectors.photoshelter.protocol import find_query
from dambridge.connectors.photoshelter.records import media_type_of_id, media_type_of_name
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import ArchiveCapabilities, Proof
from dambridge.ports.errors import Refused

CUSTOM = {"permit": {"opt_118": "P-118", "opt_119": "P-119"}}
V3_KEY = "v3canaryKEY"


def options(**more: Any) -> PhotoShelterOptions:
    said = {"api_key": "k", "org_id": "O0000x", "email": "a@example.org", "password": "p"}
    return PhotoShelterOptions.model_validate({**said, **more})


def changes(attributes: dict[str, tuple[str, ...]], kind: MediaType = MediaType.IMAGE, **more: Any) -> list[Change]:
    return changes_for(kind, attributes, more.get("file_name"), CUSTOM, about="write it")


# what a write takes --------------------------------------------------------------------------------------------------


def test_each_part_is_one_call_with_what_changes_and_nothing_else() -> None:
    found = changes(
        {"caption": ("c",), "keywords": ("a", "b"), "rating": ("3",), "custom.permit": ("P-119",)}, file_name="n.jpg"
    )
    assert {it.rest: dict(it.form) for it in found} == {
        "": {"rating": "3", "file_name": "n.jpg"},
        "/iptc": {"caption": "c", "keywords": "a, b"},
        "/custom-metadata": {"custom_metadata": json.dumps({"permit": "opt_119"})},
    }


def test_an_empty_value_clears() -> None:
    found = changes({"caption": (), "keywords": (), "rating": (), "custom.permit": ()})
    assert {it.rest: dict(it.form) for it in found} == {
        "": {"rating": ""},
        "/iptc": {"caption": "", "keywords": ""},
        "/custom-metadata": {"custom_metadata": '{"permit": null}'},
    }


def test_nothing_to_write_is_no_call() -> None:
    assert changes({}) == []


def test_a_videos_description_has_a_place_of_its_own_and_other_kinds_have_none() -> None:
    assert [it.rest for it in changes({"caption": ("c",)}, MediaType.VIDEO)] == ["/metadata"]
    assert [it.rest for it in changes({"rating": ("1",)}, MediaType.AUDIO)] == [""]
    for kind in (MediaType.AUDIO, MediaType.DOCUMENT):
        with pytest.raises(Refused, match="no call that describes"):
            changes({"caption": ("c",)}, kind)


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"keywords": ("ok", "sea, sky")}, "come apart"),
        ({"author": ("A", "B")}, "one value"),
        ({"colour": ("red",)}, "no field 'colour'"),
        ({"custom.permit": ("P-120",)}, "no option of 'permit'"),
        ({"custom.permit": ("P-118", "P-119")}, "one value"),
        ({"custom.mood": ("calm",)}, "custom_fields"),
    ],
)
def test_what_cannot_be_said_is_refused_whole(attributes: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(Refused, match=words):
        changes({"title": ("fine",), **attributes})


# routes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "image", "video"),
    [
        ({}, UploadVia.V4, UploadVia.V4),
        ({"v3_api_key": V3_KEY}, UploadVia.V3, UploadVia.V4),
        ({"v3_api_key": V3_KEY, "proven": ["upload_v4"]}, UploadVia.V4, UploadVia.V4),
        ({"v3_api_key": V3_KEY, "proven": ["upload_v3_any"]}, UploadVia.V3, UploadVia.V3),
        ({"v3_api_key": V3_KEY, "proven": ["upload_v3_any", "upload_v4"]}, UploadVia.V4, UploadVia.V4),
        ({"v3_api_key": V3_KEY, "upload_via": "v4"}, UploadVia.V4, UploadVia.V4),
        ({"v3_api_key": V3_KEY, "upload_via": "v3"}, UploadVia.V3, UploadVia.V3),
    ],
)
def test_the_way_of_an_upload(said: dict[str, Any], image: UploadVia, video: UploadVia) -> None:
    via = {kind: it.via for kind, it in plain_uploads(options(**said)).items()}
    assert via[MediaType.IMAGE] is via[MediaType.RAW] is image
    assert via[MediaType.VIDEO] is via[MediaType.DOCUMENT] is video


def can(given: PhotoShelterOptions) -> ArchiveCapabilities:
    return archive_capabilities(given, plain_uploads(given))


def test_a_confirmed_way_is_declared_and_a_guess_is_not() -> None:
    deliver = can(options(v3_api_key=V3_KEY, upload_via="v3")).deliver
    assert (deliver[MediaType.IMAGE], deliver[MediaType.VIDEO]) == (Proof.DECLARED, Proof.UNPROVEN)
    assert can(options(proven=[Guess.UPLOAD_V4])).deliver[MediaType.AUDIO] is Proof.PROVEN


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPG", MediaType.IMAGE),
        ("a.tiff", MediaType.IMAGE),
        ("a.psd", MediaType.IMAGE),
        ("a.HEIC", MediaType.IMAGE),
        ("a.cr3", MediaType.RAW),
        ("a.mov", MediaType.VIDEO),
        ("a.mxf", MediaType.VIDEO),
        ("a.m4a", MediaType.AUDIO),
        ("a.wav", MediaType.AUDIO),
        ("a.pdf", MediaType.DOCUMENT),
        ("a", MediaType.DOCUMENT),
        ("", MediaType.DOCUMENT),
        ("jpg", MediaType.IMAGE),
    ],
)
def test_a_names_ending_tells_the_kind(name: str, kind: MediaType) -> None:
    assert media_type_of_name(name) is kind


def test_an_ids_prefix_tells_the_kind() -> None:
    kinds = [media_type_of_id(it) for it in ("I0000a", "VD000a", "AD000a", "DO000a", "99999999")]
    assert kinds == [MediaType.IMAGE, MediaType.VIDEO, MediaType.AUDIO, MediaType.DOCUMENT, MediaType.IMAGE]


def test_a_search_for_a_value_names_its_filter() -> None:
    assert find_query("O0", "trans_ref", "JOB", {}) == {"org_id": "O0", "trans_ref": "JOB"}
    assert find_query("O0", "headline", "H", {}) == {"org_id": "O0", "terms": "H"}
    assert find_query("O0", "custom.permit", "P-118", CUSTOM)["custom_metadata"] == '{"permit": "opt_118"}'


# options -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["upload_via", "visibility_via", "license_via"])
def test_v3_wants_its_key(name: str) -> None:
    with pytest.raises(ValidationError, match=f"`{name}: v3` needs `v3_api_key`"):
        options(**{name: "v3"})
    assert options(**{name: "v3", "v3_api_key": V3_KEY})


@pytest.mark.parametrize("odd", [{"container_zone": "Mars/Base"}, {"proven": ["everything"]}, {"page_root": "acme"}])
def test_odd_options_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options(**odd)


def test_the_page_names_everything_that_can_be_proven() -> None:
    told = PhotoShelterOptions.model_fields["proven"].description or ""
    assert [it for it in Guess if f"{it}," not in told and f"{it}." not in told] == []


@pytest.mark.hazard("P49")
def test_the_key_of_v3_is_a_secret_like_the_others() -> None:
    given = options(v3_api_key=V3_KEY)
    assert V3_KEY in given.secrets()
    assert V3_KEY not in repr(given) + str(given) + given.model_dump_json()


# API v3 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"Image": {"image_id": "I0000new", "owner_id": "U0"}},
        {"Image": [{"image_id": "I0000new"}]},
        {"Video": {"video_id": "I0000new"}},
        {"Anything": {"id": "I0000new"}},
    ],
)
def test_the_id_of_an_upload_is_found_in_whichever_record(data: dict[str, Any]) -> None:
    assert wire.parse_v3_upload({"status": "ok", "data": data}) == "I0000new"


@pytest.mark.parametrize("odd", [None, {}, {"data": None}, {"data": {"Image": {}}}, {"data": {"Image": [{}, {}]}}])
def test_an_upload_without_an_id_is_no_upload(odd: object) -> None:
    with pytest.raises(wire.BadReply):
        wire.parse_v3_upload(odd)


def test_v3_says_in_its_envelope_whether_all_went_well() -> None:
    assert wire.parse_v3_error({"status": "ok", "data": {}}) is None
    assert wire.parse_v3_error({"status": "error", "error": {"message": "No."}}) == "No."
    assert wire.parse_v3_error({"status": "fail", "errors": [{"title": "T"}]}) == "T"
    assert wire.parse_v3_error({"status": "odd"}) == "status odd"
    assert wire.parse_v3_error([1]) == "no envelope"


def test_licences_are_read_beside_the_file_or_below_it_and_never_invented() -> None:
    rows = [
        {"GalleryImage": {"image_id": "I1", "License": {"license_etime": "2027-01-01"}}},
        {"GalleryVideo": {"Video": {"video_id": "V1"}, "License": {"license_etime": None}}},
        {"GalleryImage": {"image_id": "I2"}},
        {"GalleryImage": {"image_id": "I3", "License": {}}},
        "odd",
    ]
    body = {"status": "ok", "data": {"GalleryMedia": rows, "Paging": {"next": 2}}}
    assert wire.parse_v3_licences(body) == ({"I1": "2027-01-01", "V1": ""}, True)
    with pytest.raises(wire.BadReply):
        wire.parse_v3_licences({"status": "ok", "data": {}})
