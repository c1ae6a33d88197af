"""Golden plans: what one round does in every situation of one asset, under every rule, as a page that a person can read.

`python tests/support/golden_plans.py` writes the page anew; whoever does so reads the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dambridge.model.accords import CONTENT, FILE_NAME, GroupName
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import CopyId
from dambridge.model.records import Absence
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.planning import MirrorDecision
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule, WhenAbsent
from dambridge.policy.strictness import Permits
from support.mirror import (
    ABROAD,
    AGENCY,
    ARCHIVE,
    HERE,
    PERMITTED,
    THERE,
    THREE,
    TWO,
    Mirror,
    date,
    policy_of,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "in-step-plans.md"
CREDIT, KEYWORDS = FieldName("credit"), FieldName("keywords")
EMBARGO, EXPIRY, TERMS = (FieldName(it) for it in ("embargo_until", "expires_at", "usage_terms"))
RIGHTS = GroupName("rights")
NAMES = {HERE: "agency", THERE: "archive", ABROAD: "archive (emea)"}
AUTHORITIES = {
    "`account: agency`": Authority(Rule.ACCOUNT, AGENCY),
    "`account: archive`": Authority(Rule.ACCOUNT, ARCHIVE),
    "`newest`": Authority(Rule.NEWEST),
    "`most_restrictive`": Authority(Rule.MOST_RESTRICTIVE),
    "`union`": Authority(Rule.UNION),
    "`ask`": Authority(Rule.ASK),
}
Changes = Mapping[FieldName, Value | None]
Story = Callable[[Mirror], None]


def _edits(*several: tuple[CopyId, Changes, float]) -> Story:
    def story(mirror: Mirror) -> None:
        for copy, changes, later in several:
            mirror.edit(copy, changes, later=later)

    return story


def _late(mirror: Mirror) -> None:
    mirror.edit(HERE, {CREDIT: "b"})
    mirror.round(crash_after_agreeing=True)
    mirror.edit(THERE, {CREDIT: "c"})


def _sides(what: str, first: Changes, second: Changes) -> Iterator[tuple[str, Story]]:
    yield f"{what} in agency", _edits((HERE, first, 60))
    yield f"{what} in archive", _edits((THERE, first, 60))
    yield f"{what} in both, alike", _edits((HERE, first, 60), (THERE, first, 60))
    yield f"{what} in both, archive a minute later", _edits((HERE, first, 60), (THERE, second, 60))
    yield f"{what} in both, agency a minute later", _edits((THERE, first, 60), (HERE, second, 60))


BASE: Changes = {
    CREDIT: "a",
    KEYWORDS: ("sea", "ship"),
    TERMS: LangAlt.plain("once"),
    EMBARGO: date("2027-02-01"),
    EXPIRY: date("2028-02-01"),
    PERMITTED: ("print", "web"),
}
STORIES: Mapping[str, Sequence[tuple[str, Story]]] = {
    "credit": [
        ("equal everywhere", _edits()),
        *_sides("changed", {CREDIT: "b"}, {CREDIT: "c"}),
        *_sides("emptied", {CREDIT: None}, {CREDIT: "c"}),
        ("moved to another folder in agency", _edits((HERE, {}, 60))),
        ("changed in agency and agreed on, then in archive before it was written", _late),
        ("changed and put back in agency", _edits((HERE, {CREDIT: "b"}, 60), (HERE, {CREDIT: "a"}, 60))),
    ],
    "keywords": [
        ("a term added in agency", _edits((HERE, {KEYWORDS: ("sea", "ship", "crew")}, 60))),
        ("a term removed in archive", _edits((THERE, {KEYWORDS: ("sea",)}, 60))),
        (
            "one added in agency, one removed in archive",
            _edits((HERE, {KEYWORDS: ("sea", "ship", "crew")}, 60), (THERE, {KEYWORDS: ("sea",)}, 60)),
        ),
        (
            "different terms added in both",
            _edits((HERE, {KEYWORDS: ("sea", "ship", "crew")}, 60), (THERE, {KEYWORDS: ("sea", "ship", "bow")}, 60)),
        ),
    ],
    "rights": [
        ("embargo lifted in agency", _edits((HERE, {EMBARGO: None}, 60))),
        (
            "embargo lifted in agency, expiry brought forward in archive",
            _edits((HERE, {EMBARGO: None}, 60), (THERE, {EXPIRY: date("2027-12-01")}, 60)),
        ),
        (
            "embargo prolonged in agency, a use taken away in archive",
            _edits((HERE, {EMBARGO: date("2027-06-01")}, 60), (THERE, {PERMITTED: ("web",)}, 60)),
        ),
        (
            "terms reworded in both",
            _edits((HERE, {TERMS: LangAlt.plain("never")}, 60), (THERE, {TERMS: LangAlt.plain("twice")}, 60)),
        ),
    ],
    "file_name": [*_sides("renamed", {FILE_NAME: "b.jpg"}, {FILE_NAME: "c.jpg"})],
    "content": [*_sides("replaced", {CONTENT: "md5:c1"}, {CONTENT: "md5:c2"})],
}


def policy_for(group: str, authority: Authority, **options: object) -> MirrorPolicy:
    block = frozenset({EMBARGO, EXPIRY, TERMS, PERMITTED})
    asked = (
        FieldGroup(name=RIGHTS, fields=block, authority=authority)
        if group == RIGHTS
        else FieldGroup.of(FieldName(group), authority)
    )
    return policy_of(asked, strictness={PERMITTED: Permits()}, **options)


def played(copies: tuple[CopyId, ...], group: str, authority: Authority, story: Story) -> MirrorDecision:
    """One round after the story, from copies that were in step."""
    mirror = Mirror(policy_for(group, authority), copies)
    mirror.everywhere(BASE)
    mirror.settle()
    story(mirror)
    return mirror.round()


def first_seen(copies: tuple[CopyId, ...], authority: Authority, values: Mapping[CopyId, str | None]) -> MirrorDecision:
    """The first round over copies of which nothing is known."""
    mirror = Mirror(policy_for("credit", authority), copies)
    for copy, value in values.items():
        mirror.edit(copy, {CREDIT: value})
    return mirror.round()


def parted(
    copies: tuple[CopyId, ...], copy: CopyId, absence: Absence, what: WhenAbsent, *, edited: bool
) -> MirrorDecision:
    """One round after a copy went, and another was perhaps edited."""
    absences = {copy.account: {absence: what}}
    mirror = Mirror(policy_for("credit", Authority(Rule.ASK), absences=absences), copies)
    mirror.everywhere(BASE)
    mirror.settle()
    if edited:
        mirror.edit(next(it for it in copies if it != copy), {CREDIT: "b"})
    mirror.held[copy].absence = absence
    return mirror.round()


def worded(decision: MirrorDecision) -> str:
    """A decision in a few words."""
    parts = [_action(it) for it in decision.actions if it.kind is not ActionKind.AGREE]
    for entry in decision.conflicts:
        sides = [f"{NAMES[it.copy] if it.copy else 'agreed'} {_values(it.fields)}" for it in entry.sides]
        parts.append(f"inbox: {' / '.join(sides)}")
    if not parts and decision.actions:
        return "agreed, nothing written"
    if not parts and decision.leave is not None:
        return "waits" if decision.leave.waits_for else "nothing"
    return "; ".join(parts)


def _action(action: Action) -> str:
    where = NAMES[action.target]
    match action.kind:
        case ActionKind.UPDATE_FIELDS:
            values = [*([_values(action.fields)] if action.fields else []), *(f"no {it}" for it in action.cleared)]
            return f"{where} gets {', '.join(values)}"
        case ActionKind.ADD_VERSION:
            return f"{where} gets version {_value(action.fields[CONTENT])}"
        case ActionKind.RETIRE:
            return f"{where} is retired"
    return f"{where} is let go"


def _values(fields: Mapping[FieldName, Value]) -> str:
    return ", ".join(f"{name}={_value(fields[name])}" for name in sorted(fields)) or "nothing"


def _value(value: Value) -> str:
    match value:
        case tuple():
            return "+".join(value)
        case LangAlt():
            return value.default
        case DateValue():
            return value.iso
    return str(value)


def page() -> str:
    """The whole page."""
    lines = [
        "# What one round does, situation by situation",
        "",
        "<!-- written by tests/support/golden_plans.py, held by tests/unit/planning/test_golden_plans.py -->",
        "",
        "Each table begins with copies that agree. A row is what people do before the round, a column the rule of the field or",
        "block, a cell everything that the round does. The words are explained in",
        "[How several copies are kept in step](../explanation/in-step.md).",
    ]
    for title, copies in (("Two copies", TWO), ("Three copies in two accounts", THREE)):
        lines += ["", f"## {title}"]
        for group, stories in STORIES.items():
            lines += ["", f"### `{group}`", "", *_table(copies, group, stories)]
        lines += ["", "### `credit`, seen for the first time", "", *_first_table(copies)]
        lines += ["", "### A copy is gone", "", *_absences(copies)]
    return "\n".join(lines) + "\n"


def _table(copies: tuple[CopyId, ...], group: str, stories: Sequence[tuple[str, Story]]) -> Iterator[str]:
    yield from _head("what people did", list(AUTHORITIES))
    for what, story in stories:
        yield _row([what, *(worded(played(copies, group, it, story)) for it in AUTHORITIES.values())])


def _first_table(copies: tuple[CopyId, ...]) -> Iterator[str]:
    yield from _head("what they say", list(AUTHORITIES))
    for here, there in (("a", "a"), ("a", None), (None, "a"), ("a", "b"), (None, None)):
        values = {it: here if it == HERE else there for it in copies}
        what = f"agency {here or 'nothing'}, archive {there or 'nothing'}"
        yield _row([what, *(worded(first_seen(copies, it, values)) for it in AUTHORITIES.values())])


def _absences(copies: tuple[CopyId, ...]) -> Iterator[str]:
    yield from _head("what happened", [f"`{it}`" for it in WhenAbsent])
    for copy in copies:
        for absence in Absence:
            cells = [worded(parted(copies, copy, absence, it, edited=False)) for it in WhenAbsent]
            yield _row([f"{NAMES[copy]}: {absence}", *cells])
        cells = [worded(parted(copies, copy, Absence.DELETED, it, edited=True)) for it in WhenAbsent]
        yield _row([f"{NAMES[copy]}: deleted, and another was edited", *cells])


def _head(first: str, columns: Sequence[str]) -> Iterator[str]:
    yield _row([first, *columns])
    yield "|" + " --- |" * (len(columns) + 1)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
