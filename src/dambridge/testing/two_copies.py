"""A model of two copies of one asset and what was agreed on, for tests of decisions: no system, no ledger, no clock.

People edit either copy, files are replaced, the decision is asked for and carried out as the engine would: fields written
and read back, versions noted. What was really written is kept, because an action may say what is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dambridge.mapping import AccountMap, default_map, fingerprint
from dambridge.model.actions import Act, Action, ActionKind, Decision
from dambridge.model.identity import AssetKey, Copy, FlowName, Link, RemoteId, System, link_id_for
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Agreed,
    AssetRecord,
    AssetVersion,
    Container,
    Digest,
    MediaType,
    NotYet,
    Present,
    Seen,
)
from dambridge.model.values import FieldName, Value
from dambridge.planning import decide_intake
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities
from dambridge.testing.strategies import AGENCY, ARCHIVE, AT, SOURCE, TARGET

READS = ReaderCapabilities(
    modified_window=Proof.PROVEN,
    metadata_moves_modified=Proof.PROVEN,
    membership_moves_modified=Proof.PROVEN,
    newest_members_first=Proof.PROVEN,
    custom_fields=Proof.PROVEN,
    content_hash=Proof.ABSENT,
    byte_ranges=Proof.ABSENT,
    originals=dict.fromkeys(MediaType, Proof.DECLARED),
)
TAKES = ArchiveCapabilities(
    write_attributes=Proof.DECLARED,
    fields={},
    take_out=Proof.DECLARED,
    discard=Proof.DECLARED,
    discard_recoverable=Proof.ABSENT,
    rename=Proof.DECLARED,
    folders=Proof.DECLARED,
    versions=Proof.DECLARED,
    checksum=Proof.DECLARED,
    conditional_write=Proof.ABSENT,
    deliver=dict.fromkeys(MediaType, Proof.DECLARED),
)
KEY = AssetKey(AGENCY, RemoteId("I1"))
TARGET_KEY = AssetKey(ARCHIVE, RemoteId("4101"))
LINK_ID = link_id_for(FlowName.INTAKE, KEY)
LINK = Link(LINK_ID, FlowName.INTAKE, (Copy(SOURCE, KEY.remote_id), Copy(TARGET, TARGET_KEY.remote_id)))


@dataclass(slots=True)
class TwoCopies:
    """One asset at its source and in the archive. `written` are the values that an engine really sent, in order."""

    policy: IntakePolicy
    here: dict[FieldName, Value] = field(default_factory=dict)
    there: dict[FieldName, Value] | None = None
    agreed: Agreed | None = None
    unread: frozenset[FieldName] = frozenset()
    media_type: MediaType = MediaType.IMAGE
    maps: Mapping[System, AccountMap] = field(default_factory=lambda: {it: default_map(it) for it in System})
    written: list[tuple[FieldName, Value | None]] = field(default_factory=list)
    bytes_sent: int = 0
    bytes_fetched: int = 0
    _modified: int = 1
    _content: int = 1
    _stamp: int = 1
    _sent: int = 0
    _archived: int = 1

    def edit_here(self, name: FieldName, value: Value | None) -> None:
        """Somebody sets a field at the source, or empties it."""
        _set(self.here, name, value)
        self._modified += 1

    def edit_there(self, name: FieldName, value: Value | None) -> None:
        """Somebody sets a field in the archive, or empties it."""
        assert self.there is not None
        _set(self.there, name, value)
        self._archived += 1

    def replace_file(self, *, shown: bool = True) -> None:
        """A new file at the source; `shown` False when nothing but the modified time gives it away."""
        self._content += 1
        self._stamp += shown
        self._modified += 1

    def touch(self) -> None:
        """The modified time moves and nothing else."""
        self._modified += 1

    @property
    def source(self) -> AssetRecord:
        shown = {name: value for name, value in self.here.items() if name not in self.unread}
        note = (Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(self.unread))),) if self.unread else ()
        return AssetRecord(
            key=KEY,
            media_type=self.media_type,
            file_name="a.jpg",
            name="a",
            size=10,
            fields=shown,
            containers=(Container(RemoteId("G1"), "Intake/Harbour"),),
            version=AssetVersion(
                modified=f"m{self._modified}",
                fields=fingerprint(shown) + ";".join(sorted(self.unread)),
                content=f"c{self._stamp}",
            ),
            created_at=AT,
            notes=note,
        )

    @property
    def target(self) -> Seen:
        if self.there is None:
            return NotYet()
        version = AssetVersion(modified=f"t{self._archived}", fields=fingerprint(self.there), content="t")
        return Present(replace(self.source, key=TARGET_KEY, fields=dict(self.there), version=version, notes=()))

    def decide(
        self,
        *,
        here: Seen | None = None,
        there: Seen | None = None,
        link: Link | None = None,
        can_read: ReaderCapabilities = READS,
        can_archive: ArchiveCapabilities = TAKES,
    ) -> Decision:
        """What is to be done as things stand; either sight can be replaced by another one."""
        return decide_intake(
            link=link or (LINK if self.there is not None else None),
            link_id=LINK_ID,
            agreed=self.agreed,
            seen={SOURCE: here or Present(self.source), TARGET: there or self.target},
            policy=self.policy,
            source=SOURCE,
            target=TARGET,
            maps={AGENCY: self.maps[System.PHOTOSHELTER], ARCHIVE: self.maps[System.NETX]},
            can_read=can_read,
            can_archive=can_archive,
            now=AT,
        )

    def carry_out(self, action: Action) -> None:
        """What the engine makes of an action whose expectations still hold."""
        old = self.agreed or Agreed()
        before = self.there if self.there is not None else {}
        self._move_bytes(action)
        after = _without({**before, **action.fields}, action.cleared)
        self.written += [
            (name, after.get(name)) for name in sorted({*before, *after}) if before.get(name) != after.get(name)
        ]
        if after != before or self.there is None:
            self._archived += 1
        self.there = after
        said = {*action.fields, *action.cleared}
        target = self.target
        assert isinstance(target, Present)
        self.agreed = Agreed(
            fields=_without({**old.fields, **action.fields}, action.cleared),
            filled=_without(old.filled, said),
            versions={str(SOURCE): action.expects[str(SOURCE)], str(TARGET): target.record.version},
            content=Digest(size=10, sha256=f"s{self._sent}", md5="m"),
        )

    def _move_bytes(self, action: Action) -> None:
        fetches = action.kind is not ActionKind.UPDATE_FIELDS
        self.bytes_fetched += fetches
        confirmed = action.kind is ActionKind.CONFIRM_BYTES and self._sent == self._content
        if fetches and not confirmed:
            self.bytes_sent += 1
            self._sent = self._content

    def settle(self) -> list[Action]:
        """Decide and carry out once; returns what was done."""
        decision = self.decide()
        if not isinstance(decision, Act):
            return []
        for action in decision.actions:
            self.carry_out(action)
        return list(decision.actions)

    @property
    def up_to_date(self) -> bool:
        """Whether the archive holds the bytes that stand at the source."""
        return self._sent == self._content


def _set(held: dict[FieldName, Value], name: FieldName, value: Value | None) -> None:
    if value is None:
        held.pop(name, None)
    else:
        held[name] = value


def _without(held: Mapping[FieldName, Value], names: Iterable[FieldName]) -> dict[FieldName, Value]:
    gone = set(names)
    return {name: value for name, value in held.items() if name not in gone}
