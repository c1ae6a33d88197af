"""Answers as JSON: one spelling for the command line, the console and the API. Instants are left as they are."""

from __future__ import annotations

from typing import Any

from dambridge.model.searching import Answered, Gap, Hit, HitCopy
from dambridge.model.values import fields_to_json


def answer_json(answer: Answered) -> dict[str, Any]:
    """One document; console and API use the same."""
    return {
        "total": answer.total,
        "exact": answer.exact,
        "order": str(answer.order),
        "live": answer.live,
        "partial": answer.partial,
        "cursor": answer.cursor,
        "hits": [_hit_json(it) for it in answer.hits],
        "facets": _facets_json(answer),
        "facets_exact": answer.facets_exact,
        "gaps": [_gap_json(it) for it in answer.gaps],
    }


def _facets_json(answer: Answered) -> dict[str, Any] | None:
    if answer.facets is None:
        return None
    return {
        str(facet): [{"value": value, "assets": count} for value, count in values]
        for facet, values in answer.facets.items()
    }


def _hit_json(it: Hit) -> dict[str, Any]:
    return {
        "entry": it.entry,
        "link": it.link,
        "usable": str(it.usable),
        "blocks": [str(one) for one in it.answer.blocks],
        "unknown": [str(one) for one in it.answer.unknown],
        "until": it.answer.until,
        "opens": it.answer.opens,
        "channel": it.way[0],
        "territory": it.way[1],
        "copies": [_copy_json(one) for one in it.copies],
        "differences": [
            {"field": str(one.name), "values": {str(key): value for key, value in one.values.items()}}
            for one in it.differences
        ],
    }


def _copy_json(it: HitCopy) -> dict[str, Any]:
    return {
        "asset": str(it.key),
        "account": it.key.account,
        "id": it.key.remote_id,
        "type": str(it.media_type),
        "file_name": it.file_name,
        "title": it.title,
        "status": it.status,
        "size": it.size,
        "fields": fields_to_json(it.fields),
        "paths": list(it.paths),
        "seen_at": it.seen_at,
        "matched": it.matched,
        "main": it.main,
        "live": it.live,
    }


def _gap_json(it: Gap) -> dict[str, Any]:
    return {"account": it.account, "missed": str(it.missed), "told": it.told, "parts": list(it.parts)}
