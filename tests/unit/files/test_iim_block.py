"""The old IPTC block: character sets, lengths, cuts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.files.iim import UTF8_MARK, parse_iim


def data_set(record: int, number: int, value: bytes, *, extended: bool = False) -> bytes:
    length = (0x8004).to_bytes(2, "big") + len(value).to_bytes(4, "big") if extended else len(value).to_bytes(2, "big")
    return bytes((0x1C, record, number)) + length + value


DECLARED = data_set(1, 90, UTF8_MARK)


@pytest.mark.hazard("P30")
def test_declared_utf8_is_read_as_utf8() -> None:
    block = parse_iim(DECLARED + data_set(2, 5, "Łódź 日本".encode()))
    assert block.values == {"ObjectName": "Łódź 日本"}
    assert (block.charset, block.guessed) == ("utf-8", False)


@pytest.mark.hazard("P30")
def test_undeclared_utf8_is_recognised_and_is_no_guess() -> None:
    block = parse_iim(data_set(2, 120, "Größe".encode()))
    assert block.values["Caption-Abstract"] == "Größe"
    assert not block.guessed


@pytest.mark.hazard("P30")
def test_undeclared_latin_1_is_read_and_said_to_be_a_guess() -> None:
    block = parse_iim(data_set(2, 120, "Größe – “so”".encode("cp1252")))
    assert block.values["Caption-Abstract"] == "Größe – “so”"
    assert block.guessed


@pytest.mark.hazard("P30")
def test_a_false_utf8_mark_does_not_garble_latin_1() -> None:
    block = parse_iim(DECLARED + data_set(2, 90, "Zürich".encode("latin-1")) + data_set(2, 80, b"Ann"))
    assert block.values == {"City": "Zürich", "By-line": ("Ann",)}
    assert block.guessed


@pytest.mark.hazard("P30")
def test_declared_latin_2_is_honoured() -> None:
    block = parse_iim(data_set(1, 90, b"\x1b.B") + data_set(2, 90, "Łódź".encode("iso8859-2")))
    assert block.values["City"] == "Łódź"
    assert not block.guessed


@pytest.mark.hazard("P29")
def test_a_character_cut_at_the_limit_is_dropped_and_told() -> None:
    cut = ("é" * 16).encode()[:31]
    block = parse_iim(DECLARED + data_set(2, 110, cut))
    assert block.values["Credit"] == "é" * 15
    assert block.warnings == ("IPTC Credit ends in the middle of a character",)
    assert not block.guessed


@pytest.mark.hazard("P28")
def test_keywords_stay_a_list_with_their_commas_and_doubles() -> None:
    words = ("a, b", "x|y", "a, b")
    block = parse_iim(DECLARED + b"".join(data_set(2, 25, it.encode()) for it in words))
    assert block.values["Keywords"] == words


def test_a_long_value_with_extended_length_is_read() -> None:
    block = parse_iim(DECLARED + data_set(2, 120, b"x" * 70_000, extended=True) + data_set(2, 90, b"Bern"))
    assert len(str(block.values["Caption-Abstract"])) == 70_000
    assert block.values["City"] == "Bern"


def test_padding_behind_the_block_and_nul_in_a_value_are_ignored() -> None:
    assert parse_iim(data_set(2, 90, b"Bern\x00") + b"\x00\x00\x00").values == {"City": "Bern"}


def test_a_block_that_ends_too_early_keeps_what_came_before_and_says_so() -> None:
    block = parse_iim(data_set(2, 90, b"Bern") + data_set(2, 95, b"Canton")[:-2])
    assert block.values == {"City": "Bern"}
    assert block.warnings == ("the IPTC block ends in the middle of 2:95",)


def test_the_first_of_several_single_values_counts_and_the_rest_is_told() -> None:
    block = parse_iim(data_set(2, 110, b"One") + data_set(2, 110, b"Two"))
    assert block.values["Credit"] == "One"
    assert block.warnings == ("IPTC Credit stands there 2 times; the first one counts",)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(noise: bytes) -> None:
    parse_iim(b"\x1c" + noise)
    parse_iim(DECLARED + data_set(2, 120, noise))


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_what_was_written_as_utf8_is_read_back(text: str) -> None:
    block = parse_iim(DECLARED + data_set(2, 120, text.encode()))
    assert block.values.get("Caption-Abstract", "") == (text if text.strip() else "")
