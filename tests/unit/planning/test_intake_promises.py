"""What flow intake promises about one asset, held against random situations and against a reading of the design by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dambridge.mapping import account_map, default_map
from dambridge.model.actions import Act, Action, ActionKind, Decision, Leave
from dambridge.model.identity import FlowName, System
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Absence,
    Agreed,
    AssetRecord,
    MediaType,
    Missing,
    NotYet,
    Present,
    Seen,
    Unread,
)
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning import HeaderFacts, forecast, make_plan
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities
from dambridge.testing.strategies import (
    AGENCY,
    ARCHIVE,
    AT,
    SOURCE,
    TARGET,
    actions,
    agreed_states,
    capabilities,
    left_items,
    not_present,
    policies,
    records,
)
from dambridge.testing.two_copies import LINK, READS, TAKES, TARGET_KEY, TwoCopies

POLICY = IntakePolicy(source=AGENCY, target=ARCHIVE)
NAMES = [FieldName(it) for it in ("credit", "city", "headline", "job_id", "instructions")]
UNWRITTEN = FieldName("edit_status")
LETTERS = st.none() | st.sampled_from(["a", "b", "c"])
EDITS: st.SearchStrategy[Literal["keep_target", "source_wins"]] = st.sampled_from(["keep_target", "source_wins"])
REHASH: st.SearchStrategy[Literal["unexplained", "always", "never"]] = st.sampled_from(
    ["unexplained", "always", "never"]
)


def kinds_and_codes(decision: Decision) -> list[str]:
    if isinstance(decision, Act):
        return [str(it.kind) for it in decision.actions]
    return [f"{decision.outcome}:{decision.reason.code}"]


def enough(met: Mapping[str, int], floors: Mapping[str, int]) -> None:
    """Print what a random test met and refuse one that met too little to mean anything."""
    print(dict(sorted(met.items())))
    short = {name: met.get(name, 0) for name, floor in floors.items() if met.get(name, 0) < floor}
    assert not short, f"too few of these were met: {short} of {dict(floors)}"


# nothing on what was not read, nothing that is not ours to write ----------------------------------------------


SOME = [
    *NAMES,
    *map(FieldName, ("title", "keywords", "creator", "date_created", "edit_status", "alt_text", "custom:permit")),
]
HERE = records(LINK.copies[0].key, names=SOME).map(Present)
THERE = records(TARGET_KEY, names=SOME).map(Present)
USUAL = st.integers(0, 2).flatmap(lambda it: capabilities() if it == 2 else st.just((READS, TAKES)))


@pytest.mark.hazard("P01")
@pytest.mark.parametrize(
    ("here_is", "there_is", "examples", "floors"),
    [
        (HERE, st.just(NotYet()), 400, {"create": 15, "waiting:capability_unproven": 5, "quarantined:path_invalid": 5}),
        (HERE, THERE, 400, {"update_fields": 10, "add_version": 5, "confirm_bytes": 5, "unchanged:in_step": 2}),
        (HERE, not_present(), 160, {"waiting:target_unread": 8, "waiting:target_gone": 8}),
        (not_present(), THERE, 160, {"waiting:source_unread": 8, "skipped:gone_at_source": 8}),
        (not_present(), not_present(), 160, {"waiting:source_unread": 8, "skipped:gone_at_source": 8}),
    ],
    ids=["new", "known", "unsure there", "unsure here", "unsure"],
)
def test_whatever_is_seen_only_read_copies_are_acted_on_and_only_managed_fields_are_written(
    here_is: st.SearchStrategy[Seen], there_is: st.SearchStrategy[Seen], examples: int, floors: Mapping[str, int]
) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None)
    @given(
        policy=policies(names=SOME),
        here=here_is,
        there=there_is,
        agreed=agreed_states(names=SOME),
        can=USUAL,
        watched=st.integers(0, 7).map(lambda it: it == 7),
        netx=st.sampled_from([None, {"city": ""}, {"alt_text": "Alt Text"}]),
    )
    def holds(
        *,
        policy: IntakePolicy,
        here: Seen,
        there: Seen,
        agreed: Agreed,
        can: tuple[ReaderCapabilities, ArchiveCapabilities],
        watched: bool,
        netx: dict[str, Any] | None,
    ) -> None:
        link = replace(LINK, observe_only=watched)
        pair = TwoCopies(policy, maps=MAPS[str(netx)], agreed=agreed)
        decision = pair.decide(here=here, there=there, link=link, can_read=can[0], can_archive=can[1])
        met.update(kinds_and_codes(decision))
        if isinstance(decision, Leave):
            assert decision.outcome in {Outcome.UNCHANGED, Outcome.SKIPPED, Outcome.WAITING, Outcome.QUARANTINED}
            assert bool(decision.waits_for) == (decision.outcome in {Outcome.WAITING, Outcome.QUARANTINED})
            return
        assert isinstance(here, Present)
        assert isinstance(there, Present | NotYet)
        assert not watched
        (action,) = decision.actions
        assert (action.kind is ActionKind.CREATE) == isinstance(there, NotYet)
        assert (str(TARGET) in action.expects) == isinstance(there, Present)
        assert action.expects[str(SOURCE)] == here.record.version
        assert action.reasons
        only_ours(action, here.record, pair)

    holds()
    enough(met, floors)


def only_ours(action: Action, here: AssetRecord, pair: TwoCopies) -> None:
    """The action writes nothing but fields that map and policy give it, and clears nothing that was not read."""
    writes, managed = pair.maps[System.NETX].writes, pair.policy.managed
    assert {*action.fields, *action.cleared} <= (writes if managed is None else writes & managed)
    assert not set(action.fields) & set(action.cleared)
    unread = {name for it in here.notes for name in it["fields"]}  # type: ignore[union-attr]
    assert not set(action.cleared) & unread, "a field of a group that was not read is unread, not empty"


MAPS = {
    str(it): {**{system: default_map(system) for system in System}, System.NETX: account_map(System.NETX, it or {})}
    for it in (None, {"city": ""}, {"alt_text": "Alt Text"})
}


# three ways per field, as the design says it in words ---------------------------------------------------------


def by_hand(was: str | None, ours: str | None, theirs: str | None, *, keep: bool) -> str:
    """Three-way merge of one field, written from the design alone: what is to be done, in one word."""
    source_changed = ours != was
    people_changed = theirs != was
    if not source_changed:
        return "leave"
    if ours == theirs:
        return "agree"
    if people_changed and keep:
        return "keep"
    return "clear" if ours is None else "write"


@pytest.mark.hazard("P45")
def test_every_field_goes_the_way_that_the_design_says_in_words() -> None:
    """All fields of a record at once: what happens to one never depends on another."""
    met: Counter[str] = Counter()
    triple = st.tuples(LETTERS, LETTERS, LETTERS)

    @settings(max_examples=400, deadline=None)
    @given(triples=st.fixed_dictionaries(dict.fromkeys(NAMES, triple)), edits=EDITS, content=st.booleans())
    def holds(
        triples: dict[FieldName, tuple[str | None, str | None, str | None]],
        edits: Literal["keep_target", "source_wins"],
        content: bool,
    ) -> None:
        pair = TwoCopies(replace(POLICY, target_edits=edits))
        pair.here = _present(triples, 0)
        pair.settle()
        for name, (_, ours, theirs) in triples.items():
            if pair.here.get(name) != ours:
                pair.edit_here(name, ours)
            assert pair.there is not None
            if pair.there.get(name) != theirs:
                pair.edit_there(name, theirs)
        if content:
            pair.replace_file()
        words = {name: by_hand(*it, keep=edits == "keep_target") for name, it in triples.items()}
        met.update(words.values())
        decision = pair.decide()
        action = decision.actions[0] if isinstance(decision, Act) else None
        fields, cleared = (action.fields, action.cleared) if action else ({}, ())
        kept = _kept(decision)
        assert set(kept) == {name for name, word in words.items() if word == "keep"}
        for name, word in words.items():
            _, ours, theirs = triples[name]
            match word:
                case "write":
                    assert fields[name] == ours
                case "clear":
                    assert name in cleared
                case "agree":
                    assert (fields.get(name), name in cleared) == (ours, ours is None)
                    assert fields.get(name) == theirs, "agreed on, and nothing to write"
                case _:
                    assert name not in fields
                    assert name not in cleared

    holds()
    enough(met, {"leave": 200, "agree": 100, "keep": 50, "write": 100, "clear": 50})


def _present(triples: Mapping[FieldName, tuple[str | None, ...]], at: int) -> dict[FieldName, Value]:
    return {name: value for name, it in triples.items() if (value := it[at]) is not None}


def _kept(decision: Decision) -> Sequence[str]:
    reasons = [decision.reason] if isinstance(decision, Leave) else [it for at in decision.actions for it in at.reasons]
    return [str(it) for found in reasons if found.code is Code.TARGET_EDITED for it in found["fields"]]  # type: ignore[union-attr]


@pytest.mark.hazard("P45")
@pytest.mark.parametrize("one", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_edits_of_different_fields_on_both_sides_both_survive(one: FieldName, other: FieldName) -> None:
    pair = TwoCopies(POLICY, here=dict.fromkeys(NAMES, "a"))
    pair.settle()
    pair.edit_here(one, "ours")
    pair.edit_there(other, "theirs")
    pair.settle()
    assert pair.there is not None
    assert pair.there[other] == "theirs"
    if one != other:
        assert pair.there[one] == "ours"
    assert pair.settle() == []


@pytest.mark.hazard("P29")
def test_what_people_have_already_is_agreed_on_in_their_own_spelling_and_a_cut_echo_never_replaces_it() -> None:
    """The file brought the long value; later the source shows it cut at the old limit."""
    credit, description = FieldName("credit"), FieldName("description")
    long = "Fotograf*innenkollektiv Ærøskøbing Havn"
    pair = TwoCopies(POLICY, here={FieldName("city"): "X"})
    pair.settle()
    assert pair.there is not None
    assert pair.agreed is not None
    pair.there |= {credit: long, description: LangAlt.of({"x-default": "Havn", "de": "Hafen"})}
    pair.agreed = replace(pair.agreed, filled={credit: long})
    pair.edit_here(credit, long.encode()[:32].decode(errors="ignore"))
    pair.edit_here(description, LangAlt.plain("Havn "))
    pair.written.clear()
    (action,) = pair.settle()
    assert pair.written == [], "agreed on without a write"
    assert pair.there[credit] == long
    assert set(action.fields) == {credit, description}
    pair.edit_here(credit, "New")
    pair.settle()
    assert pair.there[credit] == "New", "and a real edit afterwards is carried"


# a history of edits on both sides -----------------------------------------------------------------------------


class Ghost:
    """Who set what in the archive, kept by hand beside the model: `people` own what they set until the source says the
    same or, where it wins, something else."""

    def __init__(self, pair: TwoCopies) -> None:
        self.pair = pair
        self.people: set[FieldName] = set()

    def edited_there(self, name: FieldName, *, was: Value | None) -> None:
        assert self.pair.there is not None
        now = self.pair.there.get(name)
        known = self.pair.agreed.fields.get(name) if self.pair.agreed else None
        if now == known:
            self.people.discard(name)
        elif now != was:
            self.people.add(name)

    def yields(self) -> None:
        """Where the source wins, what it changed is no longer the people's."""
        fields = self.pair.agreed.fields if self.pair.agreed else {}
        read = set(NAMES) - self.pair.unread
        self.people -= {it for it in read if self.pair.here.get(it) != fields.get(it)}

    def settled(self, done: Sequence[Action]) -> None:
        assert self.pair.there is not None
        for name in list(self.people):
            agreed = any(name in {*it.fields, *it.cleared} for it in done)
            if agreed and self.pair.there.get(name) == self.pair.here.get(name):
                self.people.discard(name)


