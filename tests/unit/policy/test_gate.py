"""The gate is open only where everything that has to be known is known and permits it, and says until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dambridge.model.gate import Answer, Block, Question
from dambridge.model.rights import EVERYWHERE, Bounds, Consent, Fact, LicenceKind, Release, Rights
from dambridge.policy.gate import ASKED_OF_PEOPLE, CAREFUL, Channel, GateRules, may, strictest

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 9, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLEAR = Rights(
    holder="Northwind Pictures",
    kind=LicenceKind.RIGHTS_MANAGED,
    not_before=START,
    not_after=END,
    territories=Bounds(permitted=frozenset({"DACH", "FR"})),
    channels=Bounds(permitted=frozenset({"portal", "press"})),
)
RULES = GateRules(
    channels={
        "portal": Channel(name="portal"),
        "press": Channel(name="press", commercial=False, audiences=frozenset({"journalists"})),
        "assistant": Channel(name="assistant", trains_machines=True),
    },
    groups={"DACH": frozenset({"DE", "AT", "CH"})},
)
ASK = Question(channel="portal", territory="DE", audience="partners", at=START + timedelta(days=1))


def ask(rights: Rights = CLEAR, rules: GateRules = RULES, **asked: Any) -> Answer:
    return may(rights, replace(ASK, **asked), rules)


def test_what_is_clear_and_permitted_is_open_until_its_end() -> None:
    answer = ask()
    assert answer.permits
    assert (answer.until, answer.ask_again, answer.unknown) == (END, END, ())


@pytest.mark.hazard("P39")
@pytest.mark.parametrize(
    ("at", "blocks"),
    [
        (START - SECOND, (Block.BEFORE_START,)),
        (START, ()),
        (START + SECOND, ()),
        (END - SECOND, ()),
        (END, (Block.ENDED,)),
        (END + SECOND, (Block.ENDED,)),
    ],
)
def test_a_window_includes_its_first_instant_and_not_its_last(at: datetime, blocks: tuple[Block, ...]) -> None:
    assert ask(at=at).blocks == blocks


def test_a_gate_shut_for_its_date_alone_says_when_it_opens() -> None:
    early = ask(at=START - SECOND)
    assert (early.opens, early.ask_again) == (START, START)
    assert ask(at=START - SECOND, channel="elsewhere").opens is None


@pytest.mark.parametrize(
    ("territory", "shut"), [("DE", False), ("CH", False), ("FR", False), ("US", True), ("DACH", False)]
)
def test_a_territory_is_permitted_by_itself_or_through_its_group(territory: str, shut: bool) -> None:
    assert (Block.TERRITORY in ask(territory=territory).blocks) is shut


def test_what_is_forbidden_wins_over_what_is_permitted() -> None:
    everywhere_but = Bounds(permitted=frozenset({EVERYWHERE}), forbidden=frozenset({"DACH"}))
    assert ask(replace(CLEAR, territories=everywhere_but), territory="US").permits
    assert ask(replace(CLEAR, territories=everywhere_but), territory="AT").blocks == (Block.TERRITORY,)


@pytest.mark.parametrize("fact", sorted(CAREFUL))
def test_each_fact_that_has_to_be_known_shuts_the_gate_while_it_is_not(fact: Fact) -> None:
    without = {
        Fact.HOLDER: replace(CLEAR, holder=""),
        Fact.KIND: replace(CLEAR, kind=None),
        Fact.WINDOW: replace(CLEAR, not_after=None),
        Fact.TERRITORIES: replace(CLEAR, territories=Bounds()),
        Fact.CHANNELS: replace(CLEAR, channels=Bounds()),
    }[fact]
    answer = ask(without)
    assert (answer.blocks, answer.unknown) == ((Block.UNKNOWN,), (fact,))
    assert ask(without, replace(RULES, must_know=CAREFUL - {fact})).permits


@pytest.mark.parametrize("fact", sorted(ASKED_OF_PEOPLE))
def test_where_people_are_shown_more_has_to_be_known(fact: Fact) -> None:
    shown = replace(CLEAR, people=("A. Walker",), model_release=Release.UNLIMITED, consent=Consent.GIVEN)
    assert ask(shown).permits
    without = replace(shown, **{str(fact): None})  # type: ignore[arg-type]
    assert ask(without).unknown == (fact,)
    assert ask(replace(without, people=())).permits


def test_a_date_that_cannot_be_read_shuts_the_gate_whatever_the_rules_demand() -> None:
    unclear = replace(CLEAR, unclear=("embargo_until",))
    assert ask(unclear, replace(RULES, must_know=frozenset())).blocks == (Block.UNKNOWN,)


@pytest.mark.parametrize("kind", [LicenceKind.OWNED, LicenceKind.PUBLIC_DOMAIN])
def test_what_is_ours_needs_no_end(kind: LicenceKind) -> None:
    answer = ask(replace(CLEAR, kind=kind, not_after=None))
    assert answer.permits
    assert (answer.until, answer.ask_again) == (None, None)


@pytest.mark.parametrize(
    ("rights", "asked", "block"),
    [
        (replace(CLEAR, editorial_only=True), {}, Block.EDITORIAL_ONLY),
        (replace(CLEAR, model_release=Release.NONE), {}, Block.NO_MODEL_RELEASE),
        (replace(CLEAR, model_release=Release.LIMITED), {}, Block.NO_MODEL_RELEASE),
        (replace(CLEAR, property_release=Release.NONE), {}, Block.NO_PROPERTY_RELEASE),
        (replace(CLEAR, consent=Consent.WITHDRAWN), {}, Block.CONSENT_WITHDRAWN),
        (CLEAR, {"status": "in_review"}, Block.NOT_APPROVED),
        (CLEAR, {"status": "expired"}, Block.NOT_APPROVED),
        (CLEAR, {"channel": "assistant"}, Block.CHANNEL),
        (CLEAR, {"channel": "press"}, Block.AUDIENCE),
        (CLEAR, {"channel": "nowhere"}, Block.CHANNEL),
    ],
)
def test_each_block_has_its_own_word(rights: Rights, asked: dict[str, Any], block: Block) -> None:
    assert ask(rights, **asked).blocks == (block,)


def test_editorial_pictures_go_to_the_press() -> None:
    answer = ask(
        replace(CLEAR, editorial_only=True, model_release=Release.NONE), channel="press", audience="journalists"
    )
    assert answer.permits


def test_machines_learn_only_from_what_does_not_forbid_it() -> None:
    open_to_all = replace(CLEAR, channels=Bounds(permitted=frozenset({EVERYWHERE})))
    assert ask(open_to_all, channel="assistant").permits
    assert ask(replace(open_to_all, mining="DMI-PROHIBITED-GENAIMLTRAINING"), channel="assistant").blocks == (
        Block.MINING_PROHIBITED,
    )


INSTANTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ANY_RIGHTS = st.builds(
    Rights,
    holder=st.sampled_from(["", "Northwind Pictures"]),
    kind=st.none() | st.sampled_from(LicenceKind),
    not_before=st.none() | INSTANTS,
    not_after=st.none() | INSTANTS,
    unclear=st.sampled_from([(), (), ("licence_end",)]),
    territories=st.builds(
        Bounds,
        permitted=st.none() | st.frozensets(st.sampled_from([EVERYWHERE, "DACH", "DE", "US"]), min_size=1),
        forbidden=st.frozensets(st.sampled_from(["DE", "US", "DACH"]), max_size=1),
    ),
    channels=st.builds(
        Bounds, permitted=st.none() | st.just(frozenset({EVERYWHERE})), forbidden=st.just(frozenset({"press"}))
    ),
    editorial_only=st.booleans(),
    model_release=st.none() | st.sampled_from(Release),
    consent=st.none() | st.sampled_from(Consent),
    people=st.sampled_from([(), ("A. Walker",)]),
)
ANY_QUESTION = st.builds(
    Question,
    channel=st.sampled_from(["portal", "press", "assistant"]),
    territory=st.sampled_from(["DE", "US", "FR"]),
    audience=st.sampled_from(["partners", "journalists"]),
    at=INSTANTS,
    status=st.sampled_from(["approved", "approved", "draft"]),
)


@given(ANY_RIGHTS, ANY_QUESTION, INSTANTS)
def test_the_answer_changes_at_no_instant_but_those_that_were_told(
    rights: Rights, question: Question, later: datetime
) -> None:
    """Between the question and `ask_again` the answer stays as it is: whoever wakes up then misses nothing."""
    answer = may(rights, question, RULES)
    if later < question.at or (answer.ask_again is not None and later >= answer.ask_again):
        event("beyond")
        return
    event("open" if answer.permits else "shut")
    assert may(rights, replace(question, at=later), RULES).permits == answer.permits


@given(ANY_RIGHTS, ANY_QUESTION)
def test_knowing_less_never_opens_a_gate(rights: Rights, question: Question) -> None:
    if may(rights, question, RULES).permits:
        event("open")
        return
    less = [
        replace(rights, holder=""),
        replace(rights, kind=None),
        replace(rights, not_after=None) if rights.not_after is None or question.at < rights.not_after else rights,
        replace(rights, territories=replace(rights.territories, permitted=None)),
        replace(rights, channels=replace(rights.channels, permitted=None)),
    ]
    assert not any(may(it, question, RULES).permits for it in less)


@pytest.mark.parametrize(
    ("territory", "permitted", "forbidden", "opens"),
    [
        ("DACH", {"DACH"}, set(), True),
        ("DACH", {"DE", "AT", "CH"}, set(), True),
        ("DACH", {EVERYWHERE}, set(), True),
        ("DACH", {"DE", "AT"}, set(), False),
        ("DACH", {EVERYWHERE}, {"AT"}, False),
        ("DACH", {"DACH"}, {"CH"}, False),
        (EVERYWHERE, {EVERYWHERE}, set(), True),
        (EVERYWHERE, {EVERYWHERE}, {"DE"}, False),
        (EVERYWHERE, {"DACH", "FR"}, set(), False),
    ],
)
def test_an_audience_in_several_territories_needs_every_one_of_them(
    territory: str, permitted: set[str], forbidden: set[str], opens: bool
) -> None:
    bounds = Bounds(permitted=frozenset(permitted), forbidden=frozenset(forbidden))
    answer = ask(replace(CLEAR, territories=bounds), territory=territory)
    assert answer.blocks == (() if opens else (Block.TERRITORY,))


# what is said in several places -----------------------------------------------------------------------------------------


def test_a_copy_that_says_nothing_adds_nothing() -> None:
    assert strictest(CLEAR) == CLEAR
    assert strictest(CLEAR, Rights(), Rights()) == CLEAR


@pytest.mark.parametrize(
    ("said", "block"),
    [
        (Rights(not_before=END - SECOND), Block.BEFORE_START),
        (Rights(not_after=START), Block.ENDED),
        (Rights(territories=Bounds(permitted=frozenset({"FR"}))), Block.TERRITORY),
        (Rights(territories=Bounds(forbidden=frozenset({"DACH"}))), Block.TERRITORY),
        (Rights(channels=Bounds(permitted=frozenset({"press"}))), Block.CHANNEL),
        (Rights(editorial_only=True), Block.EDITORIAL_ONLY),
        (Rights(model_release=Release.LIMITED), Block.NO_MODEL_RELEASE),
        (Rights(property_release=Release.NONE), Block.NO_PROPERTY_RELEASE),
        (Rights(consent=Consent.WITHDRAWN), Block.CONSENT_WITHDRAWN),
        (Rights(unclear=("licence_end",)), Block.UNKNOWN),
        (Rights(people=("Ann",)), Block.UNKNOWN),
    ],
)
def test_whatever_is_forbidden_anywhere_is_forbidden(said: Rights, block: Block) -> None:
    assert ask(CLEAR).permits
    assert ask(strictest(CLEAR, said)).blocks == (block,)
    assert ask(strictest(CLEAR, Rights(), said, Rights(consent=Consent.GIVEN))).blocks == (block,)


def test_what_several_permit_by_other_names_is_permitted() -> None:
    """A group and one of its members, everywhere and a country: both permit Germany."""
    for named in ("DE", "DACH", EVERYWHERE):
        both = strictest(CLEAR, Rights(territories=Bounds(permitted=frozenset({named}))))
        assert ask(both).permits
        assert Block.TERRITORY in ask(both, territory="US").blocks


def test_the_window_is_the_narrowest_of_all() -> None:
    both = strictest(CLEAR, Rights(not_after=END - SECOND), Rights(not_before=START + SECOND))
    assert (ask(both).until, ask(both, at=START).opens) == (END - SECOND, START + SECOND)
    assert ask(both, at=START).ask_again == START + SECOND
    assert ask(both, at=END - SECOND).blocks == (Block.ENDED,)
    wider = strictest(CLEAR, Rights(not_after=END + SECOND, not_before=START - SECOND))
    assert ask(wider).until == END


def test_no_copy_makes_known_what_the_master_leaves_unknown() -> None:
    unknown = Rights(holder="Northwind", kind=LicenceKind.RIGHTS_MANAGED, people=("Ann",))
    assert ask(strictest(unknown, CLEAR)).unknown == ask(unknown).unknown
    release = replace(CLEAR, model_release=Release.UNLIMITED, consent=Consent.GIVEN)
    assert not ask(strictest(unknown, release)).permits
