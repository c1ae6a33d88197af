"""Copies as rows of the search index, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.queries import Time
from dambridge.model.records import MediaType
from dambridge.model.searching import Document, Profile, rights_from_json, rights_to_json
from dambridge.model.values import fields_from_json, fields_to_json
from dambridge.storage.columns import canonical_json
from dambridge.storage.search_words import LIST_SIGN


def body_of(it: Document) -> dict[str, Any]:
    """What is shown of a copy and what its asset is put together from."""
    return {
        "rights": rights_to_json(it.rights),
        "file_name": it.file_name,
        "title": it.title,
        "days": {str(name): day for name, day in sorted(it.days.items())},
        "paths": list(it.paths) if it.paths is not None else None,
        "fields": fields_to_json(it.fields),
        "size": it.size,
        "modified": it.modified,
        "groups": sorted(it.groups),
        "seen_at": it.seen_at.isoformat(),
    }


def digest_of(it: Document, body: Mapping[str, Any]) -> str:
    """What is equal when nothing about the copy has changed but when it was seen."""
    said = {**body, "seen_at": "", "status": it.status, "type": str(it.media_type), "entry": it.entry, "main": it.main}
    said |= {"profile": it.profile.digest, "campaigns": it.campaigns, "photographers": it.photographers}
    said |= {"free": sorted(it.free), "texts": sorted(it.texts.items())}
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def row_of(it: Document, *, number: int, profile: int, places: int, digest: str) -> dict[str, Any]:
    return {
        "id": number,
        "account": it.key.account,
        "remote_id": it.key.remote_id,
        "entry": it.entry,
        "main": it.main,
        "profile": profile,
        "places": places,
        "status": it.status,
        "media_type": str(it.media_type),
        "campaigns": LIST_SIGN.join(it.campaigns),
        "photographers": LIST_SIGN.join(it.photographers),
        "date": it.days.get(Time.DATE),
        "added": it.days.get(Time.ADDED),
        "modified": it.days.get(Time.MODIFIED),
        "digest": digest,
    }


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(LIST_SIGN)) if text else ()


def document_of(row: Row[Any], profile: Profile) -> Document:
    """The copy of a row of both tables; its texts are not kept."""
    body = row.body
    return Document(
        key=AssetKey(AccountId(row.account), RemoteId(row.remote_id)),
        entry=row.entry,
        main=bool(row.main),
        profile=profile,
        rights=rights_from_json(body["rights"]),
        status=row.status,
        media_type=MediaType(row.media_type),
        file_name=body["file_name"],
        title=body["title"],
        campaigns=listed(row.campaigns),
        photographers=listed(row.photographers),
        days={Time(name): day for name, day in body["days"].items()},
        paths=tuple(body["paths"]) if body["paths"] is not None else None,
        texts={},
        free=frozenset(),
        fields=fields_from_json(body["fields"]),
        size=body["size"],
        modified=body["modified"],
        groups=frozenset(body["groups"]),
        seen_at=datetime.fromisoformat(body["seen_at"]),
    )
