"""What can happen in the world of two-way flows, one thing at a time, and what is checked after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from dambridge.engine.running import RunResult
from dambridge.model.accords import CONTENT, FILE_NAME
from dambridge.model.conflicts import ConflictState, Ruling
from dambridge.model.identity import Copy, FlowName, Link, RemoteId
from dambridge.model.values import FieldName
from dambridge.ports.ledger import Due
from support.crashing import CrashPlan
from support.two_way import GROUPS, POLICY, InAnotherOrder, TwoWay, standing
from support.two_way_proof import Broken, Witness
from support.two_way_systems import (
    ELSEWHERE,
    EXPIRES,
    KEYWORDS,
    LAGS,
    LICENCE_END,
    SELECTED,
    TITLE,
    Library,
    Presence,
    Texts,
    Times,
    Written,
)

LINKS = 2
TICKS = (2, 61, 1200, 7200, 90000)
"""Seconds; none of them makes two edits differ by about the policy's margin."""
_LONG = "A title that is longer than what one of the systems can hold, in full {}"
_WORDS = ("boat", "quay", "gull", "rope")
_DAYS = ("2027-01-01", "2027-02-01", "2027-03-01")


@dataclass(slots=True)
class Play:
    """One world under test. Numbers choose; whatever they are, something sensible happens."""

    met: Counter[str]
    world: TwoWay | None = None
    witness: Witness | None = None
    fresh: int = 0
    going: bool = False
    losing: bool = False
    """Whether the store is ever lost here: it takes with it what contends, so the most worlds keep theirs."""

    # setting up --------------------------------------------------------------------------------------------------
    def begin(self, seed: int, *, links: int = LINKS, coming_and_going: bool | None = None) -> None:
        chance = Random(seed)
        groups = tuple(sorted(chance.sample(GROUPS, 3), key=lambda it: it.name))
        self.going = chance.random() < 0.4 if coming_and_going is None else coming_and_going
        self.world = TwoWay(policy=replace(POLICY, groups=groups), times=Times(coarse=chance.random() < 0.5))
        for library in self.world.libraries.values():
            library.order = Random(chance.random())
        self.losing = chance.random() < 0.45
        self.witness = Witness(self.world, self.met)
        for number in range(links):
            link = self.world.add_link(
                number,
                title=("Same title",),
                headline=("Same",),
                credit=("Same",),
                keywords=_WORDS[:2],
                expires_at=(_DAYS[1],),
            )
            self.witness.begin(link)
        self.run(full=True)

    def close(self) -> None:
        if self.world is not None:
            self.world.close()

    # people ------------------------------------------------------------------------------------------------------
    def edit(self, link: int, copy: int, field: int, value: int) -> None:
        """Somebody sets a field, renames a file or replaces one."""
        library, it = self._copy(link, copy)
        if library.here(it.remote_id):
            self._do_edit(library, it, self._field(field), value)
            self.met["edits"] += 1

    def edit_and_back(self, link: int, copy: int, field: int, value: int) -> None:
        """Somebody edits, and puts back what was there: the same value, and still an edit."""
        library, it = self._copy(link, copy)
        name = self._field(field)
        if not library.here(it.remote_id):
            return
        before = library.state(it.remote_id).value(name)
        self._do_edit(library, it, name, value)
        self._set(library, it.remote_id, name, before)
        self.met["edits there and back"] += 1

    def _do_edit(self, library: Library, it: Copy, name: FieldName, value: int) -> None:
        self._set(library, it.remote_id, name, self._value(name, value))

    def _set(self, library: Library, it: RemoteId, name: FieldName, value: Texts) -> None:
        if name == FILE_NAME:
            library.rename(it, value[0])
        elif name == CONTENT:
            library.replace_file(it, value[0])
        else:
            library.edit(it, **{name: value})

    def _value(self, name: FieldName, value: int) -> Texts:
        """Of each kind a few values that others choose too, and, more often, one that was never there."""
        self.fresh += 1
        unique = f"{self.fresh:05d}"
        match name:
            case _ if name == KEYWORDS:
                return tuple(word for place, word in enumerate(_WORDS) if value >> place & 1)
            case _ if name in {EXPIRES, LICENCE_END}:
                return (_DAYS[value % 3],) if value % 8 != 7 else ()
            case _ if name == FILE_NAME:
                return (f"{unique if value % 2 else value % 4}.jpg",)
            case _ if name == CONTENT:
                return (f"bytes {unique}",)
            case _ if name == TITLE:
                return (_LONG.format(unique),) if value % 3 == 0 else (f"Title {unique if value % 2 else value % 4}",)
        if value % 8 == 7:
            return ()
        return (f"{unique if value % 2 else 'same' + str(value % 4)}",)

    def come_or_go(self, link: int, copy: int, how: int) -> None:
        """Deleted, thrown into the trash, hidden, moved out of the selection; or restored."""
        library, it = self._copy(link, copy)
        if not self.going:
            return
        self.met["comings and goings"] += 1
        if not library.here(it.remote_id):
            library.become(it.remote_id, Presence.HERE)
        elif how % 5 == 4:
            here = SELECTED in library.state(it.remote_id).places
            library.move(it.remote_id, ELSEWHERE if here else SELECTED)
        else:
            library.become(it.remote_id, list(Presence)[how % 4])

    def rules(self, which: int, side: int) -> None:
        """Somebody settles what contends: by one of the sides."""
        world, witness = self._both()
        entries = sorted(witness.open_conflicts(), key=lambda it: it.id)
        entries = [it for it in entries if it.group != "presence"]
        if not entries:
            return
        entry = entries[which % len(entries)]
        chosen = entry.sides[side % len(entry.sides)]
        ruling = Ruling(by="jane", at=world.now(), fields=chosen.fields, side=chosen.copy)
        world.wait(world.ledger.put_conflicts([replace(entry, state=ConflictState.RULED, ruling=ruling)]))
        witness.ruled(entry, ruling)
        self.met["rulings"] += 1

    # time and hints ----------------------------------------------------------------------------------------------
    def tick(self, which: int) -> None:
        self._both()[0].times.advance(timedelta(seconds=TICKS[which % len(TICKS)]))

    def hint(self, link: int, copy: int, times: int) -> None:
        """Somebody says that an asset changed, true or not, once or more often, and in any order."""
        world, _ = self._both()
        _, it = self._copy(link, copy)
        payload = {"account": str(it.id.account), "id": str(it.remote_id)}
        kind = f"hint:{FlowName.RIGHTS}"
        for _number in range(times % 3):
            world.wait(world.ledger.add_due([Due(at=world.now(), kind=kind, key=str(it.key), payload=payload)]))
            self.met["hints"] += 1

    def lose_a_hint(self, link: int, copy: int) -> None:
        """The poll does not show this asset until further notice: an index with a hole."""
        library, it = self._copy(link, copy)
        library.unpolled.add(it.remote_id)

    # ourselves ---------------------------------------------------------------------------------------------------
    def run(self, *, full: bool = False, crash: CrashPlan | None = None) -> RunResult | None:
        world, witness = self._both()
        with witness.watching():
            result = world.run(full=full, crash=crash, ledger=witness.ledger())
        if witness.broken:
            raise witness.broken[0]
        witness.catch_up()
        witness.looked(lived=result is not None)
        witness.check_writes()
        witness.check_claims()
        self.met["runs"] += 1
        if result is None:
            self.met["crashes"] += 1
            return None
        if result.stopped:
            raise Broken(f"a run stopped: {result.stopped}")
        flow = result.summary["flows"][str(world.policy.flow)]
        if flow["failed"]:
            raise Broken(f"a run failed at something: {flow}")
        ends = ("done", "unchanged", "skipped", "waiting", "quarantined", "failed")
        if flow["seen"] != sum(flow[it] for it in ends):
            raise Broken(f"the sums do not match: {flow}")
        witness.check_inbox()
        return result

    def run_in_another_order(self, order: int) -> None:
        """What comes of two rounds does not hang on the order of listings, of links and of the actions in a batch."""
        world, _ = self._both()
        twin = world.twin()
        chance = Random(order)
        for library in twin.libraries.values():
            library.order = chance
        for it in (world, twin):
            it.times.advance(timedelta(hours=1))
        for _ in range(2):
            self.run()
            twin.run(ledger=InAnotherOrder(twin.ledger, chance))
            for it in (world, twin):
                it.times.advance(timedelta(hours=1))
        if standing(twin) != standing(world):
            raise Broken("another order of the same work came to another end")
        twin.close()
        self.met["orders compared"] += 1

    def run_with_somebody(self, link: int, copy: int, field: int, value: int, *, when: int) -> None:
        """A person edits while we are at it: before one of the reads, or between a recheck and its write."""
        library, it = self._copy(link, copy)
        name = self._field(field)

        def edit() -> None:
            if not library.here(it.remote_id):
                return
            before = library.state(it.remote_id).value(name)
            self._do_edit(library, it, name, value | 1)
            if when % 3 == 0:
                self._set(library, it.remote_id, name, before)
            self.met["edits while a run was at it"] += 1

        if when % 4 == 0:
            library.before_write.append(edit)
        else:
            library.before_read.extend([_nothing] * (when % 5) + [edit])
        self.run()
        library.before_read.clear()
        library.before_write.clear()

    def run_with_somebody_right_after(self, link: int, copy: int, field: int, value: int, *, how: int) -> None:
        """Somebody's edit is carried to the others, and there somebody is at the very field before we look again."""
        world, _ = self._both()
        self.edit(link, copy, field, value)

        def edit(written: Written) -> None:
            library = world.libraries[written.key.account]
            names = sorted(written.names & world.policy.managed)
            if not names or not library.here(written.key.remote_id):
                return
            name = names[value % len(names)]
            self._set(library, written.key.remote_id, name, self._made_of(name, written, how))
            self.met["edits right after a write"] += 1

        for library in world.libraries.values():
            library.after_write.append(edit)
        self.run()
        for library in world.libraries.values():
            library.after_write.clear()

    def _made_of(self, name: FieldName, written: Written, how: int) -> Texts:
        """What was there before, nothing, less than what was written, or something new."""
        now = written.made.value(name)
        match how % 4:
            case 0:
                return written.over.value(name)
            case 1 if name not in {FILE_NAME, CONTENT}:
                return ()
            case 2 if name == KEYWORDS:
                return now[1:]
            case 2 if name not in {FILE_NAME, CONTENT, EXPIRES, LICENCE_END}:
                return tuple(it[: len(it) * 2 // 3] for it in now)
        return self._value(name, how | 1)

    def run_in_bad_weather(self, account: int, fates: int) -> None:
        """Requests and replies of writes are lost."""
        world, _ = self._both()
        library = sorted(world.libraries.items())[account % 4][1]
        library.lose.extend([bool(fates >> place & 1) for place in range(1 + fates % 6)])
        self.met["replies lost"] += library.lose.count(True)
        self.run()
        library.lose.clear()

    def run_with_a_stale_answer(self, link: int, copy: int, times: int, lag: int) -> None:
        library, it = self._copy(link, copy)
        library.stale[it.remote_id] = 1 + times % 2
        library.lag = LAGS[lag % len(LAGS)]
        self.run()
        library.stale.clear()
        self.met["stale answers"] += 1

    def run_without_an_answer(self, link: int, copy: int) -> None:
        library, it = self._copy(link, copy)
        library.unread[it.remote_id] = 1
        self.run()
        library.unread.clear()
        self.met["unanswered reads"] += 1

    def lose_the_store(self) -> None:
        """All that is on record is gone but the journal of tombstones; the store is made anew from the systems. A person
        reviews: where bytes are not known to be alike the record's are put everywhere; then every link may work again."""
        world, witness = self._both()
        restored = world.lose_and_restore()
        watched = [it.link for it in restored if it.watched is not None]
        for link in watched:
            here = [it for it in link.copies if world.libraries[it.id.account].here(it.remote_id)]
            for it in here[1:]:
                if (content := world.state(here[0]).content) != world.state(it).content:
                    world.libraries[it.id.account].replace_file(it.remote_id, content.decode())
        world.release(watched)
        witness.rebuilt()
        self.met["rebuilds"] += 1
        self.met["links watched after a rebuild"] += len(watched)
        self.run(full=True)

    def run_until_it_dies(self, at: int, *, after: bool) -> None:
        self.run(crash=CrashPlan(at=1 + at, after=after))

    # rest --------------------------------------------------------------------------------------------------------
    def come_to_rest(self) -> None:
        """Nobody edits any more: at most two rounds, and then nothing is written; what was seen stands somewhere."""
        world, witness = self._both()
        for library in world.libraries.values():
            library.stale.clear()
            library.unread.clear()
            library.lose.clear()
            library.unpolled.clear()
        for _ in range(2):
            world.times.advance(timedelta(hours=30))
            self.run()
        before = world.writes()
        agreed = world.accords()
        world.times.advance(timedelta(hours=30))
        self.run()
        if world.writes() != before:
            raise Broken("a third round after the last edit still wrote")
        if world.accords() != agreed:
            raise Broken("a third round after the last edit still agreed on something")
        witness.check_kept()
        witness.check_in_step()
        self.met["rests"] += 1

    # choosing ----------------------------------------------------------------------------------------------------
    def _both(self) -> tuple[TwoWay, Witness]:
        assert self.world is not None
        assert self.witness is not None
        return self.world, self.witness

    def _copy(self, link: int, copy: int) -> tuple[Library, Copy]:
        world, _ = self._both()
        it: Link = list(world.links.values())[link % len(world.links)]
        chosen = it.copies[copy % len(it.copies)]
        return world.libraries[chosen.id.account], chosen

    def _field(self, field: int) -> FieldName:
        world, _ = self._both()
        names: Sequence[FieldName] = sorted(world.policy.managed)
        return names[field % len(names)]


def _nothing() -> None: ...
