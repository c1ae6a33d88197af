"""dambridge joins PhotoShelter and NetX into one governed flow; `ARCHITECTURE.md` is the map of this package."""

__version__ = "0.1.0"
