"""NetX, the system of record: all facets of an account over its public API.

`connect(NetxOptions(...), account=..., pacer=..., http=...)` gives a `Connection`. Below it: `config` (options), `wire` (the
service's shapes), `protocol`, `queries` and `listing` (requests and judgements without IO), `client` and `signing` (calls), what
several facets share (`records`, `looking`, `folders`, `pictures`, `datasync`), and a module per facet: `reading`, `archive`,
`attachments`, `finding`, `hints`, `probing`.
"""

from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions

__all__ = ["NetxOptions", "connect"]
