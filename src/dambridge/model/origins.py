"""Origins of web pages: scheme, name and port, in the one spelling that browsers send."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NAME = re.compile(r"[a-z0-9.:_-]+")


def origin_of(given: str) -> str:
    """An origin as browsers spell it. Raises `ValueError` for what is none, and for a line that others read."""
    parts = urlsplit(given.strip().rstrip("/"))
    host, port = parts.hostname or "", parts.port
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not _NAME.fullmatch(host) or more:
        raise ValueError(f"`{given}` is no origin: write it as https://name, with its port where it has one")
    if parts.scheme == "http" and host not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(f"`{given}` is read on its way: a page that holds a token needs https://")
    shown = f"[{host}]" if ":" in host else host
    usual = port is None or port == (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{shown}" if usual else f"{parts.scheme}://{shown}:{port}"
