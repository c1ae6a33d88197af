"""What a PhotoShelter account can really do, found out by asking it: every open question of the reference, asked safely.

`calls` speaks and keeps the evidence, `scratch` is the private place where anything may be written, `library` finds files
to look at, the `*_questions` modules ask, and `prober` joins them to the port.
"""

from dambridge.connectors.photoshelter.probing.prober import PhotoShelterProber

__all__ = ["PhotoShelterProber"]
