"""Never is anything shown that an independent reading of the same fields forbids; always is shown what everything permits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from dambridge.model.actions import ActionKind
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, Present, Unread
from dambridge.model.values import DateValue, FieldName
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case, Held
from dambridge.planning.publishing import OUTWARD, decide_publication
from dambridge.ports.audience import Grant, Visibility
from dambridge.ports.capabilities import Proof
from support.outlets import (
    AUDIENCE,
    COPY,
    ELSEWHERE,
    GALLERY,
    HOLDING,
    LEAD,
    NOW,
    PROVEN,
    first_time,
    in_sight,
    published,
    record,
    wider,
    withdrawn,
)

CASES = 5_000
DAY, TITLE = timedelta(days=1), FieldName("title")
PAST, SOON, FAR = NOW - DAY, NOW + LEAD / 2, NOW + 100 * DAY
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "licence_kind": ("rights_managed", "rights_managed", "owned", "nonsense", None),
    "licence_end": (FAR, FAR, FAR, PAST, NOW, SOON, None),
    "expires_at": (None, None, None, FAR + DAY, PAST),
    "embargo_until": (None, None, None, PAST, NOW, SOON, FAR - DAY),
    "territories": (("DACH",), ("DACH",), ("DE", "FR"), ("Worldwide",), ("FR",), None),
    "territories_excluded": (None, None, None, None, ("DE",), ("DACH",), ("FR",)),
    "channels": (("portal",), ("portal",), ("portal", "press"), ("press",), None),
    "copyright_owner": ("Northwind", "Northwind", "Northwind", None),
    "people_shown": (None, None, ("Ann",)),
    "model_release": (None, "MR-UMR", "MR-UMR", "MR-LMR", "MR-NON"),
    "consent": (None, "given", "given", "withdrawn"),
    "editorial_only": (None, None, None, None, "yes"),
}
EDITS: tuple[Mapping[str, Any], ...] = (
    *({},) * 6,
    {"expires_at": PAST},
    {"expires_at": FAR - DAY},
    {"consent": "withdrawn"},
    {"territories": ("FR",)},
    {"territories": ("Worldwide",)},
    {"embargo_until": FAR},
)


def value_of(chosen: Any) -> Any:
    return DateValue(chosen.isoformat()) if isinstance(chosen, datetime) else chosen


def forbidden(said: Mapping[str, Any], now: datetime, horizon: datetime, *, master: bool = True) -> bool:
    """What a lawyer reads out of the words: whether Germany's partners must not see it now, or until shortly after now.
    Of what a copy says (`master` false) only what it forbids counts."""
    ends = [said[it] for it in ("licence_end", "expires_at") if said.get(it) is not None]
    if any(it <= horizon for it in ends):
        return True
    if said.get("embargo_until") is not None and said["embargo_until"] > now:
        return True
    countries = {"DE", "DACH", "Worldwide"}
    where, not_where = said.get("territories"), said.get("territories_excluded")
    if (where is not None and not countries & set(where)) or (not_where is not None and countries & set(not_where)):
        return True
    if said.get("channels") is not None and "portal" not in said["channels"]:
        return True
    if said.get("consent") == "withdrawn" or said.get("editorial_only") == "yes":
        return True
    if said.get("model_release") in {"MR-LMR", "MR-NON"}:
        return True
    if not master:
        return False
    if said.get("copyright_owner") is None or where is None or said.get("channels") is None:
        return True
    if said.get("licence_kind") not in {"rights_managed", "owned"}:
        return True
    if not ends and said["licence_kind"] != "owned":
        return True
    people = said.get("people_shown") is not None
    return people and (said.get("model_release") is None or said.get("consent") is None)


def drawn(random: Random) -> tuple[Case, dict[str, Any]]:
    """A case, and what was put into it in plain words."""
    # Half of all masters are as they should be, but for one thing at most
    said = {it: choices[0] for it, choices in CHOICES.items()}
    if random.random() < 0.5:
        said |= {it: random.choice(CHOICES[it]) for it in random.sample(sorted(CHOICES), random.randint(0, 2))}
    else:
        said = {it: random.choice(choices) for it, choices in CHOICES.items()}
    master = record(**{it: value_of(value) for it, value in said.items()})
    edit = random.choice(EDITS)
    order = random.choice((first_time, in_sight, withdrawn))
    case = order(master)
    if case.publication is not None:
        known = published(case.publication.stage, master, until=random.choice((FAR, SOON, None)))
        shown = {**master.fields}
        there = record(COPY, **{it: value_of(value) for it, value in {**said, **edit}.items()})
        behind: dict[str, Any] = random.choice(
            ({}, {}, {"master": "older"}, {"fields": {**known.fields, TITLE: "Old"}})
        )
        case = replace(case, publication=replace(known, shown=shown, **behind), copy=Present(there))
    else:
        edit = {}
    more: dict[str, Any] = {}
    if random.random() < 0.3:
        more = random.choice(_CIRCUMSTANCES)
    plain = {"said": said, "edit": edit, **more}
    return replace(case, **more), plain


_CIRCUMSTANCES: tuple[dict[str, Any], ...] = (
    {"selected": False},
    {"status": "draft"},
    {"agreed": None},
    {"audience": None},
    {"audience": wider()},
    {"audience": replace(AUDIENCE, grants=(Grant("contact", "18"),))},
    {"master": Unread(Reason.of(Code.TRY_LATER, text="503"))},
    {"master": Missing(Absence.HIDDEN, "listing")},
    {"can": replace(PROVEN, take_out=Proof.UNPROVEN)},
    {"kit": KitVerdict(kit="K", lacking=("cub.jpg: territory",))},
    {"kit": KitVerdict(kit="K", unread=True)},
    {"kit": KitVerdict(kit="K", ready=True, until=SOON)},
    {"observe_only": True},
)


def may_be_seen(case: Case, plain: Mapping[str, Any]) -> bool:
    """Whether its rights and its circumstances let it be seen, by what was put into the case."""
    if not isinstance(case.master, Present) or not case.selected or case.status != "approved":
        return False
    if forbidden(plain["said"], case.now, case.horizon):
        return False
    said_there = {it: value for it, value in plain["edit"].items() if value != plain["said"].get(it)}
    if forbidden(said_there, case.now, case.horizon, master=False):
        return False
    return case.kit is None or (not case.kit.lacking and (case.kit.until is None or case.kit.until > case.horizon))


def may_be_written(case: Case) -> bool:
    """Whether nothing else holds it up."""
    known = case.agreed is not None and case.audience == AUDIENCE and case.can.take_out.usable
    whole = case.kit is None or not case.kit.unread
    return known and whole and not (case.observe_only and not case.in_sight)


def met(seed: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    random = Random(seed)
    for _ in range(CASES):
        case, plain = drawn(random)
        verdict = decide_publication(case)
        kinds = {it.kind for it in verdict.actions}
        counts.update(map(str, kinds))
        if kinds & OUTWARD:
            assert may_be_seen(case, plain), plain
            assert may_be_written(case), plain
            assert ActionKind.WITHDRAW not in kinds
        if isinstance(case.master, Present) and case.in_sight and not may_be_seen(case, plain):
            counts["had to go"] += 1
            assert kinds == {ActionKind.WITHDRAW}, plain
        if may_be_seen(case, plain) and may_be_written(case) and not case.in_sight and case.kit is None:
            counts["had to come"] += 1
            edited = verdict.leave is not None and verdict.leave.reason.code is Code.RIGHTS_EDITED_THERE
            assert kinds & {ActionKind.PUBLISH, ActionKind.SHOW} or edited, plain
            counts["came"] += not edited
        if case.in_sight and ActionKind.WITHDRAW in kinds and isinstance(case.master, Present):
            exposed = case.audience not in {None, AUDIENCE}
            assert not may_be_seen(case, plain) or exposed, plain
        assert bool(verdict.actions) or verdict.leave is not None
    return counts


@pytest.mark.hazard("P36")
@pytest.mark.hazard("P40")
def test_nothing_is_shown_that_the_words_forbid_and_everything_that_they_permit() -> None:
    counts = met(seed=6)
    assert counts["publish"] > 250
    assert counts["show"] > 120
    assert counts["withdraw"] > 700
    assert min(counts["replace"], counts["update_fields"]) > 40
    assert counts["had to go"] > 600
    assert counts["came"] > 400


@pytest.mark.hazard("P40")
def test_an_outage_empties_nothing_but_what_was_due_and_lets_nothing_out() -> None:
    random = Random(7)
    counts: Counter[str] = Counter()
    for _ in range(2000):
        case, _ = drawn(random)
        case = replace(case, master=Unread(Reason.of(Code.TRY_LATER, text="503")), kit=None, audience=AUDIENCE)
        kinds = {it.kind for it in decide_publication(case).actions}
        known = case.publication
        due = known is not None and known.in_sight and known.until is not None and known.until <= case.horizon
        assert not kinds & OUTWARD
        assert (ActionKind.WITHDRAW in kinds) == due
        counts[f"due {due}"] += 1
    assert min(counts["due True"], counts["due False"]) > 150


@pytest.mark.hazard("P36")
def test_wherever_our_file_stands_in_sight_without_being_shown_there_by_us_it_is_taken_out() -> None:
    random = Random(8)
    corrected = 0
    for _ in range(2000):
        case, _ = drawn(random)
        if case.publication is None:
            continue
        modes = [random.choice(tuple(Visibility)) for _ in range(3)]
        containers = (GALLERY, HOLDING, ELSEWHERE)
        places = tuple(Held(it, str(it), mode) for it, mode in zip(containers, modes, strict=True))
        stage = case.publication.stage
        verdict = decide_publication(replace(case, places=places, observe_only=False))
        own = {GALLERY} if stage is Stage.VISIBLE else set()
        astray = {it.container for it in places if it.effective is not Visibility.PRIVATE} - own
        taken = {it for action in verdict.actions if action.outward is not None for it in action.outward.places}
        assert astray <= taken
        corrected += any(it.kind is ActionKind.CORRECT for it in verdict.actions)
    assert corrected > 500


def test_planning_twice_is_the_same_and_rests_on_nothing_but_what_it_is_given() -> None:
    random = Random(9)
    for _ in range(500):
        case, _ = drawn(random)
        assert decide_publication(case) == decide_publication(case)
        for action in decide_publication(case).actions:
            assert type(action).from_json(action.to_json()) == action
