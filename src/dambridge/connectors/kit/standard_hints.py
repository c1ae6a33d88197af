"""Hints by the Standard Webhooks convention, for systems that send none themselves: somebody between says what may have changed.

`data.id` names an asset, `data.ids` several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from dambridge.connectors.kit.standard_hooks import ID, holds, sent_at
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint, Stamp

MOST_HINTS: Final = 500
"""Assets that one delivery may name."""
_LONGEST_EVENT: Final = 60
_ASSET: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class StandardHintReader:
    """Implements `HintReader`. One of the `secrets` has signed each delivery; `window` is how far from now it may be made."""

    def __init__(self, secrets: Sequence[str], window: timedelta, *, account: AccountId) -> None:
        self._secrets = tuple(secrets)
        self._window = window
        self._account = account

    def __repr__(self) -> str:
        return f"StandardHintReader({self._account})"

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        self._check(headers, body)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(f"A delivery for {self._account} cannot be read: it is not JSON.", code="body") from None
        said = document if isinstance(document, Mapping) else {}
        ids = list(dict.fromkeys(_ids(said.get("data"))))
        if len(ids) > MOST_HINTS:
            raise Refused(
                f"A delivery names {len(ids)} assets, more than {MOST_HINTS}: the sweep looks at them anyway."
            )
        event = str(said.get("type") or "")[:_LONGEST_EVENT]
        return [Hint(AssetKey(self._account, RemoteId(it)), event) for it in ids]

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        small = self._check(headers, body)
        return Stamp(id=small[ID], at=sent_at(small), window=self._window)

    def _check(self, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """The headers in small letters. Raises `Refused` where none of the secrets has signed it."""
        small = {name.lower(): value for name, value in headers.items()}
        if not holds(self._secrets, small, body):
            raise Refused(f"A delivery for {self._account} was not signed with a configured secret.", code="signature")
        return small


def _ids(data: Any) -> list[str]:
    if not isinstance(data, Mapping):
        return []
    named = data.get("ids")
    several = [*(named if isinstance(named, list) else []), data.get("id")]
    return [it for it in several if isinstance(it, str) and _ASSET.fullmatch(it)]
