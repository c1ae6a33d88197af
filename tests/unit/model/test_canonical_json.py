"""One spelling for what is signed: RFC 8785, whole numbers only."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.canonical import canonical_bytes, document_from


def test_the_examples_of_the_rfc() -> None:
    sorting = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    made = canonical_bytes(sorting).decode()
    assert list(json.loads(made)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    text = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert canonical_bytes({"string": text}) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    assert canonical_bytes({"literals": [None, True, False]}) == b'{"literals":[null,true,false]}'


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, -(2**53), b"bytes", {1: "a"}, {"a": {"b": object()}}, "\ud800"]
)
def test_what_has_no_one_spelling_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b"[1]",
        b"",
        b"\xff",
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_a_document_that_readers_could_take_differently_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        document_from(data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda it: (
        st.lists(it, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), it, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=4))
def test_one_spelling_whatever_the_order_and_blanks_and_nothing_is_lost(value: dict[str, Any]) -> None:
    made = canonical_bytes(value)
    assert made == rfc8785.dumps(value), "as another implementation spells it"
    assert document_from(made) == value
    turned = dict(reversed(list(value.items())))
    assert canonical_bytes(document_from(json.dumps(turned, indent=3).encode())) == made
