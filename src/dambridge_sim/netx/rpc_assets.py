"""Asset methods (section 5.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx.attributes import rendered
from dambridge_sim.netx.context import Context, as_id
from dambridge_sim.netx.editing import apply_members, touched, with_profiles, written
from dambridge_sim.netx.errors import bad_params, failure, no_access
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.projection import asset_json
from dambridge_sim.netx.query import read_query
from dambridge_sim.netx.records import Asset


@TABLE.add("getAssets", Confidence.CONFIRMED, "NX 5.1")
def get_assets(ctx: Context) -> list[dict[str, Any]]:
    """A bare array, in the order asked (NX 3.3, SINGLE). What the caller may not see: by switch (INFERRED)."""
    ctx.at_most(2)
    ids = ctx.ids(0, "ids")
    options = ctx.options(1)
    ctx.call.touch(*ids)
    policy = ctx.switch("get_assets_missing")
    refuse = policy == "error" or (policy == "error_if_single" and len(ids) == 1)
    lens = ctx.lens()
    results = []
    for asset_id in ids:
        raw = ctx.call.read("asset", str(asset_id))
        asset = None if raw is None else Asset.from_json(raw)
        if refuse:
            asset = ctx.library.seen_by(ctx.user, asset, f"asset {asset_id}")
        if asset is not None and ctx.library.access.asset(ctx.user, asset):
            results.append(asset_json(asset, options, lens))
    return results


@TABLE.add("getAssetsByFolder", Confidence.CONFIRMED, "NX 5.1")
def get_assets_by_folder(ctx: Context) -> dict[str, Any]:
    """A folder's assets, by wish with all below it."""
    ctx.at_most(3)
    folder = ctx.folder(ctx.number(0, "folderId"))
    recursive = ctx.param(1, "recursive")
    if not isinstance(recursive, bool):
        raise bad_params("Parameter 2 (recursive) must be true or false")
    options = ctx.options(2)
    return ctx.listed_assets(ctx.search.folder(ctx.user, folder.id, options, recursive=recursive), options)


@TABLE.add("getAssetsByQuery", Confidence.CONFIRMED, "NX 5.1, 6")
def get_assets_by_query(ctx: Context) -> dict[str, Any]:
    """A query; the three-parameter form has an unknown middle parameter (SINGLE) that is not looked at."""
    ctx.at_most(3)
    three = len(ctx.params) == 3
    if three and (ctx.params[1] is not None or not ctx.call.served(Confidence.SINGLE)):
        raise bad_params("getAssetsByQuery takes a query and options")
    options = ctx.options(2 if three else 1)
    in_order = ctx.switch("clause_binding") == "left_to_right"
    group = read_query(ctx.object(0, "query"), or_limit=ctx.switch("or_limit"), in_order=in_order)
    return ctx.listed_assets(ctx.search.query(ctx.user, group, options), options)


@TABLE.add("getAssetsByCollection", Confidence.SINGLE, "NX 5.1")
def get_assets_by_collection(ctx: Context) -> dict[str, Any]:
    """What is in a collection that the caller may read, in its own order, as far as he sees it."""
    ctx.at_most(2)
    collection = ctx.collection(ctx.number(0, "collectionId"))
    options = ctx.options(1)
    lens = ctx.lens()
    found = (ctx.library.find(one) for one in collection.assets)
    assets = [one for one in found if one is not None and ctx.library.access.asset(ctx.user, one)]
    return ctx.listed(assets, options, lambda asset: asset_json(asset, options, lens))


@TABLE.add("getAssetAttributes", Confidence.CONFIRMED, "NX 5.1")
def get_asset_attributes(ctx: Context) -> dict[str, list[str]]:
    """Every attribute that the caller sees, by name (NX 5.1: result SINGLE)."""
    ctx.at_most(1)
    asset = ctx.asset(ctx.number(0, "assetId"))
    return rendered(ctx.library.access.attributes(ctx.user), asset.attributes)


