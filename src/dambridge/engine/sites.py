"""One account as flows work with it: its facets, its map, and what this process has read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dambridge.engine.reading import GatheredReads
from dambridge.mapping import NO_ALIASES, AccountMap, Aliases, Definition, Vocabularies
from dambridge.model.identity import AccountId, RemoteId, System
from dambridge.model.records import Missing, NativeRecord
from dambridge.ports.attachments import Attachments
from dambridge.ports.audience import AudienceKeeper
from dambridge.ports.connection import Connection
from dambridge.ports.errors import MovedOn
from dambridge.ports.finding import Finder
from dambridge.ports.hints import HintReader, SelectionReader
from dambridge.ports.pace import Lane
from dambridge.ports.renditions import Renditions
from dambridge.ports.systems import AssetArchive, AssetReader, AttributeDefinition


@dataclass(slots=True, kw_only=True)
class Site:
    """Opened once per process and shared by every flow that has to do with the account. What the account can do is said by
    `reader.capabilities` and `archive.capabilities`; a facet that is None does not exist in its system."""

    account: AccountId
    system: System
    reader: AssetReader
    archive: AssetArchive
    map: AccountMap
    audience: AudienceKeeper | None = None
    attachments: Attachments | None = None
    finder: Finder | None = None
    renditions: Renditions | None = None
    hints: HintReader | None = None
    selections: SelectionReader | None = None
    rate: float = 1.0
    """Calls per second that it bears, for forecasts."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Which of its attributes is read from which XMP name of a file, where fields travel inside."""
    arrivals: str = "dambridge/arrivals"
    """The folder whose berths hold deliveries on their way."""
    settle: timedelta = timedelta(0)
    """How long after an unanswered import an empty berth still proves nothing (its listings may lag)."""
    lane: Lane = Lane.NORMAL
    clear_berths: set[RemoteId] = field(default_factory=set)
    """Berths seen empty by this process."""
    no_berths: bool = False
    """Whether this process was refused a berth: what comes after goes straight where it may."""
    aliases: Aliases | None = None
    """What persons gave as meanings of words, as this process last read it (`engine.terms`)."""
    reads: GatheredReads = field(init=False)
    _definitions: Sequence[AttributeDefinition] | None = field(init=False, default=None)
    _defined: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.reads = GatheredReads(self.archive, self.lane)

    @classmethod
    def over(
        cls,
        it: Connection,
        *,
        map: AccountMap,  # noqa: A002 - the field's name
        rate: float,
        homes: Mapping[str, str] | None = None,
        arrivals: str = "dambridge/arrivals",
        settle: timedelta = timedelta(0),
    ) -> Site:
        """The site over what a connector gave."""
        return cls(
            account=it.account,
            system=it.system,
            reader=it.reader,
            archive=it.archive,
            map=map,
            audience=it.audience,
            attachments=it.attachments,
            finder=it.finder,
            renditions=it.renditions,
            hints=it.hints,
            selections=it.selections,
            rate=rate,
            homes=homes or {},
            arrivals=arrivals,
            settle=settle,
        )

    async def definitions(self) -> Sequence[AttributeDefinition] | None:
        """The account's attribute definitions, read the first time they are asked for; None where it does not show them."""
        if not self._defined:
            self._definitions, self._defined = await self.archive.attributes(), True
        return self._definitions

    @property
    def vocabularies(self) -> Mapping[str, Definition] | None:
        """Attribute name to (kind, terms) as far as the definitions were read; None where they were not, or are not shown."""
        return None if self._definitions is None else {it.name: (it.kind, it.terms) for it in self._definitions}

    @property
    def terms(self) -> Vocabularies:
        """What values are said in, as far as it was read (`engine.terms`)."""
        return Vocabularies(self.vocabularies, self.aliases or NO_ALIASES)

    async def there(self, remote_id: RemoteId) -> NativeRecord:
        """The asset as it is now. Raises `MovedOn` where it is not there any more."""
        found = await self.reads.read(remote_id)
        if found is None or isinstance(found, Missing):
            where = f"{self.account}:{remote_id}"
            raise MovedOn(f"{where} is not there any more. Look for it in the system, then run again.")
        return found

    async def read_definitions_again(self) -> None:
        """Somebody may have made a term meanwhile. What was read before stands until the answer is there."""
        self._definitions, self._defined = await self.archive.attributes(), True
