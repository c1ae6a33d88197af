"""Looking up many rows at once, in pieces that both databases answer from an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, literal, tuple_

from dambridge.model.identity import AccountId, AssetKey, RemoteId

T = TypeVar("T")
PIECE = 500
"""Values per `IN` list: one length for nearly all queries, so that the prepared statement is used again."""


def pieces(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """The distinct values, `PIECE` at a time."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), PIECE):
        yield distinct[start : start + PIECE]


def by_account(keys: Iterable[AssetKey]) -> Iterator[tuple[AccountId, Sequence[RemoteId]]]:
    """The keys account by account, in pieces."""
    sorted_out: dict[AccountId, list[RemoteId]] = {}
    for key in keys:
        sorted_out.setdefault(key.account, []).append(key.remote_id)
    for account, ids in sorted_out.items():
        for piece in pieces(ids):
            yield account, piece


def behind(place: Iterable[tuple[ColumnElement[Any], Any]]) -> ColumnElement[bool]:
    """The condition of a page that goes on behind these values of the columns that it is in the order of. Compared as one, an
    index is entered at the place itself; column by column with `OR`, everything before it would be read for each page."""
    columns, values = zip(*place, strict=True)
    known = (literal(value, column.type) for column, value in zip(columns, values, strict=True))
    return tuple_(*columns) > tuple_(*known)
