"""A local NetX site, written from the API reference alone; it shares no code with the connector."""

from dambridge_sim.netx.vendor import make_vendor

__all__ = ["make_vendor"]
