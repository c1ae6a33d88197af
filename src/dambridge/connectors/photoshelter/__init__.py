"""PhotoShelter, where photographers deliver, over API v4 and, for what that does not prove, v3. `connect` in `adapter`
makes a `Connection`."""
