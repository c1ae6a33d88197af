"""What a NetX webhook says (an asset may have changed), and what a custom action sends (a selection). The shape of neither is
documented (NX 13.1, 13.2), so all of it is configurable.

The body is parsed whatever its content type calls it, and only ids are taken from it: the asset is read again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from dambridge.connectors.netx.config import NetxActions, NetxHooks
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint, Stamp

MOST_HINTS: Final = 500
"""Assets that one delivery may name."""
_LONGEST_ID: Final = 18
_LONGEST_WORD: Final = 60
_MILLISECONDS: Final = 100_000_000_000
"""A count from here on is of milliseconds: as seconds it would be three thousand years from now."""


class NetxHintReader:
    """Implements `HintReader`."""

    def __init__(self, hooks: NetxHooks, *, account: AccountId) -> None:
        self._hooks = hooks
        self._account = account

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        _check(self._hooks, self._hooks.secret, headers, body)
        document = _parsed(body)
        event = next((it for path in self._hooks.event_paths for it in _texts(document, path)), "")
        ids = _ids(document, self._hooks.id_paths)
        return [Hint(AssetKey(self._account, RemoteId(it)), event[:_LONGEST_WORD]) for it in ids]

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        _check(self._hooks, self._hooks.secret, headers, body)
        return _stamp(self._hooks, headers, body)


class NetxSelectionReader:
    """Implements `SelectionReader` for a custom action (NX 13.2: that it posts the selection is CONFIRMED, its body unknown)."""

    def __init__(self, action: NetxActions, *, account: AccountId) -> None:
        self._action = action
        self._account = account

    def selected(self, headers: Mapping[str, str], body: bytes) -> tuple[str, str, tuple[str, ...]]:
        it = self._action
        _check(it, it.secret, headers, body)
        document = _parsed(body)
        action, by = (
            next((word for path in paths for word in _texts(document, path)), "")[:_LONGEST_WORD]
            for paths in (it.action_paths, it.user_paths)
        )
        return action, by, tuple(_ids(document, it.id_paths))

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        _check(self._action, self._action.secret, headers, body)
        return _stamp(self._action, headers, body)


def _check(how: NetxHooks | NetxActions, secret: SecretStr | None, headers: Mapping[str, str], body: bytes) -> None:
    """The signature, compared in constant time. Raises `Refused` where it is missing or wrong."""
    if secret is None:
        return
    digest = hmac.new(secret.get_secret_value().encode(), body, getattr(hashlib, how.digest))
    # A prefix such as `sha256=` says which digest it is; hex is written in either case
    offered = _header(headers, how.signature_header).strip().rpartition("=")[2].lower()
    if not hmac.compare_digest(offered.encode("utf-8", "replace"), digest.hexdigest().encode()):
        raise Refused("A delivery for a NetX account was not signed with the configured secret.", code="signature")


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted.lower()), "")


def _ids(document: Any, paths: Sequence[str]) -> list[str]:
    ids = dict.fromkeys(it for path in paths for it in _texts(document, path) if _is_id(it))
    if len(ids) > MOST_HINTS:
        raise Refused(f"A delivery names {len(ids)} assets, more than {MOST_HINTS}: the sweep looks at them anyway.")
    return list(ids)


def _stamp(how: NetxHooks | NetxActions, headers: Mapping[str, str], body: bytes) -> Stamp:
    """What it says of itself. A body that says when it was made is one delivery, however often it comes, and under whatever id:
    a header is not signed."""
    document = _parsed(body)
    made = next((it for path in how.timestamp_paths for it in _texts(document, path)), "")
    at = _instant(made)
    given = _header(headers, how.delivery_header) if how.delivery_header else ""
    known = hashlib.sha256(body).hexdigest() if at is not None else given
    return Stamp(id=known, at=at, window=timedelta(seconds=how.window_seconds))


def _instant(text: str) -> datetime | None:
    """Seconds, milliseconds (NetX's own unit, NX 3) or ISO 8601; a text without a zone says nothing."""
    try:
        if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID:
            number = int(text)
            return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("A delivery for a NetX account cannot be read: it is not JSON.", code="body") from None


def _texts(document: Any, path: str) -> Iterator[str]:
    """Whatever stands at a dotted path, lists on the way unfolded; only texts and whole numbers count."""
    found = [document]
    for part in path.split("."):
        found = [it.get(part) for it in _unfolded(found) if isinstance(it, Mapping)]
    for it in _unfolded(found):
        if isinstance(it, str) or (isinstance(it, int) and not isinstance(it, bool)):
            yield str(it)


def _unfolded(values: list[Any]) -> list[Any]:
    return [one for it in values for one in (it if isinstance(it, list) else [it])]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
