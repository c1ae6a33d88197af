"""Enrichment decided: what the map derives arrives, and what people of the target set is never written over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import (
    NO_ALIASES,
    WORK_LIST,
    AccountMap,
    Aliases,
    Definition,
    Direction,
    NewTerms,
    Rule,
    Vocabularies,
    account_map,
    derive_with_bases,
    fingerprint,
)
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import ActionKind
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AccountId, AssetKey, Copy, FlowName, Link, LinkId, RemoteId, System
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Absence,
    AssetRecord,
    AssetVersion,
    MediaType,
    Missing,
    Present,
    Seen,
    Unread,
)
from dambridge.model.values import FieldName, Fields, LangAlt, Value
from dambridge.planning import MirrorDecision, decide_enrich
from dambridge.planning.provenance import changes_by_rule, provenance
from dambridge.policy.enrich import BothChanged, EnrichPolicy, WorkList, group_name
from dambridge.testing.two_copies import TAKES

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
HEADLINE, CITY, KEYWORDS = FieldName("headline"), FieldName("city"), FieldName("keywords")
START = datetime(2026, 11, 28, 9, tzinfo=UTC)
RULES: Mapping[str, Any] = {
    "copy": {"to": "Headline"},
    "loud": {"to": "Headline", "expression": 'headline + "!"'},
    "fixed": {"to": "Headline", "constant": "Harbour"},
    "city": {"to": "Headline", "expression": 'headline + ", " + city'},
}


def policy_of(*fields: FieldName, **options: Any) -> EnrichPolicy:
    return EnrichPolicy(source=AGENCY, target=ARCHIVE, fields=tuple(sorted(fields)), **options)


def map_of(**rules: Any) -> AccountMap:
    listed = Rule(field=WORK_LIST, native="Work List", direction=Direction.BOTH, new_terms=NewTerms.SEND)
    made = account_map(System.NETX, rules)
    return AccountMap(System.NETX, (*made.rules, listed))


@dataclass(slots=True)
class Pair:
    """A source and a record copy with the smallest engine that can carry a decision out."""

    policy: EnrichPolicy
    here: dict[FieldName, Value] = field(default_factory=dict)
    there: dict[FieldName, Value] = field(default_factory=dict)
    map: AccountMap = field(default_factory=map_of)
    definitions: Mapping[str, Definition] | None = None
    aliases: Aliases = NO_ALIASES
    accords: dict[GroupName, Accord] = field(default_factory=dict)
    conflicts: dict[GroupName, Conflict] = field(default_factory=dict)
    now: datetime = START
    edits: dict[AccountId, int] = field(default_factory=lambda: {AGENCY: 1, ARCHIVE: 1})
    writes: int = 0
    observe_only: bool = False
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def link(self) -> Link:
        copies = (
            Copy(self.policy.source_copy, RemoteId("I1")),
            Copy(self.policy.target_copy, RemoteId("7")),
        )
        return Link(LinkId("ln1"), FlowName.INTAKE, copies, observe_only=self.observe_only)

    def record(self, account: AccountId, fields: Fields) -> AssetRecord:
        return AssetRecord(
            key=AssetKey(account, RemoteId("I1" if account == AGENCY else "7")),
            media_type=MediaType.IMAGE,
            file_name="a.jpg",
            name="a",
            size=1,
            fields=dict(fields),
            containers=(),
            version=AssetVersion(modified=str(self.edits[account]), fields=fingerprint(fields), content="c"),
        )

    def decide(self) -> MirrorDecision:
        shown: dict[Any, Seen] = {
            self.policy.source_copy: Present(self.record(AGENCY, self.here)),
            self.policy.target_copy: Present(self.record(ARCHIVE, self.there)),
        }
        shown |= {it: one for it, one in self.seen.items() if it in shown}
        return decide_enrich(
            link=self.link,
            accords=self.accords,
            conflicts=self.conflicts,
            seen=shown,
            policy=self.policy,
            maps={AGENCY: account_map(System.PHOTOSHELTER, {}), ARCHIVE: self.map},
            can_archive={ARCHIVE: TAKES, AGENCY: TAKES},
            terms=Vocabularies(self.definitions, self.aliases),
            now=self.now,
        )

    def run(self) -> MirrorDecision:
        """Decide and carry it out."""
        self.now += timedelta(hours=1)
        decision = self.decide()
        for action in decision.actions:
            self.accords |= {it.group: it for it in action.accords if action.kind is ActionKind.AGREE}
            if action.kind is ActionKind.UPDATE_FIELDS:
                assert action.target == self.policy.target_copy, "the source is never written"
                self.writes += 1
                self.put({**dict.fromkeys(action.cleared), **action.fields})
                after = self.record(ARCHIVE, self.there).version
                for it in action.accords:
                    standing = replace(it.copies[action.target], version=after, at=self.now)
                    self.accords[it.group] = self.accords[it.group].with_copy(action.target, standing)
        self.conflicts |= {it.group: it for it in decision.conflicts}
        return decision

    def put(self, values: Mapping[FieldName, Value | None]) -> None:
        """Somebody, or we, store these in the target."""
        self.edits[ARCHIVE] += 1
        kept = {**self.there, **values}
        self.there = {it: value for it, value in kept.items() if value is not None}

    def edit(self, **values: Value | None) -> None:
        self.edits[AGENCY] += 1
        kept = {**self.here, **{FieldName(it): value for it, value in values.items()}}
        self.here = {it: value for it, value in kept.items() if value is not None}

    @property
    def asked(self) -> int:
        return sum(it.stands for it in self.conflicts.values())


def settled(**here: Value) -> Pair:
    """A pair whose headline has arrived."""
    pair = Pair(policy_of(HEADLINE, CITY))
    pair.edit(**here)
    pair.run()
    return pair


def test_a_derived_value_arrives_with_its_rule_and_its_source_and_is_written_once() -> None:
    pair = Pair(policy_of(HEADLINE), map=map_of(headline=RULES["loud"]))
    pair.edit(headline="Boats")
    decision = pair.run()
    assert pair.there == {HEADLINE: "Boats!"}
    (write,) = [it for it in decision.actions if it.kind is ActionKind.UPDATE_FIELDS]
    assert [(it.name, it.rule, it.assets) for it in changes_by_rule([write])] == [("headline", 'headline + "!"', 1)]
    (told,) = provenance(pair.accords)
    assert (told["value"], told["by"], told["sources"]) == ("Boats!", "rule", {"headline": "Boats"})
    again = pair.run()
    assert (again.actions, again.leave and again.leave.outcome, pair.writes) == ((), Outcome.UNCHANGED, 1)


def test_accords_with_their_basis_come_back_from_json() -> None:
    pair = settled(headline="Boats")
    for it in pair.accords.values():
        again = Accord.from_json(it.to_json())
        assert again == it
        assert again.copies[pair.policy.source_copy].basis is not None


@pytest.mark.hazard("P45")
@pytest.mark.parametrize("value", ["Mine", None])
def test_what_people_set_or_emptied_stays_whatever_becomes_of_the_rule(value: str | None) -> None:
    pair = settled(headline="Boats")
    pair.put({HEADLINE: value})
    left = dict(pair.there)
    for rule in ("loud", "fixed", "copy"):
        pair.map = map_of(headline=RULES[rule])
        pair.run()
        assert (pair.there, pair.asked) == (left, 0)


@pytest.mark.hazard("P45")
def test_a_value_of_people_that_equals_the_rules_is_theirs_all_the_same() -> None:
    pair = settled(headline="Boats")
    pair.put({HEADLINE: "Ships"})
    pair.run()
    pair.put({HEADLINE: "Boats"})
    pair.run()
    pair.map = map_of(headline=RULES["loud"])
    pair.run()
    assert pair.there[HEADLINE] == "Boats"
    pair.edit(headline="Other")
    pair.run()
    assert (pair.there[HEADLINE], pair.asked) == ("Boats", 1)


@pytest.mark.hazard("P45")
def test_at_first_sight_a_value_that_stands_there_is_theirs() -> None:
    pair = Pair(policy_of(HEADLINE), there={HEADLINE: "Mine"})
    pair.edit(headline="Boats")
    for _ in range(3):
        pair.run()
    assert (pair.there, pair.asked, pair.writes) == ({HEADLINE: "Mine"}, 0, 0)


@pytest.mark.hazard("P45")
@pytest.mark.parametrize("policy", list(BothChanged))
def test_only_news_of_the_source_beside_theirs_is_a_question(policy: BothChanged) -> None:
    pair = settled(headline="Boats")
    pair.policy = replace(pair.policy, both_changed=policy)
    pair.put({HEADLINE: "Mine"})
    pair.run()
    pair.edit(city="Rye")
    pair.run()
    assert (pair.there, pair.asked) == ({HEADLINE: "Mine", CITY: "Rye"}, 0)
    pair.edit(headline="Ships")
    for _ in range(3):
        pair.run()
    assert (pair.there[HEADLINE], pair.asked) == ("Mine", 0 if policy is BothChanged.KEEP_TARGET else 1)


def test_lists_may_take_up_what_either_side_added() -> None:
    pair = Pair(policy_of(KEYWORDS, both_changed=BothChanged.UNION))
    pair.edit(keywords=("boat",))
    pair.run()
    pair.put({KEYWORDS: ("boat", "mine")})
    pair.run()
    pair.edit(keywords=("boat", "news"))
    pair.run()
    assert set(pair.there[KEYWORDS] or ()) == {"boat", "mine", "news"}  # type: ignore[arg-type]
    assert pair.asked == 0


@pytest.mark.hazard("P31")
def test_an_unknown_term_waits_alone() -> None:
    free: Definition = ("text", None)
    pair = Pair(policy_of(HEADLINE, CITY), definitions={"Headline": free, "City": ("pulldown", ("Rye",))})
    pair.edit(headline="Boats", city="Rhye")
    decision = pair.run()
    assert (pair.there, decision.leave and decision.leave.reason.code) == ({HEADLINE: "Boats"}, Code.UNKNOWN_TERM)
    pair.definitions = {"Headline": free, "City": ("pulldown", ("Rye", "Rhye"))}
    pair.run()
    assert pair.there[CITY] == "Rhye"


def test_a_rule_that_fails_makes_its_field_wait_and_clears_nothing() -> None:
    pair = settled(headline="Boats")
    pair.map = map_of(headline={"to": "Headline", "expression": "keywords[3]"})
    decision = pair.run()
    assert decision.leave is not None
    assert (decision.leave.outcome, decision.leave.reason.code) == (Outcome.WAITING, Code.EXPRESSION_ERROR)
    assert pair.there[HEADLINE] == "Boats"


def test_what_was_not_read_or_is_only_watched_or_gone_is_left() -> None:
    pair = settled(headline="Boats")
    pair.edit(headline="Ships")
    watched = replace_pair(pair, observe_only=True).decide()
    assert (watched.actions, watched.leave and watched.leave.reason.code) == ((), Code.OBSERVE_ONLY)
    unread = Unread(Reason.of(Code.COPY_UNREAD, copy="x", text="no"))
    for copy in (pair.policy.source_copy, pair.policy.target_copy):
        left = replace_pair(pair, seen={copy: unread}).decide()
        assert (left.actions, left.leave and left.leave.outcome) == ((), Outcome.WAITING)
    gone = replace_pair(pair, seen={pair.policy.target_copy: Missing(Absence.DELETED, "x")}).decide()
    assert (gone.actions, gone.leave and gone.leave.outcome) == ((), Outcome.SKIPPED)
    lost = replace_pair(pair, seen={pair.policy.source_copy: Missing(Absence.DELETED, "x")}).decide()
    assert not [it for it in lost.actions if it.kind is ActionKind.UPDATE_FIELDS], "what was archived stays"
    assert pair.decide().actions, "and else it is written"


def replace_pair(pair: Pair, **changes: Any) -> Pair:
    return replace(pair, **changes)


def test_the_work_list_follows_the_facets_and_leaves_other_words() -> None:
    listed = WorkList(attribute="Work List", word="missing")
    pair = Pair(policy_of(HEADLINE, facets=(HEADLINE, CITY), work_list=listed), there={WORK_LIST: ("for Jane",)})
    pair.edit(headline="Boats")
    pair.run()
    assert pair.there == {HEADLINE: "Boats", WORK_LIST: ("for Jane", "missing")}
    assert pair.writes == 1, "facets and list in one write"
    pair.put({CITY: "Rye"})
    pair.run()
    assert pair.there[WORK_LIST] == ("for Jane",)
    pair.put({CITY: None})
    pair.run()
    assert pair.there[WORK_LIST] == ("for Jane", "missing")
    pair.put({WORK_LIST: ("for Jane",)})
    pair.run()
    assert pair.there[WORK_LIST] == ("for Jane",), "whoever took it out is not told again"


def test_sources_of_a_rule_are_what_it_speaks_of() -> None:
    pair = Pair(policy_of(HEADLINE))
    record = pair.record(AGENCY, {HEADLINE: "Boats", CITY: "Rye", FieldName("title"): LangAlt.plain("x")})
    for rule, sources in [
        ("copy", {HEADLINE: "Boats"}),
        ("fixed", {}),
        ("city", {HEADLINE: "Boats", CITY: "Rye"}),
    ]:
        derived = derive_with_bases(record, map_of(headline=RULES[rule]), [HEADLINE], START)
        assert derived.bases[HEADLINE].sources == sources


TEXTS = st.sampled_from(["a", "b", "c", None])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("source"), TEXTS),
        st.tuples(st.just("people"), TEXTS),
        st.tuples(st.just("rule"), st.sampled_from(sorted(RULES))),
        st.tuples(st.just("run"), st.none()),
    ),
    max_size=14,
)


@pytest.mark.hazard("P45")
@given(steps=STEPS, policy=st.sampled_from(list(BothChanged)))
def test_nothing_of_peoples_is_ever_written_over_and_what_is_not_theirs_follows(
    steps: list[tuple[str, str | None]], policy: BothChanged
) -> None:
    """The oracle knows what stood there after the last run, and nothing of accords: whatever else stands there is theirs."""
    pair = Pair(policy_of(HEADLINE, both_changed=policy))
    rule, theirs, moved, left = "copy", False, False, None
    met = False
    own: object = pair  # nothing yet that the flow itself left there
    for what, value in [*steps, ("run", None), ("run", None)]:
        match what:
            case "source":
                moved = moved or pair.here.get(HEADLINE) != value
                pair.edit(headline=value)
            case "people":
                pair.put({HEADLINE: value})
            case "rule":
                rule = str(value)
                pair.map = map_of(headline=RULES[rule])
            case _:
                before, asked = pair.there.get(HEADLINE), pair.asked
                # What stands there at first sight and is what the rules say came with the asset: nobody typed it
                as_derived = str(before or "").rstrip() == expected(rule, pair.here).rstrip()
                theirs = theirs or (before != left and (met or not as_derived))
                if asked and before == own:
                    theirs = (
                        False  # while a person was asked they put this flow's own value back: nothing of theirs is left
                    )
                met = met or bool(before) or bool(expected(rule, pair.here))
                pair.run()
                left = pair.there.get(HEADLINE)
                own = own if theirs else left
                if theirs:
                    assert left == before
                else:
                    assert str(left or "").rstrip() == expected(rule, pair.here).rstrip()
                if pair.asked > asked:
                    assert theirs
                    assert moved
                    assert policy is not BothChanged.KEEP_TARGET
                moved, writes = False, pair.writes
                pair.run()
                assert pair.writes == writes, "a second run writes nothing"


def expected(rule: str, here: Fields) -> str:
    """What the rule comes to, said without it."""
    headline, city = here.get(HEADLINE), here.get(CITY)
    match rule:
        case "copy":
            return str(headline or "")
        case "loud":
            return f"{headline or ''}!"
        case "fixed":
            return "Harbour"
    return f"{headline or ''}, {city or ''}"


def test_groups_are_of_this_flow_alone() -> None:
    assert group_name(HEADLINE) == "enrich:headline"
    assert provenance({GroupName("headline"): next(iter(settled(headline="x").accords.values()))}) == []
