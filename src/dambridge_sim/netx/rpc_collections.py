"""Collection methods (section 5.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx.context import Context, as_id
from dambridge_sim.netx.errors import bad_params
from dambridge_sim.netx.library import FIRST_COLLECTION
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.projection import collection_json
from dambridge_sim.netx.records import Collection

TITLE_LIMIT = 255  # characters; INFERRED


def _title(members: dict[str, Any], *, default: str | None = None) -> str:
    title = members.get("title", default)
    if not isinstance(title, str) or not title.strip() or len(title) > TITLE_LIMIT:
        raise bad_params(f"A collection's title must be text of 1 to {TITLE_LIMIT} characters")
    return title


def _listed(ctx: Context, collections: list[Collection], options: Options) -> dict[str, Any]:
    return ctx.listed(collections, options, lambda one: collection_json(one, options))


def _assets(ctx: Context, place: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(ctx.asset(one).id for one in ctx.ids(place, "assetIds")))


@TABLE.add("getCollections", Confidence.SINGLE, "NX 5.3")
def get_collections(ctx: Context) -> dict[str, Any]:
    """Those that the caller may read."""
    ctx.at_most(1)
    return _listed(ctx, [one for one in ctx.library.collections() if ctx.reads(one)], ctx.options(0))


@TABLE.add("getCollection", Confidence.SINGLE, "NX 5.3")
def get_collection(ctx: Context) -> dict[str, Any]:
    """One collection."""
    ctx.at_most(2)
    return collection_json(ctx.collection(ctx.number(0, "collectionId")), ctx.options(1))


@TABLE.add("getCollectionsByUser", Confidence.SINGLE, "NX 5.3")
def get_collections_by_user(ctx: Context) -> dict[str, Any]:
    """A user's collections, as far as the caller may read them."""
    ctx.at_most(2)
    owner = ctx.number(0, "userId")
    mine = [one for one in ctx.library.collections() if one.owner == owner and ctx.reads(one)]
    return _listed(ctx, mine, ctx.options(1))


@TABLE.add("createCollection", Confidence.SINGLE, "NX 5.3")
def create_collection(ctx: Context) -> dict[str, Any]:
    """`[{"title"}, [assetIds], opt]`."""
    ctx.at_most(3)
    title = _title(ctx.object(0, "collection"))
    assets = _assets(ctx, 1)
    options = ctx.options(2)
    number = ctx.library.next_id("collection", FIRST_COLLECTION)
    collection = Collection(id=number, title=title, assets=assets, owner=ctx.user.id)
    ctx.library.keep_collection(collection)
    return collection_json(collection, options)


@TABLE.add("updateCollection", Confidence.SINGLE, "NX 5.3")
def update_collection(ctx: Context) -> dict[str, Any]:
    """`[{"id", "title"}, [assetIds], opt]`; the ids replace the content."""
    ctx.at_most(3)
    members = ctx.object(0, "collection")
    collection = ctx.collection(as_id(members.get("id"), "id"))
    title = _title(members, default=collection.title)
    assets = _assets(ctx, 1)
    options = ctx.options(2)
    collection = replace(collection, title=title, assets=assets)
    ctx.library.keep_collection(collection)
    return collection_json(collection, options)


@TABLE.add("deleteCollection", Confidence.SINGLE, "NX 5.3")
def delete_collection(ctx: Context) -> dict[str, Any]:
    """The collection goes, its assets stay."""
    ctx.at_most(1)
    collection = ctx.collection(ctx.number(0, "collectionId"))
    ctx.library.world.documents.delete("collection", str(collection.id))
    return {}
