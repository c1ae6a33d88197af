"""The way out to endpoints of other programs: one POST an attempt, signed, never redirected, never into a private network
that nobody named."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from dambridge import __version__
from dambridge.connectors.kit.standard_hooks import headers_of
from dambridge.connectors.kit.transport import fault_of
from dambridge.model.webhooks import Attempt
from dambridge.ports.clock import Clock

PATIENCE: Final = 15.0
"""Seconds that a receiver has for its answer."""
FORBIDDEN: Final = "it stands in a private network that is not named"
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOST: Final = (aiohttp.ClientError, OSError, TimeoutError, ValueError)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PrivateAddress(OSError):
    """The endpoint's name leads to where nothing may be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One endpoint: its address, the secrets that sign, the private networks that it may stand in."""

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    networks: tuple[Network, ...] = ()

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def permits(self, address: Address) -> bool:
        """Whether something may be sent there: to the networks that are named, and over a line that nobody reads to the public
        internet. An address that wraps another is judged by the inner one."""
        inner = _unwrapped(address)
        if any(inner.version == it.version and inner in it for it in self.networks):
            return True
        public = inner.is_global and not inner.is_multicast and not inner.is_reserved
        return public and self.url.startswith("https://")


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


class GuardedResolver(AbstractResolver):
    """Answers with permitted addresses alone: asked at each connection, so that a name which changes sides gains nothing."""

    def __init__(self, inner: AbstractResolver, way: Way) -> None:
        self._inner = inner
        self._way = way

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        good = [it for it in found if self._way.permits(ipaddress.ip_address(it["host"].partition("%")[0]))]
        if not good:
            raise PrivateAddress(FORBIDDEN)
        return good

    async def close(self) -> None:
        await self._inner.close()


class StandardHookSender:
    """Implements `HookSender` by the Standard Webhooks convention. `clock` is the real one: receivers hold the timestamp
    against theirs."""

    def __init__(self, way: Way, clock: Clock, *, resolver: AbstractResolver | None = None) -> None:
        self._way = way
        self._clock = clock
        self._resolver = resolver

    def __repr__(self) -> str:
        return f"StandardHookSender({self.where})"

    @property
    def where(self) -> str:
        return self._way.host

    async def send(self, message: str, body: str) -> Attempt:
        headers = headers_of(self._way.secrets, message, await self._clock.now(), body)
        headers |= {"Content-Type": "application/json", "Accept": "*/*"}
        try:
            self._look_at_literal()
            async with (
                self._session() as session,
                session.post(self._way.url, data=body.encode(), headers=headers, allow_redirects=False) as reply,
            ):
                return Attempt(status=reply.status, retry_after=_seconds(reply.headers.get("Retry-After", "")))
        except PrivateAddress:
            return Attempt(error=FORBIDDEN)
        except _LOST as error:
            refused = error.__cause__ if isinstance(error.__cause__, PrivateAddress) else None
            return Attempt(error=FORBIDDEN if refused else str(fault_of(error).kind))

    def _look_at_literal(self) -> None:
        """An address in figures is resolved by nobody. Raises `PrivateAddress`."""
        try:
            address = ipaddress.ip_address(self.where.partition("%")[0])
        except ValueError:
            return
        if not self._way.permits(address):
            raise PrivateAddress(FORBIDDEN)

    def _session(self) -> aiohttp.ClientSession:
        """A connection of its own for each attempt: nothing is shared between endpoints, and no cookie is kept."""
        resolver = GuardedResolver(self._resolver or aiohttp.ThreadedResolver(), self._way)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True, limit=1),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"dambridge/{__version__}"},
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
            trust_env=False,
        )


def _seconds(text: str) -> float | None:
    """Only a number of seconds is heeded; a date means nothing where clocks differ."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
