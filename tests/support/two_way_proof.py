"""What has to hold of the two-way engine, told from what happened in the world and not from what the engine believes.

A `Witness` stands between the engine and its ledger. It knows what every decision rested on, tells the conflict oracle what
was seen, agreed, asked for and read back, and keeps account of every value that somebody made and the engine saw.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

from dambridge.engine.mirroring import deciding
from dambridge.model.accords import CONTENT, Accord, GroupName
from dambridge.model.actions import Action, ActionKind
from dambridge.model.conflicts import Conflict, ConflictState, Ruling
from dambridge.model.identity import ActionId, AssetKey, Copy, CopyId, Link, LinkId, RemoteId
from dambridge.model.reasons import Code
from dambridge.model.records import AssetVersion, Missing, Present, Unread
from dambridge.model.values import FieldName
from dambridge.planning import MirrorDecision, decide_mirror
from dambridge.planning.absences import PRESENCE
from dambridge.policy.mirror import FieldGroup, WhenAbsent
from dambridge.ports.ledger import Settlement, WorkStage
from support.conflict_oracle import Absent, Block, ConflictOracle
from support.two_way import CUT, TwoWay
from support.two_way_plain import alike, block, is_told, md5, of_fields, place, plain, rule, texts, uncut
from support.two_way_systems import (
    PLACE,
    SELECTED,
    TITLE,
    Presence,
    State,
    Texts,
    Written,
)


class Broken(AssertionError):
    """Something that has to hold did not."""


@dataclass(slots=True)
class Seen:
    """A decision about one link that is not yet on record: which state of each copy it rests on, and when."""

    states: Mapping[AssetKey, State]
    at: datetime
    agrees: bool
    gone: Mapping[str, Absent]


@dataclass(slots=True)
class Story:
    """One link as the oracle is told of it. `told` are the states of each copy that the oracle knows, by serial."""

    link: Link
    oracle: ConflictOracle
    told: dict[AssetKey, list[int]]
    kept: tuple[Copy, ...]
    """The copies that were not let go."""

    def drop(self, copy: CopyId) -> None:
        self.kept = tuple(it for it in self.kept if it.id != copy)
        self.oracle.dropped(str(copy))

    @property
    def tracked(self) -> bool:
        """Whether there is anything left to keep in step."""
        return not self.oracle.ended


@dataclass(slots=True)
class Witness:
    """Watches one world."""

    world: TwoWay
    met: Counter[str] = field(default_factory=Counter)
    stories: dict[LinkId, Story] = field(default_factory=dict)
    pending: dict[LinkId, Seen] = field(default_factory=dict)
    rested: dict[tuple[AssetKey, AssetVersion], int] = field(default_factory=dict)
    """The state that a copy last showed at a version when something was decided."""
    acting: dict[AssetKey, Action] = field(default_factory=dict)
    owed: dict[LinkId, set[tuple[FieldName, Texts]]] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    believed: dict[tuple[LinkId, GroupName, CopyId], Mapping[FieldName, Any]] = field(default_factory=dict)
    """What the ledger said of each copy when it was last held against the copy's history."""
    broken: list[Broken] = field(default_factory=list)

    # the story so far ------------------------------------------------------------------------------------------------
    def begin(self, link: Link) -> None:
        self.stories[link.id] = self._story(link, link.copies)

    def rebuilt(self) -> None:
        """The store was made anew. What it can no longer know, and what nobody may expect of it: what was agreed on and in
        the inbox, when anybody edited, and every value that stood nowhere but on record. All else goes on as before."""
        links = self.world.ledger.memory.links
        for link_id, story in self.stories.items():
            kept = links[link_id].copies if link_id in links else ()
            self.stories[link_id] = self._story(story.link, kept)
            self.stories[link_id].oracle.ended = not kept
        self.pending.clear()
        self.acting.clear()
        self.owed.clear()
        self.looked(lived=False)

    def _story(self, link: Link, kept: tuple[Copy, ...]) -> Story:
        """A link of which the oracle knows what its copies were so far, and nothing that anybody decided."""
        groups = {str(it.name): rule(it) for it in self.world.policy.groups}
        limits = {str(it.id): {str(TITLE): CUT} for it in kept}  # by its standard, wherever the cut text turns up
        oracle = ConflictOracle(
            groups,
            {str(it.id): str(it.id.account) for it in kept},
            margin=self.world.policy.margin,
            stale_for=self.world.policy.stale_for,
            limits=limits,
        )
        story = Story(link, oracle, {it.key: [] for it in link.copies}, kept)
        for copy in kept:
            for state in self.world.libraries[copy.id.account].assets[copy.remote_id]:
                oracle.landed(str(copy.id), self._blocks(state), state.at, stamp=self.world.times.stamp(state))
                story.told[copy.key].append(state.serial)
        return story

    def catch_up(self) -> None:
        """Tell the oracles of every change since the last time, the engine's and people's alike."""
        for story in self.stories.values():
            for copy in story.kept:
                told = story.told[copy.key]
                history = self.world.libraries[copy.id.account].assets[copy.remote_id]
                for state in history[place(history, told[-1]) + 1 :]:
                    blocks = {name: it for name, it in self._blocks(state).items() if self._touches(name, state)}
                    story.oracle.landed(str(copy.id), blocks, state.at, stamp=self.world.times.stamp(state))
                    told.append(state.serial)

    def _touches(self, name: str, state: State) -> bool:
        group = next(it for it in self.world.policy.groups if it.name == name)
        return bool(group.fields & state.touched)

    def _blocks(self, state: State) -> dict[str, Block]:
        return {it.name: block(it, state) for it in self.world.policy.groups}

    # what the engine does ----------------------------------------------------------------------------------------
    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note every decision while the block lasts."""
        real = decide_mirror

        def decide(**given: Any) -> MirrorDecision:
            decision = real(**given)
            self._decided(given["link"], given["seen"], given["now"], decision)
            return decision

        for library in self.world.libraries.values():
            library.sending = self.sent
        with mock.patch.object(deciding, "decide_mirror", decide):
            yield

    def _decided(self, link: Link, seen: Mapping[Any, Any], now: datetime, decision: MirrorDecision) -> None:
        self.pending.pop(link.id, None)
        self.catch_up()
        for copy in link.copies:
            if isinstance(found := seen[copy.id], Present):
                shown = self.world.libraries[copy.id.account].shown(copy.remote_id)
                self.rested[copy.key, found.record.version] = shown.serial
        held = decision.leave is not None and decision.leave.reason.code in _NO_ANSWER
        if held or any(isinstance(it, Unread) for it in seen.values()):
            return
        states = {
            it.key: self.world.libraries[it.id.account].shown(it.remote_id)
            for it in link.copies
            if isinstance(seen[it.id], Present)
        }
        gone: dict[str, Absent] = {
            str(it): _ABSENT[self.world.policy.when_absent(it.account, found.absence)]
            for it, found in seen.items()
            if isinstance(found, Missing)
        }
        agrees = any(it.kind is ActionKind.AGREE for it in decision.actions)
        self.pending[link.id] = Seen(states, now, agrees, gone)

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """What breaks within the engine's own work is told when the run is over: the engine goes on from anything."""
        try:
            yield
        except Broken as broken:
            self.broken.append(broken)
            raise

    def ledger(self) -> WitnessedLedger:
        return WitnessedLedger(self.world.ledger, self)

    def noted(self) -> None:
        """What the copies were is on record: decisions that agree on nothing new count from here on."""
        for link_id, seen in list(self.pending.items()):
            if not seen.agrees:
                self._observed(link_id)

    def settled(self, it: Settlement) -> None:
        action = self.world.ledger.memory.actions[it.action].action
        self.catch_up()
        if action.kind is ActionKind.AGREE and it.stage is WorkStage.DONE:
            self._observed(action.link)
        if action.kind in {ActionKind.UPDATE_FIELDS, ActionKind.ADD_VERSION}:
            self._read_back(it, action)
        for copy in it.drop_copies:
            self.met["copies let go"] += 1
            self.stories[action.link].drop(copy)

    def count(self, it: Settlement) -> None:
        """What the engine had to do to get there, for the floors under the proof."""
        memory = self.world.ledger.memory
        kind = memory.actions[it.action].action.kind
        gone = [one for one in it.conflicts if one.group == PRESENCE and not one.revision]
        if (gone or it.drop_copies) and it.item.link is not None and not self._somebody_is_gone(it.item.link):
            raise Broken(f"{it.item.link}: somebody is taken for gone, and everybody is there")
        self.met["conflicts opened"] += sum(not one.revision for one in it.conflicts)
        if kind is ActionKind.UPDATE_FIELDS and it.stage is WorkStage.DONE:
            self.met["replays"] += any(one.detail.get("from", 0) is None for one in it.audit)
        for accord in it.accords if kind is ActionKind.AGREE else ():
            old = memory.accords.get(accord.link, {}).get(accord.group)
            if old is None:
                continue
            self.met["merges"] += old.fields != accord.fields
            for copy, standing in accord.copies.items():
                was = old.copies.get(copy)
                self.met["replays"] += was is not None and bool(was.asked) and not standing.asked
                agrees = standing.fields == accord.fields != old.fields and copy != accord.origin
                self.met["adoptions"] += agrees and (was is None or not was.asked)

    def _observed(self, link_id: LinkId) -> None:
        seen = self.pending.pop(link_id, None)
        story = self.stories.get(link_id)
        if seen is None or story is None:
            return
        lag = {
            str(copy.id): len(told) - 1 - told.index(seen.states[copy.key].serial)
            for copy in story.kept
            if copy.key in seen.states
            for told in [story.told[copy.key]]
        }
        if story.tracked and story.oracle.observed(seen.at, lag, seen.gone):
            self.met["observed"] += 1
            self._owe(link_id, seen.states.values())

    def looked(self, *, lived: bool) -> None:
        """A run is over: every value that any of its looks was shown must be found again for ever. Of a run that died in the
        middle only what it had decided about counts: nobody can write down what is seen and do nothing more."""
        links = {copy.key: it.link.id for it in self.stories.values() for copy in it.kept}
        for account, library in self.world.libraries.items():
            for remote_id, state in library.looks if lived else ():
                if (link_id := links.get(AssetKey(account, remote_id))) is not None:
                    self._owe(link_id, [state])
            library.looks.clear()

    def _owe(self, link_id: LinkId, states: Iterable[State]) -> None:
        owed = self.owed.setdefault(link_id, set())
        for state in states:
            for name in self.world.policy.managed:
                if (value := state.value(name)) and any(value):
                    owed.add((name, value))

    def ruled(self, entry: Conflict, ruling: Ruling) -> None:
        story = self.stories[entry.link]
        self.catch_up()
        if story.tracked and entry.group in story.oracle._groups:
            group = next(one for one in self.world.policy.groups if one.name == entry.group)
            block = of_fields(group, ruling.fields)
            if CONTENT in group.fields:
                block = {CONTENT: self._bytes_of(story.link, str(block[CONTENT]))}
            story.oracle.ruled(entry.group, block, ruling.at)

    def _bytes_of(self, link: Link, token: str) -> str:
        """The bytes that a token stands for: every account's stamp in this world is the MD5 of its bytes."""
        for copy in link.copies:
            for state in self.world.libraries[copy.id.account].assets[copy.remote_id]:
                if token.endswith(md5(state.content)):
                    return state.content.decode()
        raise LookupError(f"no copy of {link.id} ever had the bytes of {token}")

    def begun(self, action: ActionId, accords: Sequence[Any]) -> None:
        it = self.world.ledger.memory.actions[action].action
        if it.target_id is not None:
            self.acting[AssetKey(it.target.account, it.target_id)] = it
        story = self.stories.get(it.link)
        if story is None or not story.tracked:
            return
        for accord in accords:
            if accord.group in story.oracle._groups:
                group = next(one for one in self.world.policy.groups if one.name == accord.group)
                agreed = story.oracle.agreed(accord.group)
                said = of_fields(group, accord.copies[it.target].asked[-1])
                if CONTENT in group.fields or agreed == said or alike(agreed, said):
                    story.oracle.begun(str(it.target), accord.group, agreed or {})
                else:
                    raise Broken(f"{said} is asked for in {accord.group}, and {agreed} is agreed on")

    def sent(self, key: AssetKey, names: frozenset[FieldName]) -> None:
        """A write goes out, with or without an intent on record."""
        action = self._action_on(key)
        begun = self.acting.get(key)
        if begun is None or self.world.ledger.memory.actions[begun.id].stage is not WorkStage.OPEN:
            self.acting[key] = action
        story = self.stories.get(action.link)
        if story is None or not story.tracked:
            return
        self.catch_up()
        for group in self.world.policy.groups:
            if group.fields & names and (agreed := story.oracle.agreed(group.name)) is not None:
                story.oracle.begun(str(action.target), group.name, agreed)

    def _action_on(self, key: AssetKey) -> Action:
        """The latest that is about this asset."""
        rows = reversed(self.world.ledger.memory.actions.values())
        return next(
            it.action for it in rows if key == AssetKey(it.action.target.account, it.action.target_id or RemoteId(""))
        )

    def _read_back(self, it: Settlement, action: Action) -> None:
        story = self.stories.get(action.link)
        if story is None or not story.tracked:
            return
        groups: list[str] = []
        planned = {one.group: one.copies[action.target].fields for one in action.accords}
        for accord in it.accords:
            if accord.group not in planned or accord.group not in story.oracle._groups:
                continue
            standing = accord.copies[action.target]
            if not standing.version.fields:
                self.met["edits after our write"] += 1
                story.oracle.written_over(str(action.target), accord.group, standing.at)
            elif standing.fields == planned[accord.group] and not standing.asked and standing.overruled is None:
                groups.append(accord.group)
            else:
                self._taken_back(story, action.target, accord.group, standing.asked)
        known = [one.copies[action.target] for one in it.accords]
        if action.target_id is None or not known:
            return
        library = self.world.libraries[action.target.account]
        shown = library.shown(action.target_id)
        if any(one.version == library.version_of(action.target_id, shown) for one in known):
            copy = story.oracle._copies[str(action.target)]
            looked_at = copy.looked_at
            told = story.told[AssetKey(action.target.account, action.target_id)]
            lag = len(told) - 1 - told.index(shown.serial)
            story.oracle.read_back(str(action.target), groups, max(one.at for one in known), lag=lag)
            if it.stage is not WorkStage.DONE:
                copy.looked_at = looked_at  # an edit was met, and it is older than this look

    def _taken_back(
        self, story: Story, copy: CopyId, name: GroupName, asked: Sequence[Mapping[FieldName, Any]]
    ) -> None:
        """Of what was asked for only this was ever sent, or is on its way still."""
        group = next(it for it in self.world.policy.groups if it.name == name)
        begun = story.oracle._copies[str(copy)].places[name].begun
        if CONTENT not in group.fields:
            begun[:] = [it for it in begun if any(alike(it.block, of_fields(group, one)) for one in asked)]
        elif not asked:
            begun.clear()

    # what has to hold --------------------------------------------------------------------------------------------
    def check_writes(self) -> None:
        """No write since the last time was over an edit that its recheck could see and its decision had not."""
        for account, library in self.world.libraries.items():
            for it in library.written[self.checked.get(account, 0) :]:
                self._check_write(library.assets[it.key.remote_id], it)
            self.checked[account] = len(library.written)

    def check_claims(self) -> None:
        """What the ledger says a copy stands for the copy has shown at some time: no write counts as done that never was."""
        groups = {it.name: it for it in self.world.policy.groups}
        for link_id, accords in self.world.ledger.memory.accords.items():
            keys = {it.id: it for it in self.stories[link_id].link.copies}
            for name, accord in accords.items():
                for copy, standing in accord.copies.items():
                    place = link_id, name, copy
                    if self.believed.get(place) is standing.fields:
                        continue
                    self.believed[place] = standing.fields
                    if not standing.fields and standing.overruled is not None:
                        continue  # overruled at first sight: before that it stood for nothing that anybody knew of
                    if name in groups and not self._was_shown(groups[name], keys[copy], standing.fields):
                        said = of_fields(groups[name], standing.fields)
                        raise Broken(f"{keys[copy].key}: {said} is on record as standing there, and never did")
                    self.met["claims held"] += 1

    def _was_shown(self, group: FieldGroup, copy: Copy, fields: Mapping[FieldName, Any]) -> bool:
        history = self.world.libraries[copy.id.account].assets[copy.remote_id]
        if CONTENT in group.fields:
            return any(str(fields[CONTENT]).endswith(md5(it.content)) for it in reversed(history))
        return all(
            any(plain(name, uncut(name, it.value(name))) == text for it in reversed(history))
            for name in group.fields
            for text in [plain(name, uncut(name, texts(fields.get(name))))]
        )  # field by field: somebody may have edited the one while the other was written

    def _check_write(self, history: Sequence[State], it: Any) -> None:
        self.met["writes"] += 1
        action = self.acting.get(it.key) or self._action_on(it.key)
        if PLACE in it.names and not self._somebody_is_gone(action.link):
            raise Broken(f"{it.key} was taken out of sight, and no copy of {action.link} is gone")
        rested = self.rested[it.key, action.expects[str(action.target)]]
        looked = it.seen.serial if it.seen is not None else 0
        for state in history:
            if not rested < state.serial <= it.over.serial or not state.people:
                continue
            if it.seen is not None and self._same_version(history[place(history, rested)], it.seen):
                looked = min(looked, rested)  # there and back within a second: nothing shows it
            hit = {name for name in state.touched & it.names if state.value(name) != it.made.value(name)}
            hit |= {name for name in state.touched & it.names if state.serial <= looked}
            if hit and state.serial <= looked and not self._is_hidden(it, state, hit):
                raise Broken(f"{it.key}: the edit of {sorted(hit)} was to be seen at the recheck and was written over")
            if hit:
                self.met["edits in the last moment"] += 1

    def _is_hidden(self, it: Written, state: State, names: set[FieldName]) -> bool:
        """Whether an earlier write of ours covers this edit: it was made after the look before that write, and taken back
        before the write itself, so that all that the next look found moved may have been moved by us."""
        return any(
            one.key == it.key
            and one.seen is not None
            and it.seen is not None
            and one.seen.serial < state.serial <= one.over.serial
            and one.made.serial <= it.seen.serial
            and all(one.seen.value(name) == one.over.value(name) for name in names)
            for one in self.world.libraries[it.key.account].written
        )

    def _same_version(self, one: State, other: State) -> bool:
        stamps = self.world.times.stamp(one), self.world.times.stamp(other)
        names = self.world.policy.managed
        return stamps[0] == stamps[1] and all(one.value(it) == other.value(it) for it in names)

    def _somebody_is_gone(self, link: LinkId) -> bool:
        """Whether a copy is gone, or was when it was last looked at: a late answer may still say so."""
        for it in self.stories[link].link.copies:
            shown = self.world.libraries[it.id.account].shown(it.remote_id)
            late = shown.presence is not Presence.HERE or SELECTED not in shown.places
            if late or not self.world.present(it):
                return True
        return False

    def check_kept(self) -> None:
        """Every value that was ever visible is in a copy, in the inbox or in the audit trail.

        Visible is what an account showed at any read of ours, on time or late, decided about or not, before a write or after
        it: told from the accounts' own histories. What nobody read between two edits was never visible; what a run read that
        died counts once it is read again or was decided about; and what stood on record alone goes with the store."""
        for link_id, owed in self.owed.items():
            link = self.stories[link_id].link
            missing = {it for it in owed if not self._stands(link, *it)}
            if missing:
                told = self._on_record(link_id)
                lost = [(name, value) for name, value in missing if not is_told(name, value, told)]
                if lost:
                    raise Broken(f"{link_id}: {sorted(lost)} was seen, and is nowhere any more")
                self.met["kept on record only"] += len(missing)

    def _stands(self, link: Link, name: FieldName, value: Texts) -> bool:
        return any(self.world.state(it).value(name) == value for it in link.copies)

    def _on_record(self, link_id: LinkId) -> str:
        trail = [it.entry.detail for it in self.world.ledger.memory.trail if it.entry.subject == link_id]
        inbox = [it.to_json() for it in self.world.ledger.memory.conflicts.values() if it.link == link_id]
        return json.dumps([trail, inbox], ensure_ascii=False, default=str)

    def check_inbox(self) -> None:
        """The inbox is what the oracle says it has to be, and so is everything agreed on."""
        open_now: dict[LinkId, set[str]] = {}
        for it in self.world.ledger.memory.conflicts.values():
            if it.stands:
                open_now.setdefault(it.link, set()).add(it.group)
        for link_id, story in self.stories.items():
            if not story.tracked or link_id in self.pending:
                continue
            found = open_now.get(link_id, set())
            if found != story.oracle.conflicts:
                raise Broken(f"{link_id}: in the inbox are {sorted(found)}, not {sorted(story.oracle.conflicts)}")
            accords = self.world.ledger.memory.accords.get(link_id, {})
            for name in story.oracle._groups:
                agreed = story.oracle.agreed(name)
                accord = accords.get(GroupName(name))
                if agreed is None or accord is None or name in found or name == CONTENT:
                    continue
                group = next(one for one in self.world.policy.groups if one.name == name)
                said = of_fields(group, accord.fields)
                if not alike(said, agreed):
                    raise Broken(f"{link_id}: {name} is agreed to be {said}, not {agreed}")
            self.met["inboxes compared"] += 1

    def check_in_step(self) -> None:
        """Where nothing contends and everybody is there, all copies say the same: putting it all into the inbox fails."""
        standing = {(it.link, it.group) for it in self.world.ledger.memory.conflicts.values() if it.stands}
        for link in self.world.ledger.memory.links.values():
            if (link.id, PRESENCE) in standing or self._waits(link):
                continue
            for group in self.world.policy.groups:
                if (link.id, group.name) in standing:
                    self.met["groups in conflict at rest"] += 1
                    continue
                self.met["groups in step at rest"] += 1
                if CONTENT in group.fields and self._nobody_has(link, group):
                    self.met["bytes that nobody has"] += 1
                    continue
                for name in group.fields:
                    values = {uncut(name, self.world.state(it).value(name)) for it in link.copies}
                    if len(values) > 1:
                        raise Broken(f"{link.id}: nothing contends, and {name} is {sorted(values)}")

    def _waits(self, link: Link) -> bool:
        """Whether somebody is gone and the policy wants that to be waited for, or nobody is left. Whoever else is gone would be
        asked about, let go, or followed by the others."""
        gone = [it for it in link.copies if not self.world.present(it)]
        if not gone or len(gone) == len(link.copies):
            return bool(gone)
        wanted = {self.world.policy.when_absent(it.id.account, self.world.absence(it)) for it in gone}
        if WhenAbsent.WAIT not in wanted:
            raise Broken(f"{link.id}: {[str(it.key) for it in gone]} are gone, and nothing came of it")
        self.met["waited for at rest"] += 1
        return True

    def _nobody_has(self, link: Link, group: FieldGroup) -> bool:
        """Whether the agreed bytes stand nowhere any more: a ruling may be for a file that a late answer showed."""
        accord = self.world.ledger.memory.accords.get(link.id, {}).get(group.name)
        token = str(accord.fields.get(CONTENT)) if accord is not None else ""
        return not any(token.endswith(md5(self.world.state(it).content)) for it in link.copies)

    def open_conflicts(self) -> list[Conflict]:
        return [it for it in self.world.ledger.memory.conflicts.values() if it.state is ConflictState.OPEN]


