"""Who may see and do what (section 11): permission rows, attribute visibility, and the audience of an asset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dambridge_sim.kit.visibility import Audience
from dambridge_sim.netx.attributes import Attribute
from dambridge_sim.netx.errors import no_access
from dambridge_sim.netx.folders import ROOT, FolderTree
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.site import EVERYONE, Permission, Site, User

ANONYMOUS = User(id=0, login="", name="anonymous", level=Level.CONSUMER, groups=frozenset())


@dataclass(frozen=True, slots=True)
class Reach:
    """The folders that some principals may see: `deep` ones with all below them, `flat` ones alone, and single assets."""

    deep: frozenset[int]
    flat: frozenset[int]
    assets: frozenset[int]

    @property
    def everything(self) -> bool:
        """Whether the root and all below it is included."""
        return ROOT in self.deep


class Access:
    """Answers questions of access for one site and its tree. Answers are remembered until `forget`."""

    def __init__(self, site: Site, tree: FolderTree) -> None:
        self._site = site
        self._tree = tree
        self._reach: dict[str, Reach] = {}
        self._folders: dict[tuple[str, int], bool] = {}
        self._outside: dict[str, Reach] | None = None
        self._attributes: dict[str, list[Attribute]] = {}

    def forget(self) -> None:
        """Forget what was worked out; called when folders or the site change."""
        self._reach.clear()
        self._folders.clear()
        self._outside = None

    def sees_all(self, user: User) -> bool:
        """Whether no place is closed to the user. Administrators see everything (INFERRED)."""
        return user.level >= Level.ADMINISTRATOR or self._reach_of(user).everything

    def folder(self, user: User, folder_id: int) -> bool:
        """Whether the user may see what lies in this folder."""
        if user.level >= Level.ADMINISTRATOR:
            return True
        key = (user.login, folder_id)
        if key not in self._folders:
            self._folders[key] = self._covers(self._reach_of(user), folder_id)
        return self._folders[key]

    def folder_shown(self, user: User, folder_id: int) -> bool:
        """Whether the user sees that the folder exists: what is in it, or a folder below that is permitted (INFERRED)."""
        if self.folder(user, folder_id):
            return True
        reach = self._reach_of(user)
        return any(folder_id in self._tree.lineage(one) for one in reach.deep | reach.flat)

    def asset(self, user: User, asset: Asset) -> bool:
        """Whether the user may see the asset: by any folder that it is in, or by a row of its own. Permissions add up.

        A hidden asset is for producers and up (INFERRED), one that expired for administrators (NX 12, CONFIRMED).
        """
        if (asset.hidden and user.level < Level.PRODUCER) or (asset.expired and user.level < Level.ADMINISTRATOR):
            return False
        if self.sees_all(user):
            return True
        return any(self.folder(user, one) for one in asset.folders) or asset.id in self._reach_of(user).assets

    def audience(self, asset: Asset) -> Audience:
        """Who can see the asset besides the site's own people, by its folders and rows alone."""
        if self._outside is None:
            self._outside = self._outsiders()
        seeing = tuple(name for name, reach in self._outside.items() if self._any(asset, reach))
        return Audience(public=EVERYONE in seeing, groups=tuple(name for name in seeing if name != EVERYONE))

    def _outsiders(self) -> dict[str, Reach]:
        """What everyone, each group that is not staff, and each person named in a row who is no staff can see."""
        rows = self._site.permissions
        staff = {user.login for user in self._site.users.values() if user.level >= Level.PRODUCER}
        reaches = {EVERYONE: self._resolve(row for row in rows if row.group == EVERYONE)}
        for group in self._site.groups.values():
            if not group.staff:
                reaches[group.name] = self._resolve(row for row in rows if row.group == group.name)
        for login in {row.user for row in rows if row.user is not None and row.user not in staff}:
            reaches[login] = self._resolve(row for row in rows if row.user == login)
        return reaches

    def attributes(self, user: User) -> list[Attribute]:
        """The attributes that the user sees, by level and group."""
        if user.login not in self._attributes:
            self._attributes[user.login] = [
                one for one in self._site.attributes.values() if _allowed(user, one.view_level, one.view_groups)
            ]
        return self._attributes[user.login]

    def may_edit(self, user: User, attribute: Attribute) -> bool:
        """Whether the user may change this attribute."""
        return _allowed(user, attribute.edit_level, attribute.edit_groups)

    def _reach_of(self, user: User) -> Reach:
        if user.login not in self._reach:
            principals = {EVERYONE, *user.groups}
            rows = self._site.permissions
            self._reach[user.login] = self._resolve(
                row for row in rows if row.group in principals or (row.user is not None and row.user == user.login)
            )
        return self._reach[user.login]

    def _resolve(self, rows: Iterable[Permission]) -> Reach:
        deep: set[int] = set()
        flat: set[int] = set()
        assets: set[int] = set()
        for row in rows:
            if row.asset is not None:
                assets.add(row.asset)
            elif row.folder is not None and (found := self._tree.find(row.folder)) is not None:
                (deep if row.recursive else flat).add(found.id)
        return Reach(frozenset(deep), frozenset(flat), frozenset(assets))

    def _covers(self, reach: Reach, folder_id: int) -> bool:
        if folder_id not in self._tree:
            return False
        return folder_id in reach.flat or any(one in reach.deep for one in self._tree.lineage(folder_id))

    def _any(self, asset: Asset, reach: Reach) -> bool:
        return asset.id in reach.assets or any(self._covers(reach, one) for one in asset.folders)


def _allowed(user: User, level: int, groups: frozenset[str]) -> bool:
    if user.level >= Level.ADMINISTRATOR:
        return True
    return user.level >= level and (not groups or not groups.isdisjoint(user.groups))


def require(user: User, level: Level, what: str) -> None:
    """Refuse a user below `level`."""
    if user.level < level:
        raise no_access(f"{what} needs user level {int(level)}, yours is {int(user.level)}")
