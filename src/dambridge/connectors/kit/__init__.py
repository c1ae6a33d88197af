"""HTTP as both connectors use it: paced, retried where that is safe, streamed, silent about secrets.

How a connector uses the kit:

* `bootstrap` opens one `Http` per process (`async with Http() as http`) and hands it to each connector's `connect`.
  `http.calls` counts the calls made so far per account.
* `adapter.connect(options, *, account, pacer, clock, http)` makes one `HttpCaller` per account::

      caller = HttpCaller(http, account=account, base_url=options.base_url, pacer=pacer,
                          timeouts=Timeouts(connect=10, idle=60), secrets=[options.token.get_secret_value()])
      caller.sign_with(FixedHeaders({"Authorization": "apiToken ..."}))          # a token that never changes, or
      caller.sign_with(RenewedHeaders(sign_in))                                  # `async def sign_in(lane) -> SignedIn`

* `protocol.py` builds `Request` values and judges `Reply` values, both plain data; `client.py` sends them::

      reply = await caller.call(Request(method="GET", path="/media/I0000x", effect=Effect.READ,
                                        about="read asset I0000x", query={"include": "iptc"}), lane=lane)
      reply.status, reply.headers, reply.json()

  `call` returns every reply that says something about the asset: 2xx, and 4xx other than 408, 425 and 429 (a 401 only
  after a new session did not help). It raises `TryLater`, `Unclear` or `CannotGoOn` for the rest, so a connector judges
  the service's own errors and nothing else. An RPC that only reads is a POST with `Effect.READ`.
* A sign-in is made with `authorised=False` and is `Effect.READ`: it changes no asset, so it is repeated like a read.
* A reply to a `READ` that is 2xx but no JSON is repeated as well, unless the request says `expects_json=False`.
* Large bodies go out as `Request(..., file=FilePart(field="file", file_name=..., body=body), form={...})`; the form's
  fields are sent before the file. Originals come in by `async with caller.download(request, lane=lane) as found:` where
  `found.stream` is a `ByteStream`, or None with `found.reply` when the service refused.
* Give every secret that turns up later (a token from a sign-in) to `caller.mask.add(...)`; `RenewedHeaders` needs no
  reminder for what it sends. Whatever the service says goes through `caller.mask(text)` before it becomes an error.
"""

from dambridge.connectors.kit.backoff import Retries
from dambridge.connectors.kit.caller import Download, HttpCaller
from dambridge.connectors.kit.clock import SimulatorClock, SystemClock
from dambridge.connectors.kit.hooks import HookOptions, listening
from dambridge.connectors.kit.http import Http, Timeouts
from dambridge.connectors.kit.messages import Effect, FilePart, Reply, Request
from dambridge.connectors.kit.secrets import Masker
from dambridge.connectors.kit.sessions import Authoriser, FixedHeaders, RenewedHeaders, SignedIn
from dambridge.connectors.kit.standard_hints import StandardHintReader
from dambridge.connectors.kit.telling import StandardHookSender, Way

__all__ = [
    "Authoriser",
    "Download",
    "Effect",
    "FilePart",
    "FixedHeaders",
    "HookOptions",
    "Http",
    "HttpCaller",
    "Masker",
    "RenewedHeaders",
    "Reply",
    "Request",
    "Retries",
    "SignedIn",
    "SimulatorClock",
    "StandardHintReader",
    "StandardHookSender",
    "SystemClock",
    "Timeouts",
    "Way",
    "listening",
]
