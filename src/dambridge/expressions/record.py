"""An asset's record as the values that a rule speaks of."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from dambridge.model.records import AssetRecord
from dambridge.model.values import DateValue, LangAlt, Value

CUSTOM = "custom:"


def record_values(record: AssetRecord, now: datetime) -> dict[str, object]:
    """Canonical fields under their names, and what is known of the file. Absent fields are absent here too.

    Dates are ISO 8601 texts of their own precision, because one without an offset is no instant. `custom` holds the
    site's own fields by id, `in_language` the texts of each language, `now` the instant given in."""
    values: dict[str, object] = {
        "now": now,
        "file_name": record.file_name,
        "extension": PurePosixPath(record.file_name).suffix.lower().lstrip("."),
        "name": record.name,
        "media_type": str(record.media_type),
        "galleries": [it.path for it in record.containers],
    }
    if record.size is not None:
        values["file_size"] = record.size
    if record.created_at is not None:
        values["uploaded_at"] = record.created_at
    custom: dict[str, str] = {}
    languages: dict[str, dict[str, str]] = {}
    for field, value in record.fields.items():
        if field.startswith(CUSTOM):
            custom[field.removeprefix(CUSTOM)] = _text(value)
            continue
        values[field] = _plain(value)
        if isinstance(value, LangAlt):
            languages[field] = dict(value.entries)
    return {**values, "custom": custom, "in_language": languages}


def _plain(value: Value) -> object:
    match value:
        case LangAlt():
            return value.default
        case DateValue():
            return value.iso
        case tuple():
            return list(value)
        case _:
            return value


def _text(value: Value) -> str:
    return "; ".join(value) if isinstance(value, tuple) else str(_plain(value))
