"""The tables of the ledger and the pacer, by what they are about. `migrations` builds them; a test holds the two equal."""

from dambridge.storage.tables import asking, in_step, outward, trail, words, work
from dambridge.storage.tables.schema import metadata

__all__ = ["asking", "in_step", "metadata", "outward", "trail", "words", "work"]
