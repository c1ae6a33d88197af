"""What `dambridge probe` works with: a prober per account, the ledger for the record, and the file for what is found."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge import __version__
from dambridge.bootstrap.capability_file import (
    CapabilityFile,
    file_of,
    host_of,
    read_capabilities,
    with_examination,
    write_capabilities,
)
from dambridge.bootstrap.routes import TAKEN, derived_cells, known_account, taken, written_attributes
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.bootstrap.wiring import Tools, open_tools
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.probing import NetxProber
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.engine.probe_report import Account, report
from dambridge.engine.probing import Probing, examine, mutations_of
from dambridge.model.identity import AccountId, System
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.probing import Mutation, Prober


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One account ready to be examined."""

    system: str
    host: str
    options: PhotoShelterAccount | NetxAccount
    probing: Probing

    @property
    def mutations(self) -> list[Mutation]:
        return mutations_of(self.probing.prober)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One account examined: what was found, and how the report shows it."""

    bench: Bench
    account: Account
    at: datetime


@asynccontextmanager
async def open_benches(
    settings: Settings,
    *,
    names: Sequence[str],
    actor: str,
    mask: Callable[[str], str],
    leaves: Callable[[str], None],
) -> AsyncIterator[list[Bench]]:
    """A bench per account named. One probe works on a store at a time."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(settings))
        tools = await stack.enter_async_context(open_tools(settings))
        yield [_bench(settings, name, tools, actor=actor, mask=mask, leaves=leaves) for name in names]


def _bench(
    settings: Settings,
    name: str,
    tools: Tools,
    *,
    actor: str,
    mask: Callable[[str], str],
    leaves: Callable[[str], None],
) -> Bench:
    prober = prober_for(settings, name, tools)
    given = settings.accounts[name]
    probing = Probing(
        account=AccountId(name),
        prober=prober,
        ledger=tools.ledger,
        clock=tools.clock,
        actor=actor,
        mask=mask,
        leaves=leaves,
    )
    return Bench(system=given.system, host=host_of(given), options=given, probing=probing)


def prober_for(settings: Settings, name: str, tools: Tools) -> Prober:
    """The prober of one account."""
    account = settings.accounts[name]
    if isinstance(account, PhotoShelterAccount):
        signed_in = PhotoShelterClient(account, account=AccountId(name), pacer=tools.pacer, http=tools.http)
        return PhotoShelterProber(signed_in, account)
    client = NetxClient(account, account=AccountId(name), pacer=tools.pacer, http=tools.http)
    mapped, marks = written_attributes(settings, name, marks=False), written_attributes(settings, name, marks=True)
    every = None if mapped is None else [*mapped, *(marks or ())]
    return NetxProber(account, client=client, clock=tools.clock, mapped=every, marks=marks or ())


async def probe(settings: Settings, bench: Bench, *, write: bool) -> Probed:
    """Examine one account, and say which routes follow from what is known of it now."""
    found = await examine(bench.probing, write=write)
    at, name = await bench.probing.clock.now(), str(found.account)
    before = CapabilityFile()
    with contextlib.suppress(CannotGoOn):
        before = read_capabilities(file_of(settings))
    known = known_account(settings, name, with_examination(before, bench.options, found, at=at))
    account = Account(
        system=System(bench.system),
        host=bench.host,
        wrote=write,
        questions=bench.probing.prober.questions(),
        examination=found,
        takes=frozenset(TAKEN[bench.system]),
        derived=derived_cells(known),
        routes=taken(known),
    )
    return Probed(bench=bench, account=account, at=at)


def keep(settings: Settings, probed: Sequence[Probed]) -> None:
    """Lay what was found into the file. A damaged file is put aside: what it said is found anew from here on."""
    path = file_of(settings)
    try:
        known = read_capabilities(path)
    except CannotGoOn:
        path.replace(path.with_name(f"{path.name}.damaged"))
        known = CapabilityFile()
    for it in probed:
        known = with_examination(known, it.bench.options, it.account.examination, at=it.at)
    write_capabilities(path, known)


def report_of(probed: Sequence[Probed]) -> str:
    """The report for people."""
    latest = max(it.at for it in probed)
    return report([it.account for it in probed], made_at=latest, version=__version__)


def with_progress(bench: Bench, told: Callable[[str], None]) -> Bench:
    """The bench telling each question before it is asked."""
    return replace(bench, probing=replace(bench.probing, asked=lambda question: told(question.asks)))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Cleaning up takes away scratch folders of probes that died, so that no other may be at work."""
    folder = settings.store.path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "probe.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CannotGoOn("Another `dambridge probe` works on this store. Wait until it has ended.") from None
    finally:
        os.close(handle)
