"""Files coming in: what an import, a reimport, a new version and a view do to the site (sections 7 and 10)."""

from __future__ import annotations

from dataclasses import replace

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.netx.attributes import Checked
from dambridge_sim.netx.editing import with_attributes, with_profiles
from dambridge_sim.netx.errors import failure
from dambridge_sim.netx.library import FIRST_ASSET, FIRST_VIEW, Library
from dambridge_sim.netx.metadata_map import sync
from dambridge_sim.netx.records import Asset, StoredFile, View


def stored_file(library: Library, blob: Blob, name: str) -> StoredFile:
    """Describe a file that came: its type by its content, its dimensions where it is an image."""
    info = library.world.blobs.info(blob)
    return StoredFile(name=name, blob=blob, media_type=info.media_type, width=info.width, height=info.height)


def twin(library: Library, blob: Blob) -> Asset | None:
    """An asset with the same bytes, if the site looks for such: checksums and duplicate detection both on."""
    if not (library.switch("metadata.checksumEnabled") and library.switch("duplicate_detection")):
        return None
    found = library.world.documents.page("asset", Lookup("md5", equal=blob.md5), 0, 1)
    return library.find(int(found[0])) if found else None


def imported(library: Library, blob: Blob, file_name: str, folder: int) -> Asset:
    """Import a file into a folder; with duplicate detection perhaps an asset that exists joins the folder (INFERRED)."""
    if (known := twin(library, blob)) is not None:
        if library.switch("duplicate_action") == "refuse":
            raise failure(f"The file is there already, as asset {known.id}")
        if folder in known.folders or library.switch("duplicate_action") == "same_id":
            return known
        joined = with_profiles(library, known.arrived(folder), folder)
        library.put(joined)
        return joined
    if library.switch("duplicate_file_names") == "refuse" and _name_taken(library, file_name, folder):
        raise failure(f'The folder has a file "{file_name}" already')
    now = library.stamp()
    asset = Asset(
        id=library.next_id("asset", FIRST_ASSET),
        name=file_name.rpartition(".")[0] or file_name,
        created_ms=now,
        imported_ms=now,
        modified_ms=now,
        file=stored_file(library, blob, file_name),
        attributes={one.name: one.default for one in library.site.attributes.values() if one.default},
        folders=(folder,),
        proxies_ms=now + round(library.switch("proxy_delay_s") * 1000),
    )
    asset = with_profiles(library, _synced_now(library, asset, folder), folder)
    library.put(asset)
    return asset


def _name_taken(library: Library, file_name: str, folder: int) -> bool:
    found = (library.find(int(one)) for one in library.in_folder(folder))
    return any(one is not None and one.file_name.lower() == file_name.lower() for one in found)


def _synced_now(library: Library, asset: Asset, folder: int | None) -> Asset:
    """The asset synced, or as it is with the sync put on the list for later, by switch."""
    delay = round(library.switch("sync_delay_s") * 1000)
    if delay <= 0:
        return synced(library, asset)
    library.chores.put(f"sync:{asset.id}", "sync", library.stamp() + delay, asset=asset.id, folder=folder)
    return asset


def synced(library: Library, asset: Asset) -> Asset:
    """The asset with what its file says, by the import maps (NX 10, CONFIRMED)."""
    if not any(row.imports for row in library.site.metadata_map):
        return asset
    found = sync(
        library.world.blobs.embedded(asset.file.blob),
        library.site.metadata_map,
        library.site.attributes,
        library.site.vocabularies,
        unknown_term=library.switch("unknown_term"),
        limit=library.switch("value_limit"),
    )
    checked = {name: Checked(values, found.new_terms.get(name, ())) for name, values in found.values.items()}
    asset = with_attributes(library, asset, checked)
    return replace(asset, name=found.name) if found.name else asset


def new_file(library: Library, asset: Asset, blob: Blob, file_name: str, *, keep_earlier: bool) -> Asset:
    """Put a new file in place: a version keeps the earlier one, a reimport does not (INFERRED). Both sync metadata."""
    now = library.stamp()
    changed = replace(
        asset,
        file=stored_file(library, blob, file_name),
        earlier=(*asset.earlier, asset.file) if keep_earlier else asset.earlier,
        modified_ms=now,
        proxies_ms=now + round(library.switch("proxy_delay_s") * 1000),
    )
    changed = _synced_now(library, changed, None)
    library.put(changed)
    return changed


def new_view(library: Library, asset: Asset, file: StoredFile, *, name: str, description: str) -> View:
    """Attach one more file to an asset."""
    view = View(id=library.next_id("view", FIRST_VIEW), name=name, description=description, file=file)
    library.put(replace(asset, views=(*asset.views, view)))
    return view
