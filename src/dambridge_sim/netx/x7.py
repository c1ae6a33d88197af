"""x7, the web application's own interface (section 15): `/x7/v1.2/json/{method}` with the session key first, and `/x7/json/`
with it in a cookie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx.auth import Tokens, session_key
from dambridge_sim.netx.beans import asset_bean, category_bean
from dambridge_sim.netx.context import Context
from dambridge_sim.netx.envelope import parsed
from dambridge_sim.netx.errors import UNKNOWN_METHOD, Refusal, bad_params
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.portal import no_such_path
from dambridge_sim.netx.query import Group
from dambridge_sim.netx.search import Search
from dambridge_sim.netx.x7_search import Element, as_group

_REFUSED: Final = "-1"  # what `authenticate` answers for wrong credentials (SINGLE)


@dataclass(frozen=True, slots=True)
class X7Method:
    """One method, with its mark."""

    handler: Callable[[Context], Any]
    confidence: Confidence


def get_self(ctx: Context) -> dict[str, Any]:
    """`login` and `userId`."""
    return {"login": ctx.user.login, "userId": ctx.user.id, "name": ctx.user.name, "level": int(ctx.user.level)}


def get_categories(ctx: Context) -> list[dict[str, Any]]:
    """`["", parentId]`: the folders in a folder; the root is 1."""
    parent = ctx.folder(ctx.number(1, "parentId"))
    children = ctx.library.tree.children(parent.id)
    shown = [one for one in children if ctx.library.access.folder_shown(ctx.user, one.id)]
    return [category_bean(ctx.library, one) for one in shown]


def get_asset_bean(ctx: Context) -> dict[str, Any]:
    """`[id]`."""
    return asset_bean(ctx.library, ctx.user, ctx.asset(ctx.number(0, "assetId")))


def get_asset_objects(ctx: Context) -> list[dict[str, Any]]:
    """`[[id, ..]]`, or one id."""
    ids = ctx.ids(0, "assetIds") if isinstance(ctx.param(0, "assetIds"), list) else [ctx.number(0, "assetIds")]
    return [asset_bean(ctx.library, ctx.user, ctx.asset(one)) for one in ids]


def get_attribute_templates(ctx: Context) -> list[dict[str, Any]]:
    """The attribute definitions; members INFERRED."""
    shown = ctx.library.access.attributes(ctx.user)
    return [{"attributeId": one.id, "name": one.name, "type": one.type, "label": one.name} for one in shown]


def get_choice_list(_ctx: Context) -> list[str]:
    """It was empty where it was seen."""
    return []


def get_user_carts(ctx: Context) -> list[dict[str, Any]]:
    """`[userId, "all"]`: the collections of a user, as far as the caller may read them."""
    owner = ctx.number(0, "userId")
    carts = [one for one in ctx.library.collections() if one.owner == owner and ctx.reads(one)]
    return [{"cartId": one.id, "cartName": one.title, "count": len(one.assets)} for one in carts]


def search_asset_bean_objects(ctx: Context) -> list[dict[str, Any]]:
    """`[sort, order, boolean, types, sub1, sub2, values1, values2, values3, name, notify, stats, start, size]`: a page."""
    group = _group(ctx, (ctx.param(6, "values1"), ctx.param(7, "values2"), ctx.param(8, "values3")), recursive=True)
    return _page(ctx, group, ctx.number(12, "start"), ctx.number(13, "size"))["results"]  # type: ignore[no-any-return]


def faceted_search(ctx: Context) -> dict[str, Any]:
    """`[sort, order, boolean, types, sub1, sub2, values, .., .., start, size, [], "hybrid"]`: not recursive; no facets here."""
    nothing = [""] * len(ctx.array(6, "values"))
    later = [one if isinstance(one, list) else nothing for one in (ctx.param(7, ""), ctx.param(8, ""))]
    group = _group(ctx, (ctx.param(6, "values"), later[0], later[1]), recursive=False)
    found = _page(ctx, group, ctx.number(9, "start"), ctx.number(10, "size"))
    return {**found, "facets": [], "assetIds": [one["assetId"] for one in found["results"]]}


def _group(ctx: Context, values: Sequence[Any], *, recursive: bool) -> Group:
    kinds, sub = ctx.array(3, "types"), ctx.array(4, "sub1")
    if not all(isinstance(one, list) for one in values) or len(kinds) > len(values[0]):
        raise bad_params("types, sub-types and values must be lists of one length")
    if not all(isinstance(one, int) for one in (*kinds, *sub)):
        raise bad_params("types and sub-types must be numbers")
    elements = [
        Element(
            kind=kind,
            sub=sub[number] if number < len(sub) else 0,
            values=tuple(str(one[number]) if number < len(one) and one[number] is not None else "" for one in values),
        )
        for number, kind in enumerate(kinds)
    ]
    return as_group(ctx, elements, every=ctx.param(2, "boolean") == 0, recursive=recursive)


def _page(ctx: Context, group: Group, start: int, size: int) -> dict[str, Any]:
    if size < 0:
        raise bad_params("size must be 0 or more")
    field = ctx.param(0, "sortField")
    names = {"file": "fileName", "moddate": "modDate", "creationdate": "creationDate", "": None, None: None}
    sort = names.get(field, field) if isinstance(field, str | None) else None
    options = Options(sort_field=sort, descending=ctx.param(1, "order") == 1, start=max(0, start - 1), size=size)
    found = ctx.search.query(ctx.user, group, options)
    assets = (ctx.library.find(int(one)) for one in found.ids(options.start, size))
    beans = [asset_bean(ctx.library, ctx.user, one) for one in assets if one is not None]
    return {"results": beans, "size": found.total}


METHODS: Final = {
    "getSelf": X7Method(get_self, Confidence.CONFIRMED),
    "getCategories": X7Method(get_categories, Confidence.CONFIRMED),
    "searchAssetBeanObjects": X7Method(search_asset_bean_objects, Confidence.SINGLE),
    "facetedSearch": X7Method(faceted_search, Confidence.CONFIRMED),
    "getAssetBean": X7Method(get_asset_bean, Confidence.CONFIRMED),
    "getAssetObjects": X7Method(get_asset_objects, Confidence.SINGLE),
    "getAttributeTemplates": X7Method(get_attribute_templates, Confidence.SINGLE),
    "getChoiceList": X7Method(get_choice_list, Confidence.SINGLE),
    "getUserCarts": X7Method(get_user_carts, Confidence.SINGLE),
}


class X7:
    """Handlers of both x7 endpoints."""

    def __init__(self, library: Library, tokens: Tokens) -> None:
        self._library = library
        self._tokens = tokens
        self._search = Search(library)

    async def versioned(self, call: Call) -> Reply:
        """`POST /x7/v1.2/json/{method}`: the key is the first parameter."""
        return await self._answered(call, call.params["method"], key_first=True)

    async def plain(self, call: Call) -> Reply:
        """`POST /x7/json/`: the key is in the cookie `sessionKey`."""
        return await self._answered(call, None, key_first=False)

    async def _answered(self, call: Call, path_method: str | None, *, key_first: bool) -> Reply:
        if not self._library.switch("legacy_api"):
            return no_such_path()
        call_id = None
        try:
            document = _read(await call.body())
            call_id, params = document.get("id"), document.get("params", [])
            method = path_method or document.get("method")
            if not isinstance(method, str) or not isinstance(params, list):
                raise bad_params("method must be text and params a list")
            call.rpc_method = method
            result = self._result(call, method, params, key_first=key_first)
        except Refusal as refusal:
            return Reply.json({"jsonrpc": "2.0", "id": call_id, "error": refusal.body()})
        return Reply.json({"jsonrpc": "2.0", "id": call_id, "result": result})

    def _result(self, call: Call, method: str, params: list[Any], *, key_first: bool) -> Any:
        if method == "authenticate":
            login, password = (*params, None, None)[:2]
            return self._tokens.signed_in(login, password) or _REFUSED
        found = METHODS.get(method)
        if found is None or not call.served(found.confidence.at_most(call.confidence)):
            raise Refusal(UNKNOWN_METHOD, f'Method "{method}" not found')
        key = params[0] if key_first and params else session_key(call)
        user = self._tokens.user(key if isinstance(key, str) else "", "session")
        call.caller = user.login
        return found.handler(Context(call, user, self._library, self._search, params[1:] if key_first else params))


def _read(body: bytes) -> dict[str, Any]:
    document = parsed(body)
    if not isinstance(document, dict):
        raise bad_params("The request must be an object")
    return document
