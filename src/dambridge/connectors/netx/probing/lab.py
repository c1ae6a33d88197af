"""The bench that the questions of `probe` work at: calls whose every answer is kept as evidence, samples of what the site
holds, and the scratch folder with what was made in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from dambridge.connectors.kit import Effect, Reply, Request, SystemClock
from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.probing.answers import Answer, Heard, NoAnswer, Scratch
from dambridge.connectors.netx.probing.files import jpeg
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Mutation, Question
from dambridge.ports.systems import Body

ROOT: Final = "dambridge"
PREFIX: Final = "dambridge-probe-"
"""How the name of every file begins that a probe imports. Nothing else is ever deleted."""
NOT_THERE: Final = 2147483646
"""An id that no site has reached."""
SAMPLES: Final = 25
_LONGEST: Final = 160
_PATIENT: Final = 40
_TEXTS: Final = ("Dambridge Id", "Source Id")
ALL: Final = {"query": [{"operator": "and", "range": {"field": "modDate", "min": 0, "max": None}}]}


async def _rest(wait: timedelta) -> None:
    await asyncio.sleep(wait.total_seconds())


class Lab:
    """Calls, samples, scratch. One per prober; `lane` and `evidence` belong to the question under way."""

    def __init__(
        self,
        setup: NetxOptions,
        *,
        client: NetxClient,
        clock: Clock | None = None,
        rest: Callable[[timedelta], Awaitable[None]] = _rest,
        mapped: Sequence[str] | None = None,
        marks: Sequence[str] = (),
    ) -> None:
        self.setup = setup
        self.marks = marks
        """Attributes that carry our own marks: a site may be without them."""
        self.mapped = mapped
        """The attributes that a flow writes on this account; None where that is not known: then every one is looked at."""
        self.lane = Lane.NORMAL
        self.evidence: list[str] = []
        self.scratch: Scratch | None = None
        self.write_route: tuple[str, str] | None = None
        """Encoding and method by which attributes were seen to be written, once that is known."""
        self.left_behind: list[str] = []
        """What was made outside the scratch folder and cannot be taken back by any call."""
        self.clock = clock or SystemClock()
        self.rest = rest
        self._client = client
        self._samples: list[wire.WireAsset] = []
        self._definitions: list[wire.WireAttribute] | None = None
        self._terms: dict[str, list[str]] = {}
        self._serial = 0
        self._page = 0
        self.fills_after = timedelta(0)
        """How long after an import embedded values stood in the attributes, once that was measured."""

    # calls -------------------------------------------------------------------------------------------------------

    async def ask(self, method: str, *params: Any) -> Heard:
        """An RPC that only reads, a refusal being an answer like any other."""
        return await self._rpc(self._client.read, method, params)

    async def change(self, method: str, *params: Any) -> Heard:
        """An RPC that changes something. Raises `Unclear` where the reply was lost."""
        return await self._rpc(self._client.write, method, params)

    async def _rpc(self, call: Callable[..., Awaitable[Any]], method: str, params: Sequence[Any]) -> Heard:
        try:
            result = await call(method, list(params), about=f"probe with {method}", lane=self.lane)
        except nx.SaidNo as said:
            self.note(f"{method} → error {said.code}: {said.text}")
            return Heard(said.code, said.text, None)
        self.note(f"{method} → {_shape(result)}")
        return Heard(None, "", result)

    async def raw(self, method: str, path: str, **more: Any) -> Reply:
        """Any request that only reads, and its reply as it comes."""
        effect, about = Effect.READ, f"probe {path}"
        request = Request(method=method, path=path, effect=effect, about=about, expects_json=False, **more)
        reply = await self._client.exchange(request, lane=self.lane)
        self.note(f"{method} {path} → HTTP {reply.status}")
        return reply

    async def glance(self, path: str, **more: Any) -> tuple[int, bytes]:
        """The status of a file's address and the first bytes of its body; the rest stays where it is.

        Errors come under HTTP 200 (NX 3.1), and a page to sign in on may come for whoever is nobody: both count as refused."""
        request = Request(
            method="GET", path=path, effect=Effect.READ, about=f"probe {path}", expects_json=False, **more
        )
        async with self._client.opened(request, lane=self.lane) as found:
            first = b"" if found.stream is None else await anext(found.stream.chunks, b"")
            kind = found.reply.headers.get("Content-Type", "")
        is_error = kind.startswith("application/json") and b'"error"' in first
        is_page = kind.startswith("text/html") and not more.get("authorised", True)
        status = 403 if found.reply.ok and (is_error or is_page) else found.reply.status
        self.note(f"GET {path} → HTTP {status}")
        return status, first

    async def whole(self, asset: str) -> bytes:
        """A small file, whole."""
        path = nx.original_path(asset)
        async with self._client.download(path, about=f"probe {path}", lane=self.lane) as stream:
            return b"".join([it async for it in stream.chunks])

    def note(self, line: str) -> None:
        """Keep one line of evidence."""
        if len(self.evidence) < _PATIENT:
            self.evidence.append(self._client.masked(line))

    # what the site holds -----------------------------------------------------------------------------------------

    async def samples(self) -> list[wire.WireAsset]:
        """Some of the assets that the account can see, else the scratch asset. Raises `NoAnswer` where there is none."""
        if not self._samples:
            options = nx.options(nx.WHOLE_ASSET, size=await self.page(SAMPLES))
            heard = await self.ask("getAssetsByQuery", ALL, options)
            rows = heard.result.get("results", []) if isinstance(heard.result, Mapping) else []
            self._samples = [wire.parse_asset(it) for it in rows]
        if self._samples:
            return self._samples
        if self.scratch is not None and self.scratch.asset:
            return [await self.read(self.scratch.asset)]
        raise NoAnswer("The account sees no asset that this could be tried on; with `--write` there is one.")

    async def definitions(self) -> list[wire.WireAttribute]:
        """Every attribute that the account is shown."""
        if self._definitions is None:
            raw = await self.every("getAttributes")
            self._definitions = [wire.parse_attribute(it) for it in raw]
        return self._definitions

    async def terms(self, attribute: wire.WireAttribute) -> list[str]:
        """The terms of an attribute's vocabulary."""
        if attribute.id not in self._terms:
            raw = await self.every("getValuesByAttribute", nx.number(attribute.id))
            self._terms[attribute.id] = [wire.parse_term(it) for it in raw]
        return self._terms[attribute.id]

    async def page(self, most: int = 1000) -> int:
        """How many rows to ask for: a site may refuse a page that it finds too large, so once a size is found by halves."""
        size = self.setup.page_size
        while not self._page:
            options = nx.options(("folder.id",), size=size)
            refused = (await self.ask("getFoldersByParent", nx.number(nx.ROOT_FOLDER), options)).said_no
            if refused and size > 1:
                size //= 2
            else:
                self._page = self.setup.page_size if refused else size
        return min(self._page, most)

    async def every(self, method: str, *params: Any) -> list[Any]:
        """A short list in full, whatever size of page the site gives. Raises `NoAnswer` where it is refused."""
        found: list[Any] = []
        while True:
            page = {"page": {"startIndex": len(found), "size": await self.page()}}
            heard = await self.ask(method, *params, page)
            if heard.said_no:
                raise NoAnswer(f"{method} was refused: {heard.text} ({heard.code}).")
            shown = wire.parse_list(heard.result)
            found += shown.results
            if len(found) >= shown.size or not shown.results:
                return found

    async def read(self, asset: str) -> wire.WireAsset:
        """One asset as it is now. Raises `NoAnswer` where it cannot be read."""
        heard = await self.ask("getAssets", [nx.number(asset)], nx.options(nx.WHOLE_ASSET, size=1))
        rows = [] if heard.said_no else wire.parse_assets(heard.result)
        if not rows:
            raise NoAnswer(f"Asset {asset} could not be read back: {heard.text or 'it was left out'}.")
        return rows[0]

    async def is_there(self, asset: str) -> bool:
        heard = await self.ask("getAssets", [nx.number(asset)], nx.options(("asset.id",), size=1))
        return not heard.said_no and bool(wire.parse_assets(heard.result))

    # the scratch folder ------------------------------------------------------------------------------------------

    @property
    def bench(self) -> Scratch:
        """The scratch folder. Raises `NoAnswer` where none is open."""
        if self.scratch is None:
            raise NoAnswer("There is no scratch folder.")
        return self.scratch

    async def folder(self, name: str = "") -> str:
        """The scratch folder, or one below it, made where it is missing."""
        if not name:
            return self.bench.id
        heard = await self.change(
            "createFolderFromPath", f"{self.bench.path}/{name}", nx.options(("folder.id",), size=1)
        )
        if heard.said_no:
            raise NoAnswer(f"No folder could be made: {heard.text} ({heard.code}).")
        return wire.parse_id(heard.result)

    def bytes_of_its_own(self, fields: Mapping[str, str] | None = None) -> bytes:
        """A picture such as this site has never had."""
        return jpeg(self.new_name(""), fields)

    def new_name(self, extension: str) -> str:
        self._serial += 1
        return f"{PREFIX}{self.bench.path.rpartition('-')[2]}-{self._serial}{extension}"

    async def put(
        self, content: bytes | None = None, *, folder: str | None = None, name: str = "", kind: str = ".jpg"
    ) -> str:
        """Import a file and return the asset's id as text. Raises as `NetxClient.send_file`, and `NoAnswer` for a reply
        without an id."""
        raw = await self.send(content, folder=folder, name=name, kind=kind)
        try:
            return wire.parse_id(raw)
        except wire.BadReply:
            raise NoAnswer("The reply to an import names no asset.") from None

    async def send(
        self, content: bytes | None = None, *, folder: str | None = None, name: str = "", kind: str = ".jpg"
    ) -> Any:
        """Import a file and return the reply as it came, remembering what is now to be cleaned up."""
        content = self.bytes_of_its_own() if content is None else content
        name = name or self.new_name(kind)
        form = {"folderId": folder or self.bench.id}
        raw = await self.upload("POST", nx.IMPORT_PATH, content, name=name, form=form)
        if isinstance(raw, Mapping) and isinstance(raw.get("id"), int | str):
            self.bench.assets[str(raw["id"])] = name
        return raw

    async def upload(self, method: str, path: str, content: bytes, *, name: str, form: Mapping[str, str]) -> Any:
        """Send a file by any of the import addresses. Raises `Refused` where the site has none such."""
        body = body_of(content)
        about = f"import the scratch file {name}"
        raw = await self._client.send_file(
            method, path, body, form=form, file_name=name, expects_json=False, about=about, lane=self.lane
        )
        self.note(f"{method} {path} {name} → {_shape(raw)}")
        return raw

    async def delete(self, asset: str) -> bool:
        """Delete an asset of ours for good; whether it is gone. A lost reply is looked into, and the call repeated."""
        for _ in range(3):
            try:
                heard = await self.change("deleteAsset", nx.number(asset))
                if not heard.said_no:
                    break
            except NextMove as error:
                self.note(str(error))
            if not await self.is_there(asset):
                break
        gone = not await self.is_there(asset)
        if gone and self.scratch is not None:
            self.scratch.assets.pop(asset, None)
        return gone

    # attributes --------------------------------------------------------------------------------------------------

    async def text_attribute(self) -> str:
        """An attribute that takes free text, our own before the site's. Raises `NoAnswer` where there is none."""
        return (await self.text_attributes(1))[0]

    async def text_attributes(self, count: int) -> list[str]:
        """So many attributes that take free text. Raises `NoAnswer` where there are fewer."""
        known = {it.name: it.type for it in await self.definitions() if it.name}
        found = [it for it in dict.fromkeys((*_TEXTS, *known)) if known.get(it) in {"text", "textarea", "text area"}]
        if len(found) < count:
            least = "no attribute that takes" if count == 1 else f"fewer than {count} attributes that take"
            raise NoAnswer(f"The account is shown {least} free text.")
        return found[:count]

    async def attribute_with_terms(self, *kinds: str, least: int = 1) -> tuple[str, list[str]]:
        """An attribute of one of these types and its terms. Raises `NoAnswer` where there is none."""
        for kind in kinds:
            for it in await self.definitions():
                if it.type == kind and it.name and len(terms := await self.terms(it)) >= least:
                    return it.name, terms
        raise NoAnswer(f"The account is shown no attribute of type {' or '.join(kinds)} with {least} terms.")

    async def write(self, asset: str, values: Mapping[str, Sequence[str]]) -> Heard:
        """Write attributes by the route that was shown to work. Raises `NoAnswer` where none was."""
        if self.write_route is None:
            raise NoAnswer("No way was found to write attributes, so this cannot be tried.")
        encoding, method = self.write_route
        return await self.write_by(encoding, method, asset, values)

    async def write_by(self, encoding: str, method: str, asset: str, values: Mapping[str, Sequence[str]]) -> Heard:
        spelled = {name: list(it) for name, it in values.items()}
        answer = nx.options(("asset.id",), size=1)
        if encoding == "update_asset":
            return await self.change("updateAsset", {"id": nx.number(asset), "attributes": spelled}, answer)
        return await self.change(method, nx.number(asset), spelled, answer)

    async def values(self, asset: str) -> Mapping[str, tuple[str, ...]]:
        """The attributes of an asset that are not empty, read back."""
        read = await self.read(asset)
        return {name: it for name, it in (read.attributes or {}).items() if it}

    # waiting -----------------------------------------------------------------------------------------------------

    async def measured(self, seen: Callable[[], Awaitable[bool]], *, longest: timedelta) -> timedelta | None:
        """How long from now it takes until `seen`, by the clock; None where that is longer than `longest`."""
        begun, pause = await self.clock.now(), timedelta(seconds=0.25)
        while True:
            shown = await seen()
            passed = await self.clock.now() - begun
            if shown:
                return passed
            if passed >= longest:
                return None
            await self.rest(pause)
            pause = min(pause * 1.5, timedelta(seconds=5))


Examine = Callable[[Lab], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and how it is found out."""

    question: Question
    examine: Examine


def entry(
    examine: Examine, name: str, asks: str, reference: str, *needs: str, mutations: tuple[Mutation, ...] = ()
) -> Entry:
    return Entry(Question(id=name, asks=asks, reference=reference, mutations=mutations, needs=needs), examine)


def body_of(content: bytes) -> Body:
    async def opened() -> Any:
        yield content

    return Body(size=len(content), open=opened)


def refusal(error: NextMove) -> str:
    """How an import was refused, for people."""
    return f"{error}" + (f" [{error.code}]" if isinstance(error, Refused) and error.code else "")


def _shape(value: Any) -> str:
    """What a reply looks like, without what stands in it: names and captions of assets are nobody's evidence."""
    match value:
        case Mapping() if isinstance(value.get("results"), list):
            return f"{_shape(value['results'])} of {value.get('size')}"
        case Mapping():
            names = ", ".join(str(it) for it in value)
            return f"{{{names}}}" if len(names) <= _LONGEST else f"{{{len(value)} members}}"
        case list():
            first = f" × {_shape(value[0])}" if value else ""
            return f"{len(value)}{first}"
        case None | bool():
            return str(value).lower()
        case _:
            return type(value).__name__
