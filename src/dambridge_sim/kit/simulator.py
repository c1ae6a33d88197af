"""A simulator put together: the vendor, its world, and what a person or a script outside may do with it."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from dambridge_sim.kit.acting import Acting, acting
from dambridge_sim.kit.blobs import Blob, Blobs
from dambridge_sim.kit.bodies import FaultRules, TrafficBody, WebhooksBody
from dambridge_sim.kit.clock import Clock
from dambridge_sim.kit.documents import Documents
from dambridge_sim.kit.exposure import Exposure
from dambridge_sim.kit.faults import FaultEngine
from dambridge_sim.kit.history import History
from dambridge_sim.kit.journal import Journal
from dambridge_sim.kit.lookup import Document, Lookup, Value
from dambridge_sim.kit.multipart import Upload
from dambridge_sim.kit.seeds import BadSeedError, read_seed
from dambridge_sim.kit.switches import Switches
from dambridge_sim.kit.synthetic import SyntheticSpec
from dambridge_sim.kit.traffic import Traffic
from dambridge_sim.kit.vendor import BadMetaError, Vendor
from dambridge_sim.kit.webhooks import Webhooks
from dambridge_sim.kit.world import World


class BusyError(RuntimeError):
    """Another process has the data folder open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a simulator is started; see `dambridge-sim --help`."""

    data: Path | None = None
    seed: str | None = None
    strict: bool = False
    json_log: bool = False
    begin: datetime | None = None
    """What the clock shows at the start and after a reset; None is the real time."""


@dataclass(frozen=True, slots=True)
class _VendorBase:
    """The vendor's computed library as the documents want it."""

    vendor: Vendor
    count: int

    @property
    def kind(self) -> str:
        return self.vendor.asset_kind

    def id_of(self, number: int) -> str:
        return self.vendor.synthetic_id(number)

    def number_of(self, identifier: str) -> int | None:
        return self.vendor.synthetic_number(identifier)

    def document(self, number: int) -> Document:
        return self.vendor.synthetic_document(number)

    def value(self, index: str, number: int) -> Value:
        return self.vendor.synthetic_value(index, number)

    def span(self, lookup: Lookup) -> range:
        return self.vendor.synthetic_span(lookup, self.count)