STEP = st.one_of(
    st.tuples(st.just("here"), st.sampled_from([*NAMES[:3], UNWRITTEN]), LETTERS),
    st.tuples(st.just("there"), st.sampled_from(NAMES[:3]), LETTERS),
    st.tuples(st.just("both"), st.sampled_from(NAMES[:3]), LETTERS),
    st.tuples(st.sampled_from(["replace", "replace unseen", "touch", "rest"]), st.none(), st.none()),
    st.tuples(st.sampled_from(["unread", "read"]), st.sampled_from(NAMES[:3]), st.none()),
)


def test_an_edit_that_was_left_to_people_arrives_when_they_put_the_agreed_value_back() -> None:
    credit = NAMES[0]
    pair = TwoCopies(replace(POLICY, rehash="always"), here={credit: "a"})
    pair.settle()
    pair.edit_here(credit, "b")
    pair.edit_there(credit, None)
    (action,) = pair.settle()
    assert (action.kind, action.fields, pair.there) == (ActionKind.CONFIRM_BYTES, {}, {})
    assert kinds_and_codes(pair.decide()) == ["unchanged:target_edited"]
    pair.edit_there(credit, "a")
    (action,) = pair.settle()
    assert (action.kind, pair.there) == (ActionKind.UPDATE_FIELDS, {credit: "b"})
    assert pair.settle() == []


