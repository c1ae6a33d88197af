"""Metadata inside files: our own reader, independent of the one in the product."""

from dambridge_sim.kit.embedded.reader import Embedded, read_embedded

__all__ = ["Embedded", "read_embedded"]
