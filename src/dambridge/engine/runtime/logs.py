"""What DBOS says of itself goes into our own log, and never to the console."""

from __future__ import annotations

import logging

import structlog

_LOGGER = "dbos"
LONGEST = 500
"""Letters of one line that are kept; DBOS names every work that it deletes."""

log = structlog.get_logger()


class ToOurLog(logging.Handler):
    """Hands each record on: at `debug`, and troubles, which are someone's business, at `warning`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text} {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
            if record.levelno >= logging.WARNING and _is_trouble(record):
                log.warning("runtime.trouble", text=text)
            else:
                log.debug("runtime.told", text=text, level=record.levelname)
        except Exception:  # noqa: BLE001 - a handler must never break what it reports on
            self.handleError(record)


def quieten() -> None:
    """Take DBOS's logger over before DBOS gives it a console. Safe to repeat."""
    logger = logging.getLogger(_LOGGER)
    logger.handlers = [it for it in logger.handlers if not isinstance(it, logging.StreamHandler)]
    logger.propagate = False
    if not any(isinstance(it, ToOurLog) for it in logger.handlers):
        logger.addHandler(ToOurLog())


def _is_trouble(record: logging.LogRecord) -> bool:
    """Ends and interruptions of workflows are told by the runtime itself; what is left is the database's."""
    return "asynchronous workflow" not in record.msg and "Asyncio task cancelled" not in record.msg
