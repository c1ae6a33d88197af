"""Assets, folders, collections, views and users as a reply shows them: only the groups of properties asked for (section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dambridge_sim.netx.attributes import rendered
from dambridge_sim.netx.folders import Folder, FolderTree
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.records import Asset, Collection, View
from dambridge_sim.netx.site import User

PROXIES = (("Thumbnail", "thumb"), ("Preview", "preview"), ("Zoom", "zoom"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """What shapes a reply beside the object: the attributes the caller sees, the tree, the time, the site's switches.

    `blank` holds the attributes that are shown without a value too.
    """

    visible: frozenset[str]
    blank: Mapping[str, list[str]]
    tree: FolderTree
    now_ms: int
    checksums: bool
    children_as_objects: bool


def lens_of(library: Library, user: User) -> Lens:
    """The lens of one user, as the site stands now."""
    attributes = library.access.attributes(user)
    return Lens(
        visible=frozenset(one.name for one in attributes),
        blank=rendered(attributes, {}) if library.switch("attributes_shown") == "all" else {},
        tree=library.tree,
        now_ms=library.stamp(),
        checksums=library.switch("metadata.checksumEnabled"),
        children_as_objects=library.switch("folder_children") == "objects",
    )


def asset_json(asset: Asset, options: Options, lens: Lens) -> dict[str, Any]:
    """One asset. Without `data` the id and the base group are given (INFERRED)."""
    out: dict[str, Any] = {}
    if options.wants("asset.id", unless_asked=True):
        out["id"] = asset.id
    if options.wants("asset.base", unless_asked=True):
        out |= {
            "id": asset.id,
            "name": asset.name,
            "fileName": asset.file.name,
            "creationDate": asset.created_ms,
            "importDate": asset.imported_ms,
            "modDate": asset.modified_ms,
        }
    if options.data is None:
        return out
    wanted = options.data
    if "asset.file" in wanted:
        out["file"] = _file(asset, lens)
    if "asset.folders" in wanted:
        out["folders"] = [_folder_of_asset(lens.tree.get(one), lens) for one in asset.folders if one in lens.tree]
    if "asset.proxies" in wanted:
        out["proxies"] = _proxies(asset, lens)
    if "asset.views" in wanted:
        out["views"] = [{"id": view.id, "name": view.name, "description": view.description} for view in asset.views]
    if "asset.relatedAssets" in wanted:
        out["relatedAssets"] = [{"id": one} for one in asset.related]
    if "asset.attributes" in wanted:
        out["attributes"] = _attributes(asset, lens)
    return out


def _attributes(asset: Asset, lens: Lens) -> dict[str, list[str]]:
    """The blank form with the asset's own values in it; made for each asset of a page, so it must cost little."""
    shown = dict(lens.blank)
    shown.update({name: list(held) for name, held in asset.attributes.items() if held and name in lens.visible})
    return shown


def _file(asset: Asset, lens: Lens) -> dict[str, Any]:
    file = asset.file
    out: dict[str, Any] = {"name": file.name, "size": file.blob.size}
    if lens.checksums:
        out["checksum"] = file.blob.md5
    if file.width is not None and file.height is not None:
        out |= {"width": file.width, "height": file.height}
    out["url"] = f"/file/asset/{asset.id}/original"
    return out


def _proxies(asset: Asset, lens: Lens) -> list[dict[str, Any]]:
    if asset.file.width is None or lens.now_ms < asset.proxies_ms:
        return []
    return [{"name": name, "file": {"url": f"/file/asset/{asset.id}/{path}"}} for name, path in PROXIES]


def _folder_of_asset(folder: Folder, lens: Lens) -> dict[str, Any]:
    return {
        "id": folder.id,
        "name": folder.name,
        "path": lens.tree.path(folder.id),
        "parentId": folder.parent,
        "children": _children(folder, lens),
    }


def _children(folder: Folder, lens: Lens) -> list[Any]:
    children = lens.tree.children(folder.id)
    if lens.children_as_objects:
        return [{"id": child.id, "name": child.name} for child in children]
    return [child.id for child in children]


def folder_json(folder: Folder, options: Options, lens: Lens) -> dict[str, Any]:
    """One folder; `children` are ids or objects by switch (INFERRED either way)."""
    out: dict[str, Any] = {}
    if options.wants("folder.id", unless_asked=True):
        out["id"] = folder.id
    if options.wants("folder.base", unless_asked=True):
        out |= {
            "name": folder.name,
            "description": folder.description,
            "path": lens.tree.path(folder.id),
            "parentId": folder.parent,
        }
    if options.wants("folder.children", unless_asked=False):
        out["children"] = _children(folder, lens)
    return out


def collection_json(collection: Collection, options: Options) -> dict[str, Any]:
    """One collection (NX 4.3)."""
    out: dict[str, Any] = {}
    if options.wants("collection.id", unless_asked=True):
        out["id"] = collection.id
    if options.wants("collection.base", unless_asked=True):
        out |= {"id": collection.id, "title": collection.title, "itemCount": len(collection.assets)}
    if options.wants("collection.permissions", unless_asked=False):
        out["permissions"] = []
    return out


def view_json(view: View, options: Options) -> dict[str, Any]:
    """One view (NX 4.4, members INFERRED)."""
    out: dict[str, Any] = {}
    if options.wants("view.id", unless_asked=True):
        out["id"] = view.id
    if options.wants("view.base", unless_asked=True):
        out |= {"name": view.name, "description": view.description}
    if options.wants("view.file", unless_asked=False):
        out["file"] = {"name": view.file.name, "size": view.file.blob.size}
    return out
