"""What `dambridge match` works with: two accounts for reading, the store, and an eye for pictures."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from dambridge.bootstrap.capability_file import known_reader
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.policies import build_maps, build_policy
from dambridge.bootstrap.routes import Known, known_accounts
from dambridge.bootstrap.settings import NetxAccount, Settings
from dambridge.bootstrap.wiring import Tools, connect, open_tools
from dambridge.engine.pairing.libraries import Library
from dambridge.engine.pairing.matching import Matching, silent
from dambridge.files import FileEye
from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId, FlowName
from dambridge.planning import PairingPolicy
from dambridge.ports.errors import CannotGoOn, Refused
from dambridge.storage import SqlLedger, SqlPairingStore

_OF_NETX = frozenset({"base", "iptc", "custom", "attributes", "containers"})
_GATHERED = 100
"""Records asked for side by side of NetX, which shares calls among them; of PhotoShelter each is a call."""


@asynccontextmanager
async def open_matching(
    settings: Settings, *, source: str, target: str, told: Callable[[str, int, int], None] = silent, alone: bool = True
) -> AsyncIterator[Matching]:
    """Two libraries ready to be paired; without names those of flow intake. With `alone` no other `match` may be at work."""
    one, other = _accounts(settings, source, target)
    async with AsyncExitStack() as stack:
        if alone:
            stack.enter_context(_only_one(settings))
        tools = await stack.enter_async_context(open_tools(settings))
        if not isinstance(tools.ledger, SqlLedger):
            raise TypeError("the store of a bridge is in SQL")
        known, maps = known_accounts(settings), build_maps(settings)
        libraries = [await _library(settings, known[it], tools, stack, account_map=maps[it]) for it in (one, other)]
        http = tools.http
        yield Matching(
            one=libraries[0],
            other=libraries[1],
            policy=PairingPolicy(
                flow=FlowName.INTAKE,
                one=one,
                other=other,
                id_fields=settings.match.id_fields,
                plan_ttl=settings.match.plan_ttl,
            ),
            store=SqlPairingStore(tools.ledger),
            ledger=tools.ledger,
            clock=tools.clock,
            eye=FileEye(),
            configuration=configuration_digest(settings),
            rates={AccountId(name): it.rate for name, it in settings.accounts.items()},
            calls=lambda: dict(http.calls),
            told=told,
        )


def _accounts(settings: Settings, source: str, target: str) -> tuple[AccountId, AccountId]:
    """The two accounts meant. Raises `Refused` where that is not clear."""
    intake = settings.flows.intake
    one = source or (intake.source if intake else "")
    other = target or (intake.target if intake else "")
    known = ", ".join(sorted(settings.accounts))
    for name in (one, other):
        if name not in settings.accounts:
            raise Refused(f"There is no account {name!r} to pair. Name two with `--source` and `--target`: {known}.")
    if one == other:
        raise Refused(f"An account is not paired with itself. Name two of {known}.")
    return AccountId(one), AccountId(other)


async def _library(
    settings: Settings, known: Known, tools: Tools, stack: AsyncExitStack, *, account_map: AccountMap
) -> Library:
    name = AccountId(known.name)
    connection = connect(known, tools)
    stack.push_async_callback(connection.close)
    gathers = isinstance(known.options, NetxAccount)
    return Library(
        account=name,
        reader=known_reader(connection.reader, known.cells),
        finder=connection.finder,
        renditions=connection.renditions,
        map=account_map,
        groups=_OF_NETX if gathers else _groups(settings, name),
        at_once=_GATHERED if gathers else settings.engine.concurrency * 2,
        files=settings.engine.concurrency,
    )


def _groups(settings: Settings, name: AccountId) -> frozenset[str]:
    """What the flow reads of its source, but for galleries, which cost a call an asset and are no part of a version."""
    intake = settings.flows.intake
    wanted = build_policy(settings).groups if intake and intake.source == name else frozenset({"base", "iptc"})
    return wanted - {"containers"}


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    folder = settings.store.path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "match.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CannotGoOn("Another `dambridge match` works on this store. Wait until it has ended.") from None
    finally:
        os.close(handle)
