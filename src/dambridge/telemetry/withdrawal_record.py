"""The record of a withdrawal as a document for others: stable members, instants in UTC, reasons in words beside their codes.

What the members mean is part of what is signed: add members, never rename or take away; `version` counts what readers must
know. `model.canonical` spells it, `ports.signing` signs it, `withdrawal_words` shows it to people.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dambridge.model.publications import Place, Withdrawal
from dambridge.telemetry.wording import words

KIND = "dambridge withdrawal record"
VERSION = 1


def record_document(withdrawal: Withdrawal) -> dict[str, Any]:
    """The document, unsigned. The same withdrawal always gives the same document."""
    it = withdrawal
    return {
        "type": KIND,
        "version": VERSION,
        "id": it.id,
        "flow": str(it.flow),
        "asset": {
            "link": it.link,
            "account": it.key.account,
            "remote_id": it.key.remote_id,
            "outlet": it.outlet,
            "rendition": it.copy.rendition,
            "file_name": it.file_name,
            "sha256": it.sha256,
        },
        "causes": [{**reason.to_json(), "says": words(reason)} for reason in it.causes],
        "times": {
            "visible_since": _instant(it.visible_since),
            "deadline": _instant(it.deadline),
            "decided_at": _instant(it.decided_at),
            "begun_at": _instant(it.begun_at),
            "verified_at": _instant(it.verified_at),
        },
        "verified": it.verified_at is not None,
        "in_time": _in_time(it),
        "how": list(it.how),
        "places": [_place(place) for place in it.places],
        "unchecked": list(it.unchecked),
        "own_fields": [str(name) for name in it.own_fields],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "container": place.container,
        "path": place.path,
        "effective": place.effective,
        "held_before": place.held_before,
        "held_after": place.held_after,
        "at": _instant(place.at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None


def _in_time(withdrawal: Withdrawal) -> bool | None:
    """None where no instant was known ahead, or nothing is proven yet and there is still time: nobody can say."""
    if withdrawal.deadline is None or withdrawal.verified_at is None:
        return None
    return withdrawal.verified_at <= withdrawal.deadline