class WitnessedLedger:
    """Passes everything on, and tells the witness what has become true."""

    def __init__(self, ledger: Any, witness: Witness) -> None:
        self._ledger = ledger
        self._witness = witness

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def settle(self, settlement: Settlement) -> None:
        with self._witness.remembering():
            self._witness.count(settlement)
            await self._ledger.settle(settlement)
            self._witness.settled(settlement)

    async def put_accords(self, accords: Sequence[Accord], **given: Any) -> Sequence[Accord]:
        kept: Sequence[Accord] = await self._ledger.put_accords(accords, **given)
        with self._witness.remembering():
            self._witness.check_claims()
        return kept

    async def record_items(self, run: Any, items: Sequence[Any], observations: Sequence[Any]) -> None:
        await self._ledger.record_items(run, items, observations)
        if not items:
            self._witness.noted()

    async def begin_write(self, action: ActionId, step: str, **given: Any) -> Any:
        row, kept = await self._ledger.begin_write(action, step, **given)
        with self._witness.remembering():
            self._witness.catch_up()
            self._witness.begun(action, given["accords"])
        return row, kept

    async def begin_step(self, action: ActionId, step: str, **given: Any) -> Any:
        row = await self._ledger.begin_step(action, step, **given)
        it = self._ledger.memory.actions[action].action
        if it.target_id is not None:
            self._witness.acting[AssetKey(it.target.account, it.target_id)] = it
        return row


_NO_ANSWER = frozenset({Code.STALE_ANSWER, Code.COPY_UNREAD})
_ABSENT: Mapping[WhenAbsent, Absent] = {
    WhenAbsent.LET_GO: "let_go",
    WhenAbsent.FOLLOW: "follow",
    WhenAbsent.ASK: "ask",
    WhenAbsent.WAIT: "wait",
}
