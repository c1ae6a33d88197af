"""What a NetX webhook says: an asset may have changed. Its shape is not documented (NX 13.1), so all of it is configurable.

The body is parsed whatever its content type calls it, and only ids are taken from it: the asset is read again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dambridge.connectors.netx.config import NetxHooks
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint

MOST_HINTS: Final = 500
"""Assets that one delivery may name."""
_LONGEST_ID: Final = 18
_LONGEST_EVENT: Final = 60


class NetxHintReader:
    """Implements `HintReader`."""

    def __init__(self, hooks: NetxHooks, *, account: AccountId) -> None:
        self._hooks = hooks
        self._account = account

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        self._check(headers, body)
        document = _parsed(body)
        event = next((it for path in self._hooks.event_paths for it in _texts(document, path)), "")
        ids = dict.fromkeys(it for path in self._hooks.id_paths for it in _texts(document, path) if _is_id(it))
        if len(ids) > MOST_HINTS:
            raise Refused(
                f"A delivery names {len(ids)} assets, more than {MOST_HINTS}: the sweep looks at them anyway."
            )
        return [Hint(AssetKey(self._account, RemoteId(it)), event[:_LONGEST_EVENT]) for it in ids]

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        """The signature, compared in constant time. Raises `Refused` where it is missing or wrong."""
        if self._hooks.secret is None:
            return
        wanted = self._hooks.signature_header.lower()
        given = next((value for name, value in headers.items() if name.lower() == wanted), "")
        digest = hmac.new(self._hooks.secret.get_secret_value().encode(), body, getattr(hashlib, self._hooks.digest))
        # A prefix such as `sha256=` says which digest it is; hex is written in either case
        offered = given.strip().rpartition("=")[2].lower()
        if not hmac.compare_digest(offered.encode("utf-8", "replace"), digest.hexdigest().encode()):
            raise Refused("A delivery for a NetX account was not signed with the configured secret.", code="signature")


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
