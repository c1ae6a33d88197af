"""Calls of one account: paced, signed, judged; reads repeated, writes sent once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from yarl import URL

from dambridge.connectors.kit.backoff import Retries, retry_after
from dambridge.connectors.kit.http import Http, Timeouts
from dambridge.connectors.kit.messages import Effect, Reply, Request
from dambridge.connectors.kit.secrets import Masker
from dambridge.connectors.kit.sessions import Authoriser, FixedHeaders
from dambridge.connectors.kit.transport import Opened, Transport
from dambridge.connectors.kit.verdicts import Fault, FaultKind, Verdict, verdict_on
from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater, Unclear
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import ByteStream
from dambridge.ports.waiting import comes_too_late

_NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Download:
    """`stream` is the body of a success, to be read once; None where the service refused, which `reply` says."""

    reply: Reply
    stream: ByteStream | None


@dataclass(slots=True)
class _Attempts:
    """What one call has been through so far. `wait` is how long the service asked for, `renewed` whether a session was."""

    sent: int = 0
    renewed: int = 0
    wait: timedelta | None = None


class HttpCaller:
    """Sends requests of one account to `base_url`.

    Every sending takes one call from the pacer first. Reads are repeated as `retries` says; a write is sent once and
    ends as its reply, `Unclear` (it may have happened) or `TryLater` (it surely did not). `mask` hides what it knows as
    secret in any text. `calls` is where sendings are counted, `http.calls` where not given. `upkeep` is a sentence that
    says when the service is maintained, for whoever wonders why it does not answer."""

    def __init__(
        self,
        http: Http,
        *,
        account: AccountId,
        base_url: str,
        pacer: Pacer,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        secrets: Iterable[str] = (),
        calls: Counter[AccountId] | None = None,
        upkeep: str = "",
    ) -> None:
        self.account = account
        self.mask = Masker(secrets)
        self._http = http
        self._pacer = pacer
        self._retries = retries or Retries()
        self._calls = http.calls if calls is None else calls
        self._transport = Transport(
            http, account=account, base_url=base_url, timeouts=timeouts or Timeouts(), calls=self._calls
        )
        self._upkeep = upkeep
        self._signer: Authoriser = FixedHeaders({})

    @property
    def calls(self) -> int:
        """How many calls this account has made in this process."""
        return self._calls[self.account]

    def sign_with(self, authoriser: Authoriser) -> None:
        """Use `authoriser` for every call that does not say `authorised=False`."""
        self._signer = authoriser

    async def call(self, request: Request, *, lane: Lane) -> Reply:
        """The service's reply, judged only as far as transport goes: see the package for what comes back and what is raised."""
        so_far = _Attempts()
        while True:
            headers = await self._leave(request, lane, so_far)
            outcome = await self._transport.exchange(request, headers)
            if isinstance(outcome, Reply) and outcome.ok:
                outcome = _sense(request, outcome)
            if await self._settled(request, outcome, headers, so_far, lane) and isinstance(outcome, Reply):
                return outcome

    @asynccontextmanager
    async def download(self, request: Request, *, lane: Lane) -> AsyncIterator[Download]:
        """The reply with its body as a stream. Opening is repeated like any read; once bytes flow, the chunks raise
        `TryLater` where the stream is cut or is not as long as announced."""
        so_far = _Attempts()
        async with AsyncExitStack() as stack:
            while True:
                headers = await self._leave(request, lane, so_far)
                async with AsyncExitStack() as attempt:
                    found = await attempt.enter_async_context(self._transport.open(request, headers))
                    outcome = found.reply if isinstance(found, Opened) else found
                    if isinstance(found, Opened) and not request.pages and found.reply.is_page:
                        outcome = Fault(FaultKind.PAGE)
                    if await self._settled(request, outcome, headers, so_far, lane) and isinstance(outcome, Reply):
                        stack.push_async_exit(attempt.pop_all())
                        break
            stream = ByteStream(found.size, self._pieces(request, found)) if isinstance(found, Opened) else None
            yield Download(outcome, stream)

    async def tell_window(self, *, limit: int, used: int, resets_in: timedelta) -> None:
        """Pass on what the service shows of its rate window."""
        await self._pacer.told_window(self.account, limit=limit, used=used, resets_in=resets_in)

    async def _leave(self, request: Request, lane: Lane, so_far: _Attempts) -> Mapping[str, str]:
        """Wait for the budget, then say who calls: in this order, so that a session never ages in the queue."""
        await self._pacer.take(self.account, lane, 1, deadline=self._retries.patience)
        so_far.sent += 1
        return await self._signer.headers(lane) if request.authorised else _NOBODY

    async def _settled(
        self, request: Request, outcome: Reply | Fault, headers: Mapping[str, str], so_far: _Attempts, lane: Lane
    ) -> bool:
        """True when the outcome is the answer; False when the request is to be sent again, after any wait. Else raises."""
        verdict = verdict_on(request.effect, outcome.status if isinstance(outcome, Reply) else outcome)
        match verdict:
            case Verdict.ANSWER:
                return True
            case Verdict.RENEW:
                return not await self._renewed(request, headers, so_far, lane)
            case Verdict.AGAIN | Verdict.SLOW_DOWN:
                await self._rest(request, outcome, verdict, so_far)
                return False
            case _:
                raise self._error(verdict, request, outcome, so_far)

    async def _renewed(self, request: Request, headers: Mapping[str, str], so_far: _Attempts, lane: Lane) -> bool:
        """Whether the read is to be sent again with a newer session. A write is put off: nothing happened."""
        if not request.authorised or so_far.renewed or not await self._signer.renew(headers, lane):
            return False
        so_far.renewed += 1
        if request.effect is Effect.WRITE:
            raise TryLater(f"Could not {request.about}: the session had ended. A new one is made; nothing happened.")
        return True

    async def _rest(self, request: Request, outcome: Reply | Fault, verdict: Verdict, so_far: _Attempts) -> None:
        """Wait before a read is repeated, or raise when it has been often or long enough; tell the pacer what it must know."""
        so_far.wait = retry_after(outcome.headers) if isinstance(outcome, Reply) else None
        pause = so_far.wait or self._retries.wait(so_far.sent, self._http.jitter())
        if verdict is Verdict.SLOW_DOWN or so_far.wait is not None:
            await self._pacer.told_to_wait(self.account, pause)
        seconds = pause.total_seconds()
        too_long = seconds > self._retries.patience or comes_too_late(asyncio.get_running_loop().time() + seconds)
        if request.effect is Effect.WRITE or so_far.sent >= self._retries.attempts or too_long:
            raise self._error(verdict, request, outcome, so_far)
        await self._http.sleep(seconds)

    def _error(self, verdict: Verdict, request: Request, outcome: Reply | Fault, so_far: _Attempts) -> NextMove:
        what = self.mask(_words(outcome))
        tried = f"Could not {request.about} at {self._transport.origin}: {what}"
        perhaps = f" Perhaps it is being maintained. {self._upkeep}".rstrip() if _is_resting(outcome) else ""
        if verdict is Verdict.UNCLEAR:
            return Unclear(f"{tried}.{perhaps} It may have happened: look before it is done again.")
        if verdict is Verdict.STOP:
            return CannotGoOn(f"{tried}. {self.mask(_remedy(outcome))}")
        times = f" ({so_far.sent} attempts)" if so_far.sent > 1 else ""
        return TryLater(f"{tried}{times}.{perhaps} Nothing happened; it is safe to try again.", after=so_far.wait)

    async def _pieces(self, request: Request, found: Opened) -> AsyncIterator[bytes]:
        received = 0
        async for piece in found.chunks():
            if isinstance(piece, Fault):
                of = "an unknown number of" if found.size is None else str(found.size)
                raise TryLater(
                    f"Could not {request.about} to its end: {received} of {of} bytes came ({piece.kind}). "
                    "It is safe to try again."
                )
            received += len(piece)
            yield piece


