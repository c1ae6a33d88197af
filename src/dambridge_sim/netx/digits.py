"""Ids in paths, forms and queries: plain digits, no more of them than a number of 64 bits has for certain."""

from __future__ import annotations

from typing import Final

_MOST_DIGITS: Final = 18
_LARGEST: Final = 2**63 - 1


def number_of(text: str) -> int | None:
    """The number that plain digits spell; None for anything else, other scripts' digits and overlong ones included."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def is_long(number: int) -> bool:
    """Whether a number fits 64 bits, as the site's ids and dates do."""
    return -_LARGEST - 1 <= number <= _LARGEST
