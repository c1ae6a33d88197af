"""Attributes, vocabularies, views, versions, users and groups (sections 5.4 and 5.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.context import Context, as_id
from dambridge_sim.netx.errors import bad_params, failure, no_access
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.projection import view_json
from dambridge_sim.netx.records import Asset, View

DESCRIPTION_LIMIT = 255  # characters of a view's description (NX 4.4, CONFIRMED)


@TABLE.add("getAttributes", Confidence.SINGLE, "NX 5.4")
def get_attributes(ctx: Context) -> dict[str, Any]:
    """Definitions that the caller sees; only `id` is safe to assume (shape INFERRED)."""
    ctx.at_most(1)
    options = ctx.options(0)
    return ctx.listed(
        ctx.library.access.attributes(ctx.user),
        options,
        lambda one: {"id": one.id, "name": one.name, "type": one.type, "objectType": one.object_type},
    )


@TABLE.add("getValuesByAttribute", Confidence.SINGLE, "NX 5.4")
def get_values_by_attribute(ctx: Context) -> dict[str, Any]:
    """The terms of an attribute's vocabulary, in the administrator's order."""
    ctx.at_most(2)
    attribute_id = ctx.number(0, "attributeId")
    options = ctx.options(1)
    attribute = ctx.library.site.attribute_by_id(attribute_id)
    if attribute is None:
        raise ctx.library.unknown(f"attribute {attribute_id}")
    if attribute not in ctx.library.access.attributes(ctx.user):
        raise no_access(f"attribute {attribute_id}")
    return ctx.listed(ctx.library.site.vocabularies.of(attribute), options, lambda term: {"value": term})


@TABLE.add("getViewsByAsset", Confidence.SINGLE, "NX 5.5")
def get_views_by_asset(ctx: Context) -> dict[str, Any]:
    """The views of an asset."""
    ctx.at_most(2)
    asset = ctx.asset(ctx.number(0, "assetId"))
    options = ctx.options(1)
    return ctx.listed(asset.views, options, lambda view: view_json(view, options))


def _with_view(ctx: Context, view_id: int) -> tuple[Asset, View]:
    documents = ctx.library.world.documents
    for asset_id in documents.every("asset", Lookup("view", equal=view_id)):
        asset = ctx.asset_to_change(int(asset_id))
        return asset, next(view for view in asset.views if view.id == view_id)
    raise ctx.library.unknown(f"view {view_id}")


@TABLE.add("updateView", Confidence.INFERRED, "NX 5.5")
def update_view(ctx: Context) -> dict[str, Any]:
    """`[{"id", "name"?, "description"?}, opt]`."""
    ctx.at_most(2)
    members = ctx.object(0, "view")
    options = ctx.options(1)
    asset, view = _with_view(ctx, as_id(members.get("id"), "id"))
    ctx.needs(Level.PRODUCER, "Managing views")
    changed = replace(
        view,
        name=check_view_name(members.get("name", view.name)),
        description=check_description(members.get("description", view.description)),
    )
    views = tuple(changed if one.id == view.id else one for one in asset.views)
    ctx.library.put(replace(asset, views=views))
    return view_json(changed, options)


@TABLE.add("deleteView", Confidence.INFERRED, "NX 5.5")
def delete_view(ctx: Context) -> dict[str, Any]:
    """`[viewId]`."""
    ctx.at_most(1)
    asset, view = _with_view(ctx, ctx.number(0, "viewId"))
    ctx.needs(Level.PRODUCER, "Managing views")
    ctx.library.put(replace(asset, views=tuple(one for one in asset.views if one.id != view.id)))
    return {}


@TABLE.add("getVersionsByAsset", Confidence.INFERRED, "NX 5.5")
def get_versions_by_asset(ctx: Context) -> dict[str, Any]:
    """All files that the asset has had, the newest first; every member is INFERRED."""
    ctx.at_most(2)
    asset = ctx.asset(ctx.number(0, "assetId"))
    options = ctx.options(1)
    files = [*asset.earlier, asset.file]
    numbered = list(reversed(list(enumerate(files, start=1))))
    return ctx.listed(
        numbered,
        options,
        lambda pair: {
            "version": pair[0],
            "current": pair[0] == len(files),
            "file": {"name": pair[1].name, "size": pair[1].blob.size},
        },
    )


@TABLE.add("getSelf", Confidence.SINGLE, "NX 5.5")
def get_self(ctx: Context) -> dict[str, Any]:
    """The caller; one client sends `[null]`, an older one `[]`."""
    ctx.at_most(1)
    ctx.options(0)
    return {"userId": ctx.user.id, "login": ctx.user.login, "name": ctx.user.name, "level": int(ctx.user.level)}


@TABLE.add("getUsersByGroup", Confidence.SINGLE, "NX 5.5")
def get_users_by_group(ctx: Context) -> dict[str, Any]:
    """A group's members; users are the directors' business (NX 11), one's own groups anybody's (INFERRED)."""
    ctx.at_most(2)
    group_id = ctx.number(0, "groupId")
    options = ctx.options(1)
    group = next((one for one in ctx.library.site.groups.values() if one.id == group_id), None)
    if group is None or group.name not in ctx.user.groups:
        ctx.needs(Level.DIRECTOR, "Listing users")
    if group is None:
        raise ctx.library.unknown(f"group {group_id}")
    members = [one for one in ctx.library.site.users.values() if group.name in one.groups]
    return ctx.listed(
        members, options, lambda one: {"userId": one.id, "name": one.name, "login": one.login, "level": int(one.level)}
    )


@TABLE.add("getGroupsByUser", Confidence.SINGLE, "NX 5.5")
def get_groups_by_user(ctx: Context) -> dict[str, Any]:
    """A user's groups; another's only for directors (INFERRED)."""
    ctx.at_most(2)
    user_id = ctx.number(0, "userId")
    options = ctx.options(1)
    if user_id != ctx.user.id:
        ctx.needs(Level.DIRECTOR, "Listing groups of others")
    user = next((one for one in ctx.library.site.users.values() if one.id == user_id), None)
    if user is None:
        raise ctx.library.unknown(f"user {user_id}")
    groups = [one for one in ctx.library.site.groups.values() if one.name in user.groups]
    return ctx.listed(groups, options, lambda one: {"groupId": one.id, "name": one.name})


def check_view_name(name: object) -> str:
    """A view's name is mandatory (NX 4.4, CONFIRMED)."""
    if not isinstance(name, str) or not name.strip() or "/" in name:
        raise bad_params("A view's name must be text that is not empty and has no slash")
    return name


def check_description(text: object) -> str:
    """A view's description has at most 255 characters (NX 4.4, CONFIRMED)."""
    if not isinstance(text, str):
        raise bad_params("A view's description must be text")
    if len(text) > DESCRIPTION_LIMIT:
        raise failure(f"The description has {len(text)} characters, the limit is {DESCRIPTION_LIMIT}")
    return text
