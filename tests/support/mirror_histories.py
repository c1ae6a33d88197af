"""Random histories of one asset: people, faults, stale answers and rulings, told to an oracle that is asked at every look."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from dambridge.model.accords import CONTENT, FILE_NAME, Accord, GroupName
from dambridge.model.actions import ActionKind
from dambridge.model.conflicts import ConflictState, Ruling
from dambridge.model.identity import AccountId, CopyId
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value
from dambridge.planning import MirrorDecision
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule
from dambridge.policy.strictness import Permits
from support.conflict_oracle import Block, ConflictOracle, OracleRule, Plain, RuleName
from support.mirror import (
    AGENCY,
    ARCHIVE,
    PERMITTED,
    VOID,
    Mirror,
    date,
    policy_of,
)

CREDIT, KEYWORDS, BLOCK = FieldName("credit"), FieldName("keywords"), "rights"
EMBARGO, EXPIRY, TERMS = (FieldName(it) for it in ("embargo_until", "expires_at", "usage_terms"))
DAYS: list[Value | None] = [None, *(date(f"2027-0{it}-01") for it in (1, 2, 3))]
POOLS: Mapping[FieldName, Sequence[Value | None]] = {
    CREDIT: ["a", "b", "c", None],
    KEYWORDS: [("x",), ("x", "y"), ("y", "z"), ("z",), None],
    EMBARGO: DAYS,
    EXPIRY: DAYS,
    TERMS: [LangAlt.plain("once"), LangAlt.plain("once"), LangAlt.plain("twice")],
    PERMITTED: [None],
    FILE_NAME: ["a.jpg", "b.jpg", "c.jpg"],
    CONTENT: ["md5:c0", "md5:c1", "md5:c2"],
}
LISTS = {"custom:permitted_uses"}


def plain(fields: Fields) -> Block:
    """Values as the oracle knows them."""
    return {str(name): _plain(value) for name, value in fields.items()}


def _plain(value: Value) -> Plain:
    match value:
        case tuple():
            return frozenset(value)
        case DateValue():
            return value.iso
        case LangAlt():
            return value.default
    return str(value)


@dataclass(slots=True)
class Told:
    """Tells an oracle what happens in a `Mirror`, and counts."""

    policy: MirrorPolicy
    oracle: ConflictOracle
    met: Counter[str]
    last: bool = True
    mirror: Mirror | None = None

    def _parts(self, view: Fields) -> dict[str, Block]:
        return {it.name: plain({name: view[name] for name in it.fields if name in view}) for it in self.policy.groups}

    def edited(self, copy: CopyId, at: datetime, view: Fields) -> None:
        self.oracle.edited(str(copy), self._parts(view), at)

    def landed(self, copy: CopyId, at: datetime, view: Fields) -> None:
        self.oracle.landed(str(copy), self._parts(view), at)

    def observed(self, at: datetime, lag: Mapping[CopyId, int], decision: MirrorDecision) -> None:
        self.last = self.oracle.observed(at, {str(it): by for it, by in lag.items()})
        held = decision.leave is not None and decision.leave.reason.code in VOID
        assert held is not self.last, f"the oracle says {self.last}, the decision {decision.leave}"
        self.met["stale answers"] += held
        for accord in (one for it in decision.actions if it.kind is ActionKind.AGREE for one in it.accords):
            self._count(accord, at)

    def _count(self, accord: Accord, at: datetime) -> None:
        """Count what was merged of several values, and the writes of ours that came back as echoes."""
        rule = next(it.authority.rule for it in self.policy.groups if it.name == accord.group)
        if (
            rule in {Rule.UNION, Rule.MOST_RESTRICTIVE}
            and accord.origin is None
            and accord.since == at
            and accord.fields
        ):
            self.met[f"merged by {rule}"] += 1
        self.met["overruled"] += sum(it.overruled is not None for it in accord.copies.values())
        before = self.mirror.accords.get(accord.group) if self.mirror is not None else None
        for copy, standing in before.copies.items() if before is not None else ():
            echo = standing.asked and accord.copies[copy].shown != standing.shown and not accord.copies[copy].asked
            self.met["echoes"] += bool(echo)

    def begun(self, copy: CopyId, group: GroupName, fields: Fields) -> None:
        self.oracle.begun(str(copy), group, plain(fields))

    def read_back(self, copy: CopyId, groups: Sequence[GroupName], at: datetime) -> None:
        self.oracle.read_back(str(copy), groups, at)

    def ruled(self, group: GroupName, ruling: Ruling) -> None:
        account = ruling.side.account if ruling.side is not None else ""
        self.oracle.ruled(group, plain(ruling.fields), ruling.at, account=account)
        self.met["rulings"] += 1


RULES: dict[Rule, RuleName] = {
    Rule.ACCOUNT: "account",
    Rule.NEWEST: "newest",
    Rule.MOST_RESTRICTIVE: "most_restrictive",
    Rule.UNION: "union",
    Rule.ASK: "ask",
}


def oracle_of(policy: MirrorPolicy, copies: Sequence[CopyId]) -> ConflictOracle:
    rules = {str(it.name): _oracle_rule(it) for it in policy.groups}
    return ConflictOracle(rules, {str(it): it.account for it in sorted(copies)})


def _oracle_rule(group: FieldGroup) -> OracleRule:
    fields = tuple(sorted(str(it) for it in group.fields))
    return OracleRule(
        fields=fields,
        rule=RULES[group.authority.rule],
        account=group.authority.account or "",
        latest=frozenset({"embargo_until"}),
        earliest=frozenset({"expires_at"}),
        permits=frozenset({"custom:permitted_uses"}),
        held=group.is_content,
    )


def accounts_rules() -> st.SearchStrategy[Authority]:
    named = st.sampled_from([AGENCY, ARCHIVE]).map(lambda it: Authority(Rule.ACCOUNT, AccountId(it)))
    return named | st.sampled_from([Rule.NEWEST, Rule.ASK]).map(Authority)


def policy_by(
    *, credit: Authority, keywords: Authority, rights: Authority, file_name: Authority, content: Authority
) -> MirrorPolicy:
    """The policy of all these histories, by the authority of each group."""
    block = frozenset({EMBARGO, EXPIRY, TERMS, PERMITTED})
    return policy_of(
        FieldGroup.of(CREDIT, credit),
        FieldGroup.of(KEYWORDS, keywords),
        FieldGroup(name=GroupName(BLOCK), fields=block, authority=rights),
        FieldGroup.of(FILE_NAME, file_name),
        FieldGroup.of(CONTENT, content),
        strictness={PERMITTED: Permits()},
    )


def policies() -> st.SearchStrategy[MirrorPolicy]:
    """All rules, each where it can decide something, and where it cannot."""
    return st.builds(
        policy_by,
        credit=accounts_rules(),
        keywords=st.just(Authority(Rule.UNION)) | accounts_rules(),
        rights=st.just(Authority(Rule.MOST_RESTRICTIVE)) | accounts_rules(),
        file_name=accounts_rules(),
        content=accounts_rules(),
    )


def _changes_of(name: FieldName) -> st.SearchStrategy[dict[FieldName, Value | None]]:
    return st.fixed_dictionaries({name: st.sampled_from(POOLS[name])})


def values() -> st.SearchStrategy[dict[FieldName, Value | None]]:
    one = st.sampled_from(sorted(POOLS)).flatmap(_changes_of)
    two = st.tuples(one, one).map(lambda it: {**it[0], **it[1]})
    return one | two


STEPS = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, 2), values(), st.sampled_from([0, 1, 4, 30, 900])),
    st.tuples(st.just("edit"), st.integers(0, 2), values(), st.sampled_from([0, 1, 4, 30, 900])),
    st.tuples(st.just("round"), st.sampled_from(["", "", "", "lost reply", "lost request", "crash"])),
    st.tuples(st.just("stale"), st.integers(0, 2), st.integers(1, 2)),
    st.tuples(st.just("rule"), st.integers(0, 4), st.integers(0, 3)),
)
FAULTS: Mapping[str, dict[str, Any]] = {
    "": {},
    "lost reply": {"lost_replies": 1},
    "lost request": {"lost_requests": 1},
    "crash": {"crash_after_agreeing": True},
}


def carry_out(mirror: Mirror, told: Told, step: tuple[Any, ...]) -> None:
    match step:
        case ("edit", number, changes, later):
            mirror.edit(mirror.copies[number % len(mirror.copies)], changes, later=later)
        case ("round", fault):
            decision = mirror.round(**FAULTS[fault])
            told.met[fault or "whole rounds"] += 1
            agree_with(mirror, told, decision)
        case ("stale", number, lag):
            copy = mirror.copies[number % len(mirror.copies)]
            lag = min(lag, len(mirror.held[copy].past))
            agree_with(mirror, told, mirror.round(lag={copy: lag}))
        case ("rule", number, which):
            entries = sorted(it for it, entry in mirror.conflicts.items() if entry.state is ConflictState.OPEN)
            if entries:
                sides = mirror.conflicts[entries[number % len(entries)]].sides
                side = sides[which % len(sides)]
                mirror.rule(entries[number % len(entries)], side.fields, side=side.copy)


def agree_with(mirror: Mirror, told: Told, decision: MirrorDecision) -> None:
    """The inbox is what the oracle says, and so is every value that is agreed on."""
    waiting = {it for it, entry in mirror.conflicts.items() if entry.state is ConflictState.RULED}
    found = {str(it) for it, entry in mirror.conflicts.items() if entry.state is ConflictState.OPEN}
    if told.last:
        assert not waiting
        assert found == told.oracle.conflicts
        for group in mirror.policy.groups:
            agreed = told.oracle.agreed(group.name)
            accord = mirror.accords.get(group.name)
            assert (accord is None) == (agreed is None)
            if accord is not None and agreed is not None:
                said = plain(accord.fields)
                keys = said.keys() | agreed.keys()
                assert {it: said.get(it) for it in keys} == {it: agreed.get(it) for it in keys}, group.name
    for entry in decision.conflicts:
        told.met[f"conflicts {entry.state}"] += 1
    told.met["updates"] += sum(it.kind is ActionKind.UPDATE_FIELDS for it in decision.actions)
    told.met["versions"] += sum(it.kind is ActionKind.ADD_VERSION for it in decision.actions)


def enough(met: Mapping[str, int], floors: Mapping[str, int]) -> None:
    print(dict(sorted(met.items())))
    short = {name: met.get(name, 0) for name, floor in floors.items() if met.get(name, 0) < floor}
    assert not short, f"too few of these were met: {short} of {dict(floors)}"


def history(
    policy: MirrorPolicy, copies: tuple[CopyId, ...], alike: bool, steps: Sequence[tuple[Any, ...]], met: Counter[str]
) -> None:
    """Live through these steps, then come to rest, comparing with the oracle at every look."""
    told = Told(policy, oracle_of(policy, copies), met)
    mirror = told.mirror = Mirror(policy, copies, listener=told)
    if alike:
        mirror.everywhere({CREDIT: "a", KEYWORDS: ("x", "y"), TERMS: LangAlt.plain("once")})
    for step in steps:
        carry_out(mirror, told, step)
    for _ in range(4):
        mirror.now += 2 * policy.stale_for
        agree_with(mirror, told, mirror.round())
    for group in policy.groups:
        if str(group.name) not in told.oracle.conflicts:
            assert all(mirror.in_step(it) for it in group.fields)
    met["histories"] += 1


def chance_policy(chance: random.Random) -> MirrorPolicy:
    """A policy by chance: the rules that merge stand where they can, half of the time."""

    def authority(also: Rule | None = None) -> Authority:
        if also is not None and chance.random() < 0.5:
            return Authority(also)
        account = chance.choice([AGENCY, ARCHIVE])
        return chance.choice([Authority(Rule.ACCOUNT, account), Authority(Rule.NEWEST), Authority(Rule.ASK)])

    return policy_by(
        credit=authority(),
        keywords=authority(Rule.UNION),
        rights=authority(Rule.MOST_RESTRICTIVE),
        file_name=authority(),
        content=authority(),
    )


def chance_steps(chance: random.Random) -> list[tuple[Any, ...]]:
    """Eight to sixteen steps by chance; people are the busiest."""
    steps: list[tuple[Any, ...]] = []
    for _ in range(chance.randint(8, 16)):
        what = chance.choice(["edit", "edit", "edit", "round", "round", "stale", "rule"])
        match what:
            case "edit":
                names = chance.sample(sorted(POOLS), chance.choice([1, 1, 2]))
                changes = {name: chance.choice(POOLS[name]) for name in names}
                steps.append(("edit", chance.randint(0, 2), changes, chance.choice([0, 1, 4, 30, 900])))
            case "round":
                steps.append(("round", chance.choice(["", "", "", "lost reply", "lost request", "crash"])))
            case "stale":
                steps.append(("stale", chance.randint(0, 2), chance.randint(1, 2)))
            case _:
                steps.append(("rule", chance.randint(0, 4), chance.randint(0, 3)))
    return steps
