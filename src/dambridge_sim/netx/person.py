"""What people do in the site's own pages, as control calls and seeds ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.clock import to_ms
from dambridge_sim.kit.vendor import BadMetaError, Upload
from dambridge_sim.netx.attributes import check_values, is_day
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.editing import check_file_name, check_name, with_attributes, with_profiles
from dambridge_sim.netx.errors import Refusal
from dambridge_sim.netx.incoming import imported, new_file, new_view, stored_file
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.records import Asset

T = TypeVar("T")

MEMBERS = (
    "name", "file_name", "folders", "containers", "attributes", "creation_date", "import_date", "mod_date", "dates",
    "views", "archived", "unarchive", "checked_out", "hidden", "expiration_date", "related", "metadata", "approval",
)  # fmt: skip
STATUS = "Lifecycle Status"  # NetX has no approval of its own: a site keeps its state in an attribute (NX 12)
_DATES = {"creationDate": "creation_date", "importDate": "import_date", "modDate": "mod_date"}
_NATIVE = {"name": "name", "fileName": "file_name", **_DATES}
_EARLIEST_MS, _LATEST_MS = -62_135_596_800_000, 200_000_000_000_000  # from the year 1 to the year 8307
_RESTORING_MS, _RESTORED_MS, _FOR_GOOD_MS = 4 * 3_600_000, 72 * 3_600_000, 10**15


class Person:
    """A person at work: the rules of attributes hold for him too, levels do not."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def adds(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Import a file as the web application does, then fill in what `meta` says; the asset's id."""
        meta = _spelt(meta)
        blob = upload.blob if upload is not None else self._library.world.blobs.store(b"")
        name = meta.get("file_name") or (upload.filename if upload is not None else "")
        paths = _paths(meta) or ["Intake"]
        return self._guarded(lambda: self._place(blob, check_file_name(name), paths, meta))

    def _place(self, blob: Blob, file_name: str, paths: list[str], meta: Mapping[str, Any]) -> str:
        library = self._library
        folders = [library.folder_at(path).id for path in paths]
        asset = imported(library, blob, file_name, folders[0])
        for folder in folders[1:]:
            asset = with_profiles(library, asset.arrived(folder), folder)
        rest = {key: value for key, value in meta.items() if key not in {"folders", "containers", "file_name"}}
        self._store(self._filled(asset, rest), meta)
        return str(asset.id)

    def edits(self, asset_id: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change an asset; a file becomes a new version in place."""
        meta = _spelt(meta)
        asset = self._asset(asset_id)
        self._guarded(lambda: self._edit(asset, upload, meta))

    def _edit(self, asset: Asset, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        library = self._library
        if upload is not None:
            asset = new_file(library, asset, upload.blob, meta.get("file_name") or asset.file_name, keep_earlier=True)
        if (paths := _paths(meta)) is not None:
            folders = [library.folder_at(path).id for path in paths]
            arriving = [one for one in folders if one not in asset.folders]
            asset = replace(asset, folders=tuple(dict.fromkeys(folders)))
            for folder in arriving:
                asset = with_profiles(library, asset, folder)
        edited = self._filled(asset, meta)
        if edited != asset or paths is not None:
            membership_only = paths is not None and set(meta) <= {"folders", "containers"}
            if not membership_only or library.switch("modified_moves_on_membership"):
                edited = replace(edited, modified_ms=library.stamp())
        self._store(edited, meta)

    def _filled(self, asset: Asset, meta: Mapping[str, Any]) -> Asset:
        """The asset with the members of `meta` that are not places or dates."""
        if "name" in meta:
            asset = replace(asset, name=check_name(meta["name"]))
        if "file_name" in meta:
            asset = replace(asset, file=replace(asset.file, name=check_file_name(meta["file_name"])))
        if "attributes" in meta:
            asset = self._with_values(asset, meta["attributes"])
        asset = self._set_aside(asset, meta)
        for view in meta.get("views", ()):
            content = str(view.get("content", "")).encode()
            blob = self._library.world.blobs.store(content)
            file_name = view.get("file_name", f"{view['name']}.txt")
            file = stored_file(self._library, blob, file_name)
            made = new_view(self._library, asset, file, name=view["name"], description=view.get("description", ""))
            asset = replace(asset, views=(*asset.views, made))
        return asset

    def _set_aside(self, asset: Asset, meta: Mapping[str, Any]) -> Asset:
        """Archive, check-out, hiding, expiration and relations: what only people do (NX 7, 12)."""
        if "archived" in meta:
            asset = replace(asset, archived=bool(meta["archived"]), online_from_ms=0, online_until_ms=0)
        if "unarchive" in meta:
            asset = self._unarchived(asset, meta["unarchive"])
        if "checked_out" in meta:
            holder = meta["checked_out"] if isinstance(meta["checked_out"], str) else ""
            if holder and holder not in self._library.site.users:
                raise BadMetaError(f"checked_out: there is no user {holder!r}")
            asset = replace(asset, checked_out=bool(meta["checked_out"]), holder=holder)
        if "expiration_date" in meta:
            asset = replace(asset, expires_ms=_midnight(meta["expiration_date"]), expired=False)
        return replace(
            asset,
            hidden=bool(meta.get("hidden", asset.hidden)),
            related=_ids(meta.get("related", asset.related)),
        )

    def _unarchived(self, asset: Asset, how: object) -> Asset:
        """Back from the archive after about four hours, for good or for 72 hours (NX 12, CONFIRMED)."""
        if how not in {"temporary", "permanent"}:
            raise BadMetaError('unarchive takes "temporary" or "permanent"')
        begins = self._library.stamp() + _RESTORING_MS
        return replace(
            asset, online_from_ms=begins, online_until_ms=begins + _RESTORED_MS if how == "temporary" else _FOR_GOOD_MS
        )

    def _with_values(self, asset: Asset, raw: Mapping[str, Any]) -> Asset:
        checked = {}
        for name, values in raw.items():
            attribute = self._library.site.attributes.get(name)
            if attribute is None:
                raise BadMetaError(f"the site has no attribute {name!r}; give it in library.yaml")
            listed = values if isinstance(values, list) else [] if values is None else [values]
            checked[name] = check_values(
                attribute, [str(value) for value in listed], self._library.site.vocabularies, unknown_term="error"
            )
        return with_attributes(self._library, asset, checked)

    def _store(self, asset: Asset, meta: Mapping[str, Any]) -> None:
        asset = replace(
            asset,
            created_ms=_instant(meta.get("creation_date", asset.created_ms)),
            imported_ms=_instant(meta.get("import_date", asset.imported_ms)),
            modified_ms=_instant(meta.get("mod_date", asset.modified_ms)),
        )
        self._library.put(asset)

    def deletes(self, asset_id: str) -> None:
        """Delete for good."""
        self._library.delete(self._asset(asset_id))

    def _asset(self, asset_id: str) -> Asset:
        number = number_of(asset_id)
        asset = None if number is None else self._library.find(number)
        if asset is None:
            raise BadMetaError(f"there is no asset {asset_id}")
        return asset

    def _guarded(self, act: Callable[[], T]) -> T:
        try:
            with self._library.world.documents.transaction():
                return act()
        except Refusal as refusal:
            self._library.stale = True
            raise BadMetaError(refusal.message) from refusal
        except (AttributeError, KeyError, TypeError, OverflowError) as error:
            self._library.stale = True
            raise BadMetaError(f"meta has a member of the wrong shape: {error}") from error
        except BaseException:
            self._library.stale = True
            raise


def _spelt(meta: Mapping[str, Any]) -> dict[str, Any]:
    """`meta` with everything in its own member: native metadata and dates by the names of the API, and the state of approval."""
    _refuse_others("", meta, MEMBERS)
    spelt = {key: value for key, value in meta.items() if key not in {"metadata", "dates", "approval"}}
    for part, names in (("dates", _DATES), ("metadata", _NATIVE)):
        given = meta.get(part) or {}
        _refuse_others(f"{part}: ", given, (*names, *names.values()))
        spelt |= {names.get(key, key): value for key, value in given.items()}
    if meta.get("approval") is not None:
        spelt["attributes"] = {STATUS: meta["approval"], **(meta.get("attributes") or {})}
    return spelt


def _refuse_others(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    if odd := sorted(set(given) - set(known)):
        raise BadMetaError(f"{where}unknown {', '.join(odd)}; there are {', '.join(dict.fromkeys(known))}")


def _ids(given: Sequence[object]) -> tuple[int, ...]:
    found = [number_of(str(one)) for one in given]
    if None in found:
        raise BadMetaError("related must be a list of ids")
    return tuple(one for one in found if one is not None)


def _paths(meta: Mapping[str, Any]) -> list[str] | None:
    paths = meta.get("folders", meta.get("containers"))
    if paths is None:
        return None
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise BadMetaError("folders must be a list of at least one path, as Editorial/Harbour")
    return paths


def _midnight(value: object) -> int:
    """The instant at which an expiration date takes effect: midnight UTC (NX 12, CONFIRMED); 0 when it is cleared."""
    if value is None:
        return 0
    if not isinstance(value, str) or not is_day(value):
        raise BadMetaError(f"expiration_date {value!r}: write the day as 2026-11-23")
    return to_ms(datetime.fromisoformat(f"{value}T00:00:00+00:00"))


def _instant(value: object) -> int:
    """Epoch milliseconds of a number or of an ISO 8601 text with a zone."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not _EARLIEST_MS <= value <= _LATEST_MS:
            raise BadMetaError(f"{value} is no instant in epoch milliseconds")
        return value
    if isinstance(value, datetime):
        return to_ms(value)
    try:
        return to_ms(datetime.fromisoformat(str(value)))
    except ValueError as error:
        raise BadMetaError(f"{value!r}: write the time as 2026-11-23T10:00:00Z") from error
