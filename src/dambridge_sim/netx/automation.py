"""What happens to assets without a call: AutoTasks, expiration dates, late sync of embedded metadata (sections 12 and 13.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dambridge_sim.kit.acting import now_acting
from dambridge_sim.kit.clock import to_datetime, to_ms
from dambridge_sim.kit.documents import Change
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.attributes import is_day
from dambridge_sim.netx.autotasks import Criterion, Modification, Task, span
from dambridge_sim.netx.chores import DAY_MS
from dambridge_sim.netx.data_source import DataSource
from dambridge_sim.netx.editing import lenient_attributes, touched, with_attributes, with_profiles
from dambridge_sim.netx.errors import Refusal
from dambridge_sim.netx.incoming import synced
from dambridge_sim.netx.library import Library, attribute_value
from dambridge_sim.netx.records import Asset

_SITE = "the site"


class Automation:
    """Follows changes, puts chores on the list, and does them."""

    def __init__(self, library: Library, data_source: DataSource) -> None:
        self._library = library
        self._data_source = data_source
        self._chores = chores = library.chores
        library.described.append(self.arrange)
        chores.doers |= {"sync": self._sync, "expire": self._expire, "AutoTask": self._run, "daily": self._daily}

    def listen(self) -> None:
        """Begin to follow the documents; called once the library has its world."""
        self._library.world.documents.listeners.append(self._changed)

    def arrange(self) -> None:
        """Have date criteria looked at from the next midnight UTC on; the hour is a site's setting, this one INFERRED."""
        if any(task.dated() for task in self._library.site.autotasks):
            documents = self._library.world.documents
            if documents.get("chore", "daily") is None:
                self._chores.put("daily", "daily", (self._library.stamp() // DAY_MS + 1) * DAY_MS)
        else:
            self._chores.drop("daily")
        self._data_source.arrange()

    # Events

    def _changed(self, change: Change) -> None:
        if change.kind != "asset":
            return
        self._watch_expiry(change)
        if change.before is None:
            self._data_source.imported(int(change.id))
        tasks = self._library.site.autotasks
        act = now_acting()
        if not tasks or change.after is None or (act is not None and act.who == _SITE):
            return
        if (action := _action(change)) is not None:
            self._trigger(Asset.from_json(change.after), action, None if act is None else act.who)

    def _trigger(self, asset: Asset, action: str, who: str | None) -> None:
        for number, task in enumerate(self._library.site.autotasks):
            if self._matches(task, asset, action, who):
                self._queue(number, asset)

    def _queue(self, number: int, asset: Asset) -> None:
        due = self._library.stamp() + round(self._library.switch("autotask_delay_s") * 1000)
        self._chores.put(f"autotask:{number}:{asset.id}", "AutoTask", due, task=number, asset=asset.id)

    def _matches(self, task: Task, asset: Asset, action: str, who: str | None) -> bool:
        results = (self._holds(one, asset, action, who) for one in task.criteria)
        return all(results) if task.every else any(results)

    def _holds(self, criterion: Criterion, asset: Asset, action: str, who: str | None) -> bool:
        library = self._library
        user = library.site.users.get(who or "")
        match criterion.type:
            case "action":
                return criterion.value == action and (action != "date" or self._in_span(criterion, asset))
            case "attribute":
                return criterion.value in asset.attributes.get(criterion.name, ())
            case "category":
                place = library.tree.find(criterion.path)
                places = set() if place is None else library.tree.below(place.id) if criterion.recursive else {place.id}
                return not places.isdisjoint(asset.folders)
            case "group":
                return user is not None and criterion.value in user.groups
            case _:
                return user is not None and criterion.value == user.login

    def _in_span(self, criterion: Criterion, asset: Asset) -> bool:
        first, last = span(criterion.offset, to_datetime(self._library.stamp()).date())
        times = {"importDate": asset.imported_ms, "creationDate": asset.created_ms, "modDate": asset.modified_ms}
        if criterion.name in times:
            return first <= to_datetime(times[criterion.name]).date() <= last
        values = [one for one in asset.attributes.get(criterion.name, ()) if is_day(one)]
        return any(first <= date.fromisoformat(one) <= last for one in values)

    def resynced(self, asset: Asset) -> None:
        """A person had the file's metadata read again."""
        self._trigger(asset, "resync", None)

    # Chores

    def _run(self, chore: Mapping[str, Any]) -> None:
        tasks = self._library.site.autotasks
        asset = self._library.find(chore["asset"])
        if asset is None or chore["task"] >= len(tasks):
            return
        for modification in tasks[chore["task"]].modifications:
            asset = self._modified(asset, modification)
        self._library.put(asset)

    def _modified(self, asset: Asset, modification: Modification) -> Asset:
        """The asset after one effect; a value that does not fit or a folder that is not there leave it as it was."""
        library = self._library
        match modification.type:
            case "attribute" if modification.name in library.site.attributes:
                checked = lenient_attributes(library, {modification.name: [modification.value]})
                if not checked[modification.name].values:
                    return asset
                return touched(library, asset, with_attributes(library, asset, checked), by="attributes")
            case "category":
                return self._moved(asset, modification.path, mkdir=modification.mkdir)
            case "expire":
                return replace(asset, expires_ms=library.stamp())
            case _:
                return asset

    def _moved(self, asset: Asset, path: str, *, mkdir: bool) -> Asset:
        library = self._library
        try:
            folder = library.folder_at(path) if mkdir else library.tree.find(path)
        except Refusal:
            return asset
        if folder is None:
            return asset
        after = with_profiles(library, replace(asset, folders=(folder.id,)), folder.id)
        return touched(library, asset, after, by="membership")

    def _daily(self, chore: Mapping[str, Any]) -> None:
        self._chores.put("daily", "daily", chore["due"] + DAY_MS)
        for number, task in enumerate(self._library.site.autotasks):
            for asset_id in dict.fromkeys(one for criterion in task.dated() for one in self._dated(criterion)):
                asset = self._library.find(int(asset_id))
                if asset is not None and self._matches(task, asset, "date", None):
                    self._queue(number, asset)

    def _dated(self, criterion: Criterion) -> Iterable[str]:
        """The ids of the assets that a date criterion may be about, from an index where there is one."""
        documents = self._library.world.documents
        first, last = span(criterion.offset, to_datetime(self._library.stamp()).date())
        if criterion.name in {"importDate", "modDate"}:
            low, high = (to_ms(datetime(one.year, one.month, one.day, tzinfo=UTC)) for one in (first, last))
            index = "imported" if criterion.name == "importDate" else "modified"
            yield from documents.every("asset", Lookup(index, low=low, high=high + DAY_MS - 1))
        elif criterion.name == "creationDate":
            yield from documents.stored("asset")
        else:
            for number in range((last - first).days + 1):
                day = (first + timedelta(days=number)).isoformat()
                yield from documents.every("asset", Lookup("value", equal=attribute_value(criterion.name, day)))

    # Late sync

    def _sync(self, chore: Mapping[str, Any]) -> None:
        before = self._library.find(chore["asset"])
        if before is None:
            return
        after = synced(self._library, before)
        if chore["folder"] is not None:
            after = with_profiles(self._library, after, chore["folder"])
        if after != before:
            self._library.put(touched(self._library, before, after, by="attributes"))

    # Expiration

    def _watch_expiry(self, change: Change) -> None:
        name = f"expire:{change.id}"
        wanted = 0 if change.after is None or change.after.get("expired") else change.after.get("expires_ms", 0)
        if wanted != (0 if change.before is None else change.before.get("expires_ms", 0)):
            if wanted:
                self._chores.put(name, "expire", max(wanted, self._library.stamp()), asset=int(change.id))
            else:
                self._chores.drop(name)

    def _expire(self, chore: Mapping[str, Any]) -> None:
        """Do what the site does with expired assets; while the feature is off they wait for another midnight."""
        library = self._library
        asset = library.find(chore["asset"])
        if asset is None or not asset.expires_ms:
            return
        if not library.switch("asset.expire.enabled"):
            self._chores.put(f"expire:{asset.id}", "expire", chore["due"] + DAY_MS, asset=asset.id)
            return
        action = library.switch("image.expire_assets_action")
        if action == "notVisible":
            library.put(replace(asset, expired=True))
        elif action == "delete":
            library.delete(asset)
        elif action.lower() == "autotask":
            self._trigger(asset, "expire", None)
        else:
            library.put(self._moved(asset, action.strip("/"), mkdir=False))


def _action(change: Change) -> str | None:
    """The AutoTask action that a change of an asset is."""
    before, after = change.before, change.after
    if before is None or after is None:
        return "import"
    if before["blob"] != after["blob"]:
        return "resync"  # a new version or a reimport is synced anew (INFERRED that it counts as this action)
    return "attributeChange" if before["attributes"] != after["attributes"] else None
