"""Origins are read in the spelling that browsers send, and nothing else passes for one."""

from __future__ import annotations

import pytest

from dambridge.model.origins import origin_of


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Intranet.example", "https://intranet.example"),
        (" https://intranet.example/ ", "https://intranet.example"),
        ("https://intranet.example:443", "https://intranet.example"),
        ("https://intranet.example:8443", "https://intranet.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:80", "http://localhost"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_origin_has_one_spelling(given: str, origin: str) -> None:
    assert origin_of(given) == origin


@pytest.mark.parametrize(
    "given",
    [
        "",
        "*",
        "null",
        "intranet.example",
        "https://",
        "http://intranet.example",
        "https://intranet.example/page",
        "https://intranet.example?x",
        "https://intranet.example#x",
        "https://ada:secret@intranet.example",
        "https://intranet.example:port",
        "ftp://intranet.example",
        "https://*.example",
    ],
)
def test_what_is_none_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"origin|read on its way|[Pp]ort"):
        origin_of(given)
