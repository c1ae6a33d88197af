"""Vocabularies: which there are, taken out as a file, and what a file knows of their terms brought in."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, Stop, Whole, needing
from dambridge.console.notices import Notice, notice_of
from dambridge.console.rendering import address, many, page
from dambridge.engine import vocabularies
from dambridge.mapping.vocabulary_files import (
    FORMATS,
    VocabularyUnreadable,
    format_of,
    read_vocabulary,
    write_vocabulary,
)
from dambridge.model.identity import AccountId
from dambridge.model.terms import StoredVocabulary
from dambridge.policy.duties import Duty

router = APIRouter(include_in_schema=False)
Decider = Annotated[Signed, Depends(needing(Duty.TERMS))]


@router.get("/vocabularies")
async def every(request: Request, who: Whole, brought: str = "", terms: int = 0, usable: int = -1) -> Response:
    desk, notice = desk_of(request), await notice_of(request, who)
    if brought:
        of_them = f"; {many(usable, 'is a term', 'are terms')} there now" if usable >= 0 else ""
        notice = Notice(tone="good", says=f"{many(terms, 'term')} brought in for {brought}{of_them}.")
    return page(
        request,
        "vocabularies.html",
        now=await desk.clock.now(),
        known=await _known(desk),
        accounts=accounts_of(desk),
        formats=FORMATS,
        notice=notice,
    )


def accounts_of(desk: Desk) -> list[str]:
    """The accounts that have vocabularies."""
    return [name for name, it in desk.settings.accounts.items() if it.system == "netx"]


async def _known(desk: Desk) -> list[tuple[str, str, list[StoredVocabulary]]]:
    """Account, attribute, and what is known of it: as the account shows it, and as a file said."""
    found: dict[tuple[str, str], list[StoredVocabulary]] = {}
    for account in accounts_of(desk):
        for it in await desk.ledger.vocabularies(AccountId(account)):
            found.setdefault((account, it.attribute), []).append(it)
    return [(account, attribute, its) for (account, attribute), its in sorted(found.items())]


def _account(desk: Desk, given: str) -> AccountId:
    if given not in accounts_of(desk):
        raise Stop(422, "Say which account it is: one of NetX.")
    return AccountId(given)


@router.get("/vocabularies/file")
async def file(request: Request, who: Whole, account: str, attribute: str, form: str = "csv") -> Response:
    """The terms that can be chosen."""
    del who
    desk = desk_of(request)
    if form not in FORMATS:
        raise Stop(422, f"The format is one of {', '.join(FORMATS)}.")
    terms = await vocabularies.take_out(desk.ledger, account=_account(desk, account), attribute=attribute)
    data = write_vocabulary(terms, form, name=attribute)
    head = {"Content-Disposition": f'attachment; filename="vocabulary.{form}"'}
    return Response(data, media_type="application/octet-stream", headers=head)


@router.post("/vocabularies")
async def bring_in(request: Request, who: Decider, _: Whole) -> Response:
    """Take a file in the place of what an earlier one said. Nothing is changed in NetX."""
    desk, form = desk_of(request), await request.form()
    given, attribute = form.get("file"), str(form.get("attribute") or "").strip()
    if not isinstance(given, UploadFile) or not given.filename:
        raise Stop(422, "Choose the file.")
    if not attribute:
        raise Stop(422, "Say which attribute the terms are of.")
    data, name, language = await given.read(), given.filename, str(form.get("language") or "en")
    try:
        kind = str(form.get("form") or "") or format_of(name)
        terms = await asyncio.to_thread(read_vocabulary, data, kind, language=language)
    except VocabularyUnreadable as error:
        raise Stop(422, f"{name}: {error}") from None
    account = _account(desk, str(form.get("account") or ""))
    told = await vocabularies.bring_in(
        desk.ledger, desk.clock, account=account, attribute=attribute, terms=terms, file=name, by=who.name
    )
    usable = -1 if told.usable is None else told.usable
    back = address("/vocabularies", brought=attribute, terms=told.terms, usable=str(usable))
    return RedirectResponse(back, status_code=303)