class Simulator:
    """One running simulator. Made, started, and closed by `serving` or by a test."""

    def __init__(self, vendor: Vendor, options: Options) -> None:
        """Open the data folder and put the world together; nothing is loaded before `start`. Raises `BusyError`."""
        self.vendor, self.options = vendor, options
        self._temporary = tempfile.TemporaryDirectory(prefix="dambridge-sim-") if options.data is None else None
        self.folder = options.data or Path(self._temporary.name)  # type: ignore[union-attr]  # made when there is none
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        self.world = self._make_world()
        vendor.attach(self.world)

    def start(self) -> None:
        """Come back to what was there, or populate the empty account and load the seed."""
        world = self.world
        restore: tuple[tuple[str, Callable[[Any], None]], ...] = (
            ("clock", world.clock.restore),
            ("switches", world.switches.restore),
            ("faults", world.faults.restore),
            ("traffic", world.traffic.restore),
            ("webhooks", lambda state: world.webhooks.load(WebhooksBody.model_validate(state or {}))),
        )
        for name, take in restore:
            if (state := world.documents.setting(name)) is not None:
                take(state)
        if world.documents.setting("loaded") is None:
            self._empty()
            self._load(self.options.seed)
        elif (spec := world.documents.setting("synthetic")) is not None:
            self._lay_under(SyntheticSpec(*spec))
        self.vendor.started()
        world.exposure.settle()

    def close(self) -> None:
        """Close files; a temporary data folder goes."""
        self.world.journal.close()
        self.world.documents.close()
        self._lock.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def reset(self, seed: str | None = None) -> None:
        """Empty everything, faults, switches, clock, traffic and journal included; then load `seed` if one is given.

        Raises as `start` does for a seed that cannot be loaded; the simulator is then empty and goes on.
        """
        try:
            self._empty()
            self._load(seed)
        except (BadSeedError, BadMetaError, ValueError):
            self._empty()
            self._load(None)
            raise
        finally:
            self.vendor.started()

    # As a person

    def add(self, upload: Upload | None, meta: Mapping[str, Any], who: str = "a person") -> str:
        """Put an asset there. Raises `BadMetaError`."""
        with acting(Acting(who, "added")), self.world.documents.transaction():
            return self.vendor.person_adds(upload, meta)

    def edit(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change an asset. Raises `KeyError` and `BadMetaError`."""
        self._must_exist(identifier)
        with acting(Acting("a person", "edited")), self.world.documents.transaction():
            self.vendor.person_edits(identifier, upload, meta)

    def delete(self, identifier: str) -> None:
        """Delete an asset. Raises `KeyError`."""
        self._must_exist(identifier)
        with acting(Acting("a person", "deleted")), self.world.documents.transaction():
            self.vendor.person_deletes(identifier)

    def press(self, button: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Press a button of the web application. Raises `KeyError` and `BadMetaError`."""
        with acting(Acting("a person", button)), self.world.documents.transaction():
            return self.vendor.person_presses(button, body)

    # Looking

    def asset(self, identifier: str) -> dict[str, Any]:
        """Return everything about one asset. Raises `KeyError`."""
        document = self._must_exist(identifier)
        line = self.line(identifier, document)
        exposed = [each for each in self.world.exposure.lines() if each["id"] == identifier]
        intervals = exposed[0]["intervals"] if exposed else []
        return {**line, "exposure": intervals, "history": self.world.history.of(identifier), "document": document}

    def lines(self, *, synthetic: bool = True, embedded: bool = True) -> Iterator[dict[str, Any]]:
        """Yield the state of all assets, deleted ones last. `synthetic=False` leaves out computed ones never touched."""
        documents, kind = self.world.documents, self.vendor.asset_kind
        ids = documents.every(kind) if synthetic else documents.stored(kind)
        for identifier in ids:
            if (document := documents.get(kind, identifier)) is not None:
                yield self.line(identifier, document, embedded=embedded)
        for identifier, document in documents.gone(kind):
            yield {**self.line(identifier, document, embedded=embedded), "deleted": True, "visible_to": []}

    def line(self, identifier: str, document: Document, *, embedded: bool = True) -> dict[str, Any]:
        """Return the state of one asset."""
        blob = blob_of(document)
        facts: dict[str, Any] = {"id": identifier, "sha256": None, "md5": None, "size": None, "media_type": None}
        if blob is not None:
            info = self.world.blobs.info(blob)
            facts.update(sha256=blob.sha256, md5=blob.md5, size=blob.size, media_type=info.media_type)
        if embedded and blob is not None:
            facts["embedded"] = self.world.blobs.embedded(blob).to_json()
        audience = self.vendor.who_can_see(document, self.world.clock.now_ms())
        own = self.vendor.state_line(identifier, document)
        return {**facts, **own, "visible_to": ["staff", *audience.names()], "deleted": False}

    # Inside

    def _make_world(self) -> World:
        clock = Clock(keep=lambda state: documents.set_setting("clock", state), begin=self.options.begin)
        switches = Switches(self.vendor.switches, keep=lambda values: documents.set_setting("switches", values))
        documents = Documents(
            self.folder / "sim.db",
            self.vendor.kinds,
            now_ms=clock.now_ms,
            lag_ms=lambda: round(1000 * switches["index_lag_s"]) if "index_lag_s" in switches else 0,
        )
        faults = FaultEngine(keep=lambda state: documents.set_setting("faults", state))
        kind = self.vendor.asset_kind
        history = History(documents, asset_kind=kind, now_ms=clock.now_ms)
        exposure = Exposure(
            documents,
            asset_kind=kind,
            who_can_see=self.vendor.who_can_see,
            affected=self.vendor.affected_assets,
            now_ms=clock.now_ms,
        )
        return World(
            clock=clock,
            documents=documents,
            blobs=Blobs(self.folder),
            switches=switches,
            faults=faults,
            traffic=Traffic(keep=lambda state: documents.set_setting("traffic", state)),
            journal=Journal(self.folder / "journal.jsonl"),
            exposure=exposure,
            history=history,
            webhooks=Webhooks(faults, keep=lambda state: documents.set_setting("webhooks", state)),
            strict=self.options.strict,
        )

    def _empty(self) -> None:
        world = self.world
        world.documents.set_setting("loaded", None)
        with world.documents.transaction():
            world.documents.clear()
            world.exposure.clear()
            world.history.clear()
        world.blobs.clear()
        world.journal.clear()
        world.webhooks.clear()
        world.faults.load(FaultRules())
        world.switches.reset()
        world.traffic.load(TrafficBody())
        world.clock.reset()

    def _load(self, seed: str | None) -> None:
        documents = self.world.documents
        with acting(Acting("seed", "loaded")), documents.transaction():
            self.vendor.populate()
            spec = SyntheticSpec.parse(seed) if seed else None
            if spec is not None:
                self.vendor.synthetic_begin(spec.count)
                documents.set_setting("synthetic", [spec.count, spec.bytes_each])
                self._lay_under(spec)
            elif seed:
                self._load_folder(Path(seed))
            documents.set_setting("loaded", seed or "")

    def _load_folder(self, folder: Path) -> None:
        library, files = read_seed(folder)
        self.world.switches.set(library.switches)
        self.vendor.load_library(library)
        for file in files:
            blob = self.world.blobs.store_file(file.path)
            upload = Upload("file", file.path.name, self.world.blobs.info(blob).media_type, blob)
            self.vendor.person_adds(upload, file.meta)

    def _lay_under(self, spec: SyntheticSpec) -> None:
        self.world.blobs.synthesize(spec.bytes_each)
        self.world.documents.lay_under(_VendorBase(self.vendor, spec.count))

    def _must_exist(self, identifier: str) -> Document:
        document = self.world.documents.get(self.vendor.asset_kind, identifier)
        if document is None:
            raise KeyError(identifier)
        return document


def blob_of(document: Document) -> Blob | None:
    """Return the file of an asset's document."""
    body = document.get("blob")
    return Blob.from_json(body) if body else None


def _locked(folder: Path) -> IO[str]:
    handle = (folder / "lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise BusyError(f"{folder} is in use by another simulator; stop it or give another --data folder") from error
    return handle
