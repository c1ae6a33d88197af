"""A local PhotoShelter, written from the API reference alone: v4, and the part of v3 that is still needed."""

from dambridge_sim.photoshelter.vendor import PhotoShelter


def make_vendor() -> PhotoShelter:
    """Return a simulator to be served."""
    return PhotoShelter()
