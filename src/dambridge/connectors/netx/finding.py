"""NetX's own search, as the federated search asks it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import queries
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.pictures import NetxPictures
from dambridge.connectors.netx.records import sighting_of
from dambridge.connectors.netx.wire import parse_asset, parse_list
from dambridge.model.identity import RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.finding import Found
from dambridge.ports.pace import Lane
from dambridge.ports.searching import LiveFound, Wanted
from dambridge.ports.systems import ByteStream


class NetxFinder:
    """Implements `Finder` in one call."""

    def __init__(self, client: NetxClient, pictures: NetxPictures) -> None:
        self._client = client
        self._pictures = pictures

    async def search(self, words: str, *, limit: int, lane: Lane) -> Found:
        """Each word must stand somewhere in name, file name or keywords; the order is the site's own."""
        wanted = list(dict.fromkeys(words.split()))
        if not wanted or limit < 1:
            return Found((), 0 if not wanted else None)
        if len(wanted) > queries.MOST_WORDS:
            raise Refused(f"NetX is not asked for more than {queries.MOST_WORDS} words at once; use fewer.")
        params = [queries.query(*map(queries.has_word, wanted)), nx.options(("asset.id", "asset.base"), size=limit)]
        about = "search NetX"
        page = await self._client.ask("getAssetsByQuery", params, parse=parse_list, about=about, lane=lane)
        assets = [self._client.parsed(parse_asset, it, about) for it in page.results[:limit]]
        return Found(tuple(sighting_of(it) for it in assets), page.size)

    async def look_for(self, wanted: Wanted, *, limit: int, lane: Lane) -> LiveFound:
        """One call of `getAssetsByQuery` (NX 6): words and fields by `contains` (SINGLE*), days by `range` (CONFIRMED). What kind
        of file an asset is, it is not asked: only the ending of a name is known there."""
        clauses, unsaid = queries.clauses_for(wanted)
        if limit < 1:
            return LiveFound((), None, unsaid)
        params = [queries.query(*clauses), nx.options(("asset.id",), size=limit)]
        about = "search NetX"
        page = await self._client.ask("getAssetsByQuery", params, parse=parse_list, about=about, lane=lane)
        assets = [self._client.parsed(parse_asset, it, about) for it in page.results[:limit]]
        return LiveFound(tuple(RemoteId(it.id) for it in assets), page.size, unsaid)

    def picture(self, remote_id: RemoteId, *, longest_side: int, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        return self._pictures.picture(remote_id, longest_side=longest_side, lane=lane)
