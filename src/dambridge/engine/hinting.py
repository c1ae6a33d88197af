"""Hints from outside: kept as rows until the next round reads those assets again. A hint is never believed (hazard P16)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from dambridge.engine.parts import Parts
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint, HintReader
from dambridge.ports.ledger import Due

HINT = "hint"
MOST_WAITING = 10_000
"""Rows kept between two rounds; what comes beyond is found by the poll and the sweep."""
MOST_PER_ROUND = 1_000
log = structlog.get_logger()


def hints_of(parts: Parts) -> str:
    """The kind of this flow's rows: each flow looks for itself."""
    return f"{HINT}:{parts.flow}"


class HintKeeper:
    """Takes what systems send. `readers` understand what each account's system says."""

    def __init__(self, parts: Parts, readers: Mapping[AccountId, HintReader]) -> None:
        self._parts = parts
        self._readers = readers

    async def take(self, account: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the hints of one delivery; False where there are too many already. Raises `Refused` for what is no hint,
        `KeyError` for an account that sends none."""
        reader = self._readers[AccountId(account)]
        try:
            hints = reader.read(headers, body)
        except Refused as refused:
            log.warning("hook.refused", account=account, why=str(refused))
            raise
        if not hints:
            return True
        if await self._parts.ledger.count_due(hints_of(self._parts)) + len(hints) > MOST_WAITING:
            log.warning("hook.overflow", account=account, hints=len(hints))
            return False
        await self._keep(hints)
        return True

    async def _keep(self, hints: Sequence[Hint]) -> None:
        """One row per asset, however often it is spoken of."""
        now = await self._parts.clock.now()
        keys = dict.fromkeys(it.key for it in hints)
        kind = hints_of(self._parts)
        payload = [{"account": str(it.account), "id": str(it.remote_id)} for it in keys]
        rows = [Due(at=now, kind=kind, key=str(it), payload=said) for it, said in zip(keys, payload, strict=True)]
        await self._parts.ledger.add_due(rows)


async def waiting_hints(parts: Parts) -> Sequence[Due]:
    """The hints to look at in this round. They stay until `forget_hints`: a round that dies takes none of them along."""
    now, kind = await parts.clock.now(), hints_of(parts)
    first = await parts.ledger.next_due(kinds=[kind])
    if first is None or first > now:
        return ()
    return await parts.ledger.take_due(now, kinds=[kind], limit=MOST_PER_ROUND, worker=kind, lease=now)


async def forget_hints(parts: Parts, hints: Sequence[Due]) -> None:
    """These were looked at. One that came again meanwhile stays for the next round."""
    await asyncio.gather(*(parts.ledger.finish_due(it.kind, it.key, worker=it.kind, next_at=None) for it in hints))


async def hinted_sources(parts: Parts, hints: Sequence[Due]) -> list[RemoteId]:
    """The source assets that hints speak of, through their links where they speak of other copies. What is in no link
    and not of the source is nothing to this flow."""
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in hints]
    ours = [it.remote_id for it in keys if it.account == parts.policy.source]
    link_ids = await parts.ledger.links_of([it for it in keys if it.account != parts.policy.source])
    links = await parts.ledger.links(list(dict.fromkeys(link_ids.values())))
    sources = [link.copy(parts.source_copy) for link in links.values()]
    return list(dict.fromkeys([*ours, *(it.remote_id for it in sources if it is not None)]))