@pytest.mark.hazard("P15")
@pytest.mark.hazard("P45")
def test_any_history_comes_to_rest_loses_no_edit_of_people_and_carries_every_edit_of_the_source() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=500, deadline=None)
    @given(steps=st.lists(STEP, max_size=14), edits=EDITS, rehash=REHASH)
    @example(
        steps=[
            ("here", NAMES[2], "c"),
            ("rest", None, None),
            ("both", NAMES[2], None),
            ("rest", None, None),
            ("there", NAMES[2], "c"),
        ],
        edits="keep_target",
        rehash="always",
    )
    def holds(steps: list[tuple[str, FieldName | None, str | None]], edits: Any, rehash: Any) -> None:
        pair = TwoCopies(replace(POLICY, target_edits=edits, rehash=rehash), here={NAMES[0]: "a", NAMES[1]: "b"})
        ghost = Ghost(pair)
        met.update(kinds_and_codes(pair.decide()))
        pair.settle()
        for what, name, value in [*steps, ("rest", None, None)]:
            if what != "rest":
                _take(pair, ghost, what, name, value)
                continue
            decision = pair.decide()
            met.update(kinds_and_codes(decision))
            pair.written.clear()
            done = pair.settle()
            touched = {it for it, _ in pair.written}
            if edits == "keep_target":
                assert not touched & ghost.people, "an edit of people was overwritten"
            assert not touched & pair.unread
            ghost.settled(done)
            _arrived(pair, ghost, edits)
            pair.written.clear()
            again = pair.decide()
            assert isinstance(again, Leave), "one round and then rest"
            assert again.outcome is Outcome.UNCHANGED

    holds()
    floors = {"update_fields": 60, "add_version": 40, "confirm_bytes": 60, "unchanged:in_step": 60}
    enough(met, {"create": 500, **floors, "unchanged:target_edited": 3})


