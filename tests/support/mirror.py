"""Copies of one asset that people edit and that `decide_mirror` keeps in step, with a tiny engine: no system, no ledger.

The engine does what the real one has to do, in the same order, and can be made to fail where the real one can: a reply
lost after the write, a write that never arrived, a crash after the agreement, an answer from a stale index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from dambridge.mapping import FIELDS, AccountMap, account_map, fingerprint
from dambridge.mapping.normal import same
from dambridge.model.accords import CONTENT, FILE_NAME, Accord, GroupName, Standing
from dambridge.model.actions import Action, ActionKind
from dambridge.model.conflicts import Conflict, ConflictState, Ruling
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    System,
)
from dambridge.model.reasons import Code
from dambridge.model.records import (
    Absence,
    AssetRecord,
    AssetVersion,
    Checksum,
    MediaType,
    Missing,
    Present,
    Seen,
)
from dambridge.model.terms import TermUse
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value
from dambridge.planning import LastSeen, MirrorDecision, Speeches, decide_mirror
from dambridge.planning.standings import is_late
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule
from dambridge.ports.capabilities import ArchiveCapabilities
from dambridge.testing.two_copies import TAKES

K = TypeVar("K")
V = TypeVar("V")
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
HERE, THERE = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
ABROAD = CopyId(ARCHIVE, CopyRole.PUBLISHED, "emea")
TWO, THREE = (HERE, THERE), (HERE, THERE, ABROAD)
LINK = LinkId("ln1")
START = datetime(2026, 11, 28, 9, tzinfo=UTC)
PERMITTED = FieldName("custom:permitted_uses")
_ALL = {str(it): str(it).replace("_", " ").title() for it in (*FIELDS, PERMITTED)}
EVERYTHING: Mapping[AccountId, AccountMap] = dict.fromkeys((AGENCY, ARCHIVE), account_map(System.NETX, _ALL))
"""Maps that carry every field both ways."""
VOID = frozenset({Code.STALE_ANSWER, Code.COPY_UNREAD, Code.OBSERVE_ONLY})
"""Why a look may have told nothing at all."""


def of_field(name: str, rule: Rule, account: AccountId | None = None) -> FieldGroup:
    return FieldGroup.of(FieldName(name), Authority(rule, account))


def policy_of(*groups: FieldGroup, **options: object) -> MirrorPolicy:
    return MirrorPolicy(flow=FlowName.RIGHTS, accounts=(AGENCY, ARCHIVE), groups=groups, **options)  # type: ignore[arg-type]


@dataclass(slots=True)
class Held:
    """One copy as its system holds it. `limits` cut what is stored; `past` are records that a stale index may still show."""

    copy: CopyId
    fields: dict[FieldName, Value] = field(default_factory=dict)
    file_name: str = "a.jpg"
    content: str = "c0"
    checksums: bool = True
    algorithm: str = "md5"
    limits: Mapping[FieldName, int] = field(default_factory=dict)
    edits: int = 1
    edited_at: datetime = START
    past: list[AssetRecord] = field(default_factory=list)
    absence: Absence | None = None

    @property
    def key(self) -> AssetKey:
        return AssetKey(self.copy.account, RemoteId(str(self.copy)))

    def record(self) -> AssetRecord:
        return AssetRecord(
            key=self.key,
            media_type=MediaType.IMAGE,
            file_name=self.file_name,
            name=self.file_name,
            size=1000,
            fields=dict(self.fields),
            containers=(),
            version=AssetVersion(
                modified=str(self.edits),
                fields=fingerprint({**self.fields, FILE_NAME: self.file_name}),
                content=self.content,
            ),
            checksum=Checksum(self.algorithm, self.content) if self.checksums else None,
            modified_at=self.edited_at,
        )

    def put(self, values: Mapping[FieldName, Value | None], at: datetime) -> None:
        """Somebody, or we, store these values; None empties a field."""
        self.past.append(self.record())
        for name, value in values.items():
            if name == FILE_NAME:
                self.file_name = str(value)
            elif name == CONTENT:
                self.content = str(value).rpartition("@")[2].removeprefix("md5:")
            elif value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = self._cut(name, value)
        self.edits += 1
        self.edited_at = at

    def _cut(self, name: FieldName, value: Value) -> Value:
        limit = self.limits.get(name)
        if limit is None:
            return value
        match value:
            case str():
                return value[:limit]
            case LangAlt():
                return LangAlt.plain(value.default[:limit])
            case tuple():
                return tuple(it[:limit] for it in value)
        return value


class Listener(Protocol):
    """Somebody who is told what happens, in the order in which it happens: an oracle."""

    def edited(self, copy: CopyId, at: datetime, view: Fields) -> None: ...
    def observed(self, at: datetime, lag: Mapping[CopyId, int], decision: MirrorDecision) -> None: ...
    def begun(self, copy: CopyId, group: GroupName, fields: Fields) -> None: ...
    def landed(self, copy: CopyId, at: datetime, view: Fields) -> None: ...
    def read_back(self, copy: CopyId, groups: Sequence[GroupName], at: datetime) -> None: ...
    def ruled(self, group: GroupName, ruling: Ruling) -> None: ...


@dataclass(slots=True)
class Mirror:
    """One link, its people and its engine."""

    policy: MirrorPolicy
    copies: tuple[CopyId, ...] = TWO
    now: datetime = START
    held: dict[CopyId, Held] = field(default_factory=dict)
    accords: dict[GroupName, Accord] = field(default_factory=dict)
    conflicts: dict[GroupName, Conflict] = field(default_factory=dict)
    before: dict[CopyId, LastSeen] = field(default_factory=dict)
    audit: list[tuple[FieldName, Value | None]] = field(default_factory=list)
    writes: list[Action] = field(default_factory=list)
    gone: list[CopyId] = field(default_factory=list)
    maps: Mapping[AccountId, AccountMap] = field(default_factory=lambda: EVERYTHING)
    can_archive: Mapping[AccountId, ArchiveCapabilities] = field(
        default_factory=lambda: dict.fromkeys((AGENCY, ARCHIVE), TAKES)
    )
    listener: Listener | None = None
    speeches: Speeches | None = None
    words: Sequence[TermUse] = ()
    """What is known of the words of the link since all was last done."""
    shuffled: bool = False
    """Whether everything is handed to the decision in the opposite order."""

    def __post_init__(self) -> None:
        for it in self.copies:
            self.held.setdefault(it, Held(it))
            if self.listener is not None:
                self.listener.edited(it, self.now, self.view(it))

    @property
    def link(self) -> Link:
        left = [it for it in self.copies if it not in self.gone]
        return Link(LINK, self.policy.flow, tuple(Copy(it, self.held[it].key.remote_id) for it in left))

    # people ------------------------------------------------------------------------------------------------------

    def everywhere(self, values: Mapping[FieldName, Value | None]) -> None:
        for it in self.copies:
            self._edited(it, values)

    def edit(self, copy: CopyId, values: Mapping[FieldName, Value | None], *, later: float = 60) -> None:
        """A person edits a copy, `later` seconds after what happened last."""
        self.now += timedelta(seconds=later)
        self._edited(copy, values)

    def _edited(self, copy: CopyId, values: Mapping[FieldName, Value | None]) -> None:
        self.held[copy].put(values, self.now)
        if self.listener is not None:
            self.listener.edited(copy, self.now, self.view(copy))

    def rule(self, group: str, fields: Fields, *, side: CopyId | None = None) -> None:
        entry = self.conflicts[GroupName(group)]
        ruling = Ruling(by="ines", at=self.now, fields=fields, side=side)
        self.conflicts[entry.group] = replace(entry, state=ConflictState.RULED, ruling=ruling)
        if self.listener is not None:
            self.listener.ruled(entry.group, ruling)

    def undo(self, group: str, restore: Mapping[CopyId, Fields]) -> None:
        entry = self.conflicts[GroupName(group)]
        ruling = Ruling(by="ines", at=self.now, fields={}, restore=restore)
        self.conflicts[entry.group] = replace(entry, state=ConflictState.RULED, ruling=ruling)

    # what is seen ------------------------------------------------------------------------------------------------

    def seen(self, stale: Mapping[CopyId, int] | None = None) -> dict[CopyId, Seen]:
        """What every copy shows now; `stale` says by how many edits a copy's answer lags."""
        found: dict[CopyId, Seen] = {}
        for it in self.copies:
            held, lag = self.held[it], (stale or {}).get(it, 0)
            if it in self.gone:
                continue
            if held.absence is not None:
                found[it] = Missing(held.absence, "asked by id")
            else:
                found[it] = Present(held.past[-lag] if 0 < lag <= len(held.past) else held.record())
        return found

    def view(self, copy: CopyId) -> Fields:
        held = self.held[copy]
        return {**held.fields, FILE_NAME: held.file_name, CONTENT: f"md5:{held.content}"}

    def decide(self, seen: Mapping[CopyId, Seen] | None = None) -> MirrorDecision:
        found = dict(self.seen() if seen is None else seen)
        return decide_mirror(
            link=self.link,
            accords=self._turned(self.accords),
            conflicts=self._turned(self.conflicts),
            seen=self._turned(found),
            policy=self.policy,
            maps=self.maps,
            can_archive=self.can_archive,
            now=self.now,
            before=self._turned(self.before),
            speeches=self.speeches,
            words=self.words,
        )

    def _turned(self, them: Mapping[K, V]) -> dict[K, V]:
        return dict(reversed(list(them.items()))) if self.shuffled else dict(them)

    # the engine --------------------------------------------------------------------------------------------------

    def round(
        self,
        *,
        lag: Mapping[CopyId, int] | None = None,
        lost_replies: int = 0,
        lost_requests: int = 0,
        crash_after_agreeing: bool = False,
    ) -> MirrorDecision:
        """Look, decide and act; the first so many writes lose their reply, or never arrive."""
        self.now += timedelta(seconds=60)
        found = self.seen(lag)
        decision = self.decide(found)
        if self.listener is not None:
            self.listener.observed(self.now, lag or {}, decision)
        if not decision.actions and decision.leave is not None and decision.leave.reason.code in VOID:
            return decision
        self.before |= {
            it: LastSeen(version=one.record.version, at=self.now)
            for it, one in found.items()
            if isinstance(one, Present) and not self._is_late(it, one.record.version)
        }
        own: dict[CopyId, AssetVersion] = {}
        whole = not (lost_replies or lost_requests or crash_after_agreeing)
        self.words = decision.words if whole and decision.words is not None else self.words
        for action in decision.actions:
            match action.kind:
                case ActionKind.AGREE:
                    self._agree(action, decision.conflicts, found)
                    if crash_after_agreeing:
                        return decision
                case ActionKind.LET_GO | ActionKind.RETIRE:
                    self.gone.append(action.target)
                    self.writes += [action] if action.kind is ActionKind.RETIRE else []
                case _:
                    lost, never = lost_replies > 0, lost_requests > 0
                    lost_replies, lost_requests = lost_replies - 1, lost_requests - 1
                    self._write(action, own, lost=lost, never=never)
        return decision

    def _is_late(self, copy: CopyId, version: AssetVersion) -> bool:
        return is_late(version, [it.copies[copy] for it in self.accords.values() if copy in it.copies])

    def settle(self, rounds: int = 6) -> int:
        """Rounds until nothing is to be done; how many of them wrote something outside."""
        wrote = 0
        for _ in range(rounds):
            writes = len(self.writes)
            if not self.round().actions:
                return wrote
            wrote += len(self.writes) > writes
        raise AssertionError("it never comes to rest")

    def _agree(self, action: Action, conflicts: Sequence[Conflict], found: Mapping[CopyId, Seen]) -> None:
        for one in found.values():
            if isinstance(one, Present):
                self.audit += one.record.fields.items()
                self.audit += [(FILE_NAME, one.record.file_name), (CONTENT, f"md5:{one.record.version.content}")]
        self.accords |= {it.group: it for it in action.accords}
        self.conflicts |= {it.group: it for it in conflicts}

    def _write(self, action: Action, own: dict[CopyId, AssetVersion], *, lost: bool, never: bool) -> None:
        copy, held = action.target, self.held[action.target]
        if held.record().version != own.get(copy, action.expects[str(copy)]):
            return
        for accord in action.accords:
            standing = self._standing(accord.group, copy)
            wanted = accord.copies[copy].shown
            self._stand(accord.group, copy, replace(standing, asked=(wanted, *standing.asked)))
            if self.listener is not None:
                self.listener.begun(copy, accord.group, wanted)
        if never:
            return
        values: dict[FieldName, Value | None] = {**action.fields, **dict.fromkeys(action.cleared)}
        held.put(values, self.now)
        self.writes.append(action)
        if self.listener is not None:
            self.listener.landed(copy, self.now, self.view(copy))
        if lost:
            return
        own[copy] = held.record().version
        self._settle(action, held)

    def _settle(self, action: Action, held: Held) -> None:
        """Read back and write down how the copy stands now, in all groups."""
        version, view, copy = held.record().version, self.view(action.target), action.target
        about = {it.group: it for it in action.accords}
        for group in self.policy.groups:
            accord = self.accords.get(group.name)
            if accord is None or copy not in accord.copies:
                continue
            moved = accord.copies[copy].moved_to(version, at=self.now)
            if group.name in about:
                shown = {it: view[it] for it in sorted(group.fields) if it in view}
                fields = about[group.name].copies[copy].fields
                moved = replace(moved, fields=fields, shown=shown, asked=(), overruled=None)
            self._stand(group.name, copy, moved)
        if self.listener is not None:
            self.listener.read_back(copy, sorted(about), self.now)

    def _standing(self, group: GroupName, copy: CopyId) -> Standing:
        return self.accords[group].copies[copy]

    def _stand(self, group: GroupName, copy: CopyId, standing: Standing) -> None:
        self.accords[group] = self.accords[group].with_copy(copy, standing)

    # what came of it ---------------------------------------------------------------------------------------------

    def open(self, group: str) -> bool:
        entry = self.conflicts.get(GroupName(group))
        return entry is not None and entry.state is ConflictState.OPEN

    def says(self, name: str) -> list[Value | None]:
        return [self.view(it).get(FieldName(name)) for it in self.copies if it not in self.gone]

    def in_step(self, name: str) -> bool:
        values = self.says(name)
        return all(same(FieldName(name), it, values[0]) for it in values)

    def knows(self, name: FieldName, value: Value) -> bool:
        """Whether a value is in the end state, the inbox or the audit trail."""
        shown = [self.view(it).get(name) for it in self.copies]
        sides = [side.fields.get(name) for it in self.conflicts.values() for side in (*it.sides, *it.kept)]
        trail = [kept for which, kept in self.audit if which == name]
        return any(same(name, value, it) for it in (*shown, *sides, *trail))


def date(iso: str) -> DateValue:
    return DateValue(iso)
