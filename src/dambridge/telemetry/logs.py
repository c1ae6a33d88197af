"""Logs: structured, on standard error, with every secret taken out before a line is written."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

MASK = "***"
SECRET_KEYS = re.compile(
    r"pass(word|wd)?$|secret|token|api_?key|authorization|cookie|session_?key|credential", re.IGNORECASE
)
SECRET_TEXT = re.compile(
    r"(?P<name>(?:api_?key|auth_?token|access_token|refresh_token|session_?key|password|client_secret|token)"
    r"[\"']?\s*[=:]\s*[\"']?)(?P<value>[^\s\"'&,;}]+)"
    r"|(?P<scheme>\b(?:Bearer|apiToken|Basic)\s+)(?P<credential>[^\s\"',;}]+)",
    re.IGNORECASE,
)


class StandardError(io.TextIOBase):
    """Whatever standard error is when a line is written: it may have been replaced, or closed, since logs were set up."""

    def write(self, text: str, /) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(*, json: bool, level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging alike: one form, one stream, one redaction."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    last = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", StandardError())),
        cache_logger_on_first_use=False,  # a second set-up in one process must reach loggers that have spoken already
    )
    handler = logging.StreamHandler(StandardError())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of a log line: by the name of the member and by their shape within texts, however deep."""
    return {name: MASK if SECRET_KEYS.search(str(name)) else _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    match value:
        case str():
            return mask_text(value)
        case dict():
            return {name: MASK if SECRET_KEYS.search(str(name)) else _clean(it) for name, it in value.items()}
        case list() | tuple():
            return [_clean(it) for it in value]
        case _:
            return value


def mask_text(text: str) -> str:
    """A text without what looks like a credential."""
    return SECRET_TEXT.sub(lambda it: (it["name"] or it["scheme"]) + MASK, text)