def _take(pair: TwoCopies, ghost: Ghost, what: str, name: FieldName | None, value: str | None) -> None:
    match what, name:
        case "here", str():
            if pair.here.get(name) != value:
                pair.edit_here(name, value)
        case "there", str():
            assert pair.there is not None
            was = pair.there.get(name)
            if was != value:
                pair.edit_there(name, value)
            ghost.edited_there(name, was=was)
        case "both", str():
            _take(pair, ghost, "here", name, "x")
            _take(pair, ghost, "there", name, value)
        case "unread", str():
            pair.unread |= {name}
            pair.touch()
        case "read", str():
            pair.unread -= {name}
            pair.touch()
        case "replace", _:
            pair.replace_file()
        case "replace unseen", _:
            pair.replace_file(shown=False)
        case _:
            pair.touch()


def _arrived(pair: TwoCopies, ghost: Ghost, edits: str) -> None:
    """Every field that nobody in the archive set for themselves says there what the source says."""
    assert pair.there is not None
    assert pair.agreed is not None
    for name in set(NAMES) - pair.unread:
        if name in ghost.people:
            continue
        assert pair.there.get(name) == pair.here.get(name), f"{name} did not arrive under {edits}"


# bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P13")
@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["a", "b"]), min_size=1), EDITS)
def test_edits_of_fields_move_no_bytes_and_a_new_file_does(edited: dict[FieldName, str], edits: Any) -> None:
    pair = TwoCopies(replace(POLICY, target_edits=edits), here=dict.fromkeys(NAMES, "z"))
    pair.settle()
    for name, value in edited.items():
        pair.edit_here(name, value)
    (action,) = pair.settle()
    assert (action.kind, action.size, pair.bytes_sent, pair.bytes_fetched) == (ActionKind.UPDATE_FIELDS, 0, 1, 1)
    assert {name for name, _ in pair.written[-len(edited) :]} == set(edited)
    pair.replace_file()
    (action,) = pair.settle()
    assert (action.kind, action.target_id, action.fields) == (ActionKind.ADD_VERSION, TARGET_KEY.remote_id, {})
    assert (pair.bytes_sent, pair.up_to_date) == (2, True)


