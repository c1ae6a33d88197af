"""The worker of a server, and how another one takes its place where the map or the rules have changed.

Putting them into force is a start: between two orders the worker ends, everything that was made of the configuration is made
anew, and a new worker goes on. Store, runtime, console and receivers stay open meanwhile."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from dambridge.bootstrap.bridging import Bridge
from dambridge.bootstrap.errands import errands_of
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.watching import Watch
from dambridge.engine.in_force import SHORT, InForce, forget, tell
from dambridge.engine.worker import Worker
from dambridge.ports.errors import NextMove
from dambridge.ports.ledger import AuditEntry

LOOK = 1.0
"""Seconds between two looks at the files."""
LAST = "configuration"
"""The control that keeps what was last put into force, by whichever worker."""
log = structlog.get_logger()


class Service:
    """Works by these settings, and by those that take their place, until it is stopped."""

    def __init__(self, settings: Settings, bridge: Bridge, *, look: float = LOOK) -> None:
        self.settings = settings
        self._bridge = bridge
        self._watch = Watch(settings)
        self._look = look
        self._since: datetime | None = None
        self._stopped = False
        self._worker = self._made()

    def stop(self) -> None:
        """Finish the order under way and end."""
        self._stopped = True
        self._worker.stop()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self._taken(at_start=True)
            watching = group.create_task(self._keep_watch())
            try:
                while await self._worker.serve(relieved=lambda: self._watch.found.ready is not None):
                    await self._take()
                    self._worker = self._made()
                    if self._stopped:
                        self._worker.stop()
            finally:
                watching.cancel()
                await forget(self._bridge.common.ledger, self._bridge.worker_name)

    def _made(self) -> Worker:
        return self._bridge.worker(serving=True, errands=errands_of(self.settings))

    async def _keep_watch(self) -> None:
        while True:
            await asyncio.sleep(self._look)
            try:
                if await self._watch.look(await self._bridge.common.clock.now()):
                    await self._tell()
                    self._log()
            except NextMove as error:
                log.warning("configuration.waits", why=str(error))
            except Exception as error:  # a worker goes on by what it has
                log.exception("configuration.waits", why=type(error).__name__)

    def _log(self) -> None:
        found = self._watch.found
        if found.broken:
            log.error("configuration.broken", why=found.says)
        elif found.says:
            log.warning("configuration.waits", why=found.says)

    async def _take(self) -> None:
        """Put what is ready into force. What cannot be made anew changes nothing."""
        wanted = self._watch.found.ready
        assert wanted is not None  # noqa: S101 - the worker ended for it
        try:
            await self._bridge.renew(wanted)
        except Exception as error:
            says = (
                f"Map and rules could not be put into force, so what was before stays: {type(error).__name__}: {error}"
            )
            log.exception("configuration.broken", why=says)
            self._watch.refused(says)
            await self._tell()
            return
        self.settings = wanted
        self._watch.taken(wanted)
        await self._taken()

    async def _taken(self, *, at_start: bool = False) -> None:
        """Say what is in force now; in the audit where it is something else than before."""
        common, digest = self._bridge.common, configuration_digest(self.settings)
        self._since = await common.clock.now()
        before = await common.ledger.control(LAST) or ""
        if before != digest or not at_start:
            detail = {"from": before[:SHORT], "to": digest, "worker": self._bridge.worker_name, "start": at_start}
            entry = AuditEntry(
                at=self._since, actor="dambridge", event="configuration.taken", subject=digest[:SHORT], detail=detail
            )
            await common.ledger.audit([entry])
            await common.ledger.set_control(LAST, digest)
            log.info("configuration.taken", configuration=digest[:SHORT])
        await self._tell()

    async def _tell(self) -> None:
        assert self._since is not None  # noqa: S101 - told at the start
        found = self._watch.found
        told = InForce(
            worker=self._bridge.worker_name,
            configuration=configuration_digest(self.settings),
            since=self._since,
            says=found.says,
            broken=found.broken,
        )
        await tell(self._bridge.common.ledger, told)