@TABLE.add("updateAsset", Confidence.CONFIRMED, "NX 5.1, 5.1.1")
def update_asset(ctx: Context) -> dict[str, Any]:
    """Name, file name and, where the site takes them here, attributes (INFERRED, else not looked at)."""
    ctx.at_most(2)
    members = ctx.object(0, "asset")
    options = ctx.options(1)
    before = ctx.asset_to_change(as_id(members.get("id"), "id"))
    ctx.needs(Level.PRODUCER, "Editing an asset")
    if members.get("fileName", before.file_name) != before.file_name:
        ctx.needs(Level.MANAGER, "Editing the file name")
    after = apply_members(ctx.library, ctx.user, before, members)
    edited = "name" in members or "fileName" in members
    if "attributes" in members and ctx.switch("attribute_write") == "update_asset":
        if ctx.call.served(Confidence.INFERRED):
            after = written(ctx.library, ctx.user, after, members["attributes"])
        else:
            ctx.call.served(Confidence.CONFIRMED)
    after = touched(ctx.library, before, after, by="edit" if edited else "attributes")
    ctx.library.put(after)
    return _shown(ctx, after, options)


@TABLE.add("setAssetAttributes", Confidence.INFERRED, "NX 5.1.1", switch=("attribute_write", "set_method"))
@TABLE.add("updateAssetAttributes", Confidence.INFERRED, "NX 5.1.1", switch=("attribute_write", "separate_method"))
def update_asset_attributes(ctx: Context) -> dict[str, Any]:
    """The other candidates for writing attributes: `[assetId, {name: [..]}, opt]`."""
    ctx.at_most(3)
    before = ctx.asset_to_change(ctx.number(0, "assetId"))
    ctx.needs(Level.PRODUCER, "Editing attributes")
    options = ctx.options(2)
    after = written(ctx.library, ctx.user, before, ctx.param(1, "attributes"))
    after = touched(ctx.library, before, after, by="attributes")
    ctx.library.put(after)
    return _shown(ctx, after, options)


@TABLE.add("deleteAsset", Confidence.CONFIRMED, "NX 5.1")
def delete_asset(ctx: Context) -> dict[str, Any]:
    """Gone at once; there is no trash (NX 12)."""
    ctx.at_most(1)
    asset = ctx.asset_to_change(ctx.number(0, "assetId"))
    ctx.needs(Level.MANAGER, "Deleting an asset")
    ctx.library.delete(asset)
    return {}


@TABLE.add("addAssetToFolder", Confidence.SINGLE, "NX 5.1")
def add_asset_to_folder(ctx: Context) -> dict[str, Any]:
    """One more folder for an asset; profiles of the folder may rewrite its attributes. There already: nothing happens."""
    ctx.at_most(3)
    before = ctx.asset_to_change(ctx.number(0, "assetId"))
    folder = ctx.folder(ctx.number(1, "folderId"))
    options = ctx.options(2)
    ctx.needs(Level.MANAGER, "Organising assets into folders")
    if not ctx.library.access.folder(ctx.user, folder.id):
        raise no_access(f"folder {folder.id}")
    if folder.id in before.folders:
        return _shown(ctx, before, options)
    after = with_profiles(ctx.library, before.arrived(folder.id), folder.id)
    after = touched(ctx.library, before, after, by="membership")
    ctx.library.put(after)
    return _shown(ctx, after, options)


@TABLE.add("removeAssetFromFolder", Confidence.SINGLE, "NX 5.1")
def remove_asset_from_folder(ctx: Context) -> dict[str, Any]:
    """One folder less; error 1000 when it is not there (SINGLE), and by switch when it is the last (unknown)."""
    ctx.at_most(3)
    before = ctx.asset_to_change(ctx.number(0, "assetId"))
    folder = ctx.number(1, "folderId")
    options = ctx.options(2)
    ctx.needs(Level.MANAGER, "Organising assets into folders")
    if folder not in before.folders:
        raise failure("asset is not in folder")
    left = tuple(one for one in before.folders if one != folder)
    if not left and ctx.switch("remove_last_folder") == "refuse":
        raise failure("asset must be in at least one folder")
    after = touched(ctx.library, before, replace(before, folders=left), by="membership")
    ctx.library.put(after)
    return _shown(ctx, after, options)


def _shown(ctx: Context, asset: Asset, options: Options) -> dict[str, Any]:
    return asset_json(asset, options, ctx.lens())
