"""NetX, the system of record: an `AssetArchive` over its public API. `connect` in `adapter` makes one."""
