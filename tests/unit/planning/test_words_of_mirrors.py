"""Two copies of which one has a vocabulary: what people write there is terms, what they write elsewhere is words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from dambridge.mapping import Aliases, Vocabularies, account_map
from dambridge.mapping.vocabularies import word_key
from dambridge.model.actions import ActionKind
from dambridge.model.identity import System
from dambridge.model.reasons import Code
from dambridge.model.terms import TermDecision, TermKey, Verdict
from dambridge.model.values import FieldName
from dambridge.planning import Speech
from dambridge.policy.mirror import Rule
from support.mirror import ARCHIVE, EVERYTHING, HERE, START, THERE, Mirror, of_field, policy_of

KEYWORDS, PLACE = FieldName("keywords"), FieldName("city")
TERMS = ("Eight", "Four", "Scull", "Quay")
WORDS = ("whiff", "gig", "lens cap", "Eight", "Four")
RULES = {
    it: policy_of(of_field("keywords", it), of_field("city", Rule.ASK)) for it in (Rule.UNION, Rule.NEWEST, Rule.ASK)
}
UNION = RULES[Rule.UNION]
_MAP = account_map(System.NETX, {"keywords": {"to": "Keywords", "new_terms": "wait"}, "city": "City"})
_NATIVE = {name: _MAP.by_field[name].native for name in (KEYWORDS, PLACE)}
_MAPS = {**EVERYTHING, ARCHIVE: _MAP}


@dataclass
class Pair:
    """PhotoShelter's copy, NetX's copy with terms, and a librarian whose decisions are numbered."""

    mirror: Mirror = field(default_factory=lambda: Mirror(UNION, maps=_MAPS))
    verdicts: dict[tuple[FieldName, str], TermDecision] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self._tell()

    def decide(self, word: str, term: str, name: FieldName = KEYWORDS) -> None:
        """It means this term; nothing: it is left out."""
        self.made += 1
        key = TermKey(ARCHIVE, _NATIVE[name], word_key(word))
        verdict = Verdict.MAP if term else Verdict.DROP
        self.verdicts[name, word] = TermDecision(
            key=key, verdict=verdict, term=term, why="", by="ida", at=START, order=f"co-{self.made}"
        )
        self._tell()

    def undo(self, word: str, name: FieldName = KEYWORDS) -> None:
        self.verdicts.pop((name, word), None)
        self._tell()

    def _tell(self) -> None:
        places = {_NATIVE[KEYWORDS]: ("tag", TERMS), _NATIVE[PLACE]: ("pulldown", TERMS)}
        terms = Vocabularies(places, Aliases.of(ARCHIVE, self.verdicts.values(), {}))
        speech = Speech.of(_MAP, terms, {KEYWORDS, PLACE})
        assert speech is not None
        self.mirror.speeches = {ARCHIVE: speech}

    def meant(self, words: tuple[str, ...]) -> set[str] | None:
        """What NetX is to show for these words; None where one of them waits. Told without any code of the product."""
        found: set[str] = set()
        for it in words:
            decision = self.verdicts.get((KEYWORDS, it))
            if it not in TERMS and decision is None:
                return None
            found |= {it} if it in TERMS else {decision.term} - {""} if decision else set()
        return found

    def here(self, name: FieldName = KEYWORDS) -> Any:
        return self.mirror.view(HERE).get(name, ())

    def there(self, name: FieldName = KEYWORDS) -> Any:
        return self.mirror.view(THERE).get(name, ())

    def writes(self, copy: object) -> int:
        return sum(it.target == copy for it in self.mirror.writes)


TROUBLES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"lost_replies": 1},
    {"lost_requests": 1},
    {"crash_after_agreeing": True},
)


def drawn(chance: Random) -> tuple[Any, ...]:
    """One step of a history."""
    match chance.choice(("here", "there", "decide", "decide", "undo", "round", "round")):
        case "here":
            return "here", chance.sample(WORDS, chance.randint(0, 4))
        case "there":
            return "there", chance.sample(TERMS, chance.randint(0, 3))
        case "decide":
            return "decide", chance.choice(WORDS[:3]), chance.choice(("", "", *TERMS))
        case "undo":
            return "undo", chance.choice(WORDS[:3]), ""
    return "round", chance.choice(TROUBLES)


@pytest.mark.hazard("P31")
@pytest.mark.hazard("P15")
@pytest.mark.parametrize("rule", list(RULES))
def test_terms_and_words_come_to_mean_the_same_and_then_nothing_is_written(rule: Rule) -> None:
    met: Counter[str] = Counter()
    for seed in range(90):
        chance = Random(seed)
        pair, librarians = Pair(Mirror(RULES[rule], maps=_MAPS)), 0
        pair.decide("lens cap", "")
        pair.mirror.everywhere({KEYWORDS: ("Eight",)})
        pair.mirror.settle()
        pair.mirror.edit(HERE, {KEYWORDS: ("Eight", "lens cap")})
        for step in [drawn(chance) for _ in range(chance.randint(4, 12))]:
            left_out = {it for (_, it), one in pair.verdicts.items() if not one.term and it in pair.here()}
            _done(pair, step)
            met[step[0]] += 1
            librarians += step[0] == "there"
            if step[0] == "round" and rule is Rule.UNION:  # by other rules a later edit may take the place of all of it
                assert left_out <= set(pair.here()), f"seed {seed}: what is left out on the way stays where it was"
                met["left out"] += bool(left_out)
        pair.mirror.settle()
        if chance.random() < 0.5:
            for word in sorted(set(pair.here()) - {*TERMS, *(it for _, it in pair.verdicts)}):
                pair.decide(word, TERMS[len(word) % 3])
            pair.mirror.settle()
        met[_at_rest(pair, seed, kept=not librarians)] += 1
        met["words kept"] += not librarians
        met["said otherwise"] += set(pair.there()) != set(pair.here())
    floors = {"in step": 25, "said otherwise": 20, "words kept": 8, "decide": 150, "there": 60, "waits": 4}
    floors |= {"left out": 20} if rule is Rule.UNION else {"asked": 10}
    assert all(met[it] >= least for it, least in floors.items()), met


def _at_rest(pair: Pair, seed: int, *, kept: bool) -> str:
    """How the pair stands once nothing is to be done; `kept`: that no librarian has edited."""
    if kept:
        assert pair.writes(HERE) == 0, f"seed {seed}: a decision writes nothing where the word was written"
    if pair.mirror.open("keywords"):
        return "asked"
    wanted = pair.meant(pair.here())
    assert wanted is None or set(pair.there()) == wanted, f"seed {seed}"
    writes = len(pair.mirror.writes)
    pair.mirror.round()
    decision = pair.mirror.round()
    assert (len(pair.mirror.writes), decision.actions) == (writes, ()), f"seed {seed}"
    return "waits" if wanted is None else "in step"


def _done(pair: Pair, step: tuple[Any, ...]) -> None:
    match step:
        case ("here", words):
            pair.mirror.edit(HERE, {KEYWORDS: tuple(words) or None})
        case ("there", terms):
            pair.mirror.edit(THERE, {KEYWORDS: tuple(terms) or None})
        case ("decide", word, term):
            pair.decide(word, term)
        case ("undo", word, _):
            pair.undo(word)
        case ("round", troubles):
            pair.mirror.round(**troubles)


@pytest.mark.hazard("P31")
def test_a_word_without_a_term_holds_its_group_alone_and_is_told_with_all_others() -> None:
    pair = Pair()
    pair.mirror.everywhere({KEYWORDS: ("Eight",), PLACE: "Quay"})
    pair.mirror.settle()
    pair.mirror.edit(HERE, {KEYWORDS: ("whiff", "gig", "Four"), PLACE: "Four"})
    decision = pair.mirror.round()
    assert (pair.there(), pair.there(PLACE)) == (("Eight",), "Four")
    assert decision.leave is not None
    assert (decision.leave.reason.code, decision.leave.waits_for) == (Code.UNKNOWN_TERM, "librarian")
    assert [(it.key.word, it.waiting) for it in decision.words or ()] == [("gig", True), ("whiff", True)]
    pair.decide("gig", "Scull")
    still = pair.mirror.round()
    assert [(it.key.word, it.waiting) for it in still.words or ()] == [("gig", False), ("whiff", True)]
    pair.decide("whiff", "")
    pair.mirror.settle()
    assert sorted(pair.there()) == ["Four", "Scull"]
    assert pair.here() == ("whiff", "gig", "Four")


@pytest.mark.hazard("P31")
def test_a_changed_meaning_is_written_again_after_a_write_that_failed() -> None:
    pair = Pair()
    pair.mirror.everywhere({KEYWORDS: ("Eight",)})
    pair.mirror.settle()
    pair.decide("whiff", "Scull")
    pair.mirror.edit(HERE, {KEYWORDS: ("whiff",)})
    pair.mirror.settle()
    assert pair.there() == ("Scull",)
    pair.decide("whiff", "Four")
    pair.mirror.round(lost_requests=1)
    assert pair.there() == ("Scull",)
    pair.mirror.words = pair.mirror.decide().words or ()  # as if another action had been the last, and done
    pair.mirror.settle()
    assert (pair.there(), pair.here()) == (("Four",), ("whiff",))


@pytest.mark.parametrize("order", [("Scull", "Quay"), ("Quay", "Scull")], ids=["as written", "sorted"])
def test_a_term_is_known_for_its_word_whatever_the_order_in_which_it_is_shown(order: tuple[str, str]) -> None:
    """By its meaning, never by its place."""
    pair = Pair()
    pair.decide("whiff", "Scull")
    pair.decide("gig", "Quay")
    pair.mirror.everywhere({KEYWORDS: ("Eight",)})
    pair.mirror.settle()
    pair.mirror.edit(HERE, {KEYWORDS: ("whiff", "gig")})
    pair.mirror.settle()
    held = pair.mirror.held[THERE]
    held.fields[KEYWORDS] = order
    for name, accord in list(pair.mirror.accords.items()):
        standing = accord.copies[THERE]
        if KEYWORDS in standing.shown:
            again = replace(standing, shown={KEYWORDS: order}, version=held.record().version)
            pair.mirror.accords[name] = accord.with_copy(THERE, again)
    pair.mirror.edit(THERE, {KEYWORDS: tuple(it for it in order if it == "Quay")})
    pair.mirror.settle()
    assert (pair.here(), pair.there()) == (("gig",), ("Quay",))


def test_at_first_sight_a_term_is_no_other_value_than_its_word() -> None:
    pair = Pair()
    pair.decide("the quay", "Quay", PLACE)
    pair.mirror.edit(HERE, {PLACE: "the quay"})
    pair.mirror.edit(THERE, {PLACE: "Quay"})
    pair.mirror.settle()
    assert not pair.mirror.open("city")
    assert (pair.here(PLACE), pair.there(PLACE), pair.mirror.writes) == ("the quay", "Quay", [])
    pair.mirror.edit(THERE, {PLACE: "Four"})
    pair.mirror.settle()
    assert pair.here(PLACE) == "Four"


def test_without_knowledge_of_the_vocabulary_nothing_is_said_of_words() -> None:
    pair = Pair()
    pair.mirror.everywhere({KEYWORDS: ("Eight",)})
    pair.mirror.settle()
    pair.mirror.edit(HERE, {KEYWORDS: ("whiff",)})
    assert (pair.mirror.decide().words or ())[0].waiting
    pair.mirror.speeches = None
    decision = pair.mirror.decide()
    assert decision.words is None
    assert ActionKind.AGREE in {it.kind for it in decision.actions}


def test_a_value_that_the_system_altered_is_not_written_again_and_again() -> None:
    """Only a change of meaning asks for another write, not that it is shown otherwise."""
    pair = Pair()
    pair.decide("whiff", "Scull")
    pair.mirror.everywhere({KEYWORDS: ("Eight",)})
    pair.mirror.settle()
    limits: Mapping[FieldName, int] = {KEYWORDS: 3}
    pair.mirror.held[THERE].limits = limits
    pair.mirror.edit(HERE, {KEYWORDS: ("whiff",)})
    pair.mirror.round()
    assert pair.there() == ("Scu",)
    writes = len(pair.mirror.writes)
    pair.mirror.settle()
    assert len(pair.mirror.writes) == writes
