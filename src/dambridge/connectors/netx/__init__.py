"""NetX, the system of record: an `AssetArchive` over its public API.

`connect(NetxOptions(...), account=..., pacer=..., http=...)` gives one; the five modules are `config` (options), `wire` (the
service's shapes), `protocol` (requests and judgements without IO), `client` (calls) and `adapter` (the port).
"""

from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions

__all__ = ["NetxOptions", "connect"]