def _sense(request: Request, reply: Reply) -> Reply | Fault:
    """A good reply, or why it cannot be the service's."""
    no_json = request.expects_json and not _is_json(reply)
    if (no_json or not request.pages) and reply.is_page:
        return Fault(FaultKind.PAGE)
    return Fault(FaultKind.GARBLED, "no JSON") if no_json else reply


def _is_json(reply: Reply) -> bool:
    try:
        reply.json()
    except ValueError:
        return False
    return True


def _words(outcome: Reply | Fault) -> str:
    if isinstance(outcome, Reply):
        return f"it answered with HTTP status {outcome.status}"
    return f"{outcome.kind} ({outcome.detail})" if outcome.detail else str(outcome.kind)


def _remedy(outcome: Reply | Fault) -> str:
    if isinstance(outcome, Fault):
        return "Check the address; where a company certificate is in use, make the system trust it (SSL_CERT_FILE)."
    host = URL(outcome.headers.get("Location", "")).host
    leads = f"a redirect to {host}, which was not followed" if host else "a redirect"
    return f"That is {leads}: if it is right, write the address that it leads to as the account's base_url."


def _is_resting(outcome: Reply | Fault) -> bool:
    """Whether this is how services answer while they are maintained."""
    return outcome.status == 503 if isinstance(outcome, Reply) else outcome.kind is FaultKind.PAGE
