"""The functions that rules have beside CEL's own. Each is small and total, and none gives out more than 64 kB.

What one of them raises becomes an error value of the rule, never an exception of ours.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cel_expr_python import cel

from dambridge.expressions.bounds import LARGEST_TEXT

_NOT_A_WORD = re.compile(r"[^\w]+")


def lower(text: str) -> str:
    """The text in lower case, by Unicode's rules."""
    return _capped(text.lower())


def upper(text: str) -> str:
    """The text in upper case, by Unicode's rules."""
    return _capped(text.upper())


def trim(text: str) -> str:
    """The text without blanks at both ends."""
    return text.strip()


def before(text: str, mark: str) -> str:
    """What stands before the first `mark`; the whole text where there is none."""
    return text.split(mark, 1)[0] if mark else text


def after(text: str, mark: str) -> str:
    """What stands after the first `mark`; nothing where there is none."""
    return text.partition(mark)[2] if mark else ""


def replace(text: str, old: str, new: str) -> str:
    """The text with each `old` replaced by `new`; an empty `old` is an error."""
    if not old:
        raise ValueError("replace needs a text to look for")
    if len(text.encode()) + text.count(old) * (len(new.encode()) - len(old.encode())) > LARGEST_TEXT:
        raise ValueError("replace would make a text of more than 64 kB")
    return text.replace(old, new)


def slug(text: str) -> str:
    """Lower case, without accents, words joined by hyphens; letters of other scripts stay."""
    plain = "".join(it for it in unicodedata.normalize("NFKD", text) if not unicodedata.combining(it))
    return _capped(_NOT_A_WORD.sub("-", plain.lower()).strip("-_"))


def pad(text: str, width: int) -> str:
    """The text with zeros before it until it has `width` characters, 64 at most."""
    if not 0 <= width <= 64:
        raise ValueError("pad takes a width from 0 to 64")
    return text.rjust(width, "0")


def day(instant: datetime, zone: str) -> str:
    """The calendar day of an instant in a time zone, as YYYY-MM-DD."""
    try:
        return instant.astimezone(ZoneInfo(zone)).date().isoformat()
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone {zone[:60]!r}") from error


def _capped(text: str) -> str:
    if len(text.encode()) > LARGEST_TEXT:
        raise ValueError("the text has more than 64 kB")
    return text


def declarations() -> list[cel.FunctionDecl]:
    """The functions as CEL wants them declared."""
    text, whole, instant = cel.Type.STRING, cel.Type.INT, cel.Type.TIMESTAMP
    table = (
        ("lower", (text,), lower),
        ("upper", (text,), upper),
        ("trim", (text,), trim),
        ("before", (text, text), before),
        ("after", (text, text), after),
        ("replace", (text, text, text), replace),
        ("slug", (text,), slug),
        ("pad", (text, whole), pad),
        ("day", (instant, text), day),
    )
    return [
        cel.FunctionDecl(name, [cel.Overload(f"dambridge_{name}", return_type=text, parameters=list(takes), impl=made)])
        for name, takes, made in table
    ]
