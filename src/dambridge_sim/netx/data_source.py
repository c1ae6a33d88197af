"""Data Source Sync at work (section 13.4): values, vocabularies and first values out of what the tasks point to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.data_syncs import BadSyncError, Row, Sync, read_rows
from dambridge_sim.netx.editing import lenient_attributes, touched, with_attributes
from dambridge_sim.netx.library import Library, attribute_value
from dambridge_sim.netx.records import Asset


class DataSource:
    """Runs the tasks: by a button, on a schedule, and value look-ups after each import."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._chores = library.chores
        library.chores.doers |= {"Data Source Sync": self._scheduled, "value lookup": self._lookup}

    def arrange(self) -> None:
        """Put the next run on the list, where the site has a schedule."""
        every = self._library.site.data_source_every_s
        if not every or not self._library.site.syncs:
            self._chores.drop("data source")
        elif self._library.world.documents.get("chore", "data source") is None:
            self._chores.put("data source", "Data Source Sync", self._library.stamp() + every * 1000)

    def run(self) -> list[dict[str, Any]]:
        """Run every task now; one whose source cannot be read leaves everything as it was and says so."""
        return [self._outcome(sync) for sync in self._library.site.syncs]

    def imported(self, asset_id: int) -> None:
        """Remember to look up values for a new asset."""
        if any(sync.type == "valuelookup" for sync in self._library.site.syncs):
            self._chores.put(f"lookup:{asset_id}", "value lookup", self._library.stamp(), asset=asset_id)

    def _scheduled(self, chore: Mapping[str, Any]) -> None:
        every = self._library.site.data_source_every_s
        if every:
            self._chores.put("data source", "Data Source Sync", chore["due"] + every * 1000)
        self.run()

    def _lookup(self, chore: Mapping[str, Any]) -> None:
        asset = self._library.find(chore["asset"])
        for sync in self._library.site.syncs:
            if asset is not None and sync.type == "valuelookup":
                try:
                    row = next((one for one in read_rows(sync) if _linked(asset, sync, one)), None)
                except BadSyncError:
                    continue
                asset = asset if row is None else self._written(asset, sync, row)

    def _outcome(self, sync: Sync) -> dict[str, Any]:
        try:
            rows = read_rows(sync)
        except BadSyncError as error:
            return {"name": sync.name, "rows": 0, "changed": 0, "problem": str(error)}
        changed = self._terms(sync, rows) if sync.type == "multivalue" else self._values(sync, rows)
        return {"name": sync.name, "rows": len(rows), "changed": changed, "problem": None}

    def _terms(self, sync: Sync, rows: Sequence[Row]) -> int:
        for source, name in sync.maps:
            terms = list(dict.fromkeys(term for row in rows for term in row.get(source, ())))
            self._library.replace_terms(self._library.site.attributes[name], terms)
        return len(sync.maps)

    def _values(self, sync: Sync, rows: Sequence[Row]) -> int:
        changed = 0
        for row in rows:
            for asset in self._found(sync, row):
                changed += self._written(asset, sync, row) != asset
        return changed

    def _found(self, sync: Sync, row: Row) -> Iterator[Asset]:
        source, name = sync.links[0]
        for value in row.get(source, ()):
            lookup = Lookup("value", equal=attribute_value(name, value))
            for asset_id in list(self._library.world.documents.every("asset", lookup)):
                asset = self._library.find(int(asset_id))
                if asset is not None and _linked(asset, sync, row):
                    yield asset

    def _written(self, asset: Asset, sync: Sync, row: Row) -> Asset:
        """Write what a row says; what does not fit an attribute is left out, a field that is not there changes nothing."""
        values = {name: row[source] for source, name in sync.maps if source in row}
        checked = lenient_attributes(self._library, values)
        kept = {name: one for name, one in checked.items() if one.values or not values[name]}
        after = with_attributes(self._library, asset, kept)
        if after.attributes == asset.attributes:
            return asset
        after = touched(self._library, asset, after, by="attributes")
        self._library.put(after)
        return after


def _linked(asset: Asset, sync: Sync, row: Row) -> bool:
    return all(
        any(value in asset.attributes.get(name, ()) for value in row.get(source, ())) for source, name in sync.links
    )
