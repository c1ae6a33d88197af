"""The signatures of the Standard Webhooks convention, made and checked: HMAC-SHA256 over id, timestamp and body (`v1`)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_LONGEST_ID = 200


def headers_of(secrets: Sequence[str], message: str, at: datetime, body: str) -> dict[str, str]:
    """What goes with a body: a signature by every secret, so that one can be changed without a gap."""
    signatures = [Webhook(it).sign(message, at, body) for it in secrets]
    return {ID: message, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: " ".join(signatures)}


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    """When the attempt was made, as the sender says; None where it says nothing that can be read."""
    text = headers.get(TIMESTAMP, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def holds(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the secrets has signed this: id, timestamp and body together. Compared in constant time; header names in
    small letters. How old it may be is the caller's to say."""
    message, at = headers.get(ID, ""), sent_at(headers)
    if not message or len(message) > _LONGEST_ID or at is None:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    offered = [it.encode("utf-8", "replace") for it in headers.get(SIGNATURE, "").split(" ")[:10]]
    found = False
    for secret in secrets:
        wanted = Webhook(secret).sign(message, at, text).encode()
        for one in offered:
            found |= hmac.compare_digest(one, wanted)
    return found
