"""A seed folder: real files, and perhaps a `library.yaml` beside them that says where they belong and what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dambridge_sim.kit.bodies import LibraryBody

LIBRARY_FILE = "library.yaml"
_SITE_MEMBERS = (
    "groups", "permissions", "metadata_map", "profiles", "oauth_clients", "autotasks", "data_source_sync",
    "data_source_every_s", "custom_actions", "organizations", "contacts", "integrations",
)  # fmt: skip
_MEMBERS = ("containers", "vocabularies", "users", "attributes", "switches", "defaults", "files", *_SITE_MEMBERS)


class BadSeedError(ValueError):
    """A seed folder that cannot be loaded; the text says where the mistake is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What `library.yaml` says; each member is as written there, absent ones are empty."""

    containers: list[dict[str, Any]] = field(default_factory=list)
    vocabularies: dict[str, list[str]] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=list)
    attributes: list[dict[str, Any]] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    site: dict[str, Any] = field(default_factory=dict)
    """What one system alone has, written beside the others. NetX: groups, permissions, metadata_map, AutoTasks and the like.
    PhotoShelter: organizations, contacts, integrations."""


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file of the folder, with the same `meta` that `POST /__sim__/assets` takes."""

    path: Path
    meta: dict[str, Any]


def read_seed(folder: Path) -> tuple[Library, list[SeedFile]]:
    """Read a seed folder: its library and its files in the order of their names. Raises `BadSeedError`."""
    if not folder.is_dir():
        raise BadSeedError(f"--seed {folder}: no such folder; give a folder of files or synthetic:N")
    library = _library(folder / LIBRARY_FILE)
    known = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    known.pop(LIBRARY_FILE, None)
    for name in library.files:
        if name not in known:
            raise BadSeedError(f"{folder / LIBRARY_FILE}: files: {name!r} is not in the folder")
    return library, [
        SeedFile(path, _meta(library, name)) for name, path in known.items() if not path.name.startswith(".")
    ]


def _meta(library: Library, name: str) -> dict[str, Any]:
    """Return the meta of a file: the defaults, its sub-folder as container, and what is said of it."""
    meta: dict[str, Any] = dict(library.defaults)
    if "/" in name and "containers" not in meta:
        meta["containers"] = [name.rsplit("/", 1)[0]]
    for key, value in library.files.get(name, {}).items():
        both = isinstance(value, Mapping) and isinstance(meta.get(key), Mapping)
        meta[key] = {**meta[key], **value} if both else value
    meta.setdefault("file_name", name.rsplit("/", 1)[-1])
    return meta


def _library(path: Path) -> Library:
    if not path.exists():
        return Library()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise BadSeedError(f"{path}: not YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadSeedError(f"{path}: must be a mapping of {', '.join(_MEMBERS)}")
    if odd := sorted(set(content) - set(_MEMBERS)):
        raise BadSeedError(f"{path}: unknown {', '.join(map(str, odd))}; there are {', '.join(_MEMBERS)}")
    given = {key: value for key, value in content.items() if value is not None}
    try:
        LibraryBody.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSeedError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    site = {key: given.pop(key) for key in _SITE_MEMBERS if key in given}
    return Library(**given, site=site)
