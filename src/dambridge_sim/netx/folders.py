"""The folder tree: ids, paths without a leading slash, children in order of making (section 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dambridge_sim.netx.errors import bad_params, failure

ROOT = 1  # the root folder's id (NX 4.2, CONFIRMED)
NAME_LIMIT = 255  # characters; INFERRED, no limit is documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder; the root has no parent and an empty path."""

    id: int
    name: str
    parent: int | None
    description: str = ""


class FolderTree:
    """All folders of a site. Reads are by id or path; every change answers the folders that changed, to be stored."""

    def __init__(self, folders: Iterable[Folder] = ()) -> None:
        self._folders: dict[int, Folder] = {ROOT: Folder(id=ROOT, name="", parent=None)}
        self._children: dict[int, dict[str, int]] = {ROOT: {}}
        for folder in sorted(folders, key=lambda one: one.id):
            self.put(folder)

    def __contains__(self, folder_id: object) -> bool:
        return folder_id in self._folders

    def __iter__(self) -> Iterator[Folder]:
        return iter(self._folders.values())

    def get(self, folder_id: int) -> Folder:
        """The folder; a failure when there is none."""
        try:
            return self._folders[folder_id]
        except KeyError:
            raise failure(f"Folder {folder_id} does not exist") from None

    def put(self, folder: Folder) -> None:
        """Place a folder that was made elsewhere (a store, a seed), or its new form."""
        if (old := self._folders.get(folder.id)) and old.parent is not None:
            self._children[old.parent].pop(old.name, None)
        self._folders[folder.id] = folder
        self._children.setdefault(folder.id, {})
        if folder.parent is not None:
            self._children.setdefault(folder.parent, {})[folder.name] = folder.id

    def path(self, folder_id: int) -> str:
        """`Editorial/Harbour`; the root's is empty."""
        names: list[str] = []
        folder = self._folders[folder_id]
        while folder.parent is not None:
            names.append(folder.name)
            folder = self._folders[folder.parent]
        return "/".join(reversed(names))

    def find(self, path: str) -> Folder | None:
        """The folder at `path`, names compared exactly; None when there is none."""
        current = ROOT
        for name in _names(path):
            found = self._children[current].get(name)
            if found is None:
                return None
            current = found
        return self._folders[current]

    def children(self, folder_id: int) -> list[Folder]:
        """Direct children, in order of making: that of their ids."""
        return [self._folders[child] for child in sorted(self._children[folder_id].values())]

    def lineage(self, folder_id: int) -> Iterator[int]:
        """The folder itself, then its parent, up to the root."""
        current: int | None = folder_id
        while current is not None:
            yield current
            current = self._folders[current].parent

    def below(self, folder_id: int) -> set[int]:
        """The folder and all its descendants."""
        found = {folder_id}
        waiting = [folder_id]
        while waiting:
            children = self._children[waiting.pop()].values()
            found.update(children)
            waiting.extend(children)
        return found

    def make(self, name: str, parent: int, folder_id: int, description: str = "") -> Folder:
        """Make one folder under `parent`; refused when the name is unfit or taken there."""
        check_name(name)
        self.get(parent)
        if name in self._children[parent]:
            raise failure(f'Folder "{name}" exists already in folder {parent}')
        folder = Folder(id=folder_id, name=name, parent=parent, description=description)
        self.put(folder)
        return folder

    def change(self, folder_id: int, *, name: str | None, description: str | None) -> Folder:
        """Rename or describe a folder."""
        folder = self.get(folder_id)
        if name is not None and name != folder.name:
            check_name(name)
            if folder.parent is None:
                raise failure("The root folder cannot be renamed")
            if name in self._children[folder.parent]:
                raise failure(f'Folder "{name}" exists already in folder {folder.parent}')
            folder = replace(folder, name=name)
        if description is not None:
            folder = replace(folder, description=description)
        self.put(folder)
        return folder

    def remove(self, folder_id: int) -> None:
        """Take away an empty folder."""
        folder = self.get(folder_id)
        if folder.parent is None:
            raise failure("The root folder cannot be deleted")
        if self._children[folder_id]:
            raise failure(f"Folder {folder_id} has folders in it")
        del self._folders[folder_id], self._children[folder_id]
        self._children[folder.parent].pop(folder.name, None)


def _names(path: str) -> list[str]:
    return path.split("/") if path else []


def path_names(path: object) -> list[str]:
    """The names of a path a client sent; refused with a leading, trailing or double slash or an unfit name."""
    if not isinstance(path, str):
        raise bad_params("The folder path must be text")
    names = _names(path)
    for name in names:
        check_name(name)
    return names


def check_name(name: object) -> None:
    """Refuse a folder name that is empty, has a slash, or is over the limit."""
    if not isinstance(name, str) or not name.strip() or "/" in name:
        raise bad_params("A folder name must be text that is not empty and has no slash")
    if len(name) > NAME_LIMIT:
        raise failure(f"The folder name has {len(name)} characters, the limit is {NAME_LIMIT}")


def folder_to_json(folder: Folder) -> dict[str, Any]:
    """The stored form."""
    return asdict(folder)


def folder_from_json(raw: Mapping[str, Any]) -> Folder:
    """Back from the stored form."""
    return Folder(**raw)
