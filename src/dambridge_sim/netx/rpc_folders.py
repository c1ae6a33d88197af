"""Folder methods (section 5.2)."""

from __future__ import annotations

from typing import Any

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx.context import Context, as_id
from dambridge_sim.netx.errors import bad_params, failure, no_access
from dambridge_sim.netx.folders import ROOT, Folder, path_names
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.projection import folder_json


def _shown(ctx: Context, folder: Folder, options: Options) -> dict[str, Any]:
    return folder_json(folder, options, ctx.lens())


def _listed(ctx: Context, folders: list[Folder], options: Options) -> dict[str, Any]:
    lens = ctx.lens()
    visible = [one for one in folders if ctx.library.access.folder_shown(ctx.user, one.id)]
    if options.sort_field is not None:
        if options.sort_field.lower() not in {"name", "id", "folderid"}:
            raise bad_params(f'"{options.sort_field}" is not a field that folders can be sorted by')
        by_name = options.sort_field.lower() == "name"
        visible.sort(key=lambda one: (one.name.lower() if by_name else "", one.id), reverse=options.descending)
    return ctx.listed(visible, options, lambda one: folder_json(one, options, lens))


@TABLE.add("getFolderByPath", Confidence.CONFIRMED, "NX 5.2")
def get_folder_by_path(ctx: Context) -> dict[str, Any] | None:
    """A missing path gives null or an error, by switch (INFERRED which)."""
    ctx.at_most(2)
    path = ctx.param(0, "path")
    path_names(path)
    options = ctx.options(1)
    folder = ctx.library.tree.find(path)
    if folder is not None and ctx.library.access.folder_shown(ctx.user, folder.id):
        return _shown(ctx, folder, options)
    if ctx.switch("missing_folder_path") == "null":
        return None
    raise failure(f'Folder "{path}" does not exist')


@TABLE.add("getFoldersByParent", Confidence.CONFIRMED, "NX 5.2")
def get_folders_by_parent(ctx: Context) -> dict[str, Any]:
    """Direct children."""
    ctx.at_most(2)
    parent = ctx.folder(ctx.number(0, "parentId"))
    return _listed(ctx, ctx.library.tree.children(parent.id), ctx.options(1))


@TABLE.add("getFoldersByNameFilter", Confidence.SINGLE, "NX 5.2")
def get_folders_by_name_filter(ctx: Context) -> dict[str, Any]:
    """Folders whose name has the text in it."""
    ctx.at_most(2)
    part = ctx.param(0, "filter")
    if not isinstance(part, str) or not part:
        raise bad_params("Parameter 1 (filter) must be text that is not empty")
    folders = [one for one in ctx.library.tree if one.id != ROOT and part.lower() in one.name.lower()]
    return _listed(ctx, folders, ctx.options(1))


@TABLE.add("createFolderFromPath", Confidence.SINGLE, "NX 5.2")
def create_folder_from_path(ctx: Context) -> dict[str, Any]:
    """The folder at the path, made with missing parents; an existing one is answered as it is (INFERRED)."""
    ctx.at_most(2)
    ctx.needs(Level.MANAGER, "Managing folders")
    path = ctx.param(0, "path")
    names = path_names(path)
    options = ctx.options(1)
    if not names:
        raise bad_params("Parameter 1 (path) must not be empty")
    nearest = next(
        found
        for end in range(len(names), -1, -1)
        if (found := ctx.library.tree.find("/".join(names[:end]))) is not None
    )
    if not ctx.library.access.folder(ctx.user, nearest.id):
        raise no_access(f"folder {nearest.id}")
    return _shown(ctx, ctx.library.folder_at(path), options)


@TABLE.add("createFolder", Confidence.INFERRED, "NX 5.2")
def create_folder(ctx: Context) -> dict[str, Any]:
    """`[{"name", "parentId", "description"?}, opt]`, by analogy with `createCollection`."""
    ctx.at_most(2)
    ctx.needs(Level.MANAGER, "Managing folders")
    members = ctx.object(0, "folder")
    options = ctx.options(1)
    parent = ctx.folder(as_id(members.get("parentId"), "parentId"))
    if not ctx.library.access.folder(ctx.user, parent.id):
        raise no_access(f"folder {parent.id}")
    name, description = members.get("name"), members.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise bad_params("A folder needs a name; name and description are text")
    return _shown(ctx, ctx.library.make_folder(name, parent.id, description), options)


@TABLE.add("getFolder", Confidence.INFERRED, "NX 5.2")
@TABLE.add("getFolderById", Confidence.INFERRED, "NX 5.2")
def get_folder(ctx: Context) -> dict[str, Any]:
    """One folder by id; the method's real name is not known, so both spellings are served."""
    ctx.at_most(2)
    return _shown(ctx, ctx.folder(ctx.number(0, "folderId")), ctx.options(1))


@TABLE.add("getRootFolders", Confidence.INFERRED, "NX 5.2")
def get_root_folders(ctx: Context) -> dict[str, Any]:
    """The children of the root."""
    ctx.at_most(1)
    return _listed(ctx, ctx.library.tree.children(ROOT), ctx.options(0))


@TABLE.add("updateFolder", Confidence.INFERRED, "NX 5.2")
def update_folder(ctx: Context) -> dict[str, Any]:
    """`[{"id", "name"?, "description"?}, opt]`; that a folder can be moved so is not known, and refused."""
    ctx.at_most(2)
    ctx.needs(Level.MANAGER, "Managing folders")
    members = ctx.object(0, "folder")
    options = ctx.options(1)
    folder = ctx.folder(as_id(members.get("id"), "id"))
    if not ctx.library.access.folder(ctx.user, folder.id):
        raise no_access(f"folder {folder.id}")
    if members.get("parentId", folder.parent) != folder.parent:
        raise failure(f"Folder {folder.id} cannot be moved")
    name, description = members.get("name"), members.get("description")
    if not isinstance(name, str | None) or not isinstance(description, str | None):
        raise bad_params("name and description are text")
    return _shown(ctx, ctx.library.change_folder(folder.id, name=name, description=description), options)


@TABLE.add("deleteFolder", Confidence.INFERRED, "NX 5.2")
def delete_folder(ctx: Context) -> dict[str, Any]:
    """`[folderId]`; a folder that has anything in it is refused (INFERRED)."""
    ctx.at_most(1)
    ctx.needs(Level.MANAGER, "Managing folders")
    folder = ctx.folder(ctx.number(0, "folderId"))
    if not ctx.library.access.folder(ctx.user, folder.id):
        raise no_access(f"folder {folder.id}")
    if ctx.library.in_folder(folder.id):
        raise failure(f"Folder {folder.id} has assets in it")
    ctx.library.drop_folder(folder.id)
    return {}
