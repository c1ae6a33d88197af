"""The API's vocabularies: which there are, taken out as a file, and what a file knows of their terms brought in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response

from dambridge.console.api import order_shapes, shapes
from dambridge.console.api.caller import Called
from dambridge.console.api.routes import Id
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Stop
from dambridge.console.vocabularies import accounts_of
from dambridge.engine import vocabularies
from dambridge.mapping.vocabulary_files import FORMATS, VocabularyUnreadable, read_vocabulary, write_vocabulary
from dambridge.model.identity import AccountId
from dambridge.policy.duties import Duty

Form = Literal["csv", "turtle", "rdfxml", "jsonld"]
assert set(FORMATS) == {"csv", "turtle", "rdfxml", "jsonld"}  # noqa: S101 - what is documented is what is read
Attribute = Annotated[
    str, Query(min_length=1, max_length=400, pattern=shapes.NUL, description="The attribute that the terms are of.")
]
SPOOLED = 1024 * 1024
"""Bytes of a file that are kept in memory while it comes; the rest stands on disk."""
_BYTES: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
TAKES: dict[str, Any] = {"requestBody": {"required": True, "content": _BYTES, "description": "The file as it is."}}
GIVES: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": _BYTES}}


class File(Response):
    """Bytes of a file."""

    media_type = "application/octet-stream"


async def every(request: Request, who: Called) -> order_shapes.Vocabularies:
    """What is known of every attribute's terms."""
    desk = desk_of(request)
    who.needs_all(Duty.SEE_ASSETS, desk.flows)
    found = [it for name in accounts_of(desk) for it in await desk.ledger.vocabularies(AccountId(name))]
    shown = [
        order_shapes.Vocabulary(
            account=it.account, attribute=it.attribute, origin=it.origin, terms=len(it.terms), by=it.by, at=it.at
        )
        for it in found
    ]
    return order_shapes.Vocabularies(vocabularies=shown)


async def take_out(request: Request, who: Called, account: Id, attribute: Attribute, format: Form = "csv") -> Response:  # noqa: A002 - the name in the address
    """The terms that can be chosen, with the words that people mapped to them, as a file that can be brought in again."""
    desk = desk_of(request)
    who.needs_all(Duty.SEE_ASSETS, desk.flows)
    terms = await vocabularies.take_out(desk.ledger, account=_account(desk, account), attribute=attribute)
    return File(write_vocabulary(terms, format, name=attribute))


async def bring_in(
    request: Request,
    who: Called,
    account: Id,
    attribute: Attribute,
    format: Form,  # noqa: A002 - the name in the address
    language: Annotated[
        str,
        Query(min_length=1, max_length=40, pattern=shapes.NUL, description="Of the labels, where there are several."),
    ] = "en",
    file: Annotated[str, Query(max_length=400, pattern=shapes.NUL, description="Its name, for the audit.")] = "",
) -> order_shapes.BroughtIn:
    """Take a file in the place of what an earlier one said. Sent again it is the same; nothing is changed in NetX."""
    desk = desk_of(request)
    who.needs_all(Duty.TERMS, desk.flows)
    meant = _account(desk, account)
    await vocabularies.known_attribute(desk.ledger, meant, attribute)
    data = await _whole(request.stream())
    try:
        terms = await asyncio.to_thread(read_vocabulary, data, format, language=language)
    except VocabularyUnreadable as error:
        raise Stop(422, str(error)) from None
    told = await vocabularies.bring_in(
        desk.ledger, desk.clock, account=meant, attribute=attribute, terms=terms, file=file or "by the API", by=who.name
    )
    return order_shapes.BroughtIn(account=account, attribute=attribute, terms=told.terms, usable=told.usable)


async def _whole(coming: AsyncIterator[bytes]) -> bytes:
    """The file, on disk while it comes: many that come slowly hold no memory. How much may come is the application's to say."""
    with SpooledTemporaryFile(max_size=SPOOLED) as kept:
        async for piece in coming:
            kept.write(piece)
        kept.seek(0)
        return kept.read()


def _account(desk: Desk, given: str) -> AccountId:
    if given not in accounts_of(desk):
        raise Stop(404, f"There is no account {given} that has vocabularies.")
    return AccountId(given)
