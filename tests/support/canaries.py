"""All that a log, a report or a traceback could show of an error, to look for secrets in it."""

from __future__ import annotations

from collections.abc import Iterable


def everything_of(error: BaseException) -> list[str]:
    """Its texts and those of the errors behind it."""
    shown = [str(error), repr(error), repr(error.__dict__)]
    behind = [it for it in (error.__cause__, error.__context__) if it is not None]
    return shown + [text for it in behind for text in everything_of(it)]


def secrets_in(texts: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """The texts that show a secret."""
    known = [it for it in secrets if it]
    assert known, "there is nothing to look for"
    return [text for text in texts if any(it in text for it in known)]
