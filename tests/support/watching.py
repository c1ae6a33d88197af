"""What was asked of a simulator, call by call, as the words in which the inventories name what serves an operation.

`METHOD /path`, `rpc NAME` and `data GROUP` are those of the inventories; the finer words (`operator or`, `option sort`,
`file original`, ...) tell apart what shares one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.routing import Routes
from dambridge_sim.kit.serving import Served
from dambridge_sim.netx.envelope import NOTIFICATION

RPC: Final = "/api/rpc"
_CRITERIA: Final = ("exact", "range", "contains", "folder", "subquery")
_RENDITIONS: Final = frozenset({"thumbnail", "thumbnail.jpg", "preview"})


@dataclass
class Watch:
    """Who asked for what: facet to words, `undocumented` what no operation of the simulator answers to."""

    served: Served
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    undocumented: set[str] = field(default_factory=set)
    facet: str = ""
    routes: Routes = field(init=False)

    def __post_init__(self) -> None:
        """Look at each call once the simulator knows its method and its caller, before it is answered."""
        vendor = self.served.simulator.vendor
        self.routes = Routes(vendor.operations())
        answer = vendor.before

        async def before(call: Call) -> Reply | None:
            reply = await answer(call)  # which finds out who calls
            self._note(call)
            return reply

        vendor.before = before  # type: ignore[method-assign]

    @contextmanager
    def by(self, facet: str) -> Iterator[None]:
        """Whatever is called meanwhile is called by this facet."""
        was, self.facet = self.facet, facet
        yield
        self.facet = was

    def note(self, word: str) -> None:
        """Something that is used without a call, and was seen to work."""
        self.seen[self.facet].add(word)

    def facets(self, word: str) -> set[str]:
        """Who asked for it."""
        return {facet for facet, words in self.seen.items() if word in words}

    def _note(self, call: Call) -> None:
        found = self.routes.find(call.method, call.path)
        if found is None:
            self.undocumented.add(f"{self.facet}: {call.method} {call.path}")
            return
        words = {f"{call.method} {found.operation.path}", *_headers(call, self.served.credentials)}
        if "rpc" in call.state:
            words |= {f"path {call.path}", *_of_rpc(call.state["rpc"])}
        if "/file/asset/" in call.path:
            words |= set(_of_file(call.path))
        self.seen[self.facet] |= words


def _headers(call: Call, credentials: Mapping[str, Any]) -> Iterator[str]:
    if "range" in call.headers:
        yield "header Range"
    for name in ("x-ps-api-key", "x-ps-auth-token", "cookie"):
        if name in call.headers:
            yield f"header {name}"
    kind, _, secret = call.headers.get("authorization", "").partition(" ")
    if kind:
        place = "/api/rpc" if call.path.startswith(RPC) else "/api/import" if "/import/" in call.path else "files"
        yield f"header {kind}"
        yield f"header {kind} on {place}"
        if call.caller is not None and secret not in credentials.get("tokens", {}).values():
            yield f"header {kind} of OAuth"
    for name in call.query:
        yield f"query {name}"


def _of_rpc(read: Any) -> Iterator[str]:
    yield f"rpc {read.method}"
    yield f"rpc {read.method} with {len(read.params)} parameters"
    if read.call_id is NOTIFICATION:
        yield "rpc without id"
    for it in read.params:
        if isinstance(it, Mapping):
            yield from (f"member {read.method}.{name}" for name in it)
            yield from (f"data {name}" for name in it.get("data") or ())
            yield from (f"option {name}" for name in ("sort", "page", "data") if it.get(name))
            yield from (f"sort by {kind}" for kind in it.get("sort") or () if kind in {"field", "attribute"})
            yield from _of_query(it.get("query") or ())


def _of_query(clauses: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for it in clauses:
        yield f"operator {it.get('operator')}"
        for name in _CRITERIA:
            if name in it:
                yield f"criterion {name}"
                yield from (f"criterion {name} on {kind}" for kind in ("field", "attribute") if kind in it[name])
        yield from _of_query((it.get("subquery") or {}).get("query") or ())


def _of_file(path: str) -> Iterator[str]:
    """`file WORD` of the older addresses, `api file WORD` of the newer ones (NX 8)."""
    place, _, rest = path.partition("/file/asset/")
    rest = rest.partition("/")[2]
    if not rest:
        return
    if place:
        yield f"api file {rest if rest in _RENDITIONS else rest.partition('/')[0] if '/' in rest else 'NAME'}"
        return
    word, _, more = rest.partition("/")
    yield f"file {word}"
    if rest.endswith("/attachment"):
        yield "file attachment"
    elif "." in more.rpartition("/")[2]:
        yield "file NAME"