@pytest.mark.hazard("P14")
def test_fields_that_were_settled_long_ago_do_not_explain_a_file_that_moved_today() -> None:
    """A value left to the archive's people differs for ever; what moves the source afterwards needs its own explanation."""
    credit, city = NAMES[:2]
    pair = TwoCopies(POLICY, here={credit: "a", city: "a"})
    pair.settle()
    pair.edit_there(credit, "set by a librarian")
    pair.edit_here(credit, "b")
    pair.edit_here(city, "b")
    (action,) = pair.settle()
    assert Reason.of(Code.TARGET_EDITED, fields=("credit",)) in action.reasons
    pair.replace_file(shown=False)
    (action,) = pair.settle()
    assert action.kind is ActionKind.CONFIRM_BYTES
    assert pair.up_to_date
    assert pair.there is not None
    assert pair.there[credit] == "set by a librarian"
    assert pair.settle() == []


@pytest.mark.hazard("P22")
@given(st.lists(st.booleans(), min_size=1, max_size=5), REHASH)
def test_a_replaced_file_is_a_version_of_the_same_asset_and_what_people_added_stays(
    shown: list[bool], rehash: Any
) -> None:
    pair = TwoCopies(replace(POLICY, rehash=rehash), here={NAMES[0]: "a"})
    pair.settle()
    pair.edit_there(NAMES[1], "a librarian's code")
    for visible in shown:
        pair.replace_file(shown=visible)
        for action in pair.settle():
            assert action.kind in {ActionKind.ADD_VERSION, ActionKind.CONFIRM_BYTES}
            assert action.target_id == TARGET_KEY.remote_id
        assert pair.up_to_date or (rehash == "never" and not visible)
        assert pair.there == {NAMES[0]: "a", NAMES[1]: "a librarian's code"}


# what the accounts can do -------------------------------------------------------------------------------------

NEEDED = {
    ActionKind.CREATE: {"originals", "deliver", "write_attributes", "folders"},
    ActionKind.ADD_VERSION: {"originals", "deliver", "write_attributes", "versions"},
    ActionKind.CONFIRM_BYTES: {"originals"},
    ActionKind.UPDATE_FIELDS: {"write_attributes"},
}
CELLS = ("originals", "deliver", "write_attributes", "folders", "versions")


@pytest.mark.parametrize("media_type", list(MediaType))
@pytest.mark.parametrize("kind", list(NEEDED))
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("proof", list(Proof))
def test_each_kind_of_work_waits_for_the_cells_that_it_needs_and_for_no_others(
    media_type: MediaType, kind: ActionKind, cell: str, proof: Proof
) -> None:
    pair = TwoCopies(replace(POLICY, arrival="berth"), here={NAMES[0]: "a"}, media_type=media_type)
    if kind is not ActionKind.CREATE:
        pair.settle()
    match kind:
        case ActionKind.UPDATE_FIELDS:
            pair.edit_here(NAMES[0], "b")
        case ActionKind.ADD_VERSION:
            pair.replace_file()
        case ActionKind.CONFIRM_BYTES:
            pair.touch()
    decision = pair.decide(**_with(cell, media_type, proof))
    if proof.usable or cell not in NEEDED[kind]:
        assert kinds_and_codes(decision) == [str(kind)]
    else:
        assert kinds_and_codes(decision) == ["waiting:capability_unproven"]
        assert isinstance(decision, Leave)
        assert decision.waits_for == "administrator"
        assert decision.reason["media_type"] == str(media_type)


@pytest.mark.parametrize("arrival", ["auto", "folder"])
@pytest.mark.parametrize("proof", list(Proof))
def test_where_nothing_can_be_filed_a_new_asset_goes_straight_unless_berths_are_asked_for(
    arrival: Any, proof: Proof
) -> None:
    cannot = _with("folders", MediaType.IMAGE, proof)
    straight = TwoCopies(replace(POLICY, arrival=arrival), here={NAMES[0]: "a"})
    assert kinds_and_codes(straight.decide(**cannot)) == ["create"]
    berths = TwoCopies(replace(POLICY, arrival="berth"), here={NAMES[0]: "a"})
    assert kinds_and_codes(berths.decide(**cannot)) == ["create" if proof.usable else "waiting:capability_unproven"]


def _with(cell: str, media_type: MediaType, proof: Proof) -> dict[str, Any]:
    """Capabilities in which one cell of one media type says this."""
    if cell == "originals":
        return {"can_read": replace(READS, originals={**READS.originals, media_type: proof})}
    if cell == "deliver":
        return {"can_archive": replace(TAKES, deliver={**TAKES.deliver, media_type: proof})}
    cells: dict[str, Any] = {cell: proof}
    return {"can_archive": replace(TAKES, **cells)}


