"""The control calls under `/__sim__/`: JSON in, JSON or JSON lines out, no authentication, loopback only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dambridge_sim.kit import bodies
from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.faults import NO_FAULTS
from dambridge_sim.kit.multipart import BadFormError, Upload, read_multipart
from dambridge_sim.kit.pages import Pages
from dambridge_sim.kit.seeds import BadSeedError
from dambridge_sim.kit.simulator import Simulator
from dambridge_sim.kit.switches import UnknownSwitchError
from dambridge_sim.kit.vendor import BadMetaError

M = TypeVar("M", bound=BaseModel)
_BATCH = 200


class Control:
    """The control calls of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        """Control `simulator`."""
        self._sim = simulator
        self._world = simulator.world

    def app(self) -> Starlette:
        """Return the calls and the pages for people as an application."""
        routes = [
            Route("/__sim__/health", self.health),
            Route("/__sim__/reset", self.reset, methods=["POST"]),
            Route("/__sim__/assets", self.add, methods=["POST"]),
            Route("/__sim__/assets/{id}", self.asset, methods=["GET"]),
            Route("/__sim__/assets/{id}", self.edit, methods=["PATCH"]),
            Route("/__sim__/assets/{id}", self.delete, methods=["DELETE"]),
            Route("/__sim__/assets/{id}/file", self.file, methods=["GET"]),
            Route("/__sim__/state", self.state),
            Route("/__sim__/journal", self.journal),
            Route("/__sim__/exposure", self.exposure),
            Route("/__sim__/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/__sim__/clock", self.clock, methods=["GET", "POST"]),
            Route("/__sim__/traffic", self.traffic, methods=["GET", "POST"]),
            Route("/__sim__/switches", self.switches, methods=["GET", "POST"]),
            Route("/__sim__/webhooks", self.webhooks, methods=["GET", "POST"]),
            Route("/__sim__/operations", self.operations),
            Route("/__sim__/buttons/{name}", self.button, methods=["POST"]),
            *Pages(self._sim).routes(),
        ]
        handlers: Any = {HTTPException: _http_error, BadRequestError: _bad_request}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def health(self, _request: Request) -> Response:
        """`GET /__sim__/health`."""
        return JSONResponse({"ok": True, "system": self._sim.vendor.name, "strict": self._world.strict})

    async def reset(self, request: Request) -> Response:
        """`POST /__sim__/reset`, with an optional `{"seed": PATH}` to load afterwards."""
        body = await _parsed(request, bodies.ResetBody)
        try:
            self._sim.reset(body.seed)
        except (BadSeedError, BadMetaError, ValueError) as error:
            raise BadRequestError(str(error)) from error
        return JSONResponse({"ok": True})

    async def add(self, request: Request) -> Response:
        """`POST /__sim__/assets`."""
        upload, meta = await self._received(request)
        try:
            return JSONResponse({"id": self._sim.add(upload, meta)})
        except BadMetaError as error:
            raise BadRequestError(str(error)) from error

    async def asset(self, request: Request) -> Response:
        """`GET /__sim__/assets/{id}`."""
        self._sim.vendor.clock_moved()
        try:
            return JSONResponse(self._sim.asset(request.path_params["id"]))
        except KeyError as error:
            raise _no_asset(error) from error

    async def edit(self, request: Request) -> Response:
        """`PATCH /__sim__/assets/{id}`."""
        upload, meta = await self._received(request)
        identifier = request.path_params["id"]
        try:
            self._sim.edit(identifier, upload, meta)
        except KeyError as error:
            raise _no_asset(error) from error
        except BadMetaError as error:
            raise BadRequestError(str(error)) from error
        return JSONResponse({"id": identifier})

    async def delete(self, request: Request) -> Response:
        """`DELETE /__sim__/assets/{id}`."""
        identifier = request.path_params["id"]
        try:
            self._sim.delete(identifier)
        except KeyError as error:
            raise _no_asset(error) from error
        return JSONResponse({"id": identifier, "deleted": True})

    async def file(self, request: Request) -> Response:
        """`GET /__sim__/assets/{id}/file`: the stored original, as it is."""
        blob = Pages(self._sim).blob(request.path_params["id"])
        if blob is None:
            raise HTTPException(404, "no such asset, or it has no file")
        media_type = self._world.blobs.info(blob).media_type
        size = {"content-length": str(blob.size)}
        return StreamingResponse(
            _paced(self._world.blobs.chunks(blob, 0, blob.size)), media_type=media_type, headers=size
        )

    async def state(self, request: Request) -> Response:
        """`GET /__sim__/state`, with `?synthetic=0` (only what is stored) and `?embedded=0` (faster)."""
        self._sim.vendor.clock_moved()
        synthetic, embedded = (request.query_params.get(name, "1") != "0" for name in ("synthetic", "embedded"))
        return _json_lines(self._sim.lines(synthetic=synthetic, embedded=embedded))

    async def journal(self, request: Request) -> Response:
        """`GET /__sim__/journal?after=N`."""
        try:
            after = int(request.query_params.get("after", "0"))
        except ValueError as error:
            raise BadRequestError("after must be a number: the last seq that you have") from error
        return StreamingResponse(_paced(self._world.journal.raw(after)), media_type="application/x-ndjson")

    async def exposure(self, _request: Request) -> Response:
        """`GET /__sim__/exposure`."""
        self._sim.vendor.clock_moved()
        return _json_lines(self._world.exposure.lines())

    async def faults(self, request: Request) -> Response:
        """`GET`, `POST`, `DELETE /__sim__/faults`."""
        if request.method == "POST":
            self._world.faults.load(await _parsed(request, bodies.FaultRules))
        elif request.method == "DELETE":
            self._world.faults.load(bodies.FaultRules())
        return JSONResponse(self._world.faults.describe())

    async def clock(self, request: Request) -> Response:
        """`GET`, `POST /__sim__/clock`."""
        clock = self._world.clock
        if request.method == "POST":
            body = await _parsed(request, bodies.ClockBody)
            try:
                body.apply(clock)
            except (OverflowError, ValueError) as error:
                raise BadRequestError(str(error)) from error
            self._world.exposure.settle()
            self._sim.vendor.clock_moved()
        return JSONResponse({"now": iso(clock.now_ms()), "frozen": clock.frozen})

    async def traffic(self, request: Request) -> Response:
        """`GET`, `POST /__sim__/traffic`."""
        if request.method == "POST":
            self._world.traffic.load(await _parsed(request, bodies.TrafficBody))
        return JSONResponse(self._world.traffic.settings.model_dump())

    async def switches(self, request: Request) -> Response:
        """`GET`, `POST /__sim__/switches`."""
        if request.method == "POST":
            values = (await _parsed(request, bodies.SwitchesBody)).model_extra or {}
            try:
                self._world.switches.set(values)
            except UnknownSwitchError as error:
                raise BadRequestError(str(error)) from error
        return JSONResponse({"switches": self._world.switches.describe()})

    async def webhooks(self, request: Request) -> Response:
        """`GET`, `POST /__sim__/webhooks`: targets, and what was sent to them."""
        hooks = self._world.webhooks
        if request.method == "POST":
            hooks.load(await _parsed(request, bodies.WebhooksBody))
        targets = [{"url": target.url, "events": target.events} for target in hooks.targets]
        return JSONResponse({"targets": targets, "deliveries": [each.to_json() for each in hooks.deliveries]})

    async def operations(self, _request: Request) -> Response:
        """`GET /__sim__/operations`: what is served, and how sure the reference is of it."""
        served = [
            {
                "method": each.method,
                "path": each.path,
                "confidence": str(each.confidence),
                "reference": each.reference,
                "served": each.confidence.in_strict or not self._world.strict,
            }
            for each in self._sim.vendor.operations()
        ]
        return JSONResponse({"operations": served})

    async def button(self, request: Request) -> Response:
        """`POST /__sim__/buttons/{name}`: what a person starts in the web application; the vendor says which there are."""
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError as error:
            raise BadRequestError(f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise BadRequestError("the body must be a JSON object")
        try:
            return JSONResponse(self._sim.press(request.path_params["name"], body))
        except KeyError as error:
            raise HTTPException(404, f"there is no button {error.args[0]!r}") from error
        except BadMetaError as error:
            raise BadRequestError(str(error)) from error

    async def _received(self, request: Request) -> tuple[Upload | None, dict[str, Any]]:
        """Return file and meta of a control call; a JSON body is meta alone."""
        content_type = request.headers.get("content-type", "")
        if not content_type.startswith("multipart/form-data"):
            return None, _meta(await request.body())
        try:
            form = await read_multipart(content_type, _body(request), self._world.blobs, NO_FAULTS)
        except BadFormError as error:
            raise BadRequestError(str(error)) from error
        part = form.files.pop("meta", None)
        text = self._world.blobs.read(part.blob) if part else (form.first("meta") or "{}").encode()
        if odd := sorted({*form.files, *form.fields} - {"file", "meta"}):
            raise BadRequestError(f"unknown part {', '.join(odd)}; there are file and meta")
        return form.files.get("file"), _meta(text)


class BadRequestError(ValueError):
    """A control call that cannot be understood."""


async def _bad_request(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _http_error(_request: Request, error: Exception) -> Response:
    status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, str(error))
    return JSONResponse({"error": detail}, status_code=status)


def _no_asset(error: KeyError) -> HTTPException:
    return HTTPException(404, f"no asset {error.args[0]!r}; GET /__sim__/state lists them")


async def _parsed(request: Request, model: type[M]) -> M:
    """Return the body as a model; an empty body is an empty object."""
    text = await request.body()
    try:
        return model.model_validate_json(text or b"{}")
    except ValidationError as error:
        raise BadRequestError(_words(error)) from error


def _meta(text: bytes) -> dict[str, Any]:
    """Check the members that both simulators know; return all as they came."""
    try:
        meta = json.loads(text or b"{}")
        json.dumps(meta, ensure_ascii=False).encode()  # half a surrogate pair is no text
        bodies.AssetMeta.model_validate(meta)
    except ValidationError as error:
        raise BadRequestError(f"meta: {_words(error)}") from error
    except ValueError as error:
        raise BadRequestError(f"meta is not JSON: {error}") from error
    if not isinstance(meta, dict):
        raise BadRequestError("meta must be a JSON object")
    return meta


def _words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors())


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for data in request.stream():
        if data:
            yield data


def _json_lines(lines: Iterable[dict[str, Any]]) -> Response:
    async def made() -> AsyncIterator[bytes]:
        batch: list[bytes] = []
        for line in lines:
            batch.append(json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
            if len(batch) >= _BATCH:
                yield b"".join(batch)
                batch.clear()
                await asyncio.sleep(0)
        yield b"".join(batch)

    return StreamingResponse(made(), media_type="application/x-ndjson")


async def _paced(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
