"""PhotoShelter, where photographers deliver: an `AssetReader` over API v4. `connect` in `adapter` makes one."""