def test_a_media_type_that_the_matrix_does_not_name_waits() -> None:
    pair = TwoCopies(POLICY, media_type=MediaType.AUDIO)
    held = pair.decide(can_archive=replace(TAKES, deliver={MediaType.IMAGE: Proof.PROVEN}))
    assert kinds_and_codes(held) == ["waiting:capability_unproven"]


# ids of actions -----------------------------------------------------------------------------------------------


@given(actions(), actions())
def test_different_work_has_different_ids_and_the_same_work_the_same(one: Action, other: Action) -> None:
    def rests_on(it: Action) -> object:
        versions = () if it.kind is ActionKind.CREATE else tuple(sorted((k, v) for k, v in it.expects.items()))
        return it.link, it.target, it.kind, str(versions)

    assert (one.id == other.id) == (rests_on(one) == rests_on(other))
    assert replace(one, fields={}, reasons=(), calls={}, size=0, folder="", modified_at=None).id == one.id


@pytest.mark.hazard("P20")
def test_a_create_has_one_id_for_life_and_every_later_work_one_of_its_own() -> None:
    pair = TwoCopies(POLICY, here={NAMES[0]: "a"})
    creates, later = set(), []
    for value in ("b", "c", "d"):
        decision = pair.decide()
        assert isinstance(decision, Act)
        creates.add(decision.actions[0].id)
        pair.edit_here(NAMES[0], value)
        pair.replace_file()
    pair.settle()
    for value in ("e", "f", "e", "f"):
        pair.edit_here(NAMES[0], value)
        later += [it.id for it in pair.settle()]
    assert len(creates) == 1
    assert len(later) == len(set(later)) == 4, "an A-B-A edit is still an edit"
    assert not creates & set(later)


@pytest.mark.parametrize(("modified", "fields"), [("a|b", "c"), ("a", "b|c")])
def test_parts_of_a_version_do_not_run_together(modified: str, fields: str) -> None:
    """`2026|x` with `y` and `2026` with `x|y` are two versions."""
    pair = TwoCopies(POLICY, here={NAMES[0]: "a"})
    pair.settle()
    pair.edit_here(NAMES[0], "b")
    decision = pair.decide()
    assert isinstance(decision, Act)
    (action,) = decision.actions
    version = action.expects[str(SOURCE)]
    versions = [
        replace(version, modified=m, fields=f, content=c)
        for m, f, c in (("a|b", "c", "d"), ("a", "b|c", "d"), ("a", "b", "c|d"), (modified, fields, "e"))
    ]
    ids = {replace(action, expects={**action.expects, str(SOURCE): it}).id for it in versions}
    assert len(ids) == 4


# many ---------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P47")
@given(
    st.lists(actions(), max_size=5, unique_by=lambda it: it.id),
    st.lists(left_items(), max_size=5, unique_by=lambda it: it.key),
    st.data(),
)
def test_a_batch_in_any_order_makes_the_same_bytes(acts: list[Action], left: list[Any], data: st.DataObject) -> None:
    facts = HeaderFacts(
        flow=FlowName.INTAKE, policy="p", configuration="c", capabilities="k", changes_before=0, known=10
    )
    rates = {AGENCY: 4.0, ARCHIVE: 2.0}

    def made(these: Sequence[Action], those: Sequence[Any]) -> str:
        plan = make_plan(these, those, facts=facts, policy=POLICY, takes=forecast(these, rates), now=AT)
        return "\n".join(plan.lines())

    assert made(data.draw(st.permutations(acts)), data.draw(st.permutations(left))) == made(acts, left)


def test_waiting_on_unread_copies_says_which_and_missing_ones_how_it_is_known() -> None:
    pair = TwoCopies(POLICY, here={NAMES[0]: "a"})
    pair.settle()
    unread = pair.decide(there=Unread(Reason.of(Code.TARGET_UNREAD, text="503 from the archive")))
    assert isinstance(unread, Leave)
    assert (unread.reason["copy"], unread.reason["text"]) == (str(TARGET), "503 from the archive")
    gone = pair.decide(there=Missing(Absence.HIDDEN, "3004"))
    assert isinstance(gone, Leave)
    assert gone.reason["evidence"] == "3004"
