"""What stands in NetX held against a table of truths; no code of the product takes part."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from support.library500 import Truth

FIELDS = (
    "Caption",
    "Keywords",
    "Creator",
    "Credit",
    "Copyright Notice",
    "Usage Terms",
    "Date Created",
    "City",
    "Country",
    "Country Code",
    "Title",
    "Headline",
    "Job ID",
    "Instructions",
    "Source",
)
"""All attributes that the truths speak of: one that a truth does not name must be empty."""


def differences(archived: Sequence[Mapping[str, Any]], truths: Iterable[Truth], *, versions: int = 1) -> list[str]:
    """One sentence for everything in NetX that is not as the truths have it; `truths` are all that may be there."""
    standing: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for it in archived:
        standing[_text(it["file_name"])].append(it)
    told: list[str] = []
    for truth in truths:
        copies = standing.pop(_text(truth.file_name), [])
        if len(copies) != 1:
            told.append(f"{truth.key}: {len(copies)} copies")
        for copy in copies:
            told += [f"{truth.key}: {it}" for it in _of_copy(copy, truth, versions)]
    told += [f"{name}: not to be there" for name in standing]
    marks = [tuple(it["attributes"].get("Source Id", ())) for it in archived]
    if len(set(marks)) != len(marks):
        told.append("two copies carry the same source id")
    return told


def _of_copy(copy: Mapping[str, Any], truth: Truth, versions: int) -> Iterable[str]:
    plain = {
        "sha256": truth.sha256,
        "size": truth.size,
        "name": truth.name,
        "containers": [truth.folder],
        "versions": versions,
    }
    for name, wanted in plain.items():
        if _same(copy[name]) != _same(wanted):
            yield f"{name} is {copy[name]!r}, not {wanted!r}"
    for name in FIELDS:
        wanted = truth.attributes.get(name, [])
        found = copy["attributes"].get(name) or []
        if _same(found) != _same([wanted] if isinstance(wanted, str) else list(wanted)):
            yield f"{name} is {found!r}, not {wanted!r}"


def end_state(archived: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """NetX's living assets, ids, times and the marks that hold ids aside: equal for equal ends."""
    return sorted(
        (
            _text(it["file_name"]),
            it["name"],
            it["sha256"],
            it["versions"],
            tuple(sorted(it["containers"])),
            tuple(sorted((name, tuple(values)) for name, values in it["attributes"].items() if name in FIELDS)),
        )
        for it in archived
    )


def _text(value: str) -> str:
    return unicodedata.normalize("NFC", value)


def _same(value: Any) -> Any:
    return [_text(str(it)) for it in value] if isinstance(value, list) else value
