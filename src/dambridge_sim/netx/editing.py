"""Changes to one asset: names, attributes, folders. Every change is checked whole before any of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dambridge_sim.netx.attributes import Attribute, Checked, check_values, taken_from_file
from dambridge_sim.netx.errors import bad_params, failure, no_access
from dambridge_sim.netx.folders import FolderTree
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.site import Profile, User

FILE_NAME_LIMIT = 255  # characters; INFERRED
NAME_LIMIT = 255  # characters; INFERRED


def check_file_name(name: object) -> str:
    """Refuse a file name that is empty, has a slash, or is over the limit."""
    if not isinstance(name, str) or not name.strip() or "/" in name or "\\" in name or "\x00" in name:
        raise bad_params("fileName must be text that is not empty and has no slash")
    if len(name) > FILE_NAME_LIMIT:
        raise failure(f"The file name has {len(name)} characters, the limit is {FILE_NAME_LIMIT}")
    return name


def check_name(name: object) -> str:
    """Refuse an asset name that is empty or over the limit."""
    if not isinstance(name, str) or not name.strip():
        raise bad_params("name must be text that is not empty")
    if len(name) > NAME_LIMIT:
        raise failure(f"The name has {len(name)} characters, the limit is {NAME_LIMIT}")
    return name


def checked_attributes(library: Library, user: User, raw: object) -> dict[str, Checked]:
    """Check a whole `attributes` object for this user; raise on the first value that the site refuses.

    Names that the user does not see do not exist for him.
    """
    if not isinstance(raw, dict):
        raise bad_params('"attributes" must be an object of name to array of strings')
    visible = {one.name for one in library.access.attributes(user)}
    checked: dict[str, Checked] = {}
    for name, values in raw.items():
        attribute = library.site.attributes.get(name)
        if attribute is None or name not in visible:
            if library.switch("unknown_attribute") == "ignore":
                continue
            raise failure(f'"{name}" is not an attribute of this site')
        if not library.access.may_edit(user, attribute):
            raise no_access(f'attribute "{name}" is read-only for you')
        checked[name] = _checked(library, attribute, values)
    return checked


def written(library: Library, user: User, asset: Asset, raw: object) -> Asset:
    """The asset after a client's write of attributes; what it does beside setting values is a switch (NX 5.1.1, INFERRED)."""
    checked = checked_attributes(library, user, raw)
    for name, one in tuple(checked.items()):
        if not one.values:
            _empty(library, checked, name)
        elif library.switch("attribute_values") == "append" and library.site.attributes[name].holds_several:
            values = dict.fromkeys((*asset.attributes.get(name, ()), *one.values))
            checked[name] = Checked(tuple(values), one.new_terms)
    if library.switch("unnamed_attributes") == "clear":
        named = set(raw) if isinstance(raw, dict) else set()
        mine = (one for one in library.access.attributes(user) if library.access.may_edit(user, one))
        checked.update({one.name: Checked(()) for one in mine if one.name not in named and not one.mandatory})
    return with_attributes(library, asset, checked)


def _empty(library: Library, checked: dict[str, Checked], name: str) -> None:
    policy = library.switch("empty_array")
    if policy == "error" or (policy == "clear" and library.site.attributes[name].mandatory):
        raise failure(f'Attribute "{name}" must have a value')
    if policy == "ignore":
        del checked[name]


def _checked(library: Library, attribute: Attribute, values: object) -> Checked:
    limit: int = library.switch("value_limit")
    if limit and library.switch("value_over_limit") == "truncate" and isinstance(values, list):
        values = [value[:limit] if isinstance(value, str) else value for value in values]
    return check_values(
        attribute, values, library.site.vocabularies, unknown_term=library.switch("unknown_term"), limit=limit
    )


def with_attributes(library: Library, asset: Asset, checked: Mapping[str, Checked]) -> Asset:
    """The asset with these values; terms that came with them join their vocabularies."""
    values = dict(asset.attributes)
    for name, one in checked.items():
        library.gain_terms(library.site.attributes[name], one.new_terms)
        if one.values:
            values[name] = one.values
        else:
            values.pop(name, None)
    return replace(asset, attributes=values)


def lenient_attributes(library: Library, raw: Mapping[str, Iterable[str]]) -> dict[str, Checked]:
    """What a sync or a profile sets: what does not fit is left out rather than refused."""
    return {
        name: taken_from_file(
            library.site.attributes[name], list(values), library.site.vocabularies, unknown_term="ignore", limit=0
        )
        for name, values in raw.items()
    }


def with_profiles(library: Library, asset: Asset, folder: int) -> Asset:
    """The asset after the attribute profiles of a folder that it just came into (NX 4.6, CONFIRMED)."""
    for profile in library.site.profiles:
        if _applies(profile, library.tree, folder):
            asset = _profiled(asset, profile)
    return asset


def _applies(profile: Profile, tree: FolderTree, folder: int) -> bool:
    place = tree.find(profile.folder)
    if place is None:
        return False
    return place.id == folder or (profile.recursive and place.id in tree.lineage(folder))


def _profiled(asset: Asset, profile: Profile) -> Asset:
    values = dict(asset.attributes)
    match profile.action:
        case "replace":
            values[profile.attribute] = profile.values
        case "append":
            values[profile.attribute] = tuple(dict.fromkeys((*values.get(profile.attribute, ()), *profile.values)))
        case "empty":
            values.pop(profile.attribute, None)
    return replace(asset, attributes={name: held for name, held in values.items() if held})


def touched(library: Library, before: Asset, after: Asset, *, by: str) -> Asset:
    """`after` with its modification time: moved by an edit, or by switch for attributes and memberships.

    `by` is `edit`, `attributes` or `membership`.
    """
    if by == "membership" and after.attributes != before.attributes:
        by = "attributes"
    moves = {
        "edit": True,
        "attributes": library.switch("modified_moves_on_attributes"),
        "membership": library.switch("modified_moves_on_membership"),
    }
    return replace(after, modified_ms=library.stamp()) if moves[by] else after


def apply_members(library: Library, user: User, asset: Asset, members: Mapping[str, Any]) -> Asset:
    """`name` and `fileName` of an `updateAsset`, checked."""
    if "name" in members:
        asset = replace(asset, name=check_name(members["name"]))
    if "fileName" in members:
        asset = replace(asset, file=replace(asset.file, name=check_file_name(members["fileName"])))
    return asset
