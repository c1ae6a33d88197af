"""A selection that somebody sent from NetX by a custom action (NX 13.2): shown as pictures, with what would become of each; what
goes on its way is said here, by whoever is signed in. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from dambridge.bootstrap import hint_memory
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Looker, Signed, Stop, inner
from dambridge.console.notices import notice_of, with_order
from dambridge.console.rendering import address, page
from dambridge.console.runs import key_of
from dambridge.console.searching import opened
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.hints import Selection
from dambridge.search.prospects import Prospect

router = APIRouter(include_in_schema=False)
MOST = 500
"""Assets in one selection."""
SHOWN_FOR = timedelta(days=1)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A selection as this person sees it: assets that they cannot see are counted and nothing else."""

    address: str
    prospects: Sequence[Prospect]
    unseen: int
    selection: Selection | None = None
    outlets: Sequence[str] = field(default=())

    def ordered(self, outlet: str) -> Sequence[Prospect]:
        """What goes first, then what stays."""
        return sorted(self.prospects, key=lambda it: it.outlets.get(outlet) != "")

    def going(self, outlet: str) -> int:
        return sum(it.outlets.get(outlet) == "" for it in self.prospects)


@router.get("/send")
async def send(
    request: Request,
    who: Looker,
    account: str = "",
    assets: Annotated[list[Annotated[str, Query(max_length=20_000)]], Query(max_length=500)] = [],  # noqa: B006
) -> Response:
    """The selections that came lately; or, where the address names assets itself, these."""
    desk = desk_of(request)
    if assets:
        keys = _keys(desk, account, " ".join(assets).replace(" ", ",").split(","))
        found = await _chosen(request, who, keys, address("/send", account=account, assets=",".join(map(str, keys))))
        return await _shown(request, who, found)
    now = await desk.clock.now()
    kept = await hint_memory(desk.ledger).selections(since=now - SHOWN_FOR, limit=SHOWN)
    mine: list[Chosen] = []
    for it in kept:
        if account in {"", it.account}:
            chosen = await _chosen(request, who, _of(it), f"/send/{it.id}", it)
            mine += [chosen] if chosen.prospects else []
    return page(request, "sent.html", now=now, chosen=mine, notice=await notice_of(request, who))


@router.get("/send/{selection}")
async def one(request: Request, selection: str, who: Looker) -> Response:
    """One of them."""
    found = await hint_memory(desk_of(request).ledger).selection(selection)
    chosen = await _chosen(request, who, _of(found), f"/send/{found.id}", found) if found is not None else None
    if chosen is None or not chosen.prospects:
        raise Stop(404, "There is no such selection, or none of its assets is yours to see. Send it again from NetX.")
    return await _shown(request, who, chosen)


async def _shown(request: Request, who: Signed, chosen: Chosen) -> Response:
    now = await desk_of(request).clock.now()
    takes = {it for it in chosen.outlets if opened(request).orders.takes_orders(it)}
    return page(request, "sending.html", now=now, it=chosen, takes=takes, notice=await notice_of(request, who))


@router.post("/send")
async def go(request: Request, who: Looker) -> Response:
    """Ask for what is ticked to go to the outlet, in this person's name. Raises `Refused`, which the page says."""
    form = await request.form()
    keys = list(dict.fromkeys(key_of(str(it)) for it in form.getlist("asset")))
    if len(keys) > MOST:
        raise Stop(422, f"At most {MOST} assets go at once.")
    orders, outlet = opened(request).orders, str(form.get("outlet") or "")
    until = orders.end_of(outlet, str(form.get("until") or ""))
    given = await orders.publish_all(keys, outlet, who.person.searcher, via="console", until=until)
    return RedirectResponse(with_order(inner(str(form.get("back") or "/send")), given.id), status_code=303)


async def _chosen(
    request: Request, who: Signed, keys: Sequence[AssetKey], back: str, selection: Selection | None = None
) -> Chosen:
    found = await opened(request).orders.prospects(keys, who.person.searcher)
    outlets = dict.fromkeys(name for it in found for name in it.outlets)
    unseen = len(keys) - len(found)
    return Chosen(address=back, prospects=found, unseen=unseen, selection=selection, outlets=tuple(outlets))


def _of(it: Selection) -> list[AssetKey]:
    return [AssetKey(it.account, RemoteId(one)) for one in it.assets]


def _keys(desk: Desk, account: str, given: Sequence[str]) -> list[AssetKey]:
    """Assets that an address names, by ids alone or as ACCOUNT:ID. Raises `Stop` for an account that there is not, and for too
    many."""
    ids = list(dict.fromkeys(it for it in given if it))
    if not ids or len(ids) > MOST:
        raise Stop(422, f"Name 1 to {MOST} assets.")
    if all(":" in it for it in ids):
        return list(map(key_of, ids))
    netx = [name for name, it in desk.settings.accounts.items() if it.system == "netx"]
    name = account or (netx[0] if len(netx) == 1 else "")
    if name not in desk.settings.accounts:
        raise Stop(422, f"Say which account they are in: {', '.join(netx)}.")
    return [AssetKey(AccountId(name), RemoteId(it)) for it in ids]
