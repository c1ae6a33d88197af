"""NetX's own examination of an account."""

from dambridge.connectors.netx.probing.prober import NetxProber

__all__ = ["NetxProber"]
